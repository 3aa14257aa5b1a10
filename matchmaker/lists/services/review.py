"""The bureau's review: what has been submitted, what it changes, and publishing or returning several at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, ListVersion, fields_of, values_of, written
from matchmaker.lists.models import Enterprise, Need, Policy, Product
from matchmaker.lists.queries import Changes, changes_between
from matchmaker.lists.services.owned import step_own

REVIEWED: Mapping[str, type[Entry]] = {model.kind_name: model for model in (Need, Product, Policy, Enterprise)}
"""The kinds that are reviewed, in the order of the page's tabs."""
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Submitted:
    """One entry that waits. ``changes``: since it was last published, or all that it says where it never was."""

    entry: Any
    is_new: bool
    changes: Changes


def submitted(session: Session, model: type[Entry], entries: Sequence[Any]) -> list[Submitted]:
    """These entries with their differences; two queries however many there are."""
    before = _published_before(session, model, [entry.id for entry in entries])
    return [
        Submitted(
            entry,
            entry.id not in before,
            changes_between(model, before.get(entry.id, {}), written(model, values_of(entry))),
        )
        for entry in entries
    ]


def _published_before(session: Session, model: type[Entry], ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Entry → column code → text, of its newest version that was published; without those that never were."""
    mine = (ListVersion.kind == model.kind_name) & ListVersion.entry_id.in_(ids)
    newest = (
        select(func.max(ListVersion.id))
        .where(mine, ListVersion.status == EntryStatus.PUBLISHED)
        .group_by(ListVersion.entry_id)
    )
    rows = session.execute(select(ListVersion.entry_id, ListVersion.data).where(ListVersion.id.in_(newest)))
    return {entry_id: json.loads(data) for entry_id, data in rows}


def decide(
    session: Session,
    *,
    actor: Actor,
    model: type[Entry],
    ticked: Mapping[str, int],
    verb: str,
    reason: str = "",
    now: datetime,
) -> int:
    """Publish or return (``verb``) the submitted entries ``ticked`` (public id → the version that was looked at).

    All or none: RejectedError ``nothing_ticked``, ``reason_missing`` (a return says why) or ``reason_long``;
    ConflictError ``version_conflict`` where an owner has changed one since, so that nothing is published unseen.
    How many it was.
    """
    permit(actor, "lists.review", now)
    said = _reason(verb, reason)
    if not ticked:
        raise RejectedError(_NOTHING, code="nothing_ticked")
    found = session.scalars(select(model).where(model.public_id.in_(ticked)).order_by(model.id)).all()
    if len(found) != len(ticked):
        raise NotFoundError(_GONE, code="unknown_entry")
    for entry in found:
        if entry.version != ticked[entry.public_id]:
            raise ConflictError(_MOVED, code="version_conflict", key=_key(entry))
        step_own(session, actor=actor, entry=entry, verb=verb, now=now, note=said)
    return len(found)


def _reason(verb: str, reason: str) -> str | None:
    said = " ".join(reason.split())
    if verb == "return" and not said:
        raise RejectedError(_REASON, code="reason_missing")
    if len(said) > LONGEST_REASON:
        raise RejectedError(_LONG, code="reason_long", most=LONGEST_REASON, length=len(said))
    return said or None


def _key(entry: Any) -> str:
    """How the page names an entry: its number, and of an enterprise its name."""
    key = next(f for f in fields_of(type(entry)) if f.key)
    return str(entry.name if key.sensitivity != "public" else getattr(entry, key.attribute))


_NOTHING = Text(
    "没有勾选任何条目。先勾选，再发布或退回。", "Nothing is ticked. Tick entries, then publish or return them."
)
_REASON = Text("退回时请写一句原因，提交单位会看到。", "Say in a sentence why it is returned: its owner reads it.")
_LONG = Text(
    "原因最多 {most} 字，现在是 {length} 字。请缩短。", "At most {most} characters; it has {length}. Shorten it."
)
_GONE = Text(
    "勾选的条目中有一条已经不在。刷新页面后重新勾选。",
    "One of the ticked entries is no longer there. Reload the page and tick again.",
)
_MOVED = Text(
    "「{key}」在您查看之后又有改动，没有处理任何条目。刷新页面，核对新的内容。",
    '"{key}" was changed after you looked, so nothing was done. Reload the page and check it again.',
)
