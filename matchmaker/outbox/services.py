"""Putting messages into the outbox, and the guarded steps by which they leave it. The caller owns the transaction."""

import hashlib
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, bindparam, select, text, update
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.db import insert_new
from matchmaker.outbox.envelope import Body, Claimed
from matchmaker.outbox.models import LEASED, WAITING, OutboxMessage
from matchmaker.outbox.webhooks.models import CHANNEL

FIRST_DELAY = timedelta(seconds=60)
LONGEST_DELAY = timedelta(hours=1)
JITTER = 0.2
_CHUNK = 500
_LOG = logging.getLogger(__name__)
_TABLE = cast(Table, OutboxMessage.__table__)
CLAIMED = tuple(getattr(OutboxMessage, name) for name in Claimed.__slots__)
"""The columns of a :class:`Claimed`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent: to whom, by which channel, of which kind, for which window, and not before when."""

    contact_no: str
    channel: str
    kind: str
    window: str
    name: str
    address: str | None
    not_before: datetime


def message_id(contact_no: str, channel: str, kind: str, window: str) -> str:
    """The id that every copy of a message carries: 40 hexadecimal digits, the same for the same message for ever."""
    return hashlib.sha256("\n".join((contact_no, channel, kind, window)).encode()).hexdigest()[:40]


def enqueue(session: Session, drafts: Sequence[Draft], *, now: datetime) -> int:
    """Add messages; one that is there already (same contact, channel, kind and window) stays as it is.

    Returns how many are new. They are sent only if the caller commits.
    """
    rows = [
        {
            **{name: getattr(draft, name) for name in Draft.__slots__},
            "message_id": message_id(draft.contact_no, draft.channel, draft.kind, draft.window),
            "state": "waiting",
            "attempt": 0,
            "failures": 0,
            "created_at": now,
        }
        for draft in drafts
    ]
    return len(insert_new(session, OutboxMessage, rows, OutboxMessage.id))


