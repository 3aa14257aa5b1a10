"""A file that a person hands in: its columns made out, what it would do checked and shown, then written at a word.

Nothing is written before the word; what is written then is what was shown, or nothing.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import lock_lists, new_public_id
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.entry import Entry
from matchmaker.lists.faults import RowFault
from matchmaker.lists.files import Table, annotate, read_table
from matchmaker.lists.files.kept import report_path, room_for, source_path
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS
from matchmaker.lists.services.checking import Checked, confirmed_before, look_at, seal_of
from matchmaker.lists.services.owned import OWNING, given_to, write_own
from matchmaker.lists.services.planning import Plan
from matchmaker.lists.services.writing import last_version_id
from matchmaker.settings import Settings

MOST_ERRORS = 1000
NOTHING = {"new": 0, "changed": 0, "unchanged": 0, "rejected": 0, "written": 0}


@dataclass(frozen=True, slots=True)
class Asked:
    """Headers of a file that are no column of its list, and the absent columns that some of them are likely to be."""

    unknown: tuple[str, ...]
    likely: Mapping[str, str]


Found = Table | Asked
"""What a file was made out to be."""


def make_out(
    path: Path, model: type[Entry], headers: Mapping[str, str], actor: Actor, at_once: int | None = None
) -> Found:
    """Read a file of the actor's; where a header may be an absent column, ask first: one class of errors at a time.

    ``headers``: what was answered: header → code of a column, or empty for none; ``at_once``: rows after which
    reading ends with ManyRows. RejectedError: see ``read_table``.
    """
    try:
        table = read_table(path, model, headers, given_to(actor, model), at_once)
    except RejectedError as error:
        if error.code != "missing_column" or not error.values["unknown"]:
            raise
        return Asked(error.values["unknown"], error.values["likely"])
    return Asked(table.ignored, table.likely) if table.likely else table


def headers_of(session: Session, actor: Actor, kind: str) -> dict[str, str]:
    """What the actor's side answered last about the headers of its files of this list."""
    mine = select(ImportJob.result["headers"]).where(ImportJob.owner == owner_of(actor), ImportJob.kind == kind)
    newest = session.scalars(mine.order_by(ImportJob.id.desc()).limit(1)).first()
    return dict(newest or {})


def owner_of(actor: Actor) -> str:
    """Whose an upload is: the organisation's, the enterprise's, else the person's."""
    return actor.org_code or actor.uscc or actor.who


def hand_in(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    path: Path,
    name: str,
    found: Found,
    headers: Mapping[str, str],
    settings: Settings,
    now: datetime,
    lang: Lang,
) -> ImportJob:
    """Keep a file with what it would do; nothing of it is written.

    ``path``: where it lies now, ``name``: what its owner calls it. NotAllowedError for a list that is not the actor's.
    """
    look = look_over(
        session, actor=actor, kind=kind, found=found, headers=headers, settings=settings, now=now, lang=lang
    )
    job = ImportJob(
        public_id=new_public_id(), owner=owner_of(actor), org_code=actor.org_code, uscc=actor.uscc, kind=kind,
        file_name=name, sha256=sha256_of(path), size=path.stat().st_size, made_by=actor.who, created_at=now,
        state=look.state, result=look.result,
    )  # fmt: skip
    room_for(settings, now)
    shutil.copyfile(path, source_path(settings, job.public_id, name))
    annotate_look(job, look, settings, lang)
    session.add(job)
    session.flush()
    return job


