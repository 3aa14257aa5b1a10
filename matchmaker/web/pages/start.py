"""The first page: the workbench of one's side, or what the lists hold and what the last run came to."""

from flask import Blueprint
from sqlalchemy import func, select

from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.lists.models import LISTS
from matchmaker.lists.services.behalf import waiting_for
from matchmaker.matching.queries import latest_run
from matchmaker.push.audiences import AUDIENCES
from matchmaker.push.models import PushRun
from matchmaker.push.services import WINDOW_STATES, window_reason
from matchmaker.web.guard import action
from matchmaker.web.pages.workbench import WORKBENCHES
from matchmaker.web.view import actor, current_day, page, reading

start = Blueprint("start", __name__)
OTHERS = ("policies", "products")
"""Which lists a side finds counted: those that hold something for it."""


@start.get("/")
@action("overview")
def first_page() -> str:
    """The workbench of the reader's side."""
    return WORKBENCHES.get(actor().side, _counts)()


def _counts() -> str:
    """Counts that lead to the rows behind them."""
    shown = OTHERS
    with reading() as session:
        counts = {
            kind: session.scalar(
                select(func.count()).select_from(LISTS[kind]).where(LISTS[kind].status == EntryStatus.PUBLISHED)
            )
            for kind in shown
        }
        entered = waiting_for(session, actor()) if actor().side is Side.ENTERPRISE else []
        run = latest_run(session, until=current_day())
        pushes = session.scalars(select(PushRun).order_by(PushRun.window_at.desc(), PushRun.audience).limit(8)).all()
    return page(
        "start.html",
        audiences=AUDIENCES,
        window_states=WINDOW_STATES,
        window_reason=window_reason,
        counts=counts,
        models={k: LISTS[k] for k in shown},
        run=run,
        pushes=pushes,
        entered=entered,
    )
