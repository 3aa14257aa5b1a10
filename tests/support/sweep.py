"""Requests to every route with every id there is: one's own, another's, one that nothing has, one of another kind."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter, Rule
from werkzeug.test import TestResponse

from matchmaker.accounts.matrix import BY_KEY
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.registers import REGISTERS
from matchmaker.web.api.ids import PublicId
from matchmaker.web.guard import API, SAFE, action_of
from tests.support.accounts import client_of, parts_of
from tests.support.canaries import Canary
from tests.support.canary_city import City
from tests.support.walking import SAMPLE

KINDS: dict[tuple[str, str], str] = {
    ("account", "public_id"): "session",
    ("tokens", "public_id"): "token",
    ("checking", "public_id"): "certificate link",
    ("consents", "public_id"): "consents",
    ("endorsements", "public_id"): "certificates",
    ("leads", "public_id"): "leads",
    ("guarantees", "public_id"): "guarantees",
    ("guarantees", "need_no"): "need_no",
    ("guarantees", "product_code"): "product_code",
    ("people", "public_id"): "person",
    ("products", "public_id"): "products",
    ("product_forms", "public_id"): "products",
    ("uploads", "public_id"): "jobs",
    ("registrations", "public_id"): "registration",
    ("resets", "public_id"): "wanted reset",
    ("subject_requests", "public_id"): "request",
    ("webhooks", "public_id"): "webhooks",
    ("webhooks", "event_id"): "delivery",
    ("leads", "token"): "export",
    ("sign_in", "token"): "invitation",
    ("matches", "need_no"): "need_no",
    ("subject_requests", "need_no"): "need_no",
    ("pairs", "need_no"): "need_no",
    ("pairs", "product_code"): "product_code",
    ("messages", "message_id"): "message",
    ("inbox", "message_id"): "own message",
    ("needs", "need"): "needs",
    ("changing", "need"): "needs",
    ("asking", "draft"): "draft of a form",
    ("behalf", "public_id"): "needs",
    ("policies", "public_id"): "policies",
    ("referrals", "public_id"): "referrals",
    ("referrals", "need_no"): "need_no",
    ("referrals", "product_code"): "product_code",
    ("ratings", "rating_no"): "ratings",
    ("ratings", "override_id"): "rating overrides",
    ("ratings", "appeal_id"): "rating appeals",
    ("ratings", "rules_id"): "rating rules",
    ("registers", "public_id"): "chains",
    ("credit", "public_id"): "credit-records",
}
"""(blueprint, argument) → kind of id. Ids of the API say their kind themselves."""

KINDS_OF_PAGES: dict[str, tuple[str, ...]] = {
    "registers": tuple(REGISTERS),
    "operations": ("pushes", "matchings"),
}
"""Blueprint → what its ``kind`` may be; elsewhere it is a list."""

LISTS = {
    "products": "product_code", "needs": "need_no", "enterprises": "enterprises", "credit-records": "credit-records",
    "policies": "key of policies", "organisations": "key of organisations",
}  # fmt: skip
"""Lists that have pages → kind of id of their entries."""

SESSION = "__Host-session"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone who looks. ``owners``: whose things are its own."""

    who: str
    role: Role | None
    side: Side
    home: str
    person: int | None = None

    @property
    def owners(self) -> frozenset[str]:
        """The organisation or enterprise, and the person itself."""
        return frozenset({self.home, f"{self.home} {self.role}"})


