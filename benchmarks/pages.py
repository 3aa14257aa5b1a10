"""Measures the pages: time in the server and statements of each, for each role, on a city's lists.

    python -m benchmarks.pages --times 20

The city has 200 banks, 1,000 products, 10,000 enterprises and 5,000 needs (size ``m`` of the demo, its products spread
over more banks); the lists it is compared with have 80 products, 300 enterprises and 200 needs.

``statements`` is what one page asks of the database; ``grows`` says by how many more it asks it when the list behind
it is so much longer. A page of 50 rows that asked row by row would show more than 50. ``kb`` is the page as it is sent
compressed; ``assets_kb`` all style sheets and scripts, compressed. Times are taken in one process without a network.
"""

import argparse
import gzip
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from benchmarks._common import show
from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.demo.services import load_demo
from matchmaker.domain.terms import EntryStatus, OrganisationKind, Role
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.models import Need, Organisation, Product
from matchmaker.matching.services import run_matching
from matchmaker.push.services import run_push
from matchmaker.schema import upgrade
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of, sign_in_as
from tests.support.linking import Sight, follow_links

BANKS = 200
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
STATIC = Path(__file__).resolve().parent.parent / "matchmaker" / "web" / "static"


def main() -> None:
    """Run once and print the document."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        found = {size: _measure(Path(folder) / size, size, options.times) for size in ("s", options.size)}
    small, large = found["s"], found[options.size]
    for page, told in large["pages"].items():
        before = small["pages"].get(page)
        told["grows"] = None if before is None else told["statements"] - before["statements"]
    assets = sum(len(gzip.compress(path.read_bytes())) for path in STATIC.iterdir())
    show({"size": options.size, "rows": large["rows"], "assets_kb": round(assets / 1024, 1), "pages": large["pages"]})


def _measure(folder: Path, size: Any, times: int) -> dict[str, Any]:
    folder.mkdir()
    settings = Settings(instance=folder, secret_key=SECRET, database_url=f"sqlite:///{folder}/city.db", demo=True)
    upgrade(settings.database_url)
    app = create_app(settings, now=lambda: NOW)
    database = parts_of(app).database
    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        rows = load_demo(session, on=NOW.date(), now=NOW, settings=settings, size=size)
        if size != "s":
            rows["organisations"] += _more_banks(session)
        run_matching(session, on=NOW.date(), now=NOW, top_k=20)
    run_push(database, settings, now=lambda: NOW, audiences=("bank",))
    with database.reading(SYSTEM) as session:
        bank = session.scalars(select(Product.bank_name).order_by(Product.id)).first()
        uscc = session.scalars(select(Need.uscc).order_by(Need.id)).first()
    readers = {
        "bureau": sign_in_as(app, Role.OPERATOR, org_code="J01"),
        "bank": sign_in_as(app, Role.LEAD, org_code=bank),
        "enterprise": sign_in_as(app, Role.FINANCE, uscc=uscc),
    }
    pages: dict[str, Any] = {}
    for reader, client in readers.items():
        for name, path in _paths(app, client):
            pages[f"{reader} {name}"] = _page(client, path, times)
    database.dispose()
    return {"rows": rows, "pages": pages}


def _more_banks(session: Any) -> int:
    """Banks beside the demo's own until there are ``BANKS``, each with as many products; how many came."""
    own = list(session.scalars(select(Organisation.org_code).where(Organisation.kind == OrganisationKind.BANK)))
    more = [f"X{place:03d}" for place in range(BANKS - len(own))]
    for code in more:
        bank = Organisation(org_code=code, kind=OrganisationKind.BANK, name=f"示例银行{code}", area_code="371000")
        bank.status, bank.version = EntryStatus.PUBLISHED, 1
        bank.created_at = bank.updated_at = bank.confirmed_at = NOW
        session.add(bank)
    session.flush()
    codes = own + more
    for place, product in enumerate(session.scalars(select(Product).order_by(Product.id))):
        product.bank_name = codes[place % len(codes)]
    return len(more)


def _paths(app: Flask, client: FlaskClient) -> list[Sight]:
    """One page of each route and kind that links lead to from the reader's first page."""

    def links_of(path: str) -> list[str] | None:
        answer = client.get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            return None
        return [unescape(one) for one in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text)]

    return list(follow_links(app, links_of))


def _page(client: FlaskClient, path: str, times: int) -> dict[str, Any]:
    client.get(path)
    with _statements() as asked:
        body = client.get(path).data
    count, taken = len(asked), []
    for _ in range(times):
        began = time.perf_counter()
        client.get(path)
        taken.append((time.perf_counter() - began) * 1000)
    ordered = sorted(taken)
    return {
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[min(int(times * 0.95), times - 1)], 1),
        "statements": count,
        "kb": round(len(gzip.compress(body)) / 1024, 1),
    }


@contextmanager
def _statements() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("m", "l"), default="m")
    parser.add_argument("--times", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
