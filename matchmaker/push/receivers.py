"""Who is told: the contacts of an audience, and whose matters each of them is told."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person, PersonRole
from matchmaker.domain.terms import EntryStatus, OrganisationKind
from matchmaker.lists import models as lists
from matchmaker.outbox.channels.table import addresses_of
from matchmaker.push.audiences import READERS, Audience
from matchmaker.push.items import Receiver


def receivers(session: Session, audience: Audience) -> list[Receiver]:
    """The published contacts whose role reads the digest of ``audience``, by contact number.

    A branch's people count as their bank's: ``org_code`` is that of the nearest bank above.
    """
    contact = lists.Contact
    known = contact.status == EntryStatus.PUBLISHED
    query = select(contact).where(known, contact.role.in_(READERS[audience].roles)).order_by(contact.contact_no)
    found = session.scalars(query).all()
    if not READERS[audience].organisations:
        return [_receiver(c, None) for c in found if c.uscc]
    organisations = {o.org_code: o for o in session.scalars(select(lists.Organisation))}
    hosts = ((c, _host(c.org_code, organisations, audience)) for c in found)
    return [_receiver(c, host) for c, host in hosts if host]


def count_unreached(session: Session, audiences: Collection[Audience] = tuple(READERS)) -> int:
    """People who sign in and whose role reads a digest of these audiences, but who are no contact, so none is sent.

    A contact is the one a person is joined to, or one of the same side with the same e-mail address.
    """
    roles = {str(role) for audience in audiences for role in READERS[audience].roles}
    contact = lists.Contact
    known = contact.status == EntryStatus.PUBLISHED
    joined = func.coalesce(Person.contact_no, "").in_(select(contact.contact_no).where(known))
    addresses = select(_place(contact)).where(known, contact.email.is_not(None))
    reading = Person.id.in_(select(PersonRole.person_id).where(PersonRole.role.in_(roles)))
    query = select(func.count(Person.id)).where(Person.disabled_at.is_(None), reading)
    return session.scalar(query.where(~joined, _place(Person).not_in(addresses))) or 0


def _place(model: Any) -> ColumnElement[str]:
    """Whose someone is and the address there, never NULL; hashed by the database, which compares 100,000 at once."""
    home = func.coalesce(model.org_code, model.uscc, "")
    return home.concat(" ").concat(func.lower(func.coalesce(model.email, "")))


def _host(org_code: str | None, organisations: Mapping[str, Any], audience: Audience) -> str | None:
    """The organisation itself, or for a branch the bank above it; None where its kind is another audience's."""
    seen: set[str] = set()
    while org_code and org_code in organisations and org_code not in seen:
        seen.add(org_code)
        organisation = organisations[org_code]
        if organisation.kind not in READERS[audience].organisations or organisation.status is not EntryStatus.PUBLISHED:
            return None
        if organisation.kind is not OrganisationKind.BRANCH:
            return org_code
        org_code = organisation.parent_org_code
    return None


def receiver_of(session: Session, audience: Audience, contact: Any) -> Receiver | None:
    """The contact as it stands now; None where it no longer reads the digest of ``audience``."""
    if contact.status is not EntryStatus.PUBLISHED or contact.role not in READERS[audience].roles:
        return None
    if not READERS[audience].organisations:
        return _receiver(contact, None) if contact.uscc else None
    host = _host_now(session, contact.org_code, audience)
    return _receiver(contact, host) if host else None


def _host_now(session: Session, org_code: str | None, audience: Audience) -> str | None:
    found: dict[str, Any] = {}
    code = org_code
    while code and code not in found:
        organisation = session.scalar(select(lists.Organisation).where(lists.Organisation.org_code == code))
        if organisation is None:
            break
        found[code] = organisation
        code = organisation.parent_org_code if organisation.kind is OrganisationKind.BRANCH else None
    return _host(org_code, found, audience)


def _receiver(contact: Any, org_code: str | None) -> Receiver:
    return Receiver(
        contact_no=contact.contact_no,
        name=contact.name,
        addresses=addresses_of(contact),
        lang=str(contact.language or "zh"),
        uscc=contact.uscc,
        org_code=org_code,
    )
