"""Drafts of forms on both databases: kept bit by bit, one's own only, ended once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from matchmaker.accounts.drafts import drop_draft, end_draft, find_draft, keep_draft, open_drafts
from matchmaker.accounts.models import FormDraft, Person
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import NotFoundError
from matchmaker.lists.defaults import load_defaults
from tests.support.city import code_of, small_city
from tests.support.consenting import NOW, bank, enterprise

ID = "0123456789abcdefghjk"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """Two enterprises with two people each."""
    found = Database(migrated_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        small_city(session, firms=2)
        for number in (1, 2):
            for at in (0, 2):
                login = f"e{number + at}"
                session.add(
                    Person(id=number + at, login=login, name=login, uscc=code_of(number), created_at=NOW, version=1)
                )
    yield found
    found.dispose()


def keep(database: Database, actor: Actor, **typed: list[str]) -> None:
    with database.writing(actor) as session:
        keep_draft(session, actor=actor, public_id=ID, form="need", typed=typed, now=NOW)


def test_what_is_typed_later_stands_beside_what_was_typed_before(database: Database) -> None:
    me = enterprise(1)
    keep(database, me, amount_wan=["800"], purpose=["ORDER"])
    keep(database, me, amount_wan=["900"], description=["x" * 5000])
    with database.reading(me) as session:
        (kept,) = open_drafts(session, me)
    assert (kept.data["amount_wan"], kept.data["purpose"]) == (["900"], ["ORDER"])
    assert len(kept.data["description"][0]) == 4000


def test_it_is_nobody_elses(database: Database) -> None:
    me = enterprise(1)
    keep(database, me, amount_wan=["800"])
    colleague = replace(me, person_id=3)
    for other in (colleague, enterprise(2)):
        with pytest.raises(NotFoundError), database.writing(other) as session:
            drop_draft(session, actor=other, form="need", public_id=ID)
        with database.reading(other) as session:
            assert open_drafts(session, other) == []
    with pytest.raises(NotFoundError):
        keep(database, bank(), amount_wan=["1"])
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(FormDraft.data)).all() == [{"amount_wan": ["800"]}]


def test_the_same_id_of_another_is_another_draft_and_tells_nothing(database: Database) -> None:
    me = enterprise(1)
    keep(database, me, amount_wan=["800"])
    for other in (replace(me, person_id=3), enterprise(2)):
        keep(database, other, amount_wan=["1"])
        with database.reading(other) as session:
            (kept,) = open_drafts(session, other)
        assert kept.data == {"amount_wan": ["1"]}
    with database.reading(me) as session:
        assert [one.data for one in open_drafts(session, me)] == [{"amount_wan": ["800"]}]


def test_one_that_was_sent_takes_nothing_more(database: Database) -> None:
    me = enterprise(1)
    keep(database, me, amount_wan=["800"])
    with database.writing(me) as session:
        end_draft(session, find_draft(session, actor=me, form="need", public_id=ID), "led", NOW)
    keep(database, me, amount_wan=["900"])
    with database.reading(me) as session:
        found = find_draft(session, actor=me, form="need", public_id=ID)
        assert (found.data, found.led_to, open_drafts(session, me)) == ({}, "led", [])
