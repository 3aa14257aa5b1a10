"""The bureau's tables of ratings and of the appeals against them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import case, select

from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.models import Rating, RatingAppeal, RatingOverride
from matchmaker.lists.models import Enterprise
from matchmaker.web.tables.filters import Choice, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import beside, linked, moment, say, tagged

_ENTRY: Any = EnterpriseRating
_APPEAL: Any = RatingAppeal
Names = Callable[[], Mapping[str, str]]

APPEALS: Mapping[str, tuple[str, Text]] = {
    "open": ("waiting", Text("待答复", "open")),
    "adopted": ("pass", Text("已采纳", "adopted")),
    "refused": ("out", Text("未采纳", "not adopted")),
}
"""State of an appeal → its colour and its name."""

EXPIRED = Text("已到期", "expired")
OVERRIDDEN = Text("人工调整", "set by people")
ASKED = Text("调整待确认", "another grade asked for")
APPEALED = Text("申诉待答复", "appeal open")


def ratings_table(day: date) -> Table:
    """The ratings that stand, the worst grade first."""
    expired, override = _ENTRY.valid_to < day, RatingOverride.state
    appealed = select(RatingAppeal.id).where(_APPEAL.rating_no == _ENTRY.rating_no, _APPEAL.state == "open").exists()
    return Table(
        base=_ratings(appealed),
        columns=[
            Column("firm", Text("企业", "Enterprise"), _linked, Enterprise.name, value=lambda one: one.firm),
            Column("grade", Text("信用等级", "Grade"), lambda one: say(one.grade.label), _ENTRY.grade),
            Column("machine", Text("系统评级", "By the rules"), lambda one: one.machine or "--", Rating.grade),
            Column("state", Text("状态", "State"), lambda one: _tags(one, day),
                   value=lambda one: Text("、".join(t.zh for _, t in _states(one, day)),
                                          ", ".join(t.en for _, t in _states(one, day)))),
            Column("rated", Text("评级日期", "As of"), lambda one: moment(one.rated_on), _ENTRY.rated_on, "day",
                   value=lambda one: one.rated_on),
            Column("until", Text("有效期至", "Valid to"), lambda one: moment(one.valid_to), _ENTRY.valid_to, "day",
                   value=lambda one: one.valid_to),
            Column("rules", Text("规则版本", "Rules"), lambda one: one.rules_version or "--", Rating.rules_version),
            Column("number", Text("评级编号", "Rating"), lambda one: one.rating_no, _ENTRY.rating_no, shown=False),
        ],
        unique=_ENTRY.id,
        default_sort="-grade",
        filters=[
            Choice("grade", Text("信用等级", "Grade"), _ENTRY.grade, [(one.value, one.label) for one in Grade],
                   load=Grade.of),
            Flag("state", Text("状态", "State"), {
                "expired": (EXPIRED, expired),
                "overridden": (OVERRIDDEN, override == "confirmed"),
                "asked": (ASKED, override == "asked"),
                "appealed": (APPEALED, appealed),
            }),
        ],
        search=(Enterprise.name, _ENTRY.rating_no),
    )  # fmt: skip


def _ratings(appealed: Any) -> Any:
    """The entries with what the table says of the ratings behind them, without their long facts."""
    live = (RatingOverride.rating_no == _ENTRY.rating_no) & (RatingOverride.state != "refused")
    told = (
        Enterprise.name.label("firm"), _ENTRY.grade, _ENTRY.rating_no, _ENTRY.rated_on, _ENTRY.valid_to,
        Rating.grade.label("machine"), Rating.rules_version, RatingOverride.state.label("override"),
        appealed.label("appealed"),
    )  # fmt: skip
    found = (
        select(*told)
        .select_from(EnterpriseRating)
        .join(Enterprise, Enterprise.uscc == _ENTRY.uscc)
        .where(_ENTRY.status == EntryStatus.PUBLISHED)
    )
    return found.outerjoin(Rating, Rating.rating_no == _ENTRY.rating_no).outerjoin(RatingOverride, live)


def _name(names: Mapping[str, str], one: Any) -> str:
    return names.get(one.uscc, one.uscc)


def _linked(one: Any) -> Any:
    """A rating whose making is no longer kept has no page."""
    return linked(url_for("ratings.one", rating_no=one.rating_no), one.firm) if one.machine else one.firm


def _states(one: Any, day: date) -> list[tuple[str, Text]]:
    told = [
        (one.valid_to < day, "stale", EXPIRED),
        (one.override == "confirmed", "near", OVERRIDDEN),
        (one.override == "asked", "waiting", ASKED),
        (one.appealed, "waiting", APPEALED),
    ]
    return [(kind, label) for there, kind, label in told if there]


def _tags(one: Any, day: date) -> Any:
    found = _states(one, day)
    return beside(*(tagged(kind, label) for kind, label in found)) if found else tagged("pass", _VALID)


def appeals_table(names: Names, day: date, soon: date, due: Callable[[date | None], Markup]) -> Table:
    """Those to be answered first, the first due first. ``soon``: what is due by then is pressing."""
    is_open = _APPEAL.state == "open"
    return Table(
        base=select(RatingAppeal),
        columns=[
            Column("firm", Text("企业", "Enterprise"),
                   lambda one: linked(url_for("ratings.one_appeal", appeal_id=one.public_id), _name(names(), one)),
                   value=lambda one: _name(names(), one)),
            Column("rating", Text("评级编号", "Rating"), lambda one: one.rating_no, _APPEAL.rating_no),
            Column("about", Text("理由", "Why"), lambda one: one.about, form="long", shown=False),
            Column("sent", Text("提交", "Sent"), lambda one: moment(one.created_at), _APPEAL.created_at, "day",
                   value=lambda one: one.created_at),
            Column("due", Text("答复期限", "Due"),
                   lambda one: due(one.due_on) if one.state == "open" else moment(one.due_on),
                   case((is_open, _APPEAL.due_on)), "day", value=lambda one: one.due_on),
            Column("state", Text("状态", "State"), lambda one: tagged(*APPEALS[one.state]), _APPEAL.state,
                   value=lambda one: APPEALS[one.state][1]),
            Column("answered", Text("答复时间", "Answered"), lambda one: moment(one.answered_at), _APPEAL.answered_at,
                   "day", shown=False, value=lambda one: one.answered_at),
        ],
        unique=_APPEAL.id.desc(),
        filters=[
            Choice("state", Text("状态", "State"), _APPEAL.state,
                   [(code, label) for code, (_, label) in APPEALS.items()]),
            Flag("late", Text("期限", "Due"), {
                "yes": (Text("已逾期", "overdue"), is_open & (_APPEAL.due_on < day)),
                "soon": (Text("一个工作日内到期或已逾期", "due within a workday, or overdue"),
                         is_open & (_APPEAL.due_on <= soon)),
            }),
        ],
        search=(_APPEAL.rating_no, _APPEAL.about),
        default_sort="due",
    )  # fmt: skip


_VALID = Text("有效", "valid")
