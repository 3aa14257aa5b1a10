"""Matching all needs with all products: verdicts by bitmap, scores of the eligible only, both top-k.

``match`` is the path of every stored run; ``pair_blocks`` tells every single pair, for an export of all of them.
The same verdicts, scores and ranks as the scalar path, pair by pair (a property test proves it). Needs are streamed in
blocks, so memory follows the block and the kept pairs, not needs × products; the size of a block changes no result.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchmaker.domain.terms import Verdict
from matchmaker.scoring.bitmaps import (
    BulkIndex,
    CriterionBits,
    EncodedNeeds,
    Places,
    VerdictBits,
    Words,
    places,
    unpack,
)
from matchmaker.scoring.columns import Integers, Taken, score_columns
from matchmaker.scoring.nearest import Followed, follow_block, joined
from matchmaker.scoring.prepared import NeedOn, ProductOn
from matchmaker.scoring.score import MAX_TENTHS

__all__ = ["BulkIndex", "BulkResult", "PairBlock", "match", "pair_blocks"]

BLOCK_PAIRS = 1 << 22
"""Pairs of a block: the larger, the fewer passes through Python; a block needs about 20 bytes a pair at its peak."""

SCORES = MAX_TENTHS + 1
NO_SCORE = -1

Progress = Callable[[int, int], None]
"""Called after each block with (needs done, needs in all). What it raises ends the matching: so it is cancelled."""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """Eligible pairs within either top-k, by need_no and product_code, and the verdicts counted for every need.

    ``need`` and ``product`` are places in ``needs`` and ``products``, which are sorted by their keys. ``tenths`` is the
    score. Ranks count from 1 among all eligible pairs of the need or product, so one of the two may exceed top-k.
    ``counts`` is needs × verdicts in the order of :class:`Verdict`. ``followed`` are the pairs kept for follow-up,
    none of them eligible; empty unless they were asked for.
    """

    needs: tuple[NeedOn, ...]
    products: tuple[ProductOn, ...]
    need: Places
    product: Places
    tenths: Integers
    rank_for_need: Integers
    rank_for_product: Integers
    counts: Integers
    followed: Followed


@dataclass(frozen=True, slots=True)
class PairBlock:
    """Every pair of the needs ``start`` to ``stop`` with all products, each array needs × products.

    ``verdict`` holds places in :class:`Verdict`; ``failed`` and ``unknown`` have bit n set for the n-th criterion;
    ``tenths`` is -1 and the ranks are 0 where the pair is not eligible.
    """

    start: int
    stop: int
    verdict: NDArray[np.uint8]
    failed: CriterionBits
    unknown: CriterionBits
    tenths: NDArray[np.int16]
    rank_for_need: NDArray[np.int32]
    rank_for_product: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Eligible pairs of a block by need and rank; ``earlier`` counts equal scores of earlier needs at the product."""

    need: Places
    product: Places
    tenths: Integers
    rank_for_need: Integers
    earlier: Integers

    def take(self, chosen: NDArray[np.bool_]) -> "_Ranked":
        return _Ranked(
            self.need[chosen],
            self.product[chosen],
            self.tenths[chosen],
            self.rank_for_need[chosen],
            self.earlier[chosen],
        )


class _Standing:
    """The products' side while needs stream by: how often each product has met each score so far."""

    def __init__(self, products: int) -> None:
        self.counts = np.zeros((products, SCORES), dtype=np.int64)

    def add(self, product: Places, tenths: Integers) -> Integers:
        """Count pairs (by ascending need) and say for each how many equal scores its product had met before."""
        slots = product * SCORES + tenths
        order = np.argsort(slots, kind="stable")
        in_order = slots[order]
        place = np.arange(len(slots))
        first = np.ones(len(slots), dtype=np.bool_)
        first[1:] = in_order[1:] != in_order[:-1]
        earlier = np.empty(len(slots), dtype=np.int64)
        earlier[order] = place - np.maximum.accumulate(np.where(first, place, 0))
        flat = self.counts.reshape(-1)
        earlier += flat[slots]
        np.add.at(flat, slots, 1)
        return earlier

    def higher(self) -> Integers:
        """For each product and score, how many scores above it the product has met."""
        upwards = np.cumsum(self.counts[:, ::-1], axis=1)[:, ::-1]
        return upwards - self.counts


