"""The table of enterprises that registered, with what the register holds of each and the buttons to decide."""

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup
from sqlalchemy import case, select

from matchmaker.accounts.models import Registration
from matchmaker.domain.text import Text
from matchmaker.lists.enrolment import Known
from matchmaker.web.tables.filters import Choice, During
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import above, beside, moment, parts, t, tagged

_ROW: Any = Registration
STATES = {
    "pending": Text("待核验", "to be verified"),
    "verified": Text("已核验", "verified"),
    "refused": Text("未通过", "refused"),
}
_COLOURS = {"pending": "waiting", "verified": "pass", "refused": "failed"}
Found = Mapping[tuple[str, str], Known]
"""(USCC, name as registered) → what the register holds."""


def registrations_table(known: Callable[[], Found], buttons: Callable[[Registration], Any]) -> Table:
    """Those to be verified first, the newest first. ``known``: asked once the rows are known."""

    def told(one: Registration) -> str:
        return in_register(known()[one.uscc, one.enterprise_name])

    return Table(
        base=select(Registration).where(_ROW.why.is_distinct_from("login_taken")),
        columns=[
            Column("enterprise", Text("企业", "Enterprise"), _named, _ROW.enterprise_name,
                   value=lambda one: one.enterprise_name),
            Column("uscc", Text("统一社会信用代码", "USCC"), lambda one: one.uscc, _ROW.uscc, shown=False),
            Column("known", Text("清单中", "In the list"), told, form="long"),
            Column("person", Text("注册人", "Person"), lambda one: f"{one.name} {one.phone or ''}".strip(), _ROW.name),
            Column("sent", Text("提交时间", "Sent"), lambda one: moment(one.created_at), _ROW.created_at, "day",
                   value=lambda one: one.created_at),
            Column("state", Text("状态", "State"), _state, case((_ROW.state == "pending", 0), else_=1),
                   value=lambda one: STATES[one.state]),
            Column("decided", Text("核验时间", "Decided"), lambda one: moment(one.decided_at), _ROW.decided_at, "day",
                   shown=False, value=lambda one: one.decided_at),
            Column("do", Text("操作", "Action"), buttons, exported=False),
        ],
        unique=_ROW.id.desc(),
        filters=[
            Choice("state", Text("状态", "State"), _ROW.state, list(STATES.items())),
            During("sent", Text("提交时间", "Sent"), _ROW.created_at, parts().settings.zone),
        ],
        search=(_ROW.enterprise_name, _ROW.uscc, _ROW.name),
        default_sort="state",
    )  # fmt: skip


def _named(one: Registration) -> Markup:
    return above(one.enterprise_name, one.uscc)


def _state(one: Registration) -> Markup:
    found = tagged(_COLOURS[one.state], STATES[one.state])
    return beside(found, one.why) if one.why else found


def in_register(known: Known) -> str:
    """What the register holds, in words."""
    if known.name is None:
        said = t("没有，核验后新增", "not there; verifying adds it")
    elif known.agrees:
        said = t("名称一致", "same name")
    else:
        said = t("名称不同：{name}", "another name: {name}", name=known.name)
    return said + (t("；已有登录人员", "; has people already") if known.has_people else "")
