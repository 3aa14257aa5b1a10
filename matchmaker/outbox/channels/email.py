"""E-mail by SMTP, one connection for a round of sending."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from matchmaker.outbox.channels.mime import mime
from matchmaker.outbox.envelope import ChannelDown, Envelope, Line, PermanentFault, TemporaryFault
from matchmaker.settings import Settings

OK = 250
OK_TOO = (250, 251, 252)
SHUTTING_DOWN = 421


class EmailChannel:
    """Mail through the server of the settings."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened yet."""
        self.settings = settings

    @contextmanager
    def open(self) -> Iterator[Line]:
        """A line that connects at its first message and again where the server closed an idle connection."""
        line = _SmtpLine(self.settings)
        try:
            yield line
        finally:
            line.close()


class _SmtpLine:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._smtp: smtplib.SMTP | None = None

    def send(self, envelope: Envelope) -> None:
        """Hand one mail to the server.

        The code of every reply is looked at: smtplib raises the same exception for 450 and for 550. 4xx is temporary,
        5xx on the recipient or the data is this mail's end, 5xx on the sender is everyone's. A connection that breaks
        before the data is made anew once; one that breaks later leaves open whether the mail was taken, so it is
        tried again later under the same id.
        """
        mail = mime(envelope, self.settings, encoding="base64")
        address = str(mail["To"].addresses[0].addr_spec)
        if self._smtp is None or not self._greet(address):
            self._connect()
            if not self._greet(address):
                raise ChannelDown("smtp_down: connection closed")
        self._data(mail.as_bytes())

    def close(self) -> None:
        """Say goodbye if anyone is there."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._smtp = None

    def _connect(self) -> None:
        settings = self.settings
        self._smtp = None
        try:
            smtp = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=settings.smtp_timeout)
            if settings.smtp_starttls:
                smtp.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                smtp.login(settings.smtp_user, settings.smtp_password)
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelDown(f"smtp_login: {_said(error.smtp_code, error.smtp_error)}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelDown(f"smtp_down: {error}"[:300]) from error
        self._smtp = smtp

    def _greet(self, address: str) -> bool:
        """Name sender and recipient; False where the connection is gone."""
        smtp = self._smtp
        assert smtp is not None
        try:
            smtp.ehlo_or_helo_if_needed()
            code, words = smtp.mail(self.settings.mail_from)
            if code != OK:
                self._refuse_sender(code, words)
            code, words = smtp.rcpt(address)
        except (smtplib.SMTPException, OSError):
            self._drop()
            return False
        if code not in OK_TOO:
            self._refuse(code, words)
        return True

    def _data(self, content: bytes) -> None:
        smtp = self._smtp
        assert smtp is not None
        try:
            code, words = _reply(smtp, content)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise TemporaryFault(f"smtp_later: {error}"[:300]) from error
        if code != OK:
            self._refuse(code, words)

    def _refuse_sender(self, code: int, words: bytes | str) -> None:
        self.close()
        if code < 500:
            raise ChannelDown(f"smtp_down: {_said(code, words)}")
        raise ChannelDown(f"smtp_sender: {_said(code, words)}")

    def _refuse(self, code: int, words: bytes | str) -> None:
        if code == SHUTTING_DOWN:
            self._drop()
            raise ChannelDown(f"smtp_down: {_said(code, words)}")
        with suppress(smtplib.SMTPException, OSError):
            assert self._smtp is not None
            self._smtp.rset()
        if code < 500:
            raise TemporaryFault(f"smtp_later: {_said(code, words)}")
        raise PermanentFault(f"smtp_refused: {_said(code, words)}")

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _reply(smtp: smtplib.SMTP, content: bytes) -> tuple[int, bytes | str]:
    """What the server says to the data, whether it takes them or not."""
    try:
        return smtp.data(content)
    except smtplib.SMTPDataError as error:
        return error.smtp_code, error.smtp_error


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"[:300]
