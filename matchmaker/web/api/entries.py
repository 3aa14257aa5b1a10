"""Entries of the lists as the API shows and writes them; what all their routes share."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import local
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.fields import Sensitivity
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of, key_fields
from matchmaker.lists.models import CreditRecord, Enterprise, Need, Organisation, Policy, Product
from matchmaker.lists.queries import history_of
from matchmaker.lists.readable import seen_of
from matchmaker.lists.services.owned import Outcome
from matchmaker.web.api.faults import ApiError, Fault, invalid_body
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.kinds import json_name
from matchmaker.web.api.labels import add_names
from matchmaker.web.api.replies import reply
from matchmaker.web.api.schemas import entry_schema, readable, shown_moment
from matchmaker.web.view import actor, current_lang, parts


@dataclass(frozen=True, slots=True)
class Collection:
    """A list as the API has it. ``write``: the row of the matrix for changes; None: it is only read here; ``read``:
    the row for that.

    ``made``: new entries may be posted, and their owners take steps of the workflow with them.
    """

    model: Any
    write: str | None = None
    made: bool = False
    read: str = "lists.read"

    @property
    def name(self) -> str:
        """Of the collection, in addresses and commands."""
        return str(self.model.kind_name)


PRODUCTS = Collection(Product, "products.write", made=True)
NEEDS = Collection(Need, "needs.write", made=True)
POLICIES = Collection(Policy, "policies.write", made=True)
ENTERPRISES = Collection(Enterprise, "enterprise.write")
ORGANISATIONS = Collection(Organisation)
CREDIT = Collection(CreditRecord, read="credit.read")
COLLECTIONS = (PRODUCTS, NEEDS, POLICIES, ENTERPRISES, ORGANISATIONS, CREDIT)


def find_by_id(session: Session, model: Any, public_id: str) -> Any:
    """The row with this public id that the session's actor sees; NotFoundError for none and for another's alike."""
    found = session.scalars(select(model).where(model.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFoundError(_NOT_FOUND, code="not_found")
    return found


def find_by_key(session: Session, model: type[Entry], outcome: Outcome) -> Any:
    """The entry that a row was written to."""
    assert outcome.key is not None
    keys = zip(key_fields(model), outcome.key, strict=True)
    return session.scalars(select(model).where(*(getattr(model, f.attribute) == part for f, part in keys))).one()


def dump_entries(
    session: Session, collection: Collection, entries: Sequence[Any], chosen: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Entries as JSON, each with the fields that the actor's side may read of it; ``chosen``: only these of them."""
    only = None if chosen is None else frozenset({*chosen, "id"})
    shown = [_schema(collection, seen_of(actor(), entry), only).dump(entry) for entry in entries]
    add_names(session, fields_of(collection.model), entries, shown)
    return shown


@lru_cache(maxsize=256)
def _schema(collection: Collection, seen: frozenset[Sensitivity], only: frozenset[str] | None) -> Any:
    members = readable(collection.model, seen)
    shown = members if only is None else [name for name in members if name in only]
    return entry_schema(collection.name, collection.model)(only=shown)


def entry_reply(
    session: Session, collection: Collection, entry: Any, status: int = 200, chosen: Sequence[str] | None = None
) -> Response:
    """One entry with its version as ETag; a new one with its address."""
    headers = {"Location": address_of(collection.name, entry)} if status == 201 else {}
    return reply(dump_entries(session, collection, [entry], chosen)[0], status, headers, version=entry.version)


def address_of(name: str, entry: Any) -> str:
    """The address of one of a collection."""
    return f"/api/v1/{name}/{shown_id(name, entry.public_id)}"


def faults_of_row(model: type[Entry], outcome: Outcome) -> list[Fault]:
    """The faults of a row under the names of JSON."""
    names = {f.code: json_name(f) for f in fields_of(model)}
    return [
        Fault(fault.code, Text(fault.message, fault.message)).at(names.get(fault.column or "", fault.column or ""))
        for fault in outcome.faults
    ]


def require_good(model: type[Entry], outcome: Outcome) -> None:
    """422 with the faults of a row that was rejected."""
    if outcome.faults:
        raise invalid_body(faults_of_row(model, outcome))


def key_cells(entry: Any) -> dict[str, Cell]:
    """The cells that say which entry a row is about."""
    return {f.code: Cell(getattr(entry, f.attribute)) for f in key_fields(type(entry))}


def require_version(session: Session, entry: Any, version: int) -> None:
    """412 where the entry is not at the version that a write was made for: it says who changed what since, and when.

    ``changed`` holds the members under their names in JSON; the sentence has their labels.
    """
    if entry.version == version:
        return
    lang, names = current_lang(), {f.label: json_name(f) for f in fields_of(type(entry))}
    since = [kept for kept in history_of(session, entry) if kept.version > version][:20]
    changes = [
        {
            "version": kept.version,
            "by": kept.actor,
            "at": shown_moment(kept.recorded_at),
            "status": kept.status.value,
            "changed": [names[label] for label, _, _ in kept.changes],
        }
        for kept in since
    ]
    last = since[0] if since else None
    said = [label.say(lang) for label, _, _ in last.changes] or [last.status.label.say(lang)] if last else []
    raise ApiError(
        412,
        _STALE if last else _STALE_UNKNOWN,
        code="version_conflict",
        more={"current_version": entry.version, "changes": changes},
        now=entry.version,
        who=last.actor if last else "",
        at=f"{local(last.recorded_at, parts().settings.zone):%Y-%m-%d %H:%M}" if last else "",
        what=("、" if lang == "zh" else ", ").join(said),
    )


_NOT_FOUND = Text("没有这一项，或者它不是贵单位的。", "There is no such thing, or it is not yours.")
_STALE = Text(
    "这条记录已被改动，现在是第 {now} 版：{who} 于 {at} 改了{what}。重新读取后再提交。",
    "This entry has moved on to version {now}: {who} changed {what} at {at}. Read it again first.",
)
_STALE_UNKNOWN = Text(
    "If-Match 不是这条记录的版本，现在是第 {now} 版。重新读取后再提交。",
    "If-Match names no version of this entry, which is at version {now}. Read it again first.",
)
