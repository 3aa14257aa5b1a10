"""What notices to one contact share: whether it still reads them, and the message in its language."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Lang
from matchmaker.domain.workdays import Workdays
from matchmaker.lists.models import Contact
from matchmaker.outbox.channels.table import addresses_of
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.push.digest import Digest, write_digest
from matchmaker.settings import Settings

Items = Sequence[Mapping[str, Any]]


def reader_of(session: Session, held: Claimed, reads: Callable[[Contact], bool]) -> Contact | Nothing:
    """The contact that the message is for, as long as it is published, ``reads`` it and the channel reaches it."""
    known = (Contact.contact_no == held.contact_no) & (Contact.status == EntryStatus.PUBLISHED)
    contact = session.scalars(select(Contact).where(known)).one_or_none()
    if contact is None or not reads(contact):
        return Nothing("contact_gone")
    return contact if held.channel in addresses_of(contact) else Nothing("no_address")


def body_for(
    contact: Contact,
    held: Claimed,
    section: str,
    items: Items,
    *,
    settings: Settings,
    now: datetime,
    workdays: Workdays | None = None,
) -> Body:
    """The message with these items as its one section. ``workdays``: where it says how many are left."""
    lang: Lang = "en" if contact.language == "en" else "zh"
    at = now.astimezone(settings.zone)
    digest = Digest(
        kind=held.kind, lang=lang, name=contact.name, sections={section: items}, on=at.date(), at=at, counts={},
        settings=settings, workdays=workdays or Workdays(),
    )  # fmt: skip
    return Body(contact.name, addresses_of(contact)[held.channel], *write_digest(digest))


def page_link(settings: Settings, path: str) -> str:
    """The address of a page as a message gives it."""
    return f"{settings.public_url.rstrip('/')}{path}"
