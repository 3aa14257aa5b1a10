"""The first page: what the lists hold, and what the last run came to."""

from flask import Blueprint
from sqlalchemy import func, select

from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.models import LISTS
from matchmaker.matching.queries import latest_run
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.audiences import AUDIENCES
from matchmaker.push.models import PushRun
from matchmaker.push.services import WINDOW_STATES, window_reason
from matchmaker.web.guard import action
from matchmaker.web.view import current_day, page, reading

start = Blueprint("start", __name__)
SHOWN = ("policies", "products", "needs", "enterprises", "organisations", "credit-records")


@start.get("/")
@action("overview")
def first_page() -> str:
    """Counts that lead to the rows behind them."""
    with reading() as session:
        counts = {
            kind: session.scalar(
                select(func.count()).select_from(LISTS[kind]).where(LISTS[kind].status == EntryStatus.PUBLISHED)
            )
            for kind in SHOWN
        }
        run = latest_run(session, until=current_day())
        pushes = session.scalars(select(PushRun).order_by(PushRun.window_at.desc(), PushRun.audience).limit(8)).all()
        messages = dict(session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)).all())
    return page(
        "start.html",
        audiences=AUDIENCES,
        window_states=WINDOW_STATES,
        window_reason=window_reason,
        counts=counts,
        models={k: LISTS[k] for k in SHOWN},
        run=run,
        pushes=pushes,
        messages=messages,
    )
