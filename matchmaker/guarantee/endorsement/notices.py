"""Whom a revocation is told: the enterprise, where it did not revoke the certificate itself."""

from datetime import datetime

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.terms import ContactRole, EntryStatus
from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy
from matchmaker.lists.models import Contact
from matchmaker.outbox.drafts import draft_to
from matchmaker.outbox.services import enqueue

KIND = "certificate_revoked"
"""Kind of the message; its window is the certificate."""

TOLD = frozenset({RevokedWhy.BUREAU, RevokedWhy.WORSE, RevokedWhy.WITHDRAWN, RevokedWhy.KEY})
"""Reasons that the enterprise hears of: papers that it handed out are worth nothing from now on."""


def tell_enterprise(session: ScopedSession, certificate: Certificate, why: RevokedWhy, now: datetime) -> int:
    """A message to the enterprise's finance contacts in the transaction of the revocation; how many are new.

    A gate: the bureau revokes, the enterprise's contacts hear of it.
    """
    if why not in TOLD:
        return 0
    mine = (Contact.uscc == certificate.uscc) & (Contact.role == ContactRole.FINANCE)
    known = mine & (Contact.status == EntryStatus.PUBLISHED)
    with session.elevated():
        found = session.scalars(select(Contact).where(known).order_by(Contact.contact_no)).all()
        return enqueue(session, [draft_to(contact, KIND, certificate.public_id, now) for contact in found], now=now)
