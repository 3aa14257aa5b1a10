"""A-3: a token is shown once, kept hashed, with visible prefix, last use, scopes and expiry; revoked, it is 401."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from matchmaker.accounts.models import ApiToken, AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.vault import token_hash
from tests.support.accounts import add_person, client_of, parts_of, sign_in_as, token_for
from tests.support.api import BANK, BUREAU, FIRM, OTHER_BANK, Caller, Clock, api_app, caller

PAGE = "/account/tokens"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(conformance_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    made = api_app(conformance_url, tmp_path, now=clock)
    yield made
    parts_of(made).database.dispose()


def form_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def make(client: object, **values: object) -> str:
    """Fill in the page's form; the page that answers."""
    shown = client.get(PAGE).text  # type: ignore[attr-defined]
    filled = {"name": "核心系统", "scopes": ["lists:read"], "days": "30", **values, "csrf_token": form_of(shown)}
    return client.post(PAGE, data=filled).text  # type: ignore[attr-defined,no-any-return]


def test_a3_shown_once_kept_hashed_limited_and_revoked_at_once(app: Flask, clock: Clock) -> None:
    client = sign_in_as(app, Role.PRODUCT_MANAGER, org_code=BANK)
    shown = make(client)
    (written,) = set(re.findall(r"mk_live_[A-Za-z0-9_-]{43}", shown))
    listed = client.get(PAGE).text
    assert written not in listed and written[:14] in listed and "lists:read" in listed
    with parts_of(app).database.reading(SYSTEM) as session:
        token = session.scalars(select(ApiToken)).one()
        everything = " ".join(str(row) for row in session.execute(text("SELECT * FROM api_token")))
    assert token.token_hash == token_hash(written) and written not in everything
    assert token.expires_at - token.created_at == timedelta(days=30) and token.last_used_on is None

    programme = Caller(app, written)
    assert programme.get("/products").status_code == 200
    assert programme.get("/inbox").json["code"] == "scope"
    assert "2026-11-30" in client.get(PAGE).text
    client.post(f"{PAGE}/{token.public_id}/revoke", data={"csrf_token": form_of(client.get(PAGE).text)})
    refused = programme.get("/products")
    assert (refused.status_code, refused.content_type) == (401, "application/problem+json")
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    with parts_of(app).database.reading(SYSTEM) as session:
        told = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("token."))).all()
        assert list(told) == ["token.created", "token.revoked"]


def test_an_expired_token_is_refused(app: Flask, clock: Clock) -> None:
    client = sign_in_as(app, Role.PRODUCT_MANAGER, org_code=BANK)
    (written,) = set(re.findall(r"mk_live_[\w-]{43}", make(client, days="1")))
    clock.moment += timedelta(days=1)
    assert Caller(app, written).get("/products").status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 61}, {"scopes": []}, {"scopes": ["policies:write"]}, {"days": "366"}, {"days": "x"}],
)
def test_what_a_token_may_not_be(app: Flask, wrong: dict[str, object]) -> None:
    client = sign_in_as(app, Role.PRODUCT_MANAGER, org_code=BANK)
    assert 'role="alert"' in make(client, **wrong)
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(ApiToken)).all() == []


def test_another_banks_token_is_neither_seen_nor_revoked(app: Flask) -> None:
    mine = sign_in_as(app, Role.PRODUCT_MANAGER, org_code=BANK)
    make(mine)
    other = sign_in_as(app, Role.PRODUCT_MANAGER, org_code=OTHER_BANK)
    with parts_of(app).database.reading(SYSTEM) as session:
        token = session.scalars(select(ApiToken)).one()
    page = other.get(PAGE).text
    assert token.prefix not in page
    answer = other.post(f"{PAGE}/{token.public_id}/revoke", data={"csrf_token": form_of(page)})
    assert answer.status_code == 404
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.get_one(ApiToken, token.id).revoked_at is None


def test_a_token_stands_for_what_its_maker_may_now(app: Flask) -> None:
    person = add_person(app, Role.PRODUCT_MANAGER, org_code=BANK)
    programme = Caller(app, token_for(app, person, ["lists:read"]))
    assert programme.get("/products").status_code == 200
    with parts_of(app).database.writing(SYSTEM) as session:
        session.execute(text("DELETE FROM person_role"))
    assert programme.get("/products").status_code in (401, 403)


def test_a_cookie_is_nothing_to_the_api_and_a_token_nothing_to_pages(app: Flask) -> None:
    person = add_person(app, Role.FINANCE, uscc=FIRM)
    assert client_of(app, person).get("/api/v1/needs").status_code == 401
    programme = caller(app, Role.OPERATOR, org_code=BUREAU)
    answer = app.test_client().get("/lists/needs", headers={"Authorization": f"Bearer {programme.token}"})
    assert answer.status_code in (302, 401)


def test_the_operator_makes_lists_and_revokes(app: Flask) -> None:
    add_person(app, Role.PRODUCT_MANAGER, org_code=BANK, login="pm@bank.example")
    run = app.test_cli_runner().invoke
    tried = run(args=["token", "create", "pm@bank.example", "--name", "a", "--scope", "lists:read", "--dry-run"])
    assert tried.exit_code == 0 and "mk_live_" not in tried.output
    made = run(args=["token", "create", "pm@bank.example", "--name", "a", "--scope", "lists:read"])
    written = made.output.split()[0]
    assert Caller(app, written).get("/products").status_code == 200
    refused = run(args=["token", "create", "pm@bank.example", "--name", "a", "--scope", "policies:write"])
    assert refused.exit_code == 3
    listed = run(args=["token", "list", "--json"]).output
    assert written[:14] in listed and written not in listed
    assert run(args=["token", "revoke", written[:14]]).exit_code == 0
    assert Caller(app, written).get("/products").status_code == 401
    assert run(args=["token", "revoke", "nothing"]).exit_code == 4
