"""Another grade than the rules', asked for on the case file and confirmed by a second person (EXPERIENCE.md U-2)."""

from typing import Any

from flask import request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.queries import find_case
from matchmaker.guarantee.rating.overrides import ask_override, confirm_override, refuse_override
from matchmaker.guarantee.rating.queries import find_rating, wanted_override
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.pages.guarantees.steps import refusals
from matchmaker.web.view import actor, announce, parts


@guarantees.post("/guarantees/<public_id>/override")
@action("ratings.override")
def override(public_id: str) -> Any:
    """Ask for another grade, with a reason of at least ten characters."""
    typed = {name: request.form.get(name, "") for name in ("grade", "reason")}

    def work(session: ScopedSession) -> str:
        ask_override(
            session, actor=actor(), rating_no=_shown(session, public_id), grade=_grade(typed["grade"]),
            reason=typed["reason"], now=parts().now(),
        )  # fmt: skip
        announce(_ASKED)
        return url_for("guarantees.one", public_id=public_id)

    return refusals(public_id, "override", typed, lambda: do_once(work))


def _shown(session: ScopedSession, public_id: str) -> str:
    """The rating that the page showed, which stands by now in place of the one that the case began with.

    NotFoundError for one of another enterprise than the case's.
    """
    case = find_case(session, public_id)
    rating = find_rating(session, request.form.get("rating_no", case.rating_no))
    if rating.uscc != case.uscc:
        raise NotFoundError(_OTHER, code="not_found", no=rating.rating_no)
    return rating.rating_no


def _grade(written: str) -> Grade:
    found = next((one for one in Grade if one.value == written), None)
    if found is None:
        raise RejectedError(_NO_GRADE, code="grade")
    return found


@guarantees.post("/guarantees/<public_id>/override/answer")
@action("ratings.override")
def override_answer(public_id: str) -> Any:
    """A second person confirms it, or leaves the rules' grade as it is."""

    def work(session: ScopedSession) -> str:
        wanted = wanted_override(session, _shown(session, public_id))
        if wanted is None:
            raise RejectedError(_NOTHING, code="override_missing")
        answer = confirm_override if request.form.get("answer") == "confirm" else refuse_override
        answer(session, actor=actor(), public_id=wanted.public_id, version=wanted.version, now=parts().now())
        announce(_ANSWERED)
        return url_for("guarantees.one", public_id=public_id)

    return refusals(public_id, "override", {}, lambda: do_once(work))


_ASKED = Text("已提出调整，由另一人确认后生效。", "Asked for; it takes effect once another person confirms it.")
_ANSWERED = Text("已答复评级调整。", "The change of the grade is answered.")
_NO_GRADE = Text("还没有选择等级。选一个等级后再提交。", "No grade is chosen. Choose one and send it again.")
_OTHER = Text(
    "评级 {no} 不是这家企业的。回到案卷，从页面上的评级重新提出。",
    "The rating {no} is not of this enterprise. Go back to the case file and ask from the rating shown there.",
)
_NOTHING = Text(
    "没有待确认的调整，可能已由他人答复。刷新页面查看。",
    "There is nothing to confirm; somebody may have answered. Reload the page.",
)
