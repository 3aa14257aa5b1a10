"""Programmes that call the API, for tests."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from matchmaker import create_app
from matchmaker.accounts.matrix import scopes_for
from matchmaker.actor import SYSTEM
from matchmaker.clock import Now
from matchmaker.domain.terms import Role
from matchmaker.matching.compute import match_market
from matchmaker.matching.facts import load_market
from matchmaker.matching.services import store_run
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, add_person, parts_of, token_for
from tests.support.stock import NOW, ON, put

_KEYS = count(1)
BANK, OTHER_BANK, BUREAU = "B007", "B001", "J01"
FIRM, OTHER_FIRM = "91371002MA5782909D", "91371071MA7230139B"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


def api_app(url: str, folder: Path, now: Now = lambda: NOW, **options: Any) -> Flask:
    """An application on the conformance lists, with a bureau and a matching of the day."""
    settings = Settings(instance=folder, database_url=url, secret_key=SECRET, **options)
    app = create_app(settings, now=now)
    database = parts_of(app).database
    put(database, "organisations", org_code=BUREAU, kind="BUREAU", name="工信局")
    with database.writing(SYSTEM) as session:
        store_run(session, match_market(load_market(session, ON), 20), now=NOW, origin="test")
    return app


V1 = "/api/v1"


class Caller:
    """A programme with a token. Paths are below ``/api/v1``; each POST has a key of its own unless one is given."""

    def __init__(self, app: Flask, token: str) -> None:
        self.app = app
        self.token = token

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """One call; ``headers`` with ``_`` for ``-``, None leaves one out."""
        sent = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            sent["Idempotency-Key"] = f"key-{next(_KEYS)}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in sent.items() if value is not None}
        return self.app.test_client().open(V1 + path, method=method, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Read."""
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Make."""
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        """Change."""
        return self("PATCH", path, body, **headers)


def caller(
    app: Flask, *roles: Role, scopes: Iterable[str] | None = None, contact_no: str | None = None, **owner: str
) -> Caller:
    """A programme of a new person with these roles; with all the scopes that they allow unless some are given."""
    person = add_person(app, *roles, contact_no=contact_no, **owner)
    return Caller(app, token_for(app, person, scopes_for(frozenset(roles)) if scopes is None else scopes))
