"""Writes faults into a copy of a workbook, with openpyxl.

Its arguments are OPTIONS (JSON limits), SOURCE, OUT and FAULTS, a JSON file: ``sheet``, ``header_row``,
``titles`` (names of the added column, the first is written), ``rows`` (row number → text) and ``cells`` (cell name →
text). Prints ``{"lost": [...]}``, what openpyxl could not keep, then ``{"end": true}``.
"""

import json
import re
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

AUTHOR = "matchmaker"
RED = "FFFFB3B0"
"""A shade of our own, so that marks of an earlier round are known and taken away."""
_OURS = "\n—— matchmaker ——\n"
"""Between a comment of the user's own and what is added to it."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")


def annotate_workbook(source: Path, out: Path, faults: dict[str, Any], most_comments: int) -> list[str]:
    """Write the faults into a copy of the workbook; gives the warnings of what was lost on the way."""
    from openpyxl import load_workbook

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        book = load_workbook(source, rich_text=True)
        sheet = book[faults["sheet"]]
        column = clean(sheet, faults["header_row"], faults["titles"])
        mark_cells(sheet, faults["cells"], most_comments)
        write_column(sheet, column, faults)
        book.save(out)
    return sorted({str(w.message) for w in caught})


def clean(sheet: Any, header_row: int, titles: list[str]) -> int:
    """Take away the marks of an earlier round; gives the number of the column to write into."""
    from openpyxl.styles import PatternFill

    column = next((c.column for c in sheet[header_row] if str(c.value or "").strip() in titles), 0)
    last = 0
    for row in sheet.iter_rows(min_row=header_row):
        for cell in row:
            if cell.value is not None:
                last = max(last, cell.column)
                if cell.column == column:
                    cell.value = None
            if cell.has_style and cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb == RED:
                cell.fill = PatternFill()
            comment = getattr(cell, "comment", None)
            if comment is not None and comment.author == AUTHOR:
                cell.comment = None
            elif comment is not None:
                comment.text = comment.text.partition(_OURS)[0]
    return column or last + 1


def mark_cells(sheet: Any, cells: dict[str, str], most_comments: int) -> None:
    """Red fill and a comment at each faulty cell; a comment of the user's own stays, with the fault below it."""
    from openpyxl.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    red = PatternFill("solid", fgColor=RED)
    for number, (name, text) in enumerate(cells.items()):
        cell = sheet[name]
        cell.fill = red
        if number >= most_comments or isinstance(cell, MergedCell):
            continue
        if cell.comment is not None:
            cell.comment.text += _OURS + clear(text)
        else:
            cell.comment = Comment(clear(text), AUTHOR, height=40 + 20 * (len(text) // 18 + 1), width=260)


def write_column(sheet: Any, column: int, faults: dict[str, Any]) -> None:
    """The added last column: one text a faulty row."""
    from copy import copy

    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    header = sheet.cell(faults["header_row"], column)
    beside = sheet.cell(faults["header_row"], max(column - 1, 1))
    header.value = faults["titles"][0]
    if beside.has_style and not header.has_style:
        header._style = copy(beside._style)
    for row, text in faults["rows"].items():
        cell = sheet.cell(int(row), column)
        cell.value = clear(text)
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions[get_column_letter(column)].width = 60


def clear(text: str) -> str:
    """Without the control characters that a workbook cannot hold, and not longer than a cell may be."""
    return _CONTROL.sub(" ", text)[:32_000]


def main(arguments: list[str]) -> None:
    """Annotate one workbook within the limits of OPTIONS."""
    options = json.loads(arguments[0])
    resource.setrlimit(resource.RLIMIT_AS, (options["memory"], options["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (options["cpu"], options["cpu"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faults = json.loads(Path(arguments[3]).read_text("utf-8"))
    lost = annotate_workbook(Path(arguments[1]), Path(arguments[2]), faults, options["comments"])
    sys.stdout.write(json.dumps({"lost": lost}) + "\n" + json.dumps({"end": True}) + "\n")
