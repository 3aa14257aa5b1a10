"""The document is right: every operation is called as it says, with good and with faulty data, by each side."""

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
from werkzeug.serving import make_server

from matchmaker.accounts.matrix import scopes_for
from matchmaker.domain.terms import Role
from tests.support.accounts import add_person, parts_of, token_for
from tests.support.api import BANK, BUREAU, FIRM, api_app

pytestmark = pytest.mark.slow

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


def _failures(recorder: Any) -> list[str]:
    """What was asked, what came back, and why that is wrong."""
    said = []
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure, sent = check.failure_info.failure, recorder.interactions[case_id]
                got = f"{sent.response.status_code} {sent.response.content[:300]!r}" if sent.response else "--"
                body = (sent.request.body or b"")[:300]
                said.append(
                    f"{recorder.label}: {failure.title}: {failure.message}\n  {sent.request.method} "
                    f"{sent.request.uri} {body!r}\n  -> {got}"
                )
    return said
