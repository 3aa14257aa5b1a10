"""What can be wrong with a file as a whole, with its header, and with one cell: every code with its sentence.

Faults of a cell's content (number, date, percent_ambiguous, uscc …) stand beside their readers in ``domain/parse`` and
``domain/kinds``.
"""

from dataclasses import dataclass
from typing import Any

from matchmaker.domain.cells import Cell, CellFault, Trouble
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.parse import cell_text
from matchmaker.domain.text import Lang, Text


@dataclass(frozen=True, slots=True)
class RowFault:
    """One fault of an import: ``row`` and ``cell`` are the spreadsheet's own, ``column`` is the column's code."""

    row: int
    column: str | None
    cell: str | None
    code: str
    message: str


FILE_FAULTS: dict[str, Text] = {
    "empty": Text(
        "「{name}」是空文件（0 字节）。重新导出或下载模板填写。",
        '"{name}" is empty (0 bytes). Export it again, or start from the template.',
    ),
    "too_large_xlsx": Text(
        "「{name}」有 {size} MB，.xlsx 上限为 {limit} MB。删去图片和多余的工作表，或另存为 .csv。",
        '"{name}" has {size} MB; an .xlsx may have {limit} MB. Remove pictures and extra sheets, or save it as .csv.',
    ),
    "too_large_csv": Text(
        "「{name}」有 {size} MB，.csv 上限为 {limit} MB。分成几个文件上传。",
        '"{name}" has {size} MB; a .csv may have {limit} MB. Split it into several files.',
    ),
    "too_many_rows": Text(
        "文件超过 {limit} 行。分成几个文件，或另存为 .csv（最多 {csv_limit} 行）。",
        "The file has more than {limit} rows. Split it, or save it as .csv (at most {csv_limit} rows).",
    ),
    "too_many_rows_csv": Text(
        "文件超过 {limit} 行。分成几个文件上传。",
        "The file has more than {limit} rows. Split it into several files.",
    ),
    "too_much_text": Text(
        "文件里的文字合计超过 {limit} 字。分成几个文件上传。",
        "The file holds more than {limit} characters in all. Split it into several files.",
    ),
    "too_many_merged": Text(
        "文件里的合并单元格过多（上限 {limit}）。取消合并，每格单独填写。",
        "The file has too many merged cells (limit {limit}). Unmerge them and fill each cell.",
    ),
    "too_expensive": Text(
        "读取这个文件所需的时间或内存超出上限。只保留清单所在的工作表，另存后再上传。",
        "Reading this file takes more time or memory than allowed. Keep only the list's sheet, save it, and try again.",
    ),
    "encrypted": Text(
        "文件已加密，读不出内容。在表格软件中取消密码，另存后再上传。",
        "The file is encrypted and cannot be read. Remove its password, save it, and upload it again.",
    ),
    "old_excel": Text(
        "「{name}」的内容是旧版 Excel（.xls）。另存为 .xlsx 后再上传。",
        '"{name}" holds an old Excel file (.xls). Save it as .xlsx first.',
    ),
    "xlsx_is_html": Text(
        "「{name}」的扩展名是 .xlsx，内容却是网页。用表格软件打开，另存为 .xlsx。",
        '"{name}" is named .xlsx but holds a web page. Open it in a spreadsheet program and save it as .xlsx.',
    ),
    "xlsx_is_csv": Text(
        "「{name}」的扩展名是 .xlsx，内容却是文本。把扩展名改为 .csv，或用表格软件另存为 .xlsx。",
        '"{name}" is named .xlsx but holds text. Name it .csv, or save it as .xlsx from a spreadsheet program.',
    ),
    "xlsx_is_binary": Text(
        "「{name}」的扩展名是 .xlsx，内容却不是表格。选择正确的文件。",
        '"{name}" is named .xlsx but is no spreadsheet. Choose the right file.',
    ),
    "csv_is_xlsx": Text(
        "「{name}」的扩展名是 .csv，内容却是 Excel 或压缩文件。把扩展名改为 .xlsx，或另存为 .csv。",
        '"{name}" is named .csv but holds an Excel or zip file. Name it .xlsx, or save it as .csv.',
    ),
    "csv_is_html": Text(
        "「{name}」的扩展名是 .csv，内容却是网页。用表格软件打开，另存为 .csv。",
        '"{name}" is named .csv but holds a web page. Open it in a spreadsheet program and save it as .csv.',
    ),
    "csv_is_binary": Text(
        "「{name}」的扩展名是 .csv，内容却不是文本。选择正确的文件。",
        '"{name}" is named .csv but holds no text. Choose the right file.',
    ),
    "damaged": Text(
        "文件已损坏，读不完整。用表格软件打开，另存为新的 .xlsx 后再上传。",
        "The file is damaged and cannot be read to its end. Open it, save it as a new .xlsx, and upload that.",
    ),
    "zip_not_xlsx": Text(
        "文件是压缩包，不是工作簿。解压后上传其中的 .xlsx 或 .csv。",
        "The file is a zip archive, not a workbook. Unpack it and upload the .xlsx or .csv inside.",
    ),
    "zip_entries": Text(
        "工作簿里的部件超过 {limit} 个，不像一张清单。把清单复制到新工作簿后再上传。",
        "The workbook has more than {limit} parts, which no list needs. Copy the list into a new workbook.",
    ),
    "zip_bomb": Text(
        "文件解压后大得不合常理（上限 {limit} MB）。把清单复制到新工作簿后再上传。",
        "Unpacked, the file is unreasonably large (limit {limit} MB). Copy the list into a new workbook.",
    ),
    "zip_lies": Text(
        "文件标注的大小与实际不符。用表格软件打开，另存为新的 .xlsx 后再上传。",
        "The sizes the file states are not its real ones. Open it and save it as a new .xlsx.",
    ),
    "zip_nested": Text(
        "工作簿里嵌有另一个文件（{name}）。删去嵌入的对象后再上传。",
        "Another file is embedded in the workbook ({name}). Remove the embedded object first.",
    ),
    "macros": Text(
        "工作簿含有宏。另存为不含宏的 .xlsx 后再上传。",
        "The workbook holds macros. Save it as an .xlsx without macros first.",
    ),
    "doctype": Text(
        "文件里含有文档类型声明（DOCTYPE），表格软件不会写出这种内容。用表格软件另存后再上传。",
        "The file holds a document type (DOCTYPE), which no spreadsheet program writes. Save it from one first.",
    ),
    "encoding": Text(
        "第 {row} 行有无法解码的字符。另存为“CSV UTF-8”后再上传。",
        'Row {row} holds bytes that are neither UTF-8 nor GBK. Save the file as "CSV UTF-8".',
    ),
    "utf16": Text(
        "文件是 UTF-16 文本。另存为“CSV UTF-8”后再上传。",
        'The file is UTF-16 text. Save it as "CSV UTF-8".',
    ),
    "nul": Text(
        "第 {row} 行含有空字符（NUL），文件可能已损坏。重新导出后再上传。",
        "Row {row} holds a NUL character; the file may be damaged. Export it again.",
    ),
    "csv_form": Text(
        "第 {row} 行的引号没有配对，或一格超过 {limit} 字。改正后再上传。",
        "In row {row} a quotation mark is not closed, or a cell has more than {limit} characters. Mend it.",
    ),
    "no_header": Text(
        "没有找到表头：应有一行写着「{label}」（或 {column}）。下载模板，把数据填在表头下面。",
        'No header was found: one row should hold "{label}" (or {column}). Start from the template.',
    ),
    "missing_column": Text(
        "没有找到列「{columns}」。补上这一列后再上传。",
        'The column "{columns}" is missing. Add it and upload the file again.',
    ),
    "missing_column_near": Text(
        "没有找到列「{columns}」；文件中有「{near}」（{cell}），是否就是它？改好列名后再上传。",
        'The column "{columns}" is missing; the file has "{near}" ({cell}). Is that the one? Rename it and try again.',
    ),
    "missing_columns_near": Text(
        "没有找到列「{columns}」。核对：{pairs}？改好列名后再上传。",
        'The columns "{columns}" are missing: {pairs}? Rename them and try again.',
    ),
    "duplicate_column": Text(
        "列「{columns}」出现了两次（{cell} 和 {other}）。只保留一列。",
        'The column "{columns}" stands twice ({cell} and {other}). Keep one.',
    ),
    "no_rows": Text(
        "表头下面没有数据。在第 {row} 行起填写后再上传。",
        "There is nothing below the header. Fill in rows from row {row} on.",
    ),
}

