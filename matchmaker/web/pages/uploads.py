"""Files of the lists: handed in, checked, written at a word, and undone within a day. Nothing is written before."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Response, redirect, request, send_file, url_for
from sqlalchemy import inspect, select
from werkzeug.datastructures import FileStorage

from matchmaker.accounts.consent import is_id
from matchmaker.accounts.permits import permit
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError, UsageError
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of, key_fields
from matchmaker.lists.files import Table, write_template
from matchmaker.lists.files.kept import report_path, source_path
from matchmaker.lists.files.shown import BY_NAME
from matchmaker.lists.files.table import ManyRows
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import LISTS
from matchmaker.lists.queries import FINAL
from matchmaker.lists.services.checks import AT_ONCE, begin_check, cancel_check
from matchmaker.lists.services.owned import OWNING
from matchmaker.lists.services.undoing import undo_import
from matchmaker.lists.services.uploads import (
    Asked,
    annotate_look,
    hand_in,
    headers_of,
    keep_look,
    look_over,
    make_out,
    owner_of,
    write_job,
)
from matchmaker.web.api.limits import bounded
from matchmaker.web.checks import resume_check, start_check
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.upload_views import progress_of, view_of
from matchmaker.web.safety import status_of
from matchmaker.web.tables import look
from matchmaker.web.tables.uploads import state_of, upload_table
from matchmaker.web.view import actor, announce, current_lang, may_do, page, parts, reading, writing

uploads = Blueprint("uploads", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAME_LENGTH = 120


def kinds_of_reader() -> list[type[Entry]]:
    """The lists that the page's reader may import."""
    return [model for model, owning in OWNING.items() if may_do(owning.action)]


def _model(kind: str) -> type[Entry]:
    found = next((model for model in kinds_of_reader() if model.kind_name == kind), None)
    if found is None:
        raise NotFoundError(
            Text("没有这张清单，或不由您维护。", "There is no such list to import."), code="unknown_list"
        )
    return found


@uploads.get("/imports")
@action("lists.import")
def listing() -> str:
    """The files that one's own side handed in, the newest first."""
    with reading() as session:
        view = look(session, upload_table(owner_of(actor())))
    return page("uploads.html", view=view, kinds=kinds_of_reader())


@uploads.get("/imports/new")
@action("lists.import")
def new() -> str:
    """Where a file is handed in, and its template had."""
    return _form(request.args.get("list", ""), None)


def _form(kind: str, error: Exception | None) -> str:
    kinds = kinds_of_reader()
    chosen = kind if kind in [model.kind_name for model in kinds] else kinds[0].kind_name
    return page("upload_new.html", kinds=kinds, chosen=chosen, error=error)


@uploads.get('/imports/template/<any("products","needs","policies","enterprises","organisations","contacts",'
             '"credit-records"):wanted>.xlsx')  # fmt: skip
@action("lists.import")
def template(wanted: str) -> Response:
    """A form to fill in, holding the current rows of one's own."""
    model: Any = _model(wanted)
    permit(actor(), OWNING[model].action, parts().now())
    with tempfile.TemporaryDirectory() as folder, reading() as session:
        path = Path(folder) / f"{wanted}.xlsx"
        order = [inspect(model).attrs[f.attribute].class_attribute for f in key_fields(model)]
        current = select(model).where(model.status.not_in(FINAL)).order_by(*order)
        rows = ({f.code: getattr(row, f.attribute) for f in fields_of(model)} for row in session.scalars(current))
        write_template(path, model, rows, registers=load_registers(session, BY_NAME))
        raw = path.read_bytes()
    return send_file(BytesIO(raw), mimetype=XLSX, as_attachment=True, download_name=f"{model.label.zh}-模板.xlsx")


@uploads.post("/imports")
@action("lists.import")
def create() -> Any:
    """Take a file and check it; nothing of it is written. What is wrong with the file itself is said above the box."""
    kind = request.form.get("list", "")
    model = _model(kind)
    try:
        with bounded("import"), _received() as (path, name):
            with reading() as session:
                headers = headers_of(session, actor(), kind)
            try:
                found = make_out(path, model, headers, actor(), AT_ONCE)
            except ManyRows:
                return _hold(kind, path, name, headers)
            return do_once(partial(_keep, kind, path, name, found, headers))
    except (RejectedError, UsageError) as error:
        return _form(kind, error), max(status_of(error), 400)


