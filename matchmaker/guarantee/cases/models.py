"""The tables of guarantees: the case, what its bank reported, and what was said about it."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.guarantee_life import ENDED
from matchmaker.domain.guarantee_terms import FeePayer, Grade, GuaranteeState, LossParty
from matchmaker.domain.terms import Side

_ENDED = ", ".join(repr(str(state)) for state in ENDED)
_UNDER_WAY = f"state NOT IN ({_ENDED})"
_STATES = ", ".join(repr(str(state)) for state in GuaranteeState)


class _Shared:
    """Whose a row is: the enterprise's, the guarantor's and the bank's; they see it and take their steps with it."""

    uscc: Mapped[str] = mapped_column(String, index=True)
    org_code: Mapped[str] = mapped_column(String, index=True)
    bank_code: Mapped[str] = mapped_column(String, index=True)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, the enterprise, the guarantor and the bank."""
        return or_(to.is_side(Side.BUREAU), cls.owned(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The three whose contract it is; a bank sees only what it lends, a guarantor only what it covers."""
        bank = and_(by.is_side(Side.BANK), by.owns(cls.bank_code))
        guarantor = and_(by.is_side(Side.GUARANTOR), by.owns(cls.org_code))
        return or_(by.is_self(cls.uscc), bank, guarantor)


class Guarantee(_Shared, Base):
    """A guarantee from its application on: the terms as they were when it was applied for, and where it stands.

    ``shares``: ``LossParty`` → share of a loss (1 % = 1_000_000); ``groups``: codes of the related groups. Both, like
    fee and scheme version, are kept as they were: a register that changes later changes no contract. ``limits``: each
    limit as the approval found it (``Effect.to_json``), so that it can be recomputed.
    ``interest_max_e6``: most interest a year that a claim may ask for (None: by ``cases.interest``). ``expires_on``:
    last day of the reservation; ``letter_expires_on``: last day on which the bank may draw. ``due_on``: until when
    the guarantor decides. ``features``: what the scorecard may look at, as it was known on the day of the application
    (``scoring.scorecard.city.city_row``), kept until ``features_until``. ``reviewed_by``, ``approved_by``,
    ``checked_by``, ``proposed_by``: the persons (``person:<id>``), the same whether they used a page or a token.

    Kept three years after its end where nothing was lent, else with the ledger (``push/privacy/rules.py``); so are its
    reports and notes.
    """

    __tablename__ = "guarantee"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint(
            "approved_by IS NULL OR automatic OR (reviewed_by IS NOT NULL "
            "AND (approved_by <> reviewed_by OR amount_fen <= four_eyes_above_fen))",
            name="four_eyes",
        ),
        CheckConstraint(
            "compensated_by IS NULL OR (checked_by IS NOT NULL AND compensated_by <> checked_by)", name="claim_eyes"
        ),
        CheckConstraint(
            "written_off_by IS NULL OR (proposed_by IS NOT NULL AND written_off_by <> proposed_by)",
            name="write_off_eyes",
        ),
        Index("ix_guarantee_need", "need_no", unique=True, sqlite_where=text(_UNDER_WAY),
              postgresql_where=text(_UNDER_WAY)),
        Index("ix_guarantee_queue", "org_code", "state", "due_on"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    guarantee_no: Mapped[str] = mapped_column(String, unique=True)
    need_no: Mapped[str | None] = mapped_column(ForeignKey("need.need_no"))
    product_code: Mapped[str | None] = mapped_column(ForeignKey("product.product_code"))
    scheme_code: Mapped[str] = mapped_column(String)
    scheme_version: Mapped[int] = mapped_column()
    rating_no: Mapped[str] = mapped_column(String)
    grade: Mapped[str] = mapped_column(String)
    size_class: Mapped[str | None] = mapped_column(String)
    chain_code: Mapped[str | None] = mapped_column(String)
    groups: Mapped[list[str]] = mapped_column(JSON)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    term_months: Mapped[int] = mapped_column()
    shares: Mapped[dict[str, int]] = mapped_column(JSON)
    fee_e6: Mapped[int] = mapped_column(BigInteger)
    fee_payer: Mapped[str] = mapped_column(String)
    fee_fen: Mapped[int] = mapped_column(BigInteger)
    four_eyes_above_fen: Mapped[int] = mapped_column(BigInteger)
    claim_after_days: Mapped[int] = mapped_column()
    interest_days: Mapped[int | None] = mapped_column()
    interest_max_e6: Mapped[int | None] = mapped_column(BigInteger)
    letter_days: Mapped[int] = mapped_column()
    automatic: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String)
    version: Mapped[int] = mapped_column(default=1)
    consent_id: Mapped[str] = mapped_column(String)
    features: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    features_until: Mapped[date | None] = mapped_column(Date, index=True)
    applied_at: Mapped[datetime] = mapped_column(UtcTime)
    applied_by: Mapped[str] = mapped_column(String)
    due_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date] = mapped_column(Date)
    reviewed_by: Mapped[str | None] = mapped_column(String)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    opinion: Mapped[str | None] = mapped_column(String)
    approved_by: Mapped[str | None] = mapped_column(String)
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    letter_no: Mapped[str | None] = mapped_column(String, unique=True)
    letter_expires_on: Mapped[date | None] = mapped_column(Date)
    limits: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str | None] = mapped_column(String)
    overdue_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    claimed_on: Mapped[date | None] = mapped_column(Date)
    claim_principal_fen: Mapped[int | None] = mapped_column(BigInteger)
    claim_interest_fen: Mapped[int | None] = mapped_column(BigInteger)
    checked_by: Mapped[str | None] = mapped_column(String)
    compensated_by: Mapped[str | None] = mapped_column(String)
    compensated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    proposed_by: Mapped[str | None] = mapped_column(String)
    written_off_by: Mapped[str | None] = mapped_column(String)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def stands(self) -> GuaranteeState:
        """Where it stands."""
        return GuaranteeState.of(self.state)

    @property
    def letter_on(self) -> date:
        """The day of the letter, which is the contract's; the fee is dated by it, whichever drawdown comes first."""
        assert self.letter_expires_on is not None  # what is asked for it has a letter
        return self.letter_expires_on - timedelta(days=self.letter_days)

    @property
    def rated(self) -> Grade:
        """The grade on which it rests."""
        return Grade.of(self.grade)

    @property
    def payer(self) -> FeePayer:
        """Who pays the fee."""
        return FeePayer.of(self.fee_payer)

    @property
    def split(self) -> dict[LossParty, int]:
        """Who bears which share of a loss (1 % = 1_000_000), in the order of the terms."""
        return {party: self.shares.get(party.value, 0) for party in LossParty}


