"""Referrals begin, end and begin again with the recommendations that they are made for; all by the system."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.consent import active
from matchmaker.accounts.models import Consent
from matchmaker.actor import SYSTEM
from matchmaker.db import ScopedSession, insert_new, new_public_id
from matchmaker.domain.terms import BankAnswer, ConsentPurpose, FirmAnswer, ReferralState
from matchmaker.lists.models import Need
from matchmaker.referrals.models import Referral
from matchmaker.referrals.services import write

Pair = tuple[str, str]
"""(need_no, org_code)."""

_SOME = 400


@dataclass(frozen=True, slots=True)
class Recommended:
    """A need that a bank is shown now, with a product, to be answered until ``due_on``."""

    need_no: str
    org_code: str
    product_code: str
    due_on: date | None

    @property
    def pair(self) -> Pair:
        """Which need, which bank."""
        return self.need_no, self.org_code


def open_referrals(session: Session, shown: Sequence[Recommended], now: datetime) -> None:
    """A referral for each pair that is new, and the old one open again for each that is not.

    An enterprise that lets the bank see it already has answered by that. A pair that one side said no to stays ended.
    """
    known = referrals_of(session, [one.pair for one in shown])
    agreed = _consented(session, [one for one in shown if one.pair not in known], now)
    rows = [_row(one, agreed.get(one.pair), now) for one in shown if one.pair not in known]
    insert_new(session, Referral, rows, Referral.id)
    for one in shown:
        if one.pair in known:
            values = {"product_code": one.product_code, "due_on": one.due_on}
            _turn(session, known[one.pair], "reopen", values, now)


def close_referrals(session: Session, pairs: Iterable[Pair], now: datetime) -> None:
    """End the open referrals of these pairs: what was recommended has gone."""
    for referral in referrals_of(session, list(pairs)).values():
        if referral.state is ReferralState.OPEN:
            _turn(session, referral, "close", {}, now)


def _turn(session: Session, referral: Referral, verb: str, values: dict[str, Any], now: datetime) -> None:
    before = referral.state
    write(cast(ScopedSession, session), referral, {**values, "closed": verb == "close"}, now)
    if referral.state is not before:
        record_event(
            session, actor=SYSTEM, action=f"referral.{verb}", subject=f"referral:{referral.public_id}", now=now,
            before={"state": before.value}, after={"state": referral.state.value},
        )  # fmt: skip


def referrals_of(session: Session, pairs: Sequence[Pair]) -> dict[Pair, Referral]:
    """The referrals of these pairs that the session's actor sees."""
    found: dict[Pair, Referral] = {}
    for start in range(0, len(pairs), _SOME):
        mine = tuple_(Referral.need_no, Referral.org_code).in_(pairs[start : start + _SOME])
        query = select(Referral).where(mine).execution_options(populate_existing=True)
        found |= {(one.need_no, one.org_code): one for one in session.scalars(query)}
    return found


def said_no(session: Session) -> Sequence[Referral]:
    """The referrals that one side said no to, whether the system had ended them before or not."""
    firm = Referral.firm_answer.in_([FirmAnswer.DECLINED.value, FirmAnswer.WITHDRAWN.value])
    return session.scalars(select(Referral).where(firm | (Referral.bank_answer == BankAnswer.REFUSED.value))).all()


def unwanted_products(session: Session) -> frozenset[tuple[str, str]]:
    """(need_no, product_code) of the referrals that one side said no to."""
    return frozenset((one.need_no, one.product_code) for one in said_no(session))


def taken_pairs(session: Session) -> Collection[Pair]:
    """The pairs whose bank is at work on the need."""
    query = select(Referral.need_no, Referral.org_code)
    mine = (Referral.bank_answer == BankAnswer.TAKEN.value) & Referral.ended_at.is_(None)
    return {(need_no, org_code) for need_no, org_code in session.execute(query.where(mine))}


def _row(one: Recommended, agreed_at: datetime | None, now: datetime) -> dict[str, Any]:
    firm = FirmAnswer.CONSENTED if agreed_at else FirmAnswer.NONE
    return {
        "public_id": new_public_id(), "need_no": one.need_no, "org_code": one.org_code,
        "product_code": one.product_code, "due_on": one.due_on, "firm_answer": firm.value, "firm_at": agreed_at,
        "bank_answer": BankAnswer.NONE.value, "version": 1, "created_at": now,
    }  # fmt: skip


def _consented(session: Session, shown: Sequence[Recommended], now: datetime) -> Mapping[Pair, datetime]:
    """Since when an enterprise lets the bank see its need, of those pairs where it does."""
    if not shown:
        return {}
    about = or_(Consent.need_no.is_(None), Consent.need_no == Need.need_no)
    financing = (Consent.purpose == ConsentPurpose.FINANCING.value) & active(now)
    query = select(Need.need_no, Consent.org_code, Consent.granted_at).join(Need, Need.uscc == Consent.uscc)
    found = session.execute(query.where(about, financing).order_by(Consent.granted_at.desc()))
    return {(need_no, org_code): at for need_no, org_code, at in found}
