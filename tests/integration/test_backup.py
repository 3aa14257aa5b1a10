"""A backup restores to the same rows on either database, and what had been sent is not sent again."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.backup import tables
from matchmaker.db import Database
from matchmaker.domain.errors import Exit
from matchmaker.lists.models import Organisation
from matchmaker.outbox.models import OutboxMessage
from matchmaker.settings import Settings
from tests.support.demo import NOW, demo_app


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the demo city with one message that still waits."""
    folder = tmp_path_factory.mktemp("city")
    app = demo_app(folder)
    with app.extensions["matchmaker"].database.writing(SYSTEM) as session:
        first = session.scalar(select(func.min(OutboxMessage.id)))
        session.execute(update(OutboxMessage).where(OutboxMessage.id == first).values(state="waiting", sent_at=None))
    path = folder / "city.zip"
    done = app.test_cli_runner().invoke(args=["backup", "create", str(path)])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return create_app(Settings(instance=tmp_path, database_url=url), now=lambda: NOW + timedelta(days=1))


def test_a_restore_has_every_row_again(archive: Path, empty: Flask, tmp_path: Path) -> None:
    runner = empty.test_cli_runner()
    done = runner.invoke(args=["backup", "restore", str(archive)])
    assert done.exit_code == 0, done.output
    again = tmp_path / "again.zip"
    assert runner.invoke(args=["backup", "create", str(again)]).exit_code == 0
    before, after = (json.loads(zipfile.ZipFile(p).read("manifest.json"))["tables"] for p in (archive, again))
    assert {n for n, t in before.items() if t != after[n]} == {"outbox_message"}  # the one that waited
    assert {n: t["rows"] for n, t in before.items()} == {n: t["rows"] for n, t in after.items()}
    assert set(before) == {t.name for t in tables()} and before["push_item"]["rows"] > 1000


def test_a_restored_system_sends_nothing_by_itself_and_goes_on(archive: Path, empty: Flask, tmp_path: Path) -> None:
    runner = empty.test_cli_runner()
    assert runner.invoke(args=["backup", "restore", str(archive)]).exit_code == 0
    database: Database = empty.extensions["matchmaker"].database
    with database.reading(SYSTEM) as session:
        put_aside = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "failed")).all()
    assert [m.last_error for m in put_aside] == ["restored"]
    said = runner.invoke(args=["push", "run", "--at", "2026-11-24T09:35", "--lang", "en"])
    assert said.exit_code == 0, said.output
    assert not (tmp_path / "mail").exists()
    (tmp_path / "o.csv").write_text("org_code,kind,name\nNEW1,BANK,新设银行\n", "utf-8")
    added = runner.invoke(args=["lists", "import", "organisations", str(tmp_path / "o.csv")])
    assert added.exit_code == 0, added.output
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(Organisation.id).where(Organisation.org_code == "NEW1"))
    recomputed = runner.invoke(args=["match", "recompute", "1"])
    assert recomputed.exit_code == 0, recomputed.output


def test_a_database_with_rows_is_not_overwritten(archive: Path, empty: Flask) -> None:
    runner = empty.test_cli_runner()
    runner.invoke(args=["db", "upgrade"])
    done = runner.invoke(args=["backup", "restore", str(archive), "--lang", "en"])
    assert (done.exit_code, "not empty" in done.stderr) == (Exit.CONFLICT, True)


def test_one_flipped_byte_is_found(archive: Path, tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path))
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    broken = tmp_path / "flipped.zip"
    broken.write_bytes(content)
    done = app.test_cli_runner().invoke(args=["backup", "verify", str(broken), "--lang", "en"])
    assert (done.exit_code, "no whole backup" in done.stderr) == (Exit.REJECTED, True)


def test_a_damaged_archive_is_refused_and_nothing_is_written(archive: Path, tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path))
    runner = app.test_cli_runner()
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(broken, "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(
                name, content.replace("钓具".encode(), "渔具".encode()) if "enterprise" in name else content
            )
    (tmp_path / "text.zip").write_text("no archive")
    refused = ((broken, Exit.REJECTED), (tmp_path / "text.zip", Exit.REJECTED), (tmp_path / "none.zip", Exit.NOT_FOUND))
    for path, code in refused:
        for command in ("verify", "restore"):
            done = runner.invoke(args=["backup", command, str(path)])
            assert done.exit_code == code, done.output
            assert done.stderr.count("\n") == 1
    assert not (tmp_path / "matchmaker.db").exists()
    assert runner.invoke(args=["backup", "verify", str(archive)]).exit_code == 0
    assert runner.invoke(args=["backup", "restore", str(archive), "--dry-run"]).exit_code == 0
    assert not (tmp_path / "matchmaker.db").exists()


def test_an_existing_file_is_kept(archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()
    app = create_app(Settings(instance=archive.parent))
    done = app.test_cli_runner().invoke(args=["backup", "create", str(archive)])
    assert done.exit_code == Exit.CONFLICT
    assert archive.read_bytes() == before