class GuaranteeEvent(_Shared, Base):
    """What a bank reported of a covered loan, once per number of its own.

    ``amount_fen``: principal drawn or repaid; of a claim the principal claimed; of ``close`` all that was ever drawn.
    ``state``: ``applied``; ``parked`` until what came before it has been reported, ``why`` says what is missing;
    ``voided`` where the bank has taken it back while it was parked; ``covered`` for the row of a batch that began a
    case. ``digest``: SHA-256 of the body, which tells a repetition
    from another event under the same number.
    """

    __tablename__ = "guarantee_event"
    __table_args__ = (
        UniqueConstraint("bank_code", "event_no"),
        CheckConstraint("amount_fen >= 0 AND interest_fen >= 0", name="amounts"),
        CheckConstraint("state IN ('applied', 'parked', 'voided', 'covered')", name="state"),
        CheckConstraint("(state = 'parked') = (why IS NOT NULL)", name="why"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    guarantee_no: Mapped[str] = mapped_column(ForeignKey("guarantee.guarantee_no"), index=True)
    event_no: Mapped[str] = mapped_column(String)
    kind: Mapped[str] = mapped_column(String)
    amount_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    interest_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    happened_on: Mapped[date] = mapped_column(Date)
    digest: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(String)
    why: Mapped[str | None] = mapped_column(String)
    reported_at: Mapped[datetime] = mapped_column(UtcTime)
    reported_by: Mapped[str] = mapped_column(String)
    applied_at: Mapped[datetime | None] = mapped_column(UtcTime)


class GuaranteeNote(_Shared, Base):
    """What was said with a step: a request for papers, its answer, an opinion, a reason.

    ``verb``: the step of ``domain.guarantee_life``. ``inside``: for the guarantor and the bureau only.
    """

    __tablename__ = "guarantee_note"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    guarantee_no: Mapped[str] = mapped_column(ForeignKey("guarantee.guarantee_no"), index=True)
    verb: Mapped[str] = mapped_column(String)
    text: Mapped[str] = mapped_column(String)
    inside: Mapped[bool] = mapped_column()
    said_at: Mapped[datetime] = mapped_column(UtcTime)
    said_by: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The guarantor and the bureau all of it; the enterprise what was said to it or by it."""
        return or_(to.is_side(Side.BUREAU), cls.owned(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The guarantor and the enterprise; a bank's steps are reports, with which nothing is said."""
        guarantor = and_(by.is_side(Side.GUARANTOR), by.owns(cls.org_code))
        return or_(guarantor, and_(by.is_self(cls.uscc), cls.inside.is_(False)))


Values = dict[str, Any]
"""Columns of a guarantee → what a step writes there."""