def database_time(session: Session) -> datetime:
    """The database's own moment: leases of all workers are measured by one clock."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment
    said = session.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


def release_leases(session: Session, *, orphaned: bool = False) -> int:
    """Give back messages whose lease has run out, or all leased ones where every holder is known to be dead."""
    table = OutboxMessage
    ended = update(table).where(LEASED)
    if not orphaned:
        ended = ended.where(table.lease_until <= database_time(session))
    return _rows(session.execute(ended.values(state="waiting", last_error="lease_lost")))


def claim(session: Session, channel: str, *, now: datetime, lease: timedelta, limit: int) -> list[Claimed]:
    """Lease up to ``limit`` messages of a channel that are due, the longest due first."""
    table = OutboxMessage
    due = (
        select(table.id)
        .where(WAITING, table.channel == channel, table.not_before <= now)
        .order_by(table.not_before, table.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    if not ids:
        return []
    session.execute(
        update(table)
        .where(table.id.in_(ids))
        .values(state="leased", attempt=table.attempt + 1, lease_until=database_time(session) + lease)
        .execution_options(synchronize_session=False)
    )
    found = session.execute(select(*CLAIMED).where(table.id.in_(ids)).order_by(table.not_before, table.id))
    return [Claimed(*row) for row in found]


def keep_body(session: Session, held: Claimed, body: Body) -> bool:
    """Store what is about to be sent; False when the lease was lost meanwhile."""
    return _finish(
        session, held,
        name=body.name, address=body.address, subject=body.subject, text=body.text, html=body.html,
    )  # fmt: skip


def mark_sent(session: Session, held: Claimed, *, now: datetime) -> bool:
    """The channel has taken it."""
    return _finish(session, held, state="sent", sent_at=now, lease_until=None, last_error=None)


def mark_failed(session: Session, held: Claimed, reason: str) -> bool:
    """It will not go through; an operator sees the reason and may send it again."""
    return _finish(session, held, state="failed", lease_until=None, last_error=reason)


def mark_dropped(session: Session, held: Claimed, reason: str) -> bool:
    """There is nothing left to tell."""
    return _finish(session, held, state="dropped", lease_until=None, last_error=reason)


def put_off(
    session: Session,
    held: Claimed,
    reason: str | None,
    *,
    now: datetime,
    attempts: int,
    own_fault: bool,
    wait: timedelta | None = None,
) -> bool:
    """Try again later, after ``wait`` or a growing, jittered delay; failed after ``attempts`` faults of its own.

    ``reason`` None: it was never tried, so the claim does not count and it is due at once. A fault that is not the
    message's own (the server is down) is put off as long as needed.
    """
    if reason is None:
        return _finish(session, held, state="waiting", lease_until=None, attempt=held.attempt - 1)
    failures = held.failures + own_fault
    if own_fault and failures >= attempts:
        return _finish(session, held, state="failed", lease_until=None, failures=failures, last_error=reason)
    return _finish(
        session, held, state="waiting", lease_until=None, failures=failures, last_error=reason,
        not_before=now + (wait or delay(held.attempt)),
    )  # fmt: skip


def delay(attempt: int) -> timedelta:
    """How long to wait after the ``attempt``-th try: doubling from one minute to one hour, ± 20 %."""
    plain = min(FIRST_DELAY * 2 ** min(attempt - 1, 10), LONGEST_DELAY)
    jittered: timedelta = plain * random.uniform(1 - JITTER, 1 + JITTER)
    return jittered


def hold(session: Session, *, now: datetime, until: datetime) -> int:
    """Let what people would read by ``now`` wait; how many messages. Webhooks go to machines at any hour."""
    table = OutboxMessage
    due = update(table).where(WAITING, table.not_before <= now, table.channel != CHANNEL).values(not_before=until)
    return _rows(session.execute(due.execution_options(synchronize_session=False)))


def withdraw_messages(session: Session, kind: str, window: str, reason: str) -> int:
    """Stop the messages of a kind and window that have not left, and blank what was kept of those that have.

    For what may no longer be told to anybody; whoever holds one finds it gone just before sending. How many stopped.
    """
    table = OutboxMessage
    mine = update(table).where(table.kind == kind, table.window == window)
    session.execute(mine.values(text=None, html=None))
    open_ones = mine.where(table.state.in_(("waiting", "leased", "failed")))
    return _rows(session.execute(open_ones.values(state="dropped", lease_until=None, last_error=reason)))


def still_held(session: Session, held: Claimed) -> bool:
    """Whether this claim holds the message still: nobody has stopped it or taken it over."""
    column = _TABLE.c
    mine = (column.id == held.id) & (column.attempt == held.attempt) & (column.state == "leased")
    return session.connection().execute(select(column.id).where(mine)).first() is not None


def send_again(
    session: Session, message_ids: Sequence[str] | None, *, actor: Actor, now: datetime, dry_run: bool = False
) -> list[str]:
    """Put failed messages back in line, the given ones or all; they keep their message id. Which ones.

    ``actor`` asked for it and stands in the log; with ``dry_run`` nothing is changed.
    """
    table = OutboxMessage
    failed = select(table.message_id).where(table.state == "failed").order_by(table.id)
    if message_ids is not None:
        failed = failed.where(table.message_id.in_(message_ids))
    if dry_run:
        return list(session.scalars(failed))
    found = list(session.scalars(failed.with_for_update()))
    for start in range(0, len(found), _CHUNK):
        some = (table.state == "failed") & table.message_id.in_(found[start : start + _CHUNK])
        session.execute(update(table).where(some).values(state="waiting", failures=0, not_before=now))
    _LOG.info("%s puts %d failed messages back in line", actor.who, len(found))
    return found


_MINE = (_TABLE.c.id == bindparam("held_id")) & (_TABLE.c.attempt == bindparam("held_attempt"))
_GUARDED = update(_TABLE).where(_MINE, _TABLE.c.state == "leased")
"""Changes a message only while a claim holds it. Core, and built once: it runs twice for every message."""


def _finish(session: Session, held: Claimed, **values: Any) -> bool:
    """Set ``values`` while this claim holds the message; whether it did."""
    guard = {"held_id": held.id, "held_attempt": held.attempt}
    return _rows(session.connection().execute(_GUARDED, guard | values)) == 1


def _rows(result: Any) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
