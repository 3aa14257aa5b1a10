"""People who are signed in, for tests of pages and of the API."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count

from flask import Flask
from flask.testing import FlaskClient

from matchmaker.accounts.models import ApiToken, Person, PersonRole
from matchmaker.accounts.sessions import begin_session
from matchmaker.actor import SYSTEM, Actor
from matchmaker.app import Matchmaker
from matchmaker.domain.terms import Role
from matchmaker.lists.tenants import actor_of_person
from matchmaker.vault import token_hash
from matchmaker.web.guard import cookie_name

SECRET = "tests only: a secret that is long enough"
_NUMBERS = count(1)


def parts_of(app: Flask) -> Matchmaker:
    """The application's parts."""
    parts: Matchmaker = app.extensions["matchmaker"]
    return parts


def add_person(
    app: Flask,
    *roles: Role,
    org_code: str | None = None,
    uscc: str | None = None,
    contact_no: str | None = None,
    login: str | None = None,
) -> int:
    """A new person with these roles; its id."""
    parts = parts_of(app)
    number = next(_NUMBERS)
    with parts.database.writing(SYSTEM) as session:
        person = Person(
            login=login or f"person{number}@example.com",
            name=f"Person {number}",
            org_code=org_code,
            uscc=uscc,
            contact_no=contact_no,
            created_at=parts.now(),
        )
        session.add(person)
        session.flush()
        for role in roles:
            session.add(PersonRole(person_id=person.id, role=str(role), granted_by="test", granted_at=parts.now()))
        return person.id


def actor_for(app: Flask, person_id: int) -> Actor:
    """The person as an actor."""
    with parts_of(app).database.reading(SYSTEM) as session:
        person = session.get_one(Person, person_id)
        from matchmaker.accounts.sessions import roles_of

        return actor_of_person(session, person, roles_of(session, person_id))


def client_of(app: Flask, person_id: int, *, second_factor: bool = True) -> FlaskClient:
    """A browser in which the person is signed in."""
    parts = parts_of(app)
    with parts.database.writing(SYSTEM) as session:
        person = session.get_one(Person, person_id)
        token = begin_session(
            session, person, address="127.0.0.1", agent="test", second_factor=second_factor, now=parts.now()
        )
    client = app.test_client()
    secure = not parts.settings.demo
    client.set_cookie(cookie_name(parts.settings), token, secure=secure, domain="localhost")
    if secure:
        client.environ_base["wsgi.url_scheme"] = "https"
    return client


def sign_in_as(
    app: Flask, *roles: Role, org_code: str | None = None, uscc: str | None = None, contact_no: str | None = None
) -> FlaskClient:
    """A browser of a new person with these roles."""
    return client_of(app, add_person(app, *roles, org_code=org_code, uscc=uscc, contact_no=contact_no))


def token_for(app: Flask, person_id: int, scopes: Iterable[str]) -> str:
    """An API token of the person; to be sent as ``Authorization: Bearer``."""
    parts = parts_of(app)
    token = f"mk_live_{next(_NUMBERS):040d}"
    with parts.database.writing(SYSTEM) as session:
        person = session.get_one(Person, person_id)
        session.add(
            ApiToken(
                name="test",
                prefix=token[:14],
                token_hash=token_hash(token),
                org_code=person.org_code,
                uscc=person.uscc,
                person_id=person_id,
                scopes=sorted(scopes),
                created_at=parts.now(),
                expires_at=parts.now() + timedelta(days=30),
            )
        )
    return token
