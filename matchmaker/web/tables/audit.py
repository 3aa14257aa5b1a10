"""The table of the audit: what was done, when, by whom, to what and from where."""

import json
from collections.abc import Sequence
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit_titles import title_of
from matchmaker.accounts.models import AuditEvent
from matchmaker.domain.text import Text
from matchmaker.web.tables.filters import Choice, During, Exact
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import linked, moment, noted, parts, say

_EVENT: Any = AuditEvent


def audit_table(session: Session) -> Table:
    """Events, newest first. The order of the chain is the only whole one, so it is what a reader sorts by."""
    actions = session.scalars(select(_EVENT.action).distinct().order_by(_EVENT.action)).all()
    return Table(
        base=select(AuditEvent),
        columns=[
            Column("seq", Text("序号", "No."), lambda e: e.seq, _EVENT.seq, "num"),
            Column("at", Text("时间", "When"), lambda e: moment(e.at), None, "day"),
            Column("action", Text("动作", "Action"), _action),
            Column("subject", Text("对象", "Subject"), lambda e: _same(e.subject, subject=e.subject)),
            Column("who", Text("操作者", "Who"), lambda e: _same(e.who, who=e.who)),
            Column("address", Text("来自", "From"), lambda e: e.address or "--"),
            Column("request", Text("请求编号", "Request"), lambda e: e.request_id or "--", shown=False),
            Column("change", Text("变化", "Change"), change_of, form="long"),
        ],
        unique=_EVENT.seq.desc(),
        filters=[
            Choice("action", Text("动作", "Action"), _EVENT.action, _actions(actions)),
            During("at", Text("时间", "When"), _EVENT.at, parts().settings.zone),
            Exact("subject", Text("对象（如 needs:编号）", "Subject (such as needs:ID)"), _EVENT.subject),
            Exact("who", Text("操作者（如 person:编号）", "Who (such as person:ID)"), _EVENT.who),
        ],
    )


def _actions(codes: Sequence[str]) -> list[tuple[str, Text]]:
    titles = ((code, title_of(code)) for code in codes)
    return [(code, Text(f"{title.zh} · {code}", f"{title.en} · {code}")) for code, title in titles]


def _action(event: AuditEvent) -> Markup:
    found = linked(url_for("audit.events", action=event.action), say(title_of(event.action)))
    return noted(found, event.action)


def _same(value: str, **having: Any) -> Markup:
    """The value with a link to all events that have it."""
    return linked(url_for("audit.events", **having), value)


def change_of(event: AuditEvent) -> str:
    """What was and what is: ``status: draft → published; version: 1 → 2``; ``--`` for nothing."""
    before, after = event.before or {}, event.after or {}
    told = []
    for name in dict.fromkeys((*before, *after)):
        sides = [_said(side[name]) for side in (before, after) if side.get(name) is not None]
        told += [f"{name}: {' → '.join(sides)}"] if sides else []
    return "; ".join(told) or "--"


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
