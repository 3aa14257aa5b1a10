"""What follows from an answer, as Standard Webhooks has it: one table, and the times at which one tries again."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from matchmaker.outbox.webhooks.wire import Answer

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long to wait after the first, second, … failure: about three days in all, then the delivery has failed."""

JITTER = 0.2
LONGEST_RETRY_AFTER = timedelta(hours=24)
ATTEMPTS = len(WAITS) + 1
GIVEN_UP_AFTER = timedelta(days=5)
"""An endpoint that has only failed for this long is switched off."""
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
SLOW = timedelta(seconds=1)

Verb = Literal["sent", "retry", "failed", "gone"]
GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503


@dataclass(frozen=True, slots=True)
class Reaction:
    """``sent``: taken; ``retry`` after ``wait``; ``failed``: for good; ``gone``: the endpoint wants nothing more.

    ``pause``: nothing else is sent to the endpoint for so long. ``reason``: a code of ``envelope.REASONS``.
    """

    verb: Verb
    reason: str | None = None
    wait: timedelta = timedelta(0)
    pause: timedelta = timedelta(0)


def react(answer: Answer, failures: int, failing_for: timedelta) -> Reaction:
    """What to do after the answer; ``failures`` of this message and ``failing_for`` of the endpoint are those before.

    2xx: taken. 410: the endpoint is switched off. 3xx: failed, a redirect is not followed. 429 and 503: when
    Retry-After says, within a day. All else, and no answer: tried again.
    """
    status = answer.status
    if status is not None and 200 <= status < 300:
        took = timedelta(milliseconds=answer.milliseconds)
        return Reaction("sent", pause=took if took >= SLOW else timedelta(0))
    if status == GONE:
        return Reaction("gone", f"http_gone: {status}")
    pause = min(max(failing_for, SHORTEST_PAUSE), LONGEST_PAUSE)
    if status is not None and 300 <= status < 400:
        return Reaction("failed", f"http_moved: {status}", pause=pause)
    wait = wait_after(failures)
    if status in (TOO_MANY, UNAVAILABLE) and answer.retry_after is not None:
        asked = min(answer.retry_after, LONGEST_RETRY_AFTER)
        wait, pause = max(wait, asked), max(pause, asked)
    return Reaction("retry", answer.fault or f"http_answer: {status}", wait, pause)


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many earlier failures, ± 20 %: those who failed together do not come back together."""
    found: timedelta = WAITS[min(failures, len(WAITS) - 1)] * random.uniform(1 - JITTER, 1 + JITTER)
    return found
