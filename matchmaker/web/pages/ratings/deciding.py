"""Another grade than the rules': asked for by one person with a reason, decided by another (EXPERIENCE.md U-2)."""

from typing import Any

from flask import request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import MatchmakerError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.overrides import ask_override, confirm_override, refuse_override
from matchmaker.guarantee.rating.queries import find_override
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.ratings.one import show
from matchmaker.web.pages.ratings.routes import ratings
from matchmaker.web.pages.ratings.typed import Fault, refusals, typed
from matchmaker.web.view import actor, announce, parts, reading


@ratings.post("/ratings/<rating_no>/override")
@action("ratings.override")
def override(rating_no: str) -> Any:
    """Ask for another grade."""

    def work(session: ScopedSession) -> str:
        ask_override(
            session, actor=actor(), rating_no=rating_no, grade=_grade(), reason=typed("reason"), now=parts().now()
        )
        announce(_ASKED)
        return url_for("ratings.one", rating_no=rating_no)

    return refusals(lambda error: show(rating_no, Fault.of("override", error)), lambda: do_once(work))


def _grade() -> Grade:
    found = next((one for one in Grade if one.value == typed("grade")), None)
    if found is None:
        raise RejectedError(_NO_GRADE, code="grade")
    return found


@ratings.post("/ratings/overrides/<override_id>")
@action("ratings.override")
def decide(override_id: str) -> Any:
    """Confirm what another person asked for, or leave the rules' grade."""
    with reading() as session:
        rating_no = find_override(session, override_id).rating_no
    confirmed = typed("answer") == "confirm"

    def work(session: ScopedSession) -> str:
        answer = confirm_override if confirmed else refuse_override
        version = request.form.get("version", type=int)
        answer(session, actor=actor(), public_id=override_id, version=version, now=parts().now())
        announce(_CONFIRMED if confirmed else _REFUSED)
        return url_for("ratings.one", rating_no=rating_no)

    def again(error: MatchmakerError) -> str:
        return show(rating_no, Fault.of("decide", error))

    return refusals(again, lambda: do_once(work))


_ASKED = Text("已提出，由另一位工作人员确认后生效。", "Asked for; it takes effect once another person confirms it.")
_CONFIRMED = Text("已确认，调整后的等级现在生效。", "Confirmed: the other grade counts from now on.")
_REFUSED = Text("已记录为不调整，系统评级不变。", "Refused: the grade of the rules stands.")
_NO_GRADE = Text("还没有选择等级。选一个等级后再提交。", "No grade is chosen. Choose one and send it again.")
