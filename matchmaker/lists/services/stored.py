"""Entries as they are stored, read in bulk without building objects of the ORM."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import Row, Table, select
from sqlalchemy.orm import Session

from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import normal
from matchmaker.lists.entry import Entry, fields_of, key_fields

KEYS_AT_A_TIME = 500
"""So many values stand in one IN list."""

Key = tuple[Any, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry in the database; ``values``: attribute → value of its fields; ``confirmed_at``: when it was last said
    to be right."""

    id: int
    public_id: str
    version: int
    status: EntryStatus
    values: dict[str, Any]
    confirmed_at: datetime


def table_of(model: type[Entry]) -> Table:
    """The table of a list."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


def key_in(model: type[Entry], values: dict[str, Any]) -> Key | None:
    """The key as it is compared (text by its NFKC form); None where a part of it is blank or was not read."""
    parts = tuple(values.get(f.attribute) for f in key_fields(model))
    if any(part is None or part == "" for part in parts):
        return None
    return tuple(normal(part) if type(part) is str else part for part in parts)  # a coded term is a text too


def find_by_key(session: Session, model: type[Entry], keys: Collection[Key]) -> dict[Key, Stored]:
    """The stored entries that have one of ``keys``.

    Rows are asked for by the last part of the key (of a credit record, its number), the rest is compared here.
    """
    column = table_of(model).c[key_fields(model)[-1].attribute]
    found: dict[Key, Stored] = {}
    for some in in_groups(iter({key[-1] for key in keys}), KEYS_AT_A_TIME):
        for row in session.execute(select(table_of(model)).where(column.in_(some))):
            stored = _stored(model, row)
            key = key_in(model, stored.values)
            if key is not None and key in keys:
                found[key] = stored
    return found


def entries_with(session: Session, model: type[Entry], ids: Collection[int]) -> list[Stored]:
    """The entries with these ids, in their order."""
    table = table_of(model)
    found: list[Row[Any]] = []
    for some in in_groups(iter(sorted(ids)), KEYS_AT_A_TIME):
        found += session.execute(select(table).where(table.c.id.in_(some)).order_by(table.c.id))
    return [_stored(model, row) for row in found]


def _stored(model: type[Entry], row: Row[Any]) -> Stored:
    named = row._mapping
    values = {f.attribute: named[f.attribute] for f in fields_of(model)}
    return Stored(named["id"], named["public_id"], named["version"], named["status"], values, named["confirmed_at"])


def in_groups(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of up to ``size`` items."""
    while group := list(islice(items, size)):
        yield group
