"""担保通知: the parties of a guarantee hear where it stands, as long as it still stands there."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.terms import ContactRole
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.terms import money
from matchmaker.lists.models import Contact, Organisation
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.push.contact_notices import body_for, page_link, reader_of
from matchmaker.push.words import pair
from matchmaker.settings import Settings

SECTION = "guarantee"


def compose_guarantee_notice(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The message; nothing where the case has moved on, or its reader is no longer one of its parties."""
    public_id, state, _ = held.window.split(":")
    case = session.scalars(select(Guarantee).where(Guarantee.public_id == public_id)).one_or_none()
    if case is None or case.state != state:
        return Nothing("nothing_left")
    contact = reader_of(session, held, lambda one: _is_partys(one, case))
    if isinstance(contact, Nothing):
        return contact
    return body_for(contact, held, SECTION, [_told(session, case, contact, settings)], settings=settings, now=now)


def _is_partys(contact: Contact, case: Guarantee) -> bool:
    return contact.uscc == case.uscc or contact.org_code in (case.org_code, case.bank_code)


def _told(session: Session, case: Guarantee, contact: Contact, settings: Settings) -> dict[str, Any]:
    """Number, amount and state; the enterprise's name stands on the page, where every look is its party's."""
    guarantor = session.scalar(select(Organisation.name).where(Organisation.org_code == case.org_code))
    reason = case.reason if contact.role is ContactRole.FINANCE and case.state == "declined" else None
    return {
        "no": case.guarantee_no,
        "amount": pair(money(case.amount_fen)),
        "state": pair(case.stands.label),
        "guarantor": guarantor or case.org_code,
        "reason": reason or "",
        "link": page_link(settings, f"/guarantees/{case.public_id}"),
    }
