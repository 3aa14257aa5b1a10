"""What the platform did: how banks answer leads, which windows were pushed, which matchings were made."""

from typing import Any

from flask import Blueprint, Response, url_for

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.web.guard import action
from matchmaker.web.tables import look
from matchmaker.web.tables.operations import leads_table, matchings_table, pushes_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import page, reading

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
    return page(
        "operations.html", title=_RESPONSES, view=view, tabs=(), export=book_address("operations.responses_book")
    )


@operations.get("/responses/export.xlsx")
@action("leads.watch")
def responses_book() -> Response:
    """The rows that the address selects, as a workbook."""
    with reading() as session:
        return send_book(look(session, leads_table(session), every_row=True), _RESPONSES)


@operations.get("/runs/<kind>")
@action("messages.read")
def runs(kind: str) -> str:
    """The history of pushes or matchings."""
    title, table = _runs(kind)
    with reading() as session:
        view = look(session, table())
    tabs = [(url_for("operations.runs", kind=one), label, one == kind) for one, (label, _) in RUNS.items()]
    return page(
        "operations.html", title=title, view=view, tabs=tabs, export=book_address("operations.runs_book", kind=kind)
    )


@operations.get("/runs/<kind>/export.xlsx")
@action("messages.read")
def runs_book(kind: str) -> Response:
    """The same as a workbook."""
    title, table = _runs(kind)
    with reading() as session:
        return send_book(look(session, table(), every_row=True), title)


def _runs(kind: str) -> Any:
    if kind not in RUNS:
        raise NotFoundError(Text("没有这种批次。", "There are no such runs."), code="unknown_list")
    return RUNS[kind]
