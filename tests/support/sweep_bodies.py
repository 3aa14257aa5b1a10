"""What the sweep sends along: forms, bodies and queries that name what is another's."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.routing import Rule

from matchmaker.web.api.examples import BODIES, CERTIFICATE, CHANGES, CONSENT, DECLINE, REFUSAL, REVOCATION, WEBHOOK
from matchmaker.web.guard import API, SAFE
from tests.support.canary_city import FIRMS, OWNERS, City
from tests.support.sweep import Viewer

PAGES = "page=2&status=draft&kind=bank_digest&verdict=near&state=ended&said=granted&days=30"


def another(city: City, kind: str, viewer: Viewer) -> str:
    """An id of a kind that is not the viewer's own; blank where there is none."""
    return next((one.text for one in city.ids.get(kind, ()) if not viewer.owners & one.owners), "")


def bodies_of(city: City, rule: Rule, method: str, viewer: Viewer) -> Iterator[dict[str, Any]]:
    """Keyword arguments for the test client: nothing, and a body that names what is another's."""
    yield {}
    if method in SAFE:
        return
    if not rule.rule.startswith(API):
        yield {"data": form(city, viewer)}
        return
    yield {"json": {}}
    for name, example in (BODIES if method == "POST" else CHANGES).items():
        if f"/{name}" in rule.rule:
            yield {"json": example}
            yield {"json": example | references(city, viewer, name)}
    if "/consents" in rule.rule:
        yield {"json": CONSENT | {"organisation": "B2"}}
        yield {"json": CONSENT | {"organisation": "B2", "need": f"need_{another(city, 'needs', viewer)}"}}
    if rule.rule.endswith((":refuse", ":decline")):
        yield {"json": REFUSAL if rule.rule.endswith(":refuse") else DECLINE}
    if "/certificates" in rule.rule:
        yield {"json": REVOCATION if rule.rule.endswith(":revoke") else CERTIFICATE}
    if "/webhooks" in rule.rule:
        yield {"json": WEBHOOK | {"url": "http://127.0.0.1:9/x"}}


def references(city: City, viewer: Viewer, name: str) -> dict[str, Any]:
    """Members by which a body points at something of another's."""
    return {
        "products": {"bank": "B2" if viewer.home != "B2" else "B1",
                     "product_code": another(city, "product_code", viewer)},
        "needs": {"uscc": FIRMS[1] if viewer.home != FIRMS[1] else FIRMS[0],
                  "need_no": another(city, "need_no", viewer)},
    }.get(name, {})  # fmt: skip


def form(city: City, viewer: Viewer) -> dict[str, Any]:
    """Every field that a form has, as if it were one: those that name something name another's."""
    owner = next(one for one in OWNERS if one != viewer.home)
    return {
        "lead": another(city, "leads", viewer),
        "message": another(city, "own message", viewer),
        "digest": "none",
        "org": "B2",
        "record": another(city, "record", viewer),
        "contact_no": f"L-{OWNERS.index(owner)}",
        "org_code": "B2",
        "uscc": FIRMS[1],
        "login": "somebody@new.example",
        "password": "three herons on a pier",
        "repeated": "three herons on a pier",
        "enterprise_name": "x",
        "name": "x",
        "email": "x@new.example",
        "role": "ACCOUNT_MANAGER" if viewer.home[0] != "9" else "FINANCE",
        "change": "grant",
        "until": "2026-12-24T00:00:00+00:00",
        "groups": "identity",
        "scope": "all",
        "about": "x",
        "answer": "x",
        "outcome": "done",
        "verdict": "look",
        "why": "x",
        "days": "30",
        "scopes": "lists:read",
        "events": "need.matched",
        "url": "http://127.0.0.1:9/x",
        "version": "1",
        "next": "/leads",
        "code": "000000",
    }


def queries_of(city: City, rule: Rule, viewer: Viewer, document: Mapping[str, Any]) -> list[str]:
    """Queries of a page or of a list of the API: each parameter there is, with another's value where it names any."""
    if not rule.rule.startswith(API):
        named = [f"{name}={one.text}" for name, kind in ASKED.get(rule.endpoint, ()) for one in city.ids[kind]]
        return [PAGES, *named]
    path = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule)
    declared = document["paths"].get(path, {}).get("get", {}).get("parameters", [])
    return [
        f"{one['name']}={value}" for one in declared if one["in"] == "query" for value in _values(city, viewer, one)
    ]


def _values(city: City, viewer: Viewer, declared: Mapping[str, Any]) -> list[str]:
    name, schema = declared["name"], declared["schema"]
    others = {
        "uscc": FIRMS[1] if viewer.home != FIRMS[1] else FIRMS[0],
        "bank": "B2" if viewer.home != "B2" else "B1",
        "need_no": another(city, "need_no", viewer),
        "product_code": another(city, "product_code", viewer),
        "q": "zqk",
    }
    if name in others:
        return [f"{others[name]}&include=total"]
    listed = schema.get("enum") or schema.get("items", {}).get("enum")
    if listed:
        return [str(one) for one in listed]
    return {"integer": ["1"], "boolean": ["true", "false"]}.get(str(schema.get("type")), [])


ASKED = {
    "consents.new": (("lead", "leads"), ("org", "key of organisations")),
    "audit.events": (("subject", "leads"), ("who", "person")),
}
"""Page → parameter → kind of id."""
