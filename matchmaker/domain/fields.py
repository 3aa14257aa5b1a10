"""Kinds of fields: each knows how a cell is read, how a value is written, and which values it may take.

A list's model declares a field with one of these kinds; spreadsheet column, template, schema, form, docs and API
follow from it (ARCHITECTURE.md section 2).
"""

import difflib
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, Literal

from matchmaker.domain import parse, uscc
from matchmaker.domain.cells import Cell, CellFault, Register, Registers
from matchmaker.domain.money import FEN_PER_WAN, plain, wan_text
from matchmaker.domain.parse import normal
from matchmaker.domain.rate import E6, Rate
from matchmaker.domain.terms import Coded, Tier
from matchmaker.domain.text import Lang, Text
from matchmaker.domain.tiers import TierHeld

Storage = Literal["text", "integer", "date", "boolean"]
Sensitivity = Literal["public", "identity", "business", "contact", "internal"]
"""Who sees a field: ``public`` anyone; ``business`` in bands before consent; ``identity``, ``contact`` after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Base of all kinds: text as it is written."""

    storage: ClassVar[Storage] = "text"
    suffixes: ClassVar[tuple[str, str]] = ("", "")
    """End of the attribute in code and of the column in files, for example ``_fen`` and ``_wan``."""
    example: ClassVar[Text] = Text("文字", "text")

    def read(self, cell: Cell, registers: Registers) -> Any:
        """The value of a cell that is not blank; raises CellFault."""
        raise CellFault("unreadable", self.example)

    def write(self, value: Any) -> str:
        """The value as it stands in a file and in a stored version."""
        return str(value)

    def load(self, text: str) -> Any:
        """The value of a text that :meth:`write` made; no registers are asked."""
        return self.read(Cell(text), Registers())

    def to_db(self, value: Any) -> Any:
        """The value as the database stores it."""
        return self.write(value)

    def from_db(self, stored: Any) -> Any:
        """The value of what the database stores."""
        return self.load(stored)

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values mean the same."""
        return bool(one == other)

    def show(self, value: Any, lang: Lang) -> str:
        """The value for a person."""
        return self.write(value)

    def choices(self) -> tuple[Coded, ...]:
        """Coded values to choose from; empty when free."""
        return ()

    def code_of(self, attribute: str) -> str:
        """The column's code in files for an attribute of the model."""
        mine, theirs = self.suffixes
        return attribute.removesuffix(mine) + theirs if mine or theirs else attribute


