"""Hostile values in every field of every route: 4xx in words or a plain answer, and nothing of others changes.

Fields are found by walking: members and parameters in the API's document, form fields in the pages that hold them, ids
in the route map (RELIABILITY.md R25; ASVS 1.2.1, 1.2.4, 1.2.10, 1.4.2, 2.2.1, 5.3.2, 5.4.2, 15.3.5, 16.4.1).
"""

import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from werkzeug.routing import Rule

from matchmaker.domain.terms import Role
from matchmaker.web.guard import API, SAFE
from tests.support.accounts import parts_of
from tests.support.canary_city import FIRMS, City
from tests.support.hostile import (
    BROKEN_UTF8,
    FILE_NAMES,
    HUGE,
    LITERALS,
    LONG,
    LONG_IN_ADDRESSES,
    MARKUP,
    TEXTS,
    Attack,
    in_address,
)
from tests.support.may_see import may_see, prepared, viewers
from tests.support.sweep import Door, Fill, fills, may_ask
from tests.support.sweeping import logged

pytestmark = pytest.mark.slow
BOUND = 10.0
"""Seconds: no request may take longer, on whatever machine."""
OTHERS = ("B2", "G1", FIRMS[1])
"""Whose rows must stay as they are; the attackers are of the first bank and the first enterprise."""
ATTACKERS = (Role.FINANCE, Role.LEAD, Role.OPERATOR, Role.SECURITY_ADMIN, Role.AUDITOR, Role.SYSTEM_ADMIN)


@pytest.fixture
def city(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[City]:
    made = prepared(migrated_sqlite_url, tmp_path)
    yield made
    parts_of(made.app).database.dispose()


@pytest.fixture
def doors(city: City) -> list[Door]:
    """One for each attacker, each noting how the database was."""
    made = [Door(city, one) for one in viewers(city) if one.role in ATTACKERS and one.home not in OTHERS]
    for door in made:
        door.keep()
    return made


def report(attack: Attack, what: str, lines: Iterable[str] = ()) -> None:
    """Figures, and what was found."""
    seconds, slowest = attack.slowest
    broken = [line for line in lines if "\n" in line.partition("Traceback")[0] or "\x1b" in line]
    print(f"{what}: {attack.requests} requests, {dict(sorted(attack.statuses.items()))}, slowest {seconds:.2f} s "
          f"({slowest}), {len(attack.faults)} faults")  # fmt: skip
    Path("/tmp/hostile.txt").write_text("\n".join(attack.faults), "utf-8", "backslashreplace")
    assert not attack.faults, "\n".join(attack.faults[:40])
    assert not broken, broken[:3]
    assert seconds < BOUND, slowest


def rows_of_others(city: City) -> dict[str, list[Any]]:
    """Table → the rows that belong to those who do not attack."""
    url = parts_of(city.app).settings.url.removeprefix("sqlite:///")
    found = {}
    with closing(sqlite3.connect(url)) as live:
        for (table,) in live.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in live.execute(f'PRAGMA table_info("{table}")')]
            owners = [name for name in ("org_code", "uscc", "bank_name") if name in columns]
            for owner in owners:
                wanted = f'SELECT * FROM "{table}" WHERE {owner} IN (?, ?, ?)'
                found[f"{table} {owner}"] = live.execute(wanted, OTHERS).fetchall()
    return found


def settle(attack: Attack, door: Door, status: int, told: str, before: dict[str, list[Any]]) -> None:
    """After something was done: others have what they had; then it is undone."""
    if status < 400:
        changed = [table for table, rows in rows_of_others(door.city).items() if rows != before[table]]
        if changed and door.viewer.role not in (Role.OPERATOR, Role.SECURITY_ADMIN):
            attack.faults.append(f"{door.viewer.who}: {told}: changes {changed} of others")
        door.undo()


# The API


def test_members_of_every_body(city: City, doors: list[Door]) -> None:
    attack, before = Attack(), rows_of_others(city)
    with logged() as lines:
        for rule, method, schema, example in bodies(city):
            door = next(one for one in doors if may_ask(city.app, one.viewer, rule, method))
            path = own_address(city, door, rule)
            for told, raw in hostile_bodies(schema, example):
                headers = {"Content-Type": "application/json", "If-Match": etag(door, path, method)}
                answer = attack.send(door, method, path, told, data=raw, headers=headers)
                settle(attack, door, answer.status_code, f"{path} {told}", before)
    report(attack, "members", lines)


