"""R19: endpoints in turn, one webhook at a time each, a slow one beside the others; nothing lost, nothing doubled."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.outbox.dispatch import Tally
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.claims import claim_in_turn
from matchmaker.outbox.webhooks.delivery import Hooks, deliver
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from tests.support.http_sink import HttpSink, Received, http_sink, reply, stall
from tests.support.webhooks import LOOPBACK, add_endpoint, attempts, message_of, put, reread, send, with_timeout

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    found = Database(migrated_url)
    yield found
    found.dispose()


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as running:
        yield running


class Crowding:
    """A script that counts how many requests of a path are open at the same time."""

    def __init__(self, seconds: float) -> None:
        self.open: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.answer = stall(seconds)
        self.lock = threading.Lock()

    def __call__(self, connection: socket.socket, request: Received) -> None:
        with self.lock:
            self.open[request.path] += 1
            self.most[request.path] = max(self.most[request.path], self.open[request.path])
            self.most["all"] = max(self.most["all"], sum(self.open.values()))
        self.answer(connection, request)
        with self.lock:
            self.open[request.path] -= 1


def test_one_at_a_time_to_an_endpoint_and_several_endpoints_together(database: Database, sink: HttpSink) -> None:
    sink.script = crowding = Crowding(0.05)
    for name in "abcd":
        put(database, add_endpoint(database, sink.url(f"/{name}"))[0], 4, at=NOW)
    assert send(database, at=NOW) == Tally(sent=16)
    assert [crowding.most[f"/{name}"] for name in "abcd"] == [1, 1, 1, 1]
    assert crowding.most["all"] > 1


def test_while_one_stalls_the_others_are_served(database: Database, sink: HttpSink) -> None:
    slow, _ = add_endpoint(database, sink.url("/slow"))
    quick, _ = add_endpoint(database, sink.url("/quick"))
    done = threading.Event()
    sink.by_path["/slow"] = lambda connection, request: (done.wait(20), reply(200)(connection, request))[1]
    put(database, slow, 3, at=NOW)
    events = put(database, quick, 30, at=NOW)

    def note(connection: socket.socket, request: Received) -> None:
        reply(200)(connection, request)
        if request.headers["webhook-id"] == events[-1]:
            done.set()

    sink.by_path["/quick"] = note
    tally = send(database, at=NOW, settings=with_timeout(25))
    assert done.is_set(), "all of the quick one's arrived while the first of the slow one's was open"
    assert tally.sent >= 31


def test_a_slow_endpoint_gets_a_pause_as_long_as_it_took(database: Database, sink: HttpSink) -> None:
    sink.script = stall(1.1)
    endpoint, _ = add_endpoint(database, sink.url())
    put(database, endpoint, 2, at=NOW)
    assert send(database, at=NOW, settings=with_timeout(5)).sent == 1
    paused = reread(database, endpoint).paused_until
    assert paused is not None and paused >= NOW + timedelta(seconds=1.1)
    assert send(database, at=paused, settings=with_timeout(5)).sent == 1


def test_a_failing_endpoint_holds_one_message_and_not_its_whole_backlog(database: Database, sink: HttpSink) -> None:
    sink.script = reply(500)
    endpoint, _ = add_endpoint(database, sink.url())
    put(database, endpoint, 50, at=NOW)
    assert send(database, at=NOW) == Tally(waiting=1)
    assert len(sink.requests) == 1


def test_a_small_bank_behind_a_large_one_has_its_turn(database: Database, sink: HttpSink) -> None:
    """With ten endpoints before it whose messages are all older, and fewer workers than those."""
    for name in range(10):
        put(database, add_endpoint(database, sink.url(f"/large{name}"))[0], 20, at=NOW - timedelta(hours=1))
    small, _ = add_endpoint(database, sink.url("/small"))
    (event,) = put(database, small, at=NOW)
    send(database, at=NOW, limit=20)
    assert event in sink.ids()


def test_two_senders_share_a_backlog_and_double_nothing(database: Database, sink: HttpSink) -> None:
    events = [
        e for name in "abcdef" for e in put(database, add_endpoint(database, sink.url(f"/{name}"))[0], 20, at=NOW)
    ]
    with ThreadPoolExecutor(2) as pool:
        tallies = list(pool.map(lambda _: send(Database(database.url), at=NOW), range(2)))
    assert sum(tally.sent for tally in tallies) == len(events)
    assert Counter(sink.ids()) == Counter(events)


def test_what_was_leased_by_a_sender_that_died_goes_out_under_its_id(database: Database, sink: HttpSink) -> None:
    endpoint, _ = add_endpoint(database, sink.url())
    (event,) = put(database, endpoint, at=NOW)
    with database.writing(SYSTEM) as session:
        held, _ = claim_in_turn(session, after=0, now=NOW, lease=timedelta(minutes=2), limit=5)
    assert [one.window for one in held] == [event]
    assert send(database, at=NOW).sent == 1
    assert (sink.ids(), message_of(database, event).attempt) == ([event], 2)


def test_a_result_that_comes_after_the_lease_was_lost_changes_nothing(database: Database, sink: HttpSink) -> None:
    """The fence: another sender has taken the message over meanwhile."""
    endpoint, _ = add_endpoint(database, sink.url())
    (event,) = put(database, endpoint, at=NOW)

    def taken_over(connection: socket.socket, request: Received) -> None:
        with database.writing(SYSTEM) as session:
            mine = update(OutboxMessage).where(OutboxMessage.window == event)
            session.execute(mine.values(attempt=OutboxMessage.attempt + 1))
        reply(200)(connection, request)

    sink.script = taken_over
    assert send(database, at=NOW) == Tally()
    assert message_of(database, event).state == "leased"
    assert len(attempts(database)) == 1


def test_a_webhook_that_cannot_be_written_blocks_nothing(database: Database, sink: HttpSink) -> None:
    poison, _ = add_endpoint(database, sink.url("/poison"))
    fine, _ = add_endpoint(database, sink.url("/fine"))
    with database.writing(SYSTEM) as session:
        session.get_one(WebhookEndpoint, poison.id).secret = "a256gcm:of:another:key"
    (broken,), (good,) = put(database, poison, at=NOW), put(database, fine, at=NOW)
    assert send(database, at=NOW) == Tally(sent=1, waiting=1)
    assert sink.ids() == [good]
    reason = message_of(database, broken).last_error
    assert reason is not None and reason.startswith("compose: ConfigurationError")


def test_stopping_lets_what_is_in_flight_finish(database: Database, sink: HttpSink) -> None:
    sink.script = stall(0.2)
    put(database, add_endpoint(database, sink.url())[0], 5, at=NOW)
    tally = deliver(database, LOOPBACK, Hooks(), now=lambda: NOW, stopping=lambda: len(sink.requests) > 0)
    assert tally.sent == len(sink.requests) == 1


def test_the_claim_uses_the_index_of_its_own(migrated_sqlite_url: str) -> None:
    database = Database(migrated_sqlite_url)
    with database.reading(SYSTEM) as session:
        plan = session.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT id FROM outbox_message WHERE state = 'waiting' AND channel = 'webhook' "
                "AND contact_no = 'webhook:x' AND not_before <= '2026' ORDER BY not_before, id LIMIT 1"
            )
        ).all()
    assert "ix_outbox_message_endpoint" in str(plan) and "TEMP B-TREE" not in str(plan)
