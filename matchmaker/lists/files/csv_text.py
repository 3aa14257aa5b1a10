"""Reading .csv: UTF-8 with or without BOM, GBK (as GB18030), comma, tab or semicolon."""

import codecs
import csv
from collections.abc import Generator, Iterator
from pathlib import Path

from matchmaker.domain.cells import Cell
from matchmaker.lists.entry import Readable
from matchmaker.lists.faults import file_fault
from matchmaker.lists.files import limits
from matchmaker.lists.files.header import HeaderFinder
from matchmaker.lists.files.rows import RawRow, RawSheet

_CHUNK = 1 << 20
_HEAD_ROWS = 20


def csv_sheets(path: Path, model: Readable) -> Generator[RawSheet, None, None]:
    """The one sheet of a .csv file. Rows count as a spreadsheet program counts them: one a record, blank ones too.

    Raises RejectedError with the row: undecodable bytes, NUL, a quotation mark that is not closed, too many rows.
    """
    encoding, lines = find_encoding(path)
    delimiter = _find_delimiter(path, encoding, model)
    if lines > limits.MAX_CSV_ROWS:  # too many rows, or rows of several lines: known before any is kept
        for _ in _rows(path, encoding, delimiter):
            pass
    yield RawSheet(None, _rows(path, encoding, delimiter))


def find_encoding(path: Path) -> tuple[str, int]:
    """``utf-8-sig`` or ``gb18030``, whichever decodes the whole file, and its number of lines; memory stays flat."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise file_fault("utf16")
    faults: dict[str, int] = {}
    for encoding in ("utf-8-sig", "gb18030"):
        lines, decoded = _decode(path, encoding)
        if decoded:
            return encoding, lines
        faults[encoding] = lines
    raise file_fault("encoding", row=max(faults.values()))


def _decode(path: Path, encoding: str) -> tuple[int, bool]:
    """The number of lines and True; or the line that ``encoding`` cannot decode and False. A NUL is refused."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if (place := chunk.find(b"\0")) >= 0:
                raise file_fault("nul", row=lines + chunk.count(b"\n", 0, place) + 1)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                kept = len(error.object) - len(chunk)
                return lines + chunk.count(b"\n", 0, max(0, error.start - kept)) + 1, False
            if not chunk:
                return lines, True
            lines += chunk.count(b"\n")


def _find_delimiter(path: Path, encoding: str, model: Readable) -> str:
    """The separator with which one of the first rows is the header; a comma where none is."""
    with path.open(encoding=encoding, newline="") as file:
        head = [line for line, _ in zip(file, range(_HEAD_ROWS), strict=False)]
    for delimiter in ",\t;":
        finder = HeaderFinder(model)
        rows = (dict(enumerate(line.strip("\r\n").replace('"', "").split(delimiter), 1)) for line in head)
        if any([finder.is_header(1, row) for row in rows]) or finder.likely:  # noqa: C419 - all rows are looked at
            return delimiter
    return ","


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[RawRow]:
    filled = number = 0
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        while True:
            number += 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise file_fault("csv_form", row=number, limit=csv.field_size_limit()) from error
            texts = enumerate(record[: limits.MAX_COLUMNS], 1)
            cells = {column: Cell(text) for column, text in texts if text and text.strip()}
            if not cells:
                continue
            filled += 1
            if filled > limits.MAX_CSV_ROWS + limits.ROWS_ABOVE:
                raise file_fault("too_many_rows_csv", limit=limits.MAX_CSV_ROWS)
            yield RawRow(number, cells)
