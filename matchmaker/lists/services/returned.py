"""An entry that the bureau returned in review: its submitter is told why, and the workbench of its owner shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import ApiToken, Person
from matchmaker.domain.terms import ContactRole, EntryStatus
from matchmaker.lists.entry import Entry, ListVersion
from matchmaker.lists.models import Contact, Enterprise, Need, Product
from matchmaker.outbox.drafts import draft_to
from matchmaker.outbox.services import Draft, enqueue

KIND = "entry_returned"
"""Kind of the message."""
CAUSE = "return"
"""Cause of the version that a return makes; its note is the reason."""
_READERS = {
    "products": ContactRole.PRODUCT_MANAGER,
    "needs": ContactRole.FINANCE,
    "enterprises": ContactRole.FINANCE,
}


@dataclass(frozen=True, slots=True)
class Returned:
    """An entry that stands as it was returned, the reason, and when."""

    entry: Any
    reason: str
    at: datetime


def tell_returned(session: Session, entry: Entry, now: datetime) -> int:
    """A message to whoever submitted the entry, once; how many are new.

    Where that was no person who still signs in (a file at the command line, somebody who has left), to the owner's
    contacts whose matter such entries are. Address, name and reason are looked up as the message leaves.
    """
    window = f"{entry.kind_name}:{entry.public_id}:{entry.version}"
    person = _submitter(session, entry)
    drafts = [_to_person(session, person, window, now)] if person else _to_contacts(session, entry, window, now)
    return enqueue(session, drafts, now=now)


def _submitter(session: Session, entry: Entry) -> Person | None:
    """The person of the newest version that waited for review, or who made the token that wrote it."""
    mine = (ListVersion.kind == entry.kind_name) & (ListVersion.entry_id == entry.id)
    waited = select(ListVersion.actor).where(mine, ListVersion.status == EntryStatus.SUBMITTED)
    who = session.scalars(waited.order_by(ListVersion.version.desc()).limit(1)).first() or ""
    kind, _, public_id = who.partition(":")
    active = select(Person).where(Person.disabled_at.is_(None))
    if kind == "token":
        by_token = active.join(ApiToken, ApiToken.person_id == Person.id)
        return session.scalars(by_token.where(ApiToken.public_id == public_id)).one_or_none()
    if kind != "person":
        return None
    return session.scalars(active.where(Person.public_id == public_id)).one_or_none()


def _to_person(session: Session, person: Person, window: str, now: datetime) -> Draft:
    """By the contact who is the same person, whose inbox it stands in then, else by the person's own mail."""
    known = (Contact.contact_no == person.contact_no) & (Contact.status == EntryStatus.PUBLISHED)
    contact = session.scalars(select(Contact).where(known)).one_or_none()
    if contact is not None:
        return draft_to(contact, KIND, window, now)
    return Draft(f"person:{person.public_id}", "email", KIND, window, person.name, person.email, now)


def _to_contacts(session: Session, entry: Any, window: str, now: datetime) -> list[Draft]:
    role = _READERS.get(entry.kind_name)
    if role is None:
        return []
    owner = Contact.org_code == entry.bank_name if isinstance(entry, Product) else Contact.uscc == entry.uscc
    known = owner & (Contact.role == role) & (Contact.status == EntryStatus.PUBLISHED)
    found = session.scalars(select(Contact).where(known).order_by(Contact.contact_no))
    return [draft_to(contact, KIND, window, now) for contact in found]


def returned_entries(session: Session, model: type[Product] | type[Need] | type[Enterprise]) -> Sequence[Returned]:
    """What stands as it was returned, of all that the session's actor sees, the latest first; one query."""
    newest = and_(
        ListVersion.kind == model.kind_name, ListVersion.entry_id == model.id, ListVersion.version == model.version
    )
    query = select(model, ListVersion.note, ListVersion.recorded_at).join(ListVersion, newest)
    found = query.where(model.status == EntryStatus.DRAFT, ListVersion.cause == CAUSE)
    rows = session.execute(found.order_by(ListVersion.recorded_at.desc(), model.id))
    return [Returned(entry, reason or "", at) for entry, reason, at in rows]
