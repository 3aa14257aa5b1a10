"""An error after any statement in turn leaves the database as it was (ASVS 2.3.3)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Base, Database
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.models import Product
from matchmaker.lists.queries import find_entry
from matchmaker.lists.services import change_status
from matchmaker.lists.services.owned import OwnRow, write_own
from matchmaker.settings import Settings
from tests.support.lists import LATER, put, table

BANK = Actor("person:bank", Side.BANK, orgs=("B1",), roles=frozenset({Role.PRODUCT_MANAGER}))
Work = Callable[[Database], Any]


class _BrokenError(Exception):
    pass


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    put(made, table("organisations", "org_code kind name", ["B1", "BANK", "甲银行"]))
    put(made, table("products", "product_code bank_name name product_type", ["P1", "甲银行", "一", "OTHER"]))
    yield made
    made.dispose()


def _import(database: Database) -> None:
    rows = [["P1", "甲银行", "壹", "OTHER"], ["P2", "甲银行", "二", "OTHER"]]
    put(database, table("products", "product_code bank_name name product_type", *rows), now=LATER)


def _write_own(database: Database) -> None:
    row = OwnRow(1, {"product_code": "P1", "name": "改"})
    with database.writing(BANK) as session:
        write_own(session, actor=BANK, model=Product, rows=[row], settings=Settings(), now=LATER)


def _suspend(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        change_status(session, actor=SYSTEM, entry=find_entry(session, Product, "P1"), verb="suspend", now=LATER)


@pytest.mark.parametrize("work", [_import, _write_own, _suspend])
def test_an_error_after_any_statement_changes_nothing(database: Database, work: Work) -> None:
    before, broken = rows_of(database), 0
    while True:
        try:
            with breaking_after(database, broken + 1):
                work(database)
        except _BrokenError:
            broken += 1
            assert rows_of(database) == before, f"after statement {broken}"
        else:
            break
    print(f"{work.__name__}: broken after each of {broken} statements")
    assert broken > 3
    assert rows_of(database) != before


@contextmanager
def breaking_after(database: Database, number: int) -> Iterator[None]:
    """Raise after the ``number``-th statement."""
    left = [number]

    def count(*_arguments: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise _BrokenError

    event.listen(database.engine, "after_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(database.engine, "after_cursor_execute", count)


def rows_of(database: Database) -> dict[str, list[str]]:
    with database.reading(SYSTEM) as session:
        return {
            name: sorted(str(row) for row in session.execute(text(f'SELECT * FROM "{name}"')))
            for name in Base.metadata.tables
        }
