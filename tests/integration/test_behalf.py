"""A need entered for an enterprise, on both databases: row policies hide it from everybody else as the ORM does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.models import Chain, Need, Product
from matchmaker.lists.services.behalf import confirm_entered, enter_need, waiting_for
from matchmaker.lists.services.registers import write_register
from matchmaker.lists.services.review import decide
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.bureau import cells_of_need, submit
from tests.support.city import product, small_city
from tests.support.consenting import NOW, bank, enterprise, operator


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    with made.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        small_city(session, firms=4, now=NOW)
    yield made
    made.dispose()


def test_only_the_bureau_and_the_enterprise_see_it_until_it_is_confirmed(database: Database, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, secret_key=SECRET)
    with database.writing(operator()) as session:
        number = enter_need(session, actor=operator(), cells=cells_of_need(3), settings=settings, now=NOW)
    for actor, sees in ((operator(), True), (enterprise(3), True), (enterprise(2), False), (bank(), False)):
        with database.reading(actor) as session:
            found = session.scalar(select(Need.id).where(Need.need_no == number))
            assert (found is not None) is sees, actor.who
    with database.writing(enterprise(3)) as session:
        (waiting,) = waiting_for(session, enterprise(3))
        need = confirm_entered(
            session, actor=enterprise(3), public_id=waiting.need.public_id, version=waiting.need.version,
            settings=settings, now=NOW,
        )  # fmt: skip
        assert need.status is EntryStatus.PUBLISHED
    with database.reading(enterprise(3)) as session:
        assert waiting_for(session, enterprise(3)) == []


def test_an_operator_reviews_and_keeps_registers(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        submit(session, "products", product("B1", 9))
    with database.writing(operator()) as session:
        found = session.scalars(select(Product).where(Product.status == EntryStatus.SUBMITTED)).one()
        ticked = {found.public_id: found.version}
        assert decide(session, actor=operator(), model=Product, ticked=ticked, verb="publish", now=NOW) == 1
        row = {"chain_code": "KITES", "name_zh": "风筝"}
        assert write_register(session, actor=operator(), model=Chain, cells=row, version=None, now=NOW) == []
    with database.reading(operator()) as session:
        assert session.scalars(select(Chain.name_zh).where(Chain.chain_code == "KITES")).one() == "风筝"
