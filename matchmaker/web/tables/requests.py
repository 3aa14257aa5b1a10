"""The table of enterprises' requests (copy, correction, deletion) that the bureau answers by their due dates."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import case, select

from matchmaker.accounts.models import SubjectRequest
from matchmaker.accounts.subject_requests import KINDS, STATES
from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise
from matchmaker.web.tables.filters import Choice, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import beside, linked, moment, say, tagged

_ROW: Any = SubjectRequest
_LABELS: Mapping[Any, Text] = KINDS
COLOURS = {"open": "waiting", "done": "pass", "refused": "failed"}


def requests_table(names: Callable[[], Mapping[str, str]], day: date, soon: date) -> Table:
    """Those to be answered first, the first due first. ``names``: USCC → name, asked once the rows are known; ``soon``:
    what is due by then is pressing."""
    late = (_ROW.state == "open") & (_ROW.due_on < day)
    pressing = (_ROW.state == "open") & (_ROW.due_on <= soon)
    return Table(
        base=select(SubjectRequest),
        columns=[
            Column("enterprise", Text("企业", "Enterprise"), lambda one: linked(_address(one), _name(names(), one)),
                   value=lambda one: _name(names(), one)),
            Column("kind", Text("请求", "Request"), lambda one: say(_LABELS[one.kind]), _ROW.kind),
            Column("about", Text("内容", "About"), lambda one: one.about, form="long", shown=False),
            Column("sent", Text("提交", "Sent"), lambda one: moment(one.created_at), _ROW.created_at, "day",
                   value=lambda one: one.created_at),
            Column("due", Text("答复期限", "Due"), lambda one: _due(one, day),
                   case((_ROW.state == "open", _ROW.due_on)), "day", value=lambda one: one.due_on),
            Column("state", Text("状态", "State"), lambda one: tagged(COLOURS[one.state], STATES[one.state]),
                   _ROW.state, value=lambda one: STATES[one.state]),
            Column("answered", Text("办结时间", "Answered"), lambda one: moment(one.answered_at), _ROW.answered_at,
                   "day", shown=False, value=lambda one: one.answered_at),
        ],
        unique=_ROW.id.desc(),
        filters=[
            Choice("state", Text("状态", "State"), _ROW.state, list(STATES.items())),
            Choice("kind", Text("请求", "Request"), _ROW.kind, list(_LABELS.items())),
            Flag("late", Text("期限", "Due"), {"yes": (_LATE, late), "soon": (_SOON, pressing)}),
        ],
        search=(_ROW.about,),
        default_sort="due",
    )  # fmt: skip


def names_of(session: Any, rows: Any) -> dict[str, str]:
    """USCC → name of the enterprises on a page."""
    codes = {one.uscc for one in rows}
    return dict(session.execute(select(Enterprise.uscc, Enterprise.name).where(Enterprise.uscc.in_(codes))).all())


def _name(names: Mapping[str, str], one: SubjectRequest) -> str:
    return names.get(one.uscc, one.uscc)


def _address(one: SubjectRequest) -> str:
    return url_for("subject_requests.one", public_id=one.public_id)


def _due(one: SubjectRequest, day: date) -> Markup:
    late = one.state == "open" and one.due_on < day
    return beside(moment(one.due_on), tagged("failed", _LATE)) if late else moment(one.due_on)


_LATE = Text("已逾期", "overdue")
_SOON = Text("一个工作日内到期或已逾期", "due within a workday, or overdue")
