"""How single values are said in one language: amounts, months, rates, days, codes by their names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from matchmaker.domain.money import FEN_PER_WAN, FEN_PER_YI, FEN_PER_YUAN, amount_text, plain, yuan_text
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import Coded, TaxGrade
from matchmaker.domain.text import Lang, Text

FACT_LABELS = {
    "industry_code": Text("行业代码", "industry code"),
    "area_code": Text("所在区域", "area"),
    "employees": Text("从业人数", "number of employees"),
    "revenue_fen": Text("营业收入", "revenue"),
    "total_assets_fen": Text("资产总额", "total assets"),
    "founded_on": Text("成立日期", "founding date"),
    "tax_grade": Text("纳税信用等级", "tax credit grade"),
    "is_first_loan": Text("是否首贷户", "first-time borrower or not"),
    "security_offered": Text("可提供的担保方式", "security on offer"),
    "purpose": Text("资金用途", "purpose of the money"),
}

REGISTERS = {"chain": "chain", "industry": "industry", "area": "area", "industry_code": "industry", "area_code": "area"}
"""Criterion or fact whose codes are named by a register → that register in ``Reference.names``."""

OR_BETTER = Text("{grade}及以上", "{grade} or better")
MONTHS = Text("{months} 个月", "{months} months")
POINTS = Text("{points} 个百分点", "{points} percentage points")


@dataclass(frozen=True, slots=True)
class Words:
    """Says values in ``lang``; ``names`` are the registers' names (``Reference.names``)."""

    lang: Lang
    names: Mapping[tuple[str, str], Text] = field(default_factory=dict)

    def say(self, text: Text, **values: Any) -> str:
        """The phrase with its places filled."""
        return text.say(self.lang, **values)

    def join(self, parts: Iterable[str]) -> str:
        """An enumeration."""
        return ("、" if self.lang == "zh" else ", ").join(parts)

    def either(self, parts: Iterable[str]) -> str:
        """Some of which one is enough."""
        *most, last = parts
        return ("或 " if self.lang == "zh" else " or ").join([*([self.join(most)] if most else []), last])

    def amount(self, fen: int, *, to_the_fen: bool = False) -> str:
        """An amount in prose where prose does not round it, else to the fen: a verdict depends on it."""
        if not to_the_fen and not _rounded(fen, self.lang):
            return amount_text(fen, self.lang)
        yuan = f"{Decimal(yuan_text(fen)):,.2f}"
        return f"{yuan} 元" if self.lang == "zh" else f"CNY {yuan}"

    def months(self, months: int) -> str:
        """A number of months."""
        return "1 month" if months == 1 and self.lang == "en" else self.say(MONTHS, months=months)

    def percent(self, e6: int) -> str:
        """An annual rate, exact."""
        return f"{percent_plain(e6)}%"

    def points(self, e6: int) -> str:
        """A difference of rates."""
        return self.say(POINTS, points=percent_plain(e6))

    def code(self, code: Any, kind: str = "") -> str:
        """A code by its name, with an industry's code where its name is not clear without; by itself if it has none."""
        if isinstance(code, Coded):
            return code.label.say(self.lang)
        register = REGISTERS.get(kind, kind)
        name = self.names.get((register, str(code)))
        if name is None:
            return str(code)
        said = name.say(self.lang)
        return f"{said}({code})" if register == "industry" and self._unclear(str(code), name) else said

    def _unclear(self, code: str, name: Text) -> bool:
        """Whether an industry's name reads like several, or also names the industry above it or one below."""
        related = (code[:-1], *(code + digit for digit in "0123456789"))
        return "、" in name.zh or any(self.names.get(("industry", other)) == name for other in related)

    def codes(self, codes: Iterable[Any], kind: str = "") -> str:
        """Several codes by their names."""
        return self.join(self.code(code, kind) for code in codes)

    def grades(self, grades: tuple[TaxGrade, ...]) -> str:
        """Tax grades: ``B级及以上`` where all better ones are accepted too, else one by one."""
        best = tuple(TaxGrade)[: len(grades)]
        if len(grades) > 1 and grades == best:
            return self.say(OR_BETTER, grade=grades[-1].label)
        return self.codes(grades)

    def fact(self, name: str) -> str:
        """What a fact is called."""
        return self.say(FACT_LABELS[name])

    def number(self, fact: str, value: int) -> str:
        """A figure of a fact that a bound is set to: an amount where it is money."""
        return self.amount(value) if fact.endswith("_fen") else f"{value:,}"


def _rounded(fen: int, lang: Lang) -> bool:
    """Whether ``amount_text`` rounds the amount: it shows hundredths of 亿, 万, yuan or billions, millions, yuan."""
    middle, large = (FEN_PER_WAN, FEN_PER_YI) if lang == "zh" else (100 * FEN_PER_WAN, 10 * FEN_PER_YI)
    unit = next((unit for unit in (large, middle) if fen >= unit - middle // 200), FEN_PER_YUAN)
    return fen * 100 % unit != 0


def percent_plain(e6: int) -> str:
    """Millionths of a percent as the shortest exact percent."""
    return plain(Decimal(e6) / E6)


def sentence(text: str) -> str:
    """With a capital at its beginning; Chinese stays as it is."""
    return text[:1].upper() + text[1:]
