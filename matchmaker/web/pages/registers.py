"""The registers: chains with their editor, LPR quotes, the workday calendar, and those that are only read."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError, UsageError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.credit_sources import CreditSource
from matchmaker.lists.entry import Entry, fields_of, key_of, values_of
from matchmaker.lists.files import read_table
from matchmaker.lists.guarantee_registers import GUARANTEE_REGISTERS
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import REGISTERS, Chain, LprRow, Workday
from matchmaker.lists.queries import history_of
from matchmaker.lists.services.registers import import_register, uses_of_chain, withdraw_chain, write_register
from matchmaker.web.forms import Form, as_text, asked, check, filled, questions_of
from matchmaker.web.guard import action
from matchmaker.web.moved import CONFLICT, moved_since
from matchmaker.web.once import do_once
from matchmaker.web.tables import look
from matchmaker.web.tables.registers import register_table
from matchmaker.web.view import actor, announce, current_lang, page, parts, reading, writing

registers = Blueprint("registers", __name__)
_HINTS = {
    "chain_code": Text("大写字母和数字，例如 FISHING；以后不能改", "capitals and digits; it never changes"),
    "name_zh": Text("", ""),
    "name_en": Text("", ""),
    "industries": Text("国民经济行业代码，多个用 ; 分隔，例如 2442;2444", "GB/T 4754 codes separated by ;"),
    "leaders": Text("多家用 、 分隔", "several are separated by 、"),
    "basis": Text("从哪里来：文件名、日期", "where it is from: document and date"),
    "source": Text("从哪里来：网址、日期", "where it is from: address and date"),
}
_GUARANTEE = {model.kind_name: model for model in GUARANTEE_REGISTERS}
_TABS = {
    kind: REGISTERS[kind]
    for kind in ("chains", "areas", "industries", "lpr", "workdays", "size-classes", "credit-sources")
}
EDITED: dict[str, type[Entry]] = {"chains": Chain, "lpr": LprRow, "credit-sources": CreditSource, **_GUARANTEE}
"""Registers with a form; the calendar is imported, the others come with the platform."""


@registers.get("/registers/<kind>")
@action("registers.read")
def table(kind: str) -> str:
    """One register: filtered, sorted, paged."""
    return _table(kind)


def _table(kind: str, error: RejectedError | UsageError | None = None) -> str:
    model = _model(kind)
    with reading() as session:
        view = look(session, register_table(model, link=_link(kind)))
    return page(
        "register_table.html", kind=kind, model=model, models=_GUARANTEE if kind in _GUARANTEE else _TABS, view=view,
        error=error, edited=kind in EDITED, guarantee=kind in _GUARANTEE,
    )  # fmt: skip


def _link(kind: str) -> Any:
    if kind not in EDITED:
        return None
    return lambda row: url_for("registers.change", kind=kind, public_id=row.public_id)


def _model(kind: str) -> Any:
    if kind not in REGISTERS:
        raise NotFoundError(_NO_REGISTER, code="unknown_list")
    return REGISTERS[kind]


def _edited(kind: str) -> Any:
    if kind not in EDITED:
        raise NotFoundError(_NO_REGISTER, code="unknown_list")
    return EDITED[kind]


@registers.get("/registers/<kind>/new")
@action("registers.write")
def begin(kind: str) -> str:
    """An empty form."""
    return _form(kind, None, None)


@registers.get("/registers/<kind>/<public_id>")
@action("registers.read")
def change(kind: str, public_id: str) -> str:
    """A row as it stands, where it is used, and its versions."""
    return _form(kind, public_id, None)


@registers.post("/registers/<kind>/new")
@action("registers.write")
def made(kind: str) -> Any:
    """Add a row."""
    return _kept(kind, None)


@registers.post("/registers/<kind>/<public_id>")
@action("registers.write")
def changed(kind: str, public_id: str) -> Any:
    """Change a row, if nobody else has meanwhile."""
    return _kept(kind, public_id)


def _form(kind: str, public_id: str | None, form: Form | None, *, overtaken: bool = False) -> str:
    """``overtaken``: somebody else changed the row while the form was open; the form is for the newer version now."""
    model = _edited(kind)
    codes = [field.code for field in fields_of(model)]
    with reading() as session:
        found = None if public_id is None else _found(session, model, public_id)
        values = {} if found is None else values_of(found)
        form = form or filled(questions_of(model, codes, load_registers(session), hints=_HINTS), values)
        uses = uses_of_chain(session, found.chain_code) if isinstance(found, Chain) else []
        versions = history_of(session, found) if found is not None else []
        moved = moved_since(session, found, _version()) if overtaken and found is not None else None
    typed = request.method == "POST" and not overtaken
    version = request.form.get("version", "") if typed else found.version if found else ""
    return page(
        "register_form.html", kind=kind, model=model, form=form, entry=found, version=version, uses=uses,
        versions=versions, moved=moved, title=" · ".join(map(str, key_of(found))) if found is not None else "",
    )  # fmt: skip


def _kept(kind: str, public_id: str | None) -> Any:
    model = _edited(kind)
    with reading() as session:
        known = load_registers(session)
        questions = questions_of(model, [field.code for field in fields_of(model)], known, hints=_HINTS)
        form = asked(questions)
        key = {} if public_id is None else _key_cells(filled(questions, values_of(_found(session, model, public_id))))
        check(session, model, form, known)
    if form.faults or "switch_to" in request.form:
        return _form(kind, public_id, form)
    try:
        answer = do_once(
            lambda session: _write(session, kind, {**form.cells(), **key}, _version() if public_id else None)
        )
    except _Faulty as faulty:
        form.faults = faulty.faults
        return _form(kind, public_id, form)
    except ConflictError as error:
        if error.code != CONFLICT or public_id is None:
            raise
        return _form(kind, public_id, form, overtaken=True), 409
    announce(Text("已保存。", "Saved."))
    return answer


class _Faulty(Exception):
    """What is wrong is known only under the lock; the transaction is undone."""

    def __init__(self, faults: list[tuple[str, Text]]) -> None:
        super().__init__()
        self.faults = faults


def _key_cells(form: Form) -> dict[str, Cell]:
    """The cells that say which row it is: those of the row that the address names, whatever was sent."""
    keys = {one.name for one in form.questions if one.declared.key}
    return {code: cell for code, cell in form.cells().items() if code in keys}


def _write(session: ScopedSession, kind: str, cells: Mapping[str, Cell], version: int | None) -> str:
    faults = write_register(
        session, actor=actor(), model=_edited(kind), cells=cells, version=version, now=parts().now()
    )
    if faults:
        raise _Faulty([(code, as_text(fault)) for code, fault in faults])
    return url_for("registers.table", kind=kind)


def _version() -> int:
    typed = request.form.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


@registers.post("/registers/chains/<public_id>/remove")
@action("registers.write")
def remove_chain(public_id: str) -> Any:
    """Take a chain away; one in use stays, and the page says where it is used."""
    try:
        with writing() as session:
            chain = _found(session, Chain, public_id)
            withdraw_chain(session, actor=actor(), chain=chain, version=_version(), now=parts().now())
    except ConflictError as error:
        if error.code == CONFLICT:
            return _form("chains", public_id, None, overtaken=True), 409
        if error.code != "chain_in_use":
            raise
        return _form_with(public_id, error), 409
    announce(Text("已删除产业链。", "The chain was taken away."))
    return redirect(url_for("registers.table", kind="chains"), 303)


def _form_with(public_id: str, error: ConflictError) -> str:
    with reading() as session:
        chain = _found(session, Chain, public_id)
        codes = [field.code for field in fields_of(Chain)]
        form = filled(questions_of(Chain, codes, load_registers(session), hints=_HINTS), values_of(chain))
    form.faults = [("uses", Text(error.say("zh"), error.say("en")))]
    return _form("chains", public_id, form)


@registers.post("/registers/workdays/import")
@action("registers.write")
def import_days() -> Any:
    """Bring the calendar to what a file says, whole or not at all; the faults are listed with their rows."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _table("workdays", UsageError(_NO_FILE, code="no_file")), 422
    ending = Path(sent.filename).suffix.lower()
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"calendar{ending if ending in ('.csv', '.xlsx') else '.csv'}"
            sent.save(path)
            table = read_table(path, Workday)
        with writing() as session:
            done = import_register(session, actor=actor(), table=table, now=parts().now(), lang=current_lang())
    except (RejectedError, UsageError) as error:
        return _table("workdays", error), 422
    if done.faults:
        said = "；".join(f"{fault.cell or fault.row}: {fault.message}" for fault in done.faults[:5])
        return _table("workdays", RejectedError(_FAULTY, code="faulty", count=len(done.faults), said=said)), 422
    announce(_IMPORTED, new=done.new, changed=done.changed, unchanged=done.unchanged)
    return redirect(url_for("registers.table", kind="workdays"), 303)


def _found(session: Session, model: Any, public_id: str) -> Any:
    kept = model.status == EntryStatus.PUBLISHED
    found = session.scalars(select(model).where(model.public_id == public_id, kept)).one_or_none()
    if found is None:
        raise NotFoundError(
            Text("没有这一条。从列表重新进入。", "There is no such row. Open it from the list again."),
            code="unknown_entry",
        )
    return found


_NO_REGISTER = Text("没有这张基础数据表。", "There is no such register.")
_NO_FILE = Text("还没有选择文件。选择 .csv 或 .xlsx 文件后再导入。", "No file was chosen. Choose a .csv or .xlsx file.")
_FAULTY = Text(
    "文件中有 {count} 处错误，一行也没有写入：{said}", "The file has {count} faults, so nothing was written: {said}"
)
_IMPORTED = Text(
    "日历已导入：新增 {new}，修改 {changed}，无变化 {unchanged}（天）。",
    "The calendar was imported: {new} days new, {changed} changed, {unchanged} unchanged.",
)
