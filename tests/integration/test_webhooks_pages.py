"""A-4: endpoints and their log as pages and commands: made, tested, sent again, within one's own side only."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from matchmaker.push.webhooks import deliver_webhooks
from matchmaker.web.api.ids import PREFIXES
from tests.support.accounts import parts_of, sign_in_as
from tests.support.browsing import token_on
from tests.support.http_sink import HttpSink, http_sink, reply
from tests.support.offices import BANK, OTHER_BANK, USCC, add_offices
from tests.support.webhooks import LOOPBACK


@pytest.fixture
def app(conformance_url: str) -> Flask:
    url = add_offices(conformance_url)
    return create_app(replace(LOOPBACK, database_url=url, lang="en"))


@pytest.fixture
def bank(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.PRODUCT_MANAGER, org_code=BANK)


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as running:
        yield running


def post(client: FlaskClient, page: str, to: str, **fields: object) -> TestResponse:
    return client.post(to, data={"csrf_token": token_on(client.get(page)), **fields})


def make(client: FlaskClient, url: str, *events: str) -> TestResponse:
    return post(client, "/webhooks", "/webhooks", url=url, events=list(events or ("need.matched",)))


def endpoint_of(app: Flask) -> WebhookEndpoint:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(WebhookEndpoint)).one()


def deliver(app: Flask) -> None:
    parts = parts_of(app)
    deliver_webhooks(parts.database, parts.settings, now=parts.now)


def secret_on(answer: TestResponse) -> str:
    (found,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.text.replace("&#43;", "+"))
    return str(found)


def test_a4_from_a_new_endpoint_to_a_test_event_in_the_log_and_sent_again(
    app: Flask, bank: FlaskClient, sink: HttpSink
) -> None:
    made = make(bank, sink.url(), "need.matched", "consent.granted")
    secret, endpoint = secret_on(made), endpoint_of(app)
    assert secret not in endpoint.secret and made.headers["Cache-Control"] == "no-store"
    log = f"/webhooks/{endpoint.public_id}"
    assert secret not in bank.get(log).text, "the secret is shown once"
    sink.script = reply(500, "not yet")
    assert post(bank, log, f"{log}/test").status_code == 302
    assert not sink.requests, "nothing is sent by the request itself"
    deliver(app)
    shown = bank.get(log).text
    for told in ("webhook.test", "500", "waiting", "Next try", "did not take it"):
        assert told in shown
    (event,) = set(re.findall(rf"{log}/deliveries/([0-9a-z]{{20}})\"", shown))
    sink.script = reply(200, "thanks")
    assert post(bank, log, f"{log}/deliveries/{event}/resend").status_code == 302
    deliver(app)
    one = bank.get(f"{log}/deliveries/{event}").text
    assert "not yet" in one and "thanks" in one and f"hook_{endpoint.public_id}" in one
    assert sink.ids() == [event, event]
    assert Webhook(secret).verify(sink.requests[1].body, sink.requests[1].headers)["type"] == "webhook.test"


def test_what_is_wrong_with_an_address_is_said_and_kept_in_the_form(app: Flask, bank: FlaskClient) -> None:
    for url, said in (
        ("http://93.184.215.14/x", "https://"),
        ("https://10.0.0.1/x", "private"),
        ("https://2130706433/x", "host"),
        ("https://no-such-name.invalid/x", "not found"),
    ):
        answer = make(bank, url)
        assert answer.status_code == 422 and said in answer.text and url in answer.text
    assert make(bank, "https://93.184.215.14/x", "case.unknown").status_code == 422
    assert post(bank, "/webhooks", "/webhooks", url="https://93.184.215.14/x").status_code == 422
    with parts_of(app).database.reading(SYSTEM) as session:
        assert not session.scalars(select(WebhookEndpoint)).all()


def test_another_side_finds_nothing_of_it(app: Flask, bank: FlaskClient, sink: HttpSink) -> None:
    make(bank, sink.url("/secret-path"))
    endpoint = endpoint_of(app)
    log = f"/webhooks/{endpoint.public_id}"
    post(bank, log, f"{log}/test")
    deliver(app)
    (event,) = sink.ids()
    for other in (
        sign_in_as(app, Role.PRODUCT_MANAGER, org_code=OTHER_BANK),
        sign_in_as(app, Role.FINANCE, uscc=USCC),
    ):
        assert "secret-path" not in other.get("/webhooks").text
        assert [other.get(page).status_code for page in (log, f"{log}/deliveries/{event}")] == [404, 404]
        for step in ("test", "rotate", "disable", "enable", "remove", f"deliveries/{event}/resend"):
            assert post(other, "/webhooks", f"{log}/{step}", version=1).status_code == 404
    assert len(sink.requests) == 1 and endpoint_of(app).version == endpoint.version
    administrator = sign_in_as(app, Role.SYSTEM_ADMIN)
    assert administrator.get(log).status_code == 200
    assert post(administrator, "/webhooks", f"{log}/test").status_code == 403


def test_rotate_disable_enable_remove(app: Flask, bank: FlaskClient, sink: HttpSink) -> None:
    first = secret_on(make(bank, sink.url()))
    log = f"/webhooks/{endpoint_of(app).public_id}"
    assert post(bank, log, f"{log}/rotate", version=0).status_code == 409
    second = secret_on(post(bank, log, f"{log}/rotate", version=1))
    assert second != first
    post(bank, log, f"{log}/test")
    assert post(bank, log, f"{log}/disable", version=2).status_code == 302
    deliver(app)
    assert not sink.requests, "what waited was dropped"
    assert post(bank, log, f"{log}/test").status_code == 409
    assert post(bank, log, f"{log}/enable", version=3).status_code == 302
    post(bank, log, f"{log}/test")
    deliver(app)
    (request,) = sink.requests
    for secret in (first, second):
        assert Webhook(secret).verify(request.body, request.headers)
    assert post(bank, log, f"{log}/remove", version=4).status_code == 302
    assert bank.get(log).status_code == 404
    gone = endpoint_of(app)
    assert (gone.secret, gone.previous_secret, gone.disabled_why) == ("", None, "removed")
    with parts_of(app).database.reading(SYSTEM) as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.subject == f"webhook:{gone.public_id}")).all()
    done = [event.action.partition(".")[2] for event in sorted(events, key=lambda event: event.seq)]
    assert done == ["created", "rotated", "tested", "disabled", "enabled", "tested", "removed"]
    assert "/hook" not in json.dumps([[event.before, event.after] for event in events]), "no path, no secret"


def test_links_lead_to_the_api(app: Flask) -> None:
    from matchmaker.outbox.webhooks.compose import SUBJECTS

    names = {"lead": "leads", "referral": "referrals", "consent": "consents", "product": "products",
             "guarantee": "guarantees", "webhook": "webhooks"}  # fmt: skip
    for kind, (prefix, path) in SUBJECTS.items():
        assert prefix == f"{PREFIXES[names[kind]]}_" and path == f"/api/v1/{names[kind]}/"


def test_commands(app: Flask, bank: FlaskClient, sink: HttpSink) -> None:
    make(bank, sink.url())
    number = endpoint_of(app).public_id
    run = app.test_cli_runner().invoke
    assert json.loads(run(args=["webhook", "list", "--json"]).stdout)["endpoints"][0]["id"] == number
    assert run(args=["webhook", "test", number, "--dry-run"]).exit_code == 0 and not sink.requests
    assert run(args=["webhook", "test", number]).exit_code == 0
    sink.script = reply(500)
    assert run(args=["webhook", "test", number]).exit_code == 8
    shown = json.loads(run(args=["webhook", "deliveries", number, "--json"]).stdout)["deliveries"]
    assert [one["state"] for one in shown] == ["waiting", "sent"] and shown[0]["next_try_at"]
    sink.script = reply(200)
    assert run(args=["webhook", "resend", number, shown[0]["id"]]).exit_code == 0
    assert sink.ids()[-2:] == [shown[0]["id"]] * 2
    assert run(args=["webhook", "test", "nobody"]).exit_code == 4
    sink.script = reply(301)
    moved = run(args=["webhook", "test", number, "--lang", "en"])
    assert moved.exit_code == 8 and "not tried again" in moved.stderr
    sink.script = reply(410)
    again = run(args=["webhook", "resend", number, shown[1]["id"], "--lang", "en"])
    assert (again.exit_code, "answered 410" in again.stderr, "later" in again.stderr) == (8, True, False)
    assert "disabled" in again.stderr and f"/webhooks/{number}" in again.stderr
    listed = json.loads(run(args=["webhook", "deliveries", number, "--json"]).stdout)["deliveries"]
    (resent,) = [one for one in listed if one["id"] == shown[1]["id"]]
    assert (resent["state"], resent["status"]) == ("sent", 410), "it had arrived before"
    assert datetime.now(UTC) > datetime.fromisoformat(shown[1]["happened_at"])
