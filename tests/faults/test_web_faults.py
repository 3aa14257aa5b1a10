"""A real web server while its database hangs, its disk is full, its workers are ended, its requests are malformed.

What was acknowledged is there, once; what was not can be sent again; the answer is 503 in words and never a bare 500.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, select, text

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database, Limits
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Product
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, add_person, parts_of, token_for
from tests.support.loud import skip_loudly
from tests.support.postgres import PostgresServer
from tests.support.serving import WebServer, serving, small_disk
from tests.support.stock import fill_with_conformance

PRODUCT = {"product_type": "CREDIT_LOAN", "amount_max": "5000000.00", "rate_max": "4.35"}
AT_ONCE = 20
WAIT = 2
"""Seconds that a request may wait for the database here."""


class Writer:
    """Adds products by the API; each with a key of its own, so that it may be sent again."""

    def __init__(self, folder: Path, database_url: str) -> None:
        app = create_app(Settings(instance=folder, database_url=database_url, secret_key=SECRET))
        person = add_person(app, Role.PRODUCT_MANAGER, org_code="B007")
        self.token = token_for(app, person, ["products:write", "lists:read"])
        parts_of(app).database.dispose()

    def add(self, server: WebServer, number: int, timeout: float = 30) -> tuple[int, dict[str, str], str]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": f"fault-{number}",
            "Content-Type": "application/json",
        }
        body = json.dumps({"name": f"产品{number}", **PRODUCT})
        return server.ask("POST", "/api/v1/products", body=body, headers=headers, timeout=timeout)

    def read(self, server: WebServer) -> tuple[int, dict[str, str], str]:
        return server.get("/api/v1/products?limit=1", Authorization=f"Bearer {self.token}")


def added(database_url: str) -> Counter[str]:
    database = Database(database_url)
    with database.reading(SYSTEM) as session:
        found = Counter(session.scalars(select(Product.name).where(Product.name.startswith("产品"))))
    database.dispose()
    return found


@contextmanager
def connected(url: str, user: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else at the same database, as ``psql`` would be."""
    made = make_url(url)
    with psycopg.connect(host=str(made.query["host"]), dbname=made.database, user=user or made.username) as connection:
        yield connection


def is_sorry(answer: tuple[int, dict[str, str], str]) -> None:
    """503, in words, with the time to come back."""
    status, headers, body = answer
    assert (status, headers["retry-after"]) == (503, "5"), body
    told = json.loads(body)
    assert told["code"].startswith("database_") and told["detail"]
    assert "Traceback" not in body and "psycopg" not in body and "INSERT" not in body


# R40: what waits for the database does not wait for ever


@pytest.mark.slow
@pytest.mark.postgres
def test_a_lock_that_somebody_holds_ends_in_503_and_health_goes_on(
    conformance_postgres_url: str, tmp_path: Path
) -> None:
    writer = Writer(tmp_path, conformance_postgres_url)
    with (
        serving(tmp_path, conformance_postgres_url, web_database_seconds=WAIT) as server,
        connected(conformance_postgres_url) as other,
    ):
        assert writer.read(server)[0] == 200
        other.execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
        start = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda _: writer.read(server), range(AT_ONCE)))
        print(f"worst of {AT_ONCE} requests at a held lock: {time.monotonic() - start:.1f} s, allowed {WAIT} s each")
        for answer in answers:
            is_sorry(answer)
        is_sorry(writer.add(server, 1))
        assert server.get("/healthz")[0] == 200
        other.rollback()
        assert writer.read(server)[0] == 200
        assert writer.add(server, 1)[0] == 201, "what was refused did not use up its key"
    assert added(conformance_postgres_url) == {"产品1": 1}


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("limits", "statement"),
    [(Limits(statement=1), "SELECT pg_sleep(20)"), (Limits(idle=1), None)],
    ids=["statement", "idle in transaction"],
)
def test_a_slow_statement_and_an_idle_transaction_are_ended(
    migrated_postgres_url: str, limits: Limits, statement: str | None
) -> None:
    database = Database(migrated_postgres_url)
    database.limit(limits)

    def work() -> None:
        with database.writing(SYSTEM) as session:
            session.execute(text(statement or "SELECT 1"))
            if statement is None:
                time.sleep(1.5)
                session.execute(text("SELECT 1"))

    with pytest.raises(MatchmakerError) as said:
        work()
    assert said.value.code in ("database_busy", "database_unreachable")
    with database.reading(SYSTEM) as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.dispose()


