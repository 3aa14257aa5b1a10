"""The check of a file that is too large to be checked while its owner waits: begun, done by a worker, or cancelled.

What it is at stands in the upload's ``result`` under ``checking``; nothing of the file is written by it.
"""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person
from matchmaker.accounts.permits import may, permit
from matchmaker.accounts.sessions import roles_of
from matchmaker.actor import SYSTEM, Actor
from matchmaker.clock import Now
from matchmaker.db import Database, new_public_id
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.text import LANGS, Lang, Text
from matchmaker.lists.files.kept import report_path, room_for, source_path
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS
from matchmaker.lists.services.owned import OWNING
from matchmaker.lists.services.uploads import (
    NOTHING,
    Asked,
    Look,
    annotate_look,
    keep_look,
    lock_job,
    look_over,
    make_out,
    owner_of,
    sha256_of,
)
from matchmaker.lists.tenants import actor_of_person
from matchmaker.settings import Settings

_LOG = logging.getLogger(__name__)

AT_ONCE = 5_000
"""Rows of a file that are checked while its owner waits."""
LOST_SECONDS = 300
"""A check that has not said anything for so long was lost with its process and is begun again."""
STAGES: Mapping[str, tuple[int, Text]] = {
    "reading": (10, Text("正在读取文件", "reading the file")),
    "comparing": (40, Text("正在与清单逐行比较", "comparing each row with the list")),
}
"""What a check is at → per cent, and words."""


def begin_check(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    path: Path,
    name: str,
    headers: Mapping[str, str],
    settings: Settings,
    now: datetime,
) -> ImportJob:
    """Keep a file that a worker is to check. NotAllowedError for a list that is not the actor's."""
    permit(actor, OWNING[LISTS[kind]].action, now)
    job = ImportJob(
        public_id=new_public_id(), owner=owner_of(actor), org_code=actor.org_code, uscc=actor.uscc, kind=kind,
        file_name=name, sha256=sha256_of(path), size=path.stat().st_size, made_by=actor.who, created_at=now,
        state="rejected", result=_result(headers, checking=_at("reading", now)),
    )  # fmt: skip
    room_for(settings, now)
    shutil.copyfile(path, source_path(settings, job.public_id, name))
    session.add(job)
    session.flush()
    return job


def _at(stage: str, now: datetime, rows: int | None = None) -> dict[str, Any]:
    return {"stage": stage, "since": now.isoformat(), "rows": rows}


def _result(headers: Mapping[str, str], **told: Any) -> dict[str, Any]:
    return {
        "counts": dict(NOTHING), "errors": [], "report": False, "ignored_columns": [], "headers": dict(headers), **told
    }  # fmt: skip


def is_lost(job: ImportJob, now: datetime) -> bool:
    """Whether nobody seems to be at a check any more."""
    checking = job.result.get("checking")
    return checking is not None and (now - datetime.fromisoformat(checking["since"])).total_seconds() > LOST_SECONDS


def percent_of(job: ImportJob) -> int:
    """How much of the check of an upload is done; 100 once it has ended, and for one that was never put off."""
    checking = job.result.get("checking")
    return STAGES[checking["stage"]][0] if checking else 100


def maker_of(database: Database, job: ImportJob, other: Actor, now: datetime) -> Actor:
    """Whoever handed an upload in, with the roles of today; ``other``, of the same side, where they no longer may."""
    with database.reading(SYSTEM) as session:
        known = select(Person).where(Person.public_id == job.made_by.removeprefix("person:"))
        person = session.scalars(known.where(Person.disabled_at.is_(None))).one_or_none()
        if person is None:
            return other
        found = actor_of_person(session, person, roles_of(session, person.id))
    maker = replace(found, second_factor=True)  # given, where the roles need it, when the file was handed in
    allowed = owner_of(maker) == job.owner and may(maker, OWNING[LISTS[job.kind]].action, now)
    return maker if allowed else other


def check_held(
    database: Database, *, actor: Actor, public_id: str, settings: Settings, now: Now, lang: Lang
) -> None:  # fmt: skip
    """Check a file that is held: what it would do, or what is wrong with it, stands in the upload then.

    For a worker: it raises nothing. A check that was cancelled or is done already is left as it is.
    """
    try:
        _check(database, actor, public_id, settings, now, lang)
    except MatchmakerError as error:
        _fail(database, actor, public_id, [error.say(one) for one in LANGS])
    except Exception:  # noqa: BLE001 - whatever it is, its owner is told that the check has ended
        _LOG.exception("check of upload %s", public_id)
        _fail(database, actor, public_id, [_BROKEN.say(one) for one in LANGS])


def _check(database: Database, actor: Actor, public_id: str, settings: Settings, now: Now, lang: Lang) -> None:
    """Long work stands between the transactions that write: nobody waits for it, and it may be wanted no more."""
    job = _tell(database, actor, public_id, "reading", now())
    if job is None:
        return
    headers = job.result["headers"]
    found = make_out(source_path(settings, public_id, job.file_name), LISTS[job.kind], headers, actor)
    rows = None if isinstance(found, Asked) else len(found.rows)
    if _tell(database, actor, public_id, "comparing", now(), rows) is None:
        return
    with database.reading(actor) as session:
        look = look_over(
            session, actor=actor, kind=job.kind, found=found, headers=headers, settings=settings, now=now(), lang=lang
        )  # fmt: skip
    annotate_look(job, look, settings, lang)
    _end(database, actor, job, look, settings)


def _tell(
    database: Database, actor: Actor, public_id: str, stage: str, now: datetime, rows: int | None = None
) -> ImportJob | None:
    """Say what a check is at; the upload, while the check is wanted."""
    with database.writing(actor) as session:
        job = _held(session, public_id)
        if job is not None:
            job.result = job.result | {"checking": _at(stage, now, rows)}
        return job


def _held(session: Session, public_id: str) -> ImportJob | None:
    """The upload, while its check is wanted; nobody else changes it until the transaction ends."""
    query = select(ImportJob).where(ImportJob.public_id == public_id).with_for_update()
    job = session.scalars(query).one_or_none()
    return job if job is not None and "checking" in job.result else None


def _end(database: Database, actor: Actor, job: ImportJob, look: Look, settings: Settings) -> None:
    """Keep what was found. The first of two workers is heard; of what was cancelled meanwhile nothing is left."""
    with database.writing(actor) as session:
        held = session.get_one(ImportJob, job.id, with_for_update=True)
        if "checking" in held.result:
            keep_look(session, held, look)
        elif "cancelled" in held.result:
            report_path(settings, held.public_id).unlink(missing_ok=True)


def _fail(database: Database, actor: Actor, public_id: str, said: list[str]) -> None:
    with database.writing(actor) as session:
        job = _held(session, public_id)
        if job is not None:
            job.result = _result(job.result["headers"], failed=said)


def cancel_check(session: Session, job: ImportJob, settings: Settings) -> bool:
    """Want it no more: its file goes, nothing was written. False where it had ended already."""
    lock_job(session, job)
    if "checking" not in job.result:
        return False
    job.result = _result(job.result["headers"], cancelled=True)
    source_path(settings, job.public_id, job.file_name).unlink(missing_ok=True)
    return True


_BROKEN = Text(
    "检查没有完成，没有写入任何数据。请重新上传；仍然如此时请联系主管部门。",
    "The check did not end, and nothing was written. Upload the file again; if it stays so, tell the bureau.",
)
