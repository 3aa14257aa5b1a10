"""Moves that may turn a pair into an eligible one, and what the facts are once a move is made."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from matchmaker.domain.money import wan_text
from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import Coded, Verdict
from matchmaker.scoring.facts import Enterprise, Need
from matchmaker.scoring.schemes import Standing

Mending = Literal["change_amount", "change_term", "accept_rate", "add_security", "public_guarantee", "wait_until"]
"""Moves that repair a failure."""

MoveKind = Literal["supply_fact", Mending]

EFFORT: dict[MoveKind, int] = {
    "supply_fact": 0,
    "change_amount": 1,
    "change_term": 1,
    "accept_rate": 2,
    "add_security": 3,
    "public_guarantee": 4,
    "wait_until": 5,
}
"""Cheapest first: telling what is so, asking for something else, paying more, pledging more, applying, waiting."""

COLUMNS = {
    "amount_fen": "amount_wan",
    "revenue_fen": "revenue_wan",
    "total_assets_fen": "total_assets_wan",
    "max_rate": "max_rate_pct",
}
"""Fact → its column in the files, where the two differ."""

_OF_ENTERPRISE = frozenset(field.name for field in fields(Enterprise))


@dataclass(frozen=True, slots=True)
class Move:
    """One change. ``field`` names a fact of the need or its enterprise; ``from_`` and ``to`` are its values.

    A supplied fact is tested with ``to``, the least favourable value that passes; ``low`` and ``high`` bound the
    values that pass (None: open), ``any_of`` lists them where they are codes (size classes for an industry code that
    only decides the size, grades for a public guarantee, GUARANTEE for an amount that is changed to have one).
    ``standing`` is the rating a ``public_guarantee`` is tested with, the lowest grade of ``any_of``. ``on`` is the day
    of a ``wait_until``.
    """

    kind: MoveKind
    field: str
    from_: Any = None
    to: Any = None
    on: date | None = None
    low: Any = None
    high: Any = None
    any_of: tuple[Any, ...] = ()
    standing: Standing | None = None

    def to_json(self) -> dict[str, Any]:
        """``{"kind", "field", "from", "to", "on"}``: ``field`` is a column of the files, values as in its cells."""
        return {
            "kind": self.kind,
            "field": COLUMNS.get(self.field, self.field),
            "from": _cell(self.field, self.from_),
            "to": _cell(self.field, self.to),
            "on": self.on and self.on.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Repair:
    """A set of moves, at most two, after which the real engine gives ``verdict_after``."""

    moves: tuple[Move, ...]
    verdict_after: Verdict = Verdict.ELIGIBLE

    @property
    def effort(self) -> tuple[int, list[int]]:
        """Sorts the cheapest first: fewer moves, then the less demanding dearest move."""
        return len(self.moves), sorted((EFFORT[move.kind] for move in self.moves), reverse=True)


def apply_moves(need: Need, on: date, moves: Iterable[Move]) -> tuple[Need, date]:
    """The need (with its enterprise) and the day of judgement after ``moves``; nothing else changes.

    Whether the public guarantee can be had afterwards is judged anew, as everything is.
    """
    for move in moves:
        if move.kind == "wait_until" and move.on is not None:
            on = move.on
        elif move.kind == "public_guarantee":
            need = replace(need, enterprise=replace(need.enterprise, standing=move.standing))
        elif move.field in _OF_ENTERPRISE:
            need = replace(need, enterprise=replace(need.enterprise, **{move.field: move.to}))
        else:
            need = replace(need, **{move.field: move.to})
    return need, on


def _cell(field: str, value: Any) -> Any:
    """A value as its cell would hold it; lists of codes stay lists, whole numbers and yes or no are themselves."""
    if value is None or value == ():
        return None
    if isinstance(value, tuple):
        return [str(code) for code in value]
    if field.endswith("_fen"):
        return wan_text(value)
    if isinstance(value, Coded | Rate | date | Decimal):
        return str(value)
    return value
