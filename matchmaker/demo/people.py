"""People who can sign in to the demonstration. Their passwords and second factors follow from the instance's secret."""

import base64
import hmac
import os
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person
from matchmaker.accounts.passwords import hasher
from matchmaker.accounts.people import create_person
from matchmaker.accounts.second_factor import code_at, keep_secret, needs_second_factor, next_code
from matchmaker.actor import Actor
from matchmaker.demo.organisations import BUREAU, FUND
from matchmaker.demo.services import ACTOR
from matchmaker.demo.stories import firm_code
from matchmaker.domain.terms import ContactRole, Role
from matchmaker.lists.models import Contact, Need
from matchmaker.lists.tenants import actor_of_person, side_of_home
from matchmaker.push.models import Lead
from matchmaker.settings import Settings
from matchmaker.vault import signing_key

KEPT_IN = "secret_key"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone to sign in as; a contact of the lists that is the same person gives the name.

    ``story``: key of the story whose enterprise it works for.
    """

    login: str
    name: str
    role: Role
    org_code: str | None = None
    story: str | None = None


A_BANK = "the bank of enterprise-1"
"""The first that was shown a need of ``enterprise-1``, so that consent can be given and seen from both sides."""

PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("operator", "丛予安", Role.OPERATOR, BUREAU),
    DemoPerson("analyst", "毕知远", Role.ANALYST, BUREAU),
    DemoPerson("bank-product", "于听澜", Role.PRODUCT_MANAGER, A_BANK),
    DemoPerson("bank-account", "姜望舒", Role.ACCOUNT_MANAGER, A_BANK),
    DemoPerson("bank-lead", "邹既明", Role.LEAD, A_BANK),
    DemoPerson("enterprise-1", "刘沐阳", Role.FINANCE, story="tackle"),
    DemoPerson("enterprise-2", "王砚秋", Role.FINANCE, story="carbon"),
    DemoPerson("enterprise-3", "宋行舟", Role.FINANCE, story="ship"),
    DemoPerson("underwriter", "孙介石", Role.UNDERWRITER, FUND),
    DemoPerson("approver", "丁若谷", Role.APPROVER, FUND),
    DemoPerson("approver-2", "周怀瑾", Role.APPROVER, FUND),
    DemoPerson("system", "宋克勤", Role.SYSTEM_ADMIN),
    DemoPerson("security", "吕慎行", Role.SECURITY_ADMIN),
    DemoPerson("auditor", "岳守正", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """What the demonstration prints of a person; ``code``: the second factor's next, None where there is none."""

    login: str
    password: str
    role: Role
    code: str | None


def own_secret(folder: Path) -> str:
    """The secret of a demonstration in ``folder``: made at the first run, readable by its owner alone."""
    path = folder / KEPT_IN
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text("utf-8").strip()


def load_people(session: Session, *, settings: Settings, now: datetime) -> list[DemoLogin]:
    """Add the people who are not there yet, and tell how all of them sign in. The session must be a trusted one."""
    return [_load(session, one, settings, now) for one in PEOPLE]


def acting(session: Session, login: str, now: datetime) -> Actor:
    """One of ``PEOPLE`` as it acts once signed in with all that its role asks for; added where it is not there yet."""
    one = next(known for known in PEOPLE if known.login == login)
    return replace(actor_of_person(session, _person(session, one, now), frozenset({one.role})), second_factor=True)


def _person(session: Session, one: DemoPerson, now: datetime) -> Person:
    return session.scalar(select(Person).where(Person.login == one.login)) or _create(session, one, now)


def _load(session: Session, one: DemoPerson, settings: Settings, now: datetime) -> DemoLogin:
    person = _person(session, one, now)
    password = _derived(settings, f"password {one.login}")[:20].lower()
    if not hasher().check(person.password_hash, password):
        person.password_hash, person.password_set_at = hasher().hash(password), now
    if needs_second_factor(frozenset({one.role})) and person.totp_secret is None:
        secret = _derived(settings, f"second factor {one.login}")
        keep_secret(session, person, secret, code_at(secret, now), settings=settings, now=now)
        person.totp_step = None
    session.flush()
    return DemoLogin(one.login, password, one.role, next_code(settings, person, now))


def _create(session: Session, one: DemoPerson, now: datetime) -> Person:
    uscc = firm_code(one.story) if one.story else None
    if one.org_code == A_BANK:
        one = replace(one, org_code=_bank_of(session, firm_code("tackle")))
    contact = _contact(session, one, uscc)
    return create_person(
        session,
        actor=ACTOR,
        login=one.login,
        name=contact.name if contact else one.name,
        roles=[one.role],
        side=side_of_home(session, one.org_code, uscc),
        org_code=one.org_code,
        uscc=uscc,
        contact_no=contact.contact_no if contact else None,
        now=now,
    )


def _bank_of(session: Session, uscc: str) -> str:
    """The bank that was shown a need of the enterprise first; any bank where none was."""
    shown = select(Lead.org_code).join(Need, Need.need_no == Lead.need_no).where(Need.uscc == uscc)
    return session.scalar(shown.order_by(Lead.id).limit(1)) or "B01"


def _contact(session: Session, one: DemoPerson, uscc: str | None) -> Contact | None:
    """The contact whose pushes the person reads: one of the same part in the same place, of nobody yet."""
    part = ContactRole._value2member_map_.get(one.role.value)
    if part is None or not (uscc or one.org_code):
        return None
    taken = select(Person.contact_no).where(Person.contact_no.is_not(None))
    home = Contact.uscc == uscc if uscc else Contact.org_code == one.org_code
    return session.scalar(
        select(Contact)
        .where(home, Contact.role == part, Contact.contact_no.not_in(taken))
        .order_by(Contact.id)
        .limit(1)
    )


def _derived(settings: Settings, purpose: str) -> str:
    digest = hmac.digest(signing_key(settings, "demo"), purpose.encode(), "sha256")
    return base64.b32encode(digest).decode()[:32]