@pytest.mark.postgres
def test_when_all_connections_are_in_use_the_answer_is_503(conformance_postgres_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, database_url=conformance_postgres_url, secret_key=SECRET))
    database = parts_of(app).database
    database.limit(Limits(connections=2, connect=1))
    writer = Writer(tmp_path, conformance_postgres_url)
    headers = {"Authorization": f"Bearer {writer.token}"}
    with database.reading(SYSTEM) as one, database.reading(SYSTEM) as other:
        one.execute(text("SELECT 1"))
        other.execute(text("SELECT 1"))
        answer = app.test_client().get("/api/v1/products", headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json["code"] == "database_busy"
        assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/api/v1/products", headers=headers).status_code == 200
    database.dispose()


# R39: workers are ended with requests in flight


def workers_of(server: WebServer) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in listed.stdout.split()]


def send_and_interrupt(server: WebServer, writer: Writer, url: str, interrupt: Any) -> tuple[dict[int, int], list[int]]:
    """Start writes that wait at a lock, interrupt the server, let go: number → status of the answered, the others."""
    answered: dict[int, int] = {}
    unknown: list[int] = []

    def send(number: int) -> None:
        try:
            answered[number] = writer.add(server, number)[0]
        except OSError:
            unknown.append(number)
        except Exception:  # noqa: BLE001  (http.client: the answer was cut off)
            unknown.append(number)

    with connected(url) as other:
        other.execute("LOCK TABLE product IN SHARE MODE")
        threads = [threading.Thread(target=send, args=(number,)) for number in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        wait_until_blocked(url)
        interrupt()
        time.sleep(0.3)
        other.rollback()
        for thread in threads:
            thread.join(60)
    return answered, unknown


def wait_until_blocked(url: str) -> None:
    with connected(url) as other:
        for _ in range(200):
            found = other.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
            if found and found[0] >= 1:
                return
            time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGKILL], ids=["asked to end", "killed"])
def test_what_was_in_flight_is_finished_or_can_be_sent_again(
    conformance_postgres_url: str, tmp_path: Path, kind: signal.Signals
) -> None:
    writer = Writer(tmp_path, conformance_postgres_url)
    flags = ("--workers", "1", "--threads", str(AT_ONCE))
    with serving(tmp_path, conformance_postgres_url, *flags, web_database_seconds=20) as server:

        def interrupt() -> None:
            for pid in [server.process.pid] if kind is signal.SIGTERM else workers_of(server):
                os.kill(pid, kind)

        answered, unknown = send_and_interrupt(server, writer, conformance_postgres_url, interrupt)
        print(f"{kind.name}: {len(answered)} answered, {len(unknown)} cut off of {AT_ONCE}")
        assert set(answered.values()) <= {201, 503}
        if kind is signal.SIGTERM:
            assert unknown == []
            assert server.process.wait(timeout=40) == 0
    done = {f"产品{number}" for number, status in answered.items() if status == 201}
    before = added(conformance_postgres_url)
    assert done <= set(before), "acknowledged and lost"
    with serving(tmp_path, conformance_postgres_url) as server:
        again = [writer.add(server, number)[0] for number in range(AT_ONCE)]
    assert set(again) == {201}
    assert added(conformance_postgres_url) == {f"产品{number}": 1 for number in range(AT_ONCE)}


# The database goes away and comes back


