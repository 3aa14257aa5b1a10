"""The sandbox: reads an .xlsx file and prints its rows as JSON lines. Run as a script of its own, never imported by it.

``python -I -S reader.py OPTIONS PATH`` where OPTIONS is a JSON object of limits. Standard library only, so that it
starts in a few hundredths of a second and fits into little memory. Lines printed, in this order, sheet by sheet:

    {"sheet": NAME}              a visible sheet begins
    [ROW, COL, VALUE, COL, …]    a row with something in it; rows and columns count from 1
    {"merged": [[ROW, COL, LAST_ROW, LAST_COL], …]}
    {"end": true}                the workbook was read to its end
    {"refused": CODE, …}         instead of everything that would have followed; the codes are those of ``lists/faults``

A VALUE is a string, a number or true/false as it stands; {"p": number} of a percent cell, {"d": ISO date or date with
time}, {"x": trouble, "v": what is shown} for a cell whose value cannot be had.
"""

import json
import re
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from posixpath import dirname, join, normpath
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

CHUNK = 1 << 16
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_WHOLE = re.compile(r"-?\d{1,15}")
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{0,400})?([Ee][+-]?\d{1,3})?")
_CELL_NAME = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
BUILT_IN_PERCENTS = {9, 10}
DAMAGED = (zipfile.BadZipFile, zlib.error, ExpatError, EOFError, struct.error, UnicodeError, NotImplementedError)
EXACT_BELOW = 10**15
"""A spreadsheet keeps fifteen digits of a number."""


class Refused(Exception):
    """The file is not taken; ``code`` and ``values`` choose and fill the sentence."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def check_directory(file: BinaryIO, limits: dict[str, int]) -> zipfile.ZipFile:
    """The archive, after its directory was judged; nothing is unpacked before that except the first bytes of entries.

    Raises Refused: too many entries, too much when unpacked, sizes that cannot be true, nested archives, encryption.
    """
    _check_tail(file, limits)
    archive = zipfile.ZipFile(file)
    entries = sorted(archive.infolist(), key=lambda e: e.header_offset)
    if len(entries) > limits["entries"]:
        raise Refused("zip_entries", limit=limits["entries"])
    if sum(e.file_size for e in entries) > limits["unpacked"]:
        raise Refused("zip_bomb", limit=limits["unpacked"] >> 20)
    end = 0
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise Refused("encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("damaged")
        big = entry.file_size >= limits["ratio_from"]
        if big and entry.file_size > limits["ratio"] * max(entry.compress_size, 1):
            raise Refused("zip_bomb", limit=limits["unpacked"] >> 20)
        if entry.header_offset < end or entry.header_offset + entry.compress_size > archive.start_dir:
            raise Refused("damaged")
        end = entry.header_offset + 30 + entry.compress_size
    for entry in entries:
        _check_entry(archive, entry, file)
    names = {e.filename for e in entries}
    if "xl/vbaProject.bin" in names:
        raise Refused("macros")
    if "[Content_Types].xml" not in names or "_rels/.rels" not in names:
        raise Refused("zip_not_xlsx")
    return archive


def _check_tail(file: BinaryIO, limits: dict[str, int]) -> None:
    """Refuse a directory that is too long before zipfile builds an object for each of its entries."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - 66_000))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < 22:
        raise Refused("damaged")
    entries, directory = struct.unpack("<HL", tail[place + 10 : place + 16])
    if place >= 76 and tail[place - 20 : place - 16] == b"PK\x06\x07":
        entries, directory = struct.unpack("<QQ", tail[place - 44 : place - 28])
    if entries > limits["entries"] or directory > limits["directory"]:
        raise Refused("zip_entries", limit=limits["entries"])


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: BinaryIO) -> None:
    """The local header agrees with the directory, and the entry is no archive itself."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise Refused("damaged")
    flags, packed, unpacked = struct.unpack("<6xH10xLL", header[:26])
    stated_here = not flags & 0x8 and 0xFFFFFFFF not in (packed, unpacked)
    if stated_here and (packed, unpacked) != (entry.compress_size, entry.file_size):
        raise Refused("zip_lies")
    if entry.file_size:
        with archive.open(entry) as opened:
            if opened.read(4) in (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\xd0\xcf\x11\xe0"):
                raise Refused("zip_nested", name=entry.filename[-60:])


def parse(archive: zipfile.ZipFile, name: str, start: Any, end: Any = None, text: Any = None) -> None:
    """Run one XML part through expat; a document type (the door to entities) is refused."""
    parser = ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _no_doctype
    read = 0
    with archive.open(name) as part:
        declared = archive.getinfo(name).file_size
        while chunk := part.read(CHUNK):
            read += len(chunk)
            if read > declared:
                raise Refused("zip_lies")
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _no_doctype(*_: Any) -> None:
    raise Refused("doctype")


def local(name: str) -> str:
    """An element's name without its prefix."""
    return name.rpartition(":")[2]


