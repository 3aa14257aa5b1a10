"""Fixtures for every test: databases of both kinds, empty or migrated, and a browser."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.loud import loud_reasons, skip_loudly
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what was skipped loudly."""
    for reason, times in loud_reasons(terminalreporter.stats.get("skipped", [])).items():
        terminalreporter.write_line(f"!! {times} NOT TESTED: {reason}", yellow=True, bold=True)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the MATCHMAKER_* variables of whoever runs it."""
    for name in [name for name in os.environ if name.startswith("MATCHMAKER_") and name != "MATCHMAKER_RANKING_DATA"]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> None:
    """Passwords cost a millisecond here; tests/unit/test_passwords.py looks at the real cost."""
    from matchmaker.accounts.passwords import Hasher, Strength, use_hasher

    use_hasher(Hasher(Strength(memory_kib=64, passes=1, lanes=1)))


# Databases


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL, one per process of the run."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, as a role that is no superuser."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'matchmaker.db'}"


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], None]:
    """Bring the database at a URL to the newest schema."""
    from matchmaker import schema

    return schema.upgrade


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "matchmaker.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, migrate: Callable[[str], None]) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    name = postgres_server.create_database()
    migrate(postgres_server.url(name))
    return name


@pytest.fixture
def migrated_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated, empty SQLite database."""
    path = tmp_path / "matchmaker.db"
    _copy_sqlite(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def migrated_postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The URL of a migrated, empty PostgreSQL database, as a role that is no superuser."""
    name = postgres_server.create_database(postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=BACKENDS)
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database, once of each kind."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture(scope="session")
def conformance_sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the conformance lists, to copy."""
    path = tmp_path_factory.mktemp("conformance") / "matchmaker.db"
    _copy_sqlite(sqlite_template, path)
    _fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def conformance_postgres_template(postgres_server: PostgresServer, postgres_template: str) -> str:
    """The name of a PostgreSQL database with the conformance lists, to copy."""
    name = postgres_server.create_database(postgres_template)
    _fill(postgres_server.url(name))
    return name


@pytest.fixture
def conformance_sqlite_url(conformance_sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a SQLite database of the test's own with registers and the conformance lists."""
    path = tmp_path / "matchmaker.db"
    _copy_sqlite(conformance_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def conformance_postgres_url(postgres_server: PostgresServer, conformance_postgres_template: str) -> Iterator[str]:
    """The same in PostgreSQL."""
    name = postgres_server.create_database(conformance_postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=BACKENDS)
def conformance_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with registers and the conformance lists, once of each kind."""
    url: str = request.getfixturevalue(f"conformance_{request.param}_url")
    return url


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _fill(url: str) -> None:
    from matchmaker.db import Database
    from tests.support.stock import fill_with_conformance

    database = Database(url)
    fill_with_conformance(database)
    database.dispose()


# Browser


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The system's Chromium, driven by Playwright; absent: a loud skip, or a failure where REQUIRE_BROWSER=1."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        reason = "no Chromium on PATH, so no page was opened (apt install chromium)"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, but {reason}")
        skip_loudly(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()
