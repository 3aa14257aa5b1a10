"""Runs of push windows, the items they tell (which are the inbox), leads, and the scheduler's sign of life."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Base, UtcTime
from matchmaker.lists.entry import Id


class PushRun(Base):
    """One window of one audience: planned, merged into a later one, or skipped with its reason.

    ``match_run_id`` names the stored matching that a planned run was made from; with it the run can be recomputed.
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
    calendar_warning: Mapped[str | None] = mapped_column(String)


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


class Lead(Base):
    """A need shown to a bank: once per pair, counted in the month in which it was first shown.

    ``month``: ``2026-11``. An ended lead frees the need's place for another bank; it keeps the capacity it used.
    """

    __tablename__ = "lead"
    __table_args__ = (
        UniqueConstraint("need_no", "org_code"),
        Index("ix_lead_capacity", "product_code", "month"),
        Index("ix_lead_open", "org_code", sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    need_no: Mapped[str] = mapped_column(ForeignKey("need.need_no"))
    org_code: Mapped[str] = mapped_column(ForeignKey("organisation.org_code"))
    product_code: Mapped[str] = mapped_column(ForeignKey("product.product_code"))
    month: Mapped[str] = mapped_column(String)
    shown_at: Mapped[datetime] = mapped_column(UtcTime)
    due_on: Mapped[date] = mapped_column(Date)
    push_run_id: Mapped[int] = mapped_column(ForeignKey("push_run.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SchedulerHeartbeat(Base):
    """A scheduler process that is (or was) alive."""

    __tablename__ = "scheduler_heartbeat"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    """Host and process id."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    beat_at: Mapped[datetime] = mapped_column(UtcTime)
