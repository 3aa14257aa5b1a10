"""One's own account: sessions, re-authentication, password, second factor, e-mail (ASVS 6.2, 7.4, 7.5)."""

import re
from urllib.parse import unquote

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.accounts.matrix import FRESH_MINUTES
from matchmaker.accounts.models import Person, RecoveryCode
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from tests.support.accounts import client_of, parts_of
from tests.support.browsing import PASSWORD, add_user, browser_of, code_of, send, sign_in, sign_in_with_code
from tests.support.clerks import audited
from tests.support.moving import MovingClock
from tests.support.offices import BANK, BUREAU

NEW = "three herons on a grey pier"


@pytest.fixture
def wang(app: Flask) -> int:
    return add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)


def signed_in(app: Flask, login: str) -> FlaskClient:
    client = browser_of(app)
    assert sign_in(client, login).status_code == 302
    return client


def person_of(app: Flask, person_id: int) -> Person:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.get_one(Person, person_id)


def test_ones_sessions_are_seen_and_ended(app: Flask, wang: int) -> None:
    one, two, three = (signed_in(app, "wang") for _ in range(3))
    shown = one.get("/account").text
    ends = re.findall(r'action="(/account/sessions/[a-z0-9]+/end)"', shown)
    assert len(ends) == 2 and "本次" in shown
    assert send(one, "/account", ends[0]).status_code == 302
    assert sorted(client.get("/account").status_code for client in (one, two, three)) == [200, 200, 302]
    assert send(one, "/account", "/account/sessions/end-others").status_code == 302
    assert [client.get("/account").status_code for client in (one, two, three)] == [200, 302, 302]
    assert len(audited(app, "session.revoked")) == 2


def test_somebody_elses_session_is_not_there(app: Flask, wang: int) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="liu", org_code=BANK)
    theirs, mine = signed_in(app, "liu"), signed_in(app, "wang")
    signed_in(app, "liu")
    ends = re.findall(r'action="(/account/sessions/[a-z0-9]+/end)"', theirs.get("/account").text)
    assert send(mine, "/account", ends[0]).status_code == 404
    assert send(mine, "/account", "/account/sessions/%00/end").status_code == 404


def test_a_sensitive_change_asks_again_who_one_is(app: Flask, wang: int, clock: MovingClock) -> None:
    client = signed_in(app, "wang")
    assert client.get("/account/password").status_code == 200, "who has just signed in is not asked"
    clock.move(minutes=FRESH_MINUTES + 1)
    for path in ("/account/password", "/account/second-factor"):
        asked = client.get(path)
        assert (asked.status_code, unquote(asked.location)) == (302, f"/account/confirm?next={path}")
    refused = send(client, "/account", "/account/email", email="other@example.com")
    assert refused.location == "/account/confirm?again=account.change"
    assert person_of(app, wang).email is None
    cookie = client.get_cookie("__Host-session")
    assert send(client, "/account/confirm?next=/account/password", "/account/confirm", password="x").status_code == 401
    proved = send(client, "/account/confirm", password=PASSWORD, next="/account/password")
    assert proved.location == "/account/password"
    renewed = client.get_cookie("__Host-session")
    assert cookie and renewed and cookie.value != renewed.value, "proving it again gives a new token (7.2.4)"
    assert client.get("/account/password").status_code == 200
    assert send(client, "/account", "/account/email", email="wang@bank.example").status_code == 302
    assert person_of(app, wang).email == "wang@bank.example"


def test_the_proof_asks_for_the_second_factor_too(app: Flask, clock: MovingClock) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in_with_code(client, app, "oper")
    clock.move(minutes=FRESH_MINUTES + 1)
    assert send(client, "/account/confirm", password=PASSWORD).status_code == 401
    assert send(client, "/account/confirm", password=PASSWORD, code=code_of(app, "oper")).status_code == 302
    assert client.get("/account/password").status_code == 200


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(app: Flask, wang: int) -> None:
    one, two = signed_in(app, "wang"), signed_in(app, "wang")
    page = "/account/password"
    assert send(one, page, old="wrong", password=NEW, repeated=NEW).status_code == 400
    assert send(one, page, old=PASSWORD, password=NEW, repeated=NEW + "x").status_code == 400
    short = send(one, page, old=PASSWORD, password="short", repeated="short")
    assert short.status_code == 422 and "密码太短" in short.text
    around = send(one, page, old=PASSWORD, password="wang2026!", repeated="wang2026!")
    assert around.status_code == 422, "the login is a word of the context"
    assert two.get("/account").status_code == 200
    assert send(one, page, old=PASSWORD, password=NEW, repeated=NEW).status_code == 302
    assert one.get("/account").status_code == 200
    assert two.get("/account").status_code == 302
    assert sign_in(browser_of(app), "wang").status_code == 401
    assert sign_in(browser_of(app), "wang", NEW).status_code == 302
    assert len(audited(app, "password.changed")) == 1


