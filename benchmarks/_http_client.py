"""A lean HTTP/1.1 client for measuring: keep-alive connections, one request at a time on each, nothing but sockets.

A comfortable client costs as much CPU as the server it measures; this one costs about a tenth of it.
"""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Request = tuple[str, bytes]
"""(name of the kind of request, the whole request as bytes)."""


@dataclass(slots=True)
class Answers:
    """What came back: seconds and statuses of each request, and failures of the connection."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    took: float = 0.0

    def quantile(self, share: float) -> float:
        """Milliseconds that this share of the requests stayed within."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Line:
    """One connection with the request that is on its way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket = self._connect()
        self.received = b""
        self.sent_at = 0.0

    def _connect(self) -> socket.socket:
        made = socket.create_connection(self.address, timeout=30)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def send(self, raw: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(raw)

    def take(self) -> int | None:
        """Read what is there: the status of a whole answer, None while more is to come, -1 for a broken line."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            return -1
        self.received += chunk
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = next((int(v) for k, v in _headers(head) if k == b"content-length"), 0)
        return int(head[9:12]) if len(body) >= length else None

    def renew(self) -> None:
        self.socket.close()
        self.socket = self._connect()


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip()


def drive(address: tuple[str, int], connections: int, seconds: float, next_request: Callable[[], bytes]) -> Answers:
    """Keep every connection busy for ``seconds``; each sends its next request as soon as it has its answer."""
    answers = Answers()
    selector = selectors.DefaultSelector()
    lines = [_Line(address) for _ in range(connections)]
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
        line.send(next_request())
    began = time.perf_counter()
    until, waiting = began + seconds, connections
    while waiting:
        for key, _ in selector.select(timeout=30):
            line: _Line = key.data
            status = line.take()
            if status is None:
                continue
            answers.seconds.append(time.perf_counter() - line.sent_at)
            if status < 0:
                answers.broken += 1
                selector.unregister(line.socket)
                line.renew()
                selector.register(line.socket, selectors.EVENT_READ, line)
            else:
                answers.statuses[status] = answers.statuses.get(status, 0) + 1
            if time.perf_counter() < until:
                line.send(next_request())
            else:
                selector.unregister(line.socket)
                line.socket.close()
                waiting -= 1
    answers.took = time.perf_counter() - began
    return answers