class Texts:
    """Collects the text of ``<t>`` elements into one string per ``<si>``; phonetic hints (``<rPh>``) are left out."""

    def __init__(self, limits: dict[str, int]) -> None:
        self.strings: list[str] = []
        self._limit = limits["cell"] + 1
        self._parts: list[str] = []
        self._inside = False
        self._phonetic = False

    def start(self, name: str, _: dict[str, str]) -> None:
        name = local(name)
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._inside = not self._phonetic

    def end(self, name: str) -> None:
        name = local(name)
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.strings.append(unescaped("".join(self._parts))[: self._limit])

    def text(self, data: str) -> None:
        if self._inside:
            self._parts.append(data)


def unescaped(text: str) -> str:
    """``_x000D_`` is how a workbook writes a character that XML cannot hold."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return match[0] if 0xD800 <= number < 0xE000 else chr(number)


def read_styles(archive: zipfile.ZipFile, name: str | None) -> list[str]:
    """Per cell style: ``p`` percent, ``d`` date or time, or empty."""
    formats: dict[int, str] = {}
    kinds: list[str] = []
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        tag = local(tag)
        if tag == "numFmt":
            formats[_int(attributes.get("numFmtId"))] = attributes.get("formatCode", "")[:255]
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            number = _int(attributes.get("numFmtId"))
            kinds.append(_kind_of_format(number, formats.get(number)))

    def end(tag: str) -> None:
        nonlocal inside
        if local(tag) == "cellXfs":
            inside = False

    if name:
        parse(archive, name, start, end)
    return kinds


def _kind_of_format(number: int, code: str | None) -> str:
    if code is None:
        return "p" if number in BUILT_IN_PERCENTS else "d" if number in BUILT_IN_DATES else ""
    plain = _QUOTED.sub("", code.split(";")[0])
    if "%" in plain:
        return "p"
    return "d" if re.search(r"[ymdhs年月日]", plain.lower().replace("general", "")) else ""


def _int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


class Sheet:
    """Turns the XML of one sheet into rows; ``emit`` takes what is printed."""

    def __init__(
        self,
        emit: Callable[[Any], None],
        strings: list[str],
        styles: list[str],
        epoch: datetime,
        limits: dict[str, int],
    ) -> None:
        self.emit, self.strings, self.styles, self.epoch, self.limits = emit, strings, styles, epoch, limits
        self.rows = 0
        self.characters = 0
        self.merged: list[list[int]] = []
        self._columns: dict[str, int] = {}
        self._row = self._column = 0
        self._line: list[Any] = []
        self._type = self._style = ""
        self._formula = self._collect = self._phonetic = False
        self._parts: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c" or (":" in name and (name := local(name)) == "c"):
            reference = attributes.get("r")
            self._column = self._place(reference) if reference else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._formula = False
            self._parts = []
        elif name in ("v", "t"):
            self._collect = not self._phonetic
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = _int(attributes.get("r")) or self._row + 1
            self._column = 0
            self._line = [self._row]
        elif name == "rPh":
            self._phonetic = True
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        if ":" in name:
            name = local(name)
        if name in ("v", "t"):
            self._collect = False
        elif name == "c":
            self._add()
        elif name == "row":
            self._finish_row()
        elif name == "rPh":
            self._phonetic = False

    def text(self, data: str) -> None:
        if self._collect:
            self._parts.append(data)

    def _place(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            if not _CELL_NAME.fullmatch(letters + "1"):
                raise Refused("damaged")
            column = self._columns[letters] = column_number(letters)
        return column

    def _add(self) -> None:
        if self._column > self.limits["columns"]:
            return
        text = self._parts[0] if len(self._parts) == 1 else "".join(self._parts)
        if not text and (not self._formula or self._type == "str"):
            return
        value = self._value(text)
        if isinstance(value, str):
            value = value[: self.limits["cell"] + 1]
            self.characters += len(value)
            if not value.strip():
                return
        self._line += (self._column, value)

    def _value(self, text: str) -> Any:
        kind = self._type
        if not text:
            return {"x": "formula"}
        if kind == "s":
            place = _int(text)
            if place >= len(self.strings):
                raise Refused("damaged")
            return self.strings[place]
        if kind == "e":
            return {"x": "error_value", "v": text[:20]}
        if kind == "b":
            return text.strip() == "1"
        if kind == "d":
            return {"d": text[:40].removesuffix("T00:00:00")}
        return self._number(text) if kind == "n" else unescaped(text)

    def _number(self, text: str) -> Any:
        text = text.strip()
        if not _NUMBER.fullmatch(text):
            return text
        number: int | float = int(text) if _WHOLE.fullmatch(text) else float(f"{float(text):.15g}")
        place = _int(self._style)
        style = self.styles[place] if place < len(self.styles) else ""
        if style == "d":
            return self._date(float(number)) or number
        if abs(number) >= EXACT_BELOW:
            return {"x": "lost_digits", "v": text[:30]}
        return {"p": number} if style == "p" else number

    def _date(self, serial: float) -> Any:
        """The moment a serial number stands for; None before the first full day (a time without a date)."""
        if not 1 <= serial < 2_958_466:
            return None
        if self.epoch.year < 1904 and serial < 60:
            serial += 1  # a spreadsheet believes in 29 February 1900
        moment = self.epoch + timedelta(seconds=round(serial * 86_400))
        return {"d": moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat()}

    def _finish_row(self) -> None:
        if len(self._line) == 1:
            return
        self.rows += 1
        if self.rows > self.limits["rows"] + self.limits["rows_above"]:
            raise Refused("too_many_rows", limit=self.limits["rows"], csv_limit=self.limits["csv_rows"])
        if self.characters > self.limits["text"]:
            raise Refused("too_much_text", limit=self.limits["text"])
        self.emit(self._line)

    def _merge(self, reference: str) -> None:
        corners = [_CELL_NAME.fullmatch(corner) for corner in reference.split(":")]
        if len(corners) != 2 or corners[0] is None or corners[1] is None:
            return
        first, last = corners[0], corners[1]
        self.merged.append([int(first[2]), column_number(first[1]), int(last[2]), column_number(last[1])])
        if len(self.merged) > self.limits["merged"]:
            raise Refused("too_many_merged", limit=self.limits["merged"])


def column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


class Book:
    """The parts of a workbook: visible sheets in order, shared strings, styles, the epoch of its dates."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        main = next((target for _, kind, target in self._relations("") if kind == "officeDocument"), None)
        if main is None or main not in archive.namelist() or not main.endswith(".xml"):
            raise Refused("zip_not_xlsx")
        relations = self._relations(main)
        self._targets = {identifier: target for identifier, _, target in relations}
        self._by_kind = {kind: target for _, kind, target in relations}
        self.sheets: list[tuple[str, str]] = []
        self.epoch = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's dates have no zone
        parse(archive, main, self._start)

    def part(self, kind: str) -> str | None:
        """The part of that kind, if there is one."""
        target = self._by_kind.get(kind)
        return target if target in self.archive.namelist() else None

    def _relations(self, part: str) -> list[tuple[str, str, str]]:
        name = join(dirname(part), "_rels", part.rpartition("/")[2] + ".rels")
        found: list[tuple[str, str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(part), target))
                found.append((attributes.get("Id", ""), attributes.get("Type", "").rpartition("/")[2], path))

        if name in self.archive.namelist():
            parse(self.archive, name, start)
        return found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = local(tag)
        if tag == "workbookPr" and attributes.get("date1904", "0") in ("1", "true"):
            self.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            identifier = next((v for k, v in attributes.items() if local(k) == "id" and ":" in k), "")
            target = self._targets.get(identifier, "")
            if target in self.archive.namelist() and "/chartsheets/" not in target:
                self.sheets.append((attributes.get("name", ""), target))


