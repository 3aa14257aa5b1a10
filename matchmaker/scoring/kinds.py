"""Kinds of criterion. Each compares one fact of the need's side with one cell of the product's side, in two ways:
``judge`` for one pair (with ``detail`` to explain it) and ``table`` for all products at once; a property test keeps
them equal. Pass is tested before unknown; a blank cell asks nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from matchmaker.domain.terms import Coded, Result
from matchmaker.scoring.prepared import AsksOn, NeedOn
from matchmaker.scoring.tables import NO_CAP, BoundTable, FlagTable, OneOfTable, OverlapTable, PrefixTable, Table

PASS, FAIL, UNKNOWN = Result.PASS, Result.FAIL, Result.UNKNOWN


class Bounds(NamedTuple):
    """A range that is asked for; None is open."""

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Detail:
    """What is asked, what there is, and what is between them, as values in the criterion's unit.

    ``required`` is None when nothing is asked: an int for one bound, :class:`Bounds` for two, a tuple of codes, or
    True for a yes. ``actual`` is None when not known. ``gap`` is a positive int on a numeric failure, else None.
    ``target`` is the value of the need's own cell that would just pass (nearer bound), None where there is none.
    """

    required: Any
    actual: Any
    gap: int | None = None
    target: int | None = None


class Kind(ABC):
    """Base of all kinds. ``fact`` is read of :class:`NeedOn`, ``asked`` of :class:`AsksOn`."""

    def __init__(self, fact: str, asked: str) -> None:
        self.fact = fact
        self.asked = asked
        self._fact = attrgetter(fact)
        self._asked = attrgetter(asked)

    @abstractmethod
    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        """What this criterion says of one pair."""

    @abstractmethod
    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        """Required and actual value and the gap, for the explanation."""

    @abstractmethod
    def table(self, asks: Sequence[AsksOn]) -> Table:
        """The bulk side: rows of booleans over ``asks``, one for each value the need's side may have."""

    def value(self, need: NeedOn) -> Any:
        """All that ``judge`` reads of a need, hashable: needs with equal values share a row of the table."""
        return self._fact(need)


class OneOf(Kind):
    """The fact is one of the values asked for. ``blank``: what a blank fact comes to."""

    def __init__(self, fact: str, asked: str, blank: Result = UNKNOWN) -> None:
        super().__init__(fact, asked)
        self.blank = blank

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        wanted = self._asked(asks)
        if not wanted:
            return PASS
        value = self._fact(need)
        if value is None:
            return self.blank
        return PASS if value in wanted else FAIL

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        value = self._fact(need)
        return Detail(_codes(self._asked(asks)), None if value is None else (value,))

    def table(self, asks: Sequence[AsksOn]) -> Table:
        return OneOfTable([self._asked(a) for a in asks], self.blank is UNKNOWN)


class Overlap(Kind):
    """What is held and what is asked for share a value, or the product accepts ``enough`` from everybody.

    ``known`` names the fact that says whether the list of what is held was filled in; None: it always is.
    """

    def __init__(self, fact: str, asked: str, known: str | None = None, enough: str | None = None) -> None:
        super().__init__(fact, asked)
        self.known = attrgetter(known) if known else None
        self.enough = enough

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        wanted = self._asked(asks)
        if not wanted or self.enough in wanted or not wanted.isdisjoint(self._fact(need)):
            return PASS
        return FAIL if self._is_known(need) else UNKNOWN

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        held = tuple(sorted(self._fact(need), key=_place))
        return Detail(_codes(self._asked(asks)), held if held or self._is_known(need) else None)

    def table(self, asks: Sequence[AsksOn]) -> Table:
        return OverlapTable([self._asked(a) for a in asks], self.enough)

    def value(self, need: NeedOn) -> Any:
        return self._fact(need), self._is_known(need)

    def _is_known(self, need: NeedOn) -> bool:
        return self.known is None or self.known(need)


class Prefix(Kind):
    """The code starts with one of those asked for.

    ``short_unknown``: a code that is itself only the beginning of one asked for is unknown, not a failure.
    """

    def __init__(self, fact: str, asked: str, short_unknown: bool) -> None:
        super().__init__(fact, asked)
        self.short_unknown = short_unknown

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        wanted = self._asked(asks)
        if not wanted:
            return PASS
        code = self._fact(need)
        if code is None:
            return UNKNOWN
        if code.startswith(wanted):
            return PASS
        return UNKNOWN if self.short_unknown and any(w.startswith(code) for w in wanted) else FAIL

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        code = self._fact(need)
        return Detail(_codes(self._asked(asks)), None if code is None else (code,))

    def table(self, asks: Sequence[AsksOn]) -> Table:
        return PrefixTable([self._asked(a) for a in asks], self.short_unknown)


