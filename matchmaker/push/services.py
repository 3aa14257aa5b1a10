"""The use cases of push: run what is due, show what would be said, list and resend messages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.actor import SYSTEM
from matchmaker.clock import Now
from matchmaker.db import Database
from matchmaker.domain.terms import DigestChoice
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.channels.table import make_channels
from matchmaker.outbox.dispatch import Tally, dispatch
from matchmaker.outbox.envelope import Body, Claimed, ComposeError, reason_text
from matchmaker.outbox.models import STATES, OutboxMessage
from matchmaker.outbox.queries import messages_of
from matchmaker.outbox.services import hold
from matchmaker.push.audiences import AUDIENCES, Audience
from matchmaker.push.compose import compose, composers
from matchmaker.push.leads import RESPONSE_WORKDAYS
from matchmaker.push.models import PushItem
from matchmaker.push.planning import Planned, plan_due, quiet_of, schedules, window_name
from matchmaker.push.receivers import count_unreached
from matchmaker.push.windows import CALENDAR_WARNING, next_window
from matchmaker.settings import Settings

ALL: tuple[Audience, ...] = tuple(AUDIENCES)

WINDOW_STATES: dict[str, Text] = {
    "planned": Text("已推送", "pushed"),
    "merged": Text("已并入后一个窗口", "merged into a later window"),
    "skipped": Text("已跳过", "skipped"),
}

_REASONS = {
    "older_than_hours": Text("已过去超过 {value} 小时，不再补发", "more than {value} hours ago, too late to catch up"),
    "merged_into": Text("并入 {value} 的窗口", "merged into the window of {value}"),
}


def window_reason(stored: str | None) -> Text:
    """Why a window was merged or skipped, as ``push_run.reason`` stores it, in words; blank for None."""
    code, _, value = (stored or "").partition(": ")
    known = _REASONS.get(code, Text("", ""))
    return Text(known.zh.format(value=value), known.en.format(value=value))


def banks_answer_by(session: Session, settings: Settings, after: datetime) -> tuple[datetime, date]:
    """When a need of this moment is first told to banks, and the workday by which they answer."""
    workdays, zone = load_workdays(session), settings.zone
    window = next_window(schedules(settings)["bank"], after=after, workdays=workdays, zone=zone)
    told = quiet_of(settings).release(window, workdays, zone)
    return told, workdays.add(told.astimezone(zone).date(), RESPONSE_WORKDAYS)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a run as a person or a programme reads it. ``text`` only in a preview."""

    message_id: str
    audience: str
    contact_no: str
    name: str
    channel: str
    address: str | None
    state: str
    subject: str | None
    not_before: datetime
    reason: str | None
    items: tuple[str, ...]
    text: str | None = None

    def to_json(self, settings: Settings, lang: Lang) -> dict[str, Any]:
        """The object of ``flask push … --json``."""
        return {
            "message_id": self.message_id,
            "audience": self.audience,
            "contact_no": self.contact_no,
            "name": self.name,
            "channel": self.channel,
            "address": self.address,
            "state": self.state,
            "state_label": STATES[self.state].say(lang),  # type: ignore[index]
            "reason": reason_text(self.reason).say(lang) or None,
            "not_before": self.not_before.astimezone(settings.zone).isoformat(),
            "subject": self.subject,
            "items": list(self.items),
            **({"text": self.text} if self.text is not None else {}),
        }


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a run did or a preview would do. ``tally`` is None where nothing was dispatched; ``unreached``: people who
    sign in but are no contact and so are told nothing."""

    at: datetime
    windows: Sequence[Planned]
    messages: Sequence[Message] = ()
    tally: Tally | None = None
    next_windows: dict[Audience, datetime] = field(default_factory=dict)
    unreached: int = 0

    def to_json(self, settings: Settings, lang: Lang) -> dict[str, Any]:
        """The document of ``flask push run --json``."""
        return {
            "at": self.at.astimezone(settings.zone).isoformat(),
            "dry_run": self.tally is None,
            "windows": [_window_json(window, settings, lang) for window in self.windows],
            "messages": [message.to_json(settings, lang) for message in self.messages],
            "dispatch": self.tally and {
                "sent": self.tally.sent,
                "waiting": self.tally.waiting,
                "failed": self.tally.failed,
                "dropped": self.tally.dropped,
                "down": {name: reason_text(why).say(lang) for name, why in self.tally.down.items()},
            },
            "people_without_contact": self.unreached,
            "next_windows": {name: window_name(at, settings) for name, at in self.next_windows.items()},
        }  # fmt: skip


def _window_json(window: Planned, settings: Settings, lang: Lang) -> dict[str, Any]:
    years = window.calendar_warning
    return {
        "audience": window.audience,
        "window": window_name(window.window_at, settings),
        "state": window.state,
        "reason": window_reason(window.reason).say(lang) or None,
        "calendar_warning": CALENDAR_WARNING.say(lang, years=years) if years else None,
        "items": window.items,
        "messages": window.messages,
        "not_before": window.not_before and window.not_before.astimezone(settings.zone).isoformat(),
        "left_out": [
            {"contact_no": number, "choice": choice, "label": DigestChoice.of(choice).label.say(lang)}
            for number, choice in window.left_out.items()
        ],
    }


def send_due(
    database: Database, settings: Settings, *, now: Now, stopping: Callable[[], bool] = lambda: False
) -> Tally:
    """Send every message that is due by ``now()``; in quiet hours nothing, what is due then waits for their end."""
    with database.reading(SYSTEM) as session:
        workdays = load_workdays(session)
    quiet = quiet_of(settings)

    def in_quiet() -> bool:
        moment = now()
        return quiet.release(moment, workdays, settings.zone) > moment

    if in_quiet():
        moment = now()
        with database.writing(SYSTEM) as session:
            return Tally(waiting=hold(session, now=moment, until=quiet.release(moment, workdays, settings.zone)))
    return dispatch(
        database, make_channels(settings), composers(settings), now=now, settings=settings,
        stopping=lambda: stopping() or in_quiet(),
    )  # fmt: skip


def run_push(database: Database, settings: Settings, *, now: Now, audiences: Iterable[Audience] = ALL) -> PushReport:
    """Plan what is due (one transaction), send what is due, and report.

    Safe to repeat and to end at any point: a window runs once, an item reaches a person once, a mail that was in
    flight is sent again under the same id. ConflictError when another run is planning.
    """
    at, chosen = now(), tuple(audiences)
    with database.writing(SYSTEM) as session:
        planned = plan_due(session, settings=settings, now=at, audiences=chosen)
    tally = send_due(database, settings, now=now)
    with database.reading(SYSTEM) as session:
        return PushReport(
            at, planned, _messages(session, planned, settings), tally, next_windows(session, settings, at),
            count_unreached(session, chosen),
        )  # fmt: skip


def preview_push(
    database: Database, settings: Settings, *, now: Now, audiences: Iterable[Audience] = ALL
) -> PushReport:
    """What :func:`run_push` would say to whom; nothing is kept and nothing is sent."""
    at, chosen = now(), tuple(audiences)
    with database.writing(SYSTEM) as session:
        planned = plan_due(session, settings=settings, now=at, audiences=chosen)
        shown = [_composed(session, message, settings) for message in _messages(session, planned, settings)]
        following = next_windows(session, settings, at)
        unreached = count_unreached(session, chosen)
        session.rollback()
    return PushReport(at, planned, shown, None, following, unreached)


def _composed(session: Session, message: Message, settings: Settings) -> Message:
    row = session.execute(select(OutboxMessage).where(OutboxMessage.message_id == message.message_id)).scalar_one()
    held = Claimed(row.id, 0, 0, row.contact_no, row.channel, row.kind, row.window, row.message_id)
    try:
        body = compose(settings, session, held, message.not_before)
    except ComposeError as error:
        return Message(**{**_fields(message), "state": "failed", "reason": f"compose: {error}"})
    if isinstance(body, Body):
        return Message(**{**_fields(message), "subject": body.subject, "text": body.text})
    return Message(**{**_fields(message), "state": "dropped", "reason": body.reason})


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in Message.__slots__}


def _messages(session: Session, planned: Sequence[Planned], settings: Settings) -> list[Message]:
    found: list[Message] = []
    for window in planned:
        if window.state != "planned":
            continue
        name = window_name(window.window_at, settings)
        items = _item_keys(session, window.kind, name)
        found += [
            Message(
                message_id=row.message_id,
                audience=window.audience,
                contact_no=row.contact_no,
                name=row.name,
                channel=row.channel,
                address=row.address,
                state=row.state,
                subject=row.subject,
                not_before=row.not_before,
                reason=row.last_error,
                items=tuple(items.get(row.contact_no, ())),
            )
            for row in messages_of(session, window.kind, name)
        ]
    return found


def _item_keys(session: Session, kind: str, window: str) -> dict[str, list[str]]:
    mine = (PushItem.kind == kind) & (PushItem.window == window) & (PushItem.state == "told")
    rows = session.execute(
        select(PushItem.contact_no, PushItem.item_key).where(mine).order_by(PushItem.contact_no, PushItem.position)
    )
    found: dict[str, list[str]] = {}
    for contact_no, key in rows:
        found.setdefault(contact_no, []).append(key)
    return found


def next_windows(session: Session, settings: Settings, after: datetime) -> dict[Audience, datetime]:
    """The first window of each audience later than ``after``."""
    workdays = load_workdays(session)
    return {
        audience: next_window(schedule, after=after, workdays=workdays, zone=settings.zone)
        for audience, schedule in schedules(settings).items()
    }


def inbox_of(session: Session, contact_no: str, *, limit: int = 50) -> Sequence[PushItem]:
    """A person's inbox, newest first; items that had ended before they were sent are not in it."""
    mine = (PushItem.contact_no == contact_no) & (PushItem.state == "told")
    newest = select(PushItem).where(mine).order_by(PushItem.id.desc()).limit(limit)
    return session.scalars(newest).all()
