"""A table that is no list as a workbook: numbers as numbers, moments as moments, all else text; set up for print."""

from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from flask import Response, request, send_file, url_for

from matchmaker.clock import local
from matchmaker.domain.text import Text
from matchmaker.lists.files.written import BOOK_OPTIONS, put_text
from matchmaker.web.tables.table import View
from matchmaker.web.view import actor, current_day, current_lang, parts, say

_PATTERNS: tuple[tuple[type, str], ...] = (
    (datetime, "yyyy-mm-dd hh:mm"),
    (date, "yyyy-mm-dd"),
    (int, "0"),
    (float, "#,##0.00"),
)
_WIDTH = 18
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sent(raw: bytes, name: str) -> Response:
    """A workbook as a download that no cache keeps."""
    answer = send_file(BytesIO(raw), mimetype=XLSX, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def book_address(endpoint: str, **values: Any) -> str:
    """The address of a workbook of the rows that this page's address selects."""
    query = request.query_string.decode()
    return url_for(endpoint, **values) + (f"?{query}" if query else "")


def send_book(view: View, title: Text) -> Response:
    """The view as a workbook to keep, named and dated, with who made it at the foot of every printed page."""
    made = local(parts().now(), parts().settings.zone)
    raw = book_of(view, say(title), f"{actor().name} {made:%Y-%m-%d %H:%M}")
    return sent(raw, f"{say(title)}-{current_day():%Y%m%d}.xlsx")


def book_of(view: View, title: str, note: str) -> bytes:
    """Every row that the view holds, in its order, with all columns of its table that are no buttons."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        with xlsxwriter.Workbook(str(path), {**BOOK_OPTIONS, "in_memory": False}) as book:
            _write(book, view, title, note)
        return path.read_bytes()


def _write(book: Any, view: View, title: str, note: str) -> None:
    sheet = book.add_worksheet(title[:31])
    header = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True})
    styles = {kind: book.add_format({"num_format": pattern}) for kind, pattern in _PATTERNS}
    plain = book.add_format({"num_format": "@"})
    columns = [column for column in view.table.columns if column.exported]
    for at, column in enumerate(columns):
        sheet.write_string(0, at, say(column.label), header)
        sheet.set_column(at, at, _WIDTH)
    for number, row in enumerate(view.rows, 1):
        for at, column in enumerate(columns):
            _put(sheet, number, at, (column.value or column.show)(row), styles, plain)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(view.rows), 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, max(len(view.rows), 1), len(columns) - 1)
    sheet.set_footer(f"&L{note.replace('&', '&&')[:200]}&R&P / &N")


def _put(sheet: Any, row: int, at: int, value: Any, styles: dict[type, Any], plain: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, at, value.astimezone(parts().settings.zone).replace(tzinfo=None), styles[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(row, at, datetime.combine(value, time.min), styles[date])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, at, value, styles[type(value)])
    else:
        text = value.say(current_lang()) if hasattr(value, "say") else str(value)
        put_text(sheet, row, at, text, plain, plain)
