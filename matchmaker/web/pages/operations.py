"""What the platform did: how banks answer leads, which windows were pushed, which matchings were made."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.web.guard import action
from matchmaker.web.pages.lists import export_note
from matchmaker.web.tables import Table, look
from matchmaker.web.tables.operations import leads_table, matchings_table, pushes_table
from matchmaker.web.tables.workbook import book_of, sent
from matchmaker.web.view import actor, current_day, page, reading, say

operations = Blueprint("operations", __name__)
RUNS = {
    "pushes": (Text("推送批次", "Push runs"), pushes_table),
    "matchings": (Text("匹配批次", "Matchings"), matchings_table),
}
_RESPONSES = Text("银行响应", "Banks' responses")


@operations.get("/responses")
@action("leads.watch")
def responses() -> str:
    """Every need that was recommended to a bank, with its due date."""
    with reading() as session:
        view = look(session, leads_table(session))
    return page("operations.html", title=_RESPONSES, view=view, tabs=(), export=_export("operations.responses_book"))


@operations.get("/responses/export.xlsx")
@action("leads.watch")
def responses_book() -> Response:
    """The rows that the address selects, as a workbook."""
    with reading() as session:
        return _book(session, leads_table(session), _RESPONSES)


@operations.get("/runs/<kind>")
@action("messages.read")
def runs(kind: str) -> str:
    """The history of pushes or matchings."""
    title, table = _runs(kind)
    with reading() as session:
        view = look(session, table())
    tabs = [(url_for("operations.runs", kind=one), label, one == kind) for one, (label, _) in RUNS.items()]
    return page("operations.html", title=title, view=view, tabs=tabs, export=_export("operations.runs_book", kind=kind))


@operations.get("/runs/<kind>/export.xlsx")
@action("messages.read")
def runs_book(kind: str) -> Response:
    """The same as a workbook."""
    title, table = _runs(kind)
    with reading() as session:
        return _book(session, table(), title)


def _runs(kind: str) -> Any:
    if kind not in RUNS:
        raise NotFoundError(Text("没有这种批次。", "There are no such runs."), code="unknown_list")
    return RUNS[kind]


def _export(endpoint: str, **values: Any) -> str:
    query = request.query_string.decode()
    return url_for(endpoint, **values) + (f"?{query}" if query else "")


def _book(session: ScopedSession, table: Table, title: Text) -> Response:
    raw = book_of(look(session, table, every_row=True), say(title), export_note(actor()))
    name = f"{title.zh}-{current_day():%Y%m%d}.xlsx"
    return sent(raw, name)
