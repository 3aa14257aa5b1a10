"""The second half of an import, and every other write: guarded by the version, each version kept for ever."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.errors import ConflictError, UsageError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, ListVersion, fields_of, values_of, written
from matchmaker.lists.services.announcing import announce_entries
from matchmaker.lists.services.planning import Change, Plan
from matchmaker.lists.services.published import tell_published
from matchmaker.lists.services.stored import in_groups, table_of

ROWS_AT_A_TIME = 1000


def moved_on() -> ConflictError:
    """The error of a guarded write that found another version than the one it was made for."""
    return ConflictError(
        Text(
            "清单在此期间被别人改动，本次没有写入任何内容。重新运行即可。",
            "The list was changed by someone else in the meantime, so nothing was written. Run it again.",
        ),
        code="version_conflict",
    )


def require_actor(actor: Actor) -> None:
    """Refuse a write that nobody answers for."""
    if not actor.who.strip():
        raise UsageError(
            Text("没有说明由谁操作。给出操作人。", "Nobody is named as acting. Name the actor."), code="no_actor"
        )


def write_plan(
    session: Session,
    model: type[Entry],
    plan: Plan,
    *,
    actor: Actor,
    cause: str,
    now: datetime,
    progress: Callable[[int], None] | None = None,
    late: bool = False,
) -> None:
    """Write the good rows of a plan; ConflictError when an entry has moved on since the plan was made.

    ``late``: where all rows are new, versions and feed, whose ids are in the order of commit, are written as the last
    thing before it, so that the lock which all writers take is held for a moment only. Rows that are there already are
    never touched without it: whoever holds it may be waiting for them.
    """
    late = late and not plan.changed and not plan.unchanged
    if not late:
        lock_lists(session)
    done = 0
    try:
        for write, changes in ((_insert, plan.new), (_update, plan.changed)):
            for group in in_groups(iter(changes), ROWS_AT_A_TIME):
                written = write(session, model, group, now)
                kept = partial(_keep, model, written, group, actor, cause, now)
                if late:
                    cast(ScopedSession, session).last(kept)
                else:
                    kept(session)
                done += len(group)
                if progress:
                    progress(done)
    except IntegrityError as error:
        raise moved_on() from error
    confirm(session, model, [(c.stored.id, c.stored.version) for c in plan.unchanged if c.stored], now)
    session.expire_all()
    if progress:
        progress(done + len(plan.unchanged))


Written = list[tuple[int, str]]
"""Id and public id of each entry."""


def _keep(
    model: type[Entry],
    written: Written,
    changes: Sequence[Change],
    actor: Actor,
    cause: str,
    now: datetime,
    session: Session,
) -> None:
    """Keep the versions of what was written, and tell the feed and the webhooks."""
    lock_lists(session)
    _keep_versions(session, model, zip((i for i, _ in written), changes, strict=True), actor, cause, now)
    told = ((name, c.status, c.values) for (_, name), c in zip(written, changes, strict=True))
    announce_entries(session, model, told, now)
    tell_published(session, model, _newly_published(written, changes), now)


def _newly_published(written: Written, changes: Sequence[Change]) -> list[tuple[str, dict[str, Any]]]:
    new = EntryStatus.PUBLISHED
    pairs = zip(written, changes, strict=True)
    return [(name, c.values) for (_, name), c in pairs if c.status is new and (not c.stored or c.stored.status != new)]


def _insert(session: Session, model: type[Entry], changes: Sequence[Change], now: datetime) -> Written:
    table = table_of(model)
    names = [new_public_id() for _ in changes]
    rows = [
        {
            **c.values,
            "public_id": name,
            "version": 1,
            "status": c.status,
            "created_at": now,
            "updated_at": now,
            "confirmed_at": now,
        }
        for c, name in zip(changes, names, strict=True)
    ]
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(zip(session.execute(statement, rows).scalars(), names, strict=True))


def _update(session: Session, model: type[Entry], changes: Sequence[Change], now: datetime) -> Written:
    table = table_of(model)
    names = [f.attribute for f in fields_of(model)]
    statement = (
        update(table)
        .where(table.c.id == bindparam("entry_id"), table.c.version == bindparam("entry_version"))
        .values(
            version=table.c.version + 1,
            status=bindparam("new_status"),
            updated_at=now,
            confirmed_at=bindparam("new_confirmed_at"),
            **{name: bindparam(f"new_{name}") for name in names},
        )
    )
    rows: list[dict[str, Any]] = []
    done: Written = []
    for change in changes:
        assert change.stored is not None
        row = {f"new_{name}": change.values[name] for name in names}
        row |= {"entry_id": change.stored.id, "entry_version": change.stored.version, "new_status": change.status}
        row["new_confirmed_at"] = change.confirmed_at or now
        rows.append(row)
        done.append((change.stored.id, change.stored.public_id))
    if _count(session, statement, rows) != len(rows):
        raise moved_on()
    return done


def _count(session: Session, statement: Any, rows: Sequence[dict[str, Any]]) -> int:
    return cast(CursorResult[Any], session.connection().execute(statement, rows)).rowcount


def _keep_versions(
    session: Session,
    model: type[Entry],
    changes: Iterable[tuple[int, Change]],
    actor: Actor,
    cause: str,
    now: datetime,
) -> None:
    rows = [
        {
            "kind": model.kind_name,
            "entry_id": entry_id,
            "version": change.stored.version + 1 if change.stored else 1,
            "status": change.status,
            "data": _as_json(model, change.values),
            "actor": actor.who,
            "cause": cause,
            "recorded_at": now,
        }
        for entry_id, change in changes
    ]
    session.connection().execute(insert(ListVersion), rows)


def confirm(session: Session, model: type[Entry], entries: Sequence[tuple[int, int]], now: datetime) -> int:
    """Confirm entries, given by id and version; one that has moved on is left alone. How many were confirmed."""
    table = table_of(model)
    statement = (
        update(table)
        .where(table.c.id == bindparam("entry_id"), table.c.version == bindparam("entry_version"))
        .values(confirmed_at=now)
    )
    rows = ({"entry_id": entry_id, "entry_version": version} for entry_id, version in entries)
    return sum(_count(session, statement, group) for group in in_groups(rows, ROWS_AT_A_TIME))


def record_version(
    session: Session, *, actor: Actor, entry: Entry, cause: str, now: datetime, note: str | None = None
) -> None:
    """Keep an entry as it stands now as its current version; ``note``: what was said with it."""
    lock_lists(session)
    model = type(entry)
    session.add(
        ListVersion(
            kind=model.kind_name,
            entry_id=entry.id,
            version=entry.version,
            status=entry.status,
            data=_as_json(model, values_of(entry)),
            actor=actor.who,
            cause=cause,
            note=note,
            recorded_at=now,
        )
    )
    session.flush()


def step_entry(session: Session, entry: Entry, target: EntryStatus, now: datetime) -> None:
    """Set an entry's status by a guarded UPDATE; ConflictError when its version has moved on."""
    lock_lists(session)
    table = table_of(type(entry))
    statement = (
        update(table)
        .where(table.c.id == bindparam("entry_id"), table.c.version == bindparam("entry_version"))
        .values(version=table.c.version + 1, status=target, updated_at=now)
    )
    session.flush()
    if _count(session, statement, [{"entry_id": entry.id, "entry_version": entry.version}]) != 1:
        raise moved_on()
    session.refresh(entry)
    announce_entries(session, type(entry), [(entry.public_id, entry.status, values_of(entry))], now)


def last_version_id(session: Session) -> int:
    """The id of the newest version of any entry; 0 when there is none."""
    return session.scalar(select(func.max(ListVersion.id))) or 0


def _as_json(model: type[Entry], values: dict[str, Any]) -> str:
    return json.dumps(written(model, values), ensure_ascii=False, separators=(",", ":"))
