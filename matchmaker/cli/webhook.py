"""``flask webhook``: endpoints, their deliveries, a test event, sending again."""

from typing import Any

import click

from matchmaker.accounts.webhook_endpoints import (
    delivery_of,
    endpoints,
    find_endpoint,
    send_delivery_again,
    send_test,
)
from matchmaker.actor import CLI
from matchmaker.cli.base import command_group, current_lang, database, echo_json, matchmaker, now, say, settings
from matchmaker.domain.errors import RemoteError
from matchmaker.domain.text import Text
from matchmaker.outbox.envelope import reason_text
from matchmaker.outbox.models import STATES
from matchmaker.outbox.webhooks.addresses import require_reachable
from matchmaker.outbox.webhooks.endpoints import Delivery, deliveries
from matchmaker.outbox.webhooks.models import DISABLED_WHY, WebhookEndpoint
from matchmaker.outbox.webhooks.reactions import GONE
from matchmaker.push.webhooks import CHECKS, deliver_webhooks

webhook_group = command_group("webhook", "See webhook endpoints and deliveries, test them, send again.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_ID = click.argument("endpoint_id")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be sent where; send and keep nothing.")


@webhook_group.command("list")
@_JSON
def list_command(as_json: bool) -> None:
    """List the endpoints with their state.

    \b
    flask webhook list
    flask webhook list --json
    """
    with database().reading(CLI) as session:
        found = [_endpoint_json(endpoint) for endpoint in endpoints(session)]
    if as_json:
        echo_json({"endpoints": found})
        return
    for one in found:
        click.echo("  ".join([one["id"], one["state"], one["org_code"] or one["uscc"], one["url"]]))
    if not found:
        say(Text("还没有推送地址。", "There are no endpoints."))


def _endpoint_json(endpoint: WebhookEndpoint) -> dict[str, Any]:
    state = "disabled" if endpoint.disabled_at else "failing" if endpoint.failing_since else "enabled"
    why = DISABLED_WHY[endpoint.disabled_why].say(current_lang()) if endpoint.disabled_why else None
    return {
        "id": endpoint.public_id,
        "org_code": endpoint.org_code,
        "uscc": endpoint.uscc,
        "url": endpoint.url,
        "events": endpoint.events,
        "state": state,
        "why": why,
    }


@webhook_group.command("deliveries")
@_ID
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@_JSON
def deliveries_command(endpoint_id: str, limit: int, as_json: bool) -> None:
    """List what was sent to an endpoint and what came back, newest first.

    \b
    flask webhook deliveries 0v8cz2m4tq6w9y1b3d5f
    flask webhook deliveries 0v8cz2m4tq6w9y1b3d5f --limit 200 --json
    """
    with database().reading(CLI) as session:
        found = deliveries(session, find_endpoint(session, endpoint_id), limit=limit)
    shown = [_delivery_json(one) for one in found]
    if as_json:
        echo_json({"deliveries": shown})
        return
    for one in shown:
        figures = f"{one['status'] or '--'}  {one['milliseconds'] or '--'} ms  × {one['attempts']}"
        click.echo("  ".join([one["id"], one["type"], one["state_label"], figures, one["reason"] or ""]).rstrip())
    if not shown:
        say(Text("还没有推送过。", "Nothing was sent yet."))


def _delivery_json(one: Delivery) -> dict[str, Any]:
    lang, zone = current_lang(), settings().zone
    waiting = one.message.state == "waiting"
    return {
        "id": one.event.public_id,
        "type": one.event.kind,
        "happened_at": one.event.happened_at.astimezone(zone).isoformat(),
        "state": one.message.state,
        "state_label": STATES[one.message.state].say(lang),  # type: ignore[index]
        "reason": reason_text(one.message.last_error).say(lang) or None,
        "status": one.attempt.status if one.attempt else None,
        "milliseconds": one.attempt.milliseconds if one.attempt else None,
        "attempts": one.attempts,
        "next_try_at": one.message.not_before.astimezone(zone).isoformat() if waiting else None,
    }


