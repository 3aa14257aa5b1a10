"""A real HTTP peer on loopback: keeps what it is sent, answers as a test tells it: well, badly, slowly, never."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """One request. ``headers``: names in lower case. ``at``: when it was there, by the monotonic clock."""

    path: str
    headers: dict[str, str]
    body: str
    at: float = field(default_factory=time.monotonic)


Script = Callable[[socket.socket, Received], None]
"""Answers one request on its connection, which is closed afterwards."""


def reply(status: int, body: str = "", **headers: str) -> Script:
    """A whole, well-formed answer; ``Retry_After="3"`` becomes a header."""
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body.encode())}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    whole = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
    return lambda connection, _request: connection.sendall(whole)


def stall(seconds: float, then: Script | None = None) -> Script:
    """Says nothing for so long, and then answers 200 or what ``then`` says."""

    def answer(connection: socket.socket, request: Received) -> None:
        time.sleep(seconds)
        (then or reply(200))(connection, request)

    return answer


def endless_body(connection: socket.socket, _request: Received) -> None:
    """200, and then bytes for as long as anybody takes them."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 16384)


def dripping_body(connection: socket.socket, _request: Received) -> None:
    """200, and then a byte now and then, without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def slow_header(connection: socket.socket, _request: Received) -> None:
    """A header byte by byte, without end: no single read is ever late."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


@dataclass
class HttpSink:
    """``requests`` in order of arrival. ``script`` may be changed at any time; ``by_path`` goes before it."""

    script: Script = field(default_factory=lambda: reply(200))
    by_path: dict[str, Script] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    server_names: list[str | None] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/hook") -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}{path}"

    def ids(self) -> list[str]:
        """The webhook-ids in order of arrival."""
        return [request.headers["webhook-id"] for request in self.requests]

    def _serve(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        with suppress(OSError, ValueError), connection:
            connection.settimeout(30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            taken = tls.wrap_socket(connection, server_side=True) if tls else connection
            with taken:
                request = _read(taken)
                self.requests.append(request)
                self.by_path.get(request.path, self.script)(taken, request)


@contextmanager
def http_sink(*, tls: ssl.SSLContext | None = None) -> Iterator[HttpSink]:
    """A sink that listens on 127.0.0.1 inside the block; with ``tls`` it speaks https and notes the names asked for."""
    sink = HttpSink()
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: sink.server_names.append(name)
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        sink.port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(listener, sink, tls), daemon=True).start()
        yield sink
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, sink: HttpSink, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        sink.connections += 1
        threading.Thread(target=sink._serve, args=(connection, tls), daemon=True).start()


def _read(connection: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _more(connection)
    return Received(first.split(" ")[1], headers, body.decode())


def _more(connection: socket.socket) -> bytes:
    found = connection.recv(65536)
    if not found:
        raise ValueError("the other side hung up")
    return found
