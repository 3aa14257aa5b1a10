"""The test databases are what other tests rely on: real, apart from each other, and not a superuser's."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.support.postgres import PostgresServer


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


@pytest.mark.postgres
def test_application_role_is_no_superuser(postgres_url: str) -> None:
    flags = run(postgres_url, "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user")
    assert flags == [(False, False, False)]


@pytest.mark.parametrize("_round", [1, 2])
def test_each_test_gets_an_empty_database(database_url: str, _round: int) -> None:
    run(database_url, "CREATE TABLE mine (name text)")
    run(database_url, "INSERT INTO mine VALUES ('威海')")
    assert run(database_url, "SELECT name FROM mine") == [("威海",)]


@pytest.mark.parametrize("_round", [1, 2])
def test_each_test_gets_a_migrated_copy(migrated_url: str, _round: int) -> None:
    engine = create_engine(migrated_url)
    tables = inspect(engine).get_table_names()
    engine.dispose()
    assert "alembic_version" in tables
    assert "mine" not in tables
    run(migrated_url, "CREATE TABLE mine (name text)")


@pytest.mark.postgres
def test_server_leaves_nothing_behind() -> None:
    server = PostgresServer()
    folder, process = server.folder, server.process
    server.stop()
    assert process.returncode is not None
    assert not Path(folder).exists()
