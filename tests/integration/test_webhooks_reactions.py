"""R13: what the other system does, and what is done about it (Standard Webhooks), with a real peer on loopback."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from matchmaker.db import Database
from matchmaker.outbox.webhooks.reactions import ATTEMPTS, WAITS
from tests.support.http_sink import (
    HttpSink,
    Script,
    dripping_body,
    endless_body,
    http_sink,
    reply,
    slow_header,
    stall,
)
from tests.support.webhooks import add_endpoint, attempts, message_of, put, reread, send

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
GIVEN_UP = timedelta(seconds=3)
"""No answer, however slow, holds a delivery with a deadline of one second for longer."""


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    found = Database(migrated_url)
    yield found
    found.dispose()


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as running:
        yield running


def closed(connection: object, _request: object) -> None:
    """Takes the request and hangs up without a word."""


TABLE: dict[str, tuple[Script, str, int | None, str | None, timedelta | None]] = {
    "200": (reply(200, "thanks"), "sent", 200, None, None),
    "201": (reply(201), "sent", 201, None, None),
    "301": (reply(301, Location="http://127.0.0.1:1/elsewhere"), "failed", 301, "http_moved: 301", None),
    "410": (reply(410), "failed", 410, "http_gone: 410", None),
    "429": (reply(429, Retry_After="600"), "waiting", 429, "http_answer: 429", timedelta(seconds=600)),
    "503": (reply(503, Retry_After="99999999"), "waiting", 503, "http_answer: 503", timedelta(hours=24)),
    "500": (reply(500, "oh\x00 no\n"), "waiting", 500, "http_answer: 500", WAITS[0]),
    "404": (reply(404), "waiting", 404, "http_answer: 404", WAITS[0]),
    "stall": (stall(5), "waiting", None, "http_timeout: 1 s", WAITS[0]),
    "slow header": (slow_header, "waiting", None, "http_timeout: 1 s", WAITS[0]),
    "endless body": (endless_body, "sent", 200, None, None),
    "dripping body": (dripping_body, "sent", 200, None, None),
    "hangs up": (closed, "waiting", None, "http_protocol: Server disconnected without sending a response.", WAITS[0]),
}


@pytest.mark.parametrize("case", TABLE)
def test_r13_reactions(database: Database, sink: HttpSink, case: str) -> None:
    sink.script, state, status, reason, wait = TABLE[case]
    endpoint, _ = add_endpoint(database, sink.url())
    (event,) = put(database, endpoint, at=NOW)
    began = time.monotonic()
    send(database, at=NOW)
    took = timedelta(seconds=time.monotonic() - began)
    message, (attempt,) = message_of(database, event), attempts(database)
    assert (message.state, message.last_error) == (state, reason)
    assert (attempt.status, attempt.fault is None) == (status, status is not None)
    assert sink.ids() == [event], "one try, no redirect followed"
    assert took < GIVEN_UP
    if wait is not None:
        waited = message.not_before - NOW
        assert (0.8 * wait <= waited <= 1.2 * wait) if wait == WAITS[0] else waited == wait
    after = reread(database, endpoint)
    assert (after.disabled_why == "gone") == (case == "410")
    assert (after.failing_since is None) == (state == "sent")


def test_what_is_read_of_an_answer_is_short_and_clean(database: Database, sink: HttpSink) -> None:
    sink.script = reply(500, "a\x00b\r\n\x1b[31m" + "密" * 5000)
    endpoint, _ = add_endpoint(database, sink.url())
    put(database, endpoint, at=NOW)
    send(database, at=NOW)
    answer = attempts(database)[0].answer
    assert answer is not None and answer.startswith("a b [31m密") and len(answer) == 500
    assert answer.isprintable()


def test_tried_for_about_three_days_and_then_failed(database: Database, sink: HttpSink) -> None:
    sink.script = reply(500)
    endpoint, _ = add_endpoint(database, sink.url())
    (event,) = put(database, endpoint, at=NOW)
    at, waits = NOW, []
    for _ in range(ATTEMPTS):
        send(database, at=at)
        message = message_of(database, event)
        waits.append(message.not_before - at)
        at = max(message.not_before, at + timedelta(seconds=1))
        at = max(at, reread(database, endpoint).paused_until or at)
    assert (message.state, message.attempt, message.failures) == ("failed", ATTEMPTS, ATTEMPTS)
    assert timedelta(days=2.4) < at - NOW < timedelta(days=4)
    assert send(database, at=at + timedelta(days=1)).sent == 0
    assert sink.ids() == [event] * ATTEMPTS, "the same id in every copy"
    assert [one.status for one in attempts(database)] == [500] * ATTEMPTS
    assert len({request.headers["webhook-timestamp"] for request in sink.requests}) == ATTEMPTS
    assert all(0.8 * plain <= waited <= 1.2 * plain for plain, waited in zip(WAITS, waits, strict=False))


def test_an_endpoint_that_fails_for_five_days_is_switched_off_and_its_owner_told(
    database: Database, sink: HttpSink
) -> None:
    from matchmaker.outbox.webhooks.delivery import Hooks

    told: list[str] = []
    hooks = Hooks(off=lambda _session, endpoint, _now: told.append(endpoint.public_id))
    sink.script = reply(500)
    endpoint, _ = add_endpoint(database, sink.url())
    at = NOW
    while at < NOW + timedelta(days=4.9):
        put(database, endpoint, at=at)
        send(database, at=at, hooks=hooks)
        at += timedelta(hours=6)
    assert reread(database, endpoint).disabled_at is None and not told
    (waiting,) = put(database, endpoint, at=at + timedelta(hours=6))
    send(database, at=NOW + timedelta(days=5, hours=1), hooks=hooks)
    after = reread(database, endpoint)
    assert (after.disabled_why, told) == ("failing", [endpoint.public_id])
    assert message_of(database, waiting).state in ("dropped", "waiting", "failed")
    seen = len(sink.requests)
    send(database, at=NOW + timedelta(days=6), hooks=hooks)
    assert len(sink.requests) == seen, "nothing more is sent"


def test_a_success_ends_the_count_of_failing_days(database: Database, sink: HttpSink) -> None:
    endpoint, _ = add_endpoint(database, sink.url())
    sink.script = reply(500)
    (event,) = put(database, endpoint, at=NOW)
    send(database, at=NOW)
    assert reread(database, endpoint).failing_since == NOW
    sink.script = reply(200)
    send(database, at=NOW + timedelta(days=1))
    after = reread(database, endpoint)
    assert (after.failing_since, after.paused_until, message_of(database, event).state) == (None, None, "sent")


def test_the_body_says_nothing_but_public_ids(database: Database, sink: HttpSink) -> None:
    endpoint, secret = add_endpoint(database, sink.url("/in?from=city"))
    put(database, endpoint)
    assert send(database).sent == 1
    (request,) = sink.requests
    told = Webhook(secret).verify(request.body, request.headers)
    assert request.path == "/in?from=city"
    assert request.headers["content-type"] == "application/json"
    assert set(told) == {"type", "timestamp", "data"} and set(told["data"]) == {"id", "kind", "link"}
    assert told["type"] == "need.matched" and told["data"]["link"].endswith(f"/leads/{told['data']['id']}")