@pytest.mark.slow
@pytest.mark.postgres
def test_a_database_that_crashes_is_said_to_be_away_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    postgres = PostgresServer()
    try:
        from matchmaker import schema

        name = postgres.create_database()
        postgres._admin("ALTER DATABASE {} SET synchronous_commit = on", name)  # as in service: a crash is meant
        url = postgres.url(name)
        schema.upgrade(url)
        database = Database(url)
        fill_with_conformance(database)
        database.dispose()
        writer = Writer(tmp_path, url)
        with serving(tmp_path, url, web_database_seconds=WAIT) as server:
            assert writer.add(server, 1)[0] == 201
            postgres.process.send_signal(signal.SIGKILL)
            postgres.process.wait()
            for _ in range(5):
                is_sorry(writer.read(server))
            is_sorry(writer.add(server, 2))
            assert server.get("/healthz")[0] == 200
            assert server.get("/readyz")[0] == 503
            (postgres.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
            time.sleep(1)
            postgres.start()
            start, status = time.monotonic(), 0
            while status != 200 and time.monotonic() < start + 30:
                status = writer.read(server)[0]
                assert status in (200, 503)
            print(f"first success {time.monotonic() - start:.1f} s after the restart")
            assert writer.add(server, 2)[0] == 201
        assert added(url) == {"产品1": 1, "产品2": 1}
    finally:
        postgres.stop()


# R36: no room left


@pytest.mark.slow
def test_a_full_disk_is_said_and_reading_goes_on(conformance_sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    if not small_disk(folder, 24):
        skip_loudly("no file system of a few megabytes could be mounted (needs root)")
    try:
        source = Path(str(make_url(conformance_sqlite_url).database))
        (folder / "matchmaker.db").write_bytes(source.read_bytes())
        url = f"sqlite:///{folder / 'matchmaker.db'}"
        writer = Writer(tmp_path, url)
        with serving(tmp_path, url, "--workers", "1") as server:
            assert writer.add(server, 1)[0] == 201
            fill_up(folder / "filler")
            answers = [writer.add(server, number, timeout=60) for number in range(2, 12)]
            assert {status for status, _, _ in answers} <= {201, 503}
            refused = [number for number, (status, _, _) in enumerate(answers, 2) if status == 503]
            assert refused, "the disk was not full"
            for status, _, body in answers:
                if status == 503:
                    assert json.loads(body)["code"] == "database_full"
            assert writer.read(server)[0] == 200
            (folder / "filler").unlink()
            assert {writer.add(server, number)[0] for number in range(1, 12)} == {201}
        assert added(url) == {f"产品{number}": 1 for number in range(1, 12)}
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill_up(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


# ASVS 4.2.1, 13.4: messages with two lengths, and what a server must not show


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[WebServer]:
    folder = tmp_path_factory.mktemp("plain")
    (folder / "matchmaker.db").write_bytes(sqlite_template.read_bytes())
    with serving(folder, f"sqlite:///{folder / 'matchmaker.db'}", "--workers", "1") as server:
        yield server


TWO_LENGTHS = {
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "listed lengths": b"Content-Length: 5, 6\r\n\r\nhello!",
    "no number": b"Content-Length: +5\r\n\r\nhello",
    "chunks in disguise": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "space before the colon": b"Content-Length : 5\r\n\r\nhello",
    "folded": b"X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", TWO_LENGTHS)
def test_a_message_whose_end_is_doubtful_is_refused_and_the_connection_closed(plain: WebServer, name: str) -> None:
    received, closed = plain.send_raw(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n" + TWO_LENGTHS[name])
    head = received.split(b"\r\n", 1)[0]
    assert head.split()[1] in (b"400", b"501"), received[:300]
    assert closed
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config", "/.git/HEAD", "/.env", "/instance/config.toml", "/config.toml", "/wsgi.py", "/metrics",
        "/console", "/debug", "/server-status", "/static/", "/static/../guard.py", "/static/%2e%2e/guard.py",
        "/static/..%2f..%2fsettings.py", "/static/style.css~", "/backup.zip", "/phpinfo.php",
    ],
)  # fmt: skip
def test_nothing_but_the_routes_is_served(plain: WebServer, path: str) -> None:
    status, _, body = plain.get(path)
    assert status == 404, body
    assert "Index of" not in body and "Traceback" not in body


def test_no_debugger_no_trace_no_echo(plain: WebServer) -> None:
    assert plain.get("/healthz?__debugger__=yes&cmd=resource&f=debugger.js")[2].strip() == '{"status":"ok"}'
    for method in ("TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND"):
        status, _, body = plain.ask(method, "/healthz", headers={"X-Canary": "canary-4711"})
        assert status in (400, 405, 501), method
        assert "canary-4711" not in body
    _, headers, _ = plain.get("/healthz", Origin="https://evil.example")
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "x-powered-by" not in headers and not any(c.isdigit() for c in headers.get("server", ""))
