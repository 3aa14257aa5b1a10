"""Signing in: sessions that begin, end and cannot be fixed; second factors; where one is sent (ASVS 6, 7; R34)."""

import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.models import Person, SignIn
from matchmaker.accounts.passwords import Hasher, Strength, hasher
from matchmaker.accounts.people import disable_person, grant_role, revoke_role
from matchmaker.accounts.second_factor import new_recovery_codes
from matchmaker.actor import CLI, SYSTEM
from matchmaker.domain.terms import Role, Side
from matchmaker.settings import Settings
from matchmaker.vault import token_hash
from tests.support.accounts import SECRET, add_person, client_of, parts_of
from tests.support.browsing import (
    PASSWORD,
    add_user,
    browser_of,
    code_of,
    send,
    sign_in,
    sign_in_with_code,
    token_on,
)
from tests.support.clerks import audited
from tests.support.moving import MovingClock
from tests.support.offices import BANK, BUREAU

NewApp = Callable[[], Flask]


def session_cookie(client: FlaskClient) -> str | None:
    cookie = client.get_cookie("__Host-session")
    return cookie.value if cookie else None


def test_signing_in_opens_the_pages_and_signing_out_closes_them(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    client = browser_of(app)
    turned_away = client.get("/lists/products?status=published")
    assert turned_away.status_code == 302
    assert turned_away.location == "/sign-in?next=/lists/products?status%3Dpublished"
    entered = send(client, turned_away.location, "/sign-in", login=" ＷＡＮＧ ", password=PASSWORD,
                   next="/lists/products?status=published")  # fmt: skip
    assert (entered.status_code, entered.location) == (302, "/lists/products?status=published")
    assert client.get(entered.location).status_code == 200
    left = send(client, "/account", "/sign-out")
    assert left.location == "/sign-in"
    assert client.get("/lists/products").status_code == 302
    assert [event.subject for event in audited(app, "sign_in.done")] == [
        event.subject for event in audited(app, "sign_out")
    ]


def test_a_wrong_password_and_an_unknown_login_are_told_in_the_same_words(app: Flask) -> None:
    add_user(app, Role.ANALYST, login="known", org_code=BANK)
    wrong, unknown = (sign_in(browser_of(app), login, "not the password") for login in ("known", "nobody"))
    assert wrong.status_code == unknown.status_code == 401

    def said(text: str) -> str:
        return re.sub(r'value="[^"]*"', "", text)

    assert said(wrong.text) == said(unknown.text)
    assert "<title>错误：" in wrong.text and "not the password" not in wrong.text
    assert len(audited(app, "sign_in.failed")) == 1, "of an unknown login nothing stands in the chain"


def test_both_cost_one_check_of_a_hash(app: Flask) -> None:
    add_user(app, Role.ANALYST, login="known", org_code=BANK)
    costs = []
    for login in ("known", "nobody"):
        before = hasher().checks
        sign_in(browser_of(app), login, "not the password")
        costs.append(hasher().checks - before)
    assert costs == [1, 1]


def test_a_disabled_person_is_told_the_same(app: Flask, clock: MovingClock) -> None:
    person_id = add_user(app, Role.ANALYST, login="gone", org_code=BANK)
    with parts_of(app).database.writing(CLI) as session:
        disable_person(session, actor=CLI, person=session.get_one(Person, person_id), now=clock())
    assert sign_in(browser_of(app), "gone").status_code == 401


def test_the_session_of_before_is_worth_nothing_after_signing_in(app: Flask) -> None:
    """Fixation: what an attacker put into the browser is not the session that begins (7.2.4)."""
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    client = browser_of(app)
    client.set_cookie("__Host-session", "chosen-by-somebody-else", domain="localhost", secure=True)
    form_before = token_on(client.get("/sign-in"))
    sign_in(client, "wang")
    first = session_cookie(client)
    assert first and first != "chosen-by-somebody-else"
    assert token_on(client.get("/account")) != form_before
    sign_in(client, "wang")
    second = session_cookie(client)
    assert second != first
    other = browser_of(app)
    other.set_cookie("__Host-session", first, domain="localhost", secure=True)
    assert other.get("/lists/products").status_code == 302, "the session of before was ended"


def test_only_the_hash_of_the_token_is_kept(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    client = browser_of(app)
    sign_in(client, "wang")
    token = session_cookie(client) or ""
    assert len(token) >= 43, "256 bits in base64"
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(SignIn.token_hash)).all() == [token_hash(token)]


def test_cookies_are_bound_to_host_tls_and_http(app: Flask) -> None:
    """ASVS 3.3.1–3.3.4, as the browser reads them."""
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    client = browser_of(app)
    answers = [client.get("/sign-in?lang=en"), sign_in(client, "wang")]
    cookies = SimpleCookie()
    for answer in answers:
        for written in answer.headers.getlist("Set-Cookie"):
            cookies.load(written)
    assert set(cookies) == {"__Host-form", "__Host-session", "__Host-browser", "lang"}
    for cookie in cookies.values():
        assert cookie["secure"] and cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/" and not cookie["domain"]


@pytest.mark.parametrize("by", [{"minutes": 31}, {"hours": 12, "minutes": 1}])
def test_a_session_ends_when_it_is_idle_or_old(app: Flask, clock: MovingClock, by: dict[str, float]) -> None:
    client = client_of(app, add_person(app, Role.PRODUCT_MANAGER, org_code=BANK))
    assert client.get("/lists/products").status_code == 200
    if "hours" in by:  # used every twenty minutes, so that it does not grow idle
        for _ in range(35):
            clock.move(minutes=20)
            assert client.get("/lists/products").status_code == 200
        clock.move(minutes=21)
    else:
        clock.move(**by)
    assert client.get("/lists/products").status_code == 302


def test_a_session_in_use_does_not_grow_idle(app: Flask, clock: MovingClock) -> None:
    client = client_of(app, add_person(app, Role.PRODUCT_MANAGER, org_code=BANK))
    for _ in range(5):
        clock.move(minutes=29)
        assert client.get("/lists/products").status_code == 200


def test_what_ends_a_session_ends_it_in_every_worker_at_once(new_app: NewApp, clock: MovingClock) -> None:
    """R34, with two applications on one database: sign-out, a disabled person, a role taken away."""
    one, two = new_app(), new_app()
    person_id = add_user(one, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    database = parts_of(one).database

    def open_in_two() -> tuple[FlaskClient, FlaskClient]:
        client, other = browser_of(one), browser_of(two)
        sign_in(client, "wang")
        other.set_cookie("__Host-session", session_cookie(client) or "", domain="localhost", secure=True)
        assert other.get("/lists/products").status_code == 200
        return client, other

    client, other = open_in_two()
    send(client, "/account", "/sign-out")
    assert other.get("/lists/products").status_code == 302

    client, other = open_in_two()
    with database.writing(CLI) as session:
        person = session.get_one(Person, person_id)
        grant_role(session, actor=CLI, person=person, role=Role.ACCOUNT_MANAGER, side=Side.BANK, now=clock())
    assert client.get("/lists/products").status_code == other.get("/lists/products").status_code == 302

    client, other = open_in_two()
    with database.writing(CLI) as session:
        for role in (Role.PRODUCT_MANAGER, Role.ACCOUNT_MANAGER):
            revoke_role(session, actor=CLI, person=session.get_one(Person, person_id), role=role, now=clock())
    assert other.get("/lists/products").status_code == 302
    sign_in(client, "wang")
    assert client.get("/lists/products").location.startswith("/sign-in")

    with database.writing(CLI) as session:
        person = session.get_one(Person, person_id)
        grant_role(session, actor=CLI, person=person, role=Role.PRODUCT_MANAGER, side=Side.BANK, now=clock())
    client, other = open_in_two()
    with database.writing(CLI) as session:
        disable_person(session, actor=CLI, person=session.get_one(Person, person_id), now=clock())
    assert other.get("/lists/products").status_code == 302
    page = client.get("/account")
    assert page.status_code == 302


def test_a_role_that_operates_needs_its_second_factor(app: Flask) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    assert sign_in(client, "oper").location == "/sign-in/code"
    assert session_cookie(client) is None, "there is no session before the second factor"
    assert client.get("/").status_code == 302
    assert send(client, "/sign-in/code", code="000000").status_code == 401
    assert send(client, "/sign-in/code", code=code_of(app, "oper")).location == "/"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_holds_for_its_half_minute_and_the_neighbours(app: Flask, steps: int, good: bool) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in(client, "oper")
    assert send(client, "/sign-in/code", code=code_of(app, "oper", steps=steps)).status_code == (302 if good else 401)


@pytest.mark.parametrize("code", ["٠١٢٣٤٥", "验证码", "", "0" * 4000])
def test_what_is_no_code_is_a_wrong_one(app: Flask, code: str) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in(client, "oper")
    assert send(client, "/sign-in/code", code=code).status_code == 401


def test_a_code_counts_once(app: Flask) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    assert sign_in_with_code(browser_of(app), app, "oper").status_code == 302
    assert sign_in_with_code(browser_of(app), app, "oper").status_code == 401
    assert sign_in_with_code(browser_of(app), app, "oper", steps=-1).status_code == 401, "nor does an older one"
    assert sign_in_with_code(browser_of(app), app, "oper", steps=1).status_code == 302


def test_a_recovery_code_stands_in_once(app: Flask) -> None:
    person_id = add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    with parts_of(app).database.writing(SYSTEM) as session:
        codes = new_recovery_codes(session, session.get_one(Person, person_id))
    assert len(set(codes)) == 10
    for expected in (302, 401):
        client = browser_of(app)
        sign_in(client, "oper")
        assert send(client, "/sign-in/code", code=codes[3].upper().replace("-", " ")).status_code == expected


def test_the_second_step_is_not_open_for_ever(app: Flask, clock: MovingClock) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in(client, "oper")
    clock.move(minutes=11)
    assert client.get("/sign-in/code").location == "/sign-in"
    assert client.post("/sign-in/code", data={"csrf_token": token_on(client.get("/sign-in"))}).location == "/sign-in"


def test_the_second_step_does_not_outlive_the_password(app: Flask, clock: MovingClock) -> None:
    person_id = add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in(client, "oper")
    with parts_of(app).database.writing(SYSTEM) as session:
        session.get_one(Person, person_id).password_set_at = clock().replace(year=2027)
    assert client.get("/sign-in/code").location == "/sign-in"


def test_whoever_needs_a_second_factor_and_has_none_sets_it_up_first(app: Flask) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU)
    client = browser_of(app)
    assert sign_in(client, "oper").location == "/account/second-factor"
    for path in ("/", "/lists/products", "/outbox"):
        answer = client.get(path)
        assert answer.status_code == 302 and answer.location.startswith("/sign-in/code")
        assert client.get(answer.location).location == "/account/second-factor"
    assert client.get("/account/second-factor").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "\\\\evil.example", "evil",
     "/\tevil", "javascript:alert(1)", "/%0d%0aSet-Cookie:a=b\r\n", "///evil.example", "/good\\..\\evil", "http:/x"],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(app: Flask, wanted: str) -> None:
    """ASVS 3.7.2, for the password's form, the second factor's, and the confirmation's."""
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    assert sign_in(client, "wang", next=wanted).location == "/"
    assert send(client, "/account/confirm", password=PASSWORD, next=wanted).location == "/account"
    client = browser_of(app)
    sign_in(client, "oper", next=wanted)
    assert send(client, "/sign-in/code", code=code_of(app, "oper")).location == "/"
    assert 'name="next"' not in client.get("/sign-in", query_string={"next": wanted}).text