def match(
    needs: Sequence[NeedOn],
    index: BulkIndex,
    top_k: int = 20,
    progress: Progress | None = None,
    block_pairs: int = BLOCK_PAIRS,
    follow: int = 0,
) -> BulkResult:
    """Match ``needs`` with the indexed products and keep the pairs within either side's ``top_k``.

    Ties are broken by product_code on the need's side and by need_no on the product's. Of each need up to ``follow``
    near pairs and as many with missing facts are kept as well: fewest failures and unknowns first, then by
    product_code. Raises ValueError for an enterprise prepared without a need.
    """
    encoded = EncodedNeeds(needs, index)
    standing = _Standing(index.size)
    counts = np.zeros((encoded.size, len(Verdict)), dtype=np.int64)
    kept, followed = [], []
    for start, stop in _blocks(encoded.size, index.size, block_pairs):
        judged = encoded.judged(start, stop)
        counts[start:stop] = _count(judged.verdicts)
        ranked = _rank_block(encoded, start, judged.verdicts.eligible, standing)
        at_product = standing.higher()[ranked.product, ranked.tenths] + ranked.earlier
        kept.append(ranked.take((ranked.rank_for_need <= top_k) | (at_product < top_k)))
        if follow:
            followed.append(follow_block(encoded, start, judged, follow))
        if progress:
            progress(stop, encoded.size)
    return _result(encoded, standing, counts, kept, top_k, joined(followed))


def pair_blocks(
    needs: Sequence[NeedOn], index: BulkIndex, block_pairs: int = BLOCK_PAIRS, progress: Progress | None = None
) -> Iterator[PairBlock]:
    """Every pair with verdict, failed and unknown criteria, score and both ranks, block by block in need_no order.

    Places are those of ``match``'s sorted needs and products. Two passes: ranks on the products' side need all scores.
    """
    encoded = EncodedNeeds(needs, index)
    total, standing = _Standing(index.size), _Standing(index.size)
    blocks = list(_blocks(encoded.size, index.size, block_pairs))
    for start, stop in blocks:
        _rank_block(encoded, start, encoded.judged(start, stop).verdicts.eligible, total)
    higher = total.higher()
    for start, stop in blocks:
        yield _pair_block(encoded, start, stop, standing, higher)
        if progress:
            progress(stop, encoded.size)


def _blocks(needs: int, products: int, block_pairs: int) -> Iterator[tuple[int, int]]:
    step = max(1, block_pairs // max(1, products))
    return ((start, min(start + step, needs)) for start in range(0, needs, step))


def _count(bits: VerdictBits) -> Integers:
    return np.stack([np.bitwise_count(words).sum(axis=1, dtype=np.int64) for words in bits], axis=1)


def _rank_block(encoded: EncodedNeeds, start: int, eligible: Words, standing: _Standing) -> _Ranked:
    """Score the eligible pairs of a block and rank them on the needs' side."""
    need, product = places(eligible, encoded.index.size)
    need += start
    tenths = _scores(encoded, need, product)
    order = np.argsort((need * SCORES + (MAX_TENTHS - tenths)) * encoded.index.size + product)
    need, product, tenths = need[order], product[order], tenths[order]
    place = np.arange(1, len(need) + 1)
    first = np.searchsorted(need, need)
    return _Ranked(need, product, tenths, place - first, standing.add(product, tenths))


def _scores(encoded: EncodedNeeds, need: Places, product: Places) -> Integers:
    texts, own = encoded.index.texts, encoded.texts
    rows, row = np.unique(own.places[need], return_inverse=True)
    alike = own.similarities(rows, texts)[row, texts.places[product]].astype(np.int64)
    return score_columns(Taken(encoded.columns, need), Taken(encoded.index.columns, product), alike)


def _result(
    encoded: EncodedNeeds,
    standing: _Standing,
    counts: Integers,
    kept: list[_Ranked],
    top_k: int,
    followed: Followed,
) -> BulkResult:
    empty = np.zeros(0, dtype=np.int64)
    kept = [*kept, _Ranked(empty, empty, empty, empty, empty)]
    need, product, tenths, rank, earlier = (
        np.concatenate([getattr(part, name) for part in kept]) for name in _Ranked.__slots__
    )
    at_product = standing.higher()[product, tenths] + earlier + 1
    chosen = np.flatnonzero((rank <= top_k) | (at_product <= top_k))
    chosen = chosen[np.lexsort((product[chosen], need[chosen]))]
    return BulkResult(
        encoded.needs,
        encoded.index.products,
        need[chosen],
        product[chosen],
        tenths[chosen],
        rank[chosen],
        at_product[chosen],
        counts,
        followed,
    )


def _pair_block(encoded: EncodedNeeds, start: int, stop: int, standing: _Standing, higher: Integers) -> PairBlock:
    size = encoded.index.size
    bits = encoded.judged(start, stop).verdicts
    shape = (stop - start, size)
    verdict = np.zeros(shape, dtype=np.uint8)
    for place, words in enumerate(bits):
        verdict[unpack(words, size)] = place
    ranked = _rank_block(encoded, start, bits.eligible, standing)
    at = (ranked.need - start, ranked.product)
    tenths = np.full(shape, NO_SCORE, dtype=np.int16)
    rank_for_need, rank_for_product = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    tenths[at] = ranked.tenths
    rank_for_need[at] = ranked.rank_for_need
    rank_for_product[at] = higher[ranked.product, ranked.tenths] + ranked.earlier + 1
    failed, unknown = encoded.results(start, stop)
    return PairBlock(start, stop, verdict, failed, unknown, tenths, rank_for_need, rank_for_product)
