"""A bank's answers to its leads: taken, not for us, undone within a minute."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.push.answers import refuse_lead, take_lead, undo_lead
from matchmaker.push.lead_views import find_lead
from matchmaker.web.api.examples import REFUSAL
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import ETAG, IDEMPOTENCY, Blueprint, operation
from matchmaker.web.api.query import read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.answer_schemas import RefusalSchema
from matchmaker.web.api.resources.answers_shown import answers_shown, with_current
from matchmaker.web.api.resources.lead_schemas import LeadSchema
from matchmaker.web.api.resources.leads import shown_leads
from matchmaker.web.view import actor, parts

ANSWERS = Blueprint("answers", Text("对推荐的答复", "answers to leads"), "/api/v1/leads")
_HEADERS: dict[str, Any] = {"headers": (IDEMPOTENCY,), "answers": ETAG, "problems": (409, 422)}


@ANSWERS.route('/<id("leads"):id>:take', endpoint="take", methods=["POST"])
@operation(
    ANSWERS, "referrals.answer", Text("接单", "Take a need"), LeadSchema, **_HEADERS,
    about="本行只有一人接单；同事已答复时为 409，current 是现在的状态。\n"
    "One person of a bank takes it; 409 where a colleague has answered, with how it stands in current.",
)  # fmt: skip
def take(id: str) -> Response:  # noqa: A002
    """The enterprise's systems hear of it."""
    read_query({})
    return do_once(partial(_answered, id, take_lead))


@ANSWERS.route('/<id("leads"):id>:refuse', endpoint="refuse", methods=["POST"])
@operation(
    ANSWERS, "referrals.answer", Text("不适合我行", "Not for this bank"), LeadSchema, body=RefusalSchema,
    example=REFUSAL, **_HEADERS,
    about="note 只在本行内可见；企业只读到一句中性的话。\n"
    "The note stays inside the bank; the company reads a neutral sentence.",
)  # fmt: skip
def refuse(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """The need's place goes to the next bank with the next push."""
    read_query({})
    return do_once(partial(_answered, id, partial(refuse_lead, reason=body["reason"], note=body.get("note"))))


@ANSWERS.route('/<id("leads"):id>:undo', endpoint="undo", methods=["POST"])
@operation(ANSWERS, "referrals.answer", Text("撤销答复", "Undo the answer"), LeadSchema, **_HEADERS)
def undo(id: str) -> Response:  # noqa: A002
    """Until ``undo_until``; afterwards the answer stands."""
    read_query({})
    return do_once(partial(_answered, id, undo_lead))


def _answered(public_id: str, act: Callable[..., Any], session: ScopedSession) -> Response:
    now = parts().now()
    try:
        act(session, actor=actor(), public_id=public_id, settings=parts().settings, now=now)
    except ConflictError as error:
        raise with_current(error, answers_shown(session, [public_id]).get(public_id)) from error
    lead = find_lead(session, public_id)
    session.refresh(lead)
    (shown,) = shown_leads(session, [lead], now)
    return reply(shown, version=lead.version)
