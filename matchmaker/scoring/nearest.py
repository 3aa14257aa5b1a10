"""The pairs of each need that are worth following up: near misses and open questions with the least left to settle.

Pairs with one and with two open points are told apart by bitmap; only where a need has too few of those are the open
points of its other pairs counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from matchmaker.domain.terms import Verdict
from matchmaker.scoring.bitmaps import BITS, CriterionBits, EncodedNeeds, Judged, Places, Words, places

FOLLOWED = (Verdict.NEAR, Verdict.NEEDS_INFORMATION)
_PLACES = tuple(list(Verdict).index(verdict) for verdict in FOLLOWED)


@dataclass(frozen=True, slots=True)
class Followed:
    """Pairs kept for follow-up, block by block of needs, in no order within a block.

    ``verdict`` holds places in ``Verdict``; ``failed`` and ``unknown`` have bit n set for the n-th criterion.
    """

    need: Places
    product: Places
    verdict: NDArray[np.uint8]
    failed: CriterionBits
    unknown: CriterionBits


def follow_block(encoded: EncodedNeeds, start: int, judged: Judged, most: int) -> Followed:
    """Of each need of a block up to ``most`` pairs of each followed verdict: fewest open points, then product_code."""
    found = [_nearest(encoded, start, judged.verdicts[place], judged, most) for place in _PLACES]
    verdict = np.repeat(np.array(_PLACES, dtype=np.uint8), [len(need) for need, _ in found])
    need, product = (np.concatenate(side) for side in zip(*found, strict=True))
    return Followed(need, product, verdict, *encoded.results_of(need, product))


def joined(parts: Sequence[Followed]) -> Followed:
    """All parts as one."""
    none = np.zeros(0, dtype=np.intp)
    empty = Followed(none, none, none.astype(np.uint8), none.astype(BITS), none.astype(BITS))
    return Followed(*(np.concatenate([getattr(part, f.name) for part in (empty, *parts)]) for f in fields(Followed)))


def _nearest(encoded: EncodedNeeds, start: int, words: Words, judged: Judged, most: int) -> tuple[Places, Places]:
    """(need, product) of the best ``most`` of each need's pairs in ``words``, all of which have an open point."""
    size = encoded.index.size
    room = np.full(len(words), most, dtype=np.int64)
    found = []
    for level in (words & ~judged.two_open, words & judged.two_open & ~judged.three_open):
        row, product = places(np.where(room[:, np.newaxis] > 0, level, 0), size)
        found.append(_first(row, product, room))
    row, product = places(np.where(room[:, np.newaxis] > 0, words & judged.three_open, 0), size)
    failed, unknown = encoded.results_of(row + start, product)
    order = np.lexsort((product, np.bitwise_count(failed | unknown), row))
    found.append(_first(row[order], product[order], room))
    need, product = (np.concatenate(side) for side in zip(*found, strict=True))
    return need + start, product


def _first(row: Places, product: Places, room: NDArray[np.int64]) -> tuple[Places, Places]:
    """Of pairs that stand by row, best first, as many of each row as it has ``room`` for; the room shrinks by them."""
    chosen = np.arange(len(row)) - np.searchsorted(row, row) < room[row]
    row, product = row[chosen], product[chosen]
    room -= np.bincount(row, minlength=len(room))
    return row, product
