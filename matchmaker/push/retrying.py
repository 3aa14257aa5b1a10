"""Putting failed messages back in line, as the bureau's operator asks from the page of the outbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.outbox.services import send_again


def retry_messages(session: Session, *, actor: Actor, message_ids: Sequence[str] | None, now: datetime) -> int:
    """Put the failed ones of these messages (None: all failed ones) back in line; how many. They keep their ids."""
    permit(actor, "messages.retry", now)
    with cast(ScopedSession, session).elevated():
        found = send_again(session, message_ids, actor=actor, now=now)
        record_event(
            session, actor=actor, action="messages.retried", subject="list:messages", now=now,
            after={"messages": len(found)},
        )  # fmt: skip
    return len(found)