def _too_long(limit: int) -> CellFault:
    return CellFault(
        "too_long",
        Text("内容超过 {limit} 个字。缩短到这个长度以内。", "Longer than {limit} characters. Shorten it."),
        limit=limit,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeText(Kind):
    """Names and free text: trimmed, kept as written, compared by NFKC form."""

    limit: int = 200

    def read(self, cell: Cell, registers: Registers) -> str:
        text = parse.cell_text(cell)
        if len(text) > self.limit:
            raise _too_long(self.limit)
        if any(ord(c) < 32 and c not in "\n\t\r" for c in text):
            raise CellFault(
                "control_character",
                Text("内容含有不可见的控制字符。删去后再上传。", "It holds a control character. Remove it."),
            )
        return text

    def load(self, text: str) -> str:
        return text

    def same(self, one: Any, other: Any) -> bool:
        return one == other or (bool(one) and bool(other) and normal(one) == normal(other))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText(Kind):
    """A key or a plain code: NFKC-normalised and trimmed."""

    limit: int = 64
    example: ClassVar[Text] = Text("编号", "code")

    def read(self, cell: Cell, registers: Registers) -> str:
        text = normal(parse.cell_text(cell))
        if len(text) > self.limit:
            raise _too_long(self.limit)
        if any(not c.isprintable() for c in text):
            raise CellFault(
                "control_character",
                Text("编号含有不可见字符。删去后再上传。", "The code holds an invisible character. Remove it."),
            )
        return text

    def load(self, text: str) -> str:
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(KeyText):
    """An e-mail address."""

    limit: int = 254
    example: ClassVar[Text] = Text("name@example.com", "name@example.com")

    def read(self, cell: Cell, registers: Registers) -> str:
        text = KeyText.read(self, cell, registers)
        local, at, host = text.rpartition("@")
        if not at or not local or "." not in host or any(c in text for c in ' ,;<>"()') or host[0] in ".-":
            raise CellFault(
                "email",
                Text("「{value}」不像一个邮箱。写成 name@example.com。", '"{value}" is not an e-mail address.'),
                value=text[:60],
            )
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Url(KeyText):
    """An http or https address (no other scheme is stored)."""

    limit: int = 500
    example: ClassVar[Text] = Text("https://…", "https://…")

    def read(self, cell: Cell, registers: Registers) -> str:
        text = KeyText.read(self, cell, registers)
        if not re.match(r"https?://[^\s/]+", text, re.IGNORECASE):
            raise CellFault(
                "url",
                Text(
                    "「{value}」不是网址。以 https:// 开头填写。",
                    '"{value}" is not a web address. Start it with https://.',
                ),
                value=text[:60],
            )
        return text


_AS_NUMBER = re.compile(r"\d(\.\d+)?E\+\d\d")
"""How a spreadsheet program writes an 18-digit code into a .csv once it has made a number of it."""
_USCC_FAULTS: dict[str, Text] = {
    "length": Text("有 {length} 位，应为 18 位", "has {length} characters instead of 18"),
    "character": Text("含有代码不使用的字符（I、O、S、V、Z 或小写）", "holds a character the code does not use"),
    "organisation_check": Text("第 17 位校验码不符", "does not fit its 17th (check) character"),
    "check": Text("第 18 位校验码不符", "does not fit its 18th (check) character"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsccCode(Kind):
    """A unified social credit code, both check characters right; ``register``: it must also be known there."""

    register: str | None = None
    example: ClassVar[Text] = Text("91371000MA0TE5T16Y", "91371000MA0TE5T16Y")

    def read(self, cell: Cell, registers: Registers) -> str:
        code = normal(parse.cell_text(cell)).upper()
        if isinstance(cell.value, float) or _AS_NUMBER.fullmatch(code[:40]):
            raise lost_digits(parse.cell_text(cell))
        wrong = uscc.problem(code)
        if wrong:
            raise CellFault(
                "uscc",
                Text(
                    "统一社会信用代码「{value}」{why}。按营业执照核对。",
                    'The USCC "{value}" {why}. Check it against the business licence.',
                ),
                value=code[:30],
                why=Text(
                    _USCC_FAULTS[wrong].zh.format(length=len(code)), _USCC_FAULTS[wrong].en.format(length=len(code))
                ),
            )
        known = registers.get(self.register) if self.register else None
        if known is not None and code not in known.names:
            raise CellFault(
                "unknown_enterprise",
                Text(
                    "企业清单中没有「{value}」。先导入这家企业。",
                    'No enterprise has the code "{value}". Import the enterprise first.',
                ),
                value=code,
            )
        return code

    def load(self, text: str) -> str:
        return text


def lost_digits(shown: str) -> CellFault:
    """The fault of an 18-character code that a spreadsheet kept as a number."""
    return CellFault(
        "lost_digits",
        Text(
            "「{value}」被表格存成数字，末几位已丢失。把单元格设为文本，再重新填写 18 位代码。",
            '"{value}" was stored as a number and lost its last digits. Format the cell as text and type it again.',
        ),
        value=shown,
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
        Text("「{value}」不在{label}中。从模板的下拉项中选择。", '"{value}" is not in the list of {label}.'),
        value=value[:40],
        label=label,
    )


_LONGEST_LIST = 4000


def _parts(cell: Cell) -> list[str]:
    """The values of a cell that holds several."""
    text = parse.cell_text(cell)
    if len(text) > _LONGEST_LIST:
        raise _too_long(_LONGEST_LIST)
    return parse.split_values(normal(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Kind):
    """One coded term: its code or its Chinese (or English) name."""

    terms: type[Coded]
    leave_out: tuple[str, ...] = ()

    def read(self, cell: Cell, registers: Registers) -> Coded:
        return self.find(normal(parse.cell_text(cell)))

    def find(self, text: str) -> Coded:
        """The term that ``text`` names, by code or name; raises CellFault naming the nearest."""
        wanted = text.casefold()
        for term in self.choices():
            if wanted in (term.value.casefold(), normal(term.label.zh).casefold(), term.label.en.casefold()):
                return term
        names = [normal(t.label.zh) for t in self.choices()] + [t.value for t in self.choices()]
        raise _unknown_code(text, Text("可选值", "choices"), difflib.get_close_matches(text[:100], names, 1))

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


def find_in(register: Register, text: str) -> str:
    """The code that ``text`` names in a register, by code or by one of its names; raises CellFault."""
    if text in register.names:
        return text
    wanted = normal(text).casefold()
    found = {code for code, names in register.names.items() if wanted in (normal(n).casefold() for n in names if n)}
    found |= {code for code in register.names if code.casefold() == wanted}
    if len(found) == 1:
        return found.pop()
    every = [n for names in register.names.values() for n in names if n] or list(register.names)
    near = difflib.get_close_matches(text[:100], every, 1, cutoff=0.3)
    raise _unknown_code(text, register.label, near)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Kind):
    """One value of a register (chain, industry, organisation …), by code or name."""

    register: str
    example: ClassVar[Text] = Text("代码或名称", "code or name")

    def read(self, cell: Cell, registers: Registers) -> str:
        text = normal(parse.cell_text(cell))
        known = registers.get(self.register)
        return text if known is None else find_in(known, text)

    def load(self, text: str) -> str:
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredMany(Kind):
    """Several values of a register (or free codes where ``register`` is None), sorted."""

    register: str | None = None
    pattern: str = r"\S{1,64}"
    example: ClassVar[Text] = Text("多个值用 ; 分隔", "several values, separated by ;")

    def read(self, cell: Cell, registers: Registers) -> tuple[str, ...]:
        known = registers.get(self.register) if self.register else None
        parts = [normal(p) for p in _parts(cell)]
        for part in parts:
            if not re.fullmatch(self.pattern, part) and (known is None or part not in known.names):
                raise _shape_fault(part, self.pattern)
        return tuple(sorted({part if known is None else find_in(known, part) for part in parts}))

    def write(self, value: Any) -> str:
        return ";".join(value)

    def load(self, text: str) -> tuple[str, ...]:
        return tuple(part for part in text.split(";") if part)


def _shape_fault(value: str, pattern: str) -> CellFault:
    if pattern == AREA_PATTERN:
        return CellFault(
            "area",
            Text("「{value}」不是六位区划代码。", '"{value}" is not an area code of six digits.'),
            value=value[:30],
        )
    return CellFault("code", Text("「{value}」不像代码。", '"{value}" does not look like a code.'), value=value[:30])


AREA_PATTERN = r"\d{6}"


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
class Percent(Kind):
    """A percentage that is no annual rate (fees, shares)."""

    storage: ClassVar[Storage] = "integer"
    suffixes: ClassVar[tuple[str, str]] = ("_e6", "")
    example: ClassVar[Text] = Text("0.5 或 0.5%", "0.5 or 0.5%")

    def read(self, cell: Cell, registers: Registers) -> int:
        return parse.read_percent(cell)

    def write(self, value: Any) -> str:
        return plain(Decimal(value) / E6)

    def to_db(self, value: Any) -> int:
        return int(value)

    def from_db(self, stored: Any) -> int:
        return int(stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualRate(Kind):
    """An annual rate: a percentage or a spread on LPR."""

    suffixes: ClassVar[tuple[str, str]] = ("", "_pct")
    example: ClassVar[Text] = Text("3.45 或 3.45% 或 LPR+50BP", "3.45 or 3.45% or LPR+50BP")

    def read(self, cell: Cell, registers: Registers) -> Rate:
        return parse.read_rate(cell)

    def load(self, text: str) -> Rate:
        return parse.read_rate(Cell(text if text.startswith("LPR") else text.removesuffix("%") + "%"))

    def write(self, value: Any) -> str:
        """As stored; below 0.5 with a percent sign, so that reading it back is not ambiguous."""
        ambiguous = value.pct_e6 is not None and value.pct_e6 < E6 // 2
        return f"{value}%" if ambiguous else str(value)

    def from_db(self, stored: Any) -> Rate:
        return self.load(stored)


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


MULTIPLE = (Codes, RegisteredMany, Tiers)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a list: declared once in its model, used for files, forms, docs and the API."""

    code: str
    attribute: str
    kind: Kind
    label: Text
    required: bool = False
    key: bool = False
    sensitivity: Sensitivity = "public"
    help: Text = Text("", "")

    @property
    def blank(self) -> Any:
        """The value of a blank cell: empty for several values, unknown (None) otherwise."""
        return () if isinstance(self.kind, MULTIPLE) else None

    def is_blank(self, value: Any) -> bool:
        """Whether ``value`` is the blank one."""
        return value is None or value == () or value == ""

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values (blank ones included) mean the same."""
        if self.is_blank(one) or self.is_blank(other):
            return self.is_blank(one) and self.is_blank(other)
        return self.kind.same(one, other)

    def write(self, value: Any) -> str:
        """The value as it stands in a file; blank is an empty cell."""
        return "" if self.is_blank(value) else self.kind.write(value)

    def load(self, text: str) -> Any:
        """The value of what :meth:`write` made."""
        return self.kind.load(text) if text else self.blank

    def show(self, value: Any, lang: Lang) -> str:
        """The value for a person; ``--`` when blank."""
        return "--" if self.is_blank(value) else self.kind.show(value, lang)
