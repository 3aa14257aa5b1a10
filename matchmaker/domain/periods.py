"""Months between dates, as the criteria count them (CONTRACT.md section 3)."""

import calendar
from datetime import date


def add_months(start: date, months: int) -> date:
    """The same day number ``months`` later, or the last day of a shorter month."""
    total = start.year * 12 + start.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def whole_months(start: date, end: date) -> int:
    """Whole months from ``start`` to ``end``; a month is whole on the same day number or a shorter month's last day.

    Negative when ``end`` lies before ``start``.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1