_SAME = {
    "missing_column_near": "missing_column",
    "missing_columns_near": "missing_column",
    "too_many_rows_csv": "too_many_rows",
}
"""Several sentences for one code."""


def file_fault(code: str, **values: Any) -> RejectedError:
    """The error of a file that cannot be taken as a whole (exit 3)."""
    if "name" in values:
        values["name"] = str(values["name"])[-80:]
    return RejectedError(FILE_FAULTS[code], code=_SAME.get(code, code), **values)


_IN_HEADER = ("missing_column", "duplicate_column")


def fault_of_file(error: RejectedError, lang: Lang) -> dict[str, Any]:
    """The error of a file as a whole as the contract's object; row, column and cell only where it names them."""
    values = error.values
    return {
        "row": values.get("row"),
        "column": values["column"] if error.code in _IN_HEADER else None,
        "cell": values.get("cell"),
        "code": error.code,
        "message": error.say(lang),
    }


TROUBLES: dict[Trouble, Text] = {
    "formula": Text(
        "公式没有保存结果，读不出值。在表格软件中打开并保存，或改填数值。",
        "The formula has no stored result. Open and save the file in a spreadsheet program, or type the value.",
    ),
    "merged": Text(
        "这是合并单元格，分不清属于哪一行。取消合并，每格单独填写。",
        "This cell is merged, so its row is unclear. Unmerge it and fill each cell.",
    ),
    "lost_digits": Text(
        "「{value}」被表格存成数字，第 15 位之后已丢失。把单元格设为文本，再重新填写。",
        '"{value}" was stored as a number and lost the digits after the 15th. Make the cell text and type it again.',
    ),
    "error_value": Text(
        "单元格是错误值 {value}。改正公式或填写数值。",
        "The cell holds the error {value}. Mend the formula or type the value.",
    ),
}


def check_trouble(cell: Cell) -> None:
    """Raise CellFault for a cell whose value cannot be had; to be called before the field's kind reads it."""
    if cell.trouble is not None:
        raise CellFault(cell.trouble, TROUBLES[cell.trouble], value=cell_text(cell))


REQUIRED = Text("「{label}」是必填项。填写后再上传。", '"{label}" is required. Fill it in.')
