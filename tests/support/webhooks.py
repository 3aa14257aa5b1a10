"""Endpoints and their deliveries, for tests of webhooks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database, new_public_id
from matchmaker.outbox.channels.webhook import WebhookChannel
from matchmaker.outbox.dispatch import Tally
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.delivery import Hooks, deliver
from matchmaker.outbox.webhooks.endpoints import give_secret
from matchmaker.outbox.webhooks.events import EVENTS, Happening, put_events
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEndpoint
from matchmaker.settings import Settings
from tests.support.accounts import SECRET

LOOPBACK = Settings(secret_key=SECRET, webhook_allow_nets="127.0.0.0/8", webhook_timeout=1)
"""Settings under which a sink on loopback may be reached; deliveries are given up after a second."""


def add_endpoint(
    database: Database,
    url: str,
    *,
    org_code: str | None = None,
    uscc: str | None = None,
    events: Iterable[str] = tuple(EVENTS),
    settings: Settings = LOOPBACK,
) -> tuple[WebhookEndpoint, str]:
    """An endpoint of nobody, of an organisation or of an enterprise, and its secret."""
    endpoint = WebhookEndpoint(
        public_id=new_public_id(), org_code=org_code, uscc=uscc, url=url, events=list(events),
        created_by="test", created_at=datetime.now(UTC),
    )  # fmt: skip
    secret = give_secret(endpoint, settings)
    with database.writing(SYSTEM) as session:
        session.add(endpoint)
    return endpoint, secret


def put(database: Database, endpoint: WebhookEndpoint, count: int = 1, *, at: datetime | None = None) -> list[str]:
    """So many events about leads; their public ids."""
    told = [(Happening("need.matched", "lead", new_public_id()), endpoint) for _ in range(count)]
    with database.writing(SYSTEM) as session:
        return put_events(session, told, now=at or datetime.now(UTC))


def send(
    database: Database,
    *,
    at: datetime | None = None,
    settings: Settings = LOOPBACK,
    hooks: Hooks | None = None,
    channel: WebhookChannel | None = None,
    limit: int | None = None,
) -> Tally:
    """Deliver what is due by ``at``, or by now."""
    return deliver(
        database, settings, hooks or Hooks(), now=lambda: at or datetime.now(UTC), channel=channel, limit=limit
    )


def message_of(database: Database, event_id: str) -> OutboxMessage:
    """The outbox's row of an event."""
    with database.reading(SYSTEM) as session:
        return session.scalars(select(OutboxMessage).where(OutboxMessage.window == event_id)).one()


def attempts(database: Database) -> list[WebhookAttempt]:
    """All attempts, the first one first."""
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(WebhookAttempt).order_by(WebhookAttempt.id)))


def reread(database: Database, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The endpoint as it stands now."""
    with database.reading(SYSTEM) as session:
        return session.get_one(WebhookEndpoint, endpoint.id)


def with_timeout(seconds: int) -> Settings:
    """``LOOPBACK`` with another deadline."""
    return replace(LOOPBACK, webhook_timeout=seconds)
