"""Whole files: handed in, read in a confined child, written by the rules of review; each file of an owner once."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Response, request, send_file
from sqlalchemy import select

from matchmaker.accounts.matrix import BY_KEY
from matchmaker.accounts.permits import permit
from matchmaker.clock import local
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.errors import NotFoundError, UsageError
from matchmaker.domain.text import Text
from matchmaker.lists.faults import RowFault
from matchmaker.lists.files import Table, annotate, read_table
from matchmaker.lists.files.kept import report_path, room_for
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import KINDS
from matchmaker.lists.services.checks import percent_of
from matchmaker.lists.services.owned import OWNING, Outcome, write_own
from matchmaker.lists.services.uploads import cause_of
from matchmaker.web.api.cursors import owner_of
from matchmaker.web.api.entries import find_by_id
from matchmaker.web.api.faults import MEMBER, MISSING, ApiError, Fault, check, invalid_body, unknown_name
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.limits import bounded
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import ETAG, IDEMPOTENCY, IF_NONE_MATCH, LOCATION, Blueprint, operation
from matchmaker.web.api.query import read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.schemas import JobSchema
from matchmaker.web.api.schemas import shown_moment
from matchmaker.web.view import actor, current_lang, parts, reading

IMPORTS = Blueprint("imports", Text("文件导入", "import of files"), "/api/v1")
MOST_ERRORS = 1000
FORM: dict[str, Any] = {
    "kind": {"type": "string", "enum": [model.kind_name for model, one in OWNING.items() if BY_KEY[one.action].scope]},
    "mode": {"type": "string", "enum": ["atomic", "partial"], "default": "atomic"},
    "dry_run": {"type": "string", "enum": ["true", "false"], "default": "false"},
}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": FORM | {"file": {"type": "string", "format": "binary", "description": ".xlsx, .csv"}},
                "required": ["kind", "file"],
                "additionalProperties": False,
            }
        }
    },
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was handed in: where it lies, what it is called, and how it is to be taken."""

    path: Path
    name: str
    sha256: str
    kind: str
    partial: bool
    dry_run: bool


@IMPORTS.route("/imports", endpoint="create", methods=["POST"])
@operation(
    IMPORTS, "lists.import", Text("导入文件", "Import a file"), JobSchema, status=202, form=_BODY,
    headers=(IDEMPOTENCY,), problems=(409, 415, 422), answers=LOCATION,
    about="还需要该清单的写入权限。结果见 Location；同一文件再次提交时返回上次的任务，不再写入。\n"
    "The write scope of the list is needed, too. See Location for the result; a file that was imported before gives "
    "the earlier job and writes nothing.",
)  # fmt: skip
def import_file() -> Response:
    """Read first, outside of any transaction; then written in one."""
    read_query({})
    with bounded("import"), _upload() as upload:
        permit(actor(), OWNING[KINDS[upload.kind]].action, parts().now())
        try:
            table = read_table(upload.path, KINDS[upload.kind])
        except UsageError as error:
            raise ApiError(415, _NO_LIST, code="content_type") from error
        content = f"{upload.sha256} {upload.kind} {upload.partial} {upload.dry_run}"
        return do_once(partial(_import, upload, table), content=content)