class Flag(Kind):
    """Where the product says yes, the fact has to be yes."""

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        if self._asked(asks) is not True:
            return PASS
        value = self._fact(need)
        if value is None:
            return UNKNOWN
        return PASS if value else FAIL

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        return Detail(self._asked(asks) or None, self._fact(need))

    def table(self, asks: Sequence[AsksOn]) -> Table:
        return FlagTable([self._asked(a) is True for a in asks])


class AtLeast(Kind):
    """The number is at or above the bound."""

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        bound = self._asked(asks)
        if bound is None:
            return PASS
        value = self._fact(need)
        if value is None:
            return UNKNOWN
        return PASS if value >= bound else FAIL

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        bound, value = self._asked(asks), self._fact(need)
        failed = self.judge(need, asks) is FAIL
        return Detail(bound, value, bound - value if failed else None, bound)

    def table(self, asks: Sequence[AsksOn]) -> Table:
        return BoundTable([self._asked(a) for a in asks], [None] * len(asks))


class AtMost(Kind):
    """The number is at or below the bound."""

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        bound = self._asked(asks)
        if bound is None:
            return PASS
        value = self._fact(need)
        if value is None:
            return UNKNOWN
        return PASS if value <= bound else FAIL

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        bound, value = self._asked(asks), self._fact(need)
        failed = self.judge(need, asks) is FAIL
        return Detail(bound, value, value - bound if failed else None, bound)

    def table(self, asks: Sequence[AsksOn]) -> Table:
        return BoundTable([None] * len(asks), [self._asked(a) for a in asks])


class Within(Kind):
    """The number lies between two bounds, both included; a blank bound asks nothing."""

    def __init__(self, fact: str, low: str, high: str) -> None:
        super().__init__(fact, low)
        self.asked_high = high
        self._high = attrgetter(high)

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        low, high = self._asked(asks), self._high(asks)
        if low is None and high is None:
            return PASS
        value = self._fact(need)
        if value is None:
            return UNKNOWN
        return PASS if (low is None or low <= value) and (high is None or value <= high) else FAIL

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        bounds, value = Bounds(self._asked(asks), self._high(asks)), self._fact(need)
        if self.judge(need, asks) is not FAIL:
            return Detail(bounds if bounds != (None, None) else None, value)
        target = min((b for b in bounds if b is not None), key=lambda bound: abs(bound - value))
        return Detail(bounds, value, abs(target - value), target)

    def table(self, asks: Sequence[AsksOn]) -> Table:
        return BoundTable([self._asked(a) for a in asks], [self._high(a) for a in asks])


class RateCap(Kind):
    """The product's lowest rate is at or below the highest the need accepts.

    A blank on either side passes; a spread for which no LPR is known on the day leaves the comparison unknown.
    """

    def __init__(self) -> None:
        super().__init__("max_rate_e6", "rate_min_e6")

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        if not need.max_rate_given or not asks.rate_min_given:
            return PASS
        if need.max_rate_e6 is None or asks.rate_min_e6 is None:
            return UNKNOWN
        return PASS if asks.rate_min_e6 <= need.max_rate_e6 else FAIL

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        lowest, cap = asks.rate_min_e6, need.max_rate_e6
        gap = None if lowest is None or cap is None else max(0, lowest - cap)
        return Detail(lowest, cap, gap or None, lowest)

    def table(self, asks: Sequence[AsksOn]) -> Table:
        lows = [a.rate_min_e6 if a.rate_min_e6 is not None or not a.rate_min_given else NO_CAP for a in asks]
        return BoundTable(lows, [None] * len(asks))

    def value(self, need: NeedOn) -> Any:
        return need.max_rate_e6 if need.max_rate_given else NO_CAP


def _codes(wanted: Any) -> tuple[Any, ...] | None:
    """Codes in the order of the contract (coded terms) or as text; None when nothing is asked."""
    return tuple(sorted(wanted, key=_place)) or None


def _place(code: Any) -> tuple[int, str]:
    return (list(type(code)).index(code) if isinstance(code, Coded) else 0, str(code))
