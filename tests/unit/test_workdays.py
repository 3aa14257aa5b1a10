"""Workdays with and without a calendar."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.workdays import Workdays

CALENDAR = Workdays({date(2026, 5, 9): True, date(2026, 5, 1): False, date(2026, 10, 1): False})
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def test_make_up_saturdays_and_holidays() -> None:
    assert CALENDAR.is_workday(date(2026, 5, 9))
    assert not CALENDAR.is_workday(date(2026, 5, 10))
    assert not CALENDAR.is_workday(date(2026, 5, 1))
    assert CALENDAR.is_workday(date(2026, 4, 30))


def test_a_year_without_calendar_counts_monday_to_friday_and_says_so() -> None:
    assert CALENDAR.covers(date(2026, 12, 31))
    assert not CALENDAR.covers(date(2027, 1, 4))
    assert CALENDAR.is_workday(date(2027, 1, 4))
    assert not CALENDAR.is_workday(date(2027, 1, 2))


def test_counting() -> None:
    assert CALENDAR.next_workday(date(2026, 4, 30)) == date(2026, 5, 4)
    assert CALENDAR.between(date(2026, 5, 8), date(2026, 5, 11)) == 2
    assert CALENDAR.between(date(2026, 5, 11), date(2026, 5, 8)) == -2
    assert CALENDAR.first_of_week(date(2026, 5, 3)) == date(2026, 4, 27)


def test_first_of_week_after_a_holiday_and_in_a_week_without_workdays() -> None:
    week = date(2026, 10, 5)
    calendar = Workdays({week + timedelta(days=i): False for i in range(3)})
    assert calendar.first_of_week(week + timedelta(days=4)) == week + timedelta(days=3)
    empty = Workdays({week + timedelta(days=i): False for i in range(7)})
    assert empty.first_of_week(week + timedelta(days=2)) == week


@given(DAYS, st.integers(0, 30))
def test_adding_and_counting_agree(day: date, count: int) -> None:
    later = CALENDAR.add(day, count)
    assert CALENDAR.between(day, later) == count
    assert later == day or CALENDAR.is_workday(later)
