"""What every answer carries, whatever was asked and whatever went wrong; and what the log says of it."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from matchmaker import create_app
from matchmaker.domain.terms import Role
from matchmaker.guarantee.endorsement.queries import LIST_PATH
from matchmaker.logs import set_up_logs
from matchmaker.settings import Settings
from matchmaker.web.guard import action_of
from matchmaker.web.safety import HEADERS, HSTS
from tests.support.accounts import SECRET, add_person, client_of, parts_of, token_for
from tests.support.walking import every_address

CANARIES = ("canary-name-4711", "91371002MA5782909D", "13812345678", "canary@secret.example", "canary-password-1")
LOGGED = {"at", "level", "logger", "event", "exception"}


@pytest.fixture
def app(conformance_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(Settings(instance=tmp_path, database_url=conformance_sqlite_url, secret_key=SECRET))
    yield made
    parts_of(made).database.dispose()


HTTPS = "https://localhost"
STYLES_OF_THE_API_PAGE = "style-src 'self' 'unsafe-inline'"
"""The page of the API's documentation draws itself; it holds nobody's data, and its script is a file of ours."""


def strangers(app: Flask) -> FlaskClient:
    return app.test_client()


def carries_all(answer: TestResponse) -> None:
    for name, value in HEADERS.items():
        if name == "Content-Security-Policy":
            assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(
                answer.headers[name].split("; ")
            )
            parts = set(answer.headers[name].split("; ")) - {STYLES_OF_THE_API_PAGE}
            assert not [part for part in parts if "unsafe" in part or "*" in part]
        elif name == "Cache-Control":
            assert answer.headers[name]
        else:
            assert answer.headers[name] == value
    assert answer.headers["Strict-Transport-Security"] == HSTS
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
    if answer.get_data() and answer.mimetype.startswith("text/"):
        assert answer.headers["Content-Type"].lower().endswith("charset=utf-8"), answer.headers["Content-Type"]
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie and "SameSite=" in cookie
        if not cookie.startswith("lang="):
            assert cookie.startswith("__Host-") and "; Secure" in cookie and "Path=/" in cookie


@pytest.mark.parametrize("role", [None, *Role])
def test_every_answer_of_every_route_carries_the_headers(app: Flask, role: Role | None) -> None:
    client = strangers(app) if role is None else client_of(app, add_person(app, role))
    seen = set()
    for _, method, path in every_address(app):
        answer = client.open(base_url=HTTPS, path=path, method=method, headers={"Origin": "https://evil.example"})
        carries_all(answer)
        assert answer.status_code < 500, (method, path, answer.text[:300])
        assert answer.headers["X-Request-Id"] or answer.status_code == 404
        seen.add(answer.status_code)
    assert seen & {401, 403, 302} and 200 in seen


PUBLISHED = ("/.well-known/matchmaker/jwks.json", LIST_PATH)
"""Keys and the list of revoked certificates: caches are to keep them."""


def test_what_belongs_to_someone_is_not_stored_by_a_browser(app: Flask) -> None:
    client = client_of(app, add_person(app, Role.OPERATOR))
    for rule, method, path in every_address(app):
        answer = client.open(base_url=HTTPS, path=path, method=method)
        if action_of(app, rule.endpoint, method) not in ("static", "help") and path not in PUBLISHED:
            assert answer.headers["Cache-Control"] == "no-store", (method, path)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("POST", "/healthz", 405), ("GET", "/static/none.css", 404), ("TRACE", "/healthz", 405),
     ("GET", "/api/v1/nowhere", 404), ("DELETE", "/api/v1/products", 405), ("GET", "/static/style.css", 200)],
)  # fmt: skip
def test_errors_and_files_carry_them_too(app: Flask, method: str, path: str, status: int) -> None:
    answer = strangers(app).open(base_url=HTTPS, path=path, method=method)
    assert answer.status_code == status
    carries_all(answer)


def test_an_unexpected_error_says_nothing_but_its_number(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("canary-name-4711")

    fail.action_key = "health"  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "health.healthz", fail)
    answer = strangers(app).get(base_url=HTTPS, path="/healthz")
    assert answer.status_code == 500
    carries_all(answer)
    assert "canary" not in answer.text and "RuntimeError" not in answer.text and "Traceback" not in answer.text


def test_what_the_operator_must_put_right_is_not_told_to_those_who_ask(tmp_path: Path) -> None:
    url = "postgresql+psycopg://someone@127.0.0.1:1/inner-name"
    app = create_app(Settings(instance=tmp_path, database_url=url, secret_key=SECRET))
    client = strangers(app)
    client.set_cookie("__Host-session", "x", secure=True)
    for answer in (
        client.get(base_url=HTTPS, path="/lists/needs?lang=en"),
        client.get(base_url=HTTPS, path="/api/v1/products?lang=en", headers={"Authorization": "Bearer x"}),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "away" in answer.text and "inner-name" not in answer.text and "someone" not in answer.text
        carries_all(answer)


@contextmanager
def logging_as_in_service() -> Iterator[None]:
    """Inside the test itself, for pytest puts its own handlers in place for each phase."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up_logs(ZoneInfo("Asia/Shanghai"))
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def send_canaries(app: Flask, client: FlaskClient, token: str) -> None:
    """Canaries in every place of every request that its sender fills."""
    for canary in CANARIES:
        for _, method, path in every_address(app):
            client.open(
                f"{path}?q={canary}&uscc={canary}", base_url=HTTPS, method=method,
                data={"login": canary, "password": canary},
                headers={"User-Agent": canary, "Referer": f"https://x.example/{canary}", "X-Request-Id": canary},
            )  # fmt: skip
            if "api" in path and canary == CANARIES[0]:
                headers = {"Authorization": f"Bearer {token}"}
                client.open(path, base_url=HTTPS, method=method, headers=headers, json={canary: canary})
        client.get(base_url=HTTPS, path=f"/lists/products/{canary}")
        client.get(base_url=HTTPS, path="/audit?subject=a%0d%0a%1b[31mforged")


def test_the_log_is_one_line_of_json_an_event_and_names_nobody(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    """ASVS 16.2.1, 16.2.2, 16.2.5, 16.4.1, 14.2.1: canaries in every place that a stranger can fill."""
    person = add_person(app, Role.AUDITOR)
    token = token_for(app, person, ["lists:read"])
    clients = (strangers(app), client_of(app, person))
    with logging_as_in_service():
        for client in clients:
            send_canaries(app, client, token)
    written = capsys.readouterr().err
    lines = written.removesuffix("\n").split("\n")
    assert lines
    for line in lines:
        told = json.loads(line) if line.startswith("{") else {"no JSON": line}
        assert set(told) <= LOGGED, told
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00", told["at"])
    for canary in (*CANARIES, token, "forged"):
        assert canary not in written
