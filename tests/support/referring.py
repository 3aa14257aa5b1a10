"""Banks' people and enterprises that answer, for tests of referrals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.models import Need
from matchmaker.push import answers
from matchmaker.push.models import Lead
from matchmaker.referrals.models import Referral
from matchmaker.referrals.queries import ReferralView, view_of
from matchmaker.settings import Settings
from tests.support.city import code_of
from tests.support.consenting import NOW, enterprise, lead_of

DUE = date(2026, 11, 27)


def manager(name: str = "张经理", number: int = 41, org_code: str = "B1") -> Actor:
    """One of a bank's account managers."""
    return Actor(
        f"person:m{number}", Side.BANK, orgs=(org_code,), roles=frozenset({Role.ACCOUNT_MANAGER}), person_id=number,
        name=name, request_id=f"r{number}",
    )  # fmt: skip


def referral(database: Database, org_code: str = "B1", number: int = 1) -> Referral:
    """The referral of a bank and an enterprise's need."""
    with database.reading(SYSTEM) as session:
        mine = select(Referral).join(Need, Need.need_no == Referral.need_no)
        return session.scalars(mine.where(Referral.org_code == org_code, Need.uscc == code_of(number))).one()


def lead(database: Database, org_code: str = "B1", number: int = 1) -> Lead:
    """The lead beside it."""
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Lead).where(Lead.public_id == lead_of(database, org_code, number))).one()


def stands(database: Database, org_code: str = "B1", number: int = 1) -> tuple[str, str, str, bool]:
    """(the bank's answer, the enterprise's, the whole, whether the lead is open)."""
    found = referral(database, org_code, number)
    open_lead = lead(database, org_code, number).ended_at is None
    return found.bank_answer, found.firm_answer, found.state.value, open_lead


def answer(
    database: Database,
    settings: Settings,
    verb: str,
    *,
    by: Actor | None = None,
    number: int = 1,
    org_code: str = "B1",
    now: datetime = NOW,
    **more: Any,
) -> None:
    """One answer of a bank (``take``, ``refuse``, ``undo``) or of the enterprise (``decline``, ``undo_decline``)."""
    if verb in ("decline", "undo_decline"):
        actor, public_id = by or enterprise(number), referral(database, org_code, number).public_id
        act: Any = getattr(answers, verb)
    else:
        actor, public_id = by or manager(org_code=org_code), lead_of(database, org_code, number)
        act = getattr(answers, f"{verb}_lead")
    reasons = {"refuse": "SECURITY", "decline": "COST"}
    if verb in reasons:
        more = {"reason": reasons[verb], **more}
    with database.writing(actor) as session:
        act(session, actor=actor, public_id=public_id, settings=settings, now=now, **more)


def seen(database: Database, settings: Settings, actor: Actor, *, now: datetime = NOW) -> list[ReferralView]:
    """Every referral that an actor sees, as its side may read it."""
    with database.reading(actor) as session:
        return [view_of(one, actor, settings=settings, now=now) for one in session.scalars(select(Referral))]
