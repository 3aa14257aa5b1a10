"""Items: one thing told to one person, with a version that is a hash of what the person reads."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.outbox.services import Draft, enqueue, insert_new
from matchmaker.push.models import PushItem

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Item:
    """``key`` names what it is about; ``reads`` is what its reader reads and alone decides whether it is news.

    ``payload`` is all that writing the message needs. Its ``rests_on`` names the list entries (``need``, ``product``,
    ``policy``) that must still be published when the message leaves.
    """

    key: str
    section: str
    reads: Any
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The same for the same reading, whatever rules, scores or dates of computation stand behind it."""
        return version_of(self.reads)


def version_of(reads: Any) -> str:
    """Hash of a JSON value, independent of the order of keys."""
    text = json.dumps(reads, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A contact who receives pushes. ``uscc`` or ``org_code`` (that of its bank) says whose it is."""

    contact_no: str
    name: str
    email: str | None
    lang: str
    uscc: str | None
    org_code: str | None

    @property
    def channel(self) -> str:
        """E-mail where there is an address; the inbox in the application is there for everyone."""
        return "email" if self.email else "inbox"


@dataclass(frozen=True, slots=True)
class Occasion:
    """For which run, kind and window something is told, and not before when."""

    push_run_id: int | None
    kind: str
    window: str
    now: datetime
    not_before: datetime


def tell(session: Session, occasion: Occasion, told: Iterable[tuple[Receiver, Sequence[Item]]]) -> tuple[int, int]:
    """Store what is new to each receiver, and one message for each who has news; (items, messages) that are new.

    A version that the person has had before is left out; nobody without news gets a message.
    """
    rows: list[dict[str, Any]] = []
    receivers: dict[str, Receiver] = {}
    for receiver, items in told:
        receivers[receiver.contact_no] = receiver
        rows += [_row(occasion, receiver, item, place) for place, item in enumerate(items)]
    news: list[Any] = []
    for start in range(0, len(rows), _CHUNK):
        news += insert_new(session, PushItem, rows[start : start + _CHUNK], PushItem.contact_no)
    drafts = [_draft(occasion, receivers[number]) for number in dict.fromkeys(news)]
    return len(news), enqueue(session, drafts, now=occasion.now)


def _row(occasion: Occasion, receiver: Receiver, item: Item, place: int) -> dict[str, Any]:
    return {
        "contact_no": receiver.contact_no,
        "item_key": item.key,
        "item_version": item.version,
        "section": item.section,
        "position": place,
        "payload": dict(item.payload),
        "push_run_id": occasion.push_run_id,
        "kind": occasion.kind,
        "window": occasion.window,
        "state": "told",
        "created_at": occasion.now,
    }


def _draft(occasion: Occasion, receiver: Receiver) -> Draft:
    return Draft(
        contact_no=receiver.contact_no,
        channel=receiver.channel,
        kind=occasion.kind,
        window=occasion.window,
        name=receiver.name,
        address=receiver.email,
        not_before=occasion.not_before,
    )
