"""Guarantees of the caller: read, reported on by banks, reviewed and decided by guarantors."""

from datetime import date
from functools import partial
from typing import Any

from flask import Response
from sqlalchemy import Date, String, select, type_coerce

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases import deciding, events
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.queries import find_case
from matchmaker.guarantee.cases.voiding import void_report
from matchmaker.web.api.examples import DECLINED, REPORT, REVIEW, VOID
from matchmaker.web.api.listing import Listing, Order, list_page
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import ETAG, IF_NONE_MATCH, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.guarantee_schemas import (
    GuaranteeSchema,
    NoteSchema,
    ReasonSchema,
    ReportedSchema,
    ReportSchema,
    ReviewSchema,
    VoidSchema,
)
from matchmaker.web.api.resources.guarantees_shown import (
    STEP,
    attempt,
    read_day,
    read_fen,
    shown,
    shown_all,
    stepped,
)
from matchmaker.web.api.schemas import page_schema
from matchmaker.web.view import current_lang, parts, reading

GUARANTEES = Blueprint("guarantees", Text("担保", "guarantees"), "/api/v1/guarantees")
_STATE = Param({"type": "string", "enum": [state.value for state in GuaranteeState]}, Text("状态。", "State."))

LISTED = Listing(
    base=select(Guarantee),
    orders={
        "due_on": Order(type_coerce(Guarantee.due_on, Date), str, date.fromisoformat),
        "id": Order(type_coerce(Guarantee.public_id, String)),
    },
    filters={"state": (_STATE, lambda one: Guarantee.state == one)},
    default=("due_on", "id"),
)


@GUARANTEES.route("", endpoint="list")
@operation(
    GUARANTEES, "guarantees.read", Text("本单位的担保", "One's guarantees"), page_schema(GuaranteeSchema),
    query=LISTED.params, headers=(IF_NONE_MATCH,), answers=ETAG,
)  # fmt: skip
def list_all() -> Response:
    """The first due first."""
    with reading() as session:
        return list_page(session, LISTED, partial(shown_all, session))


@GUARANTEES.route('/<id("guarantees"):id>', endpoint="one")
@operation(
    GUARANTEES, "guarantees.read", Text("一笔担保", "A guarantee"), GuaranteeSchema, headers=(IF_NONE_MATCH,),
    answers=ETAG,
)  # fmt: skip
def read_one(id: str) -> Response:  # noqa: A002
    """To its enterprise, its guarantor, its bank and the bureau."""
    read_query({})
    with reading() as session:
        case = find_case(session, id)
        return reply(shown(session, case), version=case.version)


@GUARANTEES.route('/<id("guarantees"):id>/events', endpoint="report", methods=["POST"])
@operation(
    GUARANTEES, "guarantees.report", Text("报告放款、还款、逾期、结清、代偿申请", "Report on the loan"), ReportedSchema,
    body=ReportSchema, example=REPORT, **STEP,
    about="event_no 由银行编号：重发得到同一答复；早到的事件先记下（parked），对上后生效。\n"
    "event_no is the bank's own: sent again it gets the same answer; what comes too early is parked until it fits.",
)  # fmt: skip
def report(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """A claim is never parked: it fits now, or is refused and may be sent again."""
    read_query({})
    return do_once(partial(_reported, id, _read(body)))


@GUARANTEES.route('/<id("guarantees"):id>:void_report', endpoint="void_report", methods=["POST"])
@operation(
    GUARANTEES, "guarantees.report", Text("撤回未入账的报告", "Take a parked report back"), ReportedSchema,
    body=VoidSchema, example=VOID, **STEP,
    about="只能撤回 parked 的报告；已入账的不能撤回，编号不能再用。\n"
    "Only what is parked; what was booked stays, and the number stays used.",
)  # fmt: skip
def void(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """Of the bank's own reports; nothing has been booked of one that is parked."""
    read_query({})
    return do_once(partial(_voided, id, body["event_no"]))


@GUARANTEES.route('/<id("guarantees"):id>:review', endpoint="review", methods=["POST"])
@operation(
    GUARANTEES, "guarantees.review", Text("提交审查意见", "Give an opinion"), GuaranteeSchema, body=ReviewSchema,
    example=REVIEW, **STEP,
)  # fmt: skip
def review(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """The reason is for the guarantor and the bureau."""
    read_query({})
    return do_once(partial(stepped, id, partial(deciding.review, opinion=body["opinion"], reason=body["reason"])))


@GUARANTEES.route('/<id("guarantees"):id>:approve', endpoint="approve", methods=["POST"])
@operation(
    GUARANTEES, "guarantees.approve", Text("批准并出函", "Approve"), GuaranteeSchema, body=NoteSchema, example={},
    **STEP, about="超过方案金额的，审查人不能批准。\nAbove the scheme's amount the reviewer cannot approve.",
)  # fmt: skip
def approve(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """Consent, rating, reservation and limits are asked anew."""
    read_query({})
    work = partial(deciding.approve, note=body.get("note"), settings=parts().settings)
    return do_once(partial(stepped, id, work))


@GUARANTEES.route('/<id("guarantees"):id>:decline', endpoint="decline", methods=["POST"])
@operation(
    GUARANTEES, "guarantees.approve", Text("不通过", "Decline"), GuaranteeSchema, body=ReasonSchema, example=DECLINED,
    **STEP,
)  # fmt: skip
def decline(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """The enterprise reads the reason."""
    read_query({})
    work = partial(deciding.decline, reason=body["reason"], settings=parts().settings)
    return do_once(partial(stepped, id, work))


def _read(body: dict[str, Any]) -> events.Reported:
    return events.Reported(
        event_no=body["event_no"], kind=body["kind"], happened_on=read_day(body["happened_on"]),
        amount_fen=read_fen(body.get("amount")), interest_fen=read_fen(body.get("interest")),
    )  # fmt: skip


def _reported(public_id: str, told: events.Reported, session: ScopedSession) -> Response:
    found = partial(events.report_event, reported=told, settings=parts().settings)
    return _answered(session, attempt(session, public_id, found))


def _voided(public_id: str, event_no: str, session: ScopedSession) -> Response:
    return _answered(session, attempt(session, public_id, partial(void_report, event_no=event_no)))


def _answered(session: ScopedSession, answer: events.Answer) -> Response:
    why = events.WAITS.get(answer.event.why or "")
    body = {
        "event_no": answer.event.event_no,
        "state": answer.event.state,
        "why": why.say(current_lang()) if why else None,
        "repeated": answer.repeated,
        "guarantee": shown(session, answer.case),
    }
    return reply(body, version=answer.case.version)
