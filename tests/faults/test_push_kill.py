"""A push that is killed at every point in turn and started again: nothing is lost, nothing is told twice."""

import multiprocessing
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.lists.defaults import load_defaults
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import Lead, PushItem, PushRun
from tests.faults.push_child import push
from tests.support.city import TUESDAY, small_city
from tests.support.postgres import PostgresServer
from tests.support.smtp import Sink, smtp_sink

pytestmark = pytest.mark.slow
COMMITS_AND_SENDS = frozenset({"commit", "send"})
EVERYTHING = frozenset({"commit", "send", "statement"})


@dataclass
class Children:
    """Forks from a process that has imported everything and holds no thread and no connection."""

    context: Any = field(default_factory=lambda: multiprocessing.get_context("forkserver"))

    def __post_init__(self) -> None:
        self.context.set_forkserver_preload(["tests.faults.push_child"])

    def push(self, url: str, port: int, kinds: frozenset[str], kill_at: int | None) -> tuple[int, int]:
        """(exit code, points passed)."""
        points = self.context.Value("i", 0)
        child = self.context.Process(target=push, args=(url, port, TUESDAY, kinds, kill_at, points))
        child.start()
        child.join(60)
        return child.exitcode, points.value


def fill(url: str, firms: int) -> None:
    database = Database(url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=firms, banks=2)
    database.dispose()


def told(session: Session) -> Counter[Any]:
    return Counter(session.execute(select(PushItem.contact_no, PushItem.item_key, PushItem.item_version)))


@dataclass(frozen=True)
class Outcome:
    items: Counter[Any]
    messages: dict[str, str]
    runs: Counter[Any]
    leads: frozenset[Any]


def outcome(url: str) -> Outcome:
    database = Database(url)
    with database.reading(SYSTEM) as session:
        found = Outcome(
            told(session),
            dict(session.execute(select(OutboxMessage.message_id, OutboxMessage.state)).all()),
            Counter(session.execute(select(PushRun.audience, PushRun.window_at, PushRun.state))),
            frozenset(session.execute(select(Lead.need_no, Lead.org_code, Lead.product_code))),
        )
    database.dispose()
    return found


def kill_at_every_point(fresh: Callable[[], str], sink: Sink, kinds: frozenset[str], step: int = 1) -> dict[str, int]:
    """Kill at each ``step``-th point, run again, compare with an undisturbed run; the counts."""
    children = Children()
    url = fresh()
    code, points = children.push(url, sink.port, kinds, None)
    assert (code, points > 10) == (0, True)
    expected = outcome(url)
    assert set(expected.messages.values()) == {"sent"}
    assert Counter(sink.ids()) == Counter(f"<{m}@localhost.localdomain>" for m in expected.messages)
    counts = Counter(points=points, killed=0, mails=len(expected.messages), doubled=0, lost=0)
    for kill_at in range(1, points + 1, step):
        url = fresh()
        sink.mails.clear()
        code, _ = children.push(url, sink.port, kinds, kill_at)
        assert code == -signal.SIGKILL, f"point {kill_at} was not reached"
        counts["killed"] += 1
        code, _ = children.push(url, sink.port, kinds, None)
        assert code == 0
        assert outcome(url) == expected, f"after a kill at point {kill_at}"
        arrived = Counter(sink.ids())
        counts["lost"] += len(expected.messages) - len(arrived)
        counts["doubled"] += sum(arrived.values()) - len(arrived)
        assert len(arrived) == len(expected.messages), f"lost after a kill at point {kill_at}"
        assert sum(arrived.values()) - len(arrived) <= 1, f"more than the one in flight doubled at point {kill_at}"
    return dict(counts)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


@pytest.fixture
def fresh_sqlite(migrated_sqlite_url: str, tmp_path: Path) -> Callable[[], str]:
    fill(migrated_sqlite_url, firms=6)
    source = migrated_sqlite_url.removeprefix("sqlite:///")

    def copy() -> str:
        path = tmp_path / "copy.db"
        for left in tmp_path.glob("copy.db*"):
            left.unlink()
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(path)) as other:
            one.backup(other)
        return f"sqlite:///{path}"

    return copy


def test_killed_at_every_commit_and_sending_on_sqlite(fresh_sqlite: Callable[[], str], sink: Sink) -> None:
    counts = kill_at_every_point(fresh_sqlite, sink, COMMITS_AND_SENDS)
    print(f"\nSQLite, commits and sendings: {counts}")
    assert counts["lost"] == 0
    assert 0 < counts["doubled"] <= counts["killed"]


def test_killed_between_statements_on_sqlite(fresh_sqlite: Callable[[], str], sink: Sink) -> None:
    counts = kill_at_every_point(fresh_sqlite, sink, EVERYTHING, step=9)
    print(f"\nSQLite, every 9th point of all statements, commits and sendings: {counts}")
    assert counts["lost"] == 0


@pytest.mark.postgres
def test_killed_at_every_commit_and_sending_on_postgres(
    postgres_server: PostgresServer, postgres_template: str, sink: Sink
) -> None:
    template = postgres_server.create_database(postgres_template)
    fill(postgres_server.url(template), firms=3)
    made: list[str] = []

    def fresh() -> str:
        if made:
            postgres_server.drop_database(made.pop())
        made.append(postgres_server.create_database(template))
        return postgres_server.url(made[-1])

    counts = kill_at_every_point(fresh, sink, COMMITS_AND_SENDS)
    print(f"\nPostgreSQL, commits and sendings: {counts}")
    for name in (*made, template):
        postgres_server.drop_database(name)
    assert counts["lost"] == 0
    assert 0 < counts["doubled"] <= counts["killed"]
