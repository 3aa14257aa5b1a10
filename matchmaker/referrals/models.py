"""The table of referrals."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.lifecycle import referral_state
from matchmaker.domain.terms import BankAnswer, FirmAnswer, ReferralState, Side
from matchmaker.lists.models import Need


def _one_of(column: str, terms: type[BankAnswer] | type[FirmAnswer]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(term)) for term in terms)})", name=column)


class Referral(Base):
    """A need and the bank that it is recommended to: the bank's answer and the enterprise's, once per pair.

    The bank is its head office. ``due_on``: until when the bank answers; None where the enterprise answered before the
    bank was asked. ``bank_note`` and ``bank_reason`` are the bank's own; ``bank_by`` is the name of who answered, which
    its colleagues see masked. ``ended_why``: a ``ReferralState``, None while it is open; ``closed`` from when the
    system ends it until it opens it again, whatever the two answer meanwhile (``state`` says what it comes to).
    """

    __tablename__ = "referral"
    __table_args__ = (
        UniqueConstraint("need_no", "org_code"),
        _one_of("bank_answer", BankAnswer),
        _one_of("firm_answer", FirmAnswer),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
        Index("ix_referral_open", "org_code", "due_on", sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    need_no: Mapped[str] = mapped_column(ForeignKey("need.need_no"))
    org_code: Mapped[str] = mapped_column(ForeignKey("organisation.org_code"))
    product_code: Mapped[str] = mapped_column(ForeignKey("product.product_code"))
    bank_answer: Mapped[str] = mapped_column(String, default="none", server_default="none")
    bank_reason: Mapped[str | None] = mapped_column(String)
    bank_note: Mapped[str | None] = mapped_column(String)
    bank_person_id: Mapped[int | None] = mapped_column(Id)
    bank_by: Mapped[str | None] = mapped_column(String)
    bank_at: Mapped[datetime | None] = mapped_column(UtcTime)
    firm_answer: Mapped[str] = mapped_column(String, default="none", server_default="none")
    firm_reason: Mapped[str | None] = mapped_column(String)
    firm_note: Mapped[str | None] = mapped_column(String)
    firm_at: Mapped[datetime | None] = mapped_column(UtcTime)
    due_on: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_why: Mapped[str | None] = mapped_column(String)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, the bank, and the enterprise whose need it is."""
        return or_(to.is_side(Side.BUREAU), cls.owned(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The two who answer."""
        mine = select(Need.need_no).where(by.is_self(Need.uscc))
        return or_(by.owns(cls.org_code), cls.need_no.in_(mine))

    @property
    def bank(self) -> BankAnswer:
        """The bank's answer."""
        return BankAnswer.of(self.bank_answer)

    @property
    def firm(self) -> FirmAnswer:
        """The enterprise's answer."""
        return FirmAnswer.of(self.firm_answer)

    @property
    def state(self) -> ReferralState:
        """What it comes to."""
        return referral_state(self.bank, self.firm, closed=self.ended_why == ReferralState.CLOSED.value)
