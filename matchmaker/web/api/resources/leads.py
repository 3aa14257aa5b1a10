"""Needs that were recommended to a bank: anonymous cards, and what their enterprises consented to, through the gate."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from flask import Response
from sqlalchemy import Date, String, select, type_coerce
from sqlalchemy.orm import Session

from matchmaker.accounts.gate import Disclosed
from matchmaker.db import ScopedSession, UtcTime
from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import LISTS
from matchmaker.push.lead_views import LeadView, open_lead, views_of
from matchmaker.push.models import Lead
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.kinds import coded, form_of, json_name
from matchmaker.web.api.labels import add_names
from matchmaker.web.api.listing import Listing, Order, list_page
from matchmaker.web.api.operations import ETAG, IF_NONE_MATCH, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.answers_shown import answers_shown
from matchmaker.web.api.resources.feed import said
from matchmaker.web.api.resources.lead_schemas import LeadSchema, LeadWithFactsSchema
from matchmaker.web.api.schemas import chosen_from, page_schema, shown_moment
from matchmaker.web.view import actor, current_lang, parts, writing

LEADS = Blueprint("leads", Text("推荐给本行的需求", "needs recommended to the bank"), "/api/v1/leads")
_STATE = Param({"type": "string", "enum": ["open", "ended"]}, Text("状态。", "State."))

LISTED = Listing(
    base=select(Lead).where(Lead.card.is_not(None)),
    orders={
        "due_on": Order(type_coerce(Lead.due_on, Date), str, date.fromisoformat),
        "shown_at": Order(type_coerce(Lead.shown_at, UtcTime), lambda v: v.isoformat(), datetime.fromisoformat),
        "id": Order(type_coerce(Lead.public_id, String)),
    },
    filters={
        "state": (_STATE, lambda one: Lead.ended_at.is_(None) if one == "open" else Lead.ended_at.is_not(None)),
    },
    members=chosen_from(LeadSchema),
    default=("due_on", "id"),
)


@LEADS.route("", endpoint="list")
@operation(
    LEADS, "leads.read", Text("推荐给本行的需求", "Needs recommended to the bank"), page_schema(LeadSchema),
    query=LISTED.params, headers=(IF_NONE_MATCH,), answers=ETAG,
    about="企业授权之前只有区间和类别，没有身份。\nBands and kinds only, no identity, before the enterprise consents.",
)  # fmt: skip
def list_leads() -> Response:
    """The first due first."""
    now = parts().now()
    with parts().database.reading(actor()) as session:
        return list_page(session, LISTED, lambda rows, _: shown_leads(session, rows, now))


@LEADS.route('/<id("leads"):id>', endpoint="one")
@operation(
    LEADS, "disclosure.read", Text("一条推荐，及企业已授权的信息", "A lead, and what its enterprise consented to"),
    LeadWithFactsSchema, headers=(IF_NONE_MATCH,), answers=ETAG,
    about="facts 只含此刻仍有效的授权所开放的内容；每次查看都会记录，企业能看到。\n"
    "facts: what a consent opens that holds at this moment. Every look is written down; the enterprise sees it.",
)  # fmt: skip
def read_lead(id: str) -> Response:  # noqa: A002
    """The disclosure stands in the same transaction."""
    read_query({})
    with writing() as session:
        view, found = open_lead(
            session, actor=actor(), public_id=id, channel="api", now=parts().now(), zone=parts().settings.zone
        )
        body = _shown(view, answers_shown(session, [id])) | {"text": view.text, "facts": _facts(session, found)}
    return reply(body, version=view.version)


def shown_leads(session: ScopedSession, rows: Sequence[Lead], now: datetime) -> list[dict[str, Any]]:
    """Leads as a list or a step answers them."""
    answers = answers_shown(session, [lead.public_id for lead in rows])
    return [_shown(one, answers) for one in views_of(session, rows, now)]


def _shown(view: LeadView, answers: Mapping[str, Any]) -> dict[str, Any]:
    card = said(view.card)
    codes = card.get("codes", {})
    return {
        "id": shown_id("leads", view.public_id),
        "reference": view.reference,
        "state": view.state,
        "card": card["card"],
        "enterprise": codes.get("firm"),
        "wants": codes.get("wants"),
        "currency": "CNY",
        "verdict": coded(Verdict.ELIGIBLE, current_lang()),
        "product": {"id": view.product_id and shown_id("products", view.product_id), **card["product"]},
        "why": card["why"],
        "shown_at": shown_moment(view.shown_at),
        "due_on": view.due_on.isoformat(),
        "consent_until": shown_moment(view.consent_until),
        **({"answer": answers[view.public_id]} if view.public_id in answers else {}),
        "version": view.version,
    }


def _facts(session: Session, found: Disclosed) -> dict[str, list[dict[str, Any]]]:
    """Name of the list → its entries, in the form that the lists themselves have here."""
    return {kind: _entries(session, kind, entries) for kind, entries in found.facts.items()}


def _entries(session: Session, kind: str, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    declared = fields_of(LISTS[kind])
    rows = [SimpleNamespace(**{f.attribute: entry.get(f.code) for f in declared}) for entry in entries]
    shown = [_entry(kind, entry) for entry in entries]
    add_names(session, declared, rows, shown)
    return shown


def _entry(kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    lang = current_lang()
    shown = [f for f in fields_of(LISTS[kind]) if f.code in entry and not f.is_blank(entry[f.code])]
    return {json_name(f): form_of(f.kind).show(entry[f.code], lang) for f in shown}
