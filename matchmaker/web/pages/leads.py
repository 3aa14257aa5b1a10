"""Leads for a bank's people: anonymous cards, and after consent the facts the enterprise let them see.

Neither titles nor addresses hold a name; an address holds the lead's public id.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from flask import Blueprint, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.terms import ReferralState, RefusalReason
from matchmaker.domain.text import LANGS, Text
from matchmaker.lists.disclosed import shown_facts
from matchmaker.lists.queries import load_workdays
from matchmaker.push.answers import answers_to, refuse_lead, take_lead, undo_lead
from matchmaker.push.inbox import count_inbox, inbox_of
from matchmaker.push.lead_export import LINK_MINUTES, check_export, export_leads, sign_export
from matchmaker.push.lead_views import open_lead
from matchmaker.referrals.queries import TABS, Tab
from matchmaker.web.due import due_words
from matchmaker.web.guard import action
from matchmaker.web.view import (
    actor,
    announce,
    current_day,
    current_lang,
    may_do,
    page,
    page_number,
    parts,
    reading,
    writing,
)

leads = Blueprint("leads", __name__)
ROWS_A_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@leads.get("/leads")
@action("leads.read")
def listing() -> str:
    """The bank's leads in the tabs of what is to be done, the first due first."""
    tab = _tab()
    number, on, now = page_number(), current_day(), parts().now()
    with reading() as session:
        counts = count_inbox(session, on=on)
        rows = inbox_of(
            session, actor=actor(), tab=tab, on=on, settings=parts().settings, now=now, limit=ROWS_A_PAGE,
            offset=(number - 1) * ROWS_A_PAGE,
        )  # fmt: skip
        due = due_words(load_workdays(session), on)
    pages = -(-counts[tab] // ROWS_A_PAGE)
    return page("leads.html", rows=rows, tab=tab, tabs=TABS, counts=counts, number=number, pages=pages, due=due)


def _tab() -> Tab:
    asked = request.args.get("tab", "")
    return next((tab for tab in TABS if tab == asked), "waiting")


@leads.get("/leads/<public_id>")
@action("leads.read")
def lead(public_id: str) -> str:
    """One lead; what its enterprise consented to comes through the gate, which writes the look down."""
    return _shown(public_id)


def _shown(public_id: str, fault: Text | None = None) -> str:
    now, settings = parts().now(), parts().settings
    with writing() as session:
        view, found = open_lead(
            session, actor=actor(), public_id=public_id, channel="page", now=now, zone=settings.zone
        )
        answer = answers_to(session, [public_id], actor=actor(), settings=settings, now=now).get(public_id)
        facts = list(shown_facts(found, current_lang()))
        due = due_words(load_workdays(session), current_day())
    verbs = {step.verb for step in answer.steps} if answer and may_do("referrals.answer") else set()
    return page(
        "lead.html", lead=view, facts=facts, answer=answer, verbs=verbs, due=due, reasons=list(RefusalReason),
        fault=fault, chosen=request.form.get("reason", ""), note=request.form.get("note", ""),
    )  # fmt: skip


@leads.post("/leads/<public_id>/take")
@action("referrals.answer")
def take(public_id: str) -> Response:
    """接单. Where a colleague was first, the page says who and when."""
    with _told_where_it_stands(), writing() as session:
        take_lead(session, actor=actor(), public_id=public_id, settings=parts().settings, now=parts().now())
        announce(_TAKEN)
    return redirect(url_for("leads.lead", public_id=public_id), 303)


@leads.post("/leads/<public_id>/refuse")
@action("referrals.answer")
def refuse(public_id: str) -> Any:
    """不适合我行, with a reason; the form comes back where none was given."""
    reason, note = request.form.get("reason") or None, request.form.get("note")
    try:
        with _told_where_it_stands(), writing() as session:
            refuse_lead(
                session, actor=actor(), public_id=public_id, reason=reason, note=note, settings=parts().settings,
                now=parts().now(),
            )  # fmt: skip
            announce(_REFUSED)
    except RejectedError as error:
        asked = error.code == "reason_required"
        return _shown(public_id, _CHOOSE if asked else Text(*(error.say(lang) for lang in LANGS))), 422
    return redirect(url_for("leads.lead", public_id=public_id), 303)


@leads.post("/leads/<public_id>/undo")
@action("referrals.answer")
def undo(public_id: str) -> Response:
    """Take the answer back within its minute."""
    with _told_where_it_stands(), writing() as session:
        undone = undo_lead(session, actor=actor(), public_id=public_id, settings=parts().settings, now=parts().now())
        announce(_UNDONE if undone.state is ReferralState.OPEN else _UNDONE_ENDED)
    return redirect(url_for("leads.lead", public_id=public_id), 303)


@contextmanager
def _told_where_it_stands() -> Iterator[None]:
    """What has been answered meanwhile is no error page: the lead's page says it (EXPERIENCE.md B-6)."""
    try:
        yield
    except ConflictError as error:
        announce(Text(*(error.say(lang) for lang in LANGS)))


@leads.post("/leads/export")
@action("leads.read")
def export() -> Any:
    """A link to the workbook that works for an hour."""
    token = sign_export(parts().settings, actor=actor(), now=parts().now())
    return redirect(url_for("leads.exported", token=token))


@leads.get("/leads/exports/<token>")
@action("leads.read")
def exported(token: str) -> str:
    """Where the workbook is to be had, and for how long."""
    check_export(parts().settings, token, actor=actor(), now=parts().now())
    return page("lead_export.html", token=token, minutes=LINK_MINUTES)


@leads.get("/leads/exports/<token>/leads.xlsx")
@action("leads.read")
def download(token: str) -> Any:
    """The workbook as it is allowed at this moment: the link is only leave to ask."""
    now = parts().now()
    check_export(parts().settings, token, actor=actor(), now=now)
    with writing() as session:
        made = export_leads(session, actor=actor(), settings=parts().settings, lang=current_lang(), now=now)
    return send_file(BytesIO(made), mimetype=XLSX, as_attachment=True, download_name="leads.xlsx")


_TAKEN = Text(
    "已接单。一分钟内可以撤销；企业同意后，这里显示它授权的信息。",
    "Taken. You can undo this for a minute; what the company consents to stands here then.",
)
_REFUSED = Text(
    "已答复「不适合我行」。一分钟内可以撤销。", "You said that it is not for your bank. You can undo this for a minute."
)
_CHOOSE = Text("选择一个原因。", "Choose a reason.")
_UNDONE = Text("已撤销，可以重新答复。", "Undone. The need waits for your answer again.")
_UNDONE_ENDED = Text("已撤销。这条对接已结束，无需再答复。", "Undone. The referral has ended; no answer is needed.")
