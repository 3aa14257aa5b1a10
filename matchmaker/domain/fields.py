"""A field of a list: declared once in its model, used for files, forms, docs and the API."""

from dataclasses import dataclass
from typing import Any, Literal

from matchmaker.domain.kinds import Codes, Kind, RegisteredMany, Tiers
from matchmaker.domain.text import Lang, Text

Sensitivity = Literal["public", "identity", "business", "contact", "internal"]
"""Who sees a field: ``public`` anyone; ``business`` in bands before consent; ``identity``, ``contact`` after it."""

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
