"""Until when a credit record counts, and by when a dispute of one is answered."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matchmaker.domain.credit_terms import CreditNature, Deadline, dispute_due, repair_due
from matchmaker.domain.terms import CreditKind, Severity
from matchmaker.domain.workdays import Workdays
from matchmaker.scoring.facts import Record
from matchmaker.scoring.records import counts_on
from matchmaker.scoring.standing import standing_on

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
MAYBE = st.none() | DAYS
RECORDS = st.builds(
    Record,
    st.just("法院"),
    st.just("C1"),
    st.sampled_from(CreditKind),
    st.sampled_from(Severity),
    occurred_on=MAYBE,
    decided_on=MAYBE,
    ended_on=MAYBE,
    publish_until=MAYBE,
    repaired_on=MAYBE,
)


def record(kind: str = "ADMIN_PENALTY", severity: str = "GENERAL", **dates: Any) -> Record:
    return Record("法院", "C1", CreditKind(kind), Severity(severity), **{"decided_on": date(2026, 1, 31), **dates})


@given(RECORDS, DAYS, st.none() | st.integers(-3, 1_200))
def test_it_stops_counting_on_the_first_day_on_which_it_does_not_count(
    found: Record, on: date, after: int | None
) -> None:
    """``after``: so many days after the decision, where there is one, so that many of them count."""
    on = on if after is None or found.decided_on is None else found.decided_on + timedelta(days=after)
    standing = standing_on(found, on)
    assert standing.counts is counts_on(found, on)
    assert standing.why.zh and standing.why.en and "{" not in standing.why.zh + standing.why.en
    if standing.until is None:
        assert not standing.counts or all(counts_on(found, on + timedelta(days=far)) for far in (1, 365, 10_000))
        return
    assert standing.until > on and not counts_on(found, standing.until)
    assert all(counts_on(found, on + timedelta(days=d)) for d in range((standing.until - on).days))


@pytest.mark.parametrize(
    ("found", "until", "why"),
    [
        (record(), date(2027, 1, 31), "12 个月"),
        (record(severity="SERIOUS"), date(2029, 1, 31), "36 个月"),
        (record(kind="JUDGMENT_DEBTOR", severity="NONE"), date(2029, 1, 31), "36 个月"),
        (record(publish_until=date(2028, 5, 1)), date(2028, 5, 1), "公示截止"),
        (record(publish_until=date(2040, 1, 1), ended_on=date(2026, 2, 28)), date(2031, 2, 28), "最长 5 年"),
        (record(repaired_on=date(2026, 12, 1)), date(2026, 12, 1), "修复"),
        (record(kind="ABNORMAL_OPERATION", severity="NONE"), None, "一直计入"),
        (record(kind="ABNORMAL_OPERATION", ended_on=date(2026, 12, 5)), date(2026, 12, 5), "移出"),
    ],
)
def test_the_rule_is_said_in_words(found: Record, until: date | None, why: str) -> None:
    standing = standing_on(found, date(2026, 11, 30))
    assert (standing.counts, standing.until) == (True, until) and why in standing.why.zh


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (record(kind="HONOUR"), "荣誉"),
        (record(severity="MINOR"), "轻微"),
        (record(decided_on=None), "没有决定日期"),
        (record(decided_on=date(2026, 12, 1)), "自 2026-12-01 决定之日起计入"),
        (record(repaired_on=date(2026, 11, 30)), "自 2026-11-30 起不再计入：按修复日期"),
        (record(decided_on=date(2025, 11, 30)), "自 2026-11-30 起不再计入"),
    ],
)
def test_why_it_does_not_count_is_said_in_words(found: Record, why: str) -> None:
    standing = standing_on(found, date(2026, 11, 30))
    assert not standing.counts and standing.until is None and why in standing.why.zh


@given(st.none() | st.sampled_from(CreditNature), DAYS)
@example(CreditNature.OWN, date(2026, 12, 31))
def test_a_dispute_is_due_within_both_laws(nature: CreditNature | None, on: date) -> None:
    workdays = Workdays()
    due = dispute_due(nature, on, workdays)
    assert on < due.on <= on + timedelta(days=20) and workdays.is_workday(due.on)
    if nature is not CreditNature.AGENCY:
        assert workdays.between(on, due.on) == (3 if nature is CreditNature.OWN else 7)


def test_where_the_holidays_are_long_the_twenty_days_come_first() -> None:
    on = date(2026, 2, 1)
    closed = Workdays({on + timedelta(days=d): False for d in range(1, 18)})
    due = dispute_due(CreditNature.PUBLIC, on, closed)
    assert due.rule is Deadline.AGENCY and due.on == date(2026, 2, 20)


def test_a_repair_is_due_in_seven_workdays() -> None:
    due = repair_due(date(2026, 11, 24), Workdays())
    assert (due.on, due.rule) == (date(2026, 12, 3), Deadline.REPAIR)
