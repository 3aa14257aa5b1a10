"""Cursors: where a page ended, readable by nobody, and of use only to whoever asked and for the same question.

``base64url(AES-256-SIV(JSON of the values))``, bound to owner and question (RFC 5297). The same place gives the same
cursor, so that an unchanged page keeps its ETag; nothing can be counted with it.
"""

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from matchmaker.actor import Actor
from matchmaker.domain.text import Text
from matchmaker.vault import signing_key
from matchmaker.web.api.faults import Fault, invalid_query
from matchmaker.web.api.query import Param
from matchmaker.web.view import actor, parts

CURSOR = Param(
    {"type": "string", "minLength": 24, "maxLength": 1200, "pattern": "^[A-Za-z0-9_-]+$"},
    Text("上一页给出的 next_cursor。", "The next_cursor of the page before."),
)


def owner_of(who: Actor) -> str:
    """Whose a cursor or an idempotency key is: the organisation's, the enterprise's, else the person's."""
    return who.org_code or who.uscc or who.who


def make_cursor(question: str, values: list[Any]) -> str:
    """A cursor after ``values`` in the answer to ``question`` (list, filters and order)."""
    sealed = _cipher().encrypt(json.dumps(values, separators=(",", ":")).encode(), _bound(question))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read_cursor(question: str, written: str) -> list[Any]:
    """The values in a cursor; 400 where it is not one of ours for this owner and this question."""
    try:
        sealed = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
        values: list[Any] = json.loads(_cipher().decrypt(sealed, _bound(question)))
    except (ValueError, InvalidTag) as error:
        raise invalid_query(Fault("cursor", _NOT_OURS)) from error
    return values


def _cipher() -> AESSIV:
    settings = parts().settings
    return AESSIV(signing_key(settings, "cursor 1") + signing_key(settings, "cursor 2"))


def _bound(question: str) -> list[bytes]:
    return [owner_of(actor()).encode(), question.encode()]


_NOT_OURS = Text(
    "这个游标不能用于此查询。去掉 cursor，从第一页重新读取。",
    "This cursor is not for this query. Leave it out and start from the first page.",
)
