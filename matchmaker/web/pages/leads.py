"""Leads for a bank's people: anonymous cards, and after consent the facts the enterprise let them see.

Neither titles nor addresses hold a name; an address holds the lead's public id.
"""

from io import BytesIO
from typing import Any

from flask import Blueprint, redirect, request, send_file, url_for

from matchmaker.lists.disclosed import shown_facts
from matchmaker.push.lead_export import LINK_MINUTES, check_export, export_leads, sign_export
from matchmaker.push.lead_views import STATES, State, count_leads, list_leads, open_lead
from matchmaker.web.guard import action
from matchmaker.web.view import actor, current_lang, page, page_number, parts, reading, writing

leads = Blueprint("leads", __name__)
ROWS_A_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@leads.get("/leads")
@action("leads.read")
def listing() -> str:
    """The bank's leads, the first due first."""
    state: State = "ended" if request.args.get("state") == "ended" else "open"
    number = page_number()
    with reading() as session:
        counts = {one: count_leads(session, one) for one in STATES}
        rows = list_leads(
            session, actor=actor(), now=parts().now(), state=state, limit=ROWS_A_PAGE,
            offset=(number - 1) * ROWS_A_PAGE,
        )  # fmt: skip
    pages = -(-counts[state] // ROWS_A_PAGE)
    return page("leads.html", rows=rows, state=state, states=STATES, counts=counts, number=number, pages=pages)


@leads.get("/leads/<public_id>")
@action("leads.read")
def lead(public_id: str) -> str:
    """One lead; what its enterprise consented to comes through the gate, which writes the look down."""
    with writing() as session:
        view, found = open_lead(
            session, actor=actor(), public_id=public_id, channel="page", now=parts().now(), zone=parts().settings.zone
        )
        facts = list(shown_facts(found, current_lang()))
    return page("lead.html", lead=view, facts=facts, states=STATES)


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
