"""A check goes on while others work: what they do meanwhile is not lost, and nobody waits for it; on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.files.kept import report_path, source_path
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.services.checks import begin_check, cancel_check, check_held
from matchmaker.lists.services.uploads import Asked, Look, keep_look
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import TUESDAY, small_city
from tests.support.uploads import csv_of, manager, upload, write

GOOD = {"product_code": "B1P2", "name": "贷", "product_type": "WORKING_CAPITAL_LOAN", "amount_max_wan": 9}
FAULTY = GOOD | {"amount_max_wan": "很多"}


@pytest.fixture
def settings(tmp_path: Path, migrated_url: str) -> Settings:
    return Settings(instance=tmp_path, secret_key=SECRET, database_url=migrated_url, products_review=False)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    with made.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, firms=1)
    yield made
    made.dispose()


def begin(database: Database, settings: Settings, row: dict[str, Any] = FAULTY) -> ImportJob:
    """A file that a worker is to check."""
    path = settings.instance / "large.csv"
    path.write_text(csv_of([row]), "utf-8")
    with database.writing(manager()) as session:
        return begin_check(
            session, actor=manager(), kind="products", path=path, name="a.csv", headers={}, settings=settings,
            now=TUESDAY,
        )  # fmt: skip


def check(database: Database, settings: Settings, job: ImportJob, meanwhile: Any = lambda: None) -> ImportJob:
    """Check it as a worker does; ``meanwhile`` is done as it is being compared."""
    asked = []

    def now() -> Any:
        asked.append(1)
        if len(asked) == 3:
            meanwhile()
        return TUESDAY

    check_held(database, actor=manager(), public_id=job.public_id, settings=settings, now=now, lang="zh")
    with database.reading(manager()) as session:
        return session.get_one(ImportJob, job.id)


def cancel(database: Database, settings: Settings, job: ImportJob) -> bool:
    with database.writing(manager()) as session:
        return cancel_check(session, session.get_one(ImportJob, job.id), settings)


@pytest.mark.parametrize("row", [GOOD, FAULTY])
def test_what_is_cancelled_while_it_is_compared_stays_cancelled(
    database: Database, settings: Settings, row: dict[str, Any]
) -> None:
    job, said = begin(database, settings, row), []
    done = check(database, settings, job, lambda: said.append(cancel(database, settings, job)))
    assert said == [True] and done.result["cancelled"] and "rows" not in done.result
    assert not source_path(settings, job.public_id, "a.csv").exists()
    assert not report_path(settings, job.public_id).exists()
    again = check(database, settings, job)
    assert again.result["cancelled"] and not cancel(database, settings, job)


def test_of_two_workers_the_first_is_heard(database: Database, settings: Settings) -> None:
    job = begin(database, settings)
    done = check(database, settings, job, lambda: check(database, settings, job))
    assert done.result["counts"]["rejected"] == 1 and report_path(settings, job.public_id).is_file()


def test_what_was_written_in_another_window_is_not_checked_again(database: Database, settings: Settings) -> None:
    job = write(database, settings, upload(database, settings, csv_of([GOOD])))
    kept = job.result
    with database.writing(manager()) as session:
        mine = session.scalars(select(ImportJob)).one()
        mine.finished_at = None
        session.flush()
        elsewhere = update(ImportJob).values(finished_at=TUESDAY).execution_options(synchronize_session=False)
        session.execute(elsewhere)
        with pytest.raises(ConflictError, match="already"):
            keep_look(session, mine, Look("checked", {}, Asked((), {})))
    with database.reading(manager()) as session:
        found = session.get_one(ImportJob, job.id)
        assert (found.state, found.result) == ("written", kept)


def test_a_check_that_ended_in_the_meantime_is_not_cancelled(database: Database, settings: Settings) -> None:
    job = begin(database, settings)
    with database.writing(manager()) as session:
        mine = session.get_one(ImportJob, job.id)
        elsewhere = update(ImportJob).values(result={"headers": {}}).execution_options(synchronize_session=False)
        session.execute(elsewhere)
        assert not cancel_check(session, mine, settings)
    assert source_path(settings, job.public_id, "a.csv").is_file()
