"""Every route, as every role, with every id there is: nobody is told what is another's (ASVS 8.2.2, 8.4.1, 16.2.5).

Who may see what stands in ``MAY_SEE`` once more, by side and kind, apart from the product's own rules.
"""

import json
import logging
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from matchmaker import create_app
from matchmaker.domain.terms import Role, Side
from matchmaker.web.guard import API, SAFE
from tests.support.accounts import parts_of
from tests.support.canaries import Canary, words_of
from tests.support.canary_city import FIRMS, HOMES, NOW, OFFICES, City, canary_city, consented
from tests.support.sweep import Door, Fill, Viewer, everything, fills, may_ask
from tests.support.sweep_bodies import bodies_of, queries_of

BUREAU, BANK, GUARANTOR, FIRM = Side.BUREAU, Side.BANK, Side.GUARANTOR, Side.ENTERPRISE
SYSTEM, SECURITY, AUDIT = Side.SYSTEM, Side.SECURITY, Side.AUDIT
BUSINESS = (BUREAU, BANK, GUARANTOR, FIRM)

MAY_SEE: dict[str, tuple[Side, ...] | None] = {
    "public": BUSINESS,
    "product": (BUREAU, GUARANTOR, FIRM),
    "draft": (BUREAU,),
    "internal": (BUREAU,),
    "identity": (BUREAU,),
    "business": (BUREAU,),
    "contact": (BUREAU,),
    "credit": (BUREAU,),
    "government": (BUREAU,),
    "own id": (BUREAU,),
    "leads": (BUREAU,),
    "consents": (BUREAU,),
    "jobs": (BUREAU,),
    "request": (BUREAU,),
    "registration": (BUREAU,),
    "message": (BUREAU,),
    "person": (BUREAU, SECURITY),
    "invitation": (BUREAU, SECURITY),
    "token": (SECURITY,),
    "session": (),
    "webhook": (SYSTEM,),
    "audit": (AUDIT,),
    "export": (),
    "link": None,
    "secret": None,
}
"""Kind → the sides that see it beside its owner; None: nobody is told it again, its owner neither."""

OPENED = {"identity": "identity", "business": "business", "contact": "contact", "credit": "credit"}
"""Group of a consent → the kind of canary that it opens."""
VIEWERS = ("roles", "twins", "stranger")
REQUEST_ID = re.compile(r"\b[0-9a-f]{16}\b")


def viewers(city: City) -> list[Viewer]:
    """Every role at its home; the other bank and the other enterprise; a stranger."""
    homes = [*HOMES.items(), (Role.LEAD, "B2"), (Role.FINANCE, FIRMS[1])]
    known = [Viewer(f"{role} of {home}", role, role.side, home, city.people[(home, role)]) for role, home in homes]
    return [*known, Viewer("stranger", None, Side.ANYONE, "nobody")]


def may_see(viewer: Viewer, canary: Canary, granted: frozenset[str] = frozenset()) -> bool:
    """By the table; ``granted``: kinds of the first enterprise that a consent opens to the viewer."""
    sides = MAY_SEE[canary.kind]
    if sides is None:
        return False
    mine = bool(viewer.owners & canary.owners) or viewer.side in sides
    return mine or (canary.kind in granted and FIRMS[0] in canary.owners)


