"""What happens to endpoints and deliveries, whoever asks for it: switching, rotating, sending a test, sending again.

Who may ask stands in ``accounts.webhook_endpoints``; the sender itself switches off what fails for too long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, aliased

from matchmaker.outbox.models import WAITING_WEBHOOK, OutboxMessage
from matchmaker.outbox.webhooks.compose import purpose
from matchmaker.outbox.webhooks.events import TEST, Happening, put_events
from matchmaker.outbox.webhooks.models import CHANNEL, WebhookAttempt, WebhookEndpoint, WebhookEvent, contact_of
from matchmaker.outbox.webhooks.signing import new_secret
from matchmaker.settings import Settings
from matchmaker.vault import seal

_CHUNK = 400
BOTH_SECRETS = timedelta(hours=24)
"""How long the secret of before still signs after a rotation."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event of an endpoint, its message in the outbox and the latest attempt (None: not tried yet)."""

    event: WebhookEvent
    message: OutboxMessage
    attempt: WebhookAttempt | None
    attempts: int


def switch_off(session: Session, endpoint: WebhookEndpoint, why: str, *, now: datetime) -> None:
    """Write to it no more; what waits is dropped. ``why``: a code of ``DISABLED_WHY``."""
    endpoint.disabled_at, endpoint.disabled_why = now, why
    endpoint.version += 1
    table = OutboxMessage
    waiting = WAITING_WEBHOOK, table.contact_no == contact_of(endpoint)
    ids = session.scalars(select(table.id).where(*waiting)).all()
    dropped = update(table).where(*waiting).values(state="dropped", last_error="endpoint_off")
    session.execute(dropped.execution_options(synchronize_session=False))
    keep_past(session, ids)


def keep_past(session: Session, ids: Sequence[int]) -> None:
    """What has arrived once stays sent, whatever becomes of sending it again: its attempts and ``last_error`` say."""
    table = OutboxMessage
    arrived = (table.sent_at.is_not(None), table.state.in_(("failed", "dropped")))
    for start in range(0, len(ids), _CHUNK):
        some = update(table).where(table.id.in_(ids[start : start + _CHUNK]), *arrived).values(state="sent")
        session.execute(some.execution_options(synchronize_session=False))


def switch_on(endpoint: WebhookEndpoint) -> None:
    """Write to it again, from the next event on."""
    endpoint.disabled_at = endpoint.disabled_why = endpoint.failing_since = endpoint.paused_until = None
    endpoint.version += 1


def give_secret(endpoint: WebhookEndpoint, settings: Settings) -> str:
    """A new secret, told this once; ConfigurationError without a ``secret_key``."""
    secret = new_secret()
    endpoint.secret = seal(settings, secret, purpose(endpoint.public_id))
    return secret


def rotate(endpoint: WebhookEndpoint, settings: Settings, *, now: datetime) -> str:
    """A new secret, told this once; for 24 hours deliveries carry the signatures of both."""
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, now + BOTH_SECRETS
    endpoint.version += 1
    return give_secret(endpoint, settings)


def put_test(session: Session, endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """Send ``webhook.test`` at once, whatever the endpoint asked for; the event's public id."""
    endpoint.paused_until = None
    return put_events(session, [(Happening(TEST, CHANNEL, endpoint.public_id), endpoint)], now=now)[0]


def put_again(session: Session, endpoint: WebhookEndpoint, message: OutboxMessage, *, now: datetime) -> bool:
    """Put a delivery back in line under the same webhook-id; False while it is being sent. When it came stays."""
    endpoint.paused_until = None
    table = OutboxMessage
    mine = update(table).where(table.id == message.id, table.state != "leased")
    done = session.execute(
        mine.values(state="waiting", failures=0, not_before=now, last_error=None)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def log_of(endpoint: WebhookEndpoint) -> Select[Any]:
    """What was sent to an endpoint, or waits for it: rows for ``Delivery``, without an order."""
    tried = aliased(WebhookAttempt)
    of_event = tried.event_id == WebhookEvent.id
    newest = select(func.max(tried.id)).where(of_event).scalar_subquery()
    count = select(func.count(tried.id)).where(of_event).scalar_subquery()
    return (
        select(WebhookEvent, OutboxMessage, WebhookAttempt, count)
        .join(OutboxMessage, OutboxMessage.window == WebhookEvent.public_id)
        .outerjoin(WebhookAttempt, WebhookAttempt.id == newest)
        .where(WebhookEvent.endpoint_id == endpoint.id, OutboxMessage.contact_no == contact_of(endpoint))
    )


def deliveries(
    session: Session, endpoint: WebhookEndpoint, *, limit: int, offset: int = 0, event_id: str | None = None
) -> Sequence[Delivery]:
    """The deliveries of an endpoint, newest first; only that of one event where ``event_id`` names it."""
    query = log_of(endpoint).order_by(WebhookEvent.id.desc()).limit(limit).offset(offset)
    if event_id is not None:
        query = query.where(WebhookEvent.public_id == event_id)
    return [Delivery(*row) for row in session.execute(query)]


def count_endpoints(session: Session) -> dict[str, int]:
    """How many are on, how many of those are failing, and how many were switched off without their owner."""
    endpoint, on = WebhookEndpoint, WebhookEndpoint.disabled_at.is_(None)
    counts = {
        "on": on,
        "failing": on & endpoint.failing_since.is_not(None),
        "off": endpoint.disabled_why.in_(("gone", "failing")),
    }
    return {name: session.scalar(select(func.count(endpoint.id)).where(rule)) or 0 for name, rule in counts.items()}


def attempts_of(session: Session, event: WebhookEvent) -> Sequence[WebhookAttempt]:
    """Every try to deliver an event, the first one first."""
    mine = select(WebhookAttempt).where(WebhookAttempt.event_id == event.id)
    return session.scalars(mine.order_by(WebhookAttempt.id)).all()
