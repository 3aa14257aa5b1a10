"""Undoing an import within a day: what it changed gets back what it had, what it added is withdrawn.

Nothing is deleted: each entry gets one more version. What somebody has changed since is left as it is, and named. The
lists are written across tenants (see ``owned``), so this is one of the gates that may; that the upload is the actor's
own is what its session has found it by.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, ListVersion, loaded
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS
from matchmaker.lists.services.owned import OWNING
from matchmaker.lists.services.planning import Change, Plan
from matchmaker.lists.services.stored import KEYS_AT_A_TIME, Stored, entries_with, in_groups, key_in
from matchmaker.lists.services.uploads import cause_of, lock_job
from matchmaker.lists.services.writing import write_plan

HOURS = 24


@dataclass(frozen=True, slots=True)
class Undone:
    """How many entries got back what they had, how many new ones were withdrawn, and the keys of those left alone."""

    restored: int
    withdrawn: int
    left: tuple[str, ...]


def until(job: ImportJob) -> datetime | None:
    """Until when an import may be undone; None for one that is not written, wrote nothing, or was undone."""
    if job.state != "written" or job.finished_at is None or "before" not in job.result:
        return None
    return job.finished_at + timedelta(hours=HOURS) if job.result["counts"]["written"] else None


def undo_import(session: Session, *, actor: Actor, job: ImportJob, now: datetime) -> Undone:
    """Undo an import that the actor's session has found.

    What it changed counts as confirmed when it last was before the import. ConflictError ``not_undoable``:
    it wrote nothing or was undone; ``too_late``: it is older than a day.
    """
    lock_lists(session)
    lock_job(session, job)
    model, plan, undone = _plan(session, actor, job, now)
    with cast(ScopedSession, session).elevated():
        write_plan(session, model, plan, actor=actor, cause=f"undo:{job.public_id}", now=now)
    _note(session, actor, job, undone, now)
    return undone


def plan_undo(session: Session, *, actor: Actor, job: ImportJob, now: datetime) -> Undone:
    """What :func:`undo_import` would do now; nothing is written."""
    return _plan(session, actor, job, now)[2]


def _plan(session: Session, actor: Actor, job: ImportJob, now: datetime) -> tuple[type[Entry], Plan, Undone]:
    model = LISTS[job.kind]
    permit(actor, OWNING[model].action, now)
    _require_open(job, now)
    with cast(ScopedSession, session).elevated():
        made = _versions_of(session, job)
        plan, left = _plan_back(session, model, made, _confirmed(job))
    new = sum(made[c.stored.id] == 1 for c in plan.changed if c.stored)
    return model, plan, Undone(len(plan.changed) - new, new, tuple(left))


def _require_open(job: ImportJob, now: datetime) -> None:
    end = until(job)
    if end is None:
        raise ConflictError(_NOT_UNDOABLE, code="not_undoable")
    if now > end:
        raise ConflictError(_TOO_LATE, code="too_late", hours=HOURS)


def _versions_of(session: Session, job: ImportJob) -> dict[int, int]:
    """Id of each entry that the import wrote → the version it made."""
    found = session.execute(
        select(ListVersion.entry_id, ListVersion.version).where(
            ListVersion.id > job.result["before"],
            ListVersion.kind == job.kind,
            ListVersion.cause == cause_of(job.public_id),
        )
    )
    return {row.entry_id: row.version for row in found}


def _confirmed(job: ImportJob) -> dict[int, datetime]:
    told = job.result.get("confirmed", {})
    return {number: datetime.fromisoformat(moment) for moment, ids in told.items() for number in ids}


def _plan_back(
    session: Session, model: type[Entry], made: Mapping[int, int], confirmed: Mapping[int, datetime]
) -> tuple[Plan, list[str]]:
    plan, left = Plan(), []
    for ids in in_groups(iter(sorted(made)), KEYS_AT_A_TIME):
        earlier = _earlier(session, model, ids, made)
        for stored in entries_with(session, model, ids):
            if stored.version != made[stored.id]:
                left.append("/".join(map(str, key_in(model, stored.values) or ())))
            else:
                plan.changed.append(_back(model, stored, earlier.get(stored.id), confirmed.get(stored.id)))
    return plan, left


def _earlier(
    session: Session, model: type[Entry], ids: Sequence[int], made: Mapping[int, int]
) -> dict[int, ListVersion]:
    wanted = {made[number] - 1 for number in ids}
    found = session.scalars(
        select(ListVersion).where(
            ListVersion.kind == model.kind_name, ListVersion.entry_id.in_(ids), ListVersion.version.in_(wanted)
        )
    )
    return {row.entry_id: row for row in found if row.version == made[row.entry_id] - 1}


def _back(model: type[Entry], stored: Stored, earlier: ListVersion | None, confirmed: datetime | None) -> Change:
    """The way back of one entry; one that the import brought has no earlier version and is withdrawn."""
    if earlier is None:
        return Change(0, stored, stored.values, EntryStatus.WITHDRAWN)
    values = loaded(model, json.loads(earlier.data))
    return Change(0, stored, values, earlier.status, confirmed_at=confirmed or earlier.recorded_at)


def _note(session: Session, actor: Actor, job: ImportJob, undone: Undone, now: datetime) -> None:
    told = {"restored": undone.restored, "withdrawn": undone.withdrawn, "left": len(undone.left)}
    job.state = "rejected"
    job.result = job.result | {
        "undone": told | {"left": list(undone.left), "at": now.isoformat(), "by": actor.name or actor.who},
    }
    record_event(
        session, actor=actor, action="import.undone", subject=f"job:{job.public_id}", now=now,
        after={"kind": job.kind, **told},
    )  # fmt: skip


_NOT_UNDOABLE = Text(
    "这次导入没有写入内容，或已经撤销，没有可撤销的。", "This import wrote nothing or was undone already."
)
_TOO_LATE = Text(
    "入库已超过 {hours} 小时，不能整批撤销。请逐条修改。",
    "It was written more than {hours} hours ago and cannot be undone as a whole. Change the entries one by one.",
)
