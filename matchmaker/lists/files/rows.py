"""What the readers of both formats hand on: sheets of raw rows, cells by column number."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from matchmaker.domain.cells import Cell

BLANK = Cell()


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row with something in it; ``number`` is the spreadsheet's, columns count from 1."""

    number: int
    cells: dict[int, Cell]


@dataclass(slots=True)
class RawSheet:
    """One sheet. ``merged`` (first row, first column, last row, last column) is complete once ``rows`` was read."""

    name: str | None
    rows: Iterator[RawRow]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
