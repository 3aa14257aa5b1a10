"""The examples of ``--json`` in the reference have the keys that a real run prints, at every level.

After a change of what a command prints, write the examples anew: ``python -m tests.contract.test_json_examples``.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import Exit
from matchmaker.lists.defaults import load_defaults
from matchmaker.schema import upgrade
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import TUESDAY, code_of, contact, need, product, put, small_city
from tests.support.http_sink import http_sink
from tests.support.webhooks import LOOPBACK, add_endpoint
from tests.support.webhooks import put as hand_in
from tests.support.webhooks import send as deliver

EXAMPLES = Path(__file__).parents[2] / "docs" / "reference" / "examples"


def printed(app: Flask, *words: str, code: Exit = Exit.DONE) -> Any:
    done = app.test_cli_runner().invoke(args=[*words, "--json", "--lang", "en"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def push_run(app: Flask, folder: Path) -> Any:
    """Two enterprises, one bank and the bureau at the window of the enterprises; one contact has no address."""
    return printed(app, "push", "run", "--at", "2026-11-24T09:30")


def lists_import(app: Flask, folder: Path) -> Any:
    """One new need, and one that is sent back with the cell that is to be mended."""
    rows = [
        "need_no,uscc,amount_wan,term_months,purpose,remark_of_ours",
        f"XQ-20261118-0101,{code_of(1)},300,12,WORKING_CAPITAL,",
        f"XQ-20261118-0102,{code_of(2)},three hundred,12,WORKING_CAPITAL,",
    ]
    file = folder / "needs.csv"
    file.write_text("\n".join(rows), "utf-8")
    told = printed(app, "lists", "import", "needs", str(file), "--partial", code=Exit.REJECTED)
    return {**told, "file": file.name}


def match_run(app: Flask, folder: Path) -> Any:
    """A stored matching of a day."""
    return printed(app, "match", "run", "--on", "2026-11-24")


def doctor(app: Flask, folder: Path) -> Any:
    """Everything that is looked at."""
    told = printed(app, "doctor")
    return json.loads(json.dumps(told).replace(str(folder), "instance"))


def webhook_list(app: Flask, folder: Path) -> Any:
    """An endpoint of a bank."""
    add_endpoint(database_of(app), "https://system.b1.example/hooks", org_code="B1", settings=LOOPBACK)
    return printed(app, "webhook", "list")


def webhook_deliveries(app: Flask, folder: Path) -> Any:
    """One delivery that arrived."""
    database = database_of(app)
    with http_sink() as sink:
        endpoint, _ = add_endpoint(database, sink.url(), org_code="B1")
        hand_in(database, endpoint, at=TUESDAY)
        deliver(database, at=TUESDAY)
    return printed(app, "webhook", "deliveries", endpoint.public_id)


def database_of(app: Flask) -> Database:
    database: Database = app.extensions["matchmaker"].database
    return database


MADE: dict[str, Callable[[Flask, Path], Any]] = {
    "push-run": push_run,
    "lists-import": lists_import,
    "match-run": match_run,
    "doctor": doctor,
    "webhook-list": webhook_list,
    "webhook-deliveries": webhook_deliveries,
}


def city(folder: Path) -> Flask:
    """A city of two enterprises and a bank, with the clock at the enterprises' window."""
    url = f"sqlite:///{folder / 'matchmaker.db'}"
    settings = Settings(instance=folder, database_url=url, secret_key=SECRET)
    upgrade(settings.database_url)
    app = create_app(settings, now=lambda: TUESDAY)
    with app.extensions["matchmaker"].database.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=2, banks=1)
        put(session, "products", product("B1", 2, security="PLEDGE"))
        put(session, "needs", need(2, submitted_on=""))
        put(session, "contacts", contact("E002", uscc=code_of(2), role="FINANCE", email=""))
    return app


@pytest.mark.parametrize("name", MADE)
def test_the_example_has_the_keys_of_a_real_run(name: str, tmp_path: Path) -> None:
    example = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    assert shape(example) == shape(MADE[name](city(tmp_path), tmp_path))


@pytest.mark.parametrize("name", MADE)
def test_the_example_shows_something_in_every_list(name: str) -> None:
    example = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    assert example
    assert [key for key, value in example.items() if value == []] == []


def shape(value: Any) -> Any:
    """Keys at every level; of a list, those of its elements, each shape once."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(inner), sort_keys=True) for inner in value})
    return "null or value"


def write_examples() -> None:
    """Make the documents anew."""
    for name, make in MADE.items():
        with tempfile.TemporaryDirectory() as folder:
            told = make(city(Path(folder)), Path(folder))
        (EXAMPLES / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    write_examples()
