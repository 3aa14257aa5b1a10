"""The tables of rating: rule sets, ratings that are never changed, overrides, appeals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Date, ForeignKey, Index, String, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.terms import Side

_GOES_ON = "state = 'confirmed' AND ended_at IS NULL"
LEAST_REASON = 10
"""Characters that the reason of an override has at least (EXPERIENCE.md U-2)."""


class RatingRules(Base):
    """One version of the rules: draft → released by another person → retired when the next is released.

    ``rules``: what ``scoring.rating.ruleset`` reads. ``note``: why it was made. ``made_by``: who saved it last,
    ``authors``: everybody who did. No two versions are released at once.
    """

    __tablename__ = "rating_rules"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'released', 'retired')", name="state"),
        CheckConstraint("released_by IS NULL OR released_by <> made_by", name="two_persons"),
        CheckConstraint("(state = 'draft') = (released_by IS NULL)", name="released"),
        Index("uq_rating_rules_released", "state", unique=True, sqlite_where=text("state = 'released'"),
              postgresql_where=text("state = 'released'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    rules_version: Mapped[str] = mapped_column(String, unique=True)
    state: Mapped[str] = mapped_column(String, default="draft")
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String)
    made_by: Mapped[str] = mapped_column(String)
    authors: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    released_by: Mapped[str | None] = mapped_column(String)
    released_at: Mapped[datetime | None] = mapped_column(UtcTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau; everybody who does business the rules that are or were in force."""
        business = to.is_side(Side.ENTERPRISE, Side.BANK, Side.GUARANTOR)
        return or_(to.is_side(Side.BUREAU), business & (cls.state != "draft"))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau."""
        return by.is_side(Side.BUREAU)


class Rating(Base):
    """What the machine found on one day; never changed or removed by the application.

    ``facts``: everything it rests on, ``results``: what each rule said; ``digest``: SHA-256 over facts, rules, day and
    results, so that whoever computes it anew must come to the same. ``valid_to``: the last day on which time alone
    changes no result or ends the override. ``consent``: public id of the consent under which authorised records were
    read. ``override``: public id of the override of an earlier rating whose grade counts for this one too.
    ``erase_on``: when the first adverse record in it may no longer be kept (《征信业管理条例》 article 16).
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="grade"),
        CheckConstraint("as_of <= valid_to", name="validity"),
        Index("ix_rating_uscc_as_of", "uscc", "as_of"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    rating_no: Mapped[str] = mapped_column(String, unique=True)
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"))
    as_of: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    grade: Mapped[str] = mapped_column(String)
    rules_version: Mapped[str] = mapped_column(ForeignKey("rating_rules.rules_version"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    results: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String)
    algorithm: Mapped[str] = mapped_column(String)
    consent: Mapped[str | None] = mapped_column(String)
    override: Mapped[str | None] = mapped_column(String)
    cause: Mapped[str] = mapped_column(String)
    erase_on: Mapped[date] = mapped_column(Date, index=True)
    made_by: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself; others learn it through the gate of disclosure."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))


class RatingOverride(Base):
    """Another grade than the machine's, for a reason, once a second person has confirmed it.

    ``valid_to``: its last day; it outlives its rating (``carrying``). ``ended_at``: it ended before, ``ended_why``:
    ``replaced`` by another one, ``worse`` by the machine's own grade. An enterprise has one that has not ended.
    """

    __tablename__ = "rating_override"
    __table_args__ = (
        CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="grade"),
        CheckConstraint("state IN ('asked', 'confirmed', 'refused')", name="state"),
        CheckConstraint("decided_by IS NULL OR decided_by <> made_by", name="two_persons"),
        CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decided"),
        CheckConstraint(f"length(reason) >= {LEAST_REASON}", name="reason"),
        Index("uq_rating_override_asked", "rating_no", unique=True, sqlite_where=text("state = 'asked'"),
              postgresql_where=text("state = 'asked'")),
        Index("uq_rating_override_confirmed", "uscc", unique=True, sqlite_where=text(_GOES_ON),
              postgresql_where=text(_GOES_ON)),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    rating_no: Mapped[str] = mapped_column(ForeignKey("rating.rating_no"))
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    grade: Mapped[str] = mapped_column(String)
    reason: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(String, default="asked")
    made_by: Mapped[str] = mapped_column(String)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_by: Mapped[str | None] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    valid_to: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_why: Mapped[str | None] = mapped_column(String)
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau; the enterprise once it has been confirmed."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc) & (cls.state == "confirmed"))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau."""
        return by.is_side(Side.BUREAU)


class RatingAppeal(Base):
    """An enterprise's objection to its rating; the answer brings a new rating. ``due_on``: answered by then."""

    __tablename__ = "rating_appeal"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'adopted', 'refused')", name="state"),
        CheckConstraint("(state = 'open') = (answered_by IS NULL)", name="answered"),
        Index("uq_rating_appeal_open", "rating_no", unique=True, sqlite_where=text("state = 'open'"),
              postgresql_where=text("state = 'open'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    rating_no: Mapped[str] = mapped_column(ForeignKey("rating.rating_no"))
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    about: Mapped[str] = mapped_column(String)
    due_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String, default="open")
    answer: Mapped[str | None] = mapped_column(String)
    answered_by: Mapped[str | None] = mapped_column(String)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    new_rating_no: Mapped[str | None] = mapped_column(String)
    made_by: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself."""
        return cls.owned(to)

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The enterprise, which appeals, and the bureau, which answers."""
        return or_(by.is_side(Side.BUREAU), by.is_self(cls.uscc))
