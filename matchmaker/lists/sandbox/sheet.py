"""Shared strings, cell styles and rows of one sheet."""

import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from matchmaker.lists.sandbox.archive import Refused, local, parse

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_WHOLE = re.compile(r"-?\d{1,15}")
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{0,400})?([Ee][+-]?\d{1,3})?")
_CELL_NAME = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
BUILT_IN_PERCENTS = {9, 10}
EXACT_BELOW = 10**15
"""A spreadsheet keeps fifteen digits of a number."""


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
