"""What changed since, for systems that poll; and the inbox of the token's person."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy import String, select, type_coerce

from matchmaker.accounts.feed import Change
from matchmaker.db import UtcTime
from matchmaker.domain.money import yuan_text
from matchmaker.domain.text import Text
from matchmaker.push.models import PushItem
from matchmaker.web.api.cursors import CURSOR, make_cursor, read_cursor
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.listing import LIMIT, LIMIT_PARAM, Listing, Order, list_page
from matchmaker.web.api.operations import ETAG, IF_NONE_MATCH, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.schemas import FeedSchema, InboxItemSchema
from matchmaker.web.api.schemas import chosen_from, page_schema, shown_moment
from matchmaker.web.view import actor, current_lang, reading

FEED = Blueprint("feed", Text("变更与收件箱", "changes and inbox"), "/api/v1")

COLLECTION_OF = {
    "product": "products",
    "need": "needs",
    "policy": "policies",
    "enterprise": "enterprises",
    "lead": "leads",
    "referral": "referrals",
    "consent": "consents",
    "request": "requests",
}
"""Kind in the feed → collection of the API."""

_READ = ("products", "needs", "policies", "enterprises", "leads", "referrals", "consents")
_SINCE = {
    "since": Param(
        CURSOR.schema, Text("上次的 next_cursor；不填：从头。", "The last next_cursor; none: from the start.")
    ),
    "limit": LIMIT_PARAM,
}


@FEED.route("/changes", endpoint="changes")
@operation(
    FEED, "lists.read", Text("自某处起的变更", "Changes since"), FeedSchema, query=_SINCE, headers=(IF_NONE_MATCH,),
    answers=ETAG,
    about="只增不减；gone 为 true 表示不再有效。保存 next_cursor，下次从这里接着读。\n"
    "Append-only; gone: it has ended. Keep next_cursor and go on from there.",
)  # fmt: skip
def list_changes() -> Response:
    """In the order in which they were committed."""
    asked = read_query(_SINCE)
    limit, since = asked.get("limit", LIMIT), asked.get("since")
    after = read_cursor("changes", since)[0] if since else 0
    with reading() as session:
        wanted = select(Change).where(Change.id > after).order_by(Change.id).limit(limit + 1)
        found = session.scalars(wanted).all()
    last = found[:limit][-1].id if found else after
    body = {"data": [_change(one) for one in found[:limit]], "has_more": len(found) > limit}
    return reply(body | {"next_cursor": make_cursor("changes", [last])})


def _change(one: Change) -> dict[str, Any]:
    collection = COLLECTION_OF[one.kind]
    name = shown_id(collection, one.public_id)
    href = f"/api/v1/{collection}/{name}" if collection in _READ else None
    return {"kind": one.kind, "id": name, "gone": one.gone, "at": shown_moment(one.at), "href": href}


INBOX = Listing(
    base=select(PushItem),
    orders={
        "created": Order(type_coerce(PushItem.created_at, UtcTime), lambda v: v.isoformat(), datetime.fromisoformat),
        "id": Order(type_coerce(PushItem.item_version, String).concat(PushItem.item_key)),
    },
    members=chosen_from(InboxItemSchema),
    default=("-created", "id"),
)
_UNSAID = ("rests_on", "owner", "firm_version")
"""What a stored item knows beside what its reader reads."""


@FEED.route("/inbox", endpoint="inbox")
@operation(
    FEED, "inbox", Text("收件箱", "Inbox"), page_schema(InboxItemSchema), query=INBOX.params, headers=(IF_NONE_MATCH,),
    answers=ETAG, about="密钥所属联系人收到的推送条目。\nThe items told to the contact whose token it is.",
)  # fmt: skip
def list_inbox() -> Response:
    """Newest first; nothing for a token of someone who is no contact."""
    mine = (PushItem.contact_no == (actor().contact_no or ""), PushItem.state == "told")
    with reading() as session:
        return list_page(session, replace(INBOX, base=INBOX.base.where(*mine)), _dump_items)


def _dump_items(items: Sequence[PushItem], _chosen: Sequence[str] | None) -> list[Any]:
    return [
        {
            "id": f"item_{item_id(item)}",
            "section": item.section,
            "kind": item.kind,
            "window": item.window,
            "content": _content(item.payload),
            "created_at": shown_moment(item.created_at),
            "read_at": shown_moment(item.read_at),
        }
        for item in items
    ]


def _content(payload: Mapping[str, Any]) -> Any:
    found = said({name: value for name, value in payload.items() if name not in _UNSAID})
    return found | ({"lead": shown_id("leads", found["lead"])} if "lead" in found else {})


def item_id(item: PushItem) -> str:
    """A name for an item: it has no random one, and what it is made of is not told by it."""
    return hashlib.sha256(f"{item.contact_no}\n{item.item_key}\n{item.item_version}".encode()).hexdigest()[:20]


def said(value: Any) -> Any:
    """Stored content in the language asked for, amounts in yuan."""
    if isinstance(value, list):
        return [said(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"zh", "en"}:
        return value[current_lang()]
    return {_name(name): _yuan(name, inner) for name, inner in value.items()}


def _name(name: str) -> str:
    return "amount" if name == "fen" else name.removesuffix("_fen")


def _yuan(name: str, value: Any) -> Any:
    in_fen = (name == "fen" or name.endswith("_fen")) and isinstance(value, int)
    return yuan_text(value) if in_fen else said(value)
