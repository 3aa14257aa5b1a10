"""The table of a person's own messages, newest first."""

from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import func

from matchmaker.domain.text import Text
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.own_messages import INBOX_KINDS
from matchmaker.web.tables.filters import Choice, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import linked, moment, say, tagged

UNREAD, READ = Text("未读", "unread"), Text("已读", "read")
_MESSAGE: Any = OutboxMessage
_ARRIVED = func.coalesce(_MESSAGE.sent_at, _MESSAGE.created_at)


def inbox_table(mine: Any, kinds: list[str]) -> Table:
    """``mine``: the statement of the messages; ``kinds``: those that there are, to narrow by."""
    unread = {
        "yes": (UNREAD, OutboxMessage.read_at.is_(None)),
        "no": (READ, OutboxMessage.read_at.is_not(None)),
    }
    return Table(
        base=mine,
        columns=[
            Column("subject", Text("主题", "Subject"), _opened, _MESSAGE.subject, value=lambda m: m.subject),
            Column("kind", Text("种类", "Kind"), lambda m: say(INBOX_KINDS[m.kind]), _MESSAGE.kind),
            Column("read", Text("状态", "State"), _state, value=lambda m: READ if m.read_at else UNREAD),
            Column("at", Text("时间", "When"), lambda m: moment(arrived(m)), _ARRIVED, "day", value=arrived),
        ],
        unique=_MESSAGE.id.desc(),
        filters=[
            Flag("unread", Text("状态", "State"), unread),
            Choice("kind", Text("种类", "Kind"), _MESSAGE.kind, [(kind, INBOX_KINDS[kind]) for kind in kinds]),
        ],
        search=[_MESSAGE.subject],
        default_sort="-at",
    )


def arrived(message: OutboxMessage) -> Any:
    """When it left for its reader; of one that no channel took, when it was made."""
    return message.sent_at or message.created_at


def kinds_of(mine: Any) -> Any:
    """The statement of the kinds of messages that there are, each once."""
    return mine.with_only_columns(OutboxMessage.kind).distinct().order_by(OutboxMessage.kind)


def _opened(message: OutboxMessage) -> Markup:
    return linked(url_for("inbox.message", message_id=message.message_id), message.subject, strong=not message.read_at)


def _state(message: OutboxMessage) -> Any:
    return READ if message.read_at else tagged("waiting", UNREAD)
