"""Forms as a browser sends them: with the token of the page they stand on."""

import re
from html import unescape

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from matchmaker.accounts.models import Person
from matchmaker.accounts.passwords import hasher
from matchmaker.accounts.second_factor import code_at, keep_secret
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from tests.support.accounts import add_person, parts_of

PASSWORD = "a quiet harbour at dawn"


def browser_of(app: Flask, address: str = "127.0.0.1") -> FlaskClient:
    """A browser without cookies."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    if not parts_of(app).settings.demo:
        client.environ_base["wsgi.url_scheme"] = "https"
    return client


def send(client: FlaskClient, page: str, to: str | None = None, **fields: str) -> TestResponse:
    """Open ``page``, fill in its form and send it (to ``to``, where that is another address)."""
    return client.post(to or page, data={"csrf_token": token_on(client.get(page)), **fields})


def token_on(answer: TestResponse) -> str:
    """The CSRF token of a page; empty where there is none."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    return unescape(found[1]) if found else ""


def add_user(
    app: Flask,
    *roles: Role,
    login: str,
    org_code: str | None = None,
    uscc: str | None = None,
    factor: bool = False,
) -> int:
    """A person with ``PASSWORD`` and, if asked for, the second factor :func:`secret_of`."""
    person_id = add_person(app, *roles, login=login, org_code=org_code, uscc=uscc)
    parts = parts_of(app)
    with parts.database.writing(SYSTEM) as session:
        person = session.get_one(Person, person_id)
        person.password_hash, person.password_set_at = hasher().hash(PASSWORD), parts.now()
        if factor:
            secret = secret_of(login)
            keep_secret(session, person, secret, code_at(secret, parts.now()), settings=parts.settings, now=parts.now())
            person.totp_step = None
    return person_id


def secret_of(login: str) -> str:
    """A second factor's secret; of each login another."""
    letters = "".join(sign for sign in login.upper() if sign.isalpha() and sign.isascii())
    return (letters + "A" * 32)[:32]


def code_of(app: Flask, login: str, *, steps: int = 0) -> str:
    """The code that the person's authenticator shows now, or so many steps later."""
    step = int(parts_of(app).now().timestamp()) // 30 + steps
    return pyotp.TOTP(secret_of(login)).generate_otp(step)


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """Give login and password."""
    return send(client, "/sign-in", login=login, password=password, **more)


def sign_in_with_code(client: FlaskClient, app: Flask, login: str, *, steps: int = 0) -> TestResponse:
    """Give login, password and the second factor."""
    sign_in(client, login)
    return send(client, "/sign-in/code", code=code_of(app, login, steps=steps))
