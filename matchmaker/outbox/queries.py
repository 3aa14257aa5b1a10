"""Reading the outbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.outbox.models import OutboxMessage


def counts_by_state(session: Session) -> dict[str, int]:
    """State → number of messages; states without a message are absent."""
    rows = session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state))
    return dict(rows.all())


def messages(
    session: Session, *, states: Sequence[str] = (), limit: int = 50, before_id: int | None = None
) -> Sequence[OutboxMessage]:
    """Messages, newest first; of the given states, or all. ``before_id`` continues a list."""
    query = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(limit)
    if states:
        query = query.where(OutboxMessage.state.in_(states))
    if before_id is not None:
        query = query.where(OutboxMessage.id < before_id)
    return session.scalars(query).all()


def messages_of(session: Session, kind: str, window: str) -> Sequence[OutboxMessage]:
    """The messages of one kind and window in the order of their contacts."""
    query = select(OutboxMessage).where(OutboxMessage.kind == kind, OutboxMessage.window == window)
    return session.scalars(query.order_by(OutboxMessage.contact_no, OutboxMessage.channel)).all()


def sent_between(session: Session, start: datetime, end: datetime) -> int:
    """Messages that a channel took in ``start`` ≤ time < ``end``."""
    table = OutboxMessage
    query = select(func.count()).where(table.state == "sent", table.sent_at >= start, table.sent_at < end)
    return session.execute(query).scalar_one()


def failed_between(session: Session, start: datetime, end: datetime) -> int:
    """Messages made in ``start`` ≤ time < ``end`` that stand as failed now."""
    table = OutboxMessage
    query = select(func.count()).where(table.state == "failed", table.created_at >= start, table.created_at < end)
    return session.execute(query).scalar_one()
