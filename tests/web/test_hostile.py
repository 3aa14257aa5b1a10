"""Hostile values in every member of every body of the API, and in every file: 4xx in words, or taken as it is.

Members are found by walking the API's document (RELIABILITY.md R25; ASVS 1.2.4, 1.4.2, 2.2.1, 5.4.2, 15.3.5, 16.4.1).
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from matchmaker.domain.terms import Role
from matchmaker.web.api.examples import BODIES, CREDIT_RECORD
from matchmaker.web.guard import API, SAFE
from tests.support.attackers import Attackers
from tests.support.canary_city import FIRMS
from tests.support.hostile import FILE_NAMES, HUGE, LITERALS, LONG, MARKUP, TEXTS, WORST, Turns
from tests.support.sweep import Door
from tests.support.sweeping import logged

pytestmark = pytest.mark.slow
Body = tuple[Rule, str, str, dict[str, Any]]
"""(route, method, name of the schema, example)."""


def test_members_of_every_body(attackers: Attackers) -> None:
    """An example as it stands is taken, so that what is refused is refused for what was put into it."""
    document: Any = attackers.city.app.test_client().get("/api/v1/openapi.json").json
    found = list(bodies(attackers.city.app, document["paths"]))
    with logged() as lines:
        for rule, method, schema, written in found:
            example = json.loads(json.dumps(written).replace(CREDIT_RECORD["uscc"], FIRMS[0]))
            door = attackers.door(rule, method)
            path = taken_at(attackers, door, rule, method, json.dumps(example))
            for told, raw in hostile_bodies(document["components"]["schemas"], schema, example, attackers.turns):
                attackers.send(door, method, path, told, data=raw, headers=headers_for(door, path, method))
    assert len(found) >= 10
    attackers.report("members", lines)


TAKEN_NOWHERE = {"/api/v1/certificates"} | {
    f'/api/v1/guarantees/<id("guarantees"):id>:{verb}'
    for verb in (
        "void_report", "review", "approve", "decline", "check_claim", "refuse_claim", "compensate",
        "recover", "propose_write_off", "write_off",
    )
}  # fmt: skip
"""Steps of a guarantee from states in which the two of the city, approved and not drawn on, are not; and the words of a
certificate are those of the moment."""


def taken_at(attackers: Attackers, door: Door, rule: Rule, method: str, body: str) -> str:
    """The first address of one's own at which the body is taken: what has been answered already takes no answer."""
    for path in dict.fromkeys(fill.path for fill in attackers.all_own(door, rule)):
        plain: Any = attackers.send(door, method, path, "plain", data=body, headers=headers_for(door, path, method))
        if plain.status_code in (200, 201) or plain.json.get("results", [{}])[0].get("status") == 201:
            return path
    if rule.rule in TAKEN_NOWHERE:
        return path
    raise AssertionError(f"{method} {rule.rule} takes its example nowhere: {plain.text}")


def headers_for(door: Door, path: str, method: str) -> dict[str, str]:
    """What a call with JSON says of itself."""
    return {"Content-Type": "application/json", "If-Match": etag(door, path, method)}


def etag(door: Door, path: str, method: str) -> str:
    """The version to send with a change."""
    return door.open("GET", path).headers.get("ETag", '"1-0"') if method in ("PATCH", "DELETE") else '"1-0"'


