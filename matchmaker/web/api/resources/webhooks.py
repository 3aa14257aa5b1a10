"""Webhook endpoints of one's own side: made, switched, renewed, tried, removed."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response
from sqlalchemy import String, select, type_coerce

from matchmaker.accounts.webhook_endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    find_endpoint,
    remove_endpoint,
    rotate_secret,
    send_test,
)
from matchmaker.db import ScopedSession, UtcTime
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.outbox.webhooks.addresses import require_reachable
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from matchmaker.web.api.entries import address_of
from matchmaker.web.api.examples import WEBHOOK
from matchmaker.web.api.faults import ApiError, Fault, invalid_body
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.limits import bounded
from matchmaker.web.api.listing import Listing, Order, list_page
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import (
    ETAG,
    IDEMPOTENCY,
    IF_MATCH,
    IF_NONE_MATCH,
    LOCATION,
    Blueprint,
    operation,
)
from matchmaker.web.api.query import read_query
from matchmaker.web.api.replies import expected_version, reply
from matchmaker.web.api.resources.schemas import EndpointDraftSchema, EndpointSchema
from matchmaker.web.api.schemas import chosen_from, page_schema, shown_moment
from matchmaker.web.view import actor, parts, reading, writing

WEBHOOKS = Blueprint("webhooks", Text("推送地址", "webhook endpoints"), "/api/v1/webhooks")

LISTED = Listing(
    base=select(WebhookEndpoint).where(WebhookEndpoint.disabled_why.is_distinct_from("removed")),
    orders={
        "created": Order(
            type_coerce(WebhookEndpoint.created_at, UtcTime), lambda v: v.isoformat(), datetime.fromisoformat
        ),
        "id": Order(type_coerce(WebhookEndpoint.public_id, String)),
    },
    members=chosen_from(EndpointSchema, without=("secret",)),
    default=("-created", "id"),
)


@WEBHOOKS.route("", endpoint="list")
@operation(
    WEBHOOKS, "webhooks.read", Text("推送地址", "Webhook endpoints"), page_schema(EndpointSchema),
    query=LISTED.params, headers=(IF_NONE_MATCH,), answers=ETAG,
)  # fmt: skip
def list_webhooks() -> Response:
    """Never with their secrets."""
    with reading() as session:
        return list_page(session, LISTED, lambda rows, _: [_shown(one) for one in rows])


@WEBHOOKS.route('/<id("webhooks"):id>', endpoint="one")
@operation(
    WEBHOOKS, "webhooks.read", Text("一个推送地址", "A webhook endpoint"), EndpointSchema, headers=(IF_NONE_MATCH,),
    answers=ETAG,
)  # fmt: skip
def read_webhook(id: str) -> Response:  # noqa: A002
    """With its state."""
    read_query({})
    with reading() as session:
        return _reply(find_endpoint(session, id))


@WEBHOOKS.route("", endpoint="create", methods=["POST"])
@operation(
    WEBHOOKS, "webhooks", Text("新建推送地址", "Add a webhook endpoint"), EndpointSchema, status=201,
    body=EndpointDraftSchema, example=WEBHOOK, headers=(IDEMPOTENCY,), answers=ETAG | LOCATION, problems=(409,),
    about="secret 只在这次答复中给出，用来核验签名（Standard Webhooks）。\n"
    "The secret is in this answer only; signatures are verified with it (Standard Webhooks).",
)  # fmt: skip
def create_webhook(body: dict[str, Any]) -> Response:
    """The address is looked up first, outside of any transaction."""
    read_query({})
    try:
        with bounded("address"):
            require_reachable(body["url"], parts().settings)
        return do_once(partial(_create, body))
    except RejectedError as error:
        if error.code == "idempotency_reused":
            raise
        place = "events" if error.code == "webhook_events" else "url"
        raise invalid_body([Fault(error.code, error.text, error.values).at(place)]) from error


def _create(body: dict[str, Any], session: ScopedSession) -> Response:
    endpoint, secret = create_endpoint(
        session, actor=actor(), url=body["url"], events=body["events"], settings=parts().settings, now=parts().now()
    )
    return _reply(endpoint, 201, secret)


@WEBHOOKS.route('/<id("webhooks"):id>', endpoint="remove", methods=["DELETE"])
@operation(
    WEBHOOKS, "webhooks", Text("删除推送地址", "Remove a webhook endpoint"), None, status=204, headers=(IF_MATCH,),
    problems=(409, 412, 428),
)  # fmt: skip
def remove_webhook(id: str) -> Response:  # noqa: A002
    """With its secrets; the log stays."""
    read_query({})
    version = expected_version()
    with writing() as session:
        endpoint = find_endpoint(session, id)
        if endpoint.version != version:
            raise ApiError(412, _STALE, code="version_conflict", now=endpoint.version)
        endpoint = find_endpoint(session, id, version=version)
        remove_endpoint(session, actor=actor(), endpoint=endpoint, now=parts().now())
    return Response(status=204)


def _rotate(session: ScopedSession, endpoint: WebhookEndpoint) -> str:
    return rotate_secret(session, actor=actor(), endpoint=endpoint, settings=parts().settings, now=parts().now())


def _test(session: ScopedSession, endpoint: WebhookEndpoint) -> None:
    send_test(session, actor=actor(), endpoint=endpoint, now=parts().now())


def _enable(session: ScopedSession, endpoint: WebhookEndpoint) -> None:
    enable_endpoint(session, actor=actor(), endpoint=endpoint, now=parts().now())


def _disable(session: ScopedSession, endpoint: WebhookEndpoint) -> None:
    disable_endpoint(session, actor=actor(), endpoint=endpoint, now=parts().now())


STEPS: dict[str, Callable[[ScopedSession, WebhookEndpoint], str | None]] = {
    "rotate": _rotate,
    "test": _test,
    "enable": _enable,
    "disable": _disable,
}
"""What may be done with an endpoint; rotate gives its new secret."""


@WEBHOOKS.route(f'/<id("webhooks"):id>:<any({",".join(STEPS)}):verb>', endpoint="step", methods=["POST"])
@operation(
    WEBHOOKS, "webhooks", Text("更换密钥、测试、启停", "Rotate the secret, test, enable, disable"), EndpointSchema,
    headers=(IDEMPOTENCY,), answers=ETAG, problems=(409, 422),
)  # fmt: skip
def step(id: str, verb: str) -> Response:  # noqa: A002
    """For 24 hours after a rotation deliveries carry both signatures."""
    read_query({})
    return do_once(partial(_step, id, verb))


def _step(public_id: str, verb: str, session: ScopedSession) -> Response:
    endpoint = find_endpoint(session, public_id)
    secret = STEPS[verb](session, endpoint)
    session.flush()
    return _reply(endpoint, secret=secret)


def _reply(endpoint: WebhookEndpoint, status: int = 200, secret: str | None = None) -> Response:
    headers = {"Location": address_of("webhooks", endpoint)} if status == 201 else {}
    body = _shown(endpoint) | ({"secret": secret} if secret else {})
    return reply(body, status, headers, version=endpoint.version)


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    state = "disabled" if endpoint.disabled_at else "failing" if endpoint.failing_since else "enabled"
    return {
        "id": shown_id("webhooks", endpoint.public_id),
        "url": endpoint.url,
        "events": endpoint.events,
        "state": state,
        "disabled_why": endpoint.disabled_why,
        "created_at": shown_moment(endpoint.created_at),
        "version": endpoint.version,
    }


_STALE = Text(
    "推送地址已被改动，现在是第 {now} 版。重新读取后再提交。",
    "The endpoint has moved on to version {now}. Read it again first.",
)
