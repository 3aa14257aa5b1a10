"""The bureau's workbench: what is to do, every number a link to the rows behind it, and what is still to be set up."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from matchmaker.db import ScopedSession
from matchmaker.lists.models import LISTS
from matchmaker.matching.queries import latest_run
from matchmaker.reports.indicators import BY_KEY, GROUPS, Indicator
from matchmaker.web.pages.lists import table_of
from matchmaker.web.pages.requests import soon_on
from matchmaker.web.pages.workbench.setup import tasks
from matchmaker.web.tables import Table, count_rows
from matchmaker.web.tables.operations import leads_table, messages_table
from matchmaker.web.tables.ratings import appeals_table
from matchmaker.web.tables.requests import requests_table
from matchmaker.web.view import current_day, moment, page, parts, reading

PRESSING = {"late": "soon"}
"""Filter of the table of requests: the legal day is the next workday, or past."""


def workbench() -> str:
    """Counts by the tables that their links open, the checklist of setting up, and the last matching."""
    with reading() as session:
        counts = count_indicators(session)
        setting_up = tasks(session)
        run = latest_run(session, until=current_day())
        soon = soon_on(session)
        pressing = count_rows(session, requests_table(dict, current_day(), soon), PRESSING)
        appealed = count_rows(session, appeals_table(dict, current_day(), soon, moment), PRESSING)
    return page(
        "workbench_bureau.html", groups=GROUPS, indicators=BY_KEY, counts=counts, address_of=address_of,
        setting_up=setting_up, run=run, pressing=pressing, appealed=appealed, now=parts().now(),
    )  # fmt: skip


def count_indicators(session: ScopedSession) -> Mapping[str, int]:
    """Key → number, counted by the table that the indicator's link opens."""
    tables: dict[str, Table] = {}
    found = {}
    for one in BY_KEY.values():
        if one.table not in tables:
            tables[one.table] = _table(session, one.table)
        found[one.key] = count_rows(session, tables[one.table], one.filters)
    return found


def _table(session: ScopedSession, name: str) -> Table:
    if name == "leads":
        return leads_table(session)
    if name == "messages":
        return messages_table({})
    return table_of(session, LISTS[name], {})


def address_of(one: Indicator) -> str:
    """Where the rows of an indicator stand."""
    filters: dict[str, Any] = dict(one.filters)
    if one.table in _PAGES:
        return url_for(_PAGES[one.table], **filters)
    return url_for("lists.table", kind=one.table, **filters)


_PAGES = {"leads": "operations.responses", "messages": "messages.outbox"}
