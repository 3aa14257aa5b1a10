"""Appeals against ratings, the first due first, and their answers."""

from typing import Any

from flask import Response, request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.appeals import LEAST_WORDS, Outcome, answer_appeal
from matchmaker.guarantee.rating.queries import find_appeal
from matchmaker.guarantee.rating.readable import MOST_WORDS
from matchmaker.lists.queries import load_workdays
from matchmaker.web.due import due_words
from matchmaker.web.guard import action
from matchmaker.web.moved import people_in
from matchmaker.web.once import do_once
from matchmaker.web.pages.ratings.routes import ratings
from matchmaker.web.pages.ratings.typed import Fault, refusals, typed
from matchmaker.web.pages.requests import soon_on
from matchmaker.web.tables import View, look
from matchmaker.web.tables.ratings import APPEALS, appeals_table
from matchmaker.web.tables.requests import names_of
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, announce, current_day, page, parts, reading

TITLE = Text("评级申诉", "Appeals")


@ratings.get("/ratings/appeals")
@action("ratings.answer")
def queue() -> str:
    """All appeals, those to be answered first."""
    return page("rating_appeals.html", view=_look(), export=book_address("ratings.appeals_book"), title=TITLE)


@ratings.get("/ratings/appeals/export.xlsx")
@action("ratings.answer")
def appeals_book() -> Response:
    """The appeals that the address selects, as a workbook."""
    return send_book(_look(every_row=True), TITLE)


def _look(*, every_row: bool = False) -> View:
    firms: dict[str, str] = {}
    with reading() as session:
        due = due_words(load_workdays(session), current_day())
        table = appeals_table(lambda: firms, current_day(), soon_on(session), due)
        view = look(session, table, every_row=every_row)
        firms.update(names_of(session, view.rows))
    return view


@ratings.get("/ratings/appeals/<appeal_id>")
@action("ratings.answer")
def one_appeal(appeal_id: str) -> str:
    """One appeal in the enterprise's words, and the form to answer it."""
    return _one(appeal_id)


def _one(appeal_id: str, fault: Fault | None = None) -> str:
    with reading() as session:
        found = find_appeal(session, appeal_id)
        name = names_of(session, [found]).get(found.uscc, found.uscc)
        due = due_words(load_workdays(session), current_day())
        names = people_in(session, [found.answered_by] if found.answered_by else [])
    return page(
        "rating_appeal.html", one=found, name=name, due=due, fault=fault, typed=request.form, names=names,
        state=APPEALS[found.state], least=LEAST_WORDS, most=MOST_WORDS,
    )  # fmt: skip


@ratings.post("/ratings/appeals/<appeal_id>")
@action("ratings.answer")
def answer(appeal_id: str) -> Any:
    """Answer it in words; one that is adopted has the enterprise rated anew."""
    outcome: Outcome = "adopted" if typed("outcome") == "adopted" else "refused"

    def work(session: ScopedSession) -> str:
        answer_appeal(
            session, actor=actor(), public_id=appeal_id, outcome=outcome, answer=typed("answer"),
            version=request.form.get("version", type=int), now=parts().now(), settings=parts().settings,
        )  # fmt: skip
        announce(_ANSWERED[outcome])
        return url_for("ratings.one_appeal", appeal_id=appeal_id)

    return refusals(lambda error: _one(appeal_id, Fault.of("answer", error)), lambda: do_once(work))


_ANSWERED: dict[Outcome, Text] = {
    "adopted": Text("已采纳，企业已重新评级。", "Adopted: the enterprise has been rated anew."),
    "refused": Text("已答复，评级不变。", "Answered: the rating stands."),
}
