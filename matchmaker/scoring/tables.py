"""Bulk side of the kinds: for each value the need's side may have, one row of booleans over all products.

A table is built once from the product side; ``encode`` maps the needs' values to row numbers, so that the bitmaps
depend on the number of *different* values, not on the number of needs.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.bool_]
Codes = NDArray[np.intp]

NO_CAP = 2**62
"""A highest rate that accepts anything, and a lowest rate that nothing else reaches because it is not known."""

LOWEST, HIGHEST = -(2**63), 2**63 - 1


class Table(ABC):
    """Rows over ``size`` products."""

    def __init__(self, size: int) -> None:
        self.size = size

    @abstractmethod
    def row(self, value: Any) -> tuple[Row, Row]:
        """(passes, unknown) over all products for one value of the need's side."""

    def encode(self, values: Iterable[Any]) -> tuple[Codes, list[Any]]:
        """Row number for each value, and for each row a value that stands for it."""
        seen: dict[Any, int] = {}
        codes = np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.intp)
        return codes, list(seen)

    def _none(self) -> Row:
        return np.zeros(self.size, dtype=np.bool_)


class MemberTable(Table):
    """Base of tables over sets: ``members[v]`` marks the products that ask for v, ``free`` those that ask nothing."""

    def __init__(self, asked: Sequence[Collection[str]]) -> None:
        super().__init__(len(asked))
        self.free = np.array([not values for values in asked], dtype=np.bool_)
        self.members: dict[str, Row] = {}
        for place, values in enumerate(asked):
            for value in values:
                self._mark(self.members, value, place)

    def _mark(self, rows: dict[str, Row], value: str, place: int) -> None:
        if value not in rows:
            rows[value] = self._none()
        rows[value][place] = True


class OneOfTable(MemberTable):
    """One value that must be among those asked for."""

    def __init__(self, asked: Sequence[Collection[str]], blank_unknown: bool) -> None:
        super().__init__(asked)
        self.blank_unknown = blank_unknown

    def row(self, value: Any) -> tuple[Row, Row]:
        if value is None:
            return self.free, ~self.free if self.blank_unknown else self._none()
        return self.free | self.members.get(value, self._none()), self._none()


class OverlapTable(MemberTable):
    """A set that must share a value with what is asked for; products that ask for ``enough`` take everybody."""

    def __init__(self, asked: Sequence[Collection[str]], enough: str | None) -> None:
        super().__init__(asked)
        if enough is not None:
            self.free = self.free | self.members.get(enough, self._none())

    def row(self, value: Any) -> tuple[Row, Row]:
        held, known = value
        passes = self.free.copy()
        for code in held:
            passes |= self.members.get(code, self._none())
        return passes, self._none() if known else ~passes


class PrefixTable(MemberTable):
    """A code that must start with one of those asked for; ``beginnings[b]`` marks products asking for more than b."""

    def __init__(self, asked: Sequence[Collection[str]], short_unknown: bool) -> None:
        super().__init__(asked)
        self.beginnings: dict[str, Row] = {}
        if short_unknown:
            for place, values in enumerate(asked):
                for beginning in {code[:length] for code in values for length in range(len(code))}:
                    self._mark(self.beginnings, beginning, place)

    def row(self, value: Any) -> tuple[Row, Row]:
        if value is None:
            return self.free, ~self.free
        passes = self.free.copy()
        for length in range(len(value) + 1):
            passes |= self.members.get(value[:length], self._none())
        return passes, self.beginnings.get(value, self._none()) & ~passes


class FlagTable(Table):
    """A yes that must be met by a yes."""

    def __init__(self, asked: Sequence[bool]) -> None:
        super().__init__(len(asked))
        self.asked = np.array(asked, dtype=np.bool_)

    def row(self, value: Any) -> tuple[Row, Row]:
        if value is None:
            return ~self.asked, self.asked
        return (~self.asked | bool(value)), self._none()


class BoundTable(Table):
    """A number that must lie between two bounds, either of which may be blank (None).

    A low bound of ``NO_CAP`` is one that is not known: only ``NO_CAP`` passes it, any other value is unknown.
    """

    def __init__(self, lows: Sequence[int | None], highs: Sequence[int | None]) -> None:
        super().__init__(len(lows))
        self.free = np.array([a is None and b is None for a, b in zip(lows, highs, strict=True)], dtype=np.bool_)
        self.lows = np.array([LOWEST if low is None else low for low in lows], dtype=np.int64)
        self.highs = np.array([HIGHEST if high is None else high for high in highs], dtype=np.int64)
        self.unsure = self.lows == NO_CAP
        self.thresholds = np.unique(np.concatenate([self.lows, self.highs]))

    def row(self, value: Any) -> tuple[Row, Row]:
        if value is None:
            return self.free, ~self.free
        passes = (self.lows <= value) & (value <= self.highs)
        return passes, self.unsure & ~passes

    def encode(self, values: Iterable[Any]) -> tuple[Codes, list[Any]]:
        """Values between the same two thresholds share a row, so there are never more rows than thresholds allow."""
        codes, different = super().encode(values)
        numbers = np.array([LOWEST if value is None else value for value in different], dtype=np.int64)
        slots = np.searchsorted(self.thresholds, numbers) + np.searchsorted(self.thresholds, numbers, side="right")
        slots[[value is None for value in different]] = -1
        _, first, place = np.unique(slots, return_index=True, return_inverse=True)
        return place[codes], [different[at] for at in first]
