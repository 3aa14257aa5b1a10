"""All verdicts of a block of needs at once, as bitmaps over the products (64 products a word).

The product side is indexed once: each criterion's table gives, for every value the needs have, the products that pass
and those that are unknown. A need's verdict bitmaps are then a few AND, OR and NOT over the rows of its criteria;
failures and unknowns are counted bit-sliced up to three, which is all the verdict asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchmaker.scoring.columns import Columns, Texts
from matchmaker.scoring.criteria import CRITERIA, Criterion
from matchmaker.scoring.prepared import NeedOn, ProductOn
from matchmaker.scoring.tables import Codes, Table

Words = NDArray[np.uint64]

BITS = np.uint32
"""Criteria of a pair as one number, bit n for the n-th of the catalogue."""

CriterionBits = NDArray[np.uint32]
Places = NDArray[np.intp]
MOST_CRITERIA = np.iinfo(BITS).bits

WORD_BITS = 64
ROWS_AT_ONCE = 512


class BulkIndex:
    """Products in the market, sorted by product_code, ready to be matched; ``products`` is that order.

    Memory: a few bytes a product for each value asked for, nothing for each need.
    """

    def __init__(self, products: Sequence[ProductOn]) -> None:
        assert len(CRITERIA) <= MOST_CRITERIA, f"BITS holds {MOST_CRITERIA} criteria, the catalogue has {len(CRITERIA)}"
        self.products = tuple(sorted(products, key=lambda product: product.code))
        self.size = len(self.products)
        self.words = -(-self.size // WORD_BITS)
        self.tables = tuple(criterion.kind.table(self.products) for criterion in CRITERIA)
        self.reach_tables = tuple(
            criterion.reachable.table(self.products) if criterion.reachable else None for criterion in CRITERIA
        )
        self.columns = Columns(self.products)
        self.texts = Texts([product.text for product in self.products])


@dataclass(frozen=True, slots=True)
class Plane:
    """One table's rows for all needs: ``passes[codes[n]]`` is need n's bitmap. ``unknown`` is None when it is empty."""

    codes: Codes
    passes: Words
    unknown: Words | None


class VerdictBits(NamedTuple):
    """Bitmaps (needs of the block × words), one for each verdict, in the order of ``Verdict``."""

    eligible: Words
    near: Words
    needs_information: Words
    ineligible: Words


class Judged(NamedTuple):
    """Verdicts of a block, and the pairs of which at least two or three criteria do not pass."""

    verdicts: VerdictBits
    two_open: Words
    three_open: Words


class EncodedNeeds:
    """Needs sorted by need_no, with the row of each criterion's table that holds for each of them."""

    def __init__(self, needs: Sequence[NeedOn], index: BulkIndex) -> None:
        self.needs = tuple(sorted(needs, key=need_no))
        self.index = index
        self.size = len(self.needs)
        self.columns = Columns(self.needs)
        self.texts = Texts([need.text for need in self.needs])
        self._rows = [
            (
                criterion,
                self._plane(criterion, table, False),
                None if reach is None else self._plane(criterion, reach, True),
            )
            for criterion, table, reach in zip(CRITERIA, index.tables, index.reach_tables, strict=True)
        ]

    def _plane(self, criterion: Criterion, table: Table, reach: bool) -> Plane:
        kind = criterion.reachable if reach and criterion.reachable else criterion.kind
        codes, values = table.encode(kind.value(need) for need in self.needs)
        passes = np.zeros((len(values), self.index.words), dtype=np.uint64)
        unknown = np.zeros_like(passes)
        for start in range(0, len(values), ROWS_AT_ONCE):
            rows = [table.row(value) for value in values[start : start + ROWS_AT_ONCE]]
            passes[start : start + ROWS_AT_ONCE] = pack(np.array([row[0] for row in rows]))
            unknown[start : start + ROWS_AT_ONCE] = pack(np.array([row[1] for row in rows]))
        return Plane(codes.astype(np.intp), passes, unknown if unknown.any() else None)

    def judged(self, start: int, stop: int) -> Judged:
        """Verdict bitmaps of the needs ``start`` to ``stop``."""
        shape = (stop - start, self.index.words)
        one, two, three, failed, hopeless = (np.zeros(shape, dtype=np.uint64) for _ in range(5))
        for criterion, plane, reach in self._rows:
            codes = plane.codes[start:stop]
            not_passed = ~plane.passes[codes]
            three |= two & not_passed
            two |= one & not_passed
            one |= not_passed
            if plane.unknown is not None:
                not_passed &= ~plane.unknown[codes]
            failed |= not_passed
            if reach is not None:
                hopeless |= not_passed & ~reach.passes[reach.codes[start:stop]]
            elif not criterion.moves:
                hopeless |= not_passed
        real = self._real_products()
        ineligible = (hopeless | (failed & three)) & real
        bits = VerdictBits(~one & real, failed & ~ineligible & real, one & ~failed & real, ineligible)
        return Judged(bits, two, three)

    def results(self, start: int, stop: int) -> tuple[CriterionBits, CriterionBits]:
        """(failed, unknown) of needs × products."""
        shape = (stop - start, self.index.size)
        failed, unknown = np.zeros(shape, dtype=BITS), np.zeros(shape, dtype=BITS)
        for bit, (_, plane, _) in enumerate(self._rows):
            codes = plane.codes[start:stop]
            known = ~unpack(plane.passes[codes], self.index.size)
            if plane.unknown is not None:
                open_ = unpack(plane.unknown[codes], self.index.size)
                unknown |= open_.astype(BITS) << BITS(bit)
                known &= ~open_
            failed |= known.astype(BITS) << BITS(bit)
        return failed, unknown

    def results_of(self, need: Places, product: Places) -> tuple[CriterionBits, CriterionBits]:
        """(failed, unknown) of single pairs."""
        failed, unknown = np.zeros(len(need), dtype=BITS), np.zeros(len(need), dtype=BITS)
        word, shift = product // WORD_BITS, (product % WORD_BITS).astype(np.uint64)
        for bit, (_, plane, _) in enumerate(self._rows):
            codes = plane.codes[need]
            known = ~plane.passes[codes, word] >> shift & np.uint64(1)
            if plane.unknown is not None:
                open_ = plane.unknown[codes, word] >> shift & np.uint64(1)
                unknown |= open_.astype(BITS) << BITS(bit)
                known &= ~open_
            failed |= known.astype(BITS) << BITS(bit)
        return failed, unknown

    def _real_products(self) -> Words:
        """All ones, but for the bits of the last word that stand for no product."""
        return pack(np.ones((1, self.index.size), dtype=np.bool_))


def need_no(need: NeedOn) -> str:
    """The key of a need; an enterprise without one cannot be matched with products.

    Raises ValueError for an enterprise prepared without a need.
    """
    if need.facts is None:
        raise ValueError("an enterprise without a need was given to bulk matching")
    return need.facts.need_no


def pack(rows: NDArray[np.bool_]) -> Words:
    """Booleans (n × products) as bitmaps (n × words); product p is bit p % 64 of word p // 64."""
    count, size = rows.shape
    padded = np.zeros((count, -(-size // WORD_BITS) * WORD_BITS // 8), dtype=np.uint8)
    packed = np.packbits(rows, axis=1, bitorder="little")
    padded[:, : packed.shape[1]] = packed
    return padded.view("<u8").astype(np.uint64, copy=False)


def places(words: Words, size: int) -> tuple[Places, Places]:
    """(row, product) of every set bit, by row and then product."""
    flat = np.flatnonzero(unpack(words, size))
    row = flat // max(1, size)
    return row, flat - row * size


def unpack(words: Words, size: int) -> NDArray[np.bool_]:
    """The inverse of :func:`pack`."""
    little = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(little, axis=1, bitorder="little", count=size).view(np.bool_)
