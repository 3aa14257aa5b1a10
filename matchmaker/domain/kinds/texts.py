"""Names, keys, addresses and free text."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from matchmaker.domain import parse, uscc
from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.kinds.base import Kind
from matchmaker.domain.text import Text, normal


def too_long(limit: int) -> CellFault:
    """The fault of a text above its limit."""
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
            raise too_long(self.limit)
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
            raise too_long(self.limit)
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
