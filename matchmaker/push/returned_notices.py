"""已退回: whoever submitted an entry hears that the bureau returned it, and why."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Lang
from matchmaker.lists.entry import ListVersion, key_of
from matchmaker.lists.models import LISTS, Contact, Enterprise, Need, Organisation, Product
from matchmaker.outbox.channels.table import addresses_of
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.push.account_notices import mail_address
from matchmaker.push.audiences import RETURNED_KIND
from matchmaker.push.digest import Digest, write_digest
from matchmaker.push.words import pair
from matchmaker.settings import Settings

SECTION = "returned"
Reached = tuple[str, str | None, str | None]
"""Name, address by the message's channel (None where that needs none), language."""


def compose_returned_notice(settings: Settings, session: Session, held: Claimed, now: Any) -> Body | Nothing:
    """The message with the reason; nothing where the entry has been sent in again since, or its reader has left."""
    kind, public_id, version = held.window.split(":")
    entry: Any = session.scalars(select(LISTS[kind]).where(LISTS[kind].public_id == public_id)).one_or_none()
    if entry is None or entry.status is not EntryStatus.DRAFT or entry.version != int(version):
        return Nothing("nothing_left")
    reached = _reached(session, held, entry)
    if isinstance(reached, Nothing):
        return reached
    name, address, language = reached
    lang: Lang = "en" if language == "en" else "zh"
    at = now.astimezone(settings.zone)
    item = {**_told(session, entry), "link": f"{settings.public_url.rstrip('/')}{_page(entry)}"}
    digest = Digest(
        kind=RETURNED_KIND, lang=lang, name=name, sections={SECTION: [item]}, on=at.date(), at=at, counts={},
        settings=settings,
    )  # fmt: skip
    return Body(name, address, *write_digest(digest))


def _reached(session: Session, held: Claimed, entry: Any) -> Reached | Nothing:
    """Who is written to; nobody who no longer belongs to the entry's owner."""
    if not held.contact_no.startswith("person:"):
        return _contact(session, held, entry)
    public_id = held.contact_no.partition(":")[2]
    person = session.scalar(select(Person).where(Person.public_id == public_id, Person.disabled_at.is_(None)))
    if person is None:
        return Nothing("contact_gone")
    address = mail_address(session, person)
    return (person.name, address, person.language) if address else Nothing("no_address")


def _contact(session: Session, held: Claimed, entry: Any) -> Reached | Nothing:
    known = (Contact.contact_no == held.contact_no) & (Contact.status == EntryStatus.PUBLISHED)
    contact = session.scalars(select(Contact).where(known)).one_or_none()
    if contact is None or not _is_owners(session, contact, entry):
        return Nothing("contact_gone")
    addresses = addresses_of(contact)
    if held.channel not in addresses:
        return Nothing("no_address")
    return contact.name, addresses[held.channel], contact.language


def _is_owners(session: Session, contact: Contact, entry: Any) -> bool:
    """Whether the contact still is of the entry's enterprise or bank; a branch is of its bank."""
    if isinstance(entry, Need | Enterprise):
        return contact.uscc == entry.uscc
    if not isinstance(entry, Product) or contact.org_code == entry.bank_name:
        return True
    home = select(Organisation.parent_org_code).where(Organisation.org_code == contact.org_code)
    return session.scalar(home) == entry.bank_name


def _told(session: Session, entry: Any) -> dict[str, Any]:
    """What the entry is and why it came back."""
    mine = (ListVersion.kind == entry.kind_name) & (ListVersion.entry_id == entry.id)
    reason = session.scalar(select(ListVersion.note).where(mine, ListVersion.version == entry.version))
    named = getattr(entry, "title", None) or getattr(entry, "name", None)
    return {"list": pair(entry.label), "name": named or " · ".join(map(str, key_of(entry))), "reason": reason or ""}


def _page(entry: Any) -> str:
    """Where its owner mends it."""
    if isinstance(entry, Enterprise):
        return "/enterprise"
    path = "products" if isinstance(entry, Product) else "needs" if isinstance(entry, Need) else "policies"
    return f"/{path}/{entry.public_id}" + ("/change" if path == "policies" else "")