def test_a_second_factor_is_set_up_and_asked_for_from_then_on(app: Flask, wang: int) -> None:
    client, other = signed_in(app, "wang"), signed_in(app, "wang")
    shown = client.get("/account/second-factor").text
    assert 'src="data:image/svg+xml' in shown
    found = re.search(r'class="once">([A-Z2-7]{32})<', shown)
    assert found is not None
    totp = pyotp.TOTP(found[1])
    for code in ("000000", "验证码", "٠١٢٣٤٥"):
        wrong = send(client, "/account/second-factor", code=code)
        assert wrong.status_code == 400 and found[1] in wrong.text, "the same secret is shown again"
    code = totp.at(parts_of(app).now())
    told = send(client, "/account/second-factor", code=code)
    codes = re.findall(r"<li>([a-z0-9-]{29})</li>", told.text)
    assert told.status_code == 200 and len(codes) == 10
    assert other.get("/account").status_code == 302, "sessions without it end"
    assert client.get("/account").status_code == 200
    again = browser_of(app)
    assert sign_in(again, "wang").location == "/sign-in/code"
    assert send(again, "/sign-in/code", code=code).status_code == 401, "the code that set it up is used"
    assert send(again, "/sign-in/code", code=codes[0]).status_code == 302
    kept = person_of(app, wang)
    assert kept.totp_secret and found[1] not in kept.totp_secret, "sealed, not in the clear"
    with parts_of(app).database.reading(SYSTEM) as session:
        hashes = session.scalars(select(RecoveryCode.code_hash)).all()
    assert len(hashes) == 10 and not set(hashes) & set(codes)


def test_new_recovery_codes_make_the_old_ones_worthless(app: Flask) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in_with_code(client, app, "oper")
    first, second = (
        re.findall(r"<li>([a-z0-9-]{29})</li>", send(client, "/account", "/account/second-factor/codes").text)
        for _ in range(2)
    )
    assert len(set(first + second)) == 20
    for code, expected in ((first[0], 401), (second[0], 302)):
        again = browser_of(app)
        sign_in(again, "oper")
        assert send(again, "/sign-in/code", code=code).status_code == expected


def test_a_role_that_needs_a_second_factor_keeps_it(app: Flask, wang: int) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in_with_code(client, app, "oper")
    assert send(client, "/account", "/account/second-factor/remove").status_code == 403
    assert sign_in(browser_of(app), "oper").location == "/sign-in/code"


def test_any_other_role_may_go_without(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="liu", org_code=BANK, factor=True)
    client = browser_of(app)
    sign_in_with_code(client, app, "liu")
    assert send(client, "/account", "/account/second-factor/remove").status_code == 302
    assert sign_in(browser_of(app), "liu").location == "/"


def test_a_session_without_the_second_factor_changes_nothing_of_the_account(app: Flask) -> None:
    person_id = add_user(app, Role.PRODUCT_MANAGER, login="liu", org_code=BANK, factor=True)
    client = client_of(app, person_id, second_factor=False)
    for path in ("/account/password", "/account/second-factor"):
        assert client.get(path).location.startswith("/sign-in/code")
    for path in ("/account/second-factor/remove", "/account/second-factor/codes", "/account/email"):
        assert send(client, "/account", path, email="x@example.com").location == "/sign-in/code"
    assert person_of(app, person_id).totp_confirmed_at is not None


@pytest.mark.parametrize("email", ["nobody", "@", "a\r\nBcc: b@example.com", "x" * 201])
def test_an_email_that_is_none_is_refused(app: Flask, wang: int, email: str) -> None:
    client = signed_in(app, "wang")
    assert send(client, "/account", "/account/email", email=email).status_code == 422
    assert person_of(app, wang).email is None


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/account", "/account/confirm", "/account/password", "/account/second-factor"])
def test_pages_answer_in_both_languages(app: Flask, wang: int, path: str, lang: str) -> None:
    answer = signed_in(app, "wang").get(f"{path}?lang={lang}")
    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