def sha256_of(path: Path) -> str:
    """Of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Look:
    """What a file would do, or what is to be asked about it: the state and the result of its upload.

    ``faults``: of its rows, for :func:`annotate_look`.
    """

    state: str
    result: dict[str, Any]
    found: Found
    faults: tuple[RowFault, ...] = ()


def look_over(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    found: Found,
    headers: Mapping[str, str],
    settings: Settings,
    now: datetime,
    lang: Lang,
) -> Look:
    """Say what a file would do, also anew: with other columns, or because the list has moved on.

    It may take long and writes nothing: a session that cannot write will do, so that nobody waits for it.
    NotAllowedError for a list that is not the actor's.
    """
    model = LISTS[kind]
    permit(actor, OWNING[model].action, now)
    result: dict[str, Any] = {"counts": dict(NOTHING), "errors": [], "report": False, "headers": dict(headers)}
    if isinstance(found, Asked):
        asked = {"unknown": list(found.unknown), "likely": dict(found.likely)}
        return Look("rejected", result | {"ignored_columns": list(found.unknown), "asked": asked}, found)
    checked = _check(session, actor, model, found, settings, now, lang)
    result |= {
        "counts": checked.counts | {"written": 0},
        "errors": [
            {"row": f.row, "column": f.column, "cell": f.cell, "code": f.code, "message": f.message}
            for f in checked.faults[:MOST_ERRORS]
        ],
        "ignored_columns": list(found.ignored),
        "report": bool(checked.faults),
        "rows": checked.rows,
        "columns": list(found.columns),
        "seal": checked.seal,
    }
    return Look("rejected" if checked.faults else "checked", result, found, checked.faults)


def annotate_look(job: ImportJob, look: Look, settings: Settings, lang: Lang) -> None:
    """Write the faults of a file into a copy of it; no copy where there are none."""
    if look.faults and isinstance(look.found, Table):
        source = source_path(settings, job.public_id, job.file_name)
        annotate(source, report_path(settings, job.public_id), look.found, look.faults, lang)


def keep_look(session: Session, job: ImportJob, look: Look) -> None:
    """Have an upload say what its file would do. ConflictError ``already_written`` for one that has been written."""
    lock_job(session, job)
    if job.finished_at is not None:
        raise ConflictError(_ALREADY, code="already_written")
    job.state, job.result = look.state, look.result


def lock_job(session: Session, job: ImportJob) -> None:
    """Hold an upload until the transaction ends, as it stands now: another window or worker may have changed it."""
    session.refresh(job, with_for_update=True)


def _check(
    session: Session, actor: Actor, model: type[Entry], table: Table, settings: Settings, now: datetime, lang: Lang
) -> Checked:
    seen: list[Checked] = []
    write_own(
        session, actor=actor, model=model, rows=table.rows, settings=settings, now=now, dry_run=True,
        look=lambda plan: seen.append(look_at(plan, table, model, lang)),
    )  # fmt: skip
    return seen[0]


def write_job(
    session: Session, *, actor: Actor, job: ImportJob, table: Table, settings: Settings, now: datetime, partial: bool
) -> None:
    """Write what the check of a file showed; ``partial``: its good rows, although others are faulty.

    ConflictError ``already_written`` for a second time, ``checked_otherwise`` where the list has moved on since, so
    that the file would do something else than what was shown.
    """
    lock_lists(session)
    lock_job(session, job)
    if job.finished_at is not None or job.state == "written":
        raise ConflictError(_ALREADY, code="already_written")
    if job.state == "rejected" and not partial:
        raise ConflictError(_FAULTY, code="faulty_rows")
    before = last_version_id(session)
    seal = job.result.get("seal")
    confirmed: dict[str, list[int]] = {}

    def require_same(plan: Plan) -> None:
        if seal_of(plan) != seal:
            raise ConflictError(_MOVED_ON, code="checked_otherwise")
        confirmed.update(confirmed_before(plan))

    outcomes = write_own(
        session, actor=actor, model=LISTS[job.kind], rows=table.rows, settings=settings, now=now, partial=partial,
        cause=cause_of(job.public_id), look=require_same,
    )  # fmt: skip
    written = sum(one.state in ("new", "changed") for one in outcomes)
    job.state, job.finished_at = "written", now
    counts = job.result["counts"] | {"written": written}
    told = {"counts": counts, "before": before, "confirmed": confirmed, "written_by": actor.name or actor.who}
    job.result = job.result | told
    record_event(
        session, actor=actor, action="import.written", subject=f"job:{job.public_id}", now=now,
        after={"kind": job.kind, **counts},
    )  # fmt: skip


def cause_of(number: str) -> str:
    """What stands as the cause in every version that an upload writes; ``number``: the public id of the upload."""
    return f"import:{number}"


_ALREADY = Text("这个文件已经入库，没有再写入。", "This file was written already; nothing was written again.")
_FAULTY = Text(
    "文件里还有错误的行，没有写入。改正后重新上传，或只入库正确的行。",
    "The file has faulty rows, so nothing was written. Mend them, or write the good rows only.",
)
_MOVED_ON = Text(
    "检查之后清单有了变动，没有写入。请再核对一次。",
    "The list has changed since the check, so nothing was written. Look at it again.",
)
