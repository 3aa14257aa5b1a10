"""The table of API tokens of one's own side."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import case

from matchmaker.accounts.models import ApiToken, Person
from matchmaker.accounts.tokens import STATES, in_state, state_of, with_makers
from matchmaker.domain.text import Text
from matchmaker.web.tables.filters import Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import coded, moment, t, tagged

_TOKEN: Any = ApiToken


def tokens_table(now: datetime, buttons: Callable[[ApiToken], Any]) -> Table:
    """Those in force first, the newest first. A row: (token, its maker's name)."""
    states = {state: (label, in_state(state, now)) for state, label in STATES.items()}
    order = case(*((in_state(state, now), place) for place, state in enumerate(STATES)))
    return Table(
        base=with_makers(),
        columns=[
            Column("name", Text("名称", "Name"), lambda row: row[0].name, _TOKEN.name),
            Column("prefix", Text("开头", "Begins with"),
                   lambda row: coded(f"{row[0].prefix}…"), value=lambda row: row[0].prefix),
            Column("scopes", Text("权限", "Scopes"), lambda row: t("、", ", ").join(row[0].scopes), form="long"),
            Column("maker", Text("创建人", "Made by"), lambda row: row[1], Person.name),
            Column("made", Text("创建时间", "Made"), lambda row: moment(row[0].created_at), _TOKEN.created_at, "day",
                   shown=False, value=lambda row: row[0].created_at),
            Column("used", Text("最近使用", "Last used"), lambda row: moment(row[0].last_used_on),
                   _TOKEN.last_used_on, "day", value=lambda row: row[0].last_used_on),
            Column("until", Text("有效期至", "Valid until"), lambda row: moment(row[0].expires_at),
                   _TOKEN.expires_at, "day", value=lambda row: row[0].expires_at),
            Column("state", Text("状态", "State"), lambda row: _tag(row[0], now), order,
                   value=lambda row: STATES[state_of(row[0], now)]),
            Column("do", Text("操作", "Action"), lambda row: buttons(row[0]), exported=False),
        ],
        unique=_TOKEN.id.desc(),
        filters=[Flag("state", Text("状态", "State"), states)],
        search=(_TOKEN.name, Person.name),
        default_sort="state",
    )  # fmt: skip


def _tag(token: ApiToken, now: datetime) -> Markup:
    state = state_of(token, now)
    return tagged("sent" if state == "active" else "failed", STATES[state])
