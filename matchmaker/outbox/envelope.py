"""What passes between the outbox, those who write its messages and the channels that carry them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from matchmaker.domain.text import Text


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process holds for the length of its lease."""

    id: int
    attempt: int
    failures: int
    contact_no: str
    channel: str
    kind: str
    window: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Body:
    """What to send and to whom, as it stands just before sending. ``address`` is None for channels without one.

    ``revocable``: it tells what someone may take back at any moment, so it is looked at once more as it leaves.
    """

    name: str
    address: str | None
    subject: str
    text: str
    html: str
    revocable: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no longer anything to send; ``reason`` is a code of ``REASONS``."""

    reason: str


Composer = Callable[[Session, Claimed, datetime], Body | Nothing]
"""Writes a message of one kind just before it is sent. It may change its own tables in the session (an item that is no
longer true is dropped there), does not commit, and raises ComposeError when the message cannot be written."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A composed message on its way."""

    message_id: str
    body: Body
    sent_at: datetime


class Line(Protocol):
    """An open channel."""

    def send(self, envelope: Envelope) -> None:
        """Carry one message; returns when the other side has taken it. Raises a DeliveryFault."""


class Channel(Protocol):
    """A way to reach people."""

    def open(self) -> AbstractContextManager[Line]:
        """A line for one round of sending; connecting may wait until the first message."""


class ComposeError(Exception):
    """The message cannot be written (a template or its data is wrong); the message says why."""


class DeliveryFault(Exception):
    """A channel did not take a message. ``reason``: ``code`` or ``code: detail``."""

    def __init__(self, reason: str) -> None:
        """``reason`` begins with a code of ``REASONS``."""
        super().__init__(reason)
        self.reason = reason


class TemporaryFault(DeliveryFault):
    """Not now; the same message may go through later."""


class PermanentFault(DeliveryFault):
    """This message will never be taken as it is."""


class ChannelDown(DeliveryFault):
    """Nothing goes through at the moment, whatever the message."""


REASONS: dict[str, Text] = {
    "nothing_left": Text("要说的内容在发送前都已失效", "Everything it told had ended before it was sent"),
    "consent_ended": Text("企业已撤回授权或授权已到期", "The enterprise has withdrawn its consent, or it has ended"),
    "contact_gone": Text("联系人已停用或不再接收这类消息", "The contact no longer receives such messages"),
    "no_address": Text("联系人没有填写邮箱", "The contact has no e-mail address"),
    "bad_address": Text("邮箱地址不能投递", "Mail cannot be delivered to this address"),
    "smtp_down": Text("邮件服务器连接不上，稍后自动再发", "The mail server cannot be reached; it is tried again"),
    "smtp_login": Text("邮件服务器不接受登录，检查 smtp_user 与 smtp_password", "The mail server refused the login"),
    "smtp_sender": Text("邮件服务器不接受发件地址，检查 mail_from", "The server refused the sender; see mail_from"),
    "smtp_later": Text("邮件服务器要求稍后再发", "The mail server asked to try later"),
    "smtp_refused": Text("邮件服务器退回了这封邮件", "The mail server refused this message"),
    "mail_folder": Text("邮件目录不能写入", "The mail folder cannot be written"),
    "endpoint_off": Text("推送地址已停用", "The endpoint is switched off"),
    "address_refused": Text(
        "推送地址指向内网或保留地址，没有连接", "The address leads to a private or reserved network: not connected"
    ),
    "http_answer": Text("对方系统没有接收", "The other system did not take it"),
    "http_gone": Text("对方系统不再接收，推送地址已停用", "The other system takes no more; switched off"),
    "http_moved": Text("对方系统要求转到别处；改一下推送地址", "The other system redirects: change the address"),
    "http_timeout": Text("对方系统没有按时答复", "The other system did not answer in time"),
    "http_connect": Text("连接不上对方系统", "The other system cannot be reached"),
    "http_protocol": Text("对方系统的答复不是 HTTP", "The other system's answer is not HTTP"),
    "no_composer": Text("没有写这类消息的程序", "Nothing can write this kind of message"),
    "compose": Text("消息写不出来", "The message could not be written"),
    "restored": Text(
        "恢复备份前可能已经发出，确认后再重发", "It may have been sent before the restore: look, then retry"
    ),
    "lease_lost": Text("发送进程中途结束", "The sending process ended on the way"),
}
"""Why a message is not (or not yet) sent: code → sentence."""


def reason_text(stored: str | None) -> Text:
    """``last_error`` as a sentence in both languages, its detail behind a colon; blank for None."""
    if not stored:
        return Text("", "")
    code, _, detail = stored.partition(": ")
    known = REASONS.get(code, Text(code, code))
    return Text(f"{known.zh}（{detail}）", f"{known.en} ({detail})") if detail else known
