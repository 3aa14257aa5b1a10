"""The audit as the auditor reads it: a table filtered by action, subject, person and day, and its own export.

The export keeps the links as lines of JSON, for a workbook could not be verified: ``flask audit verify``.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.audit_files import export_lines, since
from matchmaker.domain.errors import UsageError
from matchmaker.domain.text import Text
from matchmaker.web.guard import action
from matchmaker.web.tables import look
from matchmaker.web.tables.audit import audit_table
from matchmaker.web.view import actor, current_day, page, parts, reading

audit = Blueprint("audit", __name__)


@audit.get("/audit")
@action("audit.read")
def events() -> str:
    """Events, newest first."""
    with reading() as session:
        view = look(session, audit_table(session))
    return page("audit.html", view=view, since=_first_day())


def _first_day() -> str | None:
    """The day from which the table is shown, for the export; None where none was typed, or none that it reads."""
    try:
        return date.fromisoformat(request.args.get("at.from", "").strip()).isoformat()
    except ValueError:
        return None


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


_NO_DAY = Text("「{value}」不是日期。写成 2026-11-23。", '"{value}" is not a date. Write it as 2026-11-23.')
