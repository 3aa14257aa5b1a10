"""A real SMTP peer on loopback that keeps what it is given and answers as a test tells it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller

Answer = Callable[[str], str]
"""From the recipient's address to the server's reply."""


def accept(_address: str) -> str:
    return "250 OK"


@dataclass
class Sink:
    """``mails``: (recipients, mail) in order of arrival. ``on_rcpt`` and ``on_data`` may be changed at any time."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    on_rcpt: Answer = accept
    on_data: Answer = accept
    connections: int = 0
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: Any) -> Any:  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        reply = self.on_rcpt(address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.on_data(envelope.rcpt_tos[0])
        if reply.startswith("2"):
            mail = cast(EmailMessage, message_from_bytes(envelope.content, policy=policy.default))
            with self._lock:
                self.mails.append((list(envelope.rcpt_tos), mail))
        return reply

    def ids(self) -> list[str]:
        """Message-IDs in order of arrival."""
        return [str(mail["Message-ID"]) for _, mail in self.mails]


@contextmanager
def smtp_sink(port: int = 0) -> Iterator[Sink]:
    """A sink that listens on 127.0.0.1 inside the block; ``port`` 0: any free one."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
