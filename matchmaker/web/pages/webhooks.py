"""Webhook endpoints of one's own side: set up, switched, their secrets renewed; what was sent and what came back."""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for

from matchmaker.accounts.webhook_endpoints import (
    create_endpoint,
    delivery_of,
    disable_endpoint,
    enable_endpoint,
    events_for,
    find_endpoint,
    remove_endpoint,
    rotate_secret,
    send_delivery_again,
    send_test,
)
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.outbox.envelope import reason_text
from matchmaker.outbox.models import STATES
from matchmaker.outbox.webhooks.addresses import require_reachable
from matchmaker.outbox.webhooks.endpoints import Delivery, attempts_of
from matchmaker.outbox.webhooks.events import EVENTS
from matchmaker.outbox.webhooks.models import DISABLED_WHY, WebhookEndpoint
from matchmaker.push.webhooks import CHECKS
from matchmaker.web.guard import action
from matchmaker.web.once import shown_once
from matchmaker.web.safety import status_of
from matchmaker.web.tables import View, look
from matchmaker.web.tables.webhooks import deliveries_table, endpoints_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, may_do, page, parts, piece, reading, writing

webhooks = Blueprint("webhooks", __name__)

SAID = {
    "tested": Text("测试事件已排队，几秒内送出；刷新查看结果。", "The test event leaves in a few seconds; reload."),
    "again": Text("已重新排队，几秒内送出。", "It leaves again in a few seconds."),
    "disabled": Text("已停用。", "Switched off."),
    "enabled": Text("已启用，从下一个事件开始推送。", "Enabled, from the next event on."),
    "removed": Text("已删除。", "Removed."),
    "shown": Text(
        "推送地址已经登记，签名密钥显示过一次。没有抄下来的，打开它更换密钥。",
        "The endpoint was made and its secret shown once. If you did not keep it, open it and make a new one.",
    ),
}


@webhooks.get("/webhooks")
@action("webhooks.read")
def listing() -> str:
    """The endpoints, and the form for a new one."""
    return page("webhooks.html", error=None, typed={}, chosen=(), **_listed())


@webhooks.get("/webhooks/export.xlsx")
@action("webhooks.read")
def export() -> Response:
    """The endpoints that the address selects, as a workbook."""
    with reading() as session:
        return send_book(look(session, endpoints_table(), every_row=True), Text("推送地址", "Webhooks"))


def _listed() -> dict[str, Any]:
    with reading() as session:
        view = look(session, endpoints_table())
    offered = {kind: EVENTS[kind].about for kind in events_for(actor().side)}
    said = SAID.get(request.args.get("said", ""))
    return {"view": view, "export": book_address("webhooks.export"), "offered": offered, "said": said}


@webhooks.post("/webhooks")
@action("webhooks")
def create() -> Any:
    """Make an endpoint; its secret is shown this once."""
    url, chosen = request.form.get("url", "").strip(), request.form.getlist("events")
    try:
        require_reachable(url, parts().settings)
        with writing() as session:
            if again := shown_once(session, url_for("webhooks.listing", said="shown")):
                return redirect(again, 303)
            endpoint, secret = create_endpoint(
                session, actor=actor(), url=url, events=chosen, settings=parts().settings, now=parts().now()
            )
    except RejectedError as error:
        again = page("webhooks.html", error=error, typed=request.form, chosen=chosen, **_listed())
        return again, status_of(error)
    return page("webhook_secret.html", endpoint=endpoint, secret=secret)


@webhooks.get("/webhooks/<public_id>")
@action("webhooks.read")
def one(public_id: str) -> str:
    """An endpoint and its delivery log, newest first."""
    endpoint, view = _log(public_id)
    return page(
        "webhook.html",
        endpoint=endpoint,
        view=view,
        export=book_address("webhooks.log", public_id=public_id),
        now=parts().now(),
        why=DISABLED_WHY,
        said=SAID.get(request.args.get("said", "")),
    )


