"""Rules about credit records: none of a kind counts, and none had to be left out for want of consent.

Records count exactly as ``scoring.records`` says.
"""

from datetime import date

from matchmaker.domain.guarantee_terms import RatingDimension
from matchmaker.domain.terms import CreditKind, Result, Severity
from matchmaker.domain.text import Text
from matchmaker.scoring.facts import Record
from matchmaker.scoring.rating.base import Params, Rule, first_of, old_on
from matchmaker.scoring.rating.facts import Facts, Filed, Loaded
from matchmaker.scoring.rating.findings import Evidence, Finding, Level
from matchmaker.scoring.records import ALWAYS_SERIOUS, counts_on, counts_until


class RecordRule(Rule):
    """No record of one kind counts. That none is there says something only where a source supplies the kind."""

    def __init__(self, kind: CreditKind, dimension: RatingDimension, label: Text) -> None:
        super().__init__(f"no_{kind.value.lower()}", dimension, label)
        self.kind = kind
        self.levels = _levels_of(kind)

    def judge(self, facts: Facts, params: Params, fresh_days: int | None, on: date) -> Finding:
        """Failed by any record that counts; else unknown where records were left out or no fresh source is there."""
        of_kind = [one for one in facts.records if one.record.kind is self.kind]
        counting = [one for one in of_kind if counts_on(one.record, on)]
        coming = min((day for one in of_kind if (day := _begins(one.record, on)) is not None), default=None)
        if counting:
            return self._failed(counting, coming, on)
        if self.kind in facts.left_out:
            return Finding(self.key, Result.UNKNOWN, "unauthorised", turns_on=coming)
        return self._without(facts, coming, fresh_days, on)

    def _failed(self, counting: list[Filed], coming: date | None, on: date) -> Finding:
        ends = [counts_until(one.record) for one in counting]
        known = [day for day in ends if day is not None]
        return Finding(
            self.key,
            Result.FAIL,
            "counting",
            level="serious" if any(is_serious(one.record) for one in counting) else "fail",
            evidence=tuple(_of_record(one) for one in counting),
            turns_on=first_of(*known, coming),
            better_on=max(known) if len(known) == len(ends) else None,
        )

    def _without(self, facts: Facts, coming: date | None, fresh_days: int | None, on: date) -> Finding:
        """By the source that is out of date first; each says until when it holds itself."""
        loaded = facts.covered.get(self.kind)
        if not loaded:
            return Finding(self.key, Result.UNKNOWN, "no_source", turns_on=coming)
        ends = {one: old_on(one.on, _limit(one, fresh_days)) for one in loaded}
        first = sorted(loaded, key=lambda one: (ends[one] or date.max, one.source))
        old = {one for one, day in ends.items() if day is not None and day <= on}
        seen = tuple(_of_source(self.kind, one, fresh_days, stale=one in old) for one in first)
        if old:
            return Finding(self.key, Result.UNKNOWN, "source_stale", evidence=seen, turns_on=coming)
        return Finding(self.key, Result.PASS, "met", evidence=seen, turns_on=first_of(coming, *ends.values()))


class ConsentRule(Rule):
    """Nothing had to be left out for want of the enterprise's consent (《征信业管理条例》 article 18)."""

    ages = False
    levels = ()

    def judge(self, facts: Facts, params: Params, fresh_days: int | None, on: date) -> Finding:
        """Unknown while there are records that may not be read."""
        if not facts.left_out:
            return Finding(self.key, Result.PASS, "met")
        gone = facts.withdrawn & facts.left_out
        kinds = tuple(Evidence("record", kind.value) for kind in sorted(gone or facts.left_out))
        return Finding(self.key, Result.UNKNOWN, "withdrawn" if gone else "unauthorised", evidence=kinds)


def _limit(one: Loaded, fresh_days: int | None) -> int | None:
    """The stricter of the source's own limit (the register) and the rule's, in days."""
    return min((days for days in (one.days, fresh_days) if days is not None), default=None)


def _of_source(kind: CreditKind, one: Loaded, fresh_days: int | None, *, stale: bool) -> Evidence:
    value = _limit(one, fresh_days)
    return Evidence("source", kind.value, value, source=one.source, on=one.on, stale=stale)


def _levels_of(kind: CreditKind) -> tuple[Level, ...]:
    """Judgment debtors and the serious list are always serious, being listed for abnormal operation never is."""
    if kind in ALWAYS_SERIOUS:
        return ("serious",)
    return ("fail",) if kind is CreditKind.ABNORMAL_OPERATION else ("fail", "serious")


def is_serious(record: Record) -> bool:
    """Whether a record that counts is a serious one; being listed for abnormal operation never is."""
    if record.kind is CreditKind.ABNORMAL_OPERATION:
        return False
    return record.kind in ALWAYS_SERIOUS or record.severity is Severity.SERIOUS


def may_count(record: Record, on: date) -> bool:
    """Whether a record counts on ``on`` or will begin to by time alone: all others say nothing in a rating."""
    return counts_on(record, on) or _begins(record, on) is not None


def _begins(record: Record, on: date) -> date | None:
    """The later day on which a record that was decided for the future begins to count."""
    day = record.decided_on
    return day if day is not None and day > on and counts_on(record, day) else None


def _of_record(one: Filed) -> Evidence:
    record = one.record
    return Evidence(
        "record",
        record.kind.value,
        record.severity.value,
        source=record.source,
        number=record.record_no,
        authority=one.authority,
        on=record.decided_on,
        until=counts_until(record),
        disclosure=one.disclosure,
        disputed=bool(record.disputed),
    )
