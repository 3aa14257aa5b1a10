"""Giving a faulty file back: the same workbook with each fault at its cell and in a last column."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_cell_to_rowcol

from matchmaker.domain.cells import Cell
from matchmaker.domain.parse import cell_text
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.faults import RowFault
from matchmaker.lists.files import limits
from matchmaker.lists.files.child import lines_of
from matchmaker.lists.files.csv_text import csv_sheets
from matchmaker.lists.files.header import FAULT_COLUMN, plain
from matchmaker.lists.files.rows import BLANK, RawRow
from matchmaker.lists.files.saving import replacing
from matchmaker.lists.files.table import Table
from matchmaker.lists.files.workbook import workbook_sheets
from matchmaker.lists.files.written import BOOK_OPTIONS, put_text
from matchmaker.lists.models import KINDS
from matchmaker.lists.sandbox.annotator import AUTHOR, RED, clear

_LOST = {
    "Data Validation extension": Text("部分下拉项（扩展格式）", "some drop-downs (of the extended form)"),
    "Conditional Formatting extension": Text("部分条件格式", "some conditional formats"),
    "Slicer": Text("切片器", "slicers"),
}


def annotate(source: Path, out: Path, table: Table, faults: Sequence[RowFault], lang: Lang) -> tuple[Text, ...]:
    """Write ``out`` (.xlsx): the workbook ``source`` with a red fill and a comment at each faulty cell and one text a
    row in the last column 错误说明; marks of an earlier round are taken away. Gives what could not be kept.

    Of a .csv, and of a workbook with more than ``ANNOTATE_CELLS`` cells, it is a new workbook with the same values at
    the same places. ``table`` is what :func:`read_table` gave for ``source``. Uploaded again, the added column is
    passed over.
    """
    rows: dict[int, str] = {}
    cells: dict[str, str] = {}
    labels = {f.code: f.label for f in fields_of(KINDS[table.kind])}
    for fault in faults:
        label = labels[fault.column].say(lang) + ("：" if lang == "zh" else ": ") if fault.column in labels else ""
        rows[fault.row] = f"{rows[fault.row]}\n{label}{fault.message}" if fault.row in rows else label + fault.message
        if fault.cell:
            cells[fault.cell] = f"{cells[fault.cell]}\n{fault.message}" if fault.cell in cells else fault.message
    with replacing(out) as beside:
        if table.format == "xlsx" and len(table.rows) * len(table.columns) <= limits.ANNOTATE_CELLS:
            return _annotate_workbook(source, beside, table, rows, cells, lang)
        _write_workbook(source, beside, table, rows, cells, lang)
    return ()


def _annotate_workbook(
    source: Path, out: Path, table: Table, rows: dict[int, str], cells: dict[str, str], lang: Lang
) -> tuple[Text, ...]:
    titles = [FAULT_COLUMN.say(lang), FAULT_COLUMN.zh, FAULT_COLUMN.en]
    options = {
        "memory": limits.ANNOTATE_MEMORY_BYTES,
        "cpu": limits.ANNOTATE_CPU_SECONDS,
        "comments": limits.ANNOTATE_COMMENTS,
    }
    lost: set[Text] = set()
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "faults.json"
        found.write_text(
            json.dumps(
                {"sheet": table.sheet, "header_row": table.header_row, "titles": titles, "rows": rows, "cells": cells}
            ),
            "utf-8",
        )
        for line in lines_of("annotator", options, source, out, found, seconds=limits.ANNOTATE_SECONDS, libraries=True):
            lost |= {text for message in line["lost"] for start, text in _LOST.items() if message.startswith(start)}
    return tuple(sorted(lost, key=lambda t: t.zh))


def _write_workbook(
    source: Path, out: Path, table: Table, rows: dict[int, str], cells: dict[str, str], lang: Lang
) -> None:
    """A new workbook: all that stands in the file at its place, so that the names of cells stay right."""
    added = _column_to_add(source, table)
    faulty: dict[int, dict[int, str]] = {}
    for name, text in cells.items():
        row, column = xl_cell_to_rowcol(name)
        faulty.setdefault(row + 1, {})[column + 1] = text
    comments = 0
    with xlsxwriter.Workbook(str(out), BOOK_OPTIONS) as book:
        sheet = book.add_worksheet(KINDS[table.kind].label.zh)
        bold = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1})
        styles = _Styles(book)
        for raw in _raw_rows(source, table):
            marked = faulty.get(raw.number, {})
            for column in sorted({*raw.cells, *marked} - {added}):
                place = raw.number - 1, column - 1
                cell = raw.cells.get(column, BLANK)
                if raw.number == table.header_row:
                    sheet.write_string(*place, cell_text(cell), bold)
                else:
                    _put(sheet, *place, cell, styles, faulty=column in marked)
                if column in marked and (comments := comments + 1) <= limits.ANNOTATE_COMMENTS:
                    sheet.write_comment(*place, clear(marked[column]), {"author": AUTHOR, "x_scale": 2})
            if raw.number == table.header_row:
                sheet.write_string(raw.number - 1, added - 1, FAULT_COLUMN.say(lang), bold)
            elif raw.number in rows:
                sheet.write_string(raw.number - 1, added - 1, clear(rows[raw.number]), styles.of("@", faulty=False))
        sheet.set_column(0, added - 2, 16)
        sheet.set_column(added - 1, added - 1, 60)
        sheet.freeze_panes(table.header_row, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576", "two_digit_text_year": "A1:XFD1048576"})


def _raw_rows(source: Path, table: Table) -> Iterator[RawRow]:
    """The rows of the sheet that ``table`` was read from, titles and unknown columns included."""
    model = KINDS[table.kind]
    with closing(csv_sheets(source, model) if table.format == "csv" else workbook_sheets(source)) as sheets:
        yield from next(sheet for sheet in sheets if sheet.name == table.sheet).rows


def _column_to_add(source: Path, table: Table) -> int:
    """The number of the column that an earlier round added, else of the first one behind all others."""
    titles = {plain(FAULT_COLUMN.zh), plain(FAULT_COLUMN.en)}
    last = 0
    for row in _raw_rows(source, table):
        if row.number == table.header_row:
            for column, cell in row.cells.items():
                if plain(cell_text(cell)) in titles:
                    return column
        last = max(last, *row.cells)
    return last + 1


class _Styles:
    """One format for each number format, plain and red."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        red = {"bg_color": f"#{RED[2:]}"}
        self._formats = {
            (pattern, faulty): book.add_format({"num_format": pattern, **(red if faulty else {})})
            for pattern in ("@", "General", "0.00####%", "yyyy-mm-dd")
            for faulty in (False, True)
        }

    def of(self, pattern: str, *, faulty: bool) -> xlsxwriter.format.Format:
        return self._formats[pattern, faulty]


def _put(
    sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, styles: _Styles, *, faulty: bool
) -> None:
    value = cell.value
    if value is None:
        if faulty:
            sheet.write_blank(row, column, None, styles.of("@", faulty=True))
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, styles.of("General", faulty=faulty))
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, styles.of("0.00####%" if cell.percent else "General", faulty=faulty))
    elif isinstance(value, date) and value.year > 1900:
        moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
        sheet.write_datetime(row, column, moment, styles.of("yyyy-mm-dd", faulty=faulty))
    else:
        text = value if isinstance(value, str) else cell_text(cell)
        put_text(sheet, row, column, text, styles.of("@", faulty=faulty), styles.of("General", faulty=False))
