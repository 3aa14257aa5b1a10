"""The lists as tables, and one page for each entry with its versions."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of, key_fields, key_of
from matchmaker.lists.files.official import OFFICIAL
from matchmaker.lists.files.shown import BY_NAME
from matchmaker.lists.files.written import write_xlsx
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import LISTS, CreditRecord
from matchmaker.lists.provenance import origins
from matchmaker.lists.queries import find_entry, history_of
from matchmaker.lists.readable import note_look, readable_fields
from matchmaker.web.guard import action
from matchmaker.web.moved import people_in
from matchmaker.web.names import Names, names_for, show
from matchmaker.web.tables import Table, look
from matchmaker.web.tables.entries import SHOWN, entry_table
from matchmaker.web.tables.workbook import sent
from matchmaker.web.view import actor, current_day, may_do, page, parts, reading

lists = Blueprint("lists", __name__)


def _model(kind: str) -> Any:
    if kind not in SHOWN:
        raise NotFoundError(Text("没有这张清单。", "There is no such list."), code="unknown_list")
    return LISTS[kind]


@lists.get("/lists/<kind>")
@action("lists.read")
def table(kind: str) -> str:
    """One list: filtered, sorted, paged; the columns that were chosen."""
    model = _model(kind)
    names: dict[Any, Text] = {}
    with reading() as session:
        view = look(session, table_of(session, model, names))
        names.update(names_for(session, fields_of(model), view.rows))
    return page("list.html", model=model, kind=kind, view=view, export=_export_address(kind), official=_official(kind))


@lists.get("/lists/<kind>/export.xlsx")
@action("lists.export")
def export(kind: str) -> Response:
    """The rows that the table's address selects, as a workbook to import again. It holds what the reader's table offers
    and nothing else; what may not be read of a row is blank."""
    model = _model(kind)
    who = actor()
    with TemporaryDirectory() as folder, reading() as session:
        path = Path(folder) / f"{kind}.xlsx"
        view = look(session, table_of(session, model, {}), every_row=True)
        offered = {column.name for column in view.table.columns} | {f.code for f in key_fields(model)}
        rows = (
            {f.code: getattr(row, f.attribute) for f in readable_fields(who, row) if f.code in offered}
            for row in view.rows
        )
        write_xlsx(path, model, rows, registers=load_registers(session, BY_NAME), note=export_note(who))
        raw = path.read_bytes()
    name = f"{model.label.zh}-{current_day():%Y%m%d}.xlsx"
    return sent(raw, name)


def table_of(session: ScopedSession, model: type[Entry], names: Names) -> Table:
    """The table of a list as the asking person reads it; ``names`` are filled in once the rows are known."""
    return entry_table(
        session, model, actor(), names, now=parts().now(), stale_days=parts().settings.stale_days,
        link=lambda entry: url_for("lists.entry", kind=model.kind_name, key=address_of(entry)),
    )  # fmt: skip


def _export_address(kind: str) -> str | None:
    if not may_do("lists.export"):
        return None
    query = request.query_string.decode()
    return url_for("lists.export", kind=kind) + (f"?{query}" if query else "")


def _official(kind: str) -> str | None:
    """The same rows in the official form, of the lists that have one."""
    if kind not in OFFICIAL:
        return None
    query = request.query_string.decode()
    return url_for("official.printed", kind=kind) + (f"?{query}" if query else "")


def export_note(who: Actor) -> str:
    """Who exported a workbook and when, for its printed pages."""
    return f"{who.name} {local(parts().now(), parts().settings.zone):%Y-%m-%d %H:%M}"


def address_of(entry: Entry) -> str:
    """What an entry's page is called: its key, or where that names an enterprise, its public id (ASVS 14.2.1)."""
    return "/".join(map(str, key_of(entry))) if _key_may_be_shown(type(entry)) else str(entry.public_id)


def _key_may_be_shown(model: type[Entry]) -> bool:
    return all(field.sensitivity == "public" for field in key_fields(model))


def _find(session: Session, model: type[Entry], address: str) -> Entry:
    if _key_may_be_shown(model):
        return find_entry(session, model, address)
    found = session.scalars(select(model).where(model.public_id == address)).one_or_none()
    if found is None:
        raise NotFoundError(Text("没有这一条。", "There is no such entry."), code="unknown_entry")
    return found


def _stale_before() -> Any:
    return parts().now() - timedelta(days=parts().settings.stale_days)


def _ended(entry: Any) -> Text | None:
    """Whether a product or policy is outside its validity today."""
    day = current_day()
    if getattr(entry, "valid_to", None) and entry.valid_to < day:
        return Text("已过有效期", "ended")
    if getattr(entry, "valid_from", None) and entry.valid_from > day:
        return Text("尚未生效", "not yet valid")
    return None


@lists.get("/lists/<kind>/<path:key>")
@action("lists.read")
def entry(kind: str, key: str) -> str:
    """One entry with all its fields and the history of its versions."""
    model = _model(kind)
    with reading() as session:
        found: Any = _find(session, model, key)
        versions = history_of(session, found)
        fields = readable_fields(actor(), found)
        names = names_for(session, fields, [found])
        people = people_in(session, (version.actor for version in versions))
        came = origins(session, {one.cause for one in versions}) if model is CreditRecord else {}
    note_look(parts().database, actor(), found, "page", parts().now())
    return page(
        "entry.html",
        model=model,
        kind=kind,
        key=key,
        entry=found,
        fields=fields,
        versions=versions,
        people=people,
        came=came,
        show=show,
        names=names,
        ended=_ended,
        stale_before=_stale_before(),
    )
