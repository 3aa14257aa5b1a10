"""The same request sent again gets the same answer (RELIABILITY.md rule 13; draft-ietf-httpapi-idempotency-key-header).

The key is inserted first in the transaction of the work itself, so that a rolled-back attempt frees it and two at once
do not both work. What was refused is not kept: after mending the body, the same key may be used.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from matchmaker.accounts.models import IdempotencyKey
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.text import Text

KEPT = timedelta(days=7)
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given before."""

    status: int
    headers: dict[str, str]
    body: str


def begin_request(session: ScopedSession, *, owner: str, key: str, request_hash: str, now: datetime) -> Kept | None:
    """Take the key for this transaction; the answer given before where there is one.

    ``owner``: whose key it is, for another's may be spelt the same. Raises RejectedError (``idempotency_reused``: 422)
    where the key stands for another request, ConflictError (``idempotency_running``: 409) where the first one has not
    ended. A key older than seven days is free again.
    """
    with session.elevated():
        _require_first(session, owner, key)
        row = {"owner": owner, "key": key, "request_hash": request_hash, "created_at": now}
        if _taken(session, row, expired=now - KEPT):
            return None
        mine = (IdempotencyKey.owner == owner, IdempotencyKey.key == key)
        kept = session.scalars(select(IdempotencyKey).where(*mine)).one()
        if kept.request_hash != request_hash:
            raise RejectedError(_REUSED, code="idempotency_reused")
        assert kept.status is not None  # it stands in one transaction with its row
        return Kept(kept.status, kept.headers or {}, kept.body or "")


def keep_answer(session: ScopedSession, kept: Kept, *, owner: str, key: str) -> None:
    """Keep the answer with the work that it is about, in the same transaction."""
    mine = {"of": owner, "under": key}
    with session.elevated():
        session.connection().execute(_KEEP, mine | {"status": kept.status, "headers": kept.headers, "body": kept.body})


_KEEP = (
    update(IdempotencyKey)
    .where(IdempotencyKey.owner == bindparam("of"), IdempotencyKey.key == bindparam("under"))
    .values({name: bindparam(name) for name in ("status", "headers", "body")})
)


def _taken(session: ScopedSession, row: dict[str, Any], *, expired: datetime) -> bool:
    """Insert the key, or take over one from before ``expired``; one statement, for every write pays for it."""
    build: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = build(IdempotencyKey)
    again = {name: new.excluded[name] for name in ("request_hash", "created_at", "status", "headers", "body")}
    free = new.on_conflict_do_update(
        index_elements=[IdempotencyKey.owner, IdempotencyKey.key],
        set_=again,
        where=IdempotencyKey.created_at < expired,
    )
    return session.connection().execute(free.returning(IdempotencyKey.key), row).first() is not None


def _require_first(session: ScopedSession, owner: str, key: str) -> None:
    """Whoever comes second while the first works is told so at once (SQLite has one writer at a time anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(f"{owner}\n{key}".encode()).digest()[:8], "big", signed=True)
        free = session.connection().execute(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": number})
        if not free.scalar():
            raise ConflictError(_RUNNING, code="idempotency_running")


_REUSED = Text(
    "这个 Idempotency-Key 已用于另一个请求。换一个新的。",
    "This Idempotency-Key was used for another request. Use a new one.",
)
_RUNNING = Text(
    "同一个 Idempotency-Key 的请求还在处理。稍后用同一个键再试。",
    "A request with this Idempotency-Key is still running. Try again with the same key later.",
)
