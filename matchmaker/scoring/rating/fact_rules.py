"""Rules about one fact of the enterprise's own entry: known, fresh, and good enough."""

from abc import abstractmethod
from datetime import date
from typing import Any

from matchmaker.domain.guarantee_terms import RatingDimension
from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import Result, TaxGrade
from matchmaker.domain.text import Text
from matchmaker.scoring.rating.base import Param, Params, Rule, first_of, old_on
from matchmaker.scoring.rating.facts import Fact, Facts
from matchmaker.scoring.rating.findings import Evidence, Finding, Level

TAX_GRADES = tuple(TaxGrade)
"""The best first."""


class FactRule(Rule):
    """A rule about one fact of the enterprise's entry."""

    fact: str

    def judge(self, facts: Facts, params: Params, fresh_days: int | None, on: date) -> Finding:
        """Unknown where the fact is blank or too old; else as :meth:`compare` says."""
        fact = facts.known.get(self.fact)
        if fact is None:
            return Finding(self.key, Result.UNKNOWN, "blank")
        ends = old_on(fact.on, fresh_days)
        stale = ends is not None and ends <= on
        seen = (Evidence("fact", self.fact, _plain(fact), on=fact.on, stale=stale),)
        if stale:
            return Finding(self.key, Result.UNKNOWN, "stale", evidence=seen)
        level, better_on = self.compare(fact.value, params, on)
        turns_on = first_of(ends, better_on)
        if level is None:
            return Finding(self.key, Result.PASS, "met", evidence=seen, turns_on=turns_on)
        return Finding(self.key, Result.FAIL, "below", level, seen, turns_on, better_on)

    @abstractmethod
    def compare(self, value: Any, params: Params, on: date) -> tuple[Level | None, date | None]:
        """How the value fails (None: it does not), and from which day it passes by waiting."""


class TaxGradeRule(FactRule):
    """The tax credit grade is at least the one that is asked; the worst ones weigh more."""

    fact = "tax_grade"
    levels = ("fail", "serious")

    @property
    def params(self) -> tuple[Param, ...]:
        """The least grade, and the grade from which on it is serious."""
        return (
            Param("least", Text("最低等级", "least grade"), grade=True),
            Param("serious_from", Text("从哪一级起为严重", "serious from this grade on"), grade=True),
        )

    def compare(self, value: Any, params: Params, on: date) -> tuple[Level | None, date | None]:
        """By the order A, B, M, C, D."""
        place = TAX_GRADES.index(value)
        if place <= TAX_GRADES.index(TaxGrade.of(params["least"])):
            return None, None
        serious = place >= TAX_GRADES.index(TaxGrade.of(params["serious_from"]))
        return "serious" if serious else "fail", None


class AgeRule(FactRule):
    """The enterprise has existed for so many months."""

    fact = "founded_on"
    ages = False

    @property
    def params(self) -> tuple[Param, ...]:
        """The months."""
        return (Param("months", Text("成立月数", "months"), 0, 600),)

    def compare(self, value: Any, params: Params, on: date) -> tuple[Level | None, date | None]:
        """By whole months, as the criterion ``age`` counts them (CONTRACT.md section 3)."""
        reached = add_months(value, params["months"])
        return (None, None) if reached <= on else ("fail", reached)


class LeastRule(FactRule):
    """A number is at least so much; ``factor``: of the fact's unit in one unit of the parameter."""

    def __init__(self, key: str, label: Text, fact: str, unit: Text, factor: int = 1) -> None:
        super().__init__(key, RatingDimension.ENTERPRISE, label)
        self.fact = fact
        self.unit = unit
        self.factor = factor

    @property
    def params(self) -> tuple[Param, ...]:
        """The least number."""
        return (Param("least", self.unit, 0, 1_000_000),)

    def compare(self, value: Any, params: Params, on: date) -> tuple[Level | None, date | None]:
        """At the bound is enough."""
        return (None if value >= params["least"] * self.factor else "fail"), None


class KnownRule(FactRule):
    """A fact is known, whatever it says; it never fails."""

    levels = ()

    def __init__(self, key: str, dimension: RatingDimension, label: Text, fact: str) -> None:
        super().__init__(key, dimension, label)
        self.fact = fact

    def compare(self, value: Any, params: Params, on: date) -> tuple[Level | None, date | None]:
        """Anything passes."""
        return None, None


def _plain(fact: Fact) -> Any:
    value = fact.value
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, TaxGrade) else value
