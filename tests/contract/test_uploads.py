"""The uploads of CONTRACT.md section 2 as banks would send them: a messy workbook, a faulty one, a GBK text."""

import json
from collections.abc import Iterator

import pytest
from openpyxl.utils import get_column_letter

from matchmaker.db import Database
from matchmaker.lists.files import read_table
from matchmaker.lists.models import KINDS
from tests.support.lists import (
    CONFORMANCE,
    DATA,
    LATER,
    count,
    counts,
    fill_registers,
    put_conformance,
    put_file,
    versions,
)

UPLOADS = DATA / "uploads"
FAULTY = json.loads((UPLOADS / "products_faulty.json").read_text("utf-8"))


@pytest.fixture
def conformance(migrated_url: str) -> Iterator[Database]:
    """A database with the reference tables and the conformance lists."""
    database = Database(migrated_url)
    put_conformance(database)
    yield database
    database.dispose()


def test_messy_workbook_is_all_unchanged(conformance: Database) -> None:
    result = put_file(conformance, "products", UPLOADS / "products_messy.xlsx", now=LATER)
    assert counts(result) == (0, 0, 70, 0, 0)
    assert result.ignored_columns == ("联系人",)
    assert len(versions(conformance, "products")) == 70


def test_gbk_needs_are_all_unchanged(conformance: Database) -> None:
    assert counts(put_file(conformance, "needs", UPLOADS / "needs_gbk.csv")) == (0, 0, 195, 0, 0)


@pytest.mark.parametrize("after_the_list", [True, False])
def test_faulty_workbook_has_exactly_its_eleven_cells(migrated_sqlite_url: str, after_the_list: bool) -> None:
    database = Database(migrated_sqlite_url)
    fill_registers(database)
    put_file(database, "organisations", CONFORMANCE / "organisations.csv")
    if after_the_list:
        put_file(database, "products", CONFORMANCE / "products.csv")
    before = count(database, "products")
    result = put_file(database, "products", UPLOADS / "products_faulty.xlsx")
    assert [fault.cell for fault in result.faults] == FAULTY["faulty_cells"]
    assert (result.rejected, result.written) == (len(FAULTY["faulty_cells"]), 0)
    assert count(database, "products") == before
    database.dispose()


def test_cells_are_named_as_the_spreadsheet_names_them() -> None:
    table = read_table(UPLOADS / "products_faulty.xlsx", KINDS["products"])
    assert table.header_row == 3
    assert table.cell_name(12, "chains") == f"{get_column_letter(30)}12"
