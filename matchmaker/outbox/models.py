"""The table of messages to send."""

from datetime import datetime
from typing import Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    Integer,
    String,
    UniqueConstraint,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, UtcTime
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.outbox.webhooks.models import CHANNEL, WebhookEndpoint

State = Literal["waiting", "leased", "sent", "failed", "dropped"]

STATES: dict[State, Text] = {
    "waiting": Text("等待发送", "waiting"),
    "leased": Text("正在发送", "being sent"),
    "sent": Text("已发送", "sent"),
    "failed": Text("发送失败", "failed"),
    "dropped": Text("不再发送", "dropped"),
}
"""Life of a message: waiting → leased → sent, failed or dropped; a temporary fault leads back to waiting."""

WAITING = text("state = 'waiting'")
LEASED = text("state = 'leased'")
WAITING_WEBHOOK = text("state = 'waiting' AND channel = 'webhook'")
"""Written out, not bound: only then can a database see that a query falls under a partial index."""


class OutboxMessage(Base):
    """One message to one person by one channel.

    ``attempt`` grows with every claim and is the fence of the finishing update; ``failures`` counts only the faults of
    the message itself, so a server that is down for a week parks nothing. ``message_id`` is URL-safe and the same in
    every copy that is ever sent. Subject and bodies are those of the latest composition.
    """

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    contact_no: Mapped[str] = mapped_column(String)
    channel: Mapped[str] = mapped_column(String)
    kind: Mapped[str] = mapped_column(String)
    window: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(String, default="waiting")
    not_before: Mapped[datetime] = mapped_column(UtcTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    message_id: Mapped[str] = mapped_column(String, unique=True)
    name: Mapped[str] = mapped_column(String)
    address: Mapped[str | None] = mapped_column(String)
    subject: Mapped[str | None] = mapped_column(String)
    text: Mapped[str | None] = mapped_column(String)
    html: Mapped[str | None] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When its receiver marked it as read in the application."""
    last_error: Mapped[str | None] = mapped_column(String)
    """``code`` or ``code: detail``; ``envelope.reason_text`` makes a sentence of it."""

    __table_args__ = (
        UniqueConstraint("contact_no", "channel", "kind", "window"),
        CheckConstraint("state IN ('waiting', 'leased', 'sent', 'failed', 'dropped')", name="state"),
        Index(
            "ix_outbox_message_claim", "channel", "not_before", "id",
            sqlite_where=WAITING, postgresql_where=WAITING,
        ),
        Index(
            "ix_outbox_message_endpoint", "contact_no", "not_before", "id",
            sqlite_where=WAITING_WEBHOOK, postgresql_where=WAITING_WEBHOOK,
        ),
        Index("ix_outbox_message_lease", "lease_until", sqlite_where=LEASED, postgresql_where=LEASED),
        Index("ix_outbox_message_kind_window", "kind", "window"),
        Index("ix_outbox_message_sent_at", "sent_at"),
    )  # fmt: skip

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau's operators, who see to it that messages arrive; a webhook's also whoever sees the endpoint."""
        endpoints = select(literal(f"{CHANNEL}:") + WebhookEndpoint.public_id).where(WebhookEndpoint.visible(to))
        return or_(to.is_side(Side.BUREAU), (cls.channel == CHANNEL) & cls.contact_no.in_(endpoints))
