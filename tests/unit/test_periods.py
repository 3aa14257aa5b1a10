"""Whole months as the criteria count them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.periods import add_months, whole_months

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2024, 1, 31), date(2024, 2, 29), 1),  # the last day of a shorter month
        (date(2024, 1, 31), date(2024, 2, 28), 0),
        (date(2023, 1, 31), date(2023, 2, 28), 1),
        (date(2023, 11, 30), date(2026, 11, 30), 36),
        (date(2023, 12, 1), date(2026, 11, 30), 35),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        (date(2026, 11, 30), date(2026, 11, 29), -1),
    ],
)
def test_whole_months(start: date, end: date, months: int) -> None:
    assert whole_months(start, end) == months


@given(DAYS, DAYS)
def test_whole_months_is_the_last_month_that_has_come(start: date, end: date) -> None:
    months = whole_months(start, end)
    assert add_months(start, months) <= end < add_months(start, months + 1)


@given(DAYS, st.integers(-240, 240))
def test_adding_months_keeps_the_day_or_takes_the_months_last(start: date, months: int) -> None:
    later = add_months(start, months)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == months
    assert later.day == start.day or (later.day < start.day and add_months(later, 0).day >= 28)
