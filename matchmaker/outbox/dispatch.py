"""The sender: claims messages by lease, has them written, carries them outside any transaction, marks them."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from matchmaker.actor import SYSTEM
from matchmaker.clock import Now
from matchmaker.db import Database
from matchmaker.outbox.envelope import (
    Body,
    Channel,
    ChannelDown,
    Claimed,
    ComposeError,
    Composer,
    Envelope,
    Line,
    PermanentFault,
    TemporaryFault,
)
from matchmaker.outbox.presence import sending
from matchmaker.outbox.services import (
    claim,
    keep_body,
    mark_dropped,
    mark_failed,
    mark_sent,
    put_off,
    release_leases,
    still_held,
)
from matchmaker.settings import Settings

BATCH = 20
_LOG = logging.getLogger(__name__)
WRITING_FAULTS = (ComposeError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What a broken item or template raises; anything else (the database, say) is not the message's fault."""


@dataclass(slots=True)
class Tally:
    """What became of the messages of one round. ``down``: channel → why nothing went through."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0
    dropped: int = 0
    down: dict[str, str] = field(default_factory=dict)


def dispatch(
    database: Database,
    channels: Mapping[str, Channel],
    composers: Mapping[str, Composer],
    *,
    now: Now,
    settings: Settings,
    limit: int | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Tally:
    """Send what is due by ``now()``, at most ``limit`` messages of each channel, until ``stopping()``.

    Several may run at the same time, in one or several processes. Each message is claimed (commit), written (commit),
    sent outside any transaction and marked by an update that the lease's number guards (commit): killed in between,
    at most the one in flight is sent twice, under the same id. A fault of one message never stops the others.
    """
    tally = Tally()
    with sending(database):
        for name, channel in channels.items():
            _Round(database, composers, now, settings, stopping, tally).run(name, channel, limit)
    return tally


@dataclass(slots=True)
class _Round:
    database: Database
    composers: Mapping[str, Composer]
    now: Now
    settings: Settings
    stopping: Callable[[], bool]
    tally: Tally

    def run(self, name: str, channel: Channel, limit: int | None) -> None:
        left = limit
        with channel.open() as line:
            while not self.stopping() and name not in self.tally.down:
                batch = self._claim(name, BATCH if left is None else min(BATCH, left))
                if not batch:
                    return
                if left is not None:
                    left -= len(batch)
                self._work_off(name, line, batch)

    def _claim(self, name: str, size: int) -> list[Claimed]:
        lease = timedelta(seconds=self.settings.lease_seconds)
        with self.database.writing(SYSTEM) as session:
            release_leases(session)
            return claim(session, name, now=self.now(), lease=lease, limit=size) if size else []

    def _work_off(self, name: str, line: Line, batch: list[Claimed]) -> None:
        """Send a batch; what cannot be tried in half the lease, or after the channel broke down, is given back."""
        deadline = time.monotonic() + self.settings.lease_seconds / 2
        for held in batch:
            if name in self.tally.down or self.stopping() or time.monotonic() > deadline:
                self._put_off(held, None, own_fault=False)
            else:
                self._deliver(name, line, held)

    def _deliver(self, name: str, line: Line, held: Claimed) -> None:
        try:
            body = self._compose(held)
        except WRITING_FAULTS as error:
            _LOG.warning("message %s cannot be written", held.message_id, exc_info=True)
            self._put_off(held, f"compose: {type(error).__name__} {error}"[:500], own_fault=True)
            return
        sent_at = self.now()
        if body is None or (body.revocable and self._taken_back(held)):
            return
        try:
            line.send(Envelope(held.message_id, body, sent_at))
        except TemporaryFault as fault:
            self._put_off(held, fault.reason, own_fault=True)
        except PermanentFault as fault:
            with self.database.writing(SYSTEM) as session:
                self.tally.failed += mark_failed(session, held, fault.reason)
        except ChannelDown as fault:
            self.tally.down[name] = fault.reason
            self._put_off(held, fault.reason, own_fault=False)
        else:
            with self.database.writing(SYSTEM) as session:
                self.tally.sent += mark_sent(session, held, now=self.now())

    def _compose(self, held: Claimed) -> Body | None:
        """The body to send; None when there is nothing to send or the lease was lost. One transaction."""
        composer = self.composers.get(held.kind)
        if composer is None:
            raise ComposeError(f"no composer for {held.kind}")
        with self.database.writing(SYSTEM) as session:
            body = composer(session, held, self.now())
            if isinstance(body, Body):
                return body if keep_body(session, held, body) else None
            self.tally.dropped += mark_dropped(session, held, body.reason)
            return None

    def _taken_back(self, held: Claimed) -> bool:
        """Whether what it tells was taken back after it was written."""
        with self.database.reading(SYSTEM) as session:
            gone = not still_held(session, held)
        self.tally.dropped += gone
        return gone

    def _put_off(self, held: Claimed, reason: str | None, *, own_fault: bool) -> None:
        attempts = self.settings.send_attempts
        with self.database.writing(SYSTEM) as session:
            done = put_off(session, held, reason, now=self.now(), attempts=attempts, own_fault=own_fault)
        parked = own_fault and held.failures + 1 >= attempts
        self.tally.failed += done and parked
        self.tally.waiting += done and not parked
