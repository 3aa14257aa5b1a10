"""Where organisations want to be told, and what became of each attempt to tell them."""

from datetime import datetime

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, Integer, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text

CHANNEL = "webhook"
"""The outbox's channel of all webhooks; who is written to is ``webhook:<public id of the endpoint>``."""

DISABLED_WHY: dict[str, Text] = {
    "owner": Text("已由您停用", "disabled by its owner"),
    "gone": Text("对方系统答复 410，不再接收", "the other system answered 410: it takes no more"),
    "failing": Text("连续 5 天投递失败，已自动停用", "disabled after failing for five days"),
    "removed": Text("已删除", "removed"),
}
"""Why an endpoint is not written to: code → words."""


class WebhookEndpoint(Base):
    """An address of an organisation's or an enterprise's own system that wants to hear of events.

    ``secret`` and, during a rotation, ``previous_secret`` until ``previous_until``, are kept encrypted.
    ``failing_since``: the first failure since the last success. ``paused_until``: nothing is sent before, because it
    failed, was slow or asked for it. ``disabled_why``: a code of ``DISABLED_WHY``; a removed one keeps its log.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    org_code: Mapped[str | None] = mapped_column(ForeignKey("organisation.org_code"), index=True)
    uscc: Mapped[str | None] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    url: Mapped[str] = mapped_column(String)
    events: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(String)
    previous_secret: Mapped[str | None] = mapped_column(String)
    previous_until: Mapped[datetime | None] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    disabled_why: Mapped[str | None] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer, default=1)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Its owner, and the system administrator (an address is no business data)."""
        return or_(to.is_side(Side.SYSTEM), to.owns(cls.org_code), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """Its owner."""
        return or_(by.owns(cls.org_code), by.is_self(cls.uscc))


def contact_of(endpoint: WebhookEndpoint) -> str:
    """How the outbox names the endpoint."""
    return f"{CHANNEL}:{endpoint.public_id}"


class WebhookEvent(Base):
    """Something that happened which an endpoint is told: what, about which thing, and whose it is.

    Nothing of an enterprise stands here but public ids; the body is written when it is sent.
    """

    __tablename__ = "webhook_event"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    endpoint_id: Mapped[int] = mapped_column(Id, ForeignKey("webhook_endpoint.id"), index=True)
    kind: Mapped[str] = mapped_column(String)
    subject_kind: Mapped[str] = mapped_column(String)
    subject_id: Mapped[str] = mapped_column(String)
    happened_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Whoever sees the endpoint."""
        seen = select(WebhookEndpoint.id).where(WebhookEndpoint.visible(to))
        return cls.endpoint_id.in_(seen)


class WebhookAttempt(Base):
    """One attempt to deliver: when, what came back, how long it took."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("ix_webhook_attempt_event", "event_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    event_id: Mapped[int] = mapped_column(Id, ForeignKey("webhook_event.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    status: Mapped[int | None] = mapped_column(Integer)
    milliseconds: Mapped[int] = mapped_column(Integer)
    fault: Mapped[str | None] = mapped_column(String)
    answer: Mapped[str | None] = mapped_column(String)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Whoever sees the event."""
        return cls.event_id.in_(select(WebhookEvent.id).where(WebhookEvent.visible(to)))
