"""Planning of due windows: run, items, leads and messages in the caller's one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from matchmaker.db import Lock, insert_new
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.domain.workdays import Workdays
from matchmaker.lists.queries import load_workdays
from matchmaker.push.audiences import AUDIENCES, READERS, Audience
from matchmaker.push.choices import left_out
from matchmaker.push.items import Occasion, tell
from matchmaker.push.leads import RESPONSE_WORKDAYS
from matchmaker.push.models import PushRun
from matchmaker.push.receivers import receivers
from matchmaker.push.scene import Scene, load_scene
from matchmaker.push.windows import Quiet, Schedule, due_windows, parse_schedule, uncovered_years
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Planned:
    """One window and what became of it. ``items`` and ``messages`` are those that are new.

    ``left_out``: contact number → its choice, of those who were not written to by it.
    """

    audience: Audience
    window_at: datetime
    state: str
    reason: str | None
    calendar_warning: str | None
    items: int = 0
    messages: int = 0
    push_run_id: int | None = None
    not_before: datetime | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of its messages."""
        return READERS[self.audience].kind


def window_name(window_at: datetime, settings: Settings) -> str:
    """A window as messages and items name it: local time, ``2026-11-24T08:30``."""
    return window_at.astimezone(settings.zone).strftime("%Y-%m-%dT%H:%M")


def schedules(settings: Settings) -> dict[Audience, Schedule]:
    """When each audience is addressed; ConfigurationError for a setting that cannot be read."""
    return {
        audience: parse_schedule(getattr(settings, readers.kind), setting=readers.kind)
        for audience, readers in READERS.items()
    }


def quiet_of(settings: Settings) -> Quiet:
    """The hours in which nothing is sent."""
    return Quiet(settings.quiet_from, settings.quiet_until, settings.held_until)


def plan_due(
    session: Session, *, settings: Settings, now: datetime, audiences: Iterable[Audience] = tuple(AUDIENCES)
) -> list[Planned]:
    """Plan every window that is due by ``now`` and has no run yet.

    Of several missed windows of an audience the newest within ``catch_up_hours`` runs and the others are recorded as
    merged into it; older ones are recorded as skipped. A window runs once however many plan: whoever inserts its row
    plans it. ConflictError when another process is planning at this moment (PostgreSQL; SQLite's writers wait).
    """
    _lock(session)
    workdays = load_workdays(session)
    known = schedules(settings)
    planned: list[Planned] = []
    scene: Scene | None = None
    for audience in audiences:
        due = due_windows(
            known[audience],
            last=_last_window(session, audience, now),
            now=now,
            workdays=workdays,
            zone=settings.zone,
            catch_up=timedelta(hours=settings.catch_up_hours),
        )
        record = _Recorder(session, settings, audience, now, workdays)
        too_old = f"older_than_hours: {settings.catch_up_hours}"
        planned += filter(None, (record(window, "skipped", too_old) for window in due.skipped))
        if due.run is None:
            continue
        into = f"merged_into: {window_name(due.run, settings)}"
        planned += filter(None, (record(window, "merged", into) for window in due.merged))
        run = record(due.run, "planned", None)
        if run is None:
            continue
        scene = scene or load_scene(session, settings=settings, now=now, workdays=workdays)
        planned.append(_run(session, scene, run))
    return planned


def _lock(session: Session) -> None:
    if session.get_bind().dialect.name != "postgresql":
        return
    if not session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": Lock.PUSH.value}).scalar_one():
        raise ConflictError(
            Text("另一个推送任务正在运行。等它结束后再试。", "Another push run is active. Try again afterwards."),
            code="push_running",
        )


def _last_window(session: Session, audience: str, now: datetime) -> datetime | None:
    known = (PushRun.audience == audience) & (PushRun.window_at <= now)
    return session.scalar(select(func.max(PushRun.window_at)).where(known))


@dataclass(frozen=True, slots=True)
class _Recorder:
    """Writes the row of a window; None where another process has it."""

    session: Session
    settings: Settings
    audience: Audience
    now: datetime
    workdays: Workdays

    def __call__(self, window: datetime, state: str, reason: str | None) -> Planned | None:
        years = uncovered_years([window, *self._ahead()], self.workdays, self.settings.zone)
        row: dict[str, Any] = {
            "audience": self.audience,
            "window_at": window,
            "state": state,
            "reason": reason,
            "planned_at": self.now,
            "calendar_warning": ", ".join(map(str, years)) or None,
        }
        made = insert_new(self.session, PushRun, [row], PushRun.id)
        if not made:
            return None
        return Planned(self.audience, window, state, reason, row["calendar_warning"], push_run_id=made[0])

    def _ahead(self) -> list[datetime]:
        """The moments that the calendar decides from here: now, when it goes out, when a bank's answer is due."""
        out = quiet_of(self.settings).release(self.now, self.workdays, self.settings.zone)
        day = self.workdays.add(out.astimezone(self.settings.zone).date(), RESPONSE_WORKDAYS)
        due = datetime.combine(day, time(), self.settings.zone)
        return [self.now, out, due] if self.audience == "bank" else [self.now, out]


def _run(session: Session, scene: Scene, run: Planned) -> Planned:
    settings = scene.settings
    occasion = Occasion(
        push_run_id=run.push_run_id,
        kind=run.kind,
        window=window_name(run.window_at, settings),
        now=scene.now,
        not_before=quiet_of(settings).release(scene.now, scene.workdays, settings.zone),
    )
    row = session.get_one(PushRun, run.push_run_id)
    row.match_run_id = scene.run.id
    people = receivers(session, run.audience)
    day = run.window_at.astimezone(settings.zone).date()
    without = left_out(session, kind=run.kind, day=day, contacts={person.contact_no for person in people})
    row.left_out = dict(without) or None
    # Also of those who are left out: leads are given to a bank whether or not its people want mail about them.
    told = READERS[run.audience].tell(session, scene, occasion, run.window_at, people)
    items, messages = tell(session, occasion, ((p, some) for p, some in told if p.contact_no not in without))
    return Planned(
        run.audience, run.window_at, run.state, run.reason, run.calendar_warning,
        items, messages, run.push_run_id, occasion.not_before, without,
    )  # fmt: skip
