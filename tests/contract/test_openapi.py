"""The document is right: every operation is called as it says, with good and with faulty data, by each side."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from werkzeug.serving import make_server

from matchmaker.accounts.matrix import scopes_for
from matchmaker.domain.terms import Role
from tests.support.accounts import add_person, parts_of, token_for
from tests.support.api import BANK, BUREAU, FIRM, OTHER_FIRM, api_app, caller

WHO = {
    "bank": (Role.PRODUCT_MANAGER, {"org_code": BANK}),
    "enterprise": (Role.FINANCE, {"uscc": FIRM}),
    "bureau": (Role.OPERATOR, {"org_code": BUREAU}),
}


@pytest.fixture(scope="module")
def app(conformance_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("openapi")
    database = folder / "matchmaker.db"
    database.write_bytes(conformance_sqlite_template.read_bytes())
    made = api_app(f"sqlite:///{database}", folder, api_rate="1000000/minute", public_url="http://localhost")
    server = make_server("127.0.0.1", 0, made, threaded=True)
    made.config["AT"] = f"http://127.0.0.1:{server.port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    parts_of(made).database.dispose()


FAULTY = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428"]
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "400", "403", "404", "409", "412", "415", "422"]},
    "negative_data_rejection": {"expected-statuses": FAULTY},
    "missing_required_header": {"expected-statuses": FAULTY},
}
"""A body that fits the document may still be wrong in content (a code that no register has, a check digit, a lower
bound above the upper): 422 says so. So is a cursor or a version that was never given: 400, 412."""
EXAMPLES = 15
ALIKE = ("/api/v1/products", "/api/v1/policies", "/api/v1/enterprises")
"""Lists with so many filters, all of one making, that trying each bound of each of theirs takes a minute; those of the
needs and the organisations are tried."""


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
def test_every_operation_answers_as_the_document_says(app: Flask, who: str) -> None:
    role, owner = WHO[who]
    token = token_for(app, add_person(app, role, **owner), scopes_for(frozenset({role})))
    config = SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {token}"},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "no-shrink": True, "database": "none"},
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": who == "bureau"}},
            "operations": [
                {"include-path": path, "include-method": "GET", "phases": {"coverage": {"enabled": False}}}
                for path in ALIKE
            ],
            "checks": CHECKS,
        }
    )
    schema = schemathesis.openapi.from_url(f"{app.config['AT']}/api/v1/openapi.json", config=config)
    failures, operations, calls = [], set(), 0
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError | FatalError):
            failures.append(repr(event))
        if isinstance(event, ScenarioFinished):
            operations.add(event.recorder.label)
            calls += len(event.recorder.interactions)
            failures += _failures(event.recorder)
    print(f"{who}: {len(operations)} operations, {calls} calls, {len(failures)} failures")
    assert not failures, "\n".join(failures[:12])
    assert calls > 10 * len(operations)


def _told_in_its_row(sent: Any) -> bool:
    """A batch in mode ``partial`` answers 207 and refuses what is faulty in the result of its row, as it documents."""
    if sent.response is None or sent.response.status_code != 207:
        return False
    return any(row["status"] == 422 for row in json.loads(sent.response.content)["results"])


def _failures(recorder: Any) -> list[str]:
    """What was asked, what came back, and why that is wrong."""
    said = []
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure, sent = check.failure_info.failure, recorder.interactions[case_id]
                if _told_in_its_row(sent):
                    continue
                got = f"{sent.response.status_code} {sent.response.content[:300]!r}" if sent.response else "--"
                body = (sent.request.body or b"")[:300]
                said.append(
                    f"{recorder.label}: {failure.title}: {failure.message}\n  {sent.request.method} "
                    f"{sent.request.uri} {body!r}\n  -> {got}"
                )
    return said


# the file validates, its examples work, and the page needs no network


def test_a6_the_document_is_valid_and_says_everything_of_every_operation(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []
    for path, method, operation in operations_of(document):
        where = f"{method} {path}"
        assert operation["summary"] and operation["tags"], where
        statuses = set(operation["responses"])
        assert {"400", "401", "403", "404", "405", "413", "429", "500", "503"} <= statuses, where
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert ("Idempotency-Key" in names) == (method == "post"), where
        assert ("If-Match" in names) == (method in ("patch", "put", "delete")), where
        if "requestBody" in operation:
            assert {"415", "422"} <= statuses, where
            assert "example" in operation["requestBody"]["content"].get("application/json", {"example": 1}), where
    for name, schema in document["components"]["schemas"].items():
        assert schema["additionalProperties"] is False, name
    assert "Allow" in document["components"]["responses"]["Problem405"]["headers"]


def operations_of(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def test_a6_every_route_is_in_the_document_and_nothing_else(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").json
    told = {(re.sub(r"{\w+}", "*", path), method.upper()) for path, method, _ in operations_of(document)}
    there = {
        (re.sub(r"<[^>]*>", "*", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.endpoint.startswith("api_docs.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == there


GUARANTEED = (
    "/events", ":void_report", ":review", ":approve", ":decline", ":check_claim", ":refuse_claim", ":compensate",
    ":recover", ":propose_write_off", ":write_off",
)  # fmt: skip
ANSWERED = (
    "/api/v1/leads/{id}:refuse",
    "/api/v1/referrals/{id}:decline",
    "/api/v1/certificates",
    "/api/v1/certificates/{id}:revoke",
    *(f"/api/v1/guarantees/{{id}}{step}" for step in GUARANTEED),
)
"""They answer what a push has recommended, take a guarantee on or certify a rating: ``test_api_referrals.py``,
``test_api_guarantees.py`` and ``test_api_certificates.py`` in ``tests/web`` send them."""


def test_a6_every_example_of_the_document_works(
    conformance_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address of the webhook's example belongs to nobody, so a public one is given for it."""
    app = api_app(conformance_sqlite_url, tmp_path)
    monkeypatch.setattr("matchmaker.outbox.webhooks.addresses.look_up", lambda *_: ["93.184.215.14"])
    callers = {
        "bank": caller(app, Role.LEAD, org_code=BANK),
        "enterprise": caller(app, Role.FINANCE, uscc=OTHER_FIRM),
        "bureau": caller(app, Role.OPERATOR, org_code=BUREAU),
    }
    who = {
        "products": "bank",
        "products:batch": "bank",
        "webhooks": "bank",
        "policies": "bureau",
        "credit-records:batch": "bureau",
    }
    document = app.test_client().get("/api/v1/openapi.json").json
    sent = []
    for path, method, operation in operations_of(document):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        if path in ANSWERED:
            continue
        place = path.removeprefix("/api/v1").split("/")[1]
        asks = callers[who.get(place, "enterprise")]
        body, headers = content["application/json"]["example"], {}
        if method == "patch":
            one = asks.get(f"/{place}?limit=1").json["data"][0]["id"]
            path = path.replace("{id}", one)
            headers["If_Match"] = asks.get(f"/{place}/{one}").headers["ETag"]
        answer = asks(method.upper(), path.removeprefix("/api/v1"), body, **headers)
        assert str(answer.status_code) in operation["responses"] and answer.status_code < 300, (path, answer.text)
        sent.append((method, place))
    assert ("post", "policies") in sent and len(sent) == 11


def test_a6_the_page_asks_nobody_else(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/api/v1/docs")
    addresses = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)
    asked = [address for address in addresses if not address.startswith(("#", "data:", "/api/v1/docs?"))]
    assert all(address.startswith("/") and not address.startswith("//") for address in asked)
    for address in asked:
        if address.startswith(("/static", "/api")):
            assert client.get(address).status_code == 200, address
    policy = page.headers["Content-Security-Policy"]
    assert "http" not in policy and "script-src 'self';" in policy and "unsafe-eval" not in policy
    assert not re.search(r"<script(?![^>]*src=)", page.text)
