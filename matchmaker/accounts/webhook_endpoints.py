"""Who may have endpoints and what they do with them: made, rotated, switched off and on, removed, tried, sent again.

Every change stands in the audit, without the address's path (it may hold a secret) and without any secret.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, func, select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, new_public_id
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.outbox.webhooks import endpoints as steps
from matchmaker.outbox.webhooks.addresses import read_url
from matchmaker.outbox.webhooks.compose import Check
from matchmaker.outbox.webhooks.events import EVENTS
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from matchmaker.settings import Settings

MOST_ENDPOINTS = 20
"""Endpoints that one organisation or enterprise may have at a time."""


def events_for(side: Side) -> tuple[str, ...]:
    """The kinds of events that endpoints of a side may ask for."""
    return tuple(kind for kind, event in EVENTS.items() if side in event.sides)


def create_endpoint(
    session: ScopedSession, *, actor: Actor, url: str, events: Sequence[str], settings: Settings, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint of the actor's organisation or enterprise, and its secret, told this once.

    RejectedError for an address that cannot be used, no event or one that the side is not offered, or too many
    endpoints. Where the address leads is looked at when it is connected to, and by the caller beforehand.
    """
    permit(actor, "webhooks", now)
    if actor.org_code is None and actor.uscc is None:
        raise RejectedError(_NOBODYS, code="webhook_owner")
    read_url(url)
    _require_offered(actor, events)
    if (session.scalar(select(func.count(WebhookEndpoint.id)).where(is_kept())) or 0) >= MOST_ENDPOINTS:
        raise RejectedError(_TOO_MANY, code="webhook_count", most=MOST_ENDPOINTS)
    endpoint = WebhookEndpoint(
        public_id=new_public_id(), org_code=actor.org_code, uscc=None if actor.org_code else actor.uscc, url=url,
        events=sorted(set(events)), created_by=actor.who, created_at=now, version=1,
    )  # fmt: skip
    secret = steps.give_secret(endpoint, settings)
    session.add(endpoint)
    session.flush()
    _tell(session, actor, "webhook.created", endpoint, now, after={"host": _host(url), "events": endpoint.events})
    return endpoint, secret


def _require_offered(actor: Actor, events: Sequence[str]) -> None:
    offered = events_for(actor.side)
    if not events or set(events) - set(offered):
        raise RejectedError(_EVENTS, code="webhook_events", offered=", ".join(offered) or "--")


def endpoints(session: ScopedSession) -> Sequence[WebhookEndpoint]:
    """The endpoints that the session's actor sees, the newest first."""
    return session.scalars(select(WebhookEndpoint).where(is_kept()).order_by(WebhookEndpoint.id.desc())).all()


def find_endpoint(session: ScopedSession, public_id: str, *, version: int | None = None) -> WebhookEndpoint:
    """An endpoint that the session's actor sees; NotFoundError for others and removed ones.

    ``version``: that of the page a change comes from; ConflictError when the endpoint has moved on since.
    """
    query = select(WebhookEndpoint).where(WebhookEndpoint.public_id == public_id, is_kept())
    found = session.scalars(query.with_for_update() if version is not None else query).one_or_none()
    if found is None:
        raise NotFoundError(_NO_ENDPOINT, code="unknown_webhook")
    if version is not None and version != found.version:
        raise ConflictError(_MOVED_ON, code="version_conflict")
    return found


def is_kept() -> ColumnElement[bool]:
    """Whether an endpoint has not been removed."""
    return WebhookEndpoint.disabled_why.is_distinct_from("removed")


def rotate_secret(
    session: ScopedSession, *, actor: Actor, endpoint: WebhookEndpoint, settings: Settings, now: datetime
) -> str:
    """A new secret, told this once; the one of before still signs for 24 hours."""
    permit(actor, "webhooks", now)
    secret = steps.rotate(endpoint, settings, now=now)
    _tell(session, actor, "webhook.rotated", endpoint, now)
    return secret


