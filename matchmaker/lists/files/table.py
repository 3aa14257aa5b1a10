"""One list file as rows of cells, by column code: what every import starts from."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from matchmaker.domain.cells import Cell
from matchmaker.domain.parse import cell_text
from matchmaker.lists.entry import Readable, fields_of, key_fields
from matchmaker.lists.faults import file_fault
from matchmaker.lists.files import limits
from matchmaker.lists.files.csv_text import csv_sheets
from matchmaker.lists.files.guard import Format, check_file
from matchmaker.lists.files.header import Header, HeaderFinder, letters, likely_columns, read_header
from matchmaker.lists.files.rows import BLANK, RawRow, RawSheet
from matchmaker.lists.files.workbook import workbook_sheets


class ManyRows(Exception):
    """The file has more rows than were to be read at once."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row below the header: its number in the spreadsheet and a cell for each known column of the file."""

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A list file as it was read.

    ``sheet``: the sheet's name (None in a .csv); ``columns``: code → column letter; ``ignored``: headers that are no
    column of the list; ``likely``: such a header → the code of the absent column that it may mean.
    """

    kind: str
    format: Format
    header_row: int
    columns: dict[str, str]
    ignored: tuple[str, ...]
    rows: list[SheetRow]
    sheet: str | None = None
    likely: dict[str, str] = field(default_factory=dict)

    def cell_name(self, row: int, code: str) -> str | None:
        """The spreadsheet's name of a cell, such as ``F17``; None when the file has no such column."""
        return f"{self.columns[code]}{row}" if code in self.columns else None


def read_table(
    path: Path,
    model: Readable,
    renamed: Mapping[str, str] | None = None,
    given: Collection[str] = (),
    at_once: int | None = None,
) -> Table:
    """Read a list file of either format; a workbook is read in a confined child process.

    ``renamed``: header → the code of the column that it stands for, empty: left out; ``given``: required columns that
    the file need not have; ``at_once``: rows after which reading ends with ManyRows.
    Rows in which no known column holds anything are skipped. A workbook's first visible sheet with a header counts.
    Raises NotFoundError (exit 4), UsageError (exit 2: no .xlsx or .csv) and RejectedError (exit 3, codes in
    ``lists/faults``) with one sentence that says where and how to mend it.
    """
    form = check_file(path)
    sheets = workbook_sheets(path) if form == "xlsx" else csv_sheets(path, model)
    with closing(sheets):
        return _first_table(_bounded(sheets, at_once), model, form, renamed, given)


def _bounded(sheets: Iterable[RawSheet], at_once: int | None) -> Iterator[RawSheet]:
    for sheet in sheets:
        if at_once is not None:
            sheet.rows = _at_most(sheet.rows, at_once + limits.ROWS_ABOVE)
        yield sheet


def _at_most(rows: Iterable[RawRow], most: int) -> Iterator[RawRow]:
    for count, row in enumerate(rows, 1):
        if count > most:
            raise ManyRows
        yield row


def _first_table(
    sheets: Iterable[RawSheet],
    model: Readable,
    form: Format,
    renamed: Mapping[str, str] | None,
    given: Collection[str],
) -> Table:
    """The first sheet with a key column's header, else the first with two known headers."""
    second_best: tuple[RawSheet, Header, list[RawRow]] | None = None
    for sheet in sheets:
        finder = HeaderFinder(model, renamed)
        seen: list[RawRow] = []
        for row in sheet.rows:
            texts = {column: cell_text(cell) for column, cell in row.cells.items()}
            if finder.is_header(row.number, texts):
                header = read_header(model, row.number, texts, renamed, given)
                return _table(model, form, sheet, header, _below(model, header, sheet.rows))
            seen.append(row)
        if finder.likely and second_best is None:
            number, texts = finder.likely
            second_best = (
                sheet,
                read_header(model, number, texts, renamed, given),
                [r for r in seen if r.number > number],
            )
    if second_best is None:
        raise file_fault(
            "no_header",
            label=" + ".join(f.label.zh for f in key_fields(model)),
            column=" + ".join(f.code for f in key_fields(model)),
        )
    sheet, header, rows = second_best
    return _table(model, form, sheet, header, _below(model, header, rows))


def _below(model: Readable, header: Header, rows: Iterable[RawRow]) -> list[SheetRow]:
    """Rows with something in a known column; a column of the file that is blank in a row stands there blank."""
    columns = [(f.code, header.columns[f.code]) for f in fields_of(model) if f.code in header.columns]
    found = []
    for row in rows:
        cells = {code: row.cells.get(column, BLANK) for code, column in columns}
        if any(cell is not BLANK for cell in cells.values()):
            found.append(SheetRow(row.number, cells))
    return found


def _table(model: Readable, form: Format, sheet: RawSheet, header: Header, rows: list[SheetRow]) -> Table:
    if not rows:
        raise file_fault("no_rows", row=header.row + 1)
    _mark_merged(sheet, header, rows)
    return Table(
        kind=model.kind_name,
        format=form,
        sheet=sheet.name,
        header_row=header.row,
        columns={code: letters(number) for code, number in header.columns.items()},
        ignored=tuple(header.extra.values()),
        likely=likely_columns(model, header),
        rows=rows,
    )


def _mark_merged(sheet: RawSheet, header: Header, rows: list[SheetRow]) -> None:
    """Every data cell of a merged range that holds something is in trouble: its value may belong to any of the rows."""
    codes = {number: code for code, number in header.columns.items()}
    numbers = [row.number for row in rows]
    budget = limits.MAX_MERGED_CELLS
    for first_row, first_column, last_row, last_column in sheet.merged:
        reached = rows[bisect_left(numbers, first_row) : bisect_right(numbers, last_row)]
        inside = [codes[n] for n in range(first_column, min(last_column, limits.MAX_COLUMNS) + 1) if n in codes]
        budget -= len(reached) * len(inside)
        if budget < 0:
            raise file_fault("too_many_merged", limit=limits.MAX_MERGED)
        if all(row.cells[code] is BLANK for row in reached for code in inside):
            continue
        for row in reached:
            for code in inside:
                row.cells[code] = replace(row.cells[code], trouble="merged")
