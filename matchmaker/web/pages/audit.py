"""The audit as the auditor reads it: what was done, by whom, to what, filtered by action, subject and day."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import ColumnElement, func, select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.audit_files import export_lines, since
from matchmaker.accounts.audit_titles import title_of
from matchmaker.accounts.models import AuditEvent
from matchmaker.domain.errors import UsageError
from matchmaker.domain.text import Text
from matchmaker.web.guard import action
from matchmaker.web.view import actor, current_day, page, page_number, parts, reading

audit = Blueprint("audit", __name__)
ROWS_A_PAGE = 50


@audit.get("/audit")
@action("audit.read")
def events() -> str:
    """Events, newest first."""
    number, wanted = page_number(), _wanted()
    with reading() as session:
        actions = session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)).all()
        total = session.scalar(select(func.count()).select_from(AuditEvent).where(*wanted)) or 0
        query = select(AuditEvent).where(*wanted).order_by(AuditEvent.seq.desc())
        rows = session.scalars(query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).all()
    pages = -(-total // ROWS_A_PAGE)
    return page(
        "audit.html", rows=rows, change_of=change_of, title_of=title_of, actions=actions, number=number, total=total,
        pages=pages,
    )  # fmt: skip


def _wanted() -> list[ColumnElement[bool]]:
    """The filters of the query; blank ones count for nothing."""
    found: list[ColumnElement[bool]] = []
    for name, column in (("action", AuditEvent.action), ("subject", AuditEvent.subject), ("who", AuditEvent.who)):
        if value := request.args.get(name, "").strip():
            found.append(column == value)
    if written := request.args.get("day", "").strip():
        start = datetime.combine(_day(written), time(), parts().settings.zone)
        found += [AuditEvent.at >= start, AuditEvent.at < start + timedelta(days=1)]
    return found


def _day(written: str) -> date:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or not date(1970, 1, 2) <= found <= date(9999, 12, 30):
        raise UsageError(_NO_DAY, code="day", value=written[:40])
    return found


@audit.get("/audit/export")
@action("audit.read")
def export() -> Response:
    """The links as lines of JSON, from ``?since=`` (a place or a day) on; that it was taken is an event, too."""
    wanted = request.args.get("since", "").strip()
    try:
        only = since(wanted, parts().settings.zone) if wanted else None
    except ValueError as error:
        raise UsageError(_NO_DAY, code="day", value=wanted[:40]) from error
    running, who, moment = parts(), actor(), parts().now()
    with running.database.writing(who) as session:
        record_event(
            session, actor=who, action="audit.exported", subject="audit", now=moment, after={"since": wanted[:40]}
        )

    def lines() -> Iterator[str]:
        with running.database.reading(who) as session:
            yield from export_lines(session, only)

    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="audit-{current_day()}.jsonl"'}
    return Response(lines(), mimetype="application/x-ndjson", headers=headers)


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


_NO_DAY = Text("「{value}」不是日期。写成 2026-11-23。", '"{value}" is not a date. Write it as 2026-11-23.')
