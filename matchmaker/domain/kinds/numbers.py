"""Amounts, percentages, rates, whole numbers, dates, yes and no."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, ClassVar

from matchmaker.domain import parse
from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.kinds.base import Kind, Storage
from matchmaker.domain.money import FEN_PER_WAN, FEN_PER_YUAN, plain, wan_text, yuan_text
from matchmaker.domain.rate import E6, Rate
from matchmaker.domain.text import Lang, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Kind):
    """An amount: fen in code and database, 万元 in files."""

    storage: ClassVar[Storage] = "integer"
    suffixes: ClassVar[tuple[str, str]] = ("_fen", "_wan")
    example: ClassVar[Text] = Text("800 或 800万 或 8,000,000元", "800 (in 10,000 yuan) or 8,000,000元")
    positive: bool = False

    def read(self, cell: Cell, registers: Registers) -> int:
        fen = parse.read_fen(cell)
        if self.positive and fen == 0:
            raise CellFault("zero", Text("金额应大于 0。", "The amount has to be above zero."))
        return fen

    def write(self, value: Any) -> str:
        return wan_text(value)

    def show(self, value: Any, lang: Lang) -> str:
        return f"{(Decimal(value) / FEN_PER_WAN).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"

    def to_db(self, value: Any) -> int:
        return int(value)

    def from_db(self, stored: Any) -> int:
        return int(stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yuan(Money):
    """An amount as banks' systems write it: a bare number is 元."""

    suffixes: ClassVar[tuple[str, str]] = ("_fen", "_yuan")
    example: ClassVar[Text] = Text("3000000 或 300万元", "3000000 (in yuan) or 300万元")

    def read(self, cell: Cell, registers: Registers) -> int:
        return parse.read_fen(cell, bare=FEN_PER_YUAN)

    def write(self, value: Any) -> str:
        return yuan_text(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent(Kind):
    """A percentage (fees, shares); ``least_e6``: what no real value is below (a fraction meant as percent is)."""

    least_e6: int = 0

    storage: ClassVar[Storage] = "integer"
    suffixes: ClassVar[tuple[str, str]] = ("_e6", "")
    example: ClassVar[Text] = Text("0.5 或 0.5%", "0.5 or 0.5%")

    def read(self, cell: Cell, registers: Registers) -> int:
        found = parse.read_percent(cell)
        if found < self.least_e6:
            raise parse.out_of_range(cell, f"{self.write(self.least_e6)}%", "100%")
        return found

    def write(self, value: Any) -> str:
        return plain(Decimal(value) / E6)

    def to_db(self, value: Any) -> int:
        return int(value)

    def from_db(self, stored: Any) -> int:
        return int(stored)


@lru_cache(maxsize=4096)
def _stored_rate(text: str) -> Rate:
    """Lists hold the same few rates many times."""
    return parse.read_rate(Cell(text if text.startswith("LPR") else text.removesuffix("%") + "%"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualRate(Kind):
    """An annual rate: a percentage or a spread on LPR."""

    suffixes: ClassVar[tuple[str, str]] = ("", "_pct")
    example: ClassVar[Text] = Text("3.45 或 3.45% 或 LPR+50BP", "3.45 or 3.45% or LPR+50BP")

    def read(self, cell: Cell, registers: Registers) -> Rate:
        return parse.read_rate(cell)

    def load(self, text: str) -> Rate:
        return _stored_rate(text)

    def write(self, value: Any) -> str:
        """As stored; below 0.5 with a percent sign, so that reading it back is not ambiguous."""
        ambiguous = value.pct_e6 is not None and value.pct_e6 < E6 // 2
        return f"{value}%" if ambiguous else str(value)

    def show(self, value: Any, lang: Lang) -> str:
        """With two decimals at least, so that rates stand under each other: ``4.20%``."""
        if value.pct_e6 is None:
            return str(value)
        exact = Decimal(value.pct_e6) / E6
        return f"{exact:.2f}%" if exact == round(exact, 2) else f"{value}%"

    def from_db(self, stored: Any) -> Rate:
        return _stored_rate(stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Kind):
    """A whole number within limits."""

    storage: ClassVar[Storage] = "integer"
    example: ClassVar[Text] = Text("36", "36")
    low: int = 0
    high: int = 1_000_000_000

    def read(self, cell: Cell, registers: Registers) -> int:
        return parse.read_int(cell, self.low, self.high)

    def to_db(self, value: Any) -> int:
        return int(value)

    def from_db(self, stored: Any) -> int:
        return int(stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Kind):
    """A date."""

    storage: ClassVar[Storage] = "date"
    example: ClassVar[Text] = Text("2026-11-22", "2026-11-22")

    def read(self, cell: Cell, registers: Registers) -> date:
        return parse.read_date(cell)

    def to_db(self, value: Any) -> date:
        day: date = value
        return day

    def from_db(self, stored: Any) -> date:
        day: date = stored
        return day


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Kind):
    """Yes, no, or blank for unknown."""

    storage: ClassVar[Storage] = "boolean"
    example: ClassVar[Text] = Text("是 或 否", "是 (yes) or 否 (no)")

    def read(self, cell: Cell, registers: Registers) -> bool:
        return parse.read_yes_no(cell)

    def write(self, value: Any) -> str:
        return "是" if value else "否"

    def to_db(self, value: Any) -> bool:
        return bool(value)

    def from_db(self, stored: Any) -> bool:
        return bool(stored)

    def show(self, value: Any, lang: Lang) -> str:
        return Text("是", "yes").say(lang) if value else Text("否", "no").say(lang)
