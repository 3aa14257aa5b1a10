"""What every rule of rating has: a name, its parameters, its judgement. The parameters' values stand in a rule set.

Every rule judges facts that matchmaker has. Unknown is never a failure; a fact older than the limit of its rule is not
used (EXPERIENCE.md U-1, U-2).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from matchmaker.domain.guarantee_terms import RatingDimension
from matchmaker.domain.text import Text
from matchmaker.scoring.rating.facts import Facts
from matchmaker.scoring.rating.findings import Finding, Level

Params = Mapping[str, Any]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a rule: a whole number from ``low`` to ``high``, or, with ``grade``, a tax credit grade."""

    key: str
    label: Text
    low: int = 0
    high: int = 0
    grade: bool = False


class Rule(ABC):
    """One rule. ``ages``: whether its facts grow old, so that it has a limit in days (``fresh_days``)."""

    ages = True
    levels: tuple[Level, ...] = ("fail",)
    """How it can fail; each level has its own cap."""

    def __init__(self, key: str, dimension: RatingDimension, label: Text) -> None:
        """``key``: its name in rule sets; ``label``: what passing means."""
        self.key = key
        self.dimension = dimension
        self.label = label

    @property
    def params(self) -> tuple[Param, ...]:
        """What a rule set says of it besides caps and limits."""
        return ()

    @abstractmethod
    def judge(self, facts: Facts, params: Params, fresh_days: int | None, on: date) -> Finding:
        """What it says of ``facts`` on ``on``."""


def old_on(on: date, fresh_days: int | None) -> date | None:
    """The first day on which a fact of ``on`` is too old."""
    return None if fresh_days is None else on + timedelta(days=fresh_days + 1)


def first_of(*days: date | None) -> date | None:
    """The earliest of the days that are known."""
    return min((day for day in days if day is not None), default=None)