@webhooks.get("/webhooks/<public_id>/export.xlsx")
@action("webhooks.read")
def log(public_id: str) -> Response:
    """The deliveries that the address selects, as a workbook."""
    return send_book(_log(public_id, every_row=True)[1], Text("推送记录", "Delivery log"))


def _log(public_id: str, *, every_row: bool = False) -> tuple[WebhookEndpoint, View]:
    with reading() as session:
        endpoint = find_endpoint(session, public_id)

        def buttons(sent: Delivery) -> Any:
            idle = sent.message.state != "leased" and not endpoint.disabled_at
            return piece("row_buttons.html", "resend", endpoint, sent) if idle else "--"

        table = deliveries_table(endpoint, buttons if may_do("webhooks") else None)
        return endpoint, look(session, table, every_row=every_row)


@webhooks.get("/webhooks/<public_id>/deliveries/<event_id>")
@action("webhooks.read")
def delivery(public_id: str, event_id: str) -> str:
    """What was sent of one event, and every answer."""
    with reading() as session:
        endpoint = find_endpoint(session, public_id)
        found = delivery_of(session, endpoint, event_id)
        tries = attempts_of(session, found.event)
    return page(
        "webhook_delivery.html", endpoint=endpoint, found=found, tries=tries, states=STATES, reason_text=reason_text,
        said=SAID.get(request.args.get("said", "")),
    )  # fmt: skip


@webhooks.post("/webhooks/<public_id>/rotate")
@action("webhooks")
def rotate(public_id: str) -> str:
    """A new secret, shown this once."""
    with writing() as session:
        endpoint = _changing(session, public_id)
        secret = rotate_secret(session, actor=actor(), endpoint=endpoint, settings=parts().settings, now=parts().now())
    return page("webhook_secret.html", endpoint=endpoint, secret=secret)


@webhooks.post("/webhooks/<public_id>/disable")
@action("webhooks")
def disable(public_id: str) -> Response:
    """Send nothing more."""
    with writing() as session:
        disable_endpoint(session, actor=actor(), endpoint=_changing(session, public_id), now=parts().now())
    return _back(public_id, "disabled")


@webhooks.post("/webhooks/<public_id>/enable")
@action("webhooks")
def enable(public_id: str) -> Response:
    """Send again."""
    with writing() as session:
        enable_endpoint(session, actor=actor(), endpoint=_changing(session, public_id), now=parts().now())
    return _back(public_id, "enabled")


@webhooks.post("/webhooks/<public_id>/remove")
@action("webhooks")
def remove(public_id: str) -> Response:
    """Take the endpoint away."""
    with writing() as session:
        remove_endpoint(session, actor=actor(), endpoint=_changing(session, public_id), now=parts().now())
    return cast(Response, redirect(url_for("webhooks.listing", said="removed")))


@webhooks.post("/webhooks/<public_id>/test")
@action("webhooks")
def test(public_id: str) -> Response:
    """Have the test event sent by the scheduler."""
    with writing() as session:
        send_test(session, actor=actor(), endpoint=find_endpoint(session, public_id), now=parts().now())
    return _back(public_id, "tested")


@webhooks.post("/webhooks/<public_id>/deliveries/<event_id>/resend")
@action("webhooks")
def resend(public_id: str, event_id: str) -> Response:
    """Have a delivery sent again under the same webhook-id."""
    with writing() as session:
        endpoint = find_endpoint(session, public_id)
        send_delivery_again(
            session, actor=actor(), endpoint=endpoint, event_id=event_id, checks=CHECKS, now=parts().now()
        )
    return cast(Response, redirect(url_for("webhooks.delivery", public_id=public_id, event_id=event_id, said="again")))


def _changing(session: ScopedSession, public_id: str) -> WebhookEndpoint:
    """The endpoint as the form showed it; one that has moved on since is a conflict."""
    return find_endpoint(session, public_id, version=request.form.get("version", -1, type=int))


def _back(public_id: str, said: str) -> Response:
    return cast(Response, redirect(url_for("webhooks.one", public_id=public_id, said=said)))
