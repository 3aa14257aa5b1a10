"""What a table can be narrowed by; each filter is one or two controls and one condition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, String, literal, or_, type_coerce
from werkzeug.datastructures import MultiDict

from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.kinds import Day, Kind
from matchmaker.domain.text import Text

Condition = ColumnElement[bool]
Option = tuple[str, Text]


class Unread(Exception):
    """What was typed into a filter cannot be read: the control's name and why."""

    def __init__(self, name: str, fault: CellFault) -> None:
        super().__init__(name)
        self.name = name
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Choice:
    """One or more of some values; ``several``: the column holds several, as ``A;B``."""

    name: str
    label: Text
    column: Any
    options: Sequence[Option]
    several: bool = False
    load: Callable[[str], Any] = lambda code: code

    control = "choice"

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the address."""
        return (self.name,)

    def condition(self, asked: "MultiDict[str, str]") -> Condition | None:
        """None where nothing was chosen; a value that is no option narrows to nothing."""
        known = {code for code, _ in self.options}
        wanted = [code for code in asked.getlist(self.name) if code]
        if not wanted:
            return None
        good = [code for code in wanted if code in known]
        if self.several:
            kept = literal(";").concat(type_coerce(self.column, String)).concat(";")
            return or_(literal(False), *(kept.contains(f";{code};", autoescape=True) for code in good))
        return self.column.in_([self.load(code) for code in good])  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Between:
    """From and to, either may be left out; typed as in a file (万元, percent, 2026-11-23)."""

    name: str
    label: Text
    column: Any
    kind: Kind

    control = "between"

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the address."""
        return (f"{self.name}.from", f"{self.name}.to")

    def condition(self, asked: "MultiDict[str, str]") -> Condition | None:
        """Raises Unread for what its kind cannot read."""
        low, high = (_read(self.kind, name, asked.get(name, "").strip()) for name in self.names)
        found = [] if low is None else [self.column >= low]
        found += [] if high is None else [self.column <= high]
        return None if not found else found[0] if len(found) == 1 else found[0] & found[1]


def _read(kind: Kind, name: str, typed: str) -> Any:
    if not typed:
        return None
    try:
        return kind.read(Cell(typed), Registers())
    except CellFault as fault:
        raise Unread(name, fault) from fault


@dataclass(frozen=True, slots=True)
class During:
    """Days on which a moment may lie, the first and the last; either may be left out."""

    name: str
    label: Text
    column: Any
    zone: tzinfo

    control = "between"

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the address."""
        return (f"{self.name}.from", f"{self.name}.to")

    def condition(self, asked: "MultiDict[str, str]") -> Condition | None:
        """Raises Unread for what is no day."""
        first, last = (_read(Day(), name, asked.get(name, "").strip()) for name in self.names)
        found = [] if first is None else [self.column >= self._begin(first)]
        found += [] if last is None or last >= _LAST_DAY else [self.column < self._begin(last + timedelta(days=1))]
        return None if not found else found[0] if len(found) == 1 else found[0] & found[1]

    def _begin(self, day: date) -> datetime:
        return datetime.combine(max(day, _FIRST_DAY), time(), self.zone)


_FIRST_DAY, _LAST_DAY = date(1970, 1, 2), date(9999, 12, 30)
"""Days whose moments every zone and database can hold."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The very text that is typed, such as a number or an address."""

    name: str
    label: Text
    column: Any

    control = "text"

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the address."""
        return (self.name,)

    def condition(self, asked: "MultiDict[str, str]") -> Condition | None:
        """None where nothing was typed."""
        typed = asked.get(self.name, "").strip()[:_LONGEST]
        return self.column == typed if typed else None


_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Flag:
    """One of several named conditions, such as "not confirmed for long"."""

    name: str
    label: Text
    conditions: Mapping[str, tuple[Text, Condition]] = field(default_factory=dict)

    control = "choice"

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the address."""
        return (self.name,)

    @property
    def options(self) -> list[Option]:
        """The conditions by name."""
        return [(code, label) for code, (label, _) in self.conditions.items()]

    def condition(self, asked: "MultiDict[str, str]") -> Condition | None:
        """Any of those chosen."""
        wanted = [code for code in asked.getlist(self.name) if code]
        if not wanted:
            return None
        return or_(literal(False), *(self.conditions[code][1] for code in wanted if code in self.conditions))


Filter = Choice | Between | During | Exact | Flag
