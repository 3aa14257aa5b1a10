"""``flask lists undo``: what it would do, what it does, and what it cannot find."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import Exit
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.models import Product
from matchmaker.settings import Settings
from tests.support.accounts import parts_of
from tests.support.city import TUESDAY, small_city
from tests.support.lists import stored
from tests.support.uploads import csv_of, upload, write


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(Settings(instance=tmp_path, database_url=migrated_sqlite_url), now=lambda: TUESDAY)
    with parts_of(made).database.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, firms=1)
    yield made
    parts_of(made).database.dispose()


def test_an_import_is_undone_at_the_command_line(app: Flask) -> None:
    parts, run = parts_of(app), app.test_cli_runner().invoke
    row = {"product_code": "B1P1", "name": "改名", "product_type": "CREDIT_LOAN"}
    job = write(parts.database, parts.settings, upload(parts.database, parts.settings, csv_of([row])))
    tried = run(args=["lists", "undo", job.public_id, "--dry-run", "--json"])
    assert json.loads(tried.stdout) == {"restored": 1, "withdrawn": 0, "left": [], "dry_run": True}
    assert stored(parts.database, "products", "B1P1").name == "改名"
    done = run(args=["lists", "undo", job.public_id])
    assert done.exit_code == 0 and "已撤销：恢复 1 条" in done.output
    found: Product = stored(parts.database, "products", "B1P1")
    assert found.name == "B1流贷1" and found.version == 3
    assert run(args=["lists", "undo", job.public_id]).exit_code == Exit.CONFLICT
    assert run(args=["lists", "undo", "nothing"]).exit_code == Exit.NOT_FOUND
