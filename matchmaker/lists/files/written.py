"""Writing lists as .csv and .xlsx; what is written here is read back as equal."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from matchmaker.domain.cells import Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import AnnualRate, Day, Money, Percent, Whole
from matchmaker.domain.parse import guarded
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.files.saving import replacing
from matchmaker.lists.files.shown import Headers, Shown

Rows = Iterable[Mapping[str, Any]]
"""Column code → value; an absent column is blank."""

NO_REGISTERS = Registers()
BOOK_OPTIONS = {
    "constant_memory": True,
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}
_FIRST_EXCEL_YEAR = 1901
_WIDEST = 48
_PAGE_WIDTH = 210
"""Columns' width that can still be read on one A4 page across; a wider list goes over several, with its key on each."""


def write_csv(
    path: Path, model: type[Entry], rows: Rows, *, headers: Headers = "code", registers: Registers = NO_REGISTERS
) -> int:
    """Write a list as .csv (UTF-8 with BOM, so that spreadsheet programs see the Chinese); gives the number of rows.

    A cell that could be taken for a formula gets a leading ``'``, which reading takes off again.
    """
    fields, shown, count = fields_of(model), Shown(headers, registers), 0
    with replacing(path) as beside, beside.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([shown.header(f) for f in fields])
        for row in rows:
            writer.writerow([guarded(shown.text(f, row.get(f.code))) for f in fields])
            count += 1
    return count


def write_xlsx(
    path: Path,
    model: type[Entry],
    rows: Rows,
    *,
    headers: Headers = "zh",
    registers: Registers = NO_REGISTERS,
    note: str = "",
) -> int:
    """Write a list as .xlsx; gives the number of rows. Memory stays flat.

    Amounts in 万元, percentages (in percent points) and whole numbers are numbers, dates are dates, all else is text
    and never a formula. ``registers``: names of chains and banks; ``note``: stands in the footer of each printed page
    (who exported it and when).
    """
    with replacing(path) as beside, xlsxwriter.Workbook(str(beside), BOOK_OPTIONS) as book:
        return ListSheet(book, model, Shown(headers, registers)).write(rows, note=note)


class ListSheet:
    """The sheet of a list: styled header, one row an entry, set up for reading, filtering and printing."""

    def __init__(self, book: xlsxwriter.Workbook, model: type[Entry], shown: Shown) -> None:
        self.fields = fields_of(model)
        self.shown = shown
        self.sheet: Worksheet = book.add_worksheet(model.label.zh)
        header = {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "vcenter"}
        self._header, self._required = book.add_format(header), book.add_format({**header, "font_color": "#C00000"})
        by_pattern = {f: book.add_format({"num_format": pattern_of(f)}) for f in self.fields}
        self.formats: dict[str, Format] = {f.code: by_pattern[f] for f in self.fields}
        self._plain = book.add_format({})

    def write(self, rows: Rows, *, note: str = "", blank_rows: int = 0) -> int:
        """Write header and rows, then set up the sheet down to ``blank_rows`` below them; gives the number of rows."""
        texts = [self.shown.header(f) for f in self.fields]
        widths = [_width(text) + 3 for text in texts]
        for column, (field, text) in enumerate(zip(self.fields, texts, strict=True)):
            self.sheet.write_string(0, column, text, self._required if field.required else self._header)
        count = 0
        for count, row in enumerate(rows, 1):
            for column, field in enumerate(self.fields):
                text = self._put(count, column, field, row.get(field.code))
                widths[column] = max(widths[column], _width(text) + 2)
        for column, (field, width) in enumerate(zip(self.fields, widths, strict=True)):
            self.sheet.set_column(column, column, min(width, _WIDEST), self.formats[field.code])
        self._set_up(count, blank_rows, note, pages=-(-sum(min(w, _WIDEST) for w in widths) // _PAGE_WIDTH))
        return count

    def _put(self, row: int, column: int, field: Field, value: Any) -> str:
        text = self.shown.text(field, value)
        if not text:
            return ""
        style = self.formats[field.code]
        number = self.shown.number(field, value)
        if number is not None:
            self.sheet.write_number(row, column, number, style)
        elif isinstance(field.kind, Day) and isinstance(value, date) and value.year >= _FIRST_EXCEL_YEAR:
            self.sheet.write_datetime(row, column, datetime.combine(value, time.min), style)
        else:
            put_text(self.sheet, row, column, guarded(text) if text.startswith("'") else text, style, self._plain)
        return text

    def _set_up(self, count: int, blank_rows: int, note: str, *, pages: int) -> None:
        last_row, last_column = count + blank_rows, len(self.fields) - 1
        sheet = self.sheet
        sheet.set_row(0, 32)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(count, 1), last_column)
        everywhere = f"A1:{xlsxwriter.utility.xl_rowcol_to_cell(max(last_row, 1), last_column)}"
        sheet.ignore_errors(
            dict.fromkeys(("number_stored_as_text", "two_digit_text_year", "list_data_validation"), everywhere)
        )
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(pages, 0)
        sheet.repeat_rows(0)
        sheet.repeat_columns(0)
        sheet.print_area(0, 0, max(count, 1), last_column)
        sheet.set_footer(f"&L{note.replace('&', '&&')[:200]}&R&P / &N")


def put_text(sheet: Worksheet, row: int, column: int, text: str, style: Format, plain: Format) -> None:
    """Write a text cell. xlsxwriter takes ``<r>…</r>`` for ready-made XML, so such a text goes in two pieces."""
    if text.startswith("<r>") and text.endswith("</r>"):
        sheet.write_rich_string(row, column, text[0], plain, text[1:], style)
    else:
        sheet.write_string(row, column, text, style)


def pattern_of(field: Field) -> str:
    """The number format of a column."""
    kind = field.kind
    if isinstance(kind, Money):
        return "#,##0.00"
    if isinstance(kind, Percent | AnnualRate):
        return "0.00####"
    if isinstance(kind, Whole):
        return "0"
    return "yyyy-mm-dd" if isinstance(kind, Day) else "@"


def _width(text: str) -> int:
    """Columns of a screen that the text takes: two for each Chinese character."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text[:60])
