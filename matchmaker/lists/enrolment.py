"""Registrations of enterprises against the register: what it knows of them, and the entry that a new one gets."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Disclosure, Person, Registration
from matchmaker.accounts.registration import Wish, keep_wish, settle
from matchmaker.actor import Actor
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text, normal
from matchmaker.lists.files import SheetRow, Table
from matchmaker.lists.models import Contact, Enterprise
from matchmaker.lists.services import import_table

BY_RECORD = "register"
"""Evidence of a registration that agrees with a record of the register."""
BY_BUREAU = "bureau"
"""Evidence of one that the bureau has verified."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the register holds of a registration: its enterprise's name there, and whether the names agree."""

    name: str | None
    agrees: bool
    has_people: bool


def known_of(session: Session, uscc: str, enterprise_name: str) -> Known:
    """What the register holds of an enterprise that somebody names."""
    return known_of_all(session, [(uscc, enterprise_name)])[uscc, enterprise_name]


def known_of_all(session: Session, named: Collection[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """The same of several (USCC, name), in two queries."""
    codes = {uscc for uscc, _ in named}
    held = select(Enterprise.uscc, Enterprise.name).where(Enterprise.uscc.in_(codes))
    names: dict[str, str] = dict(session.execute(held).all())
    with_people = set(session.scalars(select(Person.uscc).where(Person.uscc.in_(codes)).distinct()))
    return {
        (uscc, name): Known(names.get(uscc), uscc in names and normal(names[uscc]) == normal(name), uscc in with_people)
        for uscc, name in named
    }


def register(session: Session, wish: Wish, *, actor: Actor, now: datetime) -> Registration:
    """Keep a wish, and verify it at once where a record of the register already says so.

    That is where the enterprise is published under the same name, has no person yet, and one of its published contacts
    has the same name and the same e-mail or phone. Knowing a contact proves something only while nobody was shown it:
    once a bank has read the contacts by consent, the bureau verifies. The session must be a trusted one.
    """
    registration = keep_wish(session, wish, actor=actor, now=now)
    contact_no = _contact_of(session, wish)
    if registration.state == "pending" and contact_no is not None:
        settle(session, registration, actor=actor, evidence=BY_RECORD, contact_no=contact_no, now=now)
    return registration


def _contact_of(session: Session, wish: Wish) -> str | None:
    """The contact of the register that the wish agrees with."""
    known = known_of(session, wish.uscc, wish.enterprise_name)
    if not known.agrees or known.has_people or _contacts_were_shown(session, wish.uscc):
        return None
    published = session.scalars(
        select(Contact)
        .join(Enterprise, Enterprise.uscc == Contact.uscc)
        .where(
            Contact.uscc == wish.uscc,
            Contact.status == EntryStatus.PUBLISHED,
            Enterprise.status == EntryStatus.PUBLISHED,
        )
        .order_by(Contact.id)
    )
    return next((c.contact_no for c in published if _is_same(c, wish)), None)


def _contacts_were_shown(session: Session, uscc: str) -> bool:
    shown = session.scalars(select(Disclosure.fields).where(Disclosure.uscc == uscc, Disclosure.basis == "consent"))
    return any(field.startswith("contacts.") for fields in shown for field in fields)


def _is_same(contact: Contact, wish: Wish) -> bool:
    same_name = normal(contact.name) == normal(wish.name)
    same_mail = bool(wish.email) and (contact.email or "").lower() == (wish.email or "").lower()
    same_phone = bool(_digits(wish.phone)) and _digits(contact.phone) == _digits(wish.phone)
    return same_name and (same_mail or same_phone)


def _digits(phone: str | None) -> str:
    return "".join(sign for sign in normal(phone or "") if sign.isdigit())


def verify(session: Session, registration: Registration, *, actor: Actor, now: datetime) -> Person:
    """The bureau verifies: an enterprise that is new to the register is published there, its person may begin.

    ConflictError where it was decided already. The session must be a trusted one.
    """
    if known_of(session, registration.uscc, registration.enterprise_name).name is None:
        _publish(session, registration, actor, now)
    return settle(session, registration, actor=actor, evidence=BY_BUREAU, contact_no=None, now=now)


def _publish(session: Session, registration: Registration, actor: Actor, now: datetime) -> None:
    cells = {"uscc": Cell(registration.uscc), "name": Cell(registration.enterprise_name)}
    table = Table(
        kind=Enterprise.kind_name, format="csv", header_row=1, columns={code: code for code in cells}, ignored=(),
        rows=[SheetRow(2, cells)],
    )  # fmt: skip
    result = import_table(session, actor=actor, table=table, now=now, cause="registration")
    if result.faults:
        raise RejectedError(_NOT_TAKEN, code="registration_entry", why=result.faults[0].message)


_NOT_TAKEN = Text(
    "企业没有写入清单：{why} 请在企业清单中改正后再核验。",
    "The enterprise was not added to the list: {why} Put it right in the list of enterprises and verify again.",
)
