"""Every route stands in the matrix, and what changes something takes only its own forms or a token."""

import hashlib
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.matrix import ACTIONS, ADMINISTRATORS, BY_KEY
from matchmaker.actor import SYSTEM
from matchmaker.db import Base
from matchmaker.domain.terms import Role, Side
from matchmaker.schema import upgrade
from matchmaker.settings import Settings
from matchmaker.web.guard import API, SAFE, action_of, routes
from tests.support.accounts import SECRET, parts_of, sign_in_as
from tests.support.walking import every_address

SERVICE_ONLY: dict[str, str] = {
    "certificates.keys": "flask certificate keys; the service asks for it",
    "lists.keep": "lists.services.owned asks for it when such a list is imported",
    "scorecards": "flask scorecard fit | release; the service asks for it",
    "system.read": "/readyz and flask doctor; the page comes with the operator's desk",
}
"""Actions that no route names, each with its reason: services ask for leave themselves."""

SENSITIVE = ("uscc", "token", "password", "phone", "email", "login", "name")
"""What must not stand in an address, for addresses stand in logs (ASVS 14.2.1)."""
MAY_STAND = {
    "token": "a link that works once is what it is; it is no key to anything after its use",
    "name": "static files",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("routes")
    upgrade(f"sqlite:///{folder / 'matchmaker.db'}")
    made = create_app(Settings(instance=folder, secret_key=SECRET))
    yield made
    made.extensions["matchmaker"].database.dispose()


def test_every_route_names_a_row_of_the_matrix_and_every_row_is_used(app: Flask) -> None:
    named = {key for _, _, key in routes(app)}
    assert None not in named
    assert set(BY_KEY) - named == set(SERVICE_ONLY), "an action that nothing asks leave for, or one that is used now"


def test_a_route_without_a_row_keeps_the_application_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    from matchmaker.web.pages.audit import events

    monkeypatch.delattr(events, "action_key")
    with pytest.raises(LookupError, match=r"GET audit\.events"):
        create_app(Settings(secret_key=SECRET))


def test_keys_of_the_matrix_stand_once() -> None:
    assert len(BY_KEY) == len(ACTIONS)


def test_administrators_take_no_action_of_business() -> None:
    """The three exclude each other and see no business data: none of their rows has another side's role."""
    own = {Side.SYSTEM, Side.SECURITY, Side.AUDIT}
    everybodys = {action.key for action in ACTIONS if set(action.roles) == set(Role)}
    for action in ACTIONS:
        sides = {role.side for role in action.roles}
        if sides & own and action.key not in everybodys:
            assert action.key in ADMINISTERED, f"{action.key}: say below what an administrator sees by it"
    assert {role.side for role in ADMINISTRATORS} == own


ADMINISTERED = {
    "people.read", "people.write", "people.reset", "people.confirm", "roles.write",
    "tokens.read", "webhooks.read", "system.read", "audit.read",
    "certificates.keys",
}  # fmt: skip
"""Accounts, keys, addresses of systems, workings and the audit: nothing of a list."""


def unsafe(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(method, address with made-up arguments, action) of every route that may change something."""
    for rule, method, path in every_address(app):
        if method not in SAFE:
            yield method, path, str(action_of(app, rule.endpoint, method))


def test_a_form_without_its_token_or_from_elsewhere_is_refused(app: Flask) -> None:
    """Every route that changes something, as every role that may take it (ASVS 3.5.1)."""
    app.config["WTF_CSRF_ENABLED"] = True
    tried = 0
    for method, path, key in unsafe(app):
        if path.startswith(API):
            continue
        roles = BY_KEY[key].roles or (Role.OPERATOR,)
        client = sign_in_as(app, roles[0])
        assert client.open(path, method=method).status_code == 403, (method, path)
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"X-CSRFToken": "x"},
        ):
            answer = client.open(path, method=method, headers=headers, data={"csrf_token": "x"})
            assert answer.status_code == 403, (method, path, headers)
        tried += 1
    assert tried


def test_the_api_takes_no_cookie(app: Flask) -> None:
    """So it needs no form's token: a browser sends nothing by itself that the API would take."""
    client = sign_in_as(app, Role.OPERATOR)
    for method, path, key in unsafe(app):
        if path.startswith(API) and not BY_KEY[key].public:
            assert client.open(path, method=method, json={}).status_code == 401, (method, path)


def test_no_address_has_a_place_for_what_is_sensitive(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        for argument in rule.arguments:
            parts = set(argument.lower().split("_")) & set(SENSITIVE)
            assert parts <= set(MAY_STAND) or rule.endpoint.endswith("static"), rule.rule


@pytest.mark.parametrize("role", list(Role))
def test_reading_changes_nothing(app: Flask, role: Role) -> None:
    """GET and HEAD of every route, twice: no table but those that note who looked is another (ASVS 3.5.3)."""
    client = sign_in_as(app, role)
    before = digest(app)
    for _, method, path in [*every_address(app)] * 2:
        if method == "GET":
            client.get(path)
            client.head(path)
    assert digest(app) == before


NOTED = {"audit_event", "audit_head", "sign_in", "disclosure", "throttle"}


def digest(app: Flask) -> dict[str, str]:
    """Table → a hash of its rows."""
    with parts_of(app).database.reading(SYSTEM) as session:
        return {
            table: hashlib.sha256(repr(sorted(map(repr, session.execute(select(found))))).encode()).hexdigest()
            for table, found in Base.metadata.tables.items()
            if table not in NOTED
        }
