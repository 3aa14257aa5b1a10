"""Short ways to make tables, import them and look at what is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter
from sqlalchemy import func, select

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.cells import Cell
from matchmaker.domain.terms import Side
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.files import SheetRow, Table, read_table
from matchmaker.lists.models import KINDS
from matchmaker.lists.queries import find_entry
from matchmaker.lists.services import ImportResult, import_table

DATA = Path(__file__).parent.parent / "data"
CONFORMANCE = DATA / "conformance"
KINDS_OF_CONFORMANCE = ("organisations", "enterprises", "products", "needs", "credit-records")
NOW = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def table(kind: str, columns: str, *rows: Sequence[Any], first_row: int = 2) -> Table:
    """A table as the reader would make it: ``columns`` are codes between spaces, a row is a list of cell values."""
    codes = columns.split()
    sheet_rows = [
        SheetRow(number, {code: Cell(value) for code, value in zip(codes, row, strict=True)})
        for number, row in enumerate(rows, start=first_row)
    ]
    letters = {code: get_column_letter(place) for place, code in enumerate(codes, start=1)}
    return Table(kind, "csv", first_row - 1, letters, (), sheet_rows)


def put(database: Database, wanted: Table, *, now: datetime = NOW, **options: Any) -> ImportResult:
    """Import a table as the operator."""
    with database.writing(SYSTEM) as session:
        return import_table(session, actor=Actor("operator:test", Side.TRUSTED), table=wanted, now=now, **options)


def put_file(database: Database, kind: str, path: Path, **options: Any) -> ImportResult:
    """Import a file as the operator."""
    return put(database, read_table(path, KINDS[kind]), **options)


def fill_registers(database: Database) -> None:
    """Load the reference tables of the package."""
    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)


def put_conformance(database: Database) -> None:
    """Load the reference tables and the conformance lists."""
    fill_registers(database)
    for kind in KINDS_OF_CONFORMANCE:
        put_file(database, kind, CONFORMANCE / f"{kind}.csv")


def stored(database: Database, kind: str, key: str) -> Any:
    """One entry."""
    with database.reading(SYSTEM) as session:
        return find_entry(session, KINDS[kind], key)


def versions(database: Database, kind: str) -> list[ListVersion]:
    """All versions of a kind, oldest first."""
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(ListVersion).where(ListVersion.kind == kind).order_by(ListVersion.id)))


def count(database: Database, kind: str) -> int:
    """How many entries of a kind there are."""
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(KINDS[kind])) or 0


def faults(result: ImportResult) -> list[tuple[str | None, str]]:
    """Cell and code of each fault."""
    return [(fault.cell, fault.code) for fault in result.faults]


def counts(result: ImportResult) -> tuple[int, int, int, int, int]:
    """New, changed, unchanged, rejected, written."""
    return result.new, result.changed, result.unchanged, result.rejected, result.written
