"""Writing webhooks just before they are sent: what has ended meanwhile does not leave, nor anything but public ids."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.outbox.webhooks.models import WebhookEndpoint, WebhookEvent
from matchmaker.settings import Settings
from matchmaker.vault import unseal

Check = Callable[[Session, str, datetime], bool]
"""From a subject's public id to whether what an event says of it still holds."""

SUBJECTS: dict[str, tuple[str, str]] = {
    "lead": ("lead_", "/api/v1/leads/"),
    "consent": ("cons_", "/api/v1/consents/"),
    "referral": ("ref_", "/api/v1/referrals/"),
    "product": ("prod_", "/api/v1/products/"),
    "guarantee": ("guar_", "/api/v1/guarantees/"),
    "webhook": ("hook_", "/api/v1/webhooks/"),
}
"""Kind of subject → how the API's ids of it begin, and where the receiver, with its own key, reads what it may see."""


@dataclass(frozen=True, slots=True)
class Post:
    """A webhook on its way: what the outbox keeps of it, and what it never does (address and secrets)."""

    held: Claimed
    body: Body
    event_id: int
    endpoint_id: int
    url: str
    keys: tuple[str, ...]
    failing_since: datetime | None

    def failing_for(self, now: datetime) -> timedelta:
        """How long the endpoint had been failing when this left."""
        return now - self.failing_since if self.failing_since else timedelta(0)


def events_of(session: Session, held: Sequence[Claimed]) -> Mapping[str, tuple[WebhookEvent, WebhookEndpoint]]:
    """The event and the endpoint of each message, by the event's public id."""
    rows = session.execute(
        select(WebhookEvent, WebhookEndpoint)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookEvent.endpoint_id)
        .where(WebhookEvent.public_id.in_([one.window for one in held]))
    )
    return {event.public_id: (event, endpoint) for event, endpoint in rows}


def write_post(
    session: Session,
    held: Claimed,
    event: WebhookEvent,
    endpoint: WebhookEndpoint,
    *,
    checks: Mapping[str, Check],
    settings: Settings,
    now: datetime,
) -> Post | Nothing:
    """The webhook of an event, or why it no longer leaves: the endpoint is off, or what it says has ended.

    Raises ConfigurationError where the endpoint's secret cannot be opened.
    """
    if endpoint.disabled_at is not None:
        return Nothing("endpoint_off")
    check = checks.get(event.kind)
    if check is not None and not check(session, event.subject_id, now):
        return Nothing("nothing_left")
    body = Body(held.contact_no, None, event.kind, thin_body(event, settings), "")
    return Post(
        held, body, event.id, endpoint.id, endpoint.url, keys_of(endpoint, settings, now), endpoint.failing_since
    )


def thin_body(event: WebhookEvent, settings: Settings) -> str:
    """JSON ``{type, timestamp, data: {id, kind, link}}``: public ids alone, so nothing is disclosed by it."""
    prefix, path = SUBJECTS[event.subject_kind]
    shown = prefix + event.subject_id
    data = {"id": shown, "kind": event.subject_kind, "link": f"{settings.public_url.rstrip('/')}{path}{shown}"}
    stamp = event.happened_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": event.kind, "timestamp": stamp, "data": data}, separators=(",", ":"))


def keys_of(endpoint: WebhookEndpoint, settings: Settings, now: datetime) -> tuple[str, ...]:
    """The secrets to sign with, the newest first: two of them within 24 hours of a rotation."""
    kept = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > now:
        kept.append(endpoint.previous_secret)
    return tuple(unseal(settings, one, purpose(endpoint.public_id)) for one in kept)


def purpose(public_id: str) -> str:
    """What an endpoint's secret is bound to in the vault."""
    return f"webhook {public_id}"
