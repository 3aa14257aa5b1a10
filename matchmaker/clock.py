"""Time is a dependency: whoever needs the hour is given a clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Now = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""

SHANGHAI = ZoneInfo("Asia/Shanghai")


def system_now() -> datetime:
    """The machine's present moment."""
    return datetime.now(UTC)


def local(moment: datetime, zone: ZoneInfo = SHANGHAI) -> datetime:
    """The moment as shown to people."""
    return moment.astimezone(zone)


def today(now: Now, zone: ZoneInfo = SHANGHAI) -> date:
    """The calendar day in ``zone``."""
    return local(now(), zone).date()
