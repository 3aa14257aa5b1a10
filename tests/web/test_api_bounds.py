"""What the API bears: hostile bodies, too much, too often, wrong addresses; never HTML, never a 500 with a trace."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.accounts.models import ApiToken
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.vault import token_hash
from matchmaker.web.api.codes import CODES
from matchmaker.web.api.limits import MAX_BODY_BYTES, _working
from tests.support.accounts import parts_of
from tests.support.api import BANK, FIRM, Caller, api_app, caller

PROBLEM = "application/problem+json"
JSON = {"Content-Type": "application/json"}
EMPTY_OBJECT = b"{}"


@pytest.fixture(scope="module")
def app(conformance_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("bounds")
    (folder / "m.db").write_bytes(conformance_sqlite_template.read_bytes())
    made = api_app(f"sqlite:///{folder / 'm.db'}", folder)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def bank(app: Flask) -> Caller:
    return caller(app, Role.PRODUCT_MANAGER, org_code=BANK)


def send(who: Caller, raw: bytes, path: str = "/products", **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {who.token}", "Idempotency-Key": "k", **JSON, **headers}
    return who.app.test_client().post(f"/api/v1{path}", data=raw, headers=sent)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "json"),
        (b"{", 400, "json"),
        (b"\xff\xfe{}", 400, "json"),
        (b'{"name": NaN}', 400, "json"),
        (b'{"name": Infinity}', 400, "json"),
        (b'{"name": "a", "name": "b"}', 400, "json"),
        (b'{"name": "\\ud800"}', 400, "json"),
        (b'{"decision_days": 1e400}', 422, "invalid_body"),
        (b'{"decision_days": ' + b"9" * 5000 + b"}", 400, "json"),
        (b"[" * 10_000 + b"]" * 10_000, 400, "json"),
        (b'{"name":' * 10_000 + b"1" + b"}" * 10_000, 400, "json"),
        (json.dumps({f"k{n}": 1 for n in range(100_000)}).encode(), 400, "json"),
        (json.dumps({f"k{n}": 1 for n in range(50_000)}).encode(), 422, "invalid_body"),
        (json.dumps({"name": "a" * 1_000_000}).encode(), 422, "invalid_body"),
        (b"[]", 422, "invalid_body"),
        (b'"text"', 422, "invalid_body"),
        (b"null", 422, "invalid_body"),
    ],
)
def test_a_hostile_body_is_refused_in_clear_words(bank: Caller, raw: bytes, status: int, code: str) -> None:
    answer = send(bank, raw)
    assert (answer.status_code, answer.content_type, answer.json["code"]) == (status, PROBLEM, code)
    assert len(answer.data) < 60_000 and answer.json["detail"]


def test_a_body_of_another_type_is_415(bank: Caller) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/html"):
        assert send(bank, EMPTY_OBJECT, **{"Content-Type": kind}).json["code"] == "content_type"


def test_what_is_too_large_is_refused_before_it_is_read(bank: Caller) -> None:
    class Unread:
        def read(self, *_: int) -> bytes:
            raise AssertionError("the body was read")

    answer = bank.app.test_client().post(
        "/api/v1/products",
        headers={"Authorization": f"Bearer {bank.token}", **JSON},
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": str(MAX_BODY_BYTES + 1)},
    )
    assert (answer.status_code, answer.content_type, answer.json["code"]) == (413, PROBLEM, "too_large")
    chunked = bank.app.test_client().post(
        "/api/v1/products",
        data=b'{"name": "' + b"a" * MAX_BODY_BYTES + b'"}',
        headers={"Authorization": f"Bearer {bank.token}", "Idempotency-Key": "k", **JSON},
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert (chunked.status_code, chunked.content_type) == (413, PROBLEM)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/products/1", 404),
        ("GET", "/products/prod_00000000000000000000", 404),
        ("GET", "/products/prod_%00", 404),
        ("GET", "/../../etc/passwd", 404),
        ("DELETE", "/products", 405),
        ("PUT", "/needs", 405),
        ("TRACE", "/needs", 405),
        ("POST", "/products/prod_00000000000000000000", 405),
        ("POST", "/products/prod_00000000000000000000:publish", 404),
        ("GET", "", 404),
    ],
)
def test_a_wrong_address_is_a_problem_too(bank: Caller, method: str, path: str, status: int) -> None:
    answer = bank(method, path)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert ("Allow" in answer.headers) == (status == 405)


def test_an_unexpected_error_tells_its_number_only(bank: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matchmaker.web.api.resources.lists.list_page", lambda *_: 1 / 0)
    answer = bank.get("/products")
    assert (answer.status_code, answer.content_type, answer.json["code"]) == (500, PROBLEM, "internal")
    assert re.fullmatch("[0-9a-f]{16}", answer.json["request_id"]) and "ZeroDivision" not in answer.text


@pytest.mark.parametrize("token", ["", "mk_live_" + "A" * 43, "x y z", "é"])
def test_without_a_good_token_nothing_but_the_documentation(app: Flask, token: str) -> None:
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and not rule.endpoint.startswith("api_docs."):
            path = re.sub(r'<id\("([\w-]+)"\):\w+>', lambda m: _any_id(m[1]), rule.rule)
            path = re.sub(r"<any\((\w+),.*?\):verb>", r"\1", path)
            for method in rule.methods - {"OPTIONS", "HEAD"}:
                answer = client.open(path, method=method, headers=headers)
                assert (answer.status_code, answer.content_type) == (401, PROBLEM), (method, path)
                assert answer.headers["WWW-Authenticate"] == ('Bearer error="invalid_token"' if token else "Bearer")
    for path in ("openapi.json", "docs", "docs/errors"):
        assert client.get(f"/api/v1/{path}").status_code == 200


def test_a_token_that_is_no_good_is_told_apart_from_none_and_says_what_to_do(app: Flask, bank: Caller) -> None:
    with parts_of(app).database.writing(SYSTEM) as session:
        held = session.scalars(select(ApiToken).where(ApiToken.token_hash == token_hash(bank.token))).one()
        held.revoked_at = parts_of(app).now()
    revoked = bank.get("/products", Accept_Language="en")
    unknown = Caller(app, "mk_live_unknown").get("/products", Accept_Language="en")
    assert revoked.json["detail"] == unknown.json["detail"]
    assert "unknown, has expired or was revoked" in revoked.json["detail"]
    assert "/account/tokens" in unknown.json["detail"]
    assert revoked.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    bare = app.test_client().get("/api/v1/products")
    assert "缺少密钥" in bare.json["detail"] and bare.headers["WWW-Authenticate"] == "Bearer"
    assert "已撤销" in bank.get("/products").json["detail"]


def _any_id(name: str) -> str:
    from matchmaker.web.api.ids import PREFIXES

    return f"{PREFIXES[name]}_{'0' * 20}"


def test_every_language_is_answered_in_its_own_words(bank: Caller) -> None:
    assert bank.get("/products?x=1").json["title"] == "请求写法不对"
    english = bank.get("/products?x=1", Accept_Language="en")
    assert english.json["title"] == "Bad request" and 'no parameter "x"' in english.json["detail"]


def test_the_call_after_the_last_is_429_and_says_when_to_come_back(conformance_sqlite_url: str, tmp_path: Path) -> None:
    app = api_app(conformance_sqlite_url, tmp_path, api_rate="5/minute")
    one, two = (caller(app, Role.PRODUCT_MANAGER, org_code=BANK) for _ in range(2))
    left = [int(one.get("/products?limit=1").headers["RateLimit-Remaining"]) for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    refused = one.get("/products")
    assert (refused.status_code, refused.content_type, refused.json["code"]) == (429, PROBLEM, "rate")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60 and refused.headers["RateLimit-Limit"] == "5"
    assert two.get("/products").status_code == 200
    parts_of(app).database.dispose()


def test_strangers_are_counted_by_address(conformance_sqlite_url: str, tmp_path: Path) -> None:
    app = api_app(conformance_sqlite_url, tmp_path, api_rate="5/minute")
    client = app.test_client()
    statuses = [
        client.get(
            "/api/v1/products", headers={"Authorization": f"Bearer guess{n}", "X-Forwarded-For": f"192.0.2.{n}"}
        ).status_code
        for n in range(7)
    ]
    assert statuses == [401] * 5 + [429] * 2
    assert client.get("/healthz").status_code == 200
    parts_of(app).database.dispose()


def test_expensive_work_is_bounded(app: Flask) -> None:
    firm = caller(app, Role.FINANCE, uscc=FIRM)
    need = firm.get("/needs").json["data"][0]["id"]
    product = firm.get(f"/needs/{need}/matches").json["data"][0]["product"]
    path = f"/needs/{need}/explanations/{product}"
    assert firm.get(path).status_code == 200
    while _working["explanation"].acquire(blocking=False):
        pass
    busy = firm.get(path)
    for _ in range(2):
        _working["explanation"].release()
    assert (busy.status_code, busy.json["code"], busy.headers["Retry-After"]) == (503, "busy", "5")
    assert firm.get(path).status_code == 200


def test_every_code_that_is_raised_stands_on_the_page_of_codes(app: Flask) -> None:
    """Of the API itself, and of what its routes call for tenants."""
    folder = Path(__file__).parents[2] / "matchmaker"
    sources = [*(folder / "web/api").rglob("*.py"), folder / "accounts/idempotency.py", folder / "accounts/permits.py"]
    raised = {
        code
        for path in sources
        if path.name != "codes.py"
        for code in re.findall(r'(?:code=|Fault\(\s*)"(\w+)"', path.read_text("utf-8"))
    }
    listed = {one.code for one in CODES}
    raised -= {"second_factor_needed", "fresh_needed"}  # a token needs neither
    assert raised - listed == set()
    page = app.test_client().get("/api/v1/docs/errors").text
    assert all(f'id="{code}"' in page for code in listed)
