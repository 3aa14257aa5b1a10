"""What the sweep sends along: forms, bodies and queries that name what is another's."""

from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from matchmaker.web.api.examples import BODIES, CHANGES, CONSENT, WEBHOOK
from matchmaker.web.guard import API, SAFE
from tests.support.canary_city import FIRMS, OWNERS, City
from tests.support.sweep import Viewer

PAGES = ("page=2", "status=draft", "kind=bank_digest", "verdict=near", "state=ended", "lang=en", "said=granted", "days=30")


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
    if "/webhooks" in rule.rule:
        yield {"json": WEBHOOK | {"url": "http://127.0.0.1:9/x"}}


def references(city: City, viewer: Viewer, name: str) -> dict[str, Any]:
    """Members by which a body points at something of another's."""
    return {
        "products": {"bank": "B2" if viewer.home != "B2" else "B1", "product_code": another(city, "product_code", viewer)},
        "needs": {"uscc": FIRMS[1] if viewer.home != FIRMS[1] else FIRMS[0], "need_no": another(city, "need_no", viewer)},
    }.get(name, {})  # fmt: skip


def form(city: City, viewer: Viewer) -> dict[str, Any]:
    """Every field that a form has, as if it were one: those that name something name another's."""
    owner = next(one for one in OWNERS if one != viewer.home)
    return {
        "lead": another(city, "leads", viewer),
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


def queries_of(app: Flask, rule: Rule, city: City) -> list[str]:
    """Queries of a page, or of a list of the API: each filter with a value of another's, each order, the total."""
    if not rule.rule.startswith(API):
        return [*PAGES, *(f"{name}={one.text}" for name, kind in ASKED for one in city.ids[kind])]
    return []


ASKED = (("lead", "leads"), ("subject", "leads"), ("who", "person"))
"""Parameters of pages that name something."""
