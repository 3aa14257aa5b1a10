"""When each audience is addressed: windows, what to do with missed ones, quiet hours. Pure functions of given times."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.text import Text
from matchmaker.domain.workdays import ONE_DAY, Workdays

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_RULES = (*_WEEKDAYS, "DAILY", "WORKDAY", "FIRST_WORKDAY")
LONGEST_GAP = timedelta(days=370)
"""How far back a first window is looked for, and how far back missed ones are recorded."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """``rule``: a weekday, DAILY, WORKDAY or FIRST_WORKDAY (of the week); ``at``: local time."""

    rule: str
    at: time

    def holds_on(self, day: date, workdays: Workdays) -> bool:
        """Whether there is a window on ``day``."""
        if self.rule == "WORKDAY":
            return workdays.is_workday(day)
        if self.rule == "FIRST_WORKDAY":
            return workdays.first_of_week(day) == day
        return self.rule == "DAILY" or self.rule == _WEEKDAYS[day.weekday()]

    def on(self, day: date, zone: ZoneInfo) -> datetime:
        """The moment of the window on ``day``."""
        return datetime.combine(day, self.at, zone)


def parse_schedule(written: str, *, setting: str = "") -> Schedule:
    """Read ``TUE 09:30``, ``WORKDAY 08:30`` or ``FIRST_WORKDAY 09:00``; ConfigurationError naming the setting."""
    rule, _, clock = written.strip().upper().partition(" ")
    try:
        if rule not in _RULES:
            raise ValueError(rule)
        return Schedule(rule, time.fromisoformat(clock.strip()))
    except ValueError as error:
        raise ConfigurationError(
            Text(
                "设置 {setting} 的值「{written}」读不懂。写成“TUE 09:30”或“WORKDAY 08:30”。",
                'The setting {setting} is "{written}"; write it as TUE 09:30 or WORKDAY 08:30.',
            ),
            code="settings_value",
            setting=setting,
            written=written,
        ) from error


def schedule_text(schedule: Schedule) -> Text:
    """``每个工作日 08:30``."""
    days = {
        "DAILY": Text("每天", "each day"),
        "WORKDAY": Text("每个工作日", "each workday"),
        "FIRST_WORKDAY": Text("每周首个工作日", "the first workday of each week"),
        **{rule: Text(f"每{zh}", f"each {en}") for rule, zh, en in zip(_WEEKDAYS, _DAYS_ZH, _DAYS_EN, strict=True)},
    }
    day, at = days[schedule.rule], f"{schedule.at:%H:%M}"
    return Text(f"{day.zh} {at}", f"{day.en} at {at}")


_DAYS_ZH = tuple(f"周{day}" for day in "一二三四五六日")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Due:
    """What to do now: the window to run, earlier ones that it stands for, and those that are too old."""

    run: datetime | None = None
    merged: tuple[datetime, ...] = ()
    skipped: tuple[datetime, ...] = ()


def due_windows(
    schedule: Schedule, *, last: datetime | None, now: datetime, workdays: Workdays, zone: ZoneInfo, catch_up: timedelta
) -> Due:
    """Windows after ``last`` (the audience's latest window at or before ``now``) up to and including ``now``.

    With no ``last`` only the latest window counts. The newest is run unless it is older than ``catch_up``; others as
    young are merged into it, older ones skipped. All times are aware; after a step back of the clock nothing is due
    until the clock has passed ``last`` again.
    """
    found = _windows(schedule, last, now, workdays, zone)
    young = [w for w in found if now - w <= catch_up]
    skipped = tuple(w for w in found if now - w > catch_up)
    return Due(young[-1] if young else None, tuple(young[:-1]), skipped)


def _windows(
    schedule: Schedule, last: datetime | None, now: datetime, workdays: Workdays, zone: ZoneInfo
) -> list[datetime]:
    """Ascending."""
    earliest = max(last, now - LONGEST_GAP) if last else now - LONGEST_GAP
    found: list[datetime] = []
    day = now.astimezone(zone).date()
    while day >= earliest.astimezone(zone).date():
        window = schedule.on(day, zone)
        if schedule.holds_on(day, workdays) and earliest < window <= now:
            found.append(window)
            if last is None:
                break
        day -= ONE_DAY
    return found[::-1]


def next_window(schedule: Schedule, *, after: datetime, workdays: Workdays, zone: ZoneInfo) -> datetime:
    """The first window later than ``after``."""
    day = after.astimezone(zone).date()
    while not (schedule.holds_on(day, workdays) and schedule.on(day, zone) > after):
        day += ONE_DAY
    return schedule.on(day, zone)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From ``start`` to ``end`` and on days off nothing is sent; what was held goes out at ``held_until``."""

    start: time
    end: time
    held_until: time

    def release(self, moment: datetime, workdays: Workdays, zone: ZoneInfo) -> datetime:
        """``moment`` itself, or the moment at which a message held then goes out."""
        local = moment.astimezone(zone)
        day, clock = local.date(), local.time()
        if workdays.is_workday(day):
            if not self._is_quiet(clock):
                return moment
            if clock < self.held_until:
                return datetime.combine(day, self.held_until, zone)
        return datetime.combine(workdays.next_workday(day), self.held_until, zone)

    def _is_quiet(self, clock: time) -> bool:
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def uncovered_years(moments: list[datetime], workdays: Workdays, zone: ZoneInfo) -> tuple[int, ...]:
    """Years of these moments that the imported calendar does not know."""
    days = {moment.astimezone(zone).date() for moment in moments}
    return tuple(sorted({day.year for day in days if not workdays.covers(day)}))


CALENDAR_WARNING = Text(
    "工作日历没有 {years} 年，暂按周一至周五计。导入该年日历：flask registers import workdays FILE",
    "The workday calendar has no entries for {years}, so Monday to Friday counts. "
    "Import them: flask registers import workdays FILE",
)
