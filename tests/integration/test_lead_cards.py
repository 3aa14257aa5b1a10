"""Cards of leads: written once with the lead, the same to every bank, frozen with the enterprise's entry."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from matchmaker.accounts.feed import Change
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.lists.models import Enterprise, Need, Product
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.services import run_push
from matchmaker.settings import Settings
from tests.support.city import code_of, put
from tests.support.consenting import NOW, fill, need_no

Made = tuple[Database, Settings]


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path, firms=8)
    database.dispose()


def leads(database: Database) -> dict[tuple[str, str], Lead]:
    with database.reading(SYSTEM) as session:
        return {(lead.org_code, lead.need_no): lead for lead in session.scalars(select(Lead))}


def push_again(city: Made, days: int) -> None:
    database, settings = city
    run_push(database, settings, now=lambda: NOW + timedelta(days=days), audiences=("bank",))


def test_a_card_is_the_same_to_every_bank_and_names_nobody(city: Made) -> None:
    found = leads(city[0])
    assert len(found) == 16 and all(lead.card and lead.firm_version == 1 for lead in found.values())
    one, other = found["B1", need_no()].card, found["B2", need_no()].card
    assert one and other and one["card"] == other["card"] and one["product"] != other["product"]
    assert "隐名" not in str([lead.card for lead in found.values()])


def test_it_stays_though_the_company_grows_older_and_items_are_gone(city: Made) -> None:
    """On 2027-03-01 firms of 2022 are five years old; a card that changed that day would tell the day."""
    database, _ = city
    with database.writing(SYSTEM) as session:
        for number in range(1, 9):
            put(session, "enterprises", {"uscc": code_of(number), "founded_on": "2022-03-01"})
    push_again(city, 1)
    before = leads(database)["B1", need_no()]
    with database.writing(SYSTEM) as session:
        for item in session.scalars(select(PushItem)).all():
            session.delete(item)
        for model in (Enterprise, Need, Product):
            session.execute(update(model).values(confirmed_at=NOW + timedelta(days=100)))
    push_again(city, 107)
    after = leads(database)["B1", need_no()]
    assert before.card and after.card and before.firm_version == after.firm_version == 2
    assert "成立 2–5 年" in str(before.card) and before.card["card"]["firm"] == after.card["card"]["firm"]
    assert before.card["codes"]["firm"]["age_years"] == {"from": 2, "below": 5}
    assert before.card["codes"]["firm"] == after.card["codes"]["firm"]


def test_a_changed_entry_is_told_anew(city: Made) -> None:
    database, _ = city
    first = leads(database)["B1", need_no()]
    with database.writing(SYSTEM) as session:
        for number in range(1, 9):
            put(session, "enterprises", {"uscc": code_of(number), "revenue_wan": "6000"})
    push_again(city, 1)
    second = leads(database)["B1", need_no()]
    assert second.firm_version == 2 and second.card != first.card and second.version > first.version


def test_banks_systems_hear_of_new_and_ended_leads(city: Made) -> None:
    database, _ = city
    with database.reading(SYSTEM) as session:
        told = session.scalars(select(Change).where(Change.kind == "lead")).all()
    assert {(one.org_code, one.gone, one.uscc) for one in told} == {("B1", False, None), ("B2", False, None)}
    assert len(told) == 16
    with database.writing(SYSTEM) as session:
        session.execute(update(Need).where(Need.need_no == need_no()).values(latest_funding_on=NOW.date()))
    push_again(city, 2)
    gone = leads(database)["B1", need_no()]
    with database.reading(SYSTEM) as session:
        ended = session.scalars(select(Change).where(Change.kind == "lead", Change.gone.is_(True))).all()
    assert gone.ended_at is not None and gone.public_id in {one.public_id for one in ended}