def check_doctypes(archive: zipfile.ZipFile) -> None:
    """No part of the workbook may bring a document type, not even one that is not read here."""
    for entry in archive.infolist():
        if entry.filename.lower().endswith((".xml", ".rels")):
            parse(archive, entry.filename, None)


def read_workbook(file: BinaryIO, limits: dict[str, int], emit: Callable[[Any], None]) -> None:
    """Print every visible sheet of the workbook, row by row."""
    with check_directory(file, limits) as archive:
        check_doctypes(archive)
        book = Book(archive)
        styles = read_styles(archive, book.part("styles"))
        texts = Texts(limits)
        if shared := book.part("sharedStrings"):
            parse(archive, shared, texts.start, texts.end, texts.text)
        for name, part in book.sheets:
            emit({"sheet": name})
            sheet = Sheet(emit, texts.strings, styles, book.epoch, limits)
            parse(archive, part, sheet.start, sheet.end, sheet.text)
            emit({"merged": sheet.merged})
        emit({"end": True})


def confine(memory: int, cpu_seconds: int) -> None:
    """Limit this process for good: address space, processor time, no files written, no core dump."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> None:
    """Print the lines for ``OPTIONS PATH``."""
    limits: dict[str, int] = json.loads(arguments[0])
    confine(limits["memory"], limits["cpu"])
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), allow_nan=False).encode
    lines: list[str] = []

    def flush() -> None:
        sys.stdout.write("\n".join(lines) + "\n")
        lines.clear()

    def emit(item: Any) -> None:
        lines.append(encode(item))
        if len(lines) >= 500:
            flush()

    try:
        with open(arguments[1], "rb") as file:  # noqa: PTH123 - pathlib would double the start-up time
            read_workbook(file, limits, emit)
    except Refused as refused:
        emit({"refused": refused.code, **refused.values})
    except DAMAGED:
        emit({"refused": "damaged"})
    except MemoryError:
        lines.clear()
        emit({"refused": "too_expensive"})
    flush()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(sys.argv[1:])
