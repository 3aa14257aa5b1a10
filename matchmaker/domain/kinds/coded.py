"""Coded values: terms, register entries, areas, tiers."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from matchmaker.domain import parse
from matchmaker.domain.cells import Cell, CellFault, Register, Registers
from matchmaker.domain.kinds.base import Kind
from matchmaker.domain.kinds.texts import too_long
from matchmaker.domain.terms import Coded, Tier
from matchmaker.domain.text import Lang, Text, normal
from matchmaker.domain.tiers import TierHeld


def _no_choice(value: str, choices: Iterable[Coded]) -> CellFault:
    """The fault of a value that is none of a handful of terms: it names them all."""
    labels = [term.label for term in choices]
    return CellFault(
        "unknown_code",
        Text("「{value}」不在可选值中。可填：{choices}。", '"{value}" is none of the choices: {choices}.'),
        value=value[:40],
        choices=Text("、".join(x.zh for x in labels), ", ".join(x.en for x in labels)),
    )


def _unknown_code(value: str, label: Text, near: list[str]) -> CellFault:
    if near:
        return CellFault(
            "unknown_code",
            Text(
                "「{value}」不在{label}中；最接近的是「{near}」。",
                '"{value}" is not in the list of {label}; the nearest is "{near}".',
            ),
            value=value[:40],
            label=label,
            near=near[0],
        )
    return CellFault(
        "unknown_code",
        Text(
            "「{value}」不在{label}中。先在{label}中登记，或改用已有的。",
            '"{value}" is not in the list of {label}. Add it there first, or use one that is there.',
        ),
        value=value[:40],
        label=label,
    )


_LONGEST_LIST = 4000


def _parts(cell: Cell) -> list[str]:
    """The values of a cell that holds several."""
    text = parse.cell_text(cell)
    if len(text) > _LONGEST_LIST:
        raise too_long(_LONGEST_LIST)
    return parse.split_values(normal(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Kind):
    """One coded term: its code or its Chinese (or English) name."""

    example: ClassVar[Text] = Text("代码或名称", "code or name")

    terms: type[Coded]
    leave_out: tuple[str, ...] = ()

    def read(self, cell: Cell, registers: Registers) -> Coded:
        return self.find(normal(parse.cell_text(cell)))

    def find(self, text: str) -> Coded:
        """The term that ``text`` names, by code or name; raises CellFault naming all there are."""
        wanted = text.casefold()
        for term in self.choices():
            if wanted in (term.value.casefold(), normal(term.label.zh).casefold(), term.label.en.casefold()):
                return term
        raise _no_choice(text, self.choices())

    def write(self, value: Any) -> str:
        return str(value.value)

    def load(self, text: str) -> Coded:
        return self.terms.of(text)

    def show(self, value: Any, lang: Lang) -> str:
        label: Text = value.label
        return label.say(lang)

    def choices(self) -> tuple[Coded, ...]:
        return tuple(t for t in self.terms if t.value not in self.leave_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes(Code):
    """Several coded terms, kept in the order of the contract; ``alone``: a code that excludes all others."""

    alone: str | None = None

    def read(self, cell: Cell, registers: Registers) -> Any:
        found = {self.find(normal(part)) for part in _parts(cell)}
        if self.alone in found and len(found) > 1:
            raise CellFault(
                "alone",
                Text("「{alone}」不能与其他值同填。只留一种。", '"{alone}" stands alone or not at all. Keep one.'),
                alone=self.terms.of(self.alone).label,
            )
        return tuple(t for t in self.terms if t in found)

    def write(self, value: Any) -> str:
        return ";".join(t.value for t in value)

    def load(self, text: str) -> Any:
        return tuple(self.terms.of(part) for part in text.split(";") if part)

    def show(self, value: Any, lang: Lang) -> str:
        return ("、" if lang == "zh" else ", ").join(t.label.say(lang) for t in value)


_MOST_COMPARED = 500
"""In a larger register no nearest value is looked for: thousands of wrong cells would take half a minute."""


def find_in(register: Register, text: str, *, like: float = 0.3) -> str:
    """The code that ``text`` names in a register, by code or by one of its names.

    Raises CellFault, which names the nearest value from the likeness ``like`` (0 to 1) on.
    """
    if text in register.names:
        return text
    found = register.codes_by_name.get(normal(text).casefold(), frozenset())
    if len(found) == 1:
        return next(iter(found))
    every = [n for names in register.names.values() for n in names if n] or list(register.names)
    near = difflib.get_close_matches(text[:100], every, 1, cutoff=like) if len(every) <= _MOST_COMPARED else []
    raise _unknown_code(text, register.label, near)


AREA_PATTERN = r"\d{6}"
INDUSTRY_PATTERN = r"\d{2,4}"
_FREE_CODE = r"\S{1,64}"
_SHAPES = {
    AREA_PATTERN: ("area", Text("「{value}」不是六位区划代码。", '"{value}" is not an area code of six digits.')),
    INDUSTRY_PATTERN: (
        "code",
        Text(
            "「{value}」不是行业代码。填写 GB/T 4754-2017 的 2 至 4 位数字。",
            '"{value}" is no industry code. Write two to four digits of GB/T 4754-2017.',
        ),
    ),
}
_NO_CODE = (
    "code",
    Text("「{value}」不像代码。填写不含空格的代码。", '"{value}" is no code. Write one without blanks.'),
)


def _shape_fault(value: str, pattern: str | None) -> CellFault:
    code, text = _SHAPES.get(pattern or "", _NO_CODE)
    return CellFault(code, text, value=value[:30])


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Kind):
    """One value of a register (chain, industry, organisation …), by code or name; ``pattern``: what its code is like;
    ``like``: from which likeness on the nearest value is named where there is no such value."""

    register: str
    pattern: str | None = None
    like: float = 0.3
    example: ClassVar[Text] = Text("代码或名称", "code or name")

    def read(self, cell: Cell, registers: Registers) -> str:
        text = normal(parse.cell_text(cell))
        known = registers.get(self.register)
        code = text if known is None else find_in(known, text, like=self.like)
        if self.pattern and not re.fullmatch(self.pattern, code):
            raise _shape_fault(text, self.pattern)
        return code

    def load(self, text: str) -> str:
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredMany(Kind):
    """Several values of a register (or free codes where ``register`` is None), sorted.

    ``pattern``: what a code is like; ``unlisted``: a code that is like it is kept although the register lacks it.
    """

    register: str | None = None
    pattern: str | None = None
    unlisted: bool = False
    example: ClassVar[Text] = Text("多个值用 ; 分隔", "several values, separated by ;")

    def read(self, cell: Cell, registers: Registers) -> tuple[str, ...]:
        known = registers.get(self.register) if self.register else None
        return tuple(sorted({self._code(normal(part), known) for part in _parts(cell)}))

    def _code(self, part: str, known: Register | None) -> str:
        fits = re.fullmatch(self.pattern or _FREE_CODE, part) is not None
        if known is None or (self.unlisted and fits):
            if not fits:
                raise _shape_fault(part, self.pattern)
            return part
        try:
            code = find_in(known, part)
        except CellFault as fault:
            if self.pattern and not fits:
                raise _shape_fault(part, self.pattern) from fault
            raise
        if self.pattern and not re.fullmatch(self.pattern, code):
            raise _shape_fault(part, self.pattern)
        return code

    def write(self, value: Any) -> str:
        return ";".join(value)

    def load(self, text: str) -> tuple[str, ...]:
        return tuple(part for part in text.split(";") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCode(Kind):
    """Six digits; an area outside the register is kept and shown as a code."""

    example: ClassVar[Text] = Text("371002", "371002")

    def read(self, cell: Cell, registers: Registers) -> str:
        text = normal(parse.cell_text(cell))
        if not re.fullmatch(AREA_PATTERN, text):
            known = registers.get("area")
            if known is None:
                raise _shape_fault(text, AREA_PATTERN)
            try:
                return find_in(known, text)
            except CellFault as fault:
                raise _shape_fault(text, AREA_PATTERN) from fault
        return text

    def load(self, text: str) -> str:
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers(Kind):
    """Recognitions held: ``CODE`` or ``CODE@valid_to``, several."""

    example: ClassVar[Text] = Text("SRDI_SME@2027-12-31", "SRDI_SME@2027-12-31")

    def read(self, cell: Cell, registers: Registers) -> tuple[TierHeld, ...]:
        held: dict[Coded, TierHeld] = {}
        for part in _parts(cell):
            name, at, until = part.partition("@")
            tier = Tier.of(Code(terms=Tier).find(name.strip()).value)
            one = TierHeld(tier, parse.read_date(Cell(until)) if at else None)
            if tier in held and held[tier] != one:
                raise CellFault(
                    "twice",
                    Text("「{tier}」填了两次。只保留一次。", '"{tier}" stands twice. Keep it once.'),
                    tier=tier.label,
                )
            held[tier] = one
        return tuple(held[t] for t in Tier if t in held)

    def write(self, value: Any) -> str:
        return ";".join(str(t) for t in value)

    def show(self, value: Any, lang: Lang) -> str:
        until = Text("（至 {day}）", " (until {day})")
        shown = (t.tier.label.say(lang) + (until.say(lang, day=t.valid_to) if t.valid_to else "") for t in value)
        return ("、" if lang == "zh" else ", ").join(shown)

    def choices(self) -> tuple[Coded, ...]:
        return tuple(Tier)
