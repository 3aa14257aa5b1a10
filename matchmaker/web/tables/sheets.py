"""Workbooks of tables that are no list of their own: numbers as numbers, dates as dates, codes as text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import xlsxwriter
from flask import Response, send_file
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from matchmaker.clock import local
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.text import Text
from matchmaker.web.view import actor, current_day, parts, say

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
Form = Literal["text", "count", "money", "day"]
PATTERNS: dict[Form, str] = {"text": "@", "count": "#,##0", "money": "#,##0.00", "day": "yyyy-mm-dd"}
WIDTHS: dict[Form, int] = {"text": 24, "count": 12, "money": 16, "day": 12}


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column. ``value``: row → its value (fen for ``money``, shown in 万元), None for a blank cell.

    A text in a column of numbers stays text, as ``<5`` for a group too small to be told.
    """

    label: Text
    form: Form
    value: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet with its rows."""

    title: Text
    columns: Sequence[SheetColumn]
    rows: Sequence[Any]


def send_sheets(name: Text, sheets: Sequence[Sheet]) -> Response:
    """The sheets as a workbook to keep, named and dated, with who made it at the foot of every printed page."""
    kept = BytesIO()
    with xlsxwriter.Workbook(kept, OPTIONS) as book:
        for sheet in sheets:
            _write(book, sheet)
    kept.seek(0)
    return send_file(kept, mimetype=XLSX, as_attachment=True, download_name=f"{say(name)}-{current_day():%Y%m%d}.xlsx")


def _write(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    page: Worksheet = book.add_worksheet(say(sheet.title)[:31])
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "vcenter"})
    for place, column in enumerate(sheet.columns):
        style = book.add_format({"num_format": PATTERNS[column.form]})
        page.set_column(place, place, WIDTHS[column.form], style)
        page.write_string(0, place, say(column.label), head)
        for number, row in enumerate(sheet.rows, 1):
            _put(page, number, place, column.form, column.value(row), style)
    _set_up(page, len(sheet.rows), len(sheet.columns) - 1)


def _put(page: Worksheet, row: int, column: int, form: Form, value: Any, style: Format) -> None:
    if value is None:
        return
    if isinstance(value, str):
        page.write_string(row, column, value, style)
    elif form == "day":
        page.write_datetime(row, column, value, style)
    else:
        page.write_number(row, column, value / FEN_PER_WAN if form == "money" else value, style)


def _set_up(page: Worksheet, last_row: int, last_column: int) -> None:
    """A frozen header with a filter; A4 across, the header on every page."""
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(last_row, 1), last_column)
    last = xlsxwriter.utility.xl_rowcol_to_cell(max(last_row, 1), last_column)
    page.ignore_errors({"number_stored_as_text": f"A1:{last}"})
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.print_area(0, 0, max(last_row, 1), last_column)
    made = local(parts().now(), parts().settings.zone)
    page.set_footer(f"&L{actor().name.replace('&', '&&')} {made:%Y-%m-%d %H:%M}&R&P / &N")
