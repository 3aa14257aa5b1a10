"""A push in a process of its own that can be killed at any point: before and after each commit, each statement, each
sending."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.outbox.channels.email import EmailChannel
from matchmaker.outbox.dispatch import dispatch
from matchmaker.outbox.envelope import Channel, Envelope, Line
from matchmaker.push.compose import composers
from matchmaker.push.planning import plan_due
from matchmaker.settings import Settings


class Killer:
    """Counts the points of interest and ends the process with SIGKILL at the chosen one."""

    def __init__(self, kinds: frozenset[str], kill_at: int | None) -> None:
        self.kinds = kinds
        self.kill_at = kill_at
        self.points = 0

    def __call__(self, kind: str) -> None:
        if kind not in self.kinds:
            return
        self.points += 1
        if self.points == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, database: Database) -> None:
        """Points around every commit and before every statement of this database."""
        event.listen(database.engine, "commit", lambda _connection: self("commit"))
        event.listen(Session, "after_commit", lambda _session: self("commit"))
        event.listen(database.engine, "before_cursor_execute", lambda *_: self("statement"))


class WatchedChannel:
    """The real channel with a point before and after each message."""

    def __init__(self, channel: Channel, point: Killer) -> None:
        self.channel = channel
        self.point = point

    @contextmanager
    def open(self) -> Iterator[Line]:
        with self.channel.open() as line:
            yield _WatchedLine(line, self.point)


class _WatchedLine:
    def __init__(self, line: Line, point: Killer) -> None:
        self.line = line
        self.point = point

    def send(self, envelope: Envelope) -> None:
        self.point("send")
        self.line.send(envelope)
        self.point("send")


def push(url: str, port: int, at: datetime, kinds: frozenset[str], kill_at: int | None, points: Any) -> None:
    """Plan and dispatch; ``points`` receives how many points were passed, if the process lives to tell."""
    settings = Settings(smtp_host="127.0.0.1", smtp_port=port)
    database, point = Database(url), Killer(kinds, kill_at)
    point.watch(database)
    with database.writing(SYSTEM) as session:
        plan_due(session, settings=settings, now=at)
    channels: dict[str, Channel] = {"email": WatchedChannel(EmailChannel(settings), point)}
    dispatch(database, channels, composers(settings), now=lambda: at, settings=settings)
    database.dispose()
    points.value = point.points
