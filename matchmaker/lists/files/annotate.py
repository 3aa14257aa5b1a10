"""Giving a faulty file back: the same workbook with each fault at its cell and in a last column."""

import json
import tempfile
from collections.abc import Sequence
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
from matchmaker.lists.files.header import FAULT_COLUMN
from matchmaker.lists.files.saving import replacing
from matchmaker.lists.files.table import Table
from matchmaker.lists.files.written import BOOK_OPTIONS, put_text
from matchmaker.lists.models import KINDS
from matchmaker.lists.sandbox.annotator import AUTHOR, RED, clear
from matchmaker.lists.sandbox.sheet import column_number

_LOST = {
    "Data Validation extension": Text("部分下拉项（扩展格式）", "some drop-downs (of the extended form)"),
    "Conditional Formatting extension": Text("部分条件格式", "some conditional formats"),
    "Slicer": Text("切片器", "slicers"),
}


def annotate(source: Path, out: Path, table: Table, faults: Sequence[RowFault], lang: Lang) -> tuple[Text, ...]:
    """Write ``out`` (.xlsx): the workbook ``source`` with a red fill and a comment at each faulty cell and one text a
    row in the last column 错误说明; marks of an earlier round are taken away. Gives what could not be kept.

    Of a .csv, and of a workbook with more than ``ANNOTATE_CELLS`` cells, it is a new workbook with the same rows at the
    same places. ``table`` is what :func:`read_table` gave for ``source``. Uploaded again, the added column is passed
    over.
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
        _write_workbook(beside, table, rows, cells, lang)
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


def _write_workbook(out: Path, table: Table, rows: dict[int, str], cells: dict[str, str], lang: Lang) -> None:
    """A new workbook: header and rows where they stood in the file, so that the names of cells stay right."""
    labels = {f.code: f.label.zh for f in fields_of(KINDS[table.kind])}
    columns = {code: column_number(letters) - 1 for code, letters in table.columns.items()}
    added = max(columns.values()) + 1
    faulty = {xl_cell_to_rowcol(name): text for name, text in cells.items()}
    commented = dict(list(faulty.items())[: limits.ANNOTATE_COMMENTS])
    with xlsxwriter.Workbook(str(out), BOOK_OPTIONS) as book:
        sheet = book.add_worksheet(KINDS[table.kind].label.zh)
        bold = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1})
        styles = _Styles(book)
        for code, column in columns.items():
            sheet.write_string(table.header_row - 1, column, labels[code], bold)
        sheet.write_string(table.header_row - 1, added, FAULT_COLUMN.say(lang), bold)
        for row in table.rows:
            line = row.number - 1
            for code, cell in row.cells.items():
                place = line, columns[code]
                _put(sheet, *place, cell, styles, faulty=place in faulty)
                if place in commented:
                    sheet.write_comment(*place, clear(commented[place]), {"author": AUTHOR, "x_scale": 2})
            if row.number in rows:
                sheet.write_string(line, added, clear(rows[row.number]), styles.of("@", faulty=False))
        sheet.set_column(0, added - 1, 16)
        sheet.set_column(added, added, 60)
        sheet.freeze_panes(table.header_row, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576", "two_digit_text_year": "A1:XFD1048576"})


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
