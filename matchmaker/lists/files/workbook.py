"""Reading .xlsx: the confined child's lines become sheets of raw rows."""

from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from matchmaker.domain.cells import Cell
from matchmaker.lists.files import limits
from matchmaker.lists.files.child import lines_of
from matchmaker.lists.files.rows import RawRow, RawSheet

NOTES_SHEET = "填写说明"
CHOICES_SHEET = "选项"
OWN_SHEETS = (NOTES_SHEET, CHOICES_SHEET)
"""Sheets of our own templates that hold no list."""

OPTIONS = {
    "entries": limits.MAX_ZIP_ENTRIES,
    "directory": limits.MAX_ZIP_DIRECTORY_BYTES,
    "unpacked": limits.MAX_UNPACKED_BYTES,
    "ratio": limits.MAX_RATIO,
    "ratio_from": limits.RATIO_FROM_BYTES,
    "rows": limits.MAX_XLSX_ROWS,
    "rows_above": limits.ROWS_ABOVE,
    "csv_rows": limits.MAX_CSV_ROWS,
    "columns": limits.MAX_COLUMNS,
    "cell": limits.MAX_CELL_CHARACTERS,
    "text": limits.MAX_TEXT_CHARACTERS,
    "merged": limits.MAX_MERGED,
    "memory": limits.READER_MEMORY_BYTES,
    "cpu": limits.READER_CPU_SECONDS,
}


def workbook_sheets(path: Path) -> Generator[RawSheet, None, None]:
    """The visible sheets of a workbook in order, hidden ones and our own notes left out.

    The rows of one sheet have to be read before the next is asked for. Raises RejectedError (see ``lists/faults``).
    """
    lines = lines_of("reader", OPTIONS, path, seconds=limits.READER_SECONDS)
    with closing(lines):
        for line in lines:
            if not isinstance(line, dict) or line.get("sheet") in (None, *OWN_SHEETS):
                continue
            sheet = RawSheet(line["sheet"], iter(()))
            sheet.rows = _rows(lines, sheet)
            yield sheet


def _rows(lines: Iterator[Any], sheet: RawSheet) -> Iterator[RawRow]:
    for line in lines:
        if isinstance(line, dict):
            sheet.merged += [tuple(corners) for corners in line["merged"]]
            return
        items = iter(line)
        number = next(items)
        yield RawRow(number, {column: _cell(next(items)) for column in items})


def _cell(value: Any) -> Cell:
    if not isinstance(value, dict):
        return Cell(value)
    if "p" in value:
        return Cell(value["p"], percent=True)
    if "d" in value:
        return Cell(_moment(value["d"]))
    return Cell(value.get("v"), trouble=value["x"])


def _moment(text: str) -> date | str:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return text
