"""Hostile ids, parameters and headers to every route: 4xx in words or a plain answer, and nothing of others changes.

Ids are found in the route map, parameters in the API's document and in what pages read (RELIABILITY.md R25).
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from matchmaker.domain.terms import Role
from matchmaker.web.guard import API
from tests.support.attackers import Attackers
from tests.support.hostile import BROKEN_UTF8, LONG_IN_ADDRESSES, MARKUP, TEXTS, Turns, in_address
from tests.support.sweep import Fill
from tests.support.sweeping import logged

pytestmark = pytest.mark.slow
VALUES = (*map(in_address, TEXTS), BROKEN_UTF8, LONG_IN_ADDRESSES)
WORST_IN_ADDRESSES = (in_address("a\0b"), in_address("x\r\nX-Evil: 1"), in_address(MARKUP), BROKEN_UTF8)


def test_ids_and_parameters_of_every_route(attackers: Attackers) -> None:
    app = attackers.city.app
    document: Any = app.test_client().get("/api/v1/openapi.json").json
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith(("static", ".asset"))]
    with logged() as lines:
        for rule in rules:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                door = attackers.door(rule, method)
                fill = attackers.own(door, rule)
                tried = list(hostile_ids(fill, attackers.turns))
                if method == "GET":
                    known = parameters(rule, app.view_functions[rule.endpoint], document)
                    tried += hostile_queries(fill, known, attackers.turns)
                for path, query in tried:
                    attackers.send(door, method, path, query, query_string=query)
    attackers.report("ids and parameters", lines)


def hostile_ids(fill: Fill, turns: Turns) -> Iterator[tuple[str, str]]:
    """(path, no query): each id of an address, once with each value; ids of a kind share them."""
    for name, value in fill.values.items():
        converter = fill.rule._converters[name]
        for hostile in turns.of(f"id {name} {type(converter).__name__}", VALUES, WORST_IN_ADDRESSES):
            yield fill.path.replace(converter.to_url(value), hostile, 1), ""


Known = tuple[str, str, Sequence[str]]
"""(name, kind, the worst values) of a parameter."""


def hostile_queries(fill: Fill, known: Iterator[Known], turns: Turns) -> Iterator[tuple[str, str]]:
    """(path, query): each parameter with each value of its turn, given twice, and one that nobody knows."""
    yield fill.path, f"{in_address(MARKUP)}=1"
    for name, kind, worst in known:
        for hostile in turns.of(kind, VALUES, worst):
            yield fill.path, f"{name}={hostile}"
        yield fill.path, f"{name}=1&{name}=2"


def parameters(rule: Rule, view: Any, document: Any) -> Iterator[Known]:
    """Those of the API's document; for pages, those that the view's module reads."""
    if not rule.rule.startswith(API):
        read = re.findall(r'request\.(?:args|values)\.get\(\s*"(\w+)"', Path(inspect.getfile(view)).read_text("utf-8"))
        for name in sorted({*read, "page", "lang"}):
            yield name, f"page {name}", WORST_IN_ADDRESSES
        return
    declared = document["paths"].get(re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule), {}).get("get", {})
    for one in declared.get("parameters", ()):
        if one["in"] == "query":
            form = one["schema"]
            free = form.get("type") == "string" and not {"enum", "pattern"} & set(form)
            kind = one["name"] if free else f"{form.get('type')} {sorted(form)}"
            yield one["name"], kind, WORST_IN_ADDRESSES if free else ()


# Headers

HEADERS = (
    "Authorization", "Idempotency-Key", "If-Match", "If-None-Match", "Accept", "Accept-Language", "Content-Type",
    "Cookie", "Origin", "Referer", "Sec-Fetch-Site", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Request-Id", "Range", "Content-Encoding", "X-HTTP-Method-Override", "User-Agent", "X-CSRFToken",
)  # fmt: skip
IN_HEADERS = (
    *(text.encode("utf-8", "replace").decode("latin-1") for text in TEXTS if not re.search(r"[\r\n\0]", text)),
    LONG_IN_ADDRESSES,
    '"' * 5000,
    "W/" * 3000,
    ",".join(["*"] * 3000),
    "bytes=0-,-1,5-2",
    "Bearer " + "\xff" * 50,
)
ASKED = (
    ("GET", "/api/v1/products"),
    ("POST", "/api/v1/products"),
    ("GET", "/leads"),
    ("POST", "/leads/export"),
)


def test_headers(attackers: Attackers) -> None:
    """The first address is sent every value, the others their shares: headers are read before any view is asked."""
    door = attackers.door_of(Role.LEAD)
    with logged() as lines:
        for method, path in ASKED:
            for name in HEADERS:
                for value in attackers.turns.of(f"header {name} {path.startswith(API)}", IN_HEADERS):
                    sent = {"json": {"name": "x"}} if method == "POST" and path.startswith(API) else {}
                    attackers.send(door, method, path, f"{name}: {value}", headers={name: value}, **sent)
    attackers.report("headers", lines)
