"""Reads an .xlsx file and prints its rows as JSON lines.

Its arguments are OPTIONS, a JSON object of limits, and PATH. Standard library only, so that it starts in a few
hundredths of a second and fits into little memory. Lines printed, in this order, sheet by sheet:

    {"sheet": NAME}              a visible sheet begins
    [ROW, COL, VALUE, COL, …]    a row with something in it; rows and columns count from 1
    {"merged": [[ROW, COL, LAST_ROW, LAST_COL], …]}
    {"end": true}                the workbook was read to its end
    {"refused": CODE, …}         instead of everything that would have followed; the codes are those of ``lists/faults``

A VALUE is a string, a number or true/false as it stands; {"p": number} of a percent cell, {"d": ISO date or date with
time}, {"x": trouble, "v": what is shown} for a cell whose value cannot be had.
"""

import json
import resource
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from posixpath import dirname, join, normpath
from typing import Any, BinaryIO

from matchmaker.lists.sandbox.archive import DAMAGED, Refused, check_directory, check_doctypes, local, parse
from matchmaker.lists.sandbox.sheet import Sheet, Texts, read_styles


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
        self._root = ""
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
        if not self._root:
            self._root = tag
            if tag != "workbook":
                raise Refused("zip_not_xlsx")
        if tag == "workbookPr" and attributes.get("date1904", "0") in ("1", "true"):
            self.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            identifier = next((v for k, v in attributes.items() if local(k) == "id" and ":" in k), "")
            target = self._targets.get(identifier, "")
            if target in self.archive.namelist() and "/chartsheets/" not in target:
                self.sheets.append((attributes.get("name", ""), target))


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
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
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
