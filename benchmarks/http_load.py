"""Measures the web service under load: gunicorn on PostgreSQL, client and server on the same machine, over loopback.

    python -m benchmarks.http_load --connections 16 --seconds 15

The read mix is what a bank's and an enterprise's programmes and people ask for (lists, one entry, unchanged entries,
policies, pages of a signed-in operator); the write mix is new needs and changed products, each through the whole path:
token, matrix, row policies, validation, versions, change feed, audit chain. ``cpu_ms_per_request`` counts the server's
processes only. ``bare`` is ``/healthz`` through the same gunicorn in the same run: what a request costs before it
asks for anything.
"""

import argparse
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import select

from benchmarks._common import ROOT, show
from benchmarks._http_client import Answers, drive, request
from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import EntryStatus, Role
from matchmaker.lists.models import Enterprise, Product
from matchmaker.schema import upgrade
from matchmaker.settings import Settings
from tests.support.accounts import add_person, client_of, parts_of, token_for
from tests.support.postgres import PostgresServer
from tests.support.stock import fill_with_conformance

SECRET = secrets.token_hex(32)
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run once and print the document."""
    options = _options()
    server = PostgresServer()
    try:
        url = server.url(server.create_database())
        upgrade(url)
        settings = Settings(database_url=url, secret_key=SECRET)
        people = _fill(settings)
        with tempfile.TemporaryDirectory() as folder, _serving(url, Path(folder), options.workers) as (process, port):
            measure = _Measure(("127.0.0.1", port), options.connections, options.seconds, process.pid, server)
            bare = measure(lambda: request("GET", "/healthz", {}))
            read = measure(_reads(people))
            write = measure(_writes(people))
        show(
            {"database": "postgresql", "workers": options.workers, "seconds_each": options.seconds}
            | {"bare": bare, "read": read, "write": write}
        )
    finally:
        server.stop()


class _Measure:
    def __init__(
        self, address: tuple[str, int], connections: int, seconds: float, pid: int, server: PostgresServer
    ) -> None:
        self.address, self.connections, self.seconds = address, connections, seconds
        self.pid, self.server = pid, server

    def __call__(self, next_request: Callable[[], bytes]) -> dict[str, Any]:
        drive(self.address, self.connections, 2, next_request)
        web, database = _cpu(self.pid), _cpu(self.server.process.pid)
        answers = drive(self.address, self.connections, self.seconds, next_request)
        done = len(answers.seconds)
        return _told(answers, self.connections) | {
            "cpu_ms_per_request": round((_cpu(self.pid) - web) * 1000 / done, 2),
            "database_cpu_ms_per_request": round((_cpu(self.server.process.pid) - database) * 1000 / done, 2),
        }


def _told(answers: Answers, connections: int) -> dict[str, Any]:
    done = len(answers.seconds)
    good = sum(times for status, times in answers.statuses.items() if status < 400)
    return {
        "rps": round(done / answers.took, 1),
        "p50_ms": round(answers.quantile(0.5), 1),
        "p95_ms": round(answers.quantile(0.95), 1),
        "p99_ms": round(answers.quantile(0.99), 1),
        "max_ms": round(max(answers.seconds) * 1000, 1),
        "requests": done,
        "failures": done - good,
        "statuses": {str(status): times for status, times in sorted(answers.statuses.items())},
        "connections": connections,
    }


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process and its descendants have used, those that have ended included."""
    total = 0.0
    for member in [pid, *_descendants(pid)]:
        try:
            parts = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(part) for part in parts[11:15]) / TICKS
    return total


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _fill(settings: Settings) -> dict[str, Any]:
    """The conformance lists, and people of a bank, an enterprise and the bureau."""
    app = create_app(settings)
    parts = parts_of(app)
    fill_with_conformance(parts.database)
    with parts.database.reading(SYSTEM) as session:
        banks = session.execute(select(Product.bank_name, Product.public_id, Product.product_code)).all()
        bank = banks[0].bank_name
        published = Enterprise.status == EntryStatus.PUBLISHED
        firms = session.scalars(select(Enterprise.uscc).where(published).limit(20)).all()
    manager = add_person(app, Role.PRODUCT_MANAGER, Role.ACCOUNT_MANAGER, org_code=bank)
    finance = [add_person(app, Role.FINANCE, uscc=uscc) for uscc in firms]
    operator = add_person(app, Role.OPERATOR, org_code=bank)
    token = "__Host-session"
    cookie = client_of(app, operator).get_cookie(token)
    assert cookie is not None
    found = {
        "bank": token_for(app, manager, ("lists:read", "products:write", "leads:read", "inbox:read")),
        "firms": [token_for(app, one, ("lists:read", "needs:write", "matches:read", "inbox:read")) for one in finance],
        "operator": cookie.value,
        "products": [row.public_id for row in banks if row.bank_name == bank],
    }
    parts.database.dispose()
    return found


def _bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json", **more}


def _reads(people: dict[str, Any]) -> Callable[[], bytes]:
    chance = random.Random(1)
    page = {"Cookie": f"__Host-session={people['operator']}", "X-Forwarded-Proto": "https"}

    def one_product() -> bytes:
        return request("GET", f"/api/v1/products/prod_{chance.choice(people['products'])}", _bearer(people["bank"]))

    kinds: list[tuple[int, Callable[[], bytes]]] = [
        (3, lambda: request("GET", "/api/v1/products?limit=20", _bearer(people["bank"]))),
        (
            4,
            lambda: request(
                "GET", f"/api/v1/products/prod_{chance.choice(people['products'])}", _bearer(people["bank"])
            ),
        ),
        (3, lambda: request("GET", "/api/v1/needs", _bearer(chance.choice(people["firms"])))),
        (2, lambda: request("GET", "/api/v1/products?limit=20", _bearer(chance.choice(people["firms"])))),
        (2, lambda: request("GET", "/api/v1/policies", _bearer(chance.choice(people["firms"])))),
        (2, lambda: request("GET", "/api/v1/inbox", _bearer(people["bank"]))),
        (2, lambda: request("GET", "/api/v1/leads", _bearer(people["bank"]))),
        (2, lambda: request("GET", "/lists/products", page)),
    ]
    bag = [make for share, make in kinds for _ in range(share)]
    return lambda: chance.choice(bag)()


def _writes(people: dict[str, Any]) -> Callable[[], bytes]:
    chance, numbers = random.Random(2), count(1)

    def need() -> bytes:
        amount = f"{chance.randrange(10, 5000)}0000.00"
        body = {"amount": amount, "term_months": 12, "purpose": "WORKING_CAPITAL"}
        return _post("/api/v1/needs", chance.choice(people["firms"]), body)

    def product() -> bytes:
        number = next(numbers)
        return _post("/api/v1/products", people["bank"], {"name": f"负载{number}", "product_type": "OTHER"})

    return lambda: chance.choice((need, need, product))()


def _post(path: str, token: str, body: dict[str, Any]) -> bytes:
    headers = _bearer(token, **{"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)})
    return request("POST", path, headers, json.dumps(body).encode())


@contextmanager
def _serving(url: str, folder: Path, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "MATCHMAKER_DATABASE_URL": url,
        "MATCHMAKER_INSTANCE": str(folder),
        "MATCHMAKER_SECRET_KEY": SECRET,
        "MATCHMAKER_API_RATE": "1000000/minute",
        "MATCHMAKER_TRUSTED_PROXIES": "1",
    }
    # without renewal of the workers: its seconds of CPU would fall into one of the measured stretches by chance
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    command += ["--max-requests", "0", "wsgi:app"]
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        _await(port, folder / "gunicorn.log")
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _await(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(log.read_text())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
