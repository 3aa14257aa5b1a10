"""Which webhooks go next: of each endpoint the one that has been due longest, the endpoints in turn."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Integer, Select, bindparam, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from matchmaker.db import Id, UtcTime
from matchmaker.outbox.envelope import Claimed
from matchmaker.outbox.models import LEASED, WAITING, WAITING_WEBHOOK, OutboxMessage
from matchmaker.outbox.services import CLAIMED, database_time
from matchmaker.outbox.webhooks.models import CHANNEL, WebhookEndpoint


def claim_in_turn(
    session: Session, *, after: int, now: datetime, lease: timedelta, limit: int
) -> tuple[list[Claimed], int]:
    """Lease up to ``limit`` messages, one of each endpoint, going on behind the endpoint ``after``; who was last.

    An endpoint that is being written to (by whatever process) or is paused is passed over. Each look is an index
    probe of one endpoint, so a long backlog of one costs nothing.
    """
    wanted = {"now": now, "after": after, "most": limit}
    found = session.execute(_heads(behind=True), wanted).all()
    if len(found) < limit:
        found = [*found, *session.execute(_heads(behind=False), wanted | {"most": limit - len(found)}).all()]
    if not found:
        return [], after
    return _lease(session, [row.message for row in found], lease), found[-1].endpoint


@cache
def _heads(*, behind: bool) -> Select[int, int]:
    """(endpoint, message): the oldest due message of each endpoint that is free, in the order of the endpoints.

    Parameters: ``now``; ``after``, and whether those behind it or those up to it are meant; ``most``. Built once.
    """
    now, after = bindparam("now", type_=UtcTime), bindparam("after", type_=Id)
    due, busy = aliased(OutboxMessage), aliased(OutboxMessage)
    contact = literal(f"{CHANNEL}:") + WebhookEndpoint.public_id
    oldest = (
        select(due.id)
        .where(WAITING_WEBHOOK, due.contact_no == contact, due.not_before <= now)
        .order_by(due.not_before, due.id)
        .limit(1)
        .scalar_subquery()
    )
    writing_to = select(busy.contact_no).where(LEASED, busy.channel == CHANNEL)
    free = or_(WebhookEndpoint.paused_until.is_(None), WebhookEndpoint.paused_until <= now)
    return (
        select(WebhookEndpoint.id.label("endpoint"), oldest.label("message"))
        .where(WebhookEndpoint.id > after if behind else WebhookEndpoint.id <= after)
        .where(free, contact.not_in(writing_to), oldest.is_not(None))
        .order_by(WebhookEndpoint.id)
        .limit(bindparam("most", type_=Integer))
    )


def _lease(session: Session, ids: list[int], lease: timedelta) -> list[Claimed]:
    """Those of the messages that nobody else took meanwhile."""
    table = OutboxMessage
    free = select(table.id).where(table.id.in_(ids), WAITING).with_for_update(skip_locked=True)
    taken = (
        update(table)
        .where(table.id.in_(session.scalars(free).all()))
        .values(state="leased", attempt=table.attempt + 1, lease_until=database_time(session) + lease)
        .returning(*CLAIMED)
        .execution_options(synchronize_session=False)
    )
    return [Claimed(*row) for row in session.execute(taken)]
