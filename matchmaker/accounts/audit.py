"""The audit chain: append-only, each link hashed with the one before, written last in its transaction.

``hash = SHA-256(previous ‖ newline ‖ canonical JSON of the event)``; the canonical JSON has sorted keys, no spaces and
UTF-8. Whoever changes, removes or inserts a row breaks every later link; whoever rewrites the whole chain is found by
the heads that were copied out (``flask audit heads``, the scheduler's hourly job).
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, insert, select, true, update
from sqlalchemy.orm import Session

from matchmaker.accounts.models import AuditEvent, AuditHead
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, insert_new
from matchmaker.domain.text import Text

ALGORITHM = "sha256"
FIRST = "0" * 64
"""What the first link calls the one before it."""

_HASHED = ("seq", "at", "who", "side", "action", "subject", "address", "request_id", "before", "after", "algorithm")
_PENDING = "audit"
_LONGEST = 200

FLAWS: dict[str, Text] = {
    "gap": Text("前面缺少记录", "links before it are missing"),
    "link": Text("与前一条不相连", "it does not follow the link before it"),
    "content": Text("内容与摘要不符", "its content does not agree with its hash"),
    "head": Text("与另存的摘要不符", "it does not agree with a head that was copied out"),
    "cut": Text("末尾的记录被删去", "the end of the chain has been cut off"),
}
"""How a chain can be broken: code → words."""


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
    TypeError where they are no JSON; UnscopedError at the end of a session that only reads.
    """
    scoped = cast(ScopedSession, session)
    event = {
        "at": now, "who": actor.who, "side": str(actor.side), "action": action, "subject": _clean(subject)[:_LONGEST],
        "address": _clean(actor.address), "request_id": _clean(actor.request_id),
        "before": _as_json(before), "after": _as_json(after),
    }  # fmt: skip
    scoped.info.setdefault(_PENDING, []).append(event)
    scoped.last(_append_pending, turn=2)


def _as_json(value: dict[str, Any] | None) -> Any:
    """The value as it will be read again; what the caller does with its own copy later changes nothing."""
    return json.loads(_clean(json.dumps(value, ensure_ascii=False)))


def _clean(written: str) -> str:
    """Without what a database or a line of a log cannot hold: control characters and halves of characters."""
    kept = "".join(c for c in written if c >= " " and c != "\x7f")
    return kept.encode("utf-8", "replace").decode()


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
    session.connection().execute(update(AuditHead), {"seq": rows[-1]["seq"], "hash": previous})


def _locked_head(session: Session) -> tuple[int, str]:
    """The newest link, held until the transaction ends: one writer after the other."""
    newest = select(AuditHead.seq, AuditHead.hash).with_for_update()
    head = session.execute(newest).one_or_none()
    if head is None:
        insert_new(session, AuditHead, [{"id": 1, "seq": 0, "hash": FIRST}], AuditHead.id)
        head = session.execute(newest).one()
    return head.seq, head.hash


def canonical(row: dict[str, Any]) -> str:
    """The canonical JSON of a link: its hashed fields, sorted, without spaces; ``at`` in UTC with microseconds."""
    told = {name: row[name] for name in _HASHED}
    told["at"] = told["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def link_hash(previous: str, row: dict[str, Any]) -> str:
    """The hash of a link: hexadecimal SHA-256 of the hash before it, a newline and the canonical JSON."""
    return hashlib.sha256(f"{previous}\n{canonical(row)}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """A link as it was copied out: its place and its hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold, and why: a code of ``FLAWS``."""

    seq: int
    flaw: str


def verify_chain(session: Session, heads: Sequence[Head] = ()) -> tuple[int, list[Broken]]:
    """How many links there are, and every place where the chain does not hold.

    ``heads``: those that were copied out earlier; a chain that was rewritten whole does not have them.
    """
    copied = {head.seq: set[str]() for head in heads}
    for head in heads:
        copied[head.seq].add(head.hash)
    last, links, flaws = Head(0, FIRST), 0, []
    for row in read_chain(session):
        flaws += [Broken(row["seq"], flaw) for flaw in _flaws_of(row, last, copied.get(row["seq"], set()))]
        last, links = Head(row["seq"], row["hash"]), links + 1
    newest = newest_head(session)
    if newest != last or max(copied, default=0) > last.seq:
        flaws.append(Broken(last.seq, "cut"))
    return links, flaws


def _flaws_of(row: dict[str, Any], last: Head, copied: set[str]) -> Iterator[str]:
    if row["seq"] != last.seq + 1:
        yield "gap"
    elif row["previous"] != last.hash:
        yield "link"
    if row["algorithm"] != ALGORITHM or link_hash(row["previous"], row) != row["hash"]:
        yield "content"
    if copied - {row["hash"]}:
        yield "head"


def newest_head(session: Session) -> Head:
    """The newest link; place 0 where nothing has been recorded yet."""
    found = session.execute(select(AuditHead.seq, AuditHead.hash)).one_or_none()
    return Head(found.seq, found.hash) if found else Head(0, FIRST)


def read_chain(session: Session, only: ColumnElement[bool] | None = None) -> Iterator[dict[str, Any]]:
    """The links (of them ``only`` some), oldest first: column → value, ``at`` a moment, the rest as JSON has it."""
    columns = [getattr(AuditEvent, name) for name in (*_HASHED, "previous", "hash")]
    asked = select(*columns).where(true() if only is None else only).order_by(AuditEvent.seq)
    for row in session.execute(asked.execution_options(yield_per=1000)).mappings():
        yield dict(row)