def disable_endpoint(session: ScopedSession, *, actor: Actor, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Send nothing more; what waits is dropped, and events of the time are not kept."""
    permit(actor, "webhooks", now)
    if endpoint.disabled_at is None:
        with session.elevated():
            steps.switch_off(session, endpoint, "owner", now=now)
        _tell(session, actor, "webhook.disabled", endpoint, now, after={"why": "owner"})


def enable_endpoint(session: ScopedSession, *, actor: Actor, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Send again, from the next event on."""
    permit(actor, "webhooks", now)
    if endpoint.disabled_at is not None:
        before = {"why": endpoint.disabled_why}
        steps.switch_on(endpoint)
        _tell(session, actor, "webhook.enabled", endpoint, now, before=before)


def remove_endpoint(session: ScopedSession, *, actor: Actor, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Take it away with its secrets; its log stays in the database."""
    permit(actor, "webhooks", now)
    with session.elevated():
        steps.switch_off(session, endpoint, "removed", now=now)
        endpoint.secret, endpoint.previous_secret, endpoint.previous_until = "", None, None
    _tell(session, actor, "webhook.removed", endpoint, now, before={"host": _host(endpoint.url)})


def send_test(session: ScopedSession, *, actor: Actor, endpoint: WebhookEndpoint, now: datetime) -> str:
    """Have ``webhook.test`` sent; the event's public id. ConflictError where the endpoint is switched off."""
    permit(actor, "webhooks", now)
    _require_on(endpoint)
    with session.elevated():
        event_id = steps.put_test(session, endpoint, now=now)
    _tell(session, actor, "webhook.tested", endpoint, now, after={"event": event_id})
    return event_id


def send_delivery_again(
    session: ScopedSession,
    *,
    actor: Actor,
    endpoint: WebhookEndpoint,
    event_id: str,
    checks: Mapping[str, Check],
    now: datetime,
) -> None:
    """Have a delivery sent again under the same webhook-id; what it says is looked at anew before it leaves.

    ``checks``: kind of event → whether it still holds. NotFoundError for an event of another endpoint; ConflictError
    where the endpoint is off, it is being sent, or what it says no longer holds.
    """
    permit(actor, "webhooks", now)
    _require_on(endpoint)
    found = delivery_of(session, endpoint, event_id)
    with session.elevated():
        check = checks.get(found.event.kind)
        if check is not None and not check(session, found.event.subject_id, now):
            raise ConflictError(_ENDED, code="webhook_ended")
        if not steps.put_again(session, endpoint, found.message, now=now):
            raise ConflictError(_BEING_SENT, code="webhook_leased")
    _tell(session, actor, "webhook.resent", endpoint, now, after={"event": event_id})


def delivery_of(session: ScopedSession, endpoint: WebhookEndpoint, event_id: str) -> steps.Delivery:
    """The delivery of one event of the endpoint; NotFoundError."""
    found = steps.deliveries(session, endpoint, limit=1, event_id=event_id)
    if not found:
        raise NotFoundError(_NO_DELIVERY, code="unknown_delivery")
    return found[0]


def _require_on(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise ConflictError(_OFF, code="endpoint_off")


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _tell(
    session: ScopedSession,
    actor: Actor,
    action: str,
    endpoint: WebhookEndpoint,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    subject = f"webhook:{endpoint.public_id}"
    record_event(session, actor=actor, action=action, subject=subject, now=now, before=before, after=after)


_NOBODYS = Text(
    "推送地址属于一个机构或企业，您的账号不属于任何一个。请本单位的负责人来设置。",
    "An endpoint belongs to an organisation or an enterprise; your account is of neither. Ask someone of yours.",
)
_EVENTS = Text("请至少勾选一种事件；可选：{offered}。", "Choose at least one kind of event; there are: {offered}.")
_TOO_MANY = Text("推送地址最多 {most} 个。先删除不用的。", "There may be {most} endpoints. Remove one first.")
_NO_ENDPOINT = Text("没有这个推送地址。从推送地址列表重新进入。", "There is no such endpoint. Start from the list.")
_NO_DELIVERY = Text("没有这条推送记录。从推送记录重新进入。", "There is no such delivery. Start from the log.")
_MOVED_ON = Text("推送地址刚刚被改动，没有执行。刷新页面后再试。", "The endpoint has changed meanwhile. Reload it.")
_OFF = Text("推送地址已停用。先启用再发送。", "The endpoint is switched off. Enable it first.")
_ENDED = Text(
    "这件事已不再成立（授权已撤回、线索已结束或产品已下架），不能重发。原来的推送记录不变。",
    "What it says has ended (consent withdrawn, lead ended or product off the market), so it is not sent again. "
    "The log stays as it is.",
)
_BEING_SENT = Text("这一条正在发送。稍后再看结果。", "It is being sent right now. Look again in a moment.")
