"""Referrals of an enterprise: which banks its needs are with, what they answered, and its own answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response
from sqlalchemy import String, select, type_coerce

from matchmaker.db import ScopedSession, UtcTime
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.push.answers import decline, undo_decline
from matchmaker.referrals.models import Referral
from matchmaker.referrals.queries import view_of
from matchmaker.web.api.entries import find_by_id
from matchmaker.web.api.examples import DECLINE
from matchmaker.web.api.listing import Listing, Order, list_page
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import ETAG, IDEMPOTENCY, IF_NONE_MATCH, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.answer_schemas import DeclineSchema, ReferralSchema
from matchmaker.web.api.resources.answers_shown import shown_referral, with_current
from matchmaker.web.api.schemas import page_schema
from matchmaker.web.view import actor, parts, reading

REFERRALS = Blueprint("referrals", Text("对接", "referrals"), "/api/v1/referrals")
_OPEN = Param({"type": "boolean"}, Text("是否仍在对接。", "Whether it is still open."))
_HEADERS: dict[str, Any] = {"headers": (IDEMPOTENCY,), "answers": ETAG, "problems": (409, 422)}

LISTED = Listing(
    base=select(Referral),
    orders={
        "created": Order(type_coerce(Referral.created_at, UtcTime), lambda v: v.isoformat(), datetime.fromisoformat),
        "id": Order(type_coerce(Referral.public_id, String)),
    },
    filters={"open": (_OPEN, lambda yes: Referral.ended_at.is_(None) if yes else Referral.ended_at.is_not(None))},
    default=("-created", "id"),
)


@REFERRALS.route("", endpoint="list")
@operation(
    REFERRALS, "referrals.read", Text("本企业需求的对接", "Which banks one's needs are with"),
    page_schema(ReferralSchema), query=LISTED.params, headers=(IF_NONE_MATCH,), answers=ETAG,
)  # fmt: skip
def list_all() -> Response:
    """The newest first."""
    with reading() as session:
        return list_page(session, LISTED, _shown_all)


@REFERRALS.route('/<id("referrals"):id>', endpoint="one")
@operation(
    REFERRALS, "referrals.read", Text("一条对接", "A referral"), ReferralSchema, headers=(IF_NONE_MATCH,), answers=ETAG
)
def read_one(id: str) -> Response:  # noqa: A002
    """Of what the bank answered only which answer it is."""
    read_query({})
    with reading() as session:
        return _shown(find_by_id(session, Referral, id))


@REFERRALS.route('/<id("referrals"):id>:decline', endpoint="decline", methods=["POST"])
@operation(
    REFERRALS, "referrals.decline", Text("不感兴趣", "Not interested"), ReferralSchema, body=DeclineSchema,
    example=DECLINE, **_HEADERS,
    about="之后不再推送这个产品。同意则用 /consents。\nThe product is told no more. To consent, use /consents.",
)  # fmt: skip
def say_no(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """The bank learns that it has ended, not why."""
    read_query({})
    return do_once(partial(_answered, id, partial(decline, reason=body["reason"], note=body.get("note"))))


@REFERRALS.route('/<id("referrals"):id>:undo', endpoint="undo", methods=["POST"])
@operation(REFERRALS, "referrals.decline", Text("撤销答复", "Undo the answer"), ReferralSchema, **_HEADERS)
def undo(id: str) -> Response:  # noqa: A002
    """Until ``undo_until``; afterwards the answer stands."""
    read_query({})
    return do_once(partial(_answered, id, undo_decline))


def _answered(public_id: str, act: Callable[..., Any], session: ScopedSession) -> Response:
    try:
        done = act(session, actor=actor(), public_id=public_id, settings=parts().settings, now=parts().now())
    except ConflictError as error:
        raise with_current(error, _shown_one(find_by_id(session, Referral, public_id))) from error
    return _shown(done)


def _shown(referral: Referral) -> Response:
    return reply(_shown_one(referral), version=referral.version)


def _shown_one(referral: Referral) -> dict[str, Any]:
    return shown_referral(view_of(referral, actor(), settings=parts().settings, now=parts().now()))


def _shown_all(referrals: Sequence[Referral], _chosen: Sequence[str] | None) -> list[Any]:
    return [_shown_one(one) for one in referrals]
