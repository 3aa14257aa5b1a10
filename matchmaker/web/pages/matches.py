"""Matches by need: a table for the bureau and the enterprise, and what every product comes to for one need."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import Side, Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.models import Need
from matchmaker.matching.of_need import Sorted, describe, sort_products
from matchmaker.matching.queries import latest_run
from matchmaker.matching.with_guarantee import Gain, gain_of
from matchmaker.scoring.prepared import ProductOn
from matchmaker.web.answering import Answer, answers_for
from matchmaker.web.gains import WITH_GUARANTEE, told_gain
from matchmaker.web.guard import action
from matchmaker.web.offering import judged_now, offer_of_today
from matchmaker.web.tables import look
from matchmaker.web.tables.matches import Counts, counts_of, match_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, current_day, current_lang, page, page_number, parts, reading

matches = Blueprint("matches", __name__)
ROWS_A_PAGE = 50
FITTING = (Verdict.ELIGIBLE, Verdict.NEAR, Verdict.NEEDS_INFORMATION)


@matches.get("/matches")
@action("matches.read")
def needs() -> str:
    """All published needs with how many products fit, nearly fit, or wait for a fact."""
    if actor().side is Side.ENTERPRISE:
        return _own_needs()
    counts: Counts = {}
    with reading() as session:
        run = latest_run(session, until=current_day())
        view = look(session, match_table(session, run, counts, parts().settings.zone))
        counts.update(counts_of(session, run, view.rows))
    return page("matches.html", run=run, view=view, export=book_address("matches.export"))


def _own_needs() -> str:
    """The enterprise's own, the newest first, counted with the lists as they stand now."""
    with reading() as session:
        entries = session.scalars(select(Need).order_by(Need.created_at.desc(), Need.id.desc())).all()
        found = judged_now(session, entries)
    gains = {need_no: told for need_no, one in found.items() if (told := told_gain(one))}
    return page("own_matches.html", entries=entries, found=found, tabs=FITTING, gains=gains)


@matches.get("/matches/export.xlsx")
@action("matches.read")
def export() -> Response:
    """The rows that the table's address selects, as a workbook."""
    counts: Counts = {}
    with reading() as session:
        run = latest_run(session, until=current_day())
        view = look(session, match_table(session, run, counts, parts().settings.zone), every_row=True)
        counts.update(counts_of(session, run, view.rows))
    return send_book(view, Text("匹配", "Matches"))


def find_need(session: Session, need_no: str) -> Need:
    """The need with this number, of those that the session's actor sees; NotFoundError for any other."""
    found = session.scalars(select(Need).where(Need.need_no == need_no)).one_or_none()
    if found is None:
        raise NotFoundError(Text("没有需求「{no}」。", 'There is no need "{no}".'), code="unknown_need", no=need_no)
    return found


@matches.get("/matches/<need_no>")
@action("matches.read")
def need(need_no: str) -> str:
    """What fits one need, in tabs by verdict, with the lists as they stand now."""
    with reading() as session:
        found = find_need(session, need_no)
        offer = offer_of_today(session)
        market = offer.to(session, found.uscc)
        facts = next((one for one in market.needs if one.need_no == need_no), None)
        if facts is None:
            return page("need.html", need=found, name=market.enterprise_names.get(found.uscc), sorted=None)
        judged = sort_products(market, facts, offer.products)
        gain = gain_of(judged)
        shown = _guaranteed(judged, gain) if gain.products and WITH_GUARANTEE in request.args else _chosen(judged)
        answers = _answers(session, need_no, shown["rows"])
    return page(
        "need.html", need=found, name=market.enterprise_names[found.uscc], sorted=judged, tabs=Verdict,
        answers=answers, numbers=actor().side is Side.BUREAU, on=market.on, fitting=FITTING,
        gain=told_gain(judged), **shown,
    )  # fmt: skip


def _chosen(judged: Sorted) -> dict[str, Any]:
    """The tab that is asked for, else the first that holds something, and the page of its rows."""
    wanted = Verdict._value2member_map_.get(request.args.get("verdict", ""))
    first = next((verdict for verdict in FITTING if judged.count(verdict)), Verdict.ELIGIBLE)
    chosen = wanted if isinstance(wanted, Verdict) else first
    return _page_of(judged, chosen, judged.products[chosen])


def _guaranteed(judged: Sorted, gain: Gain) -> dict[str, Any]:
    """Only the products that fit by the public guarantee, or would."""
    chosen = Verdict.ELIGIBLE if gain.is_open else Verdict.NEAR
    return {**_page_of(judged, chosen, gain.products), "guaranteed": True}


def _page_of(judged: Sorted, chosen: Verdict, products: Sequence[ProductOn]) -> dict[str, Any]:
    pages = max(-(-len(products) // ROWS_A_PAGE), 1)
    number = min(page_number(), pages)
    some = products[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]
    return {"chosen": chosen, "rows": describe(judged, some, current_lang()), "number": number, "pages": pages}


def _answers(session: Session, need_no: str, rows: Any) -> dict[str, Answer]:
    """Of an enterprise's own need; nobody else answers for it."""
    if actor().side is not Side.ENTERPRISE:
        return {}
    return answers_for(session, need_no, (row.product.bank for row in rows), parts().now())
