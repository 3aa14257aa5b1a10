"""Cursors: where a page ended, signed, and of use only to whoever asked and for the same question.

``base64url(JSON [what it is bound to, values …]) . base64url(first 16 bytes of HMAC-SHA-256)``. It holds no row id, so
nothing can be counted with it; another owner's cursor, or one of another list, filter or order, is refused.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from matchmaker.actor import Actor
from matchmaker.domain.text import Text
from matchmaker.vault import signing_key
from matchmaker.web.api.faults import Fault, invalid_query
from matchmaker.web.api.query import Param
from matchmaker.web.view import actor, parts

PATTERN = r"^[A-Za-z0-9_-]{1,800}\.[A-Za-z0-9_-]{22}$"
CURSOR = Param(
    {"type": "string", "maxLength": 823, "pattern": PATTERN},
    Text("上一页给出的 next_cursor。", "The next_cursor of the page before."),
)


def owner_of(who: Actor) -> str:
    """Whose a cursor or an idempotency key is: the organisation's, the enterprise's, else the person's."""
    return who.org_code or who.uscc or who.who


def make_cursor(question: str, values: list[Any]) -> str:
    """A cursor after ``values`` in the answer to ``question`` (list, filters and order)."""
    body = _encode(json.dumps([_bound(question), *values], separators=(",", ":")).encode())
    return f"{body}.{_encode(_signature(body))}"


def read_cursor(question: str, written: str) -> list[Any]:
    """The values in a cursor; 400 where it is not one of ours for this owner and this question."""
    body, _, signature = written.partition(".")
    try:
        genuine = hmac.compare_digest(_encode(_signature(body)), signature)
        bound, *values = json.loads(_decode(body)) if genuine else [None]
    except ValueError:
        bound, values = None, []
    if bound != _bound(question):
        raise invalid_query(Fault("cursor", _NOT_OURS))
    return values


def _bound(question: str) -> str:
    return hashlib.sha256(f"{owner_of(actor())}\n{question}".encode()).hexdigest()[:24]


def _signature(body: str) -> bytes:
    return hmac.digest(signing_key(parts().settings, "cursor"), body.encode(), "sha256")[:16]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


_NOT_OURS = Text(
    "这个游标不能用于此查询。去掉 cursor，从第一页重新读取。",
    "This cursor is not for this query. Leave it out and start from the first page.",
)
