"""A scheduler in a process of its own, with the clock of the tests."""

import threading
import time
from datetime import datetime
from typing import Any

from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.app import Matchmaker
from matchmaker.cli.scheduler import run_scheduler
from matchmaker.db import Database
from matchmaker.outbox.models import OutboxMessage
from matchmaker.settings import Settings

LONGEST_SECONDS = 30.0


def schedule(url: str, port: int, at: datetime, barrier: Any) -> None:
    """Start together with the others at the barrier; end when every message is sent."""
    database = Database(url)
    parts = Matchmaker(Settings(smtp_host="127.0.0.1", smtp_port=port), database, lambda: at)
    stop = threading.Event()

    def watch() -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline and not _all_sent(database):
            time.sleep(0.1)
        stop.set()

    barrier.wait()
    threading.Thread(target=watch, daemon=True).start()
    run_scheduler(parts, stop)


def _all_sent(database: Database) -> bool:
    with database.reading(SYSTEM) as session:
        states = session.scalars(select(OutboxMessage.state)).all()
    return bool(states) and set(states) == {"sent"}
