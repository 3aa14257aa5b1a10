"""Tables of the ledger: entries and their legs, which are only ever added to, and balances cached from them."""

from collections.abc import Iterable
from datetime import date, datetime
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
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime
from matchmaker.domain.terms import Side

KINDS = (
    "reserve", "free", "drawdown", "repayment", "compensation", "recovery", "write_off", "fee",
)  # fmt: skip
"""What an entry books."""

ACCOUNTS = (
    "reserved", "headroom", "outstanding", "loan", "loss", "written_off", "recourse",
    "fee", "fee_due", "fee_reserved", "fee_budget",
    "weighted", "weighted_reserved", "small", "ticket", "memo",
)  # fmt: skip

SCOPES = (
    "guarantor", "scheme", "scheme_month", "scheme_customer", "customer", "group", "city_group",
    "bank", "chain", "grade",
)  # fmt: skip
"""What balances are kept of. ``group`` is a group's cases with one guarantor, ``city_group`` with all of them."""

ONCE = ("reserve", "fee", "compensation", "write_off")
"""Kinds that a case has once at most."""


def _listed(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _of_guarantor(to: Viewer, org_code: Mapped[str] | Mapped[str | None]) -> ColumnElement[bool]:
    """The guarantor's own rows, and all for the bureau."""
    return or_(to.is_side(Side.BUREAU), to.owns(org_code))


class LedgerEntry(Base):
    """One entry on one case, never changed: a mistake is put right by a further one. Never removed by the clock: books
    are kept for thirty years at least (``push/privacy/rules.py``), and every balance is the sum of all entries.

    ``seq`` numbers the entries of a case from 1: two that were booked from the same position cannot both stand.
    ``terms``: of a reservation, the case as it was reserved (``codec.py``), by which all that follows is reckoned, and
    under ``limits`` each limit before and after it with its bound.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("guarantee_no", "seq"),
        CheckConstraint(_listed("kind", KINDS), name="kind"),
        CheckConstraint("(seq = 1) = (kind = 'reserve') AND (seq = 1) = (terms IS NOT NULL)", name="begins"),
        Index("ix_ledger_entry_once", "guarantee_no", "kind", unique=True,
              sqlite_where=text(_listed("kind", ONCE)), postgresql_where=text(_listed("kind", ONCE))),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    guarantee_no: Mapped[str] = mapped_column(String)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String)
    happened_on: Mapped[date] = mapped_column(Date, index=True)
    booked_at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String)
    event_id: Mapped[str | None] = mapped_column(String, unique=True)
    note: Mapped[str | None] = mapped_column(String)
    org_code: Mapped[str] = mapped_column(String, index=True)
    uscc: Mapped[str] = mapped_column(String, index=True)
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    legs: Mapped[list["LedgerLeg"]] = relationship(order_by="LedgerLeg.id")

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The guarantor and the bureau; only the system writes."""
        return _of_guarantor(to, cls.org_code)


class LedgerLeg(Base):
    """What an entry does to one account of a case; the legs of an entry add to zero.

    An entry may note the weight of the customer's other cases too, so a leg names its case itself.
    """

    __tablename__ = "ledger_leg"
    __table_args__ = (
        UniqueConstraint("entry_id", "guarantee_no", "account", "party"),
        CheckConstraint("amount_fen <> 0", name="amount_fen"),
        CheckConstraint(_listed("account", ACCOUNTS), name="account"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
    org_code: Mapped[str] = mapped_column(String)
    guarantee_no: Mapped[str] = mapped_column(String, index=True)
    account: Mapped[str] = mapped_column(String)
    party: Mapped[str] = mapped_column(String, default="")
    amount_fen: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The guarantor and the bureau; only the system writes."""
        return _of_guarantor(to, cls.org_code)


def _fen() -> Mapped[int]:
    return mapped_column(BigInteger, default=0, server_default="0")


_NEVER_NEGATIVE = (
    "retained", "reserved_retained", "weighted", "reserved_weighted", "small", "ticket",
    "compensated", "released", "loss", "fee_treasury", "fee_reserved",
)  # fmt: skip


class GuaranteeBalance(Base):
    """Sums of legs, kept up in the transaction of each entry; locked by whoever books.

    ``key``: the code of what it is a sum of, after the guarantor's where the guarantor's part alone is meant
    (``DB1|B1``); ``org_code`` is blank for sums over all guarantors. Those of a month hold only what happened in it.
    """

    __tablename__ = "guarantee_balance"
    __table_args__ = (
        UniqueConstraint("scope", "key"),
        CheckConstraint(_listed("scope", SCOPES), name="scope"),
        CheckConstraint("guaranteed <= nominal AND retained <= guaranteed", name="layers"),
        CheckConstraint(
            "reserved_guaranteed <= reserved_nominal AND reserved_retained <= reserved_guaranteed", name="reserved"
        ),
        CheckConstraint(
            f"scope = 'scheme_month' OR ({' AND '.join(f'{name} >= 0' for name in _NEVER_NEGATIVE)})",
            name="not_negative",
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scope: Mapped[str] = mapped_column(String)
    key: Mapped[str] = mapped_column(String)
    org_code: Mapped[str | None] = mapped_column(String, index=True)
    uscc: Mapped[str | None] = mapped_column(String, index=True)
    nominal: Mapped[int] = _fen()
    guaranteed: Mapped[int] = _fen()
    retained: Mapped[int] = _fen()
    weighted: Mapped[int] = _fen()
    reserved_nominal: Mapped[int] = _fen()
    reserved_guaranteed: Mapped[int] = _fen()
    reserved_retained: Mapped[int] = _fen()
    reserved_weighted: Mapped[int] = _fen()
    small: Mapped[int] = _fen()
    ticket: Mapped[int] = _fen()
    compensated: Mapped[int] = _fen()
    released: Mapped[int] = _fen()
    loss: Mapped[int] = _fen()
    treasury_loss: Mapped[int] = _fen()
    fee_treasury: Mapped[int] = _fen()
    fee_reserved: Mapped[int] = _fen()
    version: Mapped[int] = mapped_column(default=0, server_default="0")

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The guarantor and the bureau; only the system writes."""
        return _of_guarantor(to, cls.org_code)
