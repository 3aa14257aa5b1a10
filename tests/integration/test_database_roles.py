"""Owner and application are two roles on PostgreSQL; what is wrong with a database is said in one sentence."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
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


@pytest.mark.postgres
def test_the_sql_of_the_guide_makes_a_database_that_runs_and_is_restored(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """docs/how-to/run-a-city.md, word for word but for the names, which other tests use."""
    guide = (Path(__file__).parents[2] / "docs/how-to/run-a-city.md").read_text("utf-8")
    told = guide.partition("```sql\n")[2].partition("```")[0].replace("matchmaker", "guide")
    archive = tmp_path / "city.zip"
    for name in ("guide_city", "guide_city2"):
        before, _, inside = told.replace(" city", f" {name}").partition(f"\\connect {name}\n")
        statements = [one for one in before.split(";\n") if one.strip()]
        for statement in statements if name == "guide_city" else statements[2:]:
            _as_admin(postgres_server, "postgres", statement)
        _as_admin(postgres_server, name, inside)
        owner, application = postgres_server.url(name, "guide_owner"), postgres_server.url(name, "guide")
        settings = Settings(instance=tmp_path, database_url=application, migration_url=owner)
        app = create_app(settings)
        words = ["db", "upgrade"] if name == "guide_city" else ["backup", "restore", str(archive)]
        assert (done := app.test_cli_runner().invoke(args=words)).exit_code == 0, done.output
        assert _doctor(replace(settings, migration_url=""))[0] == 0
        if name == "guide_city":
            assert app.test_cli_runner().invoke(args=["backup", "create", str(archive)]).exit_code == 0
        database = Database(application)
        with database.reading(SYSTEM) as session:
            assert session.scalar(text("SELECT count(*) FROM chain")) == 10
            assert not session.scalar(text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = 'guide'"))
            assert session.scalar(text("SELECT row_security_active('need')"))
        with pytest.raises(ConfigurationError), database.writing(SYSTEM) as session:
            session.execute(text("CREATE TABLE x (y integer)"))
        database.dispose()
        app.extensions["matchmaker"].database.dispose()
    for name in ("guide_city", "guide_city2"):
        postgres_server.drop_database(name)
    _as_admin(postgres_server, "postgres", "DROP ROLE guide; DROP ROLE guide_owner")


def _as_admin(server: PostgresServer, database: str, statements: str) -> None:
    with psycopg.connect(host=str(server.folder), user=OWNER, dbname=database, autocommit=True) as connection:
        connection.execute(statements.encode())


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
