"""Matching a market: every pair judged by the bulk engine, the pairs worth keeping held as compact columns."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchmaker.domain.terms import Verdict
from matchmaker.matching.facts import Market
from matchmaker.scoring.bitmaps import BITS
from matchmaker.scoring.bulk import BulkIndex, BulkResult, PairBlock, match, pair_blocks
from matchmaker.scoring.criteria import KEYS
from matchmaker.scoring.prepared import NeedOn, prepare_need, prepare_product

VERDICTS = tuple(Verdict)
ELIGIBLE = VERDICTS.index(Verdict.ELIGIBLE)
COLUMNS = ("verdict", "failed", "unknown", "tenths", "rank_for_need", "rank_for_product")

Progress = Callable[[int, int], None]
"""Called with (needs done, needs in all)."""


class PairRow(NamedTuple):
    """One pair of the result. Score (in tenths) and ranks are None unless it is eligible."""

    need_no: str
    product_code: str
    verdict: Verdict
    failed: str
    unknown: str
    score_tenths: int | None
    rank_for_need: int | None
    rank_for_product: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of matching a market; ``columns`` are the kept pairs by need_no and product_code, one array each."""

    market: Market
    top_k: int
    columns: dict[str, NDArray[Any]]
    counts: dict[Verdict, int]
    seconds: float
    digest: str

    @property
    def pairs(self) -> int:
        """Pairs in the market."""
        return len(self.market.needs) * len(self.market.products)

    def rows(self) -> Iterator[PairRow]:
        """The kept pairs by need_no, then product_code."""
        return _rows(self.market, self.columns)


def match_market(market: Market, top_k: int, progress: Progress | None = None) -> Outcome:
    """Judge every pair of ``market`` and keep those to be stored.

    Kept are the eligible pairs within either side's ``top_k`` and, of each need, up to ``top_k`` near ones and as many
    with missing facts: fewest failures and unknowns first, ties by product_code.
    """
    began = perf_counter()
    found = match(prepared_needs(market), index_of(market), top_k, progress, follow=top_k)
    columns = _columns(found)
    counts = found.counts.sum(axis=0).tolist()
    by_verdict = dict(zip(VERDICTS, counts, strict=True))
    digest = digest_of(_rows(market, columns), by_verdict)
    return Outcome(market, top_k, columns, by_verdict, perf_counter() - began, digest)


def _columns(found: BulkResult) -> dict[str, NDArray[Any]]:
    """Eligible pairs and those followed up as one table, by need and product."""
    more = found.followed
    size, others = len(found.need), len(more.need)
    need, product = np.concatenate([found.need, more.need]), np.concatenate([found.product, more.product])
    columns: dict[str, NDArray[Any]] = {
        "need": need,
        "product": product,
        "verdict": np.concatenate([np.full(size, ELIGIBLE, dtype=np.uint8), more.verdict]),
        "failed": np.concatenate([np.zeros(size, dtype=BITS), more.failed]),
        "unknown": np.concatenate([np.zeros(size, dtype=BITS), more.unknown]),
    }
    for name in ("tenths", "rank_for_need", "rank_for_product"):
        columns[name] = np.concatenate([getattr(found, name), np.zeros(others, dtype=np.int64)]).astype(np.int32)
    order = np.lexsort((product, need))
    return {name: column[order] for name, column in columns.items()}


def blocks_of(market: Market, progress: Progress | None = None) -> Iterator[PairBlock]:
    """Every pair of the market, block by block of needs; places are those of ``market.needs`` and ``.products``."""
    return pair_blocks(prepared_needs(market), index_of(market), progress=progress)


def index_of(market: Market) -> BulkIndex:
    """The market's products, ready for its date."""
    return BulkIndex([prepare_product(product, market.on, market.reference) for product in market.products])


def prepared_needs(market: Market) -> list[NeedOn]:
    """The market's needs, ready for its date."""
    return [prepare_need(need, market.on, market.reference) for need in market.needs]


def block_rows(market: Market, block: PairBlock, chosen: NDArray[np.bool_]) -> Iterator[PairRow]:
    """The chosen pairs of a block by need_no, then product_code."""
    return _rows(market, _taken(block, chosen))


def within_top(block: PairBlock, top_k: int) -> NDArray[np.bool_]:
    """The eligible pairs within the ``top_k`` of their need or of their product."""
    either = (block.rank_for_need <= top_k) | (block.rank_for_product <= top_k)
    best: NDArray[np.bool_] = np.logical_and(either, block.verdict == ELIGIBLE)
    return best


def digest_of(rows: Iterable[PairRow], counts: dict[Verdict, int]) -> str:
    """SHA-256 of the rows, as text, and of the verdicts counted over all pairs."""
    told = hashlib.sha256(repr([(verdict.value, counts[verdict]) for verdict in VERDICTS]).encode())
    for row in rows:
        told.update("\t".join("" if cell is None else str(cell) for cell in row).encode() + b"\n")
    return told.hexdigest()


def _taken(block: PairBlock, chosen: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    need, product = np.nonzero(chosen)
    columns = {name: getattr(block, name)[need, product] for name in COLUMNS}
    return {"need": need + block.start, "product": product, **columns}


def _rows(market: Market, columns: dict[str, NDArray[Any]]) -> Iterator[PairRow]:
    names = ("need", "product", *COLUMNS)
    for need, product, verdict, failed, unknown, tenths, for_need, for_product in zip(
        *(columns[name].tolist() for name in names), strict=True
    ):
        scored = verdict == ELIGIBLE
        yield PairRow(
            market.needs[need].need_no,
            market.products[product].product_code,
            VERDICTS[verdict],
            keys_of(failed),
            keys_of(unknown),
            tenths if scored else None,
            for_need if scored else None,
            for_product if scored else None,
        )


@cache
def keys_of(bits: int) -> str:
    """Keys of the criteria whose bit is set, joined by ``;`` in the order of the catalogue."""
    return ";".join(key for place, key in enumerate(KEYS) if bits >> place & 1)
