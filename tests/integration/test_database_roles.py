"""Owner and application are two roles on PostgreSQL; what is wrong with a database is said in one sentence."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import ConfigurationError, Exit
from matchmaker.settings import Settings
from tests.support.postgres import OWNER, PostgresServer


@pytest.mark.postgres
def test_the_application_may_not_change_the_schema_nor_what_was_kept(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    name = postgres_server.create_database()
    postgres_server._admin("ALTER DATABASE {} OWNER TO {}", name, OWNER)
    owner, application = postgres_server.url(name, OWNER), postgres_server.url(name)
    app = create_app(Settings(instance=tmp_path, database_url=application, migration_url=owner))
    done = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert done.exit_code == 0, done.output
    database = Database(application)
    with database.reading(SYSTEM) as session:
        assert session.scalar(text("SELECT count(*) FROM chain")) == 10
    for statement in (
        "DROP TABLE chain",
        "CREATE TABLE x (y integer)",
        "ALTER TABLE chain DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant_reads ON need",
        "UPDATE list_version SET actor = 'x'",
        "DELETE FROM list_version",
        "UPDATE audit_event SET who = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "UPDATE alembic_version SET version_num = 'x'",
    ):
        with pytest.raises(ConfigurationError) as refused, database.writing(SYSTEM) as session:
            session.execute(text(statement))
        assert refused.value.code == "database_permission"
    exported = app.test_cli_runner().invoke(args=["registers", "export", "chains", str(tmp_path / "chains.csv")])
    assert exported.exit_code == 0, exported.output
    database.dispose()
    app.extensions["matchmaker"].database.dispose()
    postgres_server.drop_database(name)


def _doctor(settings: Settings) -> tuple[int, str]:
    done = create_app(settings).test_cli_runner().invoke(args=["doctor", "--lang", "en"])
    return done.exit_code, done.output


def test_an_absent_an_old_and_a_newer_database(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    code, said = _doctor(settings)
    assert code == Exit.CONFIGURATION and "Run flask db upgrade" in said
    create_app(settings).test_cli_runner().invoke(args=["db", "upgrade"])
    assert _doctor(settings)[0] == 0
    with closing(sqlite3.connect(tmp_path / "matchmaker.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    code, said = _doctor(settings)
    assert code == Exit.CONFIGURATION and "newer than the programme" in said
    done = create_app(settings).test_cli_runner().invoke(args=["db", "upgrade", "--lang", "en"])
    assert done.exit_code == Exit.CONFIGURATION, done.output
    assert "newer" in done.output
    # No other command works on it either, let alone writes.
    for command in ("lists stale", "match run", "db check"):
        done = create_app(settings).test_cli_runner().invoke(args=[*command.split(), "--lang", "en"])
        assert (done.exit_code, done.stdout) == (Exit.CONFIGURATION, ""), command
        assert "database_newer" in done.stderr


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "matchmaker.db").write_bytes(b"not a database" * 500)
    app = create_app(Settings(instance=tmp_path))
    for command in ("match run", "db upgrade", "db check", "doctor"):
        done = app.test_cli_runner().invoke(args=[*command.split(), "--lang", "en"])
        assert done.exit_code == Exit.CONFIGURATION, (command, done.output)
        assert "Restore a backup" in done.output


def test_checking_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    done = create_app(Settings(instance=tmp_path)).test_cli_runner().invoke(args=["db", "check", "--lang", "en"])
    assert done.exit_code == Exit.CONFIGURATION and "Run flask db upgrade" in done.stderr


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "127.0.0.1"),
        ("sqlite:////no/such/folder/x.db", "/no/such/folder"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path, url: str, named: str) -> None:
    app = create_app(Settings(instance=tmp_path, database_url=url))
    done = app.test_cli_runner().invoke(args=["lists", "stale", "--lang", "en"])
    assert (done.exit_code, done.output.count("\n")) == (Exit.CONFIGURATION, 1), done.output
    assert named in done.output


@pytest.mark.parametrize("url", ["mysql://x", "not a url", "postgresql://x"])
def test_an_address_of_another_kind_is_refused_at_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        create_app(Settings(instance=tmp_path, database_url=url))
    assert "MATCHMAKER_DATABASE_URL" in refused.value.say("en")
