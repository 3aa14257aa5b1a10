"""Items: one thing told to one person, with a version that is a hash of what the person reads."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.db import insert_new
from matchmaker.outbox.services import Draft, enqueue
from matchmaker.push.models import PushItem

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Item:
    """``key`` names what it is about; ``reads`` is what its reader reads and alone decides whether it is news.

    ``payload`` is all that writing the message needs. Its ``rests_on`` names the list entries (``need``, ``product``,
    ``policy``) that must still be published when the message leaves; as stored it has the receiver's ``owner`` too.
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
    """A contact who receives pushes. ``uscc`` or ``org_code`` (that of its bank) says whose it is.

    ``addresses``: the channels by which it can be reached, the preferred one first → address, None without one.
    """

    contact_no: str
    name: str
    addresses: Mapping[str, str | None]
    lang: str
    uscc: str | None
    org_code: str | None

    @property
    def owner(self) -> str | None:
        """Whose matters this person is told."""
        return self.uscc or self.org_code

    @property
    def channel(self) -> str:
        """The one that is used: e-mail where there is an address, else the inbox in the application."""
        return next(iter(self.addresses))


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

    A version that the person has had before is left out; nobody without news gets a message. One that was dropped
    before it left has reached nobody and is news again when it holds again.
    """
    rows: list[dict[str, Any]] = []
    receivers: dict[str, Receiver] = {}
    for receiver, items in told:
        receivers[receiver.contact_no] = receiver
        rows += [_row(occasion, receiver, item, place) for place, item in enumerate(items)]
    news = _tell_dropped(session, rows) + insert_new(session, PushItem, rows, PushItem.contact_no)
    with_news = set(news)
    drafts = [_draft(occasion, receiver) for number, receiver in receivers.items() if number in with_news]
    return len(news), enqueue(session, drafts, now=occasion.now)


def _tell_dropped(session: Session, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Those of the rows that stand as dropped are told with this message; their contacts."""
    wanted = {(row["contact_no"], row["item_key"], row["item_version"]): row for row in rows}
    table = PushItem
    columns = (table.id, table.contact_no, table.item_key, table.item_version)
    contacts = list(dict.fromkeys(row["contact_no"] for row in rows))
    found: list[Any] = []
    for start in range(0, len(contacts), _CHUNK):
        mine = table.contact_no.in_(contacts[start : start + _CHUNK]) & (table.state == "dropped")
        found += session.execute(select(*columns).where(mine))
    dropped = {(contact_no, key, version): number for number, contact_no, key, version in found}
    again = [known for known in wanted if known in dropped]
    for known in again:
        told = update(table).where(table.id == dropped[known]).values(**wanted[known])
        session.execute(told.execution_options(synchronize_session=False))
    return [contact_no for contact_no, _, _ in again]


def _row(occasion: Occasion, receiver: Receiver, item: Item, place: int) -> dict[str, Any]:
    return {
        "contact_no": receiver.contact_no,
        "item_key": item.key,
        "item_version": item.version,
        "section": item.section,
        "position": place,
        "payload": {**item.payload, "owner": receiver.owner},
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
        address=receiver.addresses[receiver.channel],
        not_before=occasion.not_before,
    )