@webhook_group.command("test")
@_ID
@_DRY_RUN
def test_command(endpoint_id: str, dry_run: bool) -> None:
    """Send the test event to an endpoint now; exit code 8 where it does not arrive.

    \b
    flask webhook test 0v8cz2m4tq6w9y1b3d5f
    flask webhook test 0v8cz2m4tq6w9y1b3d5f --dry-run
    """
    with database().reading(CLI) as session:
        url = find_endpoint(session, endpoint_id).url
    if dry_run:
        require_reachable(url, settings())
        say(Text("将发送测试事件到 {url}。", "The test event would go to {url}."), url=url)
        return
    with database().writing(CLI) as session:
        endpoint = find_endpoint(session, endpoint_id)
        event_id = send_test(session, actor=CLI, endpoint=endpoint, now=now())
    _send_now(endpoint_id, event_id)


@webhook_group.command("resend")
@_ID
@click.argument("event_id")
@_DRY_RUN
def resend_command(endpoint_id: str, event_id: str, dry_run: bool) -> None:
    """Send a delivery again now, under the same webhook-id; exit code 8 where it does not arrive.

    \b
    flask webhook resend 0v8cz2m4tq6w9y1b3d5f 7hk2m4tq6w9y1b3d5f0v
    flask webhook resend 0v8cz2m4tq6w9y1b3d5f 7hk2m4tq6w9y1b3d5f0v --dry-run
    """
    with database().reading(CLI) as session:
        endpoint = find_endpoint(session, endpoint_id)
        found = delivery_of(session, endpoint, event_id)
    if dry_run:
        values = {"event": found.event.kind, "url": endpoint.url}
        say(Text("将把 {event} 再次发送到 {url}。", "{event} would be sent to {url} again."), **values)
        return
    with database().writing(CLI) as session:
        endpoint = find_endpoint(session, endpoint_id)
        send_delivery_again(session, actor=CLI, endpoint=endpoint, event_id=event_id, checks=CHECKS, now=now())
    _send_now(endpoint_id, event_id)


def _send_now(endpoint_id: str, event_id: str) -> None:
    """Send what is due until this one has been tried; RemoteError where it did not arrive, with what follows."""

    def found() -> Delivery:
        with database().reading(CLI) as session:
            return delivery_of(session, find_endpoint(session, endpoint_id), event_id)

    before = found().attempts
    deliver_webhooks(database(), settings(), now=matchmaker().now, stopping=lambda: found().attempts > before)
    after = found()
    why, tried = reason_text(after.message.last_error), after.attempt
    if tried is None or after.attempts == before:
        say(_DROPPED, why=why)
    elif after.message.state == "sent" and after.message.last_error is None:
        say(_TAKEN, status=tried.status, milliseconds=tried.milliseconds)
    elif tried.status == GONE:
        raise RemoteError(_GONE, code="webhook_gone", id=endpoint_id)
    else:
        left = after.message.state == "waiting"
        raise RemoteError(_NOT_TAKEN if left else _FAILED, code="webhook_failed", why=why)


_TAKEN = Text("已送达：{status}，{milliseconds} 毫秒。", "Taken: {status}, {milliseconds} ms.")
_DROPPED = Text("没有再次发送：{why}。", "Not sent again: {why}.")
_GONE = Text(
    "没有送达：对方系统答复 410，推送地址已停用，不再重试。对方恢复接收后，在 /webhooks/{id} 启用。",
    "It did not arrive: the receiver answered 410, so the endpoint was disabled and nothing is tried again. "
    "Once it takes webhooks, enable it at /webhooks/{id}.",
)
_FAILED = Text("没有送达（{why}），不再重试。", "It did not arrive ({why}) and is not tried again.")
_NOT_TAKEN = Text(
    "没有送达（{why}）。它留在待发列表，稍后自动再发；用 flask webhook deliveries 查看。",
    "It did not arrive ({why}). It stays in line and is tried later; see flask webhook deliveries.",
)
