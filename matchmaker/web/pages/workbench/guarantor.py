"""The guarantor's first page: cases to review by due date and amount, and what else waits."""

from typing import Any

from matchmaker.guarantee.cases.queries import count_tabs, list_cases
from matchmaker.lists.queries import load_workdays
from matchmaker.web.due import due_words
from matchmaker.web.pages.guarantees.alerts import Alert, alerts_of, near_limits
from matchmaker.web.tables.guarantees import COLOURS, TABS, load_names, wan
from matchmaker.web.view import current_day, page, reading, say, t

SHOWN = 10


def guarantor_workbench() -> str:
    """What to decide first; nothing on it names an enterprise."""
    with reading() as session:
        counts = count_tabs(session)
        cases = [*list_cases(session, tab="decide", limit=SHOWN), *list_cases(session, tab="review", limit=SHOWN)]
        cases.sort(key=lambda one: (one.due_on, -one.amount_fen))
        return page(
            "workbench_guarantor.html", cases=cases[:SHOWN], names=load_names(session), colours=COLOURS, wan=wan,
            due=due_words(load_workdays(session), current_day()), waiting=counts["review"] + counts["decide"],
            tasks=[_task(one) for one in alerts_of(session, current_day())], near=near_limits(session), tabs=TABS,
        )  # fmt: skip


def _task(one: Alert) -> dict[str, Any]:
    if not one.count:
        return {"label": say(one.label), "state": t("没有", "none"), "kind": "out"}
    return {"label": say(one.label), "href": one.href, "state": t("{n} 笔", "{n}", n=one.count), "kind": one.kind}
