"""Two scheduler processes started together plan each window once and send each mail once."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.lists.defaults import load_defaults
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import PushItem, PushRun, SchedulerHeartbeat
from tests.faults.scheduler_child import schedule
from tests.support.city import TUESDAY, small_city
from tests.support.smtp import Sink, smtp_sink

ROOT = Path(__file__).parents[2]
ROUNDS_TOGETHER = 2


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


@pytest.mark.slow
def test_one_run_per_window(migrated_url: str, sink: Sink) -> None:
    database = Database(migrated_url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=25, banks=2)
    database.dispose()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.scheduler_child"])
    barrier = context.Barrier(ROUNDS_TOGETHER)
    children = [
        context.Process(target=schedule, args=(migrated_url, sink.port, TUESDAY, barrier))
        for _ in range(ROUNDS_TOGETHER)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(90)
    assert [child.exitcode for child in children] == [0, 0]
    with database.reading(SYSTEM) as session:
        runs = Counter(session.execute(select(PushRun.audience, PushRun.window_at)))
        items = Counter(session.execute(select(PushItem.contact_no, PushItem.item_key)))
        sent = [f"<{m}@localhost.localdomain>" for m in session.scalars(select(OutboxMessage.message_id))]
        beats = session.scalars(select(SchedulerHeartbeat)).all()
    database.dispose()
    assert len(runs) == 3
    assert set(runs.values()) == set(items.values()) == {1}
    assert len(sent) == 27
    assert Counter(sink.ids()) == Counter(sent)
    assert beats == []


def test_the_command_starts_beats_and_ends_on_sigterm(migrated_sqlite_url: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "MATCHMAKER_DATABASE_URL": migrated_sqlite_url,
        "MATCHMAKER_INSTANCE": str(tmp_path),
        "FLASK_APP": str(ROOT / "wsgi.py"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "flask", "scheduler", "run", "--lang", "en"]
    child = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    database = Database(migrated_sqlite_url)
    deadline = time.monotonic() + 30
    beats: list[SchedulerHeartbeat] = []
    while not beats and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.2)
        with database.reading(SYSTEM) as session:
            beats = list(session.scalars(select(SchedulerHeartbeat)))
    assert beats, child.stderr and child.stderr.read()
    assert beats[0].name.endswith(f":{child.pid}")
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=30)
    assert child.returncode == 0
    assert "Next window: banks" in said
    assert "The scheduler has ended." in said
    with database.reading(SYSTEM) as session:
        assert list(session.scalars(select(SchedulerHeartbeat))) == []
        assert {run.state for run in session.scalars(select(PushRun))} <= {"planned", "skipped"}
    database.dispose()
