"""When windows are due, what becomes of missed ones, and what is held over night: CONTRACT.md, RELIABILITY.md R17."""

import os
import time as clock
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.clock import SHANGHAI
from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.workdays import Workdays
from matchmaker.push.windows import Due, Quiet, Schedule, due_windows, next_window, parse_schedule, uncovered_years

ENTERPRISE = parse_schedule("TUE 09:30")
BANK = parse_schedule("WORKDAY 08:30")
BUREAU = parse_schedule("FIRST_WORKDAY 09:00")
QUIET = Quiet(time(20), time(8), time(8, 30))
DAY = timedelta(hours=24)
CALENDAR = Workdays(
    {
        date(2026, 5, 1): False,
        date(2026, 5, 4): False,
        date(2026, 5, 5): False,
        date(2026, 5, 9): True,
        date(2026, 10, 1): False,
    }
)
"""The holiday of May 2026 and its make-up Saturday."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    days = st.dates(date(first, 1, 1), date(last, 12, 31))
    return st.builds(datetime.combine, days, st.times(), st.just(SHANGHAI))


def due(schedule: Schedule, now: str, last: str | None = None, workdays: Workdays = CALENDAR) -> Due:
    previous = at(last) if last else None
    return due_windows(schedule, last=previous, now=at(now), workdays=workdays, zone=SHANGHAI, catch_up=DAY)


@pytest.fixture(params=["Europe/London", "America/New_York", "Asia/Shanghai"])
def _host_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    clock.tzset()
    yield
    monkeypatch.undo()
    os.environ.pop("TZ", None)
    clock.tzset()


@pytest.mark.parametrize("written", ["", "TUE", "TUE 25:00", "TUESDAY 09:30", "09:30", "FUN 09:30"])
def test_a_schedule_that_cannot_be_read_names_its_setting(written: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_schedule(written, setting="bank_digest")
    assert "bank_digest" in caught.value.say("zh")
    assert "bank_digest" in caught.value.say("en")


@pytest.mark.usefixtures("_host_zone")
def test_first_start_runs_only_the_latest_window() -> None:
    assert due(ENTERPRISE, "2026-11-24T09:30") == Due(at("2026-11-24T09:30"))
    assert due(BANK, "2026-11-24T09:30") == Due(at("2026-11-24T08:30"))
    assert due(BUREAU, "2026-11-23T09:00") == Due(at("2026-11-23T09:00"))


def test_a_window_is_due_from_its_very_minute() -> None:
    assert due(ENTERPRISE, "2026-11-24T09:29", last="2026-11-17T09:30") == Due()
    assert due(ENTERPRISE, "2026-11-24T09:30", last="2026-11-17T09:30").run == at("2026-11-24T09:30")
    assert due(ENTERPRISE, "2026-11-24T09:30", last="2026-11-24T09:30") == Due()


def test_missed_windows_become_one_and_old_ones_are_skipped() -> None:
    found = due(BANK, "2026-11-26T09:00", last="2026-11-20T08:30")
    assert found.run == at("2026-11-26T08:30")
    assert found.merged == ()
    assert found.skipped == (at("2026-11-23T08:30"), at("2026-11-24T08:30"), at("2026-11-25T08:30"))
    daily = due(parse_schedule("DAILY 08:30"), "2026-11-26T08:30", last="2026-11-24T08:30")
    assert daily == Due(at("2026-11-26T08:30"), (at("2026-11-25T08:30"),), ())


def test_a_window_of_exactly_24_hours_ago_is_caught_up_and_one_minute_more_is_not() -> None:
    assert due(ENTERPRISE, "2026-11-25T09:30").run == at("2026-11-24T09:30")
    assert due(ENTERPRISE, "2026-11-25T09:31") == Due(None, (), (at("2026-11-24T09:30"),))


def test_make_up_saturday_is_a_window_and_the_sunday_after_is_none() -> None:
    assert due(BANK, "2026-05-09T08:30", last="2026-05-08T08:30").run == at("2026-05-09T08:30")
    assert due(BANK, "2026-05-10T08:30", last="2026-05-09T08:30") == Due()
    assert due(BUREAU, "2026-05-06T09:00").run == at("2026-05-06T09:00")


def test_without_a_calendar_monday_to_friday_counts_and_says_so() -> None:
    assert due(BANK, "2027-01-04T08:30").run == at("2027-01-04T08:30")
    assert due(BANK, "2027-01-03T08:30", last="2027-01-01T08:30") == Due()
    assert uncovered_years([at("2026-12-31T23:59"), at("2027-01-04T08:30")], CALENDAR, SHANGHAI) == (2027,)
    assert uncovered_years([at("2026-05-09T08:30")], CALENDAR, SHANGHAI) == ()


def test_year_end_and_leap_day() -> None:
    assert due(BANK, "2027-01-01T09:00", last="2026-12-31T08:30").run == at("2027-01-01T08:30")
    assert due(ENTERPRISE, "2028-02-29T10:00", last="2028-02-22T09:30").run == at("2028-02-29T09:30")
    assert next_window(ENTERPRISE, after=at("2026-12-29T09:30"), workdays=CALENDAR, zone=SHANGHAI) == at(
        "2027-01-05T09:30"
    )


def test_after_a_step_back_of_the_clock_nothing_repeats() -> None:
    """The caller gives the latest window at or before now; with none the day's window is known by its row."""
    assert due(BANK, "2026-11-24T10:30", last="2026-11-24T08:30") == Due()
    assert due(BANK, "2026-11-24T08:30", last="2026-11-24T08:30") == Due()


