"""Sending webhooks: several endpoints at a time, each one message at a time, so that a slow one slows nobody else."""

import logging
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matchmaker.actor import SYSTEM
from matchmaker.clock import Now
from matchmaker.db import Database
from matchmaker.domain.errors import ConfigurationError
from matchmaker.outbox.channels.webhook import WebhookChannel
from matchmaker.outbox.dispatch import WRITING_FAULTS, Tally
from matchmaker.outbox.envelope import Claimed, Nothing
from matchmaker.outbox.presence import sending
from matchmaker.outbox.services import keep_body, mark_dropped, mark_failed, mark_sent, put_off, release_leases
from matchmaker.outbox.webhooks.claims import claim_in_turn
from matchmaker.outbox.webhooks.compose import Check, Post, events_of, write_post
from matchmaker.outbox.webhooks.endpoints import keep_past, switch_off
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEndpoint, WebhookEvent
from matchmaker.outbox.webhooks.reactions import ATTEMPTS, GIVEN_UP_AFTER, Reaction, react, wait_after
from matchmaker.outbox.webhooks.wire import Answer
from matchmaker.settings import Settings

WORKERS = 8
"""Endpoints that are written to at the same time; at most so many webhooks are in flight when the process ends."""
LOOK_AGAIN = 1.0
"""Seconds after which one looks for what has become due, though nothing was answered."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the layers above add. ``checks``: kind of event → whether it still holds; ``off``: tell the owner."""

    checks: Mapping[str, Check] = field(default_factory=dict)
    off: Callable[[Session, WebhookEndpoint, datetime], None] = lambda _session, _endpoint, _now: None


def deliver(
    database: Database,
    settings: Settings,
    hooks: Hooks,
    *,
    now: Now,
    channel: WebhookChannel | None = None,
    limit: int | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Tally:
    """Send the webhooks that are due, at most ``limit``, until none is left or ``stopping()``.

    Several processes may do so at the same time. What was answered is marked and what goes next is claimed and written
    in one transaction; the posts themselves are outside any. Killed in between, those in flight are sent again under
    the same id.
    """
    tally = Tally()
    with sending(database), ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook") as pool:
        _Round(database, settings, hooks, now, channel or WebhookChannel(settings), tally).run(pool, limit, stopping)
    return tally


@dataclass(slots=True)
class _Round:
    database: Database
    settings: Settings
    hooks: Hooks
    now: Now
    channel: WebhookChannel
    tally: Tally
    after: int = 0

    def run(self, pool: ThreadPoolExecutor, limit: int | None, stopping: Callable[[], bool]) -> None:
        running: dict[Future[Answer], Post] = {}
        answered: list[tuple[Post, Answer]] = []
        left = sys.maxsize if limit is None else limit
        with self.database.writing(SYSTEM) as session:
            release_leases(session)
        while True:
            free = 0 if stopping() else min(WORKERS - len(running), left)
            posts, claimed = self._turn(answered, free)
            left -= claimed
            running |= {pool.submit(self._send, post): post for post in posts}
            if not running and not claimed:
                return
            done, _ = wait(running, LOOK_AGAIN, FIRST_COMPLETED)
            answered = [(running.pop(future), future.result()) for future in done]

    def _send(self, post: Post) -> Answer:
        return self.channel.send(post.held.window, post.url, post.keys, post.body.text, self.now())

    def _turn(self, answered: list[tuple[Post, Answer]], free: int) -> tuple[list[Post], int]:
        """Mark what was answered, claim and write what goes next; (what to send, how many were claimed)."""
        now = self.now()
        with self.database.writing(SYSTEM) as session:
            for post, answer in answered:
                self._mark(session, post, answer, now)
            held = self._claim(session, free, now) if free else []
            known = events_of(session, held) if held else {}
            written = [self._written(session, one, known.get(one.window), now) for one in held]
            keep_past(session, [*(post.held.id for post, _ in answered), *(one.id for one in held)])
        return [post for post in written if post is not None], len(held)

    def _claim(self, session: Session, limit: int, now: datetime) -> list[Claimed]:
        session.flush()
        lease = timedelta(seconds=max(self.settings.lease_seconds, 2 * self.settings.webhook_timeout))
        held, self.after = claim_in_turn(session, after=self.after, now=now, lease=lease, limit=limit)
        return held

    def _written(
        self, session: Session, held: Claimed, known: tuple[WebhookEvent, WebhookEndpoint] | None, now: datetime
    ) -> Post | None:
        """What to send; None where nothing is left to say, or it cannot be written."""
        if known is None:
            self.tally.dropped += mark_dropped(session, held, "nothing_left")
            return None
        try:
            found = write_post(session, held, *known, checks=self.hooks.checks, settings=self.settings, now=now)
        except (ConfigurationError, *WRITING_FAULTS) as error:
            _LOG.warning("webhook %s cannot be written", held.window, exc_info=True)
            self._put_off(
                session, held, f"compose: {type(error).__name__} {error}"[:500], wait_after(held.failures), now
            )
            return None
        if isinstance(found, Nothing):
            self.tally.dropped += mark_dropped(session, held, found.reason)
            return None
        return found if keep_body(session, held, found.body) else None

    def _mark(self, session: Session, post: Post, answer: Answer, now: datetime) -> None:
        """Write the attempt down, and what follows from it for the message and for the endpoint."""
        session.add(
            WebhookAttempt(
                event_id=post.event_id, at=now, status=answer.status, milliseconds=answer.milliseconds,
                fault=answer.fault, answer=answer.text or None,
            )
        )  # fmt: skip
        reaction = react(answer, post.held.failures, post.failing_for(now))
        if reaction.verb == "sent":
            self.tally.sent += mark_sent(session, post.held, now=now)
        elif reaction.verb == "retry":
            self._put_off(session, post.held, reaction.reason, reaction.wait, now)
        else:
            self.tally.failed += mark_failed(session, post.held, reaction.reason or "")
        if reaction.verb != "sent" or reaction.pause or post.failing_since:
            self._judge(session, session.get_one(WebhookEndpoint, post.endpoint_id), reaction, now)

    def _put_off(self, session: Session, held: Claimed, reason: str | None, wait: timedelta, now: datetime) -> None:
        done = put_off(session, held, reason, now=now, attempts=ATTEMPTS, own_fault=True, wait=wait)
        parked = held.failures + 1 >= ATTEMPTS
        self.tally.failed += done and parked
        self.tally.waiting += done and not parked

    def _judge(self, session: Session, endpoint: WebhookEndpoint, reaction: Reaction, now: datetime) -> None:
        """How the endpoint stands after an answer: paused, failing, or switched off and its owner told."""
        endpoint.paused_until = now + reaction.pause if reaction.pause else None
        if reaction.verb == "sent":
            endpoint.failing_since = None
            return
        endpoint.failing_since = endpoint.failing_since or now
        failed_too_long = now - endpoint.failing_since >= GIVEN_UP_AFTER
        if endpoint.disabled_at is None and (reaction.verb == "gone" or failed_too_long):
            switch_off(session, endpoint, "gone" if reaction.verb == "gone" else "failing", now=now)
            self.hooks.off(session, endpoint, now)
