"""One rating, rule by rule: for the enterprise that it is about with what it can do, for the bureau with the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.guarantee_terms import Grade, RatingDimension
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.appeals import LEAST_WORDS, appeal_rating
from matchmaker.guarantee.rating.looks import note_rating_look
from matchmaker.guarantee.rating.models import LEAST_REASON, Rating
from matchmaker.guarantee.rating.queries import (
    appeals,
    find_rating,
    ratings_of,
    standing_entry,
    standing_rating,
    wanted_override,
)
from matchmaker.guarantee.rating.readable import MOST_WORDS
from matchmaker.guarantee.rating.readiness import Readiness, readiness_of
from matchmaker.guarantee.rating.rules import find_rules
from matchmaker.guarantee.rating.view import RatingRow, RatingView, rating_view
from matchmaker.lists.queries import load_workdays
from matchmaker.web.due import due_words
from matchmaker.web.guard import action
from matchmaker.web.moved import people_in
from matchmaker.web.once import do_once
from matchmaker.web.pages.ratings.routes import ratings
from matchmaker.web.pages.ratings.typed import Fault, refusals, typed
from matchmaker.web.tables.ratings import APPEALS
from matchmaker.web.tables.requests import names_of
from matchmaker.web.view import actor, announce, current_day, current_lang, page, parts, reading

EARLIER = 20
"""So many earlier ratings are listed."""


@ratings.get("/ratings/mine")
@action("own")
def mine() -> str:
    """「我的信用评级」: the rating that stands, how to raise it, and what can be asked; or what is missing for one."""
    return _mine()


def _mine(fault: Fault | None = None) -> str:
    uscc = actor().uscc or ""
    with reading() as session:
        rating = standing_rating(session, uscc)
        entry, given = standing_entry(session, uscc), readiness_of(session, uscc, parts().now())
        if rating is None:
            return page("rating_none.html", entry=entry, given=given, first=_first(given))
        return page("rating_mine.html", given=given, fault=fault, **_told(session, rating))


def _first(given: Readiness) -> str:
    """The one thing to do first where there is no rating yet."""
    if not given.published or given.blank:
        return "facts"
    return "consent" if given.consent is None and given.bureau is not None else "wait"


@ratings.get("/ratings/<rating_no>")
@action("ratings.read")
def one(rating_no: str) -> str:
    """A rating of this number, an earlier one too."""
    return show(rating_no)


def show(rating_no: str, fault: Fault | None = None) -> str:
    """The page of a rating for whoever reads it, with what was wrong with a form that was sent from it."""
    with reading() as session:
        rating = find_rating(session, rating_no)
        told = _told(session, rating)
        name = names_of(session, [rating]).get(rating.uscc, rating.uscc)
        wanted = wanted_override(session, rating_no)
    if actor().side is Side.ENTERPRISE:
        return page("rating_own.html", **told)
    note_rating_look(parts().database, actor(), rating, "page", parts().now())
    return page(
        "rating_one.html", name=name, fault=fault, grades=Grade, least=LEAST_REASON, who=actor().who, wanted=wanted,
        **told,
    )  # fmt: skip


def _told(session: ScopedSession, rating: Rating) -> dict[str, Any]:
    """What every page of a rating shows."""
    view = rating_view(session, rating, current_lang(), actor=actor(), on=current_day())
    entry = standing_entry(session, rating.uscc)
    objections = [one for one in appeals(session, uscc=rating.uscc) if one.rating_no == rating.rating_no]
    earlier = [one for one in ratings_of(session, rating.uscc) if one.rating_no != rating.rating_no]
    return {
        "view": view,
        "grade": Grade.of(view.grade),
        "stands": entry is not None and entry.rating_no == rating.rating_no,
        "standing": entry,
        "dimensions": _by_dimension(view),
        "raising": _raising(view),
        "rules": find_rules(session, rating.rules_version).public_id,
        "objections": objections,
        "colours": APPEALS,
        "waiting": any(one.state == "open" for one in objections),
        "earlier": earlier[:EARLIER],
        "due": due_words(load_workdays(session), current_day()),
        "names": _people(session, view),
        "least_words": LEAST_WORDS,
        "most_words": MOST_WORDS,
    }


def _people(session: ScopedSession, view: RatingView) -> Mapping[str, str]:
    told = view.override or {}
    return people_in(session, [who for name in ("made_by", "decided_by") if (who := told.get(name))])


def _by_dimension(view: RatingView) -> list[tuple[Text, Sequence[RatingRow]]]:
    found = [(one.label, [row for row in view.rows if row.dimension == one.value]) for one in RatingDimension]
    return [(label, rows) for label, rows in found if rows]


def _raising(view: RatingView) -> list[RatingRow]:
    """What alone would raise the grade; where nothing alone does, everything that holds it down together."""
    alone = [row for row in view.rows if row.raises_to and row.repair]
    return alone or [row for row in view.rows if row.binding and row.repair]


@ratings.post("/ratings/mine/appeal")
@action("ratings.appeal")
def appeal() -> Any:
    """Object to the rating that stands; the same objection sent again is the one that is open already."""

    def work(session: ScopedSession) -> str:
        appeal_rating(
            session, actor=actor(), rating_no=typed("rating_no"), about=typed("about"), now=parts().now(),
            settings=parts().settings,
        )  # fmt: skip
        announce(_APPEALED)
        return url_for("ratings.mine", _anchor="appeal")

    def again(error: MatchmakerError) -> str:
        return _mine(Fault.of("about", error))

    return refusals(again, lambda: do_once(work))


_APPEALED = Text("申诉已提交，答复期限写在下面。", "Your appeal is in; by when you are answered stands below.")
