"""The part of ``push_delivery`` that measures webhooks: the peer, the backlogs, the rates."""

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update

from matchmaker.actor import SYSTEM
from matchmaker.db import Database, new_public_id
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.services import message_id
from matchmaker.outbox.webhooks.delivery import Hooks, deliver
from matchmaker.outbox.webhooks.endpoints import give_secret
from matchmaker.outbox.webhooks.models import CHANNEL, WebhookEndpoint, WebhookEvent, contact_of
from matchmaker.settings import Settings

STALL_SECONDS = 5.0
STALLED = 400
"""Webhooks of the round with an endpoint that stalls, and of the one without."""
KIND = "need.matched"
SETTINGS = Settings(secret_key="benchmarks only: a secret that is long", webhook_allow_nets="127.0.0.0/8")


def peer(port: Any, received: Any, stalling: str) -> None:
    """The HTTP peer in a process of its own; what arrives is (webhook-id, path, moment). ``stalling``: a path."""
    from tests.support.http_sink import http_sink, reply, stall

    with http_sink() as sink:
        sink.by_path[stalling] = stall(STALL_SECONDS, reply(200))
        port.value = sink.port
        seen = 0
        while True:
            time.sleep(0.2)
            some = [(one.headers["webhook-id"], one.path, one.at) for one in sink.requests[seen:]]
            received.extend(some)
            seen += len(some)


def measure_webhooks(
    url: str, port: int, received: Any, *, endpoints: int, backlog: int, sends: int, workers: int, context: Any
) -> dict[str, Any]:
    """Rates with a short and a long backlog, the ratio beside a peer that stalls, what was lost or doubled."""
    short = _rate(url, port, "short", endpoints, 1_000, 1_000, workers, context)
    calm = _arrivals(url, port, received, "calm", endpoints, context)
    stalled = _arrivals(url, port, received, "stalled", endpoints, context)
    long = _rate(url, port, "long", endpoints, backlog, sends, workers, context)
    time.sleep(1)
    arrived = Counter(one for one, _, _ in list(received))
    sent = _sent(url)
    return {
        "webhooks_per_s_1k": round(short, 1),
        "webhooks_per_s_100k": round(long, 1),
        "webhook_ratio_long_to_short": round(long / short, 3),
        "stalled_peer_ratio": round(stalled / calm, 3),
        "endpoints": endpoints,
        "webhooks_sent": len(sent),
        "webhooks_lost": len(sent - set(arrived)),
        "webhooks_doubled": sum(arrived.values()) - len(arrived),
    }


def _rate(
    url: str, port: int, name: str, endpoints: int, backlog: int, sends: int, workers: int, context: Any
) -> float:
    """Webhooks a second for the first ``sends`` of a new backlog, spread over the endpoints; the rest is taken away."""
    _fill(url, port, name, endpoints, backlog)
    ready = context.Barrier(workers + 1)
    children = [context.Process(target=_send, args=(url, sends // workers, ready)) for _ in range(workers)]
    for child in children:
        child.start()
    ready.wait()
    start = time.perf_counter()
    for child in children:
        child.join()
    seconds = time.perf_counter() - start
    _clear(url)
    return sends // workers * workers / seconds


def _arrivals(url: str, port: int, received: Any, name: str, endpoints: int, context: Any) -> float:
    """Webhooks a second at all endpoints but the first, which stalls where ``name`` is ``stalled``."""
    _fill(url, port, name, endpoints, STALLED)
    ready = context.Barrier(2)
    child = context.Process(target=_send, args=(url, STALLED, ready))
    child.start()
    ready.wait()
    wanted = STALLED - STALLED // endpoints
    found: list[float] = []
    while len(found) < wanted and child.is_alive():
        time.sleep(0.3)
        found = sorted(at for _, path, at in list(received) if path.startswith(f"/{name}/") and path != f"/{name}/0")
    child.terminate()
    child.join()
    _clear(url)
    return (len(found) - 1) / (found[-1] - found[0])


def _fill(url: str, port: int, name: str, endpoints: int, backlog: int) -> None:
    database, now = Database(url), datetime.now(UTC)
    made = [_endpoint(port, f"/{name}/{number}", now) for number in range(endpoints)]
    with database.writing(SYSTEM) as session:
        session.add_all(made)
        session.flush()
        for start in range(0, backlog, 5_000):
            some = [made[number % endpoints] for number in range(start, min(start + 5_000, backlog))]
            pairs = [(endpoint, new_public_id()) for endpoint in some]
            session.execute(insert(WebhookEvent), [_event(endpoint, event, now) for endpoint, event in pairs])
            session.execute(insert(OutboxMessage), [_message(endpoint, event, now) for endpoint, event in pairs])
    database.dispose()


def _endpoint(port: int, path: str, now: datetime) -> WebhookEndpoint:
    found = WebhookEndpoint(
        public_id=new_public_id(), url=f"http://127.0.0.1:{port}{path}", events=[KIND], created_by="benchmark",
        created_at=now,
    )  # fmt: skip
    give_secret(found, SETTINGS)
    return found


def _event(endpoint: WebhookEndpoint, event: str, now: datetime) -> dict[str, Any]:
    told = {"kind": KIND, "subject_kind": "lead", "subject_id": new_public_id(), "happened_at": now}
    return {"public_id": event, "endpoint_id": endpoint.id, **told}


def _message(endpoint: WebhookEndpoint, event: str, now: datetime) -> dict[str, Any]:
    contact = contact_of(endpoint)
    return {
        "contact_no": contact, "name": contact, "channel": CHANNEL, "kind": KIND, "window": event, "state": "waiting",
        "message_id": message_id(contact, CHANNEL, KIND, event), "not_before": now, "created_at": now, "attempt": 0,
        "failures": 0,
    }  # fmt: skip


def _send(url: str, limit: int, ready: Any) -> None:
    database = Database(url)
    ready.wait()
    deliver(database, SETTINGS, Hooks(), now=lambda: datetime.now(UTC), limit=limit)
    database.dispose()


def _clear(url: str) -> None:
    """Drop what is left of a backlog, so that the next one is alone."""
    database = Database(url)
    with database.writing(SYSTEM) as session:
        left = update(OutboxMessage).where(OutboxMessage.channel == CHANNEL, OutboxMessage.state != "sent")
        session.execute(left.values(state="dropped"))
    database.dispose()


def _sent(url: str) -> set[str]:
    database = Database(url)
    with database.reading(SYSTEM) as session:
        mine = (OutboxMessage.state == "sent") & (OutboxMessage.channel == CHANNEL)
        found = set(session.scalars(select(OutboxMessage.window).where(mine)))
    database.dispose()
    return found
