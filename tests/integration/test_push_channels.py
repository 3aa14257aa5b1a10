"""A channel is one line of the table: who it reaches, by which address, and what carries the messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, update

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.lists import models as lists
from matchmaker.lists.defaults import load_defaults
from matchmaker.outbox.channels import table
from matchmaker.outbox.channels.table import ChannelKind, addresses_of, make_channels
from matchmaker.outbox.envelope import Channel, Envelope, Line
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.planning import plan_due
from matchmaker.push.services import run_push, send_due
from matchmaker.settings import Settings
from tests.support.city import TUESDAY, contact, put, small_city


@pytest.fixture
def city(migrated_sqlite_url: str) -> Iterator[Database]:
    found = Database(migrated_sqlite_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=2, banks=1)
        put(session, "contacts", contact("B1-1", org_code="B1", role="ACCOUNT_MANAGER", email="", phone=""))
    yield found
    found.dispose()


class Pigeon:
    """Carries messages to telephone numbers, and remembers them."""

    def __init__(self) -> None:
        self.carried: list[tuple[str | None, str]] = []

    @contextmanager
    def open(self) -> Iterator[Line]:
        yield self

    def send(self, envelope: Envelope) -> None:
        self.carried.append((envelope.body.address, envelope.body.subject))


def test_mail_reaches_who_has_an_address_and_the_inbox_everyone(city: Database) -> None:
    with city.reading(SYSTEM) as session:
        people = {c.contact_no: addresses_of(c) for c in session.scalars(select(lists.Contact))}
    assert list(people["E001"].items()) == [("email", "e001@receiver.example"), ("inbox", None)]
    assert people["B1-1"] == {"inbox": None}


def test_a_line_in_the_table_is_all_that_a_channel_needs(
    city: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pigeon = Pigeon()

    def make(settings: Settings) -> Channel:
        return pigeon

    line = ChannelKind("pigeon", lambda person: person.phone, make)
    monkeypatch.setattr(table, "CHANNELS", (line, *table.CHANNELS))
    assert list(make_channels(Settings(instance=tmp_path))) == ["pigeon", "email", "inbox"]
    run_push(city, Settings(instance=tmp_path), now=lambda: TUESDAY, audiences=("enterprise", "bank"))
    with city.reading(SYSTEM) as session:
        sent = {m.contact_no: (m.channel, m.state) for m in session.scalars(select(OutboxMessage))}
    assert sent == {"E001": ("pigeon", "sent"), "E002": ("pigeon", "sent"), "B1-1": ("inbox", "sent")}
    assert [address for address, _ in pigeon.carried] == ["13812345678"] * 2
    assert not (tmp_path / "mail").exists()


def test_who_has_lost_the_address_of_the_channel_is_not_written_to(city: Database, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    with city.writing(SYSTEM) as session:
        plan_due(session, settings=settings, now=TUESDAY, audiences=("enterprise",))
        session.execute(update(lists.Contact).where(lists.Contact.contact_no == "E001").values(email=None))
    tally = send_due(city, settings, now=lambda: TUESDAY)
    assert (tally.sent, tally.dropped) == (1, 1)
    with city.reading(SYSTEM) as session:
        dropped = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "dropped")).one()
    assert (dropped.contact_no, dropped.last_error) == ("E001", "no_address")
