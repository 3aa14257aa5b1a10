"""Papers on A4 with selectable Chinese text: a title, a number, sections of label and value, notes.

One embedded font, the same words as the page, nothing that a browser would have to draw.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, zip_longest
from typing import Any

import segno
from fpdf import FPDF
from fpdf.fonts import Glyph, SubsetMap, TTFFont
from fpdf.output import OutputProducer, PDFFont
from fpdf.syntax import Name, PDFContentStream

from matchmaker.domain.text import Lang, Text
from matchmaker.reports.fonts import require_font

FAMILY = "paper"
MARGIN, LABEL, GAP = 20.0, 48.0, 3.0
"""Millimetres: the edge of the sheet, the column of labels, the space between it and the values."""
LINE = 6.2
CODE = 38.0
"""Millimetres: a line, the side of a QR code."""
INK, SOFT, RULE = (27, 36, 48), (91, 103, 118), (217, 223, 230)
NO_START = "、。，；：！？）》」』】〉％%…,.;:!?)"
"""Signs that begin no line."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its rows of label and value."""

    heading: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on the paper, in one language. ``made_at``: local time; ``number`` stands on every sheet."""

    title: str
    number: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    made_at: datetime
    lang: Lang
    code: "QrCode | None" = None


@dataclass(frozen=True, slots=True)
class QrCode:
    """An address to be read by a camera, and beside it a heading and lines of text."""

    address: str
    heading: str
    lines: tuple[str, ...]

    @property
    def matrix(self) -> tuple[bytearray, ...]:
        """The modules, 1 for dark; error correction M (ISO/IEC 18004): a fold or a stamp may cover a sixth."""
        return segno.make_qr(self.address, error="m").matrix


def draw(paper: Paper) -> bytes:
    """The paper as PDF; the same paper gives the same bytes. ConfigurationError where no Chinese font is installed."""
    sheet = _Sheet(paper)
    sheet.add_page()
    for section in paper.sections:
        sheet.heading(section.heading)
        for label, value in section.rows:
            sheet.row(label, value)
    if paper.code is not None:
        sheet.code(paper.code)
    for note in paper.notes:
        sheet.note(note)
    return bytes(sheet.output(output_producer_class=_Producer))


class _ByCid(SubsetMap):
    """Codes in the file are the font's own character ids, where it has them.

    fpdf2 counts codes up from one and adds a table from codes to ids (an embedded CMap), which not every reader of text
    follows; with the ids themselves the predefined Identity-H is true, and all do.
    """

    def __init__(self, font: TTFFont) -> None:
        super().__init__(font)
        for glyph in [*self._char_id_per_glyph]:
            self._char_id_per_glyph[glyph] = _cid(glyph)

    def pick_glyph(self, glyph: Glyph | None) -> int | None:
        """The code of a glyph."""
        return None if glyph is None else self._char_id_per_glyph.setdefault(glyph, _cid(glyph))


def _cid(glyph: Glyph | None) -> int:
    """fontTools names the glyphs of such a font ``cid00123``."""
    digits = glyph.glyph_name.removeprefix("cid") if glyph else ""
    return int(digits) if digits.isdigit() else 0


class _Producer(OutputProducer):
    """Names the encoding that the codes are in."""

    def _add_fonts(self, *given: Any, **named: Any) -> Any:
        made = super()._add_fonts(*given, **named)
        for font in made.values():
            if isinstance(font, PDFFont) and isinstance(getattr(font, "encoding", None), PDFContentStream):
                font.encoding = Name("Identity-H")
        return made


class _Sheet(FPDF):
    """A4 upright with the number, the time and the page at the foot of every sheet."""

    def __init__(self, paper: Paper) -> None:
        super().__init__("P", "mm", "A4")
        font = require_font()
        self.paper = paper
        self.add_font(FAMILY, "", font.path, collection_font_number=font.number)
        drawn = self.fonts[FAMILY]
        if isinstance(drawn, TTFFont) and drawn.is_cid_keyed:
            drawn.subset = _ByCid(drawn)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 4)
        self.set_title(f"{paper.title} {paper.number}")
        self.set_lang("zh-CN" if paper.lang == "zh" else "en")
        self.set_creation_date(paper.made_at)

    def header(self) -> None:
        """The title, on the first sheet only."""
        if self.page_no() == 1:
            self._write(self.paper.title, 18)
            self.ln(10)
            self._write(self.paper.number, 11, SOFT)
            self.ln(8)

    def footer(self) -> None:
        """Number, time, page of pages."""
        self.set_y(-MARGIN + 2)
        self._write(f"{self.paper.number}    {self.paper.made_at:%Y-%m-%d %H:%M}", 8.5, SOFT)
        pages = _PAGES.say(self.paper.lang, page=self.page_no(), pages="{nb}")
        self.set_x(MARGIN)
        self.cell(0, LINE, pages, align="R")

    def heading(self, text: str) -> None:
        """A section's heading over a line; never the last thing on a sheet."""
        if self.will_page_break(4 * LINE):
            self.add_page()
        self.ln(4)
        self._write(text, 12.5)
        self.ln(LINE + 2)
        self._rule()

    def row(self, label: str, value: str) -> None:
        """A label and beside it the value, on as many lines as they take; short ones are not cut in two."""
        self._ink(10.5, INK)
        lines = list(zip_longest(self.lines(label, LABEL - GAP), self.lines(value, self.epw - LABEL), fillvalue=""))
        if self.will_page_break(min(len(lines), 5) * LINE):
            self.add_page()
        self.ln(1)
        for left, right in lines:
            self._ink(10.5, SOFT)
            self.cell(LABEL, LINE, left)
            self._ink(10.5, INK)
            self.cell(0, LINE, right)
            self.ln(LINE)
        self.ln(1)
        self._rule()

    def code(self, code: QrCode) -> None:
        """The code at the left, within its margin of four modules; the text beside it."""
        if self.will_page_break(CODE + 8):
            self.add_page()
        top, matrix = self.get_y() + 6, code.matrix
        step = CODE / len(matrix)
        self.set_fill_color(0, 0, 0)
        for place, modules in enumerate(matrix):
            for start, length in _runs(modules):
                self.rect(MARGIN + start * step, top + place * step, length * step, step, style="F")
        self.set_xy(MARGIN + LABEL, top + 2)
        self._write(code.heading, 12.5)
        self.set_xy(MARGIN + LABEL, top + 4 + LINE)
        self._ink(9.5, SOFT)
        for paragraph in code.lines:
            for line in self.lines(paragraph, self.epw - LABEL):
                self.set_x(MARGIN + LABEL)
                self.cell(0, LINE, line)
                self.ln(LINE)
        self.set_y(max(self.get_y(), top + CODE))

    def note(self, text: str) -> None:
        """A sentence over the whole width."""
        self.ln(3)
        self._ink(9.5, SOFT)
        for line in self.lines(text, self.epw):
            self.cell(0, LINE, line)
            self.ln(LINE)

    def lines(self, text: str, width: float) -> Iterator[str]:
        """The text in lines no wider than ``width`` in the present font; none begins with a closing sign."""
        for paragraph in text.splitlines() or [""]:
            line = ""
            for part in _parts(paragraph):
                if line and self.get_string_width(line + part) > width:
                    yield line.rstrip()
                    line = ""
                    part = part.lstrip()
                line += part
                while self.get_string_width(line) > width:
                    cut = next(n for n in range(len(line), 0, -1) if n == 1 or self.get_string_width(line[:n]) <= width)
                    yield line[:cut]
                    line = line[cut:]
            yield line

    def _write(self, text: str, size: float, colour: tuple[int, int, int] = INK) -> None:
        self._ink(size, colour)
        self.cell(0, LINE, text)

    def _ink(self, size: float, colour: tuple[int, int, int]) -> None:
        self.set_font(FAMILY, size=size)
        self.set_text_color(*colour)

    def _rule(self) -> None:
        self.set_draw_color(*RULE)
        self.line(MARGIN, self.get_y(), self.w - MARGIN, self.get_y())


def _runs(modules: bytearray) -> Iterator[tuple[int, int]]:
    """(start, length) of each row of dark modules: drawn as one, no light shines between them."""
    place = 0
    for dark, group in groupby(modules):
        length = len(list(group))
        if dark:
            yield place, length
        place += length


def _parts(text: str) -> Iterator[str]:
    """What stays together on a line: a word, or one Chinese sign, with the closing signs after it."""
    part = ""
    for sign in text:
        stays = sign in NO_START or (part and _is_word(sign) and _is_word(part[-1]))
        if part and not stays:
            yield part
            part = ""
        part += sign
    if part:
        yield part


def _is_word(sign: str) -> bool:
    return sign.isascii() and not sign.isspace()


_PAGES = Text("第 {page} 页，共 {pages} 页", "Page {page} of {pages}")