def test_a_year_asleep_records_at_most_a_year() -> None:
    found = due(BANK, "2026-11-24T08:30", last="2020-01-02T08:30")
    assert found.run == at("2026-11-24T08:30")
    assert 250 < len(found.skipped) < 275


@given(moments(2024, 2029), st.integers(0, 40 * 24 * 60))
def test_stepping_through_time_in_any_steps_gives_each_window_once(begin: datetime, minutes: int) -> None:
    """Whatever the steps, the windows found are those of one big step; run, merged or skipped, none twice."""
    end = begin + timedelta(minutes=minutes)
    whole = due_windows(BANK, last=begin, now=end, workdays=CALENDAR, zone=SHANGHAI, catch_up=DAY)
    seen: list[datetime] = []
    last, now = begin, begin
    while now < end:
        now = min(now + timedelta(hours=7), end)
        step = due_windows(BANK, last=last, now=now, workdays=CALENDAR, zone=SHANGHAI, catch_up=DAY)
        found = [*step.skipped, *step.merged, *([step.run] if step.run else [])]
        seen += found
        last = found[-1] if found else last
    assert seen == [*whole.skipped, *whole.merged, *([whole.run] if whole.run else [])]


@pytest.mark.parametrize(
    ("moment", "released"),
    [
        ("2026-11-24T09:30", "2026-11-24T09:30"),
        ("2026-11-24T08:00", "2026-11-24T08:00"),
        ("2026-11-24T07:59", "2026-11-24T08:30"),
        ("2026-11-24T19:59", "2026-11-24T19:59"),
        ("2026-11-24T20:00", "2026-11-25T08:30"),
        ("2026-11-27T23:00", "2026-11-30T08:30"),
        ("2026-05-09T08:30", "2026-05-09T08:30"),
        ("2026-05-10T08:30", "2026-05-11T08:30"),
        ("2026-05-01T10:00", "2026-05-06T08:30"),
        ("2027-01-02T10:00", "2027-01-04T08:30"),
    ],
)
def test_quiet_hours_and_days_off_hold_until_the_next_workday(moment: str, released: str) -> None:
    assert QUIET.release(at(moment), CALENDAR, SHANGHAI) == at(released)


@given(moments(2026, 2027))
def test_what_is_released_is_never_quiet_and_never_earlier(given_at: datetime) -> None:
    released = QUIET.release(given_at, CALENDAR, SHANGHAI)
    local = released.astimezone(SHANGHAI)
    assert released >= given_at
    assert time(8) <= local.time() < time(20)
    assert CALENDAR.is_workday(local.date())
    assert QUIET.release(released, CALENDAR, SHANGHAI) == released
