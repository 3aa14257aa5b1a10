"""What every kind of field can do."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.terms import Coded
from matchmaker.domain.text import Lang, Text

Storage = Literal["text", "integer", "date", "boolean"]


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
