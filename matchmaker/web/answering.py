"""Where an enterprise lets a bank see its name: for each bank the form, or until when it has consented already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.accounts.consent import active
from matchmaker.accounts.models import Consent
from matchmaker.domain.terms import ConsentPurpose
from matchmaker.push.models import Lead


@dataclass(frozen=True, slots=True)
class Answer:
    """``consent``: address of the form with bank and need filled in; ``until``: set once the bank may look."""

    consent: str
    until: datetime | None


def answers_for(session: Session, need_no: str, banks: Iterable[str], now: datetime) -> dict[str, Answer]:
    """org_code → answer, in two queries however many banks."""
    wanted = set(banks)
    about = or_(Consent.need_no.is_(None), Consent.need_no == need_no)
    financing = Consent.purpose == ConsentPurpose.FINANCING.value
    given = session.execute(
        select(Consent.org_code, Consent.expires_at).where(Consent.org_code.in_(wanted), about, financing, active(now))
    ).all()
    leads = session.execute(select(Lead.org_code, Lead.public_id).where(Lead.need_no == need_no)).all()
    until, lead_of = {row[0]: row[1] for row in given}, {row[0]: row[1] for row in leads}
    return {code: Answer(_form(code, need_no, lead_of.get(code)), until.get(code)) for code in wanted}


def _form(org_code: str, need_no: str, lead: str | None) -> str:
    if lead is not None:
        return url_for("consents.new", lead=lead)
    return url_for("consents.new", org=org_code, need=need_no)