def bodies(city: City) -> Iterator[tuple[Rule, str, dict[str, Any], dict[str, Any]]]:
    """(route, method, schema, example) of every operation that takes JSON."""
    document: Any = city.app.test_client().get("/api/v1/openapi.json").json
    for rule in city.app.url_map.iter_rules():
        operations = document["paths"].get(re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in sorted((rule.methods or set()) - set(SAFE)):
            taken = operations.get(method.lower(), {}).get("requestBody", {}).get("content", {}).get("application/json")
            if taken is not None:
                named = taken["schema"]["$ref"].rpartition("/")[2]
                yield rule, method, document["components"]["schemas"][named], {**taken["example"], **REACHABLE.get(named, {})}


REACHABLE: dict[str, dict[str, Any]] = {
    "EndpointDraft": {"url": "http://127.0.0.1:9/x"},
    "Grant": {"organisation": "B2"},
    "ProductDraft": {"bank": "B1"},
}
"""Members of examples as this city has them."""


def hostile_bodies(schema: dict[str, Any], example: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(what it is, the body): each member in turn, an unknown one, and the whole."""
    for member in schema["properties"]:
        for text in TEXTS:
            yield f"{member}={text}", _with(example, member, json.dumps(text))
        for literal in (*LITERALS, *HUGE):
            yield f"{member}={literal[:40]}", _with(example, member, literal)
    for name in ("id", "status", "version", "org_code", "role", "score", "x\0", MARKUP, LONG):
        yield f"unknown member {name[:20]}", _with(example, name, '"x"')
    for literal in (*LITERALS, *HUGE):
        yield f"body {literal[:40]}", literal.encode()


def _with(example: dict[str, Any], member: str, literal: str) -> bytes:
    return json.dumps({**example, member: "@@"}).replace('"@@"', literal).encode("utf-8", "surrogatepass")


def own_address(city: City, door: Door, rule: Rule) -> str:
    """An address of the route that names what is the attacker's."""
    own = [one for one in fills(city, rule) if _own(door, one)]
    return own[0].path


def _own(door: Door, fill: Fill) -> bool:
    sees = may_see()
    return len(fill.named) == len([n for n in fill.values if n not in ("verb", "name", "kind", "filename")]) and all(
        sees(door.viewer, one) for one in fill.named.values()
    )


def etag(door: Door, path: str, method: str) -> str:
    """The version to send with a change."""
    return door.open("GET", path).headers.get("ETag", '"1-0"') if method in ("PATCH", "DELETE") else '"1-0"'


def test_parameters_ids_and_headers_of_every_route(city: City, doors: list[Door]) -> None:
    attack = Attack()
    document: Any = city.app.test_client().get("/api/v1/openapi.json").json
    with logged() as lines:
        for door in doors:
            for rule in city.app.url_map.iter_rules():
                if may_ask(city.app, door.viewer, rule, "GET" if "GET" in (rule.methods or ()) else "POST"):
                    for path, query in hostile_addresses(city, door, rule, document):
                        method = "GET" if "GET" in (rule.methods or ()) else "POST"
                        attack.send(door, method, path, query, query_string=query)
    report(attack, "addresses", lines)


def hostile_addresses(city: City, door: Door, rule: Rule, document: Any) -> Iterator[tuple[str, str]]:
    """(path, query): each id and each parameter of a route, once with each value."""
    values = [*map(in_address, TEXTS), BROKEN_UTF8, LONG_IN_ADDRESSES]
    path = own_address(city, door, rule)
    for name in sorted(rule.arguments):
        marked = Fill(rule, {**own_values(city, door, rule), name: "HERE"}) if name not in CHOSEN else None
        for value in values if marked else ():
            yield marked.path.replace("HERE", value), ""  # type: ignore[union-attr]
    if "GET" not in (rule.methods or ()):
        return
    for name in parameters(rule, document):
        for value in values:
            yield path, f"{name}={value}"
        yield path, f"{name}=1&{name}=2"
        yield path, f"{name}[]=1&{name}.x=1"
