"""The audit chain: append-only, each link hashed with the one before, written last in its transaction.

``hash = SHA-256(previous ‖ newline ‖ canonical JSON of the event)``; the canonical JSON has sorted keys, no spaces and
UTF-8. Whoever changes, removes or inserts a row breaks every later link; whoever rewrites the whole chain is found by
the heads that were copied out (``flask audit heads``, the scheduler's hourly job).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.models import AuditEvent, AuditHead
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, insert_new

ALGORITHM = "sha256"
FIRST = "0" * 64
"""What the first link calls the one before it."""

_HASHED = ("seq", "at", "who", "side", "action", "subject", "address", "request_id", "before", "after", "algorithm")
_PENDING = "audit"


def record_event(
    session: Session,
    *,
    actor: Actor,
    action: str,
    subject: str,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Have an event written into the chain when the transaction ends; it stands or falls with the transaction.

    ``action``: a key of the matrix or of a security event (``sign_in.failed``). ``subject``: ``kind:public id``.
    ``before``, ``after``: what changed, as JSON; never a secret, and of enterprises no more than ids and codes.
    """
    scoped = cast(ScopedSession, session)
    event = {
        "at": now, "who": actor.who, "side": str(actor.side), "action": action, "subject": subject,
        "address": actor.address, "request_id": actor.request_id, "before": before, "after": after,
    }  # fmt: skip
    scoped.info.setdefault(_PENDING, []).append(event)
    scoped.last(_append_pending)


def _append_pending(session: ScopedSession) -> None:
    events = session.info.pop(_PENDING, [])
    if not events:
        return
    seq, previous = _locked_head(session)
    rows = []
    for seq_of, event in enumerate(events, seq + 1):
        row = {**event, "seq": seq_of, "algorithm": ALGORITHM, "previous": previous}
        previous = row["hash"] = link_hash(previous, row)
        rows.append(row)
    session.connection().execute(insert(AuditEvent), rows)
    session.execute(update(AuditHead).values(seq=rows[-1]["seq"], hash=previous))


def _locked_head(session: Session) -> tuple[int, str]:
    """The newest link, held until the transaction ends: one writer after the other."""
    insert_new(session, AuditHead, [{"id": 1, "seq": 0, "hash": FIRST}], AuditHead.id)
    head = session.execute(select(AuditHead.seq, AuditHead.hash).with_for_update()).one()
    return head.seq, head.hash


def link_hash(previous: str, row: dict[str, Any]) -> str:
    """The hash of a link: hexadecimal SHA-256 of the hash before it and the event's canonical JSON."""
    told = {name: row[name] for name in _HASHED}
    told["at"] = told["at"].astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold, and why: a code of ``FLAWS``."""

    seq: int
    flaw: str


def verify_chain(session: Session, heads: dict[int, str] | None = None) -> tuple[int, list[Broken]]:
    """How many links there are, and where the chain is broken (the first flaw of each kind is enough to act on).

    ``heads``: seq → hash that were copied out earlier; a chain that was rewritten whole does not have them.
    """
    previous, count, flaws = FIRST, 0, []
    for row in read_chain(session):
        count += 1
        if row["seq"] != count:
            flaws.append(Broken(row["seq"], "gap"))
            count = row["seq"]
        if row["previous"] != previous:
            flaws.append(Broken(row["seq"], "link"))
        if link_hash(row["previous"], row) != row["hash"]:
            flaws.append(Broken(row["seq"], "content"))
        if heads and row["seq"] in heads and heads[row["seq"]] != row["hash"]:
            flaws.append(Broken(row["seq"], "head"))
        previous = row["hash"]
    head = session.execute(select(AuditHead.seq, AuditHead.hash)).one_or_none()
    if (head.seq, head.hash) != (count, previous) if head else count:
        flaws.append(Broken(count, "cut"))
    if heads and max(heads) > count:
        flaws.append(Broken(max(heads), "cut"))
    return count, flaws


def read_chain(session: Session, since: int = 0) -> Iterator[dict[str, Any]]:
    """The links after ``since``, oldest first, as JSON could hold them but for ``at``, a moment."""
    table = AuditEvent.__table__
    rows = session.execute(
        select(AuditEvent).where(AuditEvent.seq > since).order_by(AuditEvent.seq).execution_options(yield_per=1000)
    ).scalars()
    for row in rows:
        yield {column.name: getattr(row, column.name) for column in table.columns}
        session.expunge(row)
