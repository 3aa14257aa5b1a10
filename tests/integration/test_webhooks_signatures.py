"""A-4, R14: the receiver printed in the docs, run as it stands there, judges every delivery rightly."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.outbox.webhooks.endpoints import put_again, rotate
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from matchmaker.outbox.webhooks.signing import new_secret, signed_headers
from tests.support.http_sink import HttpSink, Received, http_sink, reply
from tests.support.webhooks import LOOPBACK, add_endpoint, attempts, message_of, put, send

DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "webhooks.md"
MOST_LINES = 10
Receiver = Callable[[str], dict[str, Any]]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Runs the receiver of the docs with a secret; what it defines."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert len(code.strip().splitlines()) <= MOST_LINES

    def run(secret: str) -> dict[str, Any]:
        monkeypatch.setenv("WEBHOOK_SECRET", secret)
        found: dict[str, Any] = {}
        exec(code, found)
        return found

    return run


@pytest.fixture
def database(migrated_sqlite_url: str) -> Iterator[Database]:
    found = Database(migrated_sqlite_url)
    yield found
    found.dispose()


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as running:
        yield running


def hand_to(sink: HttpSink, receive: Callable[[dict[str, str], str], int]) -> None:
    """Have the receiver of the docs answer what arrives."""

    def answer(connection: socket.socket, request: Received) -> None:
        reply(receive(request.headers, request.body))(connection, request)

    sink.script = answer


def test_a4_what_is_sent_is_taken_by_the_documented_receiver(
    database: Database, sink: HttpSink, receiver: Receiver
) -> None:
    endpoint, secret = add_endpoint(database, sink.url())
    found = receiver(secret)
    hand_to(sink, found["receive"])
    events = put(database, endpoint, 3)
    assert send(database).sent == 3
    assert found["seen"] == set(events)
    assert {event["type"] for event in found["todo"]} == {"need.matched"}
    assert [one.status for one in attempts(database)] == [204] * 3


def test_r14_another_secret_is_refused_and_the_delivery_tried_again(
    database: Database, sink: HttpSink, receiver: Receiver
) -> None:
    endpoint, _ = add_endpoint(database, sink.url())
    found = receiver(new_secret())
    hand_to(sink, found["receive"])
    (event,) = put(database, endpoint)
    assert send(database).waiting == 1
    assert (found["todo"], message_of(database, event).last_error) == ([], "http_answer: 400")


def test_r14_both_secrets_are_good_for_24_hours_of_rotation(
    database: Database, sink: HttpSink, receiver: Receiver
) -> None:
    endpoint, old = add_endpoint(database, sink.url())
    now = datetime.now(UTC)
    for rotated, old_is_good in ((now - timedelta(hours=23, minutes=59), True), (now - timedelta(hours=24), False)):
        with database.writing(SYSTEM) as session:
            new = rotate(session.get_one(WebhookEndpoint, endpoint.id), LOOPBACK, now=rotated)
        put(database, endpoint)
        sink.requests.clear()
        assert send(database).sent == 1
        (request,) = sink.requests
        verdicts = [receiver(secret)["receive"](request.headers, request.body) for secret in (old, new)]
        assert verdicts == [204 if old_is_good else 400, 204]
        old = new


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0, 204), (-299, 204), (299, 204), (-301, 400), (301, 400)]
)  # the clocks of both sides may differ by five minutes
def test_r14_the_time_of_the_try_counts(receiver: Receiver, seconds: int, verdict: int) -> None:
    secret, body = new_secret(), '{"type":"webhook.test"}'
    headers = signed_headers("e1", datetime.now(UTC) + timedelta(seconds=seconds), body, [secret])
    assert receiver(secret)["receive"](headers, body) == verdict


@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, body=json.dumps(json.loads(request.body))),
        lambda request: replace(request, body=request.body.replace("lead", "leap")),
        lambda request: replace(request, headers=request.headers | {"webhook-id": "another"}),
        lambda request: replace(request, headers=request.headers | {"webhook-signature": "v1,AAAA"}),
        lambda request: replace(request, headers=request.headers | {"webhook-signature": "nonsense"}),
        lambda request: replace(request, headers=request.headers | {"webhook-timestamp": "0"}),
        lambda request: replace(request, headers={}),
    ],
)
def test_r14_what_was_changed_on_the_way_is_refused(
    database: Database, sink: HttpSink, receiver: Receiver, change: Callable[[Received], Received]
) -> None:
    endpoint, secret = add_endpoint(database, sink.url())
    put(database, endpoint)
    send(database)
    (request,) = sink.requests
    changed = change(request)
    receive = receiver(secret)["receive"]
    assert receive(request.headers, request.body) == 204
    assert receive(changed.headers, changed.body) == 400


def test_r14_a_copy_has_the_same_id_and_is_counted_once(database: Database, sink: HttpSink, receiver: Receiver) -> None:
    endpoint, secret = add_endpoint(database, sink.url())
    found = receiver(secret)
    hand_to(sink, found["receive"])
    (event,) = put(database, endpoint)
    assert send(database).sent == 1
    with database.writing(SYSTEM) as session:
        assert put_again(session, session.get_one(WebhookEndpoint, endpoint.id), message_of(database, event),
                         now=datetime.now(UTC))  # fmt: skip
    assert send(database).sent == 1
    assert sink.ids() == [event, event]
    assert len(found["todo"]) == 1
