"""How a value stands in a written file: Chinese names for people, codes for machines; both are read back as equal."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from matchmaker.domain.cells import CellFault, Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import (
    AnnualRate,
    Code,
    Codes,
    Money,
    Percent,
    Registered,
    RegisteredMany,
    Tiers,
    Whole,
    YesNo,
    find_in,
)
from matchmaker.domain.parse import SEPARATORS
from matchmaker.domain.text import Text, normal

Headers = Literal["zh", "code"]
"""``zh``: Chinese labels and Chinese names of coded values; ``code``: codes for both."""
BY_NAME = ("chain", "bank")
"""Registers whose values people know by name; the others are written as codes."""
EXACT_DIGITS = 15


class Shown:
    """Writes the values of one list's fields."""

    def __init__(self, headers: Headers, registers: Registers) -> None:
        self._chinese = headers == "zh"
        self._names = {name: _names(registers, name) for name in BY_NAME} if self._chinese else {}

    def header(self, field: Field) -> str:
        """The header of a column."""
        return field.label.zh if self._chinese else field.code

    def text(self, field: Field, value: Any) -> str:
        """The value as text; empty when blank."""
        kind = field.kind
        if field.is_blank(value):
            return ""
        if self._chinese:
            if isinstance(kind, Codes):
                return "、".join(term.label.zh for term in value)
            if isinstance(kind, Code):
                return str(value.label.zh)
            if isinstance(kind, Tiers):
                return "、".join(f"{t.tier.label.zh}@{t.valid_to}" if t.valid_to else t.tier.label.zh for t in value)
            if isinstance(kind, Registered):
                return self._name(kind.register, value)
            if isinstance(kind, RegisteredMany):
                return "、".join(self._name(kind.register, code) for code in value)
        return field.write(value)

    def number(self, field: Field, value: Any) -> float | None:
        """The value as a number that a spreadsheet keeps exactly; None when it has to be text (``LPR+50BP``)."""
        if field.is_blank(value) or not isinstance(field.kind, Money | Percent | AnnualRate | Whole):
            return None
        text = field.write(value)
        digits = text.replace(".", "", 1)
        exact = digits.isascii() and digits.isdigit() and len(digits.strip("0")) <= EXACT_DIGITS
        return float(Decimal(text)) if exact else None

    def choices(self, field: Field) -> list[str]:
        """The values of a drop-down; empty for a column that takes several values or free ones."""
        kind = field.kind
        if isinstance(kind, YesNo):
            return ["是", "否"]
        if isinstance(kind, Code) and not isinstance(kind, Codes):
            return [term.label.zh if self._chinese else term.value for term in kind.choices()]
        if isinstance(kind, Registered):
            return sorted(self._names.get(kind.register, {}).values())
        return []

    def every_choice(self, field: Field) -> Text:
        """What a column may hold, for the notes; empty when it is free."""
        kind = field.kind
        if isinstance(kind, YesNo):
            return Text("是、否", "是 (yes), 否 (no)")
        if terms := kind.choices():
            return Text(
                "、".join(f"{t.label.zh}（{t.value}）" for t in terms),
                ", ".join(f"{t.value} ({t.label.en})" for t in terms),
            )
        register = kind.register if isinstance(kind, Registered | RegisteredMany) else None
        names = self._names.get(register, {}) if register else {}
        return Text("、".join(names.values())[:2000], ", ".join(names)[:2000])

    def _name(self, register: str | None, code: str) -> str:
        return self._names.get(register or "", {}).get(code, code)


def _names(registers: Registers, name: str) -> Mapping[str, str]:
    """Code → the first name of each value of a register, where that name alone is found again as that code."""
    register = registers.get(name)
    if register is None:
        return {}
    names = {}
    for code, known in register.names.items():
        shown = known[0] if known else code
        try:
            found = find_in(register, normal(shown))
        except CellFault:  # two entries share the name
            found = ""
        names[code] = shown if found == code and not SEPARATORS.search(normal(shown)) else code
    return names
