"""Matching runs and the pairs worth showing of each."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, Float, ForeignKey, Index, Integer, String, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, FieldType, Id, UtcTime
from matchmaker.domain.kinds import Code
from matchmaker.domain.terms import Side, Verdict
from matchmaker.lists.models import Need


class MatchRun(Base):
    """One matching of all open needs with all products in the market, kept for ever.

    ``last_version_id`` with ``rules_version``, ``ranker``, ``text_weights`` and ``top_k`` names everything the result
    depends on: the list versions up to that id give the same facts again. ``digest`` is the SHA-256 of the stored
    pairs and the counts.
    """

    __tablename__ = "match_run"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    on_date: Mapped[date] = mapped_column(Date, index=True)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime] = mapped_column(UtcTime)
    seconds: Mapped[float] = mapped_column(Float)
    """Duration of the computation."""
    rules_version: Mapped[str] = mapped_column(String)
    ranker: Mapped[str] = mapped_column(String)
    text_weights: Mapped[str] = mapped_column(String)
    top_k: Mapped[int] = mapped_column(Integer)
    last_version_id: Mapped[int] = mapped_column(Id)
    needs: Mapped[int] = mapped_column(Integer)
    products: Mapped[int] = mapped_column(Integer)
    pairs: Mapped[int] = mapped_column(Id)
    """Pairs in the market (needs x products)."""
    eligible: Mapped[int] = mapped_column(Id)
    near: Mapped[int] = mapped_column(Id)
    needs_information: Mapped[int] = mapped_column(Id)
    ineligible: Mapped[int] = mapped_column(Id)
    digest: Mapped[str] = mapped_column(String)
    origin: Mapped[str] = mapped_column(String)
    """Who asked for it: ``cli``, ``push``, ``demo`` …"""

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, and enterprises, whose matches belong to a run; its totals are the bureau's to show."""
        return to.is_side(Side.BUREAU, Side.ENTERPRISE)


class MatchPair(Base):
    """One pair of a run: eligible and within either top-k, or among the nearest misses or open questions of its need.

    Ranks count from 1 among all eligible pairs of the need and of the product, so one of the two may exceed top-k.
    """

    __tablename__ = "match_pair"
    __table_args__ = (Index(None, "run_id", "product_code"),)

    run_id: Mapped[int] = mapped_column(Id, ForeignKey("match_run.id"), primary_key=True)
    need_no: Mapped[str] = mapped_column(String, primary_key=True)
    product_code: Mapped[str] = mapped_column(String, primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(FieldType(Code(terms=Verdict)))
    score_tenths: Mapped[int | None] = mapped_column(Integer)
    """Score times ten, only of eligible pairs."""
    rank_for_need: Mapped[int | None] = mapped_column(Integer)
    rank_for_product: Mapped[int | None] = mapped_column(Integer)
    failed: Mapped[str] = mapped_column(String)
    """Keys of the criteria that failed, joined by ``;`` in the order of the catalogue."""
    unknown: Mapped[str] = mapped_column(String)
    need_version: Mapped[int] = mapped_column(Integer)
    product_version: Mapped[int] = mapped_column(Integer)
    enterprise_version: Mapped[int] = mapped_column(Integer)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise; a bank learns of a need by its leads only."""
        mine = select(Need.need_no).where(to.is_self(Need.uscc))
        return or_(to.is_side(Side.BUREAU), and_(to.is_side(Side.ENTERPRISE), cls.need_no.in_(mine)))