def test_a_password_kept_with_weaker_parameters_is_hashed_anew(app: Flask) -> None:
    person_id = add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    weaker = Hasher(Strength(memory_kib=32, passes=1, lanes=1)).hash(PASSWORD)
    with parts_of(app).database.writing(SYSTEM) as session:
        session.get_one(Person, person_id).password_hash = weaker
    assert sign_in(browser_of(app), "wang").status_code == 302
    with parts_of(app).database.reading(SYSTEM) as session:
        kept = session.get_one(Person, person_id).password_hash
    assert kept and kept != weaker and not hasher().is_weaker(kept) and hasher().check(kept, PASSWORD)


def test_a_form_without_this_sessions_token_is_not_taken(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    client = browser_of(app)
    assert client.post("/sign-in", data={"login": "wang", "password": PASSWORD}).status_code == 403
    other = token_on(browser_of(app).get("/sign-in"))
    answer = client.post("/sign-in", data={"login": "wang", "password": PASSWORD, "csrf_token": other})
    assert answer.status_code == 403
    assert session_cookie(client) is None


def test_a_fresh_installation_knows_nobody(migrated_url: str, tmp_path: Path) -> None:
    """ASVS 6.3.2."""
    app = create_app(Settings(instance=tmp_path, database_url=migrated_url, secret_key=SECRET))
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(Person.login)).all() == []
    for login in ("admin", "root", "operator", "demo"):
        assert sign_in(browser_of(app), login, login).status_code == 401


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/sign-in", "/register"])
def test_pages_for_strangers_answer_in_both_languages(app: Flask, path: str, lang: str) -> None:
    answer = browser_of(app).get(f"{path}?lang={lang}")
    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in answer.text


@pytest.mark.parametrize("token", [None, "x"])
def test_a_form_without_its_token_is_an_event(app: Flask, caplog: pytest.LogCaptureFixture, token: str | None) -> None:
    """ASVS 16.3.2, 16.3.3: of who has signed in in the audit, of others in the log."""
    client = client_of(app, add_user(app, Role.LEAD, login="lead", org_code=BANK))
    sent = {} if token is None else {"csrf_token": token}
    assert client.post("/people/invite", data=sent).status_code == 403
    assert browser_of(app).post("/sign-in", data=sent).status_code == 403
    (denied,) = audited(app, "denied")
    assert (denied.subject, denied.after) == ("action:people.write", {"code": "csrf"})
    told = [one.getMessage() for one in caplog.records if one.name == "matchmaker.security"]
    assert [line.rpartition(" ")[0] for line in told] == ["denied people.write csrf", "denied sign_in csrf"]
