"""Whose matters an organisation's people see to: the whole bank's, from whichever branch."""

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.lists.models import Organisation
from matchmaker.lists.tenants import organisations_of
from tests.support.lists import put, table

ROWS = [
    ["B1", "BANK", "甲银行", ""],
    ["B1-1", "BRANCH", "甲一支行", "B1"],
    ["B1-2", "BRANCH", "甲二支行", "B1"],
    ["B1-2-1", "BRANCH", "甲二网点", "B1-2"],
    ["B2", "BANK", "乙银行", "B1"],
    ["B2-1", "BRANCH", "乙一支行", "B2"],
    ["S1", "BRANCH", "无主支行", ""],
    ["D1", "GUARANTOR", "担保公司", ""],
]


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    put(made, table("organisations", "org_code kind name parent_org_code", *ROWS))
    yield made
    made.dispose()


@pytest.mark.parametrize(
    ("org_code", "family"),
    [
        *[(code, ("B1", "B1-1", "B1-2", "B1-2-1")) for code in ("B1", "B1-1", "B1-2", "B1-2-1")],
        ("B2", ("B2", "B2-1")),
        ("B2-1", ("B2", "B2-1")),
        ("S1", ("S1",)),
        ("D1", ("D1",)),
        ("NONE", ("NONE",)),
    ],
)
def test_a_branch_belongs_to_its_bank(database: Database, org_code: str, family: tuple[str, ...]) -> None:
    """A bank whose parent is another bank (a group) is a tenant of its own."""
    with database.reading(SYSTEM) as session:
        assert organisations_of(session, org_code) == family


def test_branches_in_a_ring_have_nobody_but_themselves(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        session.execute(update(Organisation).where(Organisation.org_code == "B1-2").values(parent_org_code="B1-2-1"))
        assert organisations_of(session, "B1-2-1") == ("B1-2-1",)
