"""Measures delivery: mails and webhooks a second through real peers on loopback, with a short and a long backlog.

    python -m benchmarks.push_delivery --backlog 100000 --sends 3000
    python -m benchmarks.push_delivery --url postgresql+psycopg://… --workers 2

``mails_per_s_1k`` drains a backlog of 1,000; ``mails_per_s_100k`` sends the first ``--sends`` of the long backlog, so
that a run ends in about a minute. Every mail is claimed, composed, sent and marked as in a real run; the body is fixed,
and ``digest_ms`` is what composing a real digest takes. Webhooks go to ``--endpoints`` endpoints, each with its own
secret, over a connection each, by plain http: TLS costs what the other side's distance costs. ``stalled_peer_ratio``:
webhooks a second to all other endpoints while one answers after five seconds, over the same with none that stalls.
``lost`` and ``doubled`` compare what the peers received with what the outbox says it sent.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._common import show
from benchmarks._webhooks import measure_webhooks
from benchmarks._webhooks import peer as webhook_peer
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.demo.services import load_demo
from matchmaker.lists.defaults import load_defaults
from matchmaker.outbox.channels.email import EmailChannel
from matchmaker.outbox.dispatch import dispatch
from matchmaker.outbox.envelope import Body
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.services import message_id
from matchmaker.push.services import preview_push
from matchmaker.schema import upgrade
from matchmaker.settings import Settings

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
"""Tuesday 09:30 in Shanghai: a window of the enterprises."""
SHORT = 1_000
KIND = "benchmark"
TEXT = "您的需求有新进展。\n" * 40


def main() -> None:
    """Run once and print the document."""
    options = _options()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, context.Manager() as manager:
        port, received = context.Value("i", 0), manager.list()
        hook_port, hooks_received = context.Value("i", 0), manager.list()
        peer = context.Process(target=_peer, args=(port, received), daemon=True)
        hook_peer = context.Process(target=webhook_peer, args=(hook_port, hooks_received, "/stalled/0"), daemon=True)
        peer.start()
        hook_peer.start()
        while not (port.value and hook_port.value):
            time.sleep(0.05)
        url = options.url or f"sqlite:///{folder}/benchmark.db"
        upgrade(url)
        settings = Settings(smtp_host="127.0.0.1", smtp_port=port.value)
        short = _measure(url, settings, "short", SHORT, SHORT, options.workers, context)
        long = _measure(url, settings, "long", options.backlog, options.sends, options.workers, context)
        webhooks = measure_webhooks(
            url, hook_port.value, hooks_received, endpoints=options.endpoints, backlog=options.backlog,
            sends=options.sends, workers=options.workers, context=context,
        )  # fmt: skip
        digest_ms = _digest_ms(f"sqlite:///{folder}/city.db")
        sent, arrived = _sent(url), Counter(received)
        peer.terminate()
        hook_peer.terminate()
        show(
            {
                "mails_per_s_1k": round(short, 1),
                "mails_per_s_100k": round(long, 1),
                "ratio_long_to_short": round(long / short, 3),
                "backlog": options.backlog,
                "sends": options.sends,
                "workers": options.workers,
                "database": url.partition(":")[0],
                "connections": options.workers,
                "digest_ms": round(digest_ms, 2),
                **webhooks,
                "sent": len(sent) + webhooks["webhooks_sent"],
                "lost": len(sent - set(arrived)) + webhooks["webhooks_lost"],
                "doubled": sum(arrived.values()) - len(arrived) + webhooks["webhooks_doubled"],
            }
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--backlog", type=int, default=100_000, help="messages in the long backlog")
    parser.add_argument("--sends", type=int, default=3_000, help="how many of them are sent and timed")
    parser.add_argument("--workers", type=int, default=1, help="sending processes (several: on PostgreSQL)")
    parser.add_argument("--endpoints", type=int, default=20, help="webhook endpoints that share a backlog")
    parser.add_argument("--url", default="", help="an empty database; default: SQLite in a temporary folder")
    return parser.parse_args()


def _peer(port: Any, received: Any) -> None:
    """The SMTP peer in a process of its own, so that it takes no time from the sender's interpreter."""
    from tests.support.smtp import smtp_sink

    with smtp_sink() as sink:
        port.value = sink.port
        seen = 0
        while True:
            time.sleep(0.2)
            ids = sink.ids()[seen:]
            received.extend(ids)
            seen += len(ids)


def _measure(url: str, settings: Settings, name: str, backlog: int, sends: int, workers: int, context: Any) -> float:
    """Mails a second for the first ``sends`` of a new backlog."""
    _fill(url, name, backlog)
    if workers == 1:
        start = time.perf_counter()
        _send(url, settings, sends)
        return sends / (time.perf_counter() - start)
    ready, go = context.Barrier(workers + 1), sends // workers
    children = [context.Process(target=_send_together, args=(url, settings, go, ready)) for _ in range(workers)]
    for child in children:
        child.start()
    ready.wait()
    start = time.perf_counter()
    for child in children:
        child.join()
    return workers * go / (time.perf_counter() - start)


def _fill(url: str, name: str, backlog: int) -> None:
    database = Database(url)
    row = {"channel": "email", "kind": KIND, "window": name, "state": "waiting", "not_before": NOW, "created_at": NOW}
    with database.writing(SYSTEM) as session:
        for start in range(0, backlog, 5_000):
            numbers = [f"{name}{n:06d}" for n in range(start, min(start + 5_000, backlog))]
            rows = [
                {**row, "contact_no": n, "name": n, "message_id": message_id(n, "email", KIND, name)} for n in numbers
            ]
            session.execute(insert(OutboxMessage), [{**r, "attempt": 0, "failures": 0} for r in rows])
    database.dispose()


def _compose(_session: Any, held: Any, _now: datetime) -> Body:
    return Body("收件人", f"{held.contact_no}@receiver.example", "【融资撮合】有新进展", TEXT, f"<p>{TEXT}</p>")


def _send(url: str, settings: Settings, limit: int) -> None:
    database = Database(url)
    dispatch(
        database, {"email": EmailChannel(settings)}, {KIND: _compose}, now=lambda: NOW, settings=settings, limit=limit
    )
    database.dispose()


def _send_together(url: str, settings: Settings, limit: int, ready: Any) -> None:
    ready.wait()
    _send(url, settings, limit)


def _sent(url: str) -> set[str]:
    time.sleep(1)
    database = Database(url)
    with database.reading(SYSTEM) as session:
        mails = (OutboxMessage.state == "sent") & (OutboxMessage.channel == "email")
        ids = session.scalars(select(OutboxMessage.message_id).where(mails)).all()
    database.dispose()
    return {f"<{one}@localhost.localdomain>" for one in ids}


def _digest_ms(url: str) -> float:
    """Milliseconds to plan and compose one message of the sample city, matching included."""
    upgrade(url)
    database = Database(url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, now=NOW)
        load_demo(session, on=NOW.date(), now=NOW, settings=Settings())
    start = time.perf_counter()
    report = preview_push(database, Settings(), now=lambda: NOW)
    seconds = time.perf_counter() - start
    database.dispose()
    return 1000 * seconds / max(1, len(report.messages))


if __name__ == "__main__":
    main()
