"""A small city with leads, and the people who give, use and withdraw consents there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from matchmaker.accounts.models import Consent
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database, ScopedSession
from matchmaker.domain.terms import ConsentPurpose, FieldGroup, Role, Side
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.models import Need
from matchmaker.push.consent_notices import give_consent
from matchmaker.push.models import Lead
from matchmaker.push.services import run_push
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import TUESDAY, code_of, put, small_city

NOW = TUESDAY
IDENTITY = frozenset({FieldGroup.IDENTITY})
ALL = frozenset(FieldGroup)


def record(number: int, disclosure: str, **cells: str) -> dict[str, str]:
    """A credit record of the first enterprise."""
    return {
        "source": "信用中国",
        "record_no": f"C{number}",
        "uscc": code_of(1),
        "authority": f"机关{number}",
        "kind": "ADMIN_PENALTY",
        "severity": "GENERAL",
        "decided_on": "2026-05-01",
        "disclosure": disclosure,
        "summary": f"摘要{number}",
        **cells,
    }


def fill(database: Database, folder: Path, *, firms: int = 6, at: datetime = NOW) -> Settings:
    """The city of ``tests.support.city``, credit records of the first firm, and a push, so that there are leads."""
    settings = Settings(instance=folder, secret_key=SECRET, database_url=database.url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, at)
        small_city(session, firms=firms, now=at)
        put(session, "organisations", {"org_code": "G1", "kind": "GUARANTOR", "name": "市担保有限公司"}, now=at)
        put(
            session,
            "credit-records",
            record(1, "PUBLIC"),
            record(2, "AUTHORISED"),
            record(3, "GOVERNMENT"),
            record(4, "PUBLIC", disputed="是"),
            record(5, "PUBLIC", publish_until="2026-11-01"),
            now=at,
        )
    run_push(database, settings, now=lambda: at, audiences=("bank",))
    return settings


def enterprise(number: int = 1) -> Actor:
    """The finance officer of an enterprise."""
    return Actor(
        f"person:e{number}", Side.ENTERPRISE, uscc=code_of(number), roles=frozenset({Role.FINANCE}), person_id=number,
        address="192.0.2.7", request_id="r1",
    )  # fmt: skip


def bank(org_code: str = "B1") -> Actor:
    """An account manager."""
    return Actor(
        f"person:{org_code}", Side.BANK, orgs=(org_code,), roles=frozenset({Role.ACCOUNT_MANAGER}), person_id=99,
        name="张经理", request_id="r2",
    )  # fmt: skip


def operator() -> Actor:
    """An operator of the bureau."""
    return Actor(
        "person:op", Side.BUREAU, orgs=("J1",), roles=frozenset({Role.OPERATOR}), person_id=98, second_factor=True
    )


def lead_of(database: Database, org_code: str, number: int = 1) -> str:
    """The public id of a bank's lead for an enterprise's need."""
    with database.reading(SYSTEM) as session:
        mine = select(Lead.public_id).join(Need, Need.need_no == Lead.need_no)
        return session.scalars(mine.where(Lead.org_code == org_code, Need.uscc == code_of(number))).one()


def need_no(number: int = 1) -> str:
    """The number of an enterprise's need."""
    return f"XQ-20261118-{number:04d}"


@contextmanager
def as_(database: Database, actor: Actor) -> Iterator[ScopedSession]:
    """A writing session of an actor."""
    with database.writing(actor) as session:
        yield session


def let_cover(database: Database, settings: Settings, *, number: int = 1, now: datetime = NOW) -> None:
    """An enterprise lets guarantor G1 look at all it has, and bank B1 have its loans covered at once."""
    for to, groups in (("G1", frozenset(FieldGroup)), ("B1", IDENTITY)):
        consent(database, settings, to, groups, number=number, purpose=ConsentPurpose.GUARANTEE, now=now)


def consent(
    database: Database,
    settings: Settings,
    org_code: str = "B1",
    groups: frozenset[FieldGroup] = IDENTITY,
    *,
    number: int = 1,
    purpose: ConsentPurpose = ConsentPurpose.FINANCING,
    about: str | None = None,
    days: int | None = None,
    now: datetime = NOW,
) -> Consent:
    """A consent of an enterprise."""
    with as_(database, enterprise(number)) as session:
        until = None if days is None else now + timedelta(days=days)
        return give_consent(
            session, actor=enterprise(number), org_code=org_code, groups=groups, purpose=purpose, need_no=about,
            until=until, settings=settings, now=now,
        )  # fmt: skip
