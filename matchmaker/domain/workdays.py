"""Workdays from a calendar that someone imported; beyond it Monday to Friday counts, and says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Workdays:
    """``days``: date → is it a workday, for the dates of the imported calendar.

    A calendar covers a date when it has any entry in that date's year: entries may list only the exceptions
    (holidays and make-up Saturdays) of a year.
    """

    days: Mapping[date, bool] = field(default_factory=dict)

    def covers(self, day: date) -> bool:
        """Whether the calendar knows the year of ``day``."""
        return any(known.year == day.year for known in self.days)

    def is_workday(self, day: date) -> bool:
        """A workday by the calendar, or by Monday–Friday where the calendar says nothing."""
        known = self.days.get(day)
        return day.weekday() < 5 if known is None else known

    def next_workday(self, day: date) -> date:
        """The first workday after ``day``."""
        return self.add(day, 1)

    def add(self, day: date, count: int) -> date:
        """The ``count``-th workday after ``day`` (``count`` ≥ 0; 0 gives ``day``)."""
        while count > 0:
            day += ONE_DAY
            count -= self.is_workday(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Workdays after ``start`` up to and including ``end``; negative when ``end`` lies before ``start``."""
        if end < start:
            return -self.between(end, start)
        return sum(self.is_workday(start + timedelta(days=i)) for i in range(1, (end - start).days + 1))

    def first_of_week(self, day: date) -> date:
        """The first workday of the Monday–Sunday week of ``day``; Monday when the week has none."""
        monday = day - timedelta(days=day.weekday())
        return next((d for d in (monday + timedelta(days=i) for i in range(7)) if self.is_workday(d)), monday)
