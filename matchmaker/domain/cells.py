"""What stands in one cell of a file, and what can be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from matchmaker.domain.text import Text, normal

CellValue = str | int | float | bool | date | datetime | None
Trouble = Literal["formula", "merged", "lost_digits", "error_value"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the spreadsheet holds it; ``percent``: shown as a percentage; ``trouble``: its value cannot be had."""

    value: CellValue = None
    percent: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Register:
    """The values a coded column may take: code → names under which it is also known (Chinese, English, short)."""

    label: Text
    names: Mapping[str, tuple[str, ...]]

    @cached_property
    def codes_by_name(self) -> Mapping[str, frozenset[str]]:
        """Name or code, NFKC-normalised and without regard to case → the codes it may mean."""
        found: dict[str, set[str]] = {}
        for code, names in self.names.items():
            found.setdefault(code.casefold(), set()).add(code)
            for name in filter(None, names):
                found.setdefault(normal(name).casefold(), set()).add(code)
        return {name: frozenset(codes) for name, codes in found.items()}


@dataclass(frozen=True, slots=True)
class Registers:
    """All registers that cells are checked against, by name (``chain``, ``industry``, ``bank``, ``enterprise`` …)."""

    by_name: Mapping[str, Register] = field(default_factory=dict)

    def get(self, name: str) -> Register | None:
        """The register, or None when there is none to check against."""
        return self.by_name.get(name)


class CellFault(Exception):
    """One faulty cell: a code for machines and a sentence for people."""

    def __init__(self, code: str, text: Text, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.values = values