@dataclass
class Sweep:
    """What was asked, and what came back that should not have."""

    city: City
    granted: frozenset[str] = frozenset()
    requests: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str, str], tuple[int, str]] = field(default_factory=dict)

    def ask(self, door: Door, method: str, path: str, **sent: Any) -> TestResponse:
        """One request, looked through for what the viewer may not see; what it asked with itself does not count."""
        answer = door.open(method, path, **sent)
        self.requests[door.viewer.who] += 1
        said = self.city.canaries.seen_in(path, json.dumps(sent, default=str))
        seen = self.city.canaries.seen_in(*everything(answer), *words_of(answer.data)) - said
        leaked = [one for one in seen if not may_see(door.viewer, one, self.granted)]
        if leaked:
            self.faults.append(f"{door.viewer.who}: {method} {path} {sent or ''} tells {leaked[:4]}")
        if answer.status_code >= 500 and "readyz" not in path:
            self.faults.append(f"{door.viewer.who}: {method} {path} is {answer.status_code}")
        return answer

    def fill(self, door: Door, rule: Rule, method: str, fill: Fill) -> None:
        """All forms of one address; where it names what the viewer may not see, as if that were not there."""
        hidden = [name for name, one in fill.named.items() if not may_see(door.viewer, one, self.granted)]
        for sent in bodies_of(self.city, rule, method, door.viewer):
            answer = self.ask(door, method, fill.path, **sent)
            if hidden and may_ask(self.city.app, door.viewer, rule, method):
                self.compare(door, method, fill, hidden, answer, sent)

    def compare(
        self, door: Door, method: str, fill: Fill, hidden: list[str], answer: TestResponse, sent: dict[str, Any]
    ) -> None:
        """Another's id and one that nothing has are answered alike, and never with 403."""
        other = fill.without(hidden)
        key = (door.viewer.who, method, f"{other.path} {json.dumps(sent, default=str)}")
        if key not in self.answers:
            self.answers[key] = _form(door.open(method, other.path, **sent), other, hidden)
        found = _form(answer, fill, hidden)
        if found != self.answers[key] or found[0] in (200, 201, 304, 403):
            known = self.answers[key]
            self.faults.append(f"{door.viewer.who}: {method} {fill.path}: {found[0]} {found[1][:90]!r} for "
                               f"another's, {known[0]} {known[1][:90]!r} for none")  # fmt: skip


def _form(answer: TestResponse, fill: Fill, hidden: list[str]) -> tuple[int, str]:
    text = REQUEST_ID.sub("REQUEST", answer.text)
    for name in hidden:
        text = text.replace(str(fill.values[name]), "ID")
    return answer.status_code, text


# The application, and what it says beside its answers


@pytest.fixture
def city(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[City]:
    made = prepared(migrated_sqlite_url, tmp_path)
    yield made
    parts_of(made.app).database.dispose()


def prepared(url: str, folder: Path) -> City:
    """The city without the check of forms (``tests/architecture/test_routes.py`` has it), and both banks' links."""
    city = canary_city(url, folder)
    city.app.config["WTF_CSRF_ENABLED"] = False
    consented(city, ("identity",), to="B2", uscc=FIRMS[1])
    for viewer in viewers(city):
        if viewer.side is BANK:
            link = Door(city, viewer).open("POST", "/leads/export").location.rpartition("/")[2]
            city.name("export", link, f"{viewer.home} {viewer.role}", looked_for=False)
    return city


@contextmanager
def logged() -> Iterator[list[str]]:
    """Everything that is logged inside the block."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(kept)


@contextmanager
def undone(city: City) -> Iterator[None]:
    """What is written inside the block is undone (SQLite)."""
    path = parts_of(city.app).settings.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(":memory:")) as kept:
        live.backup(kept)
        yield
        kept.backup(live)


# The sweeps


def walk(sweep: Sweep, who: Sequence[Viewer], rules: Sequence[Rule], methods: Sequence[str]) -> None:
    """Each rule and method with each address; one that the viewer's role may not take once with each kind of id."""
    app = sweep.city.app
    for viewer in who:
        door = Door(sweep.city, viewer)
        for rule in rules:
            for method in sorted((rule.methods or set()) & set(methods)):
                allowed = may_ask(app, viewer, rule, method)
                for fill in list(fills(sweep.city, rule))[: None if allowed else 3]:
                    sweep.fill(door, rule, method, fill)
                if allowed and method == "GET":
                    for query in queries_of(app, rule, sweep.city):
                        fill = next(iter(fills(sweep.city, rule)))
                        sweep.ask(door, method, fill.path, query_string=query)


def report(sweep: Sweep, rules: Sequence[Rule]) -> None:
    """The figures of the run; fails with what was found."""
    asked = sum(sweep.requests.values())
    print(f"{len(rules)} routes, {len(sweep.requests)} viewers, {asked} requests, {len(sweep.faults)} leaks")
    assert not sweep.faults, "\n".join(sweep.faults[:40])


def all_rules(city: City, prefix: str = "/") -> list[Rule]:
    return [rule for rule in city.app.url_map.iter_rules() if rule.rule.startswith(prefix)]


@pytest.mark.slow
def test_no_route_tells_a_role_what_is_anothers(city: City) -> None:
    sweep, rules = Sweep(city), all_rules(city)
    with logged() as lines:
        walk(sweep, viewers(city), rules, ("GET", "HEAD", "OPTIONS"))
    report(sweep, rules)
    told = city.canaries.seen_in(*lines)
    assert not told, told
