"""Signing in by OpenID Connect, against a real provider on loopback that also lies (OpenID Connect Core, RFC 9700)."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from matchmaker.accounts.models import Person, SignIn
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from tests.support.accounts import parts_of
from tests.support.browsing import add_user, browser_of, code_of, send, sign_in
from tests.support.clerks import audited
from tests.support.moving import MovingClock
from tests.support.offices import BANK, BUREAU
from tests.support.oidc_provider import CLIENT, CLIENT_SECRET, Provider, asked_of

SITE = "https://city.example"


@pytest.fixture
def provider(clock: MovingClock) -> Iterator[Provider]:
    running = Provider()
    running.moment = int(clock().timestamp())
    yield running
    running.stop()


@pytest.fixture
def more_settings(provider: Provider) -> Mapping[str, Any]:
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": CLIENT_SECRET,
        "public_url": SITE,
    }


@pytest.fixture
def wang(app: Flask) -> int:
    return add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)


def go_there_and_back(client: FlaskClient, start: str) -> TestResponse:
    """Follow the way of a browser: to the provider, which sends it back at once."""
    away = client.get(start)
    assert away.status_code == 302, away.text
    back = httpx.get(away.location, follow_redirects=False).headers["Location"]
    assert back.startswith(f"{SITE}/sign-in/oidc/callback?")
    return client.get(back.removeprefix(SITE))


def link(app: Flask, login: str) -> None:
    client = browser_of(app)
    sign_in(client, login)
    assert go_there_and_back(client, "/account/oidc").location == "/account"


def sessions(app: Flask) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(SignIn)) or 0


def test_a_linked_person_signs_in(app: Flask, provider: Provider, wang: int) -> None:
    link(app, "wang")
    client = browser_of(app)
    assert "/sign-in/oidc" in client.get("/sign-in").text
    entered = go_there_and_back(client, "/sign-in/oidc?next=/lists/products")
    assert (entered.status_code, entered.location) == (302, "/lists/products")
    assert client.get("/account").status_code == 200
    asked = provider.seen[-1]
    assert asked["code_challenge_method"] == "S256" and len(asked["state"]) >= 43 and len(asked["nonce"]) >= 43
    assert asked["redirect_uri"] == f"{SITE}/sign-in/oidc/callback"
    assert len(audited(app, "oidc.linked")) == 1


def test_somebody_unknown_is_not_made_a_person(app: Flask, provider: Provider, wang: int) -> None:
    link(app, "wang")
    provider.subject = "u-2002"
    answer = go_there_and_back(browser_of(app), "/sign-in/oidc")
    assert answer.status_code == 403 and "关联" in answer.text
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(Person.login)).all() == ["wang"]


def test_a_role_that_needs_a_second_factor_gives_it_after_this_too(app: Flask) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in(client, "oper")
    send(client, "/sign-in/code", code=code_of(app, "oper"))
    assert go_there_and_back(client, "/account/oidc").location == "/account"
    again = browser_of(app)
    assert go_there_and_back(again, "/sign-in/oidc").location == "/sign-in/code"
    assert again.get("/").status_code == 302
    assert send(again, "/sign-in/code", code=code_of(app, "oper", steps=1)).location == "/"


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://other.example"},
        {"aud": "another client"},
        {"nonce": "another nonce"},
        {"exp": 1},
        {"iat": 99999999999},
        {"azp": "another client"},
        {"aud": ["matchmaker", "another"], "azp": "another"},
    ],
)
def test_a_word_that_is_not_for_us_and_now_is_not_believed(
    app: Flask, provider: Provider, wang: int, lie: dict[str, Any]
) -> None:
    link(app, "wang")
    provider.lies, before = lie, sessions(app)
    assert go_there_and_back(browser_of(app), "/sign-in/oidc").status_code == 403
    assert sessions(app) == before


@pytest.mark.parametrize("name", ["iss", "aud", "nonce", "exp", "iat", "sub"])
def test_a_word_that_leaves_something_out_is_not_believed(app: Flask, provider: Provider, wang: int, name: str) -> None:
    link(app, "wang")
    provider.leaves_out = (name,)
    assert go_there_and_back(browser_of(app), "/sign-in/oidc").status_code == 403


def test_a_word_signed_by_another_key_is_not_believed(app: Flask, provider: Provider, wang: int) -> None:
    link(app, "wang")
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert go_there_and_back(browser_of(app), "/sign-in/oidc").status_code == 403
    provider.key, provider.algorithm = OctKey.import_key(CLIENT_SECRET), "HS256"
    assert go_there_and_back(browser_of(app), "/sign-in/oidc").status_code == 403


def test_an_answer_counts_once_in_its_own_browser_and_in_time(
    app: Flask, provider: Provider, wang: int, clock: MovingClock
) -> None:
    link(app, "wang")
    client, stranger = browser_of(app), browser_of(app)
    away = client.get("/sign-in/oidc").location
    back = httpx.get(away).headers["Location"].removeprefix(SITE)
    assert stranger.get(back).status_code == 400, "of a browser that did not ask"
    assert client.get(back.replace("state=", "state=x")).status_code == 400
    assert client.get(back).status_code == 400, "the flow was used up by the wrong answer"
    late = httpx.get(client.get("/sign-in/oidc").location).headers["Location"].removeprefix(SITE)
    clock.move(minutes=11)
    assert client.get(late).status_code == 400


def test_the_same_answer_twice_signs_in_once(app: Flask, provider: Provider, wang: int) -> None:
    link(app, "wang")
    client = browser_of(app)
    back = httpx.get(client.get("/sign-in/oidc").location).headers["Location"].removeprefix(SITE)
    assert [client.get(back).status_code for _ in range(2)] == [302, 400]


def test_someone_who_declines_is_told(app: Flask, provider: Provider, wang: int) -> None:
    provider.refuses = True
    assert go_there_and_back(browser_of(app), "/sign-in/oidc").status_code == 403


def test_linking_needs_a_session_and_takes_nobody_elses_identity(app: Flask, wang: int) -> None:
    link(app, "wang")
    add_user(app, Role.PRODUCT_MANAGER, login="liu", org_code=BANK)
    assert browser_of(app).get("/account/oidc").location.startswith("/sign-in")
    client = browser_of(app)
    sign_in(client, "liu")
    assert go_there_and_back(client, "/account/oidc").status_code == 409
    mine = browser_of(app)
    sign_in(mine, "wang")
    assert send(mine, "/account", "/account/oidc/unlink").status_code == 302
    assert go_there_and_back(browser_of(app), "/sign-in/oidc").status_code == 403


def test_a_provider_that_fails_or_is_another_is_said_in_one_sentence(app: Flask, provider: Provider) -> None:
    provider.lies = {"issuer": "https://other.example"}
    assert browser_of(app).get("/sign-in/oidc").status_code == 503
    provider.stop()
    answer = browser_of(app).get("/sign-in/oidc")
    assert answer.status_code == 503 and "统一身份认证" in answer.text and "Traceback" not in answer.text


def test_the_way_there_carries_what_the_standard_asks(app: Flask, provider: Provider) -> None:
    asked = asked_of(browser_of(app).get("/sign-in/oidc").location)
    assert (asked["response_type"], asked["scope"], asked["client_id"]) == ("code", "openid", CLIENT)


class TestWithoutAProvider:
    """The default: there is nothing to sign in with but the password."""

    @pytest.fixture
    def more_settings(self) -> Mapping[str, Any]:
        return {}

    def test_the_way_is_closed(self, app: Flask, wang: int) -> None:
        client = browser_of(app)
        assert client.get("/sign-in/oidc").status_code == 404
        assert client.get("/sign-in/oidc/callback?code=x&state=y").status_code == 404
        assert "/sign-in/oidc" not in client.get("/sign-in").text
