"""Guarantees as a table: each side finds its own, in tabs of what is to be done with them."""

from typing import Any

from flask import Response, request
from sqlalchemy import func, select

from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.ledger.models import LedgerLeg
from matchmaker.lists.queries import load_workdays
from matchmaker.web.due import due_words
from matchmaker.web.guard import action
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.tables import View, look
from matchmaker.web.tables.guarantees import TABS, guarantees_table, load_names
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, current_day, page, reading

TITLES: dict[Side, Text] = {
    Side.ENTERPRISE: Text("我的担保", "My guarantees"),
    Side.BANK: Text("担保贷款", "Guaranteed loans"),
}
TITLE = Text("担保业务", "Guarantees")


@guarantees.get("/guarantees")
@action("guarantees.read")
def listing() -> str:
    """The guarantees of the reader's side; a guarantor's open with what is to be reviewed, the first due first."""
    view, counts = _look()
    return page(
        "guarantees.html", view=view, tabs=TABS, tab=_tab(), counts=counts, title=TITLES.get(actor().side, TITLE),
        side=actor().side.value, export=book_address("guarantees.export"),
    )  # fmt: skip


@guarantees.get("/guarantees/export.xlsx")
@action("guarantees.read")
def export() -> Response:
    """The guarantees that the address selects, as a workbook."""
    view, _ = _look(every_row=True)
    return send_book(view, TITLES.get(actor().side, TITLE))


def _tab() -> str:
    asked = request.args.get("tab", "")
    return asked if asked in TABS else "queue" if actor().side is Side.GUARANTOR else "all"


def _look(*, every_row: bool = False) -> tuple[View, dict[str, int]]:
    balances: dict[str, int] = {}
    with reading() as session:
        due = due_words(load_workdays(session), current_day())
        table = guarantees_table(TABS[_tab()], actor().side, load_names(session), due, balances)
        view = look(session, table, every_row=every_row)
        balances.update(outstanding_of(session, [one.guarantee_no for one in view.rows]))
        found = dict(session.execute(select(Guarantee.state, func.count()).group_by(Guarantee.state)).all())
    counts = {name: sum(found.get(state.value, 0) for state in tab.states) for name, tab in TABS.items()}
    return view, counts


def outstanding_of(session: Any, numbers: list[str]) -> dict[str, int]:
    """guarantee_no → what is out of the loan in fen, as the books say that the reader sees."""
    query = select(LedgerLeg.guarantee_no, func.sum(LedgerLeg.amount_fen)).where(
        LedgerLeg.guarantee_no.in_(numbers), LedgerLeg.account == "outstanding"
    )
    return dict(session.execute(query.group_by(LedgerLeg.guarantee_no)).all())