@contextmanager
def _upload() -> Iterator[Upload]:
    if request.mimetype != "multipart/form-data":
        raise ApiError(415, _NO_FORM, code="content_type")
    found = {name: request.form.getlist(name) for name in request.form}
    faults = [unknown_name(name, FORM, what=MEMBER).at(name) for name in found if name not in FORM]
    values = {name: some[0] for name, some in found.items() if name in FORM}
    faults += [fault.at(name) for name, value in values.items() if (fault := check(FORM[name], value))]
    faults += [Fault("twice", _TWICE).at(name) for name, some in found.items() if len(some) > 1]
    files = request.files.getlist("file")
    faults += [Fault("required", MISSING).at("kind")] if "kind" not in values else []
    faults += [Fault("required", _ONE_FILE).at("file")] if len(files) != 1 or len(request.files) != 1 else []
    if faults:
        raise invalid_body(faults)
    name = Path(files[0].filename or "").name[-200:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{Path(name).suffix.lower()[:6]}"
        files[0].save(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        whole, dry_run = values.get("mode", "atomic") == "atomic", values.get("dry_run") == "true"
        yield Upload(path, name, sha256, values["kind"], not whole, dry_run)


def _import(upload: Upload, table: Table, session: ScopedSession) -> Response:
    lock_lists(session)
    earlier = _imported_before(session, upload)
    if earlier is not None:
        on = f"{local(earlier.created_at, parts().settings.zone):%Y-%m-%d %H:%M}"
        return _job_reply(earlier, 202, {"already_imported": _BEFORE.say(current_lang(), at=on)})
    number = new_public_id()
    outcomes = write_own(
        session, actor=actor(), model=KINDS[upload.kind], rows=table.rows, settings=parts().settings,
        now=parts().now(), lang=current_lang(), partial=upload.partial, dry_run=upload.dry_run,
        cause=cause_of(number), cell_name=table.cell_name,
    )  # fmt: skip
    job = _job(number, upload, table, outcomes)
    faults = [fault for one in outcomes for fault in one.faults]
    if faults:
        _write_report(upload, table, faults, job)
    session.add(job)
    session.flush()
    return _job_reply(job, 202)


def _imported_before(session: ScopedSession, upload: Upload) -> ImportJob | None:
    same = (ImportJob.owner == owner_of(actor()), ImportJob.kind == upload.kind, ImportJob.sha256 == upload.sha256)
    done = select(ImportJob).where(*same, ImportJob.state == "written").order_by(ImportJob.id.desc()).limit(1)
    return session.scalars(done).first()


def _job(number: str, upload: Upload, table: Table, outcomes: Sequence[Outcome]) -> ImportJob:
    who, counts = actor(), dict.fromkeys(("new", "changed", "unchanged", "rejected"), 0)
    for one in outcomes:
        counts[one.state] += 1
    writes = not upload.dry_run and (upload.partial or not counts["rejected"])
    faults = [fault for one in outcomes for fault in one.faults]
    return ImportJob(
        public_id=number,
        owner=owner_of(who),
        org_code=who.org_code,
        uscc=who.uscc,
        kind=upload.kind,
        file_name=upload.name,
        sha256=upload.sha256,
        size=upload.path.stat().st_size,
        state="checked" if upload.dry_run else "written" if writes else "rejected",
        result={
            "counts": counts | {"written": counts["new"] + counts["changed"] if writes else 0},
            "errors": [_error(fault) for fault in faults[:MOST_ERRORS]],
            "ignored_columns": list(table.ignored),
            "report": bool(faults),
        },
        made_by=who.who,
        created_at=parts().now(),
        finished_at=parts().now(),
    )


def _error(fault: RowFault) -> dict[str, Any]:
    return {
        "row": fault.row, "column": fault.column, "cell": fault.cell, "code": fault.code, "message": fault.message,
    }  # fmt: skip


def _write_report(upload: Upload, table: Table, faults: Sequence[RowFault], job: ImportJob) -> None:
    room_for(parts().settings, parts().now())
    annotate(upload.path, report_path(parts().settings, job.public_id), table, faults, current_lang())


@IMPORTS.route('/jobs/<id("jobs"):id>', endpoint="job")
@operation(
    IMPORTS, "lists.import", Text("导入任务", "A job"), JobSchema, headers=(IF_NONE_MATCH,), answers=ETAG
)  # fmt: skip
def read_job(id: str) -> Response:  # noqa: A002
    """What became of a file."""
    read_query({})
    with reading() as session:
        return _job_reply(find_by_id(session, ImportJob, id))


@IMPORTS.route('/jobs/<id("jobs"):id>/report', endpoint="report")
@operation(
    IMPORTS, "lists.import", Text("标注了错误的文件", "File with faults"), {"type": "string", "format": "binary"},
    content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)  # fmt: skip
def read_report(id: str) -> Response:  # noqa: A002
    """The workbook that was handed in, each fault at its cell."""
    read_query({})
    with reading() as session:
        path = report_path(parts().settings, find_by_id(session, ImportJob, id).public_id)
    if not path.is_file():
        raise NotFoundError(_NO_REPORT, code="not_found")
    return send_file(path, as_attachment=True, download_name=f"{shown_id('jobs', id)}.xlsx", etag=False)


def _job_reply(job: ImportJob, status: int = 200, more: dict[str, str] | None = None) -> Response:
    name = shown_id("jobs", job.public_id)
    address, result = f"/api/v1/jobs/{name}", job.result
    percent = percent_of(job)
    body = {
        "id": name,
        "kind": job.kind,
        "file_name": job.file_name,
        "sha256": job.sha256,
        "size": job.size,
        "state": job.state if percent == 100 else "running",
        "progress": percent,
        "counts": result["counts"],
        "errors": result["errors"],
        "ignored_columns": result["ignored_columns"],
        "report_url": f"{address}/report" if result["report"] else None,
        "created_at": shown_moment(job.created_at),
        "finished_at": shown_moment(job.finished_at),
    }
    return reply(body | (more or {}), status, {"Location": address} if status == 202 else None)


_NO_FORM = Text("文件用 multipart/form-data 提交。", "Send the file as multipart/form-data.")
_NO_LIST = Text("文件应为 .xlsx 或 .csv。", "The file has to be .xlsx or .csv.")
_ONE_FILE = Text("提交一个文件，名为 file。", 'Send one file, named "file".')
_TWICE = Text("这一项出现了两次。只留一个。", "This member stands twice. Keep one.")
_BEFORE = Text("这个文件已于 {at} 导入，没有再写入。", "This file was already imported on {at}; nothing was written.")
_NO_REPORT = Text(
    "没有这份文件：没有错误，或已按保留期限删除。", "There is no such file: no faults, or it was removed."
)
