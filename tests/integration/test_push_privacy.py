"""N-6: nothing of any enterprise is in what a bank is sent, over the whole sample city and the conformance lists."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from matchmaker.accounts.disclosure import SMALLEST_GROUP, Crowd, Traits, anonymous_card
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.demo.services import load_demo
from matchmaker.domain.periods import whole_months
from matchmaker.domain.terms import ContactRole
from matchmaker.lists import models as lists
from matchmaker.lists.defaults import load_defaults
from matchmaker.matching.facts import load_market
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.services import run_push
from matchmaker.scoring.facts import Enterprise
from matchmaker.settings import Settings
from tests.support.city import SHANGHAI, contact, put
from tests.support.lists import put_conformance

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
CONFORMANCE_DAY = datetime(2026, 11, 30, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
def sample_city(migrated_sqlite_url: str) -> Iterator[Database]:
    database = Database(migrated_sqlite_url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, now=MONDAY)
        load_demo(session, on=MONDAY.date(), now=MONDAY, settings=Settings())
    yield database
    database.dispose()


@pytest.fixture
def conformance_city(migrated_sqlite_url: str) -> Iterator[Database]:
    """The conformance lists, every bank with one reader of each language, and needs numbered after enterprises."""
    database = Database(migrated_sqlite_url)
    put_conformance(database)
    with database.writing(SYSTEM) as session:
        banks = session.scalars(select(lists.Organisation.org_code)).all()
        people = [
            contact(f"{bank}-{lang}", org_code=bank, role="ACCOUNT_MANAGER", language=lang)
            for bank in banks
            for lang in ("zh", "en")
        ]
        put(session, "contacts", *people, now=CONFORMANCE_DAY)
        firms = session.execute(select(lists.Enterprise.uscc, lists.Enterprise.name).order_by(lists.Enterprise.uscc))
        for place, (uscc, name) in enumerate(firms.all()):
            asked = {"uscc": uscc, "amount_wan": "300", "term_months": "12", "purpose": "WORKING_CAPITAL"}
            number = (uscc, f"XQ-{uscc[8:17].lower()}", f"{name}1号")[place % 3]
            put(session, "needs", {"need_no": number, **asked, "submitted_on": "2020-01-01"}, now=CONFORMANCE_DAY)
        for model in (lists.Need, lists.Product):
            session.execute(update(model).values(confirmed_at=CONFORMANCE_DAY))
    yield database
    database.dispose()


def secrets_of(session: Any) -> set[str]:
    """Everything that names an enterprise or its people, whole and in the parts that a name is made of."""
    found: set[str] = set()
    for firm in session.scalars(select(lists.Enterprise)):
        found |= {firm.uscc, firm.uscc[8:17], firm.name}
        found.add(firm.name.removesuffix("有限公司").removeprefix("威海").removeprefix("荣成"))
    for person in session.scalars(select(lists.Contact).where(lists.Contact.role == ContactRole.FINANCE)):
        found |= {person.phone, person.email}
    for described in session.scalars(select(lists.Need.description).where(lists.Need.description.is_not(None))):
        found.add(described)
    for amount in session.scalars(
        select(lists.Enterprise.revenue_fen).where(lists.Enterprise.revenue_fen.is_not(None))
    ):
        found.add(str(amount))
    return {secret for secret in found if secret and len(secret) >= 4}


def said_to_banks(session: Any) -> str:
    messages = session.execute(
        select(OutboxMessage.subject, OutboxMessage.text, OutboxMessage.html).where(OutboxMessage.kind == "bank_digest")
    )
    items = session.execute(select(PushItem.item_key, PushItem.payload).where(PushItem.kind == "bank_digest"))
    shown = [(key, {name: value for name, value in payload.items() if name != "rests_on"}) for key, payload in items]
    return "\n".join(str(part) for row in (*messages, *shown) for part in row)


@pytest.mark.parametrize("which", ["sample_city", "conformance_city"])
def test_no_bank_reads_anything_of_an_enterprise(which: str, request: pytest.FixtureRequest, tmp_path: Any) -> None:
    database: Database = request.getfixturevalue(which)
    at = MONDAY if which == "sample_city" else CONFORMANCE_DAY
    report = run_push(database, Settings(instance=tmp_path), now=lambda: at, audiences=("bank",))
    assert report.tally is not None
    assert report.tally.sent > 20
    with database.reading(SYSTEM) as session:
        secrets, said = secrets_of(session), said_to_banks(session)
        leads = len(session.scalars(select(Lead.id)).all())
        telling = [number for number in session.scalars(select(Lead.need_no)) if not number.startswith("XQ-2")]
    assert leads > 50
    assert telling or which == "sample_city", "leads of needs whose number names their enterprise"
    assert "XQ-" in said, "the text is looked at"
    leaked = sorted(secret for secret in secrets if secret in said)
    print(
        f"\n{which}: {leads} leads, {report.tally.sent} mails, {len(secrets)} secrets looked for, {len(leaked)} found"
    )
    assert leaked == []
    files = b"".join(path.read_bytes() for path in (tmp_path / "mail").glob("*.eml")).decode("utf-8", "replace")
    assert [secret for secret in secrets if secret in files] == []


def test_every_card_fits_five_enterprises(sample_city: Database) -> None:
    """Recounted from the facts themselves, not from what the masking made of them."""
    with sample_city.reading(SYSTEM) as session:
        market = load_market(session, MONDAY.date())
    firms = list(market.enterprises.values())
    crowd = Crowd(firms, market.on)
    coarsened = 0
    for need in market.needs:
        card = anonymous_card(need, crowd, name=market.enterprise_names[need.enterprise.uscc])
        alike = sum(fits(firm, card.traits, market.on) for firm in firms)
        coarsened += bool(card.withheld)
        assert card.traits == Traits() or alike >= SMALLEST_GROUP
    print(f"\n{len(market.needs)} cards, {coarsened} of them coarsened")
    assert coarsened > 0


def fits(firm: Enterprise, shown: Traits, on: date) -> bool:
    age = None if firm.founded_on is None else whole_months(firm.founded_on, on) // 12
    return (
        (shown.chain is None or firm.chain_code == shown.chain)
        and (shown.area is None or firm.area_code == shown.area)
        and (shown.tier is None or shown.tier in {held.tier for held in firm.tiers})
        and (shown.revenue is None or inside(firm.revenue_fen, shown.revenue))
        and (shown.age is None or inside(age, shown.age))
    )


def inside(value: int | None, band: tuple[int | None, int | None]) -> bool:
    low, high = band
    return value is not None and (low is None or low <= value) and (high is None or value < high)
