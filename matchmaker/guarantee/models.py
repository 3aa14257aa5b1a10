"""The standing rating of an enterprise, versioned so that a past matching reads it as it stood, and the scorecards."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ColumnElement, Index, String, UniqueConstraint, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.kinds import Code, Day, KeyText, UsccCode
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, column


class EnterpriseRating(Entry, Base):
    """What an enterprise is rated now; how it came about stands with the rating of that number."""

    __tablename__ = "enterprise_rating"
    kind_name: ClassVar[str] = "ratings"
    label: ClassVar[Text] = Text("信用评级", "ratings")

    uscc: Mapped[str] = column(UsccCode(), "统一社会信用代码", "USCC", required=True, key=True, sensitivity="identity")
    grade: Mapped[Grade] = column(Code(terms=Grade), "信用等级", "grade", required=True, sensitivity="business")
    rating_no: Mapped[str] = column(KeyText(), "评级编号", "rating number", required=True)
    rated_on: Mapped[date] = column(Day(), "评级日期", "rated on", required=True)
    valid_to: Mapped[date] = column(Day(), "有效期至", "valid to", required=True)

    __table_args__ = (UniqueConstraint("uscc"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself; others learn it by the gate of disclosure or from a certificate."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))


class FittedCard(Base):
    """One scorecard of the city: fitted as a draft → released by another person → retired when the next is released.

    ``document``: ``scoring.scorecard.stored.to_json``, sealed by its checksum. No two cards are released at once.
    """

    __tablename__ = "scorecard"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'released', 'retired')", name="state"),
        CheckConstraint("released_by IS NULL OR released_by <> made_by", name="two_persons"),
        CheckConstraint("(state = 'draft') = (released_by IS NULL)", name="released"),
        Index("uq_scorecard_released", "state", unique=True, sqlite_where=text("state = 'released'"),
              postgresql_where=text("state = 'released'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    card_version: Mapped[str] = mapped_column(String, unique=True)
    state: Mapped[str] = mapped_column(String, default="draft")
    document: Mapped[str] = mapped_column(String)
    made_by: Mapped[str] = mapped_column(String)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    released_by: Mapped[str | None] = mapped_column(String)
    released_at: Mapped[datetime | None] = mapped_column(UtcTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau; guarantors the cards that are or were in use. Never an enterprise or a bank."""
        return or_(to.is_side(Side.BUREAU), to.is_side(Side.GUARANTOR) & (cls.state != "draft"))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau."""
        return by.is_side(Side.BUREAU)
