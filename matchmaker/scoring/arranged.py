"""The order in which a person reads the rows of a ledger: what stands in the way first, the easiest to settle first."""

from collections.abc import Iterable
from typing import Any

from matchmaker.domain.terms import Result
from matchmaker.scoring.criteria import BY_KEY, KEYS
from matchmaker.scoring.moves import EFFORT
from matchmaker.scoring.score import COMPONENTS

BEYOND = max(EFFORT.values()) + 1
"""Effort of what nothing can repair."""

_WEIGHTS = {component.key: component.max_tenths for component in COMPONENTS}

Row = dict[str, Any]


def arranged(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of the explanation's ``criteria`` as (shown, folded).

    Shown are those that fail or are unknown, by effort, ties as in the catalogue; folded are those that pass, by their
    weight in the score, what is not asked last. Where nothing stands in the way, the passes that are asked are shown.
    """
    ordered = sorted(rows, key=_place)
    in_the_way = [row for row in ordered if Result.of(row["result"]) is not Result.PASS]
    shown = in_the_way or [row for row in ordered if is_asked(row)]
    return shown, [row for row in ordered if row not in shown]


def effort_of(row: Row) -> int:
    """How demanding the easiest way to settle a row is: 0 to tell a fact, ``BEYOND`` where there is none."""
    if Result.of(row["result"]) is Result.UNKNOWN:
        return EFFORT["supply_fact"]
    if not row["repairable"]:
        return BEYOND
    return min(EFFORT[move] for move in BY_KEY[row["key"]].moves)


def is_asked(row: Row) -> bool:
    """Whether the product or policy asks for anything in this row."""
    return row["required"]["value"] is not None


def _place(row: Row) -> tuple[int, int, int]:
    key = row["key"]
    if Result.of(row["result"]) is Result.PASS:
        return 1 + (not is_asked(row)), -_WEIGHTS.get(key, 0), KEYS.index(key)
    return 0, effort_of(row), KEYS.index(key)
