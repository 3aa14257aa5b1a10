"""A mail as the standard library builds it: text and HTML, one recipient, no way in for an extra header."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from matchmaker.clock import local
from matchmaker.outbox.envelope import Envelope, PermanentFault
from matchmaker.settings import Settings

MOST_IN_A_NAME = 60


def one_line(text: str) -> str:
    """The text on one line: control characters and every kind of line break become one space (no header injection)."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def mime(envelope: Envelope, settings: Settings, *, encoding: str) -> EmailMessage:
    """The mail of an envelope. ``encoding``: transfer encoding of the parts, ``base64`` or ``8bit``.

    Raises PermanentFault where the address cannot be one or the text cannot be written as mail.
    """
    try:
        return _mail(envelope, settings, encoding)
    except (MessageError, ValueError) as error:  # a lone surrogate in the text, say
        raise PermanentFault(f"compose: {type(error).__name__} {error}"[:300]) from error


def _mail(envelope: Envelope, settings: Settings, encoding: str) -> EmailMessage:
    body = envelope.body
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<{envelope.message_id}@{domain_of(settings.mail_from)}>"
    mail["Date"] = format_datetime(local(envelope.sent_at, settings.zone))
    mail["From"] = Address(one_line(settings.mail_from_name), addr_spec=settings.mail_from)
    mail["To"] = _recipient(body.name, body.address)
    mail["Subject"] = one_line(body.subject)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body.text, cte=encoding)
    mail.add_alternative(body.html, subtype="html", cte=encoding)
    return mail


def domain_of(address: str) -> str:
    """The part of an address behind the @."""
    return address.rpartition("@")[2]


def _recipient(name: str, address: str | None) -> Address:
    if not address:
        raise PermanentFault("no_address")
    if not address.isascii() or not address.isprintable() or " " in address:
        raise PermanentFault(f"bad_address: {one_line(address)}")
    try:
        return Address(one_line(name)[:MOST_IN_A_NAME], addr_spec=address)
    except (MessageError, ValueError, IndexError) as error:  # the library's own ways to say that this is no address
        raise PermanentFault(f"bad_address: {address}") from error
