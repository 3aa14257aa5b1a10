"""The template of a list: its current rows, blank rows with drop-downs, and a sheet that says how to fill it in."""

from itertools import zip_longest
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from matchmaker.domain.cells import Registers
from matchmaker.domain.fields import MULTIPLE, Field
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry
from matchmaker.lists.files.header import ONE_OF
from matchmaker.lists.files.saving import replacing
from matchmaker.lists.files.shown import Shown
from matchmaker.lists.files.workbook import CHOICES_SHEET, NOTES_SHEET
from matchmaker.lists.files.written import BOOK_OPTIONS, ListSheet, Rows

BLANK_ROWS = 200
_MESSAGE = 255
"""The longest message that a spreadsheet shows beside a cell."""

_GENERAL = (
    Text("红色的列必填；其他列可以留空，留空表示未知。", "Red columns are required; others may stay blank: unknown."),
    Text(
        "可以删去不用的列：文件中没有的列保持原值。",
        "Columns may be deleted: what a file does not have stays as it was.",
    ),
    Text("列在而单元格留空，会清空原值。", "A blank cell of a column that is there clears the stored value."),
    Text(
        "金额单位为万元；也可写 800万、8,000,000元、1.2亿。",
        "Amounts are in 10,000 yuan; 800万, 8,000,000元 and 1.2亿 work too.",
    ),
    Text("一格多个值用 ; 或 、 分隔。", "Several values in a cell are separated by ; or 、."),
    Text("不要合并单元格。", "Do not merge cells."),
)
_COLUMNS = (
    Text("列名", "Column"),
    Text("必填", "Required"),
    Text("怎么填", "How to fill it in"),
    Text("可选值", "Choices"),
)


def write_template(path: Path, model: type[Entry], rows: Rows, *, registers: Registers, note: str = "") -> int:
    """Write the template of a list as .xlsx, filled with ``rows``; gives their number. Uploaded as it is, it changes
    nothing."""
    shown = Shown("zh", registers)
    with replacing(path) as beside, xlsxwriter.Workbook(str(beside), BOOK_OPTIONS) as book:
        sheet = ListSheet(book, model, shown)
        count = sheet.write(rows, note=note, blank_rows=BLANK_ROWS)
        _write_notes(book, model, sheet.fields, shown)
        choices = {f.code: shown.choices(f) for f in sheet.fields}
        _add_dropdowns(sheet, choices, last_row=count + BLANK_ROWS)
        _write_choices(book, [c for c in choices.values() if c])
    return count


def _add_dropdowns(sheet: ListSheet, choices: dict[str, list[str]], last_row: int) -> None:
    """A drop-down for each column with single choices, a message beside the cell for every column.

    The lists stand on a hidden sheet, because a list within the rule may have 255 characters only. A value that is not
    in the list brings a question, not a refusal: codes are read too.
    """
    place = 0
    for column, field in enumerate(sheet.fields):
        rule: dict[str, object] = {
            "validate": "any",
            "input_title": field.label.zh[:32],
            "input_message": _message(field, sheet.shown)[:_MESSAGE],
        }
        if listed := choices[field.code]:
            letter = xl_col_to_name(place, col_abs=True)
            place += 1
            rule |= {
                "validate": "list",
                "source": f"='{CHOICES_SHEET}'!{letter}$1:{letter}${len(listed)}",
                "error_type": "warning",
                "error_title": "不在可选值中",
                "error_message": "从下拉项中选择，或填写对应的代码。",
            }
        sheet.sheet.data_validation(1, column, last_row, column, rule)


def _message(field: Field, shown: Shown) -> str:
    several = "可填多个，用 ; 分隔。" if isinstance(field.kind, MULTIPLE) else ""
    choices = shown.every_choice(field).zh if isinstance(field.kind, MULTIPLE) else ""
    return f"{'必填。' if field.required else ''}{several}{_how(field).zh}{'。' + choices if choices else ''}"


def _how(field: Field) -> Text:
    example = field.kind.example
    if field.help.zh:
        return Text(f"{field.help.zh}（例：{example.zh}）", f"{field.help.en} (example: {example.en})")
    return Text(f"例：{example.zh}", f"example: {example.en}")


def _write_choices(book: xlsxwriter.Workbook, lists: list[list[str]]) -> None:
    sheet = book.add_worksheet(CHOICES_SHEET)
    for row, values in enumerate(zip_longest(*lists, fillvalue="")):
        for column, value in enumerate(values):
            sheet.write_string(row, column, value)
    sheet.hide()


def _write_notes(book: xlsxwriter.Workbook, model: type[Entry], fields: tuple[Field, ...], shown: Shown) -> None:
    sheet = book.add_worksheet(NOTES_SHEET)
    bold = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    row = 0
    for general in _GENERAL:
        sheet.write_string(row, 0, general.zh)
        sheet.write_string(row, 5, general.en)
        row += 1
    row += 1
    headers = [c.zh for c in _COLUMNS] + ["代码 Code"] + [c.en for c in _COLUMNS]
    for column, header in enumerate(headers):
        sheet.write_string(row, column, header, bold)
    for field in fields:
        row += 1
        required, choices, how = _required(model, field), shown.every_choice(field), _how(field)
        texts = [field.label.zh, required.zh, how.zh, choices.zh, field.code]
        texts += [field.label.en, required.en, how.en, choices.en]
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, wrapped)
    for first, last, width in ((0, 0, 22), (1, 1, 10), (2, 2, 30), (3, 3, 50), (4, 5, 24), (6, 6, 10), (7, 8, 40)):
        sheet.set_column(first, last, width)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _required(model: type[Entry], field: Field) -> Text:
    if field.code in ONE_OF.get(model.kind_name, ()):
        return Text("二选一", "one of two")
    return Text("必填", "required") if field.required else Text("", "")
