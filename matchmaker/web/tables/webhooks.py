"""Tables of webhook endpoints and of what was delivered to one of them."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import select

from matchmaker.accounts.webhook_endpoints import is_kept
from matchmaker.domain.text import Text
from matchmaker.outbox.envelope import reason_text
from matchmaker.outbox.models import STATES, OutboxMessage
from matchmaker.outbox.webhooks.endpoints import Delivery, log_of
from matchmaker.outbox.webhooks.events import EVENTS
from matchmaker.outbox.webhooks.models import DISABLED_WHY, WebhookAttempt, WebhookEndpoint, WebhookEvent
from matchmaker.web.tables.filters import Choice, During, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import linked, moment, noted, parts, piece, say, t, tagged

_ENDPOINT: Any = WebhookEndpoint
_LABELS: Mapping[Any, Text] = STATES


def endpoints_table() -> Table:
    """Those of one's own side that were not removed, the newest first."""
    on = _ENDPOINT.disabled_at.is_(None)
    states = {
        "on": (Text("启用", "on"), on & _ENDPOINT.failing_since.is_(None)),
        "failing": (Text("投递失败中", "failing"), on & _ENDPOINT.failing_since.is_not(None)),
        "off": (Text("停用", "off"), ~on),
    }
    return Table(
        base=select(WebhookEndpoint).where(is_kept()),
        columns=[
            Column("url", Text("地址", "Address"),
                   lambda one: linked(url_for("webhooks.one", public_id=one.public_id), one.url), _ENDPOINT.url, "asis",
                   value=lambda one: one.url),
            Column("events", Text("事件", "Events"), lambda one: t("、", ", ").join(one.events), form="long"),
            Column("state", Text("状态", "State"), _endpoint_state,
                   _ENDPOINT.disabled_at, value=lambda one: states[_state(one)][0]),
            Column("made", Text("创建时间", "Made"), lambda one: moment(one.created_at), _ENDPOINT.created_at, "day",
                   value=lambda one: one.created_at),
        ],
        unique=_ENDPOINT.id.desc(),
        filters=[Flag("state", Text("状态", "State"), states)],
        search=(_ENDPOINT.url,),
    )  # fmt: skip


def _endpoint_state(endpoint: WebhookEndpoint) -> Markup:
    return piece("macros.html", "endpoint_state", endpoint, DISABLED_WHY)


def _state(endpoint: WebhookEndpoint) -> str:
    return "off" if endpoint.disabled_at else "failing" if endpoint.failing_since else "on"


def deliveries_table(endpoint: WebhookEndpoint, buttons: Callable[[Delivery], Any] | None) -> Table:
    """The delivery log of an endpoint, newest first; ``buttons``: of a row."""
    columns = [
        _told("event", Text("事件", "Event"), lambda one: linked(_address(endpoint, one), one.event.kind),
              WebhookEvent.kind, "asis", value=lambda one: one.event.kind),
        _told("at", Text("发生时间", "Happened"), lambda one: moment(one.event.happened_at),
              WebhookEvent.happened_at, "day", value=lambda one: one.event.happened_at),
        _told("state", Text("状态", "State"), _state_tag, OutboxMessage.state,
              value=lambda one: _LABELS[one.message.state]),
        _told("answer", Text("答复", "Answer"), lambda one: _answer(one) or "--", WebhookAttempt.status, "num",
              value=_answer),
        _told("latency", Text("耗时（毫秒）", "Latency (ms)"), lambda one: "--" if _ms(one) is None else _ms(one),
              WebhookAttempt.milliseconds, "num", value=_ms),
        _told("attempts", Text("尝试次数", "Attempts"), lambda one: one.attempts, None, "num"),
        _told("next", Text("下次重试", "Next try"), lambda one: moment(_next(one)), None, "day", value=_next),
    ]  # fmt: skip
    if buttons is not None:
        columns.append(Column("do", Text("操作", "Action"), lambda row: buttons(Delivery(*row)), exported=False))
    kinds = [(kind, event.about) for kind, event in EVENTS.items()]
    return Table(
        base=log_of(endpoint),
        columns=columns,
        unique=WebhookEvent.id.desc(),
        filters=[
            Choice("state", Text("状态", "State"), OutboxMessage.state, list(STATES.items())),
            Choice("event", Text("事件", "Event"), WebhookEvent.kind, kinds),
            During("at", Text("发生时间", "Happened"), WebhookEvent.happened_at, parts().settings.zone),
        ],
    )


def _told(
    name: str, label: Text, show: Callable[[Delivery], Any], sort: Any, form: str = "",
    value: Callable[[Delivery], Any] | None = None,
) -> Column:  # fmt: skip
    """A column of a delivery; rows are the parts of one."""
    kept = (lambda row: value(Delivery(*row))) if value else None
    return Column(name, label, lambda row: show(Delivery(*row)), sort, form, value=kept)


def _address(endpoint: WebhookEndpoint, one: Delivery) -> str:
    return url_for("webhooks.delivery", public_id=endpoint.public_id, event_id=one.event.public_id)


def _state_tag(one: Delivery) -> Markup:
    found = tagged(one.message.state, _LABELS[one.message.state])
    if one.message.last_error:
        return noted(found, say(reason_text(one.message.last_error)))
    return found


def _answer(one: Delivery) -> int | None:
    return one.attempt.status if one.attempt else None


def _ms(one: Delivery) -> int | None:
    return one.attempt.milliseconds if one.attempt else None


def _next(one: Delivery) -> Any:
    return one.message.not_before if one.message.state == "waiting" else None
