"""Every page there is and who opens it, from the routes themselves, on the city of canaries."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from matchmaker import create_app
from matchmaker.accounts.matrix import BY_KEY
from matchmaker.accounts.models import FormDraft
from matchmaker.actor import SYSTEM
from matchmaker.db import new_public_id
from matchmaker.domain.cells import Cell
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Need
from matchmaker.lists.services.behalf import enter_need
from matchmaker.web.guard import API, action_of
from tests.support.accounts import client_of, parts_of
from tests.support.bureau import cells_of_need, submit
from tests.support.canary_city import BUREAU, FIRMS, NOW, PLATFORM, City
from tests.support.city import code_of, need, product
from tests.support.consenting import operator
from tests.support.may_see import may_see, prepared, viewers
from tests.support.sweep import Fill, Viewer, fills, may_ask
from tests.support.uploads import csv_of, upload
from tests.support.walking import SAMPLE

WALKERS = {
    "stranger": "stranger",
    "enterprise": f"{Role.FINANCE} of {FIRMS[0]}",
    "bank": f"{Role.LEAD} of B1",
    "bureau": f"{Role.OPERATOR} of {BUREAU}",
    "security": f"{Role.SECURITY_ADMIN} of {PLATFORM}",
    "auditor": f"{Role.AUDITOR} of {PLATFORM}",
}
"""Who walks. The last two open what none before them could; what all see the same (an account) is opened once."""
DAILY = ("enterprise", "bank", "bureau")
SHARED = ("account", "sign_in")
NOBODY = (SAMPLE, "999999")


@dataclass(frozen=True, slots=True)
class Visit:
    """A page, and who opens it."""

    who: str
    path: str
    endpoint: str


def walked_city(url: str, folder: Path) -> City:
    """The city of canaries as the demo serves it (cookies without TLS), with words as long as those of real lists."""
    city = prepared(url, folder, dress=lambda word: f"威海{word}海洋装备科技股份有限公司")
    old = parts_of(city.app)
    city.app = create_app(replace(old.settings, demo=True), now=lambda: NOW)
    return city


def visits(city: City, opened: set[str]) -> Iterator[Visit]:
    """One address of each page and kind, for each who walks; ``opened`` gets the routes that answered with 200."""
    for who in WALKERS:
        viewer, client = _viewer(city, who), client_for(city, who)
        for rule in sorted(city.app.url_map.iter_rules(), key=lambda one: one.rule):
            if not _walks(city.app, who, viewer, rule, opened):
                continue
            done: set[tuple[str, ...]] = set()
            for fill in _one_of_each(city, viewer, rule):
                answer = client.get(fill.path) if kind_of(fill) not in done else None
                if answer is None or answer.status_code != 200:
                    continue
                done.add(kind_of(fill))
                opened.add(rule.rule)
                if answer.mimetype == "text/html":
                    yield Visit(who, fill.path, rule.endpoint)


def client_for(city: City, who: str) -> FlaskClient:
    """A browser, without pages, in which one of those who walk has signed in."""
    person = _viewer(city, who).person
    return city.app.test_client() if person is None else client_of(city.app, person)


def _viewer(city: City, who: str) -> Viewer:
    return next(one for one in viewers(city) if one.who == WALKERS[who])


def _walks(app: Flask, who: str, viewer: Viewer, rule: Rule, opened: set[str]) -> bool:
    key = action_of(app, rule.endpoint, "GET") if "GET" in (rule.methods or ()) else None
    called = rule.rule.startswith(API) and not rule.endpoint.startswith("api_docs")
    if key is None or called or rule.endpoint == "static" or not may_ask(app, viewer, rule, "GET"):
        return False
    again = who in DAILY and rule.endpoint.partition(".")[0] not in SHARED and not BY_KEY[key].public
    return again or rule.rule not in opened


def _one_of_each(city: City, viewer: Viewer, rule: Rule) -> Iterator[Fill]:
    """Addresses that name what there is and the viewer may see: several of each kind, for not all have a page."""
    sees = may_see()
    for fill in fills(city, rule):
        known = all(one.kind == "link" or sees(viewer, one) for one in fill.named.values())
        if known and not set(map(str, fill.values.values())) & set(NOBODY):
            yield fill


def kind_of(fill: Fill) -> tuple[str, ...]:
    """What tells pages of one route apart: the kind of list, a verb, a step; not the thing that they are about."""
    return tuple(str(value) for name, value in sorted(fill.values.items()) if name not in fill.named)


def imports(city: City) -> dict[str, str]:
    """Uploads of the bank in each state: name → address."""
    parts = parts_of(city.app)
    good = {"bank_name": "B1", "product_type": "CREDIT_LOAN", "amount_max_wan": "500", "rate_max_pct": "4.5"}
    rows = {
        "checked": csv_of([{**good, "product_code": "NEW1", "name": "新产品"}]),
        "faulty": csv_of([{**good, "product_code": "NEW2", "name": "坏行", "amount_max_wan": "八百"}]),
        "columns": csv_of([{**good, "product_code": "NEW3", "name": "x"}]).replace("rate_max_pct", "年利率上限"),
    }
    made = {name: upload(parts.database, parts.settings, text, now=NOW) for name, text in rows.items()}
    return {name: f"/imports/{job.public_id}" for name, job in made.items()}


def put_work(city: City) -> dict[str, str]:
    """What waits for somebody: a need entered for the enterprise, one to check, entries to review; addresses."""
    parts = parts_of(city.app)
    with parts.database.writing(SYSTEM) as session:
        submit(session, "needs", need(21, uscc=code_of(3)), now=NOW)
        submit(session, "products", product("B2", 9), now=NOW)
        cells = cells_of_need(1) | {"uscc": Cell(FIRMS[0])}
        number = enter_need(session, actor=operator(), cells=cells, settings=parts.settings, now=NOW)
        entered = session.scalars(select(Need.public_id).where(Need.need_no == number)).one()
        typed = {"amount_wan": ["800"], "purpose": ["ORDER"], "term_months": ["12"], "description": ["用于备料"]}
        person = city.people[(FIRMS[0], Role.FINANCE)]
        draft = FormDraft(
            public_id=new_public_id(), uscc=FIRMS[0], person_id=person, form="need", updated_at=NOW, data=typed
        )
        session.add(draft)
        session.flush()
        return {"entered": f"/behalf/{entered}", "checked": f"/needs/new/{draft.public_id}/check"}