@dataclass(frozen=True, slots=True)
class Fill:
    """A route's address. ``named``: what it names, by argument; ``unknown``: arguments that name nothing."""

    rule: Rule
    values: Mapping[str, Any]
    named: Mapping[str, Canary] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The address."""
        built = self.rule.build(dict(self.values))
        assert built is not None, (self.rule, self.values)
        return str(built[1])

    def without(self, hidden: list[str]) -> "Fill":
        """The same with ids that nothing has in the place of some, as like them as can be."""
        return Fill(self.rule, {**self.values, **{name: _like(str(self.values[name])) for name in hidden}})


def _like(written: str) -> str:
    if written.isdigit():
        return str(999_999)
    return written[:-1] + ("y" if written[-1] == "x" else "x")


def fills(city: City, rule: Rule) -> Iterator[Fill]:
    """Every address of a route; LookupError for a route whose argument nobody has said how to fill."""
    if "kind" in rule.arguments and rule.endpoint.partition(".")[0] not in KINDS_OF_PAGES:
        yield from _of_lists(city, rule)
        return
    names = sorted(rule.arguments)
    for chosen in product(*(_candidates(city, rule, name) for name in names)):
        values = {name: one.text if isinstance(one, Canary) else one for name, one in zip(names, chosen, strict=True)}
        yield Fill(rule, values, {n: one for n, one in zip(names, chosen, strict=True) if isinstance(one, Canary)})


def _candidates(city: City, rule: Rule, name: str) -> list[Canary | str]:
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return [*sorted(converter.items)]
    if isinstance(converter, IntegerConverter):
        return ["1"]
    if name == "kind":
        return [*KINDS_OF_PAGES[rule.endpoint.partition(".")[0]]]
    if name == "filename":
        return ["style.css", "../../x"]
    kind = converter.name if isinstance(converter, PublicId) else KINDS.get((rule.endpoint.partition(".")[0], name))
    if kind == "invitation" and "reset" in rule.rule:
        kind = "reset"
    found = [] if kind is None else city.ids.get(kind, [])
    if not found:
        raise LookupError(f"say how to fill <{name}> of {rule.rule} (kind {kind})")
    one_of_each = {(one.owners, one.kind): one for one in found}.values()
    return [*one_of_each, str(999_999) if found[0].text.isdigit() else SAMPLE]


def _of_lists(city: City, rule: Rule) -> Iterator[Fill]:
    for kind, ids in LISTS.items():
        if "key" not in rule.arguments:
            yield Fill(rule, {"kind": kind})
            continue
        for one in city.ids[ids]:
            yield Fill(rule, {"kind": kind, "key": one.text}, {"key": one})
        yield Fill(rule, {"kind": kind, "key": SAMPLE})
    for kind in ("contacts", "nothing"):
        yield Fill(rule, {"kind": kind, **({"key": SAMPLE} if "key" in rule.arguments else {})})


def may_ask(app: Flask, viewer: Viewer, rule: Rule, method: str) -> bool:
    """Whether the matrix lets the viewer's role take the route's action."""
    key = action_of(app, rule.endpoint, method)
    assert key is not None, rule
    return BY_KEY[key].public or viewer.role in BY_KEY[key].roles


class Kept:
    """How a city's database (SQLite) was when this was made, to go back to. ``live``: a connection to look through."""

    def __init__(self, city: City) -> None:
        """Copy everything."""
        self.live = sqlite3.connect(parts_of(city.app).settings.url.removeprefix("sqlite:///"))
        self._copy = sqlite3.connect(":memory:")
        self.live.backup(self._copy)
        self._version = self._now()

    def _now(self) -> int:
        return int(self.live.execute("PRAGMA data_version").fetchall()[0][0])

    def touched(self) -> bool:
        """Whether anybody has written since."""
        return self._now() != self._version

    def undo(self) -> None:
        """Everything is as it was."""
        self._copy.backup(self.live)
        self._version = self._now()


class Door:
    """Through which a viewer comes in: pages with a browser, the API with a token."""

    def __init__(self, city: City, viewer: Viewer) -> None:
        """The browser is signed in."""
        self.city, self.viewer, self.count = city, viewer, 0
        self._browser = city.app.test_client() if viewer.person is None else client_of(city.app, viewer.person)
        self._session = self._browser.get_cookie(SESSION)
        self.kept: Kept | None = None
        """Made after the browser was signed in, so that its session is there again, too."""

    def open(self, method: str, path: str, **sent: Any) -> TestResponse:
        """One request."""
        self.count += 1
        if not path.startswith(API):
            return self._browser.open(path, method=method, **sent)
        headers = {"Idempotency-Key": f"k{self.count}", "If-Match": '"1-0"'} if method not in SAFE else {}
        if self.viewer.person is not None:
            headers["Authorization"] = f"Bearer {self.city.tokens[self.viewer.person]}"
        headers |= sent.pop("headers", {})
        client = self.city.app.test_client(use_cookies=False)
        return client.open(path, method=method, headers=headers, **sent)

    def undo(self) -> None:
        """The database is as it was kept, and the browser has the session that it had (not one begun since)."""
        assert self.kept is not None
        if self.kept.touched():
            self.kept.undo()
            if self._session is not None:
                self._browser.set_cookie(SESSION, self._session.value, secure=True, domain="localhost")


def everything(answer: TestResponse) -> list[str]:
    """All that an answer says, but for its body: status and headers."""
    return [answer.status, *(f"{name}: {value}" for name, value in answer.headers)]
