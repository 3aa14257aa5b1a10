"""The bureau's table of ratings, and having an enterprise rated now."""

from typing import Any

from flask import Response, redirect, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import MatchmakerError, NotFoundError
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.ratings.routes import ratings
from matchmaker.web.pages.ratings.typed import Fault, typed
from matchmaker.web.safety import status_of
from matchmaker.web.tables import View, look
from matchmaker.web.tables.ratings import ratings_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, announce, current_day, page, parts, reading

TITLE = Text("信用评级", "Ratings")


@ratings.get("/ratings")
@action("ratings.read")
def listing() -> Any:
    """All ratings that stand; an enterprise finds its own page."""
    if actor().side is Side.ENTERPRISE:
        return redirect(url_for("ratings.mine"))
    return _listing()


def _listing(fault: Fault | None = None) -> str:
    return page("ratings.html", view=_look(), export=book_address("ratings.export"), title=TITLE, fault=fault,
                typed=typed("enterprise"))  # fmt: skip


def _look(*, every_row: bool = False) -> View:
    with reading() as session:
        return look(session, ratings_table(current_day()), every_row=every_row)


@ratings.get("/ratings/export.xlsx")
@action("ratings.read")
def export() -> Response:
    """The ratings that the address selects, as a workbook."""
    return send_book(_look(every_row=True), TITLE)


@ratings.post("/ratings")
@action("ratings.write")
def rate() -> Any:
    """Rate an enterprise as of today, by its code; it is typed, or that of the rating on whose page one is."""

    def work(session: ScopedSession) -> str:
        made = rate_enterprise(
            session, actor=actor(), uscc=typed("enterprise").strip().upper(), as_of=current_day(), now=parts().now(),
            settings=parts().settings,
        )  # fmt: skip
        announce(_RATED)
        return url_for("ratings.one", rating_no=made.rating_no)

    try:
        return do_once(work)
    except NotFoundError as error:
        return _refused(error)


def _refused(error: MatchmakerError) -> tuple[str, int]:
    return _listing(Fault.of("enterprise", error)), status_of(error)


_RATED = Text("已按现行规则评级。", "Rated by the rules in force.")
