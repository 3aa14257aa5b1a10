"""What keeps one caller from taking all: calls a minute, bytes of a body, expensive work at a time.

Counted in each process: with several, a caller has so many calls in each (docs/reference/api.md says so).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address
from limits.storage import MemoryStorage

from matchmaker.domain.errors import TooManyError
from matchmaker.domain.text import Text
from matchmaker.lists.files.limits import MAX_CSV_BYTES
from matchmaker.settings import Settings
from matchmaker.web.api.faults import ApiError

API = "/api/"
OPEN = ("/verify", "/.well-known/")
"""Pages for anybody: counted by address, as the API is."""
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_UPLOAD_BYTES = MAX_CSV_BYTES + 64 * 1024
UPLOADS = ("/api/v1/imports", "/imports")
AT_A_TIME = 2
"""Imports, and explanations, that one process works on at once."""


def add_limits(app: Flask, settings: Settings) -> None:
    """Count the calls of each token, and of each address without one; to be added after who asks is known."""
    app.before_request(_refuse_large)
    app.config.update(RATELIMIT_APPLICATION=settings.api_rate, RATELIMIT_APPLICATION_EXEMPT_WHEN=_is_uncounted)
    limiter = Limiter(_caller, on_breach=_refuse, storage_uri="memory-seldom-swept://", strategy="moving-window")
    limiter.init_app(app)

    def add_headers(response: Response) -> Response:
        """How much is left (draft-ietf-httpapi-ratelimit-headers, the form that clients know)."""
        seen = limiter.current_limit
        if seen is not None and not _is_page():
            response.headers["RateLimit-Limit"] = str(seen.limit.amount)
            response.headers["RateLimit-Remaining"] = str(seen.remaining)
            response.headers["RateLimit-Reset"] = str(max(int(seen.reset_at - time.time()), 0))
        return response

    app.after_request(add_headers)


class _SeldomSwept(MemoryStorage):
    """Counts in memory. The library's own starts a thread to sweep old counts with nearly every call, which costs a
    busy server more than the counting; this one sweeps in the call that finds it due."""

    STORAGE_SCHEME = ["memory-seldom-swept"]  # noqa: RUF012 - as the library declares it
    SWEEP_SECONDS = 60
    _swept = 0.0

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - the name that the library calls
        if time.monotonic() - self._swept > self.SWEEP_SECONDS:
            self._swept = time.monotonic()
            self._MemoryStorage__expire_events()  # type: ignore[attr-defined]


def _is_uncounted() -> bool:
    return _is_page() and not request.path.startswith(OPEN)


def _is_page() -> bool:
    return not request.path.startswith(API)


def _caller() -> str:
    token = g.actor.token_id
    return f"token:{token}" if token else f"address:{get_remote_address()}"


def _refuse(seen: RequestLimit) -> Response:
    raise TooManyError(_TOO_MANY, code="rate", seconds=max(int(seen.reset_at - time.time()), 1))


def _refuse_large() -> None:
    """413 before a body is read; one of unknown length is cut off by the same limit (ASVS 5.2.1)."""
    limit = MAX_UPLOAD_BYTES if request.path in UPLOADS else MAX_BODY_BYTES
    request.max_content_length = limit
    if not _is_page() and (request.content_length or 0) > limit:
        raise _too_large(limit)


def whole_body() -> bytes:
    """The body; 413 where one of unknown length was cut off at the limit."""
    raw, limit = request.get_data(cache=True), request.max_content_length
    if limit is not None and len(raw) >= limit:
        raise _too_large(limit)
    return raw


def _too_large(limit: int) -> ApiError:
    return ApiError(413, _TOO_LARGE, code="too_large", limit=limit // 1024 // 1024)


_working = {name: BoundedSemaphore(AT_A_TIME) for name in ("import", "explanation", "address")}


@contextmanager
def bounded(name: str) -> Iterator[None]:
    """Work that is expensive: 503 with Retry-After where as much of it as may be is under way (ASVS 15.1.3)."""
    if not _working[name].acquire(blocking=False):
        raise ApiError(503, _BUSY, code="busy", headers={"Retry-After": "5"})
    try:
        yield
    finally:
        _working[name].release()


_TOO_MANY = Text("调用过于频繁。{seconds} 秒后再试。", "Too many calls. Try again in {seconds} seconds.")
_TOO_LARGE = Text("请求内容超过 {limit} MB。分成几次提交。", "The body is larger than {limit} MB. Split it up.")
_BUSY = Text("同类任务正在进行，稍后再试。", "Work of this kind is under way. Try again shortly.")
