"""What is exported of the sample city, in every state, is read back as all unchanged."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.demo.generator import generate, states
from matchmaker.lists.files import read_table, write_csv, write_template, write_xlsx
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import KINDS, LISTS
from matchmaker.lists.queries import find_entry, rows_for_file
from matchmaker.lists.services import ImportResult
from tests.support.lists import LATER, count, counts, fill_registers, put, put_file, table, versions

ON = date(2026, 11, 30)


@pytest.fixture(scope="module")
def city(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The demo's rows and the real policies, needs in every state."""
    path = tmp_path_factory.mktemp("city") / "matchmaker.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    fill_registers(database)
    rows = generate(on=ON)
    for kind, some in rows.items():
        columns = list(some[0])
        result = put(database, table(kind, " ".join(columns), *([row[c] for c in columns] for row in some)))
        assert result.faults == ()
    put_file(database, "policies", Path(__file__).parents[2] / "matchmaker" / "data" / "policies.csv")
    with database.writing(SYSTEM) as session:
        for need_no, status in states(rows, on=ON).items():
            find_entry(session, KINDS["needs"], need_no).status = status
    yield database
    database.dispose()


def back(city: Database, kind: str, path: Path) -> ImportResult:
    before = len(versions(city, kind))
    result = put(city, read_table(path, KINDS[kind]), now=LATER)
    assert len(versions(city, kind)) == before
    return result


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_export(city: Database, tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / f"list.{ending}"
    with city.reading(SYSTEM) as session:
        rows = rows_for_file(session, LISTS[kind])
        if ending == "csv":
            written = write_csv(path, LISTS[kind], rows)
        else:
            written = write_xlsx(path, LISTS[kind], rows, registers=load_registers(session, ["chain", "bank"]))
    assert written == count(city, kind) > 0
    assert counts(back(city, kind, path)) == (0, 0, written, 0, 0)


@pytest.mark.parametrize("kind", LISTS)
def test_template(city: Database, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "template.xlsx"
    with city.reading(SYSTEM) as session:
        rows = rows_for_file(session, LISTS[kind], current=True)
        written = write_template(path, LISTS[kind], rows, registers=load_registers(session, ["chain", "bank"]))
    assert counts(back(city, kind, path)) == (0, 0, written, 0, 0)
    assert (written < count(city, kind)) is (kind == "needs")