def _hold(kind: str, path: Path, name: str, headers: Mapping[str, str]) -> Response:
    """Keep a large file and have it checked; its page shows how far that is."""
    held = do_once(partial(_begin, kind, path, name, headers))
    start_check(held.location.rpartition("/")[2])
    return cast(Response, held)


def _begin(kind: str, path: Path, name: str, headers: Mapping[str, str], session: ScopedSession) -> str:
    job = begin_check(
        session, actor=actor(), kind=kind, path=path, name=name, headers=headers, settings=parts().settings,
        now=parts().now(),
    )  # fmt: skip
    return url_for("uploads.one", public_id=job.public_id)


@contextmanager
def _received() -> Iterator[tuple[Path, str]]:
    """The file of the request, under a name of ours; and what its owner calls it."""
    sent: FileStorage | None = request.files.get("file")
    if sent is None or not sent.filename:
        raise UsageError(Text("还没有选择文件。选择 .xlsx 或 .csv 文件再上传。", "No file was chosen."), code="no_file")
    name = Path(sent.filename.replace("\\", "/")).name[-NAME_LENGTH:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{Path(name).suffix.lower()[:6]}"
        sent.save(path)
        yield path, name


def _keep(kind: str, path: Path, name: str, found: Any, headers: Mapping[str, str], session: ScopedSession) -> str:
    job = hand_in(
        session, actor=actor(), kind=kind, path=path, name=name, found=found, headers=headers,
        settings=parts().settings, now=parts().now(), lang=current_lang(),
    )  # fmt: skip
    return url_for("uploads.one", public_id=job.public_id)


@uploads.get("/imports/<public_id>")
@action("lists.import")
def one(public_id: str) -> str:
    """What a file would do, or did: its columns to be told, its rows to be looked at, or what came of it."""
    return _page(public_id, None)


def _page(public_id: str, error: Exception | None) -> str:
    with reading() as session:
        job = _find(session, public_id)
        view = view_of(session, job, parts().now())
    resume_check(job)
    report = report_path(parts().settings, public_id).is_file()
    return page("upload.html", job=job, view=view, report=report, error=error, progress=progress_of(job))


@uploads.get("/imports/<public_id>/progress")
@action("lists.import")
def progress(public_id: str) -> Any:
    """How far a check is, as a piece of its page; no content once it has ended and the page is to be read anew."""
    with reading() as session:
        job = _find(session, public_id)
    resume_check(job)
    at = progress_of(job)
    return page("upload_progress.html", **at) if at else Response(status=204)


@uploads.post("/imports/<public_id>/cancel")
@action("lists.import")
def cancel(public_id: str) -> Any:
    """Want a check no more; one that has ended meanwhile is shown."""
    with writing() as session:
        cancelled = cancel_check(session, _find(session, public_id), parts().settings)
    if cancelled:
        announce(Text("已取消，没有写入任何数据。", "Cancelled; nothing was written."))
    return redirect(url_for("uploads.one", public_id=public_id), 303)


def _find(session: ScopedSession, public_id: str) -> ImportJob:
    """One of the reader's own side: a file is for those who handed it in, also where the bureau sees the upload."""
    query = select(ImportJob).where(ImportJob.public_id == public_id, ImportJob.owner == owner_of(actor()))
    found = session.scalars(query).one_or_none() if is_id(public_id) else None
    if found is None or found.kind not in LISTS:
        raise NotFoundError(
            Text("没有这次导入。从列表重新进入。", "There is no such import. Open it from the list again."),
            code="not_found",
        )
    return found


@uploads.post("/imports/<public_id>/columns")
@action("lists.import")
def columns(public_id: str) -> Any:
    """Take what was answered about the headers, and check again with it."""
    with reading() as session:
        job = _find(session, public_id)
    if state_of(job) in _UNCHECKED:
        return redirect(url_for("uploads.one", public_id=public_id), 303)
    model = _model(job.kind)
    known = {field.code for field in fields_of(model)}
    names, codes = request.form.getlist("header"), request.form.getlist("code")
    headers = job.result.get("headers", {}) | {
        name: code for name, code in zip(names, codes, strict=False) if code in known or not code
    }
    try:
        with bounded("import"):
            found = make_out(_source(job), model, headers, actor())
    except RejectedError as error:
        return _page(public_id, error), status_of(error)
    _check_again(public_id, found, headers)
    return redirect(url_for("uploads.one", public_id=public_id), 303)


def _source(job: ImportJob) -> Path:
    path = source_path(parts().settings, job.public_id, job.file_name)
    if not path.is_file():
        raise NotFoundError(Text("这个文件已按保留期限删除。重新上传即可。", "The file is gone. Hand it in again."),
                            code="not_found")  # fmt: skip
    return path


def _check_again(public_id: str, found: Any, headers: Mapping[str, str]) -> None:
    with reading() as session:
        job = _find(session, public_id)
        told = look_over(
            session, actor=actor(), kind=job.kind, found=found, headers=headers, settings=parts().settings,
            now=parts().now(), lang=current_lang(),
        )  # fmt: skip
    annotate_look(job, told, parts().settings, current_lang())
    with writing() as session:
        keep_look(session, _find(session, public_id), told)


@uploads.post("/imports/<public_id>/confirm")
@action("lists.import")
def confirm(public_id: str) -> Any:
    """Write what was shown; where the list has moved on since, show again what would be written now."""
    with reading() as session:
        job = _find(session, public_id)
    if job.state == "written" or state_of(job) in _UNCHECKED:
        return redirect(url_for("uploads.one", public_id=public_id), 303)
    with bounded("import"):
        table = make_out(_source(job), _model(job.kind), job.result["headers"], actor())
        if isinstance(table, Asked):
            return redirect(url_for("uploads.one", public_id=public_id), 303)
        try:
            done = do_once(partial(_write, public_id, table, "partial" in request.form))
        except ConflictError as error:
            if error.code == "checked_otherwise":
                _check_again(public_id, table, job.result["headers"])
            elif error.code not in ("already_written", "faulty_rows"):
                raise
            return _page(public_id, error), status_of(error)
    source_path(parts().settings, public_id, job.file_name).unlink(missing_ok=True)
    return done


def _write(public_id: str, table: Table, good_rows_only: bool, session: ScopedSession) -> str:
    job = _find(session, public_id)
    write_job(
        session, actor=actor(), job=job, table=table, settings=parts().settings, now=parts().now(),
        partial=good_rows_only,
    )  # fmt: skip
    counts = job.result["counts"]
    announce(_WRITTEN if counts["written"] else _CONFIRMED, n=counts["written"] or counts["unchanged"])
    return url_for("uploads.one", public_id=public_id)


_WRITTEN = Text("已入库 {n} 条。24 小时内可以撤销。", "{n} entries were written. They can be undone for 24 hours.")
_CONFIRMED = Text("已确认 {n} 条仍然有效。", "{n} entries were confirmed as they are.")


@uploads.post("/imports/<public_id>/undo")
@action("lists.import")
def undo(public_id: str) -> Any:
    """Take an import back; what was changed since is left, and named on its page."""
    return do_once(partial(_undo, public_id))


def _undo(public_id: str, session: ScopedSession) -> str:
    done = undo_import(session, actor=actor(), job=_find(session, public_id), now=parts().now())
    announce(_UNDONE, restored=done.restored, withdrawn=done.withdrawn, left=len(done.left))
    return url_for("uploads.one", public_id=public_id)


@uploads.get("/imports/<public_id>/report.xlsx")
@action("lists.import")
def report(public_id: str) -> Response:
    """The workbook that was handed in, each fault at its cell."""
    with reading() as session:
        job = _find(session, public_id)
    path = report_path(parts().settings, public_id)
    if not path.is_file():
        raise NotFoundError(
            Text("没有标注文件：没有错误，或已按保留期限删除。", "There is no such file."), code="not_found"
        )
    name = f"{Path(job.file_name).stem}-错误标注.xlsx"
    return send_file(path, mimetype=XLSX, as_attachment=True, download_name=name, etag=False)


_UNCHECKED = ("checking", "cancelled", "failed")
"""States in which there is nothing to answer or to confirm."""
_UNDONE = Text(
    "已撤销：恢复 {restored} 条，撤回 {withdrawn} 条新增，{left} 条此后又有改动，保持不变。",
    "Undone: {restored} restored, {withdrawn} new ones withdrawn, {left} changed since and left as they are.",
)
