"""The three lists as official tables: a page made for printing on A4 across, and the same as a workbook."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Response, request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.files.official import OFFICIAL, Official, columns_of, write_official
from matchmaker.lists.readable import seen_of
from matchmaker.web.guard import action
from matchmaker.web.names import names_for, show
from matchmaker.web.pages.lists import export_note, table_of
from matchmaker.web.tables import look
from matchmaker.web.tables.workbook import sent
from matchmaker.web.view import actor, current_day, page, parts, reading

official = Blueprint("official", __name__)


@official.get("/lists/<kind>/official")
@action("lists.read")
def printed(kind: str) -> str:
    """The form as a page; what the address narrows the list to, all of it."""
    form = _form(kind)
    with reading() as session:
        rows, say = _rows(session, form)
    query = request.query_string.decode()
    return page(
        "official.html", form=form, columns=columns_of(form), rows=rows, say_of=say, now=parts().now(),
        workbook=url_for("official.workbook", kind=kind) + (f"?{query}" if query else ""),
        back=url_for("lists.table", kind=kind) + (f"?{query}" if query else ""),
    )  # fmt: skip


@official.get("/lists/<kind>/official.xlsx")
@action("lists.export")
def workbook(kind: str) -> Response:
    """The form as a workbook."""
    form, note = _form(kind), export_note(actor())
    with TemporaryDirectory() as folder, reading() as session:
        path = Path(folder) / "official.xlsx"
        rows, say = _rows(session, form)
        write_official(path, form, rows, say=say, on=current_day(), issuer=parts().settings.city, note=note)
        raw = path.read_bytes()
    name = f"{form.title.zh}-{current_day():%Y%m%d}.xlsx"
    return sent(raw, name)


def _form(kind: str) -> Official:
    if kind not in OFFICIAL:
        raise NotFoundError(Text("没有这张官方表格。", "There is no such official table."), code="unknown_list")
    return OFFICIAL[kind]


def _rows(session: ScopedSession, form: Official) -> tuple[Any, Any]:
    """The entries (published ones, unless the address asks for a state), and what is shown of each: blank is what the
    reader may not see or nobody filled in."""
    table = table_of(session, form.model, {})
    if "status" not in request.args:
        table = replace(table, base=table.base.where(form.model.status == EntryStatus.PUBLISHED))
    rows = look(session, table, every_row=True).rows
    names = names_for(session, [field for field, _ in columns_of(form)], rows)
    who = actor()

    def say(field: Any, entry: Any) -> str:
        if field.sensitivity not in seen_of(who, entry):
            return ""
        if field.code == "uscc":
            found = names.get(("enterprise", entry.uscc))
            return found.zh if found else ""
        shown = show(field, entry, names)
        return "" if shown == "--" else shown

    return rows, say