def bodies(app: Flask, paths: Any) -> Iterator[Body]:
    """Every operation that takes JSON."""
    for rule in app.url_map.iter_rules():
        operations = paths.get(re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in sorted((rule.methods or set()) - set(SAFE)):
            taken = operations.get(method.lower(), {}).get("requestBody", {}).get("content", {}).get("application/json")
            if taken is not None:
                name = taken["schema"]["$ref"].rpartition("/")[2]
                yield rule, method, name, {**taken["example"], **REACHABLE.get(name, {})}


REACHABLE: dict[str, dict[str, Any]] = {
    "Batch": {"rows": [BODIES["products"] | {"bank": "B1"}], "dry_run": False},
    "EndpointDraft": {"url": "http://127.0.0.1:9/x", "events": ["consent.granted"]},
    "Grant": {"organisation": "B1"},
    "ProductDraft": {"bank": "B1"},
}
"""Members of examples as this city has them."""


def hostile_bodies(
    schemas: dict[str, Any], name: str, example: dict[str, Any], turns: Turns
) -> Iterator[tuple[str, bytes]]:
    """(what it is, the body): each member in turn, an unknown one, and the whole."""
    for told, text in hostile_objects(schemas, name, example, turns):
        yield told, text.encode("utf-8", "surrogatepass")
    for literal in turns.of("body", (*LITERALS, *HUGE)):
        yield f"body {literal[:40]}", literal.encode()


def hostile_objects(
    schemas: dict[str, Any], name: str, example: dict[str, Any], turns: Turns
) -> Iterator[tuple[str, str]]:
    """(what it is, the object): members of members, too."""
    for member, form in schemas[name]["properties"].items():
        for literal in turns.of(_kind(form), ANY, _worst(form)):
            yield f"{member}={literal[:40]}", _with(example, member, literal)
        inner = form.get("items", {}).get("$ref", "").rpartition("/")[2]
        for told, text in hostile_objects(schemas, inner, example[member][0], turns) if inner else ():
            yield f"{member} {told}", _with(example, member, f"[{text}]")
    for odd in turns.of("unknown", ("id", "status", "version", "org_code", "role", "score", "x\0", MARKUP, LONG)):
        yield f"unknown member {odd[:20]}", _with(example, odd, '"x"')


ANY = (*map(json.dumps, TEXTS), *LITERALS, *HUGE)


def _kind(form: dict[str, Any]) -> str:
    return f"{form.get('type')} {form.get('format')} {sorted(form)}"


def _worst(form: dict[str, Any]) -> Sequence[str]:
    """Into free text every character may come; other members are bound by their form."""
    free = "string" in form.get("type", ()) and not {"enum", "pattern"} & set(form)
    return (*map(json.dumps, WORST), '"\\ud800"', "null") if free else ("null", "1e400", "9" * 5000)


def _with(example: dict[str, Any], member: str, literal: str) -> str:
    return json.dumps({**example, member: "@@"}).replace('"@@"', literal)


# Files


def test_names_and_contents_of_uploads(attackers: Attackers) -> None:
    door = attackers.door_of(Role.LEAD)
    good = "产品编号,银行,产品名称,产品类型\n,B1,{},WORKING_CAPITAL_LOAN\n"
    contents = [
        good.format("x").encode(),
        good.format(MARKUP).encode(),
        b"",
        b"\0" * 1000,
        b"<html>",
        b"PK\x03\x04",
        LONG.encode(),
        ("a,b\n" + "x," * 20_000).encode(),
        "产品名称\n\ud800".encode("utf-8", "surrogatepass"),
    ]
    for name, content in [(name, contents[0]) for name in FILE_NAMES] + [("x.csv", one) for one in contents]:
        for fields in ({"kind": "products"}, {"kind": "products", "dry_run": "true"}):
            body, kind = multipart(name, content, fields)
            answer = attackers.attempt(door, "POST", f"{API}v1/imports", name, data=body, content_type=kind)
            if answer.status_code == 202:
                shown: Any = attackers.send(door, "GET", answer.location, name)
                assert shown.json["file_name"] == "" or "/" not in shown.json["file_name"], shown.json
            door.undo()
    attackers.report("uploads")


def multipart(name: str, content: bytes, fields: dict[str, str]) -> tuple[bytes, str]:
    """A form with a file whose name is written as it is."""
    parts = [f'--B\r\nContent-Disposition: form-data; name="{one}"\r\n\r\n{value}\r\n' for one, value in fields.items()]
    head = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    return "".join([*parts, head]).encode() + content + b"\r\n--B--\r\n", "multipart/form-data; boundary=B"
