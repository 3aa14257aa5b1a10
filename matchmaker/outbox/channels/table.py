"""The table of channels: a new one is its file and one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matchmaker.outbox.channels.email import EmailChannel
from matchmaker.outbox.channels.inbox import InboxChannel
from matchmaker.outbox.channels.mail_files import MailFilesChannel
from matchmaker.outbox.envelope import Channel
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """``address``: takes it from a contact; None for a channel that needs none and so reaches everyone."""

    key: str
    address: Callable[[Any], str | None] | None
    make: Callable[[Settings], Channel]


def _mail(settings: Settings) -> Channel:
    """Without an SMTP server, and in the demo, mail becomes files in the instance folder."""
    return EmailChannel(settings) if settings.smtp_host and not settings.demo else MailFilesChannel(settings)


def _inbox(settings: Settings) -> Channel:
    return InboxChannel()


CHANNELS: tuple[ChannelKind, ...] = (
    ChannelKind("email", lambda contact: contact.email, _mail),
    ChannelKind("inbox", None, _inbox),
)
"""The preferred one first: a message goes by the first that reaches its receiver."""


def addresses_of(contact: Any) -> dict[str, str | None]:
    """The channels that reach a contact, the preferred one first → its address there, None where none is needed."""
    found = ((kind, kind.address(contact) if kind.address else None) for kind in CHANNELS)
    return {kind.key: address for kind, address in found if address or kind.address is None}


def make_channels(settings: Settings) -> dict[str, Channel]:
    """All channels by key; nothing is opened yet."""
    return {kind.key: kind.make(settings) for kind in CHANNELS}
