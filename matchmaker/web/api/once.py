"""Every POST is done once, however often it is sent: the Idempotency-Key and what it stands for."""

import hashlib
from collections.abc import Callable

from flask import Response, request

from matchmaker.accounts.idempotency import LONGEST, Kept, begin_request, keep_answer
from matchmaker.db import ScopedSession
from matchmaker.domain.text import Text
from matchmaker.vault import seal, unseal
from matchmaker.web.api.cursors import owner_of
from matchmaker.web.api.faults import ApiError
from matchmaker.web.view import actor, parts

HEADER = "Idempotency-Key"
PATTERN = r"^[!-~]{1,255}$"
_KEPT_HEADERS = ("Location", "ETag", "Content-Language", "Vary")


def do_once(work: Callable[[ScopedSession], Response], *, content: str = "") -> Response:
    """The answer of ``work``, or the one that was given to this key before; work and key are one transaction.

    ``content``: what stands for the body where its bytes differ each time it is sent (a form with a file).
    """
    key, moment, owner = _key(), parts().now(), owner_of(actor())
    with parts().database.writing(actor()) as session:
        kept = begin_request(session, owner=owner, key=key, request_hash=_request_hash(content), now=moment)
        if kept is not None:
            return _again(kept, unseal(parts().settings, kept.body, _purpose(owner, key)))
        answer = work(session)
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        body = seal(parts().settings, answer.get_data(as_text=True), _purpose(owner, key))
        keep_answer(session, Kept(answer.status_code, headers, body), owner=owner, key=key)
    return answer


def _key() -> str:
    key = request.headers.get(HEADER, "")
    if not key:
        raise ApiError(400, _NO_KEY, code="idempotency_required")
    if len(key) > LONGEST or not all("!" <= sign <= "~" for sign in key):
        raise ApiError(400, _WRONG_KEY, code="idempotency_key", limit=LONGEST)
    return key


def _request_hash(content: str) -> str:
    said = hashlib.sha256(f"{request.method} {request.full_path}\n{content}\n".encode())
    if not content:
        said.update(request.get_data(cache=True))
    return said.hexdigest()


def _purpose(owner: str, key: str) -> str:
    """An answer may hold a secret, so it is kept encrypted, and opens for its own key only."""
    return f"answer {owner} {key}"


def _again(kept: Kept, body: str) -> Response:
    answer = Response(body, kept.status, content_type="application/json")
    answer.headers.update(kept.headers)
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


_NO_KEY = Text(
    "缺少 Idempotency-Key。给每次提交一个新的随机值，重试时用同一个。",
    "Idempotency-Key is missing. Send a new random value with each request, and the same one when you try again.",
)
_WRONG_KEY = Text(
    "Idempotency-Key 应为 1 至 {limit} 个不含空格的 ASCII 字符。",
    "An Idempotency-Key is 1 to {limit} ASCII characters without blanks.",
)
