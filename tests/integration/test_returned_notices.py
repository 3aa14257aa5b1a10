"""Whoever submitted an entry hears that it was returned, and why: over real SMTP, once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.accounts.models import Person
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.cells import Cell
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Need, Product
from matchmaker.lists.services.owned import OwnRow, step_own, write_own
from matchmaker.lists.services.returned import returned_entries
from matchmaker.lists.services.review import decide
from matchmaker.lists.tenants import actor_of_person
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.services import send_due
from matchmaker.settings import Settings
from tests.support.bureau import submit
from tests.support.city import code_of, need, product, put
from tests.support.consenting import NOW, fill, operator
from tests.support.smtp import smtp_sink

WHY = "利率 <上下限> 写反了"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    yield made
    made.dispose()


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return replace(fill(database, tmp_path), products_review=True)


def person(database: Database, role: Role, **home: Any) -> Actor:
    with database.writing(SYSTEM) as session:
        made = Person(login=f"{role}@bank.example", name="王产品", email=f"{role}@mail.example".lower(),
                      created_at=NOW, **home)  # fmt: skip
        session.add(made)
        session.flush()
        return actor_of_person(session, made, frozenset({role}))


def hand_in(database: Database, settings: Settings, actor: Actor, **cells: str) -> None:
    """A product that the actor's bank submits, or submits anew with other values."""
    typed = {**product("B1", 9), **cells}
    rows = [OwnRow(1, {code: Cell(str(value)) for code, value in typed.items()})]
    with database.writing(actor) as session:
        (done,) = write_own(session, actor=actor, model=Product, rows=rows, settings=settings, now=NOW)
        assert not done.faults


def send_back(database: Database, model: Any = Product, **where: str) -> None:
    """The bureau returns the entry."""
    with database.writing(operator()) as session:
        entry = session.scalars(select(model).filter_by(**where)).one()
        ticked = {entry.public_id: entry.version}
        assert decide(session, actor=operator(), model=model, ticked=ticked, verb="return", reason=WHY, now=NOW) == 1


def mailed(database: Database, settings: Settings, at: datetime = NOW) -> list[tuple[str, str, str]]:
    """(receiver, subject, text) of the notices that leave."""
    with smtp_sink() as sink:
        reached = replace(settings, smtp_host="127.0.0.1", smtp_port=sink.port, smtp_starttls=False)
        send_due(database, reached, now=lambda: at)
        texts = [(mail, mail.get_body(("plain",))) for _, mail in sink.mails]
        found = [(str(m["To"]), str(m["Subject"]), body.get_content()) for m, body in texts if body]
    return [one for one in found if "退回" in one[1]]


def states(database: Database) -> list[tuple[str, str | None]]:
    with database.reading(SYSTEM) as session:
        told = select(OutboxMessage.state, OutboxMessage.last_error).where(OutboxMessage.kind == "entry_returned")
        return [(state, error) for state, error in session.execute(told.order_by(OutboxMessage.id))]


def test_who_submitted_is_told_why_once(database: Database, settings: Settings) -> None:
    manager = person(database, Role.PRODUCT_MANAGER, org_code="B1")
    hand_in(database, settings, manager)
    send_back(database, product_code="B1P9")
    ((receiver, subject, text),) = mailed(database, settings)
    assert "product_manager@mail.example" in receiver and "退回" in subject
    assert WHY in text and "B1流贷9" in text and "/products/" in text and "王产品" in text
    assert mailed(database, settings, NOW + timedelta(hours=1)) == [] and states(database) == [("sent", None)]
    with database.reading(manager) as session:
        ((entry, reason),) = [(one.entry, one.reason) for one in returned_entries(session, Product)]
        assert (entry.product_code, reason) == ("B1P9", WHY)
    other = person(database, Role.LEAD, org_code="B2")
    with database.reading(other) as session:
        assert not returned_entries(session, Product), "what is returned is its owner's matter"


def test_what_was_submitted_again_meanwhile_is_not_told(database: Database, settings: Settings) -> None:
    manager = person(database, Role.PRODUCT_MANAGER, org_code="B1")
    hand_in(database, settings, manager)
    send_back(database, product_code="B1P9")
    hand_in(database, settings, manager, fee_pct="0.7")
    with database.writing(manager) as session:
        entry = session.scalars(select(Product).where(Product.product_code == "B1P9")).one()
        step_own(session, actor=manager, entry=entry, verb="submit", now=NOW)
    assert mailed(database, settings) == [] and states(database) == [("dropped", "nothing_left")]
    with database.reading(manager) as session:
        assert not returned_entries(session, Product)


@pytest.mark.parametrize(
    ("change", "reason"), [({"disabled_at": NOW}, "contact_gone"), ({"email": None}, "no_address")]
)
def test_who_left_or_has_no_address_is_not_written_to(
    database: Database, settings: Settings, change: dict[str, Any], reason: str
) -> None:
    manager = person(database, Role.PRODUCT_MANAGER, org_code="B1")
    hand_in(database, settings, manager)
    send_back(database, product_code="B1P9")
    with database.writing(SYSTEM) as session:
        (found,) = session.scalars(select(Person))
        for name, value in change.items():
            setattr(found, name, value)
    assert mailed(database, settings) == [] and states(database) == [("dropped", reason)]


def test_of_a_file_the_owners_contacts_hear(database: Database, settings: Settings) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "contacts", {"contact_no": "B2-P", "org_code": "B2", "name": "李产品", "email": "p2@mail.example",
                                  "role": "PRODUCT_MANAGER"})  # fmt: skip
        submit(session, "products", product("B2", 9))
        submit(session, "needs", need(21, uscc=code_of(1)))
    send_back(database, product_code="B2P9")
    send_back(database, Need, need_no="XQ-20261118-0021")
    told = {receiver: text for receiver, _, text in mailed(database, settings)}
    assert len(told) == 2
    assert any("p2@mail.example" in one and "B2流贷9" in text for one, text in told.items())
    assert any("e001@receiver.example" in one and "XQ-20261118-0021" in text for one, text in told.items())


def test_a_person_who_is_a_contact_reads_it_in_the_inbox_too(database: Database, settings: Settings) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "contacts", {"contact_no": "B1-P", "org_code": "B1", "name": "王产品", "role": "PRODUCT_MANAGER"})
    manager = person(database, Role.PRODUCT_MANAGER, org_code="B1", contact_no="B1-P")
    hand_in(database, settings, manager)
    send_back(database, product_code="B1P9")
    mailed(database, settings)
    with database.reading(SYSTEM) as session:
        message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "entry_returned")).one()
    assert (message.contact_no, message.channel, message.state) == ("B1-P", "inbox", "sent")
    assert WHY in (message.text or "") and "&lt;上下限&gt;" in (message.html or "")
