"""Runs of push windows, the items they tell (which are the inbox), leads, and the scheduler's sign of life."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    UniqueConstraint,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Open, Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.terms import Side
from matchmaker.lists.models import Contact, Need


def own_contacts(to: Viewer) -> Select[Any]:
    """Numbers of the contacts of the viewer's own side."""
    return select(Contact.contact_no).where(or_(to.owns(Contact.org_code), to.is_self(Contact.uscc)))


class PushRun(Base):
    """One window of one audience: planned, merged into a later one, or skipped with its reason.

    ``match_run_id`` names the stored matching that a planned run was made from; with it the run can be recomputed.
    ``left_out``: contact number → its choice at that moment (``DigestChoice``), of those who were not written to by it.
    ``calendar_warning``: years that the workday calendar did not know, as text.
    """

    __tablename__ = "push_run"
    __table_args__ = (
        UniqueConstraint("audience", "window_at"),
        CheckConstraint("state IN ('planned', 'skipped', 'merged')", name="state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    audience: Mapped[str] = mapped_column(String)
    window_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String)
    reason: Mapped[str | None] = mapped_column(String)
    match_run_id: Mapped[int | None] = mapped_column(Id)
    planned_at: Mapped[datetime] = mapped_column(UtcTime)
    left_out: Mapped[dict[str, str] | None] = mapped_column(JSON)
    calendar_warning: Mapped[str | None] = mapped_column(String)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, which plans them."""
        return to.is_side(Side.BUREAU)


class PushItem(Base):
    """One thing told to one person; a version of it reaches the person once, ever.

    ``item_version`` is a hash of what the person reads. ``kind`` and ``window`` are those of the message that shows
    it. ``state``: ``told``, or ``dropped`` where it had ended before the message left. The inbox is these rows.
    """

    __tablename__ = "push_item"
    __table_args__ = (
        UniqueConstraint("contact_no", "item_key", "item_version"),
        CheckConstraint("state IN ('told', 'dropped')", name="state"),
        Index("ix_push_item_message", "contact_no", "kind", "window"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_no: Mapped[str] = mapped_column(ForeignKey("contact.contact_no"))
    item_key: Mapped[str] = mapped_column(String)
    item_version: Mapped[str] = mapped_column(String)
    section: Mapped[str] = mapped_column(String)
    position: Mapped[int] = mapped_column(Integer)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    push_run_id: Mapped[int | None] = mapped_column(ForeignKey("push_run.id"))
    kind: Mapped[str] = mapped_column(String)
    window: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(String, default="told")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Each side what was told to its own people; a person's inbox is narrowed by the contact."""
        return cls.contact_no.in_(own_contacts(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The same: to mark it as read."""
        return cls.visible(by)


class Lead(Base):
    """A need shown to a bank: once per pair, counted in the month in which it was first shown.

    ``card`` is what the bank may know of it before consent (``accounts.disclosure``), with the product's own reasons;
    it stays as it was first told as long as the enterprise's entry does (``firm_version``). ``month``: ``2026-11``.
    An ended lead frees the need's place for another bank; it keeps the capacity it used.
    """

    __tablename__ = "lead"
    __table_args__ = (
        UniqueConstraint("need_no", "org_code"),
        Index("ix_lead_capacity", "product_code", "month"),
        Index("ix_lead_open", "org_code", sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, nullable=True, unique=True, index=True, default=new_public_id)
    need_no: Mapped[str] = mapped_column(ForeignKey("need.need_no"))
    org_code: Mapped[str] = mapped_column(ForeignKey("organisation.org_code"))
    card: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    firm_version: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    product_code: Mapped[str] = mapped_column(ForeignKey("product.product_code"))
    month: Mapped[str] = mapped_column(String)
    shown_at: Mapped[datetime] = mapped_column(UtcTime)
    due_on: Mapped[date] = mapped_column(Date)
    push_run_id: Mapped[int] = mapped_column(ForeignKey("push_run.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, the bank that was shown it, and the enterprise whose need it is."""
        mine = select(Need.need_no).where(to.is_self(Need.uscc))
        return or_(to.is_side(Side.BUREAU), to.owns(cls.org_code), cls.need_no.in_(mine))


class NoticeSetting(Base):
    """How often a contact wants the digest, where it has chosen; the contact's own number names it."""

    __tablename__ = "notice_setting"
    __table_args__ = (CheckConstraint("digest IN ('every', 'weekly', 'monthly', 'none')", name="digest"),)

    contact_no: Mapped[str] = mapped_column(ForeignKey("contact.contact_no"), primary_key=True)
    digest: Mapped[str] = mapped_column(String)
    """A ``DigestChoice``."""
    changed_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Each side those of its own people; the page shows a person its own alone."""
        return cls.contact_no.in_(own_contacts(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The same."""
        return cls.visible(by)


class SchedulerHeartbeat(Open, Base):
    """A scheduler process that is (or was) alive."""

    __tablename__ = "scheduler_heartbeat"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    """Host and process id."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    beat_at: Mapped[datetime] = mapped_column(UtcTime)
