"""Whom the answer to an appeal is told: the enterprise that appealed."""

from datetime import datetime

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.terms import ContactRole, EntryStatus
from matchmaker.guarantee.rating.models import RatingAppeal
from matchmaker.lists.models import Contact
from matchmaker.outbox.drafts import draft_to
from matchmaker.outbox.services import enqueue

KIND = "appeal_answered"
"""Kind of the message; its window is the appeal."""


def tell_appellant(session: ScopedSession, appeal: RatingAppeal, now: datetime) -> int:
    """A message to the enterprise's finance contacts in the transaction of the answer; how many are new.

    A gate: the bureau answers, the enterprise's contacts hear of it.
    """
    mine = (Contact.uscc == appeal.uscc) & (Contact.role == ContactRole.FINANCE)
    known = mine & (Contact.status == EntryStatus.PUBLISHED)
    with session.elevated():
        found = session.scalars(select(Contact).where(known).order_by(Contact.contact_no)).all()
        return enqueue(session, [draft_to(contact, KIND, appeal.public_id, now) for contact in found], now=now)
