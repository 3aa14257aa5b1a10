"""One POST over a connection to an address that was checked: one deadline for everything, little read of the answer."""

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

from matchmaker.outbox.webhooks.addresses import AddressRefusedError, Network, Resolver, reachable, read_url

MOST_READ = 64 * 1024
"""Bytes read of an answer, its head included."""
SHOWN = 500
"""Characters of an answer that are kept."""
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``status`` None: no answer; ``fault`` then says why, as ``code: detail``."""

    status: int | None
    milliseconds: int
    fault: str | None = None
    text: str = ""
    retry_after: timedelta | None = None


@dataclass(slots=True)
class _Clock:
    """What is left of the time and of the bytes of one delivery."""

    ends: float
    bytes_left: int = MOST_READ

    def left(self, most: float | None = None) -> float:
        """Seconds left, at most ``most``; a timeout where there are none."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("deadline")
        return seconds if most is None else min(seconds, most)


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to the clock whatever the peer does: byte by byte, or without end."""

    def __init__(self, inner: httpcore.NetworkStream, clock: _Clock) -> None:
        self._inner = inner
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        allowed = min(max_bytes, self._clock.bytes_left)
        if not allowed:
            return b""
        found = self._inner.read(allowed, self._clock.left())
        self._clock.bytes_left -= len(found)
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._clock.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._clock.left()), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@dataclass(frozen=True, slots=True)
class _Pinned(httpcore.NetworkBackend):
    """Connects to the checked addresses and never asks for a name again."""

    addresses: Sequence[str]
    clock: _Clock
    inner: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        for last, address in enumerate(self.addresses, 1):
            try:
                inner = self.inner.connect_tcp(
                    address, port, self.clock.left(CONNECT_SECONDS), socket_options=socket_options
                )
                return _Stream(inner, self.clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last == len(self.addresses):
                    raise
        raise httpcore.ConnectError("no address")


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    nets: Sequence[Network],
    tls: ssl.SSLContext,
    seconds: float,
    now: datetime,
    resolve: Resolver | None = None,
) -> Answer:
    """POST ``body`` and read the answer, all of it (the look-up too) within ``seconds``; raises nothing of the network.

    The certificate and the Host header are of the URL's name. No redirect is followed, no proxy is asked, no cookie is
    kept. ``now``: for a Retry-After that is a date.
    """
    began = time.monotonic()
    clock = _Clock(began + seconds)
    status: int | None = None
    retry_after, fault, text = None, None, b""
    try:
        target = read_url(url)
        addresses = reachable(target, nets, seconds=seconds, resolve=resolve)
        origin = httpcore.Origin(b"https" if target.secure else b"http", target.host.encode(), target.port)
        with httpcore.HTTPConnection(origin, ssl_context=tls, network_backend=_Pinned(addresses, clock)) as connection:
            request = httpcore.Request("POST", url, headers=_all_headers(url, headers, body), content=body)
            response = connection.handle_request(request)
            status = response.status
            retry_after = _retry_after(response.headers, now)
            for chunk in response.iter_stream():
                text += chunk
    except AddressRefusedError:
        fault = "address_refused"
    except httpcore.TimeoutException:
        fault = f"http_timeout: {seconds:g} s"
    except (httpcore.NetworkError, OSError) as error:
        fault = f"http_connect: {error}"
    except (httpcore.ProtocolError, RuntimeError, ValueError) as error:
        fault = f"http_protocol: {error}"
    took = round(1000 * (time.monotonic() - began))
    return Answer(status, took, None if status else (fault or "")[:300], _shown(text), retry_after)


def _all_headers(url: str, headers: Mapping[str, str], body: bytes) -> list[tuple[bytes | str, bytes | str]]:
    """Host as the URL writes it; the connection ends with the answer."""
    named = {
        "host": url.split("/", 3)[2].partition("?")[0],
        "content-type": "application/json",
        "content-length": str(len(body)),
        "accept-encoding": "identity",
        "user-agent": "matchmaker-webhooks/1",
        "connection": "close",
    }
    return [*named.items(), *headers.items()]


def _retry_after(headers: Iterable[tuple[bytes, bytes]], now: datetime) -> timedelta | None:
    """Retry-After in seconds or as a date (RFC 9110, 10.2.3); None where it is absent or cannot be read."""
    said = next((value.decode("latin-1").strip() for name, value in headers if name.lower() == b"retry-after"), "")
    try:
        wait = timedelta(seconds=int(said)) if said.isdecimal() else parsedate_to_datetime(said) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return max(wait, timedelta(0))


def _shown(text: bytes) -> str:
    """The beginning of an answer on one line, without control characters."""
    said = text[: 4 * SHOWN].decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:SHOWN]
