"""Databases filled with the conformance lists, through the same import as ``flask lists import``."""

from datetime import UTC, date, datetime
from pathlib import Path

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.cells import Cell, CellValue
from matchmaker.domain.terms import Side
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.files import SheetRow, Table, read_table
from matchmaker.lists.models import KINDS, LISTS
from matchmaker.lists.services import import_table

NOW = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
ON = date(2026, 11, 30)
CONFORMANCE = Path(__file__).parent.parent / "data" / "conformance"


def fill_with_conformance(database: Database) -> None:
    """Registers and the five conformance lists into a migrated, empty database."""
    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        for kind in ("organisations", "enterprises", "products", "needs", "credit-records"):
            table = read_table(CONFORMANCE / f"{kind}.csv", LISTS[kind])
            result = import_table(session, actor=Actor("test", Side.TRUSTED), table=table, now=NOW)
            assert result.rejected == 0, result.faults


def put(database: Database, kind: str, /, **cells: CellValue) -> None:
    """Import one row of ``kind``; columns that are not given keep what is stored."""
    row = SheetRow(2, {code: Cell(value) for code, value in cells.items()})
    table = Table(kind=kind, format="csv", header_row=1, columns=dict.fromkeys(cells, "A"), ignored=(), rows=[row])
    assert table.kind in KINDS
    with database.writing(SYSTEM) as session:
        result = import_table(session, actor=Actor("test", Side.TRUSTED), table=table, now=NOW)
        assert result.rejected == 0, result.faults
