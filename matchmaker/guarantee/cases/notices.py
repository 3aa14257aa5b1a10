"""Who hears of a guarantee: what is enqueued stands in the transaction of the step; ``push`` writes it as it leaves."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.terms import ContactRole, EntryStatus
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.lists.models import Contact
from matchmaker.outbox.drafts import draft_to
from matchmaker.outbox.services import enqueue

KIND = "guarantee_notice"
"""Kind of the message; its window is the case, its state and its version."""

_FIRM, _BANK, _GUARANTOR = ContactRole.FINANCE, ContactRole.ACCOUNT_MANAGER, ContactRole.UNDERWRITER
HEARS: dict[S, tuple[ContactRole, ...]] = {
    S.APPLIED: (_GUARANTOR,),
    S.WAITING: (_FIRM,),
    S.APPROVED: (_FIRM, _BANK),
    S.DECLINED: (_FIRM, _BANK),
    S.LAPSED: (_FIRM, _BANK),
    S.WITHDRAWN: (_GUARANTOR, _BANK),
    S.OVERDUE: (_FIRM, _GUARANTOR),
    S.CLAIMED: (_GUARANTOR,),
    S.COMPENSATED: (_FIRM, _BANK),
    S.RELEASED: (_FIRM,),
}
"""State that a case has come to → whose contacts hear of it; the firm also hears that it now owes the guarantor."""

HEARS_STEP: dict[str, tuple[ContactRole, ...]] = {"refuse_claim": (_BANK,), "unclaim": (_BANK, _GUARANTOR)}
"""Steps that others hear of than of the state to which they lead."""


def tell_parties(session: ScopedSession, case: Guarantee, now: datetime, verb: str = "") -> int:
    """A message to the contacts who should hear where the case stands now; how many are new.

    A gate: a step of one party is told to the contacts of the others. Nothing of the enterprise stands in the
    message until it is written for who may read it.
    """
    window = f"{case.public_id}:{case.state}:{case.version}"
    roles = HEARS_STEP.get(verb) or HEARS.get(case.stands, ())
    with session.elevated():
        found = [contact for role in roles for contact in _readers(session, case, role)]
        return enqueue(session, [draft_to(contact, KIND, window, now) for contact in found], now=now)


def _readers(session: ScopedSession, case: Guarantee, role: ContactRole) -> list[Contact]:
    known = (Contact.role == role) & (Contact.status == EntryStatus.PUBLISHED)
    return list(session.scalars(select(Contact).where(known, _of(case, role)).order_by(Contact.contact_no)))


def _of(case: Guarantee, role: ContactRole) -> ColumnElement[bool]:
    owner = {_FIRM: Contact.uscc == case.uscc, _BANK: Contact.org_code == case.bank_code}
    return owner.get(role, Contact.org_code == case.org_code)
