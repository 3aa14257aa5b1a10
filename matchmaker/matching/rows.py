"""Rows of published entries, as the lists stand now or as they stood at an earlier list version."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, Select, String, func, select, type_coerce
from sqlalchemy.orm import Session

from matchmaker.domain.kinds import AreaCode, FreeText, KeyText, Kind, Registered, UsccCode
from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.entry import Entry, ListVersion, fields_of

Row = tuple[dict[str, Any], int]
"""Attribute → value, and the entry's version."""

_AT_ONCE = 5_000
_AS_WRITTEN = (AreaCode, FreeText, KeyText, Registered, UsccCode)
"""Kinds whose value is the stored text itself."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Where rows are read: the lists as they stand (``version_id`` None) or the versions up to ``version_id``."""

    session: Session
    version_id: int | None = None

    def rows(self, model: type[Entry], attributes: Sequence[str], **where: Any) -> Iterator[Row]:
        """The published entries of ``model`` with these attributes; ``where``: attribute = value, all of which hold."""
        if self.version_id is None:
            return _current(self.session, model, attributes, where)
        return _at(self.session, model, attributes, where, self.version_id)


def _current(session: Session, model: type[Entry], attributes: Sequence[str], where: dict[str, Any]) -> Iterator[Row]:
    """Columns are fetched as stored and each different text is decoded once: a list of 93,000 takes about a second."""
    kinds = {f.attribute: f.kind for f in fields_of(model)}
    columns = [_raw(model, name, kinds[name]) for name in attributes]
    decoders = [_decoder(kinds[name].from_db, kinds[name]) for name in attributes]
    blanks = [_blank(model, name) for name in attributes]
    query: Select[Any] = select(model.version, *columns).where(model.status == EntryStatus.PUBLISHED)
    for name, value in where.items():
        query = query.where(getattr(model, name) == value)
    for version, *stored in session.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield (
            {
                name: blank if value is None else decode(value) if decode else value
                for name, value, decode, blank in zip(attributes, stored, decoders, blanks, strict=True)
            },
            version,
        )


def _at(
    session: Session, model: type[Entry], attributes: Sequence[str], where: dict[str, Any], version_id: int
) -> Iterator[Row]:
    fields = {f.attribute: f for f in fields_of(model)}
    wanted = [(name, fields[name].code, _blank(model, name)) for name in attributes]
    loaders = {name: _decoder(fields[name].kind.load, fields[name].kind) for name in attributes}
    newest = (
        select(func.max(ListVersion.id).label("id"))
        .where(ListVersion.kind == model.kind_name, ListVersion.id <= version_id)
        .group_by(ListVersion.entry_id)
        .subquery()
    )
    query = (
        select(ListVersion.version, ListVersion.data)
        .join(newest, newest.c.id == ListVersion.id)
        .where(ListVersion.status == EntryStatus.PUBLISHED)
    )
    for version, data in session.execute(query.execution_options(yield_per=_AT_ONCE)):
        texts = json.loads(data)
        values = {name: _loaded(texts.get(code), loaders[name], blank) for name, code, blank in wanted}
        if all(values[name] == value for name, value in where.items()):
            yield values, version


def _raw(model: type[Entry], name: str, kind: Kind) -> Any:
    column: Column[Any] = model.__table__.c[name]  # type: ignore[attr-defined]
    return type_coerce(column, String()) if kind.storage == "text" else column


def _blank(model: type[Entry], name: str) -> Any:
    return next(f.blank for f in fields_of(model) if f.attribute == name)


def _loaded(text: str | None, load: Callable[[str], Any] | None, blank: Any) -> Any:
    if not text:
        return blank
    return load(text) if load else text


def _decoder(read: Callable[[Any], Any], kind: Kind) -> Callable[[Any], Any] | None:
    """``read`` with a memory of what it has read; None where the text itself is the value."""
    if isinstance(kind, _AS_WRITTEN):
        return None
    return partial(_remembered, {}, read)


def _remembered(known: dict[Any, Any], read: Callable[[Any], Any], stored: Any) -> Any:
    if stored not in known:
        known[stored] = read(stored)
    return known[stored]
