"""Reads of the lists: single entries and their history, stale ones, rows for files, the workday calendar."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from matchmaker.domain.cells import Cell, CellFault, Register, Registers
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.kinds import find_in
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Lang, Text, normal
from matchmaker.domain.workdays import Workdays
from matchmaker.lists.entry import Entry, ListVersion, fields_of, key_fields
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import (
    Need,
    Policy,
    Product,
    Workday,
)

FINAL = (EntryStatus.WITHDRAWN, EntryStatus.EXPIRED)
MAINTAINED: tuple[type[Entry], ...] = (Product, Need, Policy)
"""The three lists, whose entries become stale when nobody confirms them."""
ROWS_AT_A_TIME = 1000


def find_entry(session: Session, model: type[Entry], key: str) -> Entry:
    """The entry with this key (``来源/编号`` where the key has two parts); NotFoundError when there is none."""
    declared = key_fields(model)
    parts = [normal(part) for part in key.split("/", len(declared) - 1)]
    last = inspect(model).columns[declared[-1].attribute]
    if len(parts) == len(declared):
        try:
            wanted = declared[-1].kind.read(Cell(parts[-1]), Registers())
        except CellFault:
            wanted = None
        for entry in session.scalars(select(model).where(last == wanted)) if wanted is not None else ():
            if all(normal(getattr(entry, f.attribute)) == part for f, part in zip(declared[:-1], parts, strict=False)):
                return entry
    raise NotFoundError(
        Text("{kind}中没有「{key}」。核对编号。", 'There is no "{key}" among {kind}. Check the key.'),
        code="not_found",
        kind=model.label,
        key=key,
    )


def find_bank(session: Session, name: str) -> str:
    """The org_code of an organisation given by code, name or short name; NotFoundError names the nearest."""
    try:
        return find_in(load_registers(session, ["bank"]).by_name["bank"], normal(name))
    except CellFault as fault:
        raise NotFoundError(fault.text, code="not_found", **fault.values) from fault


def stale_entries(session: Session, now: datetime, days: int) -> list[Entry]:
    """Published entries of the three lists that nobody has confirmed for more than ``days`` days, oldest first."""
    limit = now - timedelta(days=days)
    found: list[Entry] = []
    for model in MAINTAINED:
        published = model.status == EntryStatus.PUBLISHED
        found += session.scalars(select(model).where(published, model.confirmed_at < limit)).all()
    return sorted(found, key=lambda entry: (entry.confirmed_at, entry.kind_name, entry.id))


def rows_for_file(
    session: Session, model: type[Entry], *, bank: str | None = None, current: bool = False
) -> Iterator[dict[str, Any]]:
    """Column code → value of each entry, by key, a bank under its name. They stream.

    ``bank``: products of this org_code only; ``current``: without withdrawn and expired entries.
    """
    columns = inspect(model).columns
    declared = fields_of(model)
    statement = select(*(columns[f.attribute] for f in declared))
    statement = statement.order_by(*(columns[f.attribute] for f in key_fields(model)))
    if current:
        statement = statement.where(model.status.not_in(FINAL))
    if bank is not None:
        statement = statement.where(Product.bank_name == bank)
    shown = _bank_names(session) if model is Product else {}
    for row in session.execute(statement.execution_options(yield_per=ROWS_AT_A_TIME)):
        values = dict(zip((f.code for f in declared), row, strict=True))
        if shown:
            values["bank_name"] = shown[values["bank_name"]]
        yield values


def _bank_names(session: Session) -> dict[str, str]:
    """org_code → the name under which a file's bank is found again (the code itself where two share the name)."""
    register: Register = load_registers(session, ["bank"]).by_name["bank"]
    shown = {}
    for code, names in register.names.items():
        try:
            shown[code] = names[0] if find_in(register, normal(names[0])) == code else code
        except CellFault:
            shown[code] = code
    return shown


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One version of an entry. ``changes``: (label, text before, text after) of each field it changed."""

    version: int
    status: EntryStatus
    actor: str
    cause: str
    note: str | None
    recorded_at: datetime
    changes: tuple[tuple[Text, str, str], ...]

    def to_json(self, lang: Lang) -> dict[str, Any]:
        """The object of ``flask lists history --json``."""
        return {
            "version": self.version,
            "status": self.status.value,
            "actor": self.actor,
            "cause": self.cause,
            "note": self.note,
            "recorded_at": self.recorded_at.isoformat(),
            "changes": [{"field": f.say(lang), "before": before, "after": after} for f, before, after in self.changes],
        }


def history_of(session: Session, entry: Entry) -> list[KeptVersion]:
    """All versions of an entry, newest first."""
    model = type(entry)
    rows = session.scalars(
        select(ListVersion)
        .where(ListVersion.kind == model.kind_name, ListVersion.entry_id == entry.id)
        .order_by(ListVersion.version.desc())
    ).all()
    texts: list[dict[str, str]] = [json.loads(row.data) for row in rows]
    earlier = [*texts[1:], texts[-1]] if texts else []
    return [
        KeptVersion(
            row.version,
            row.status,
            row.actor,
            row.cause,
            row.note,
            row.recorded_at,
            changes_between(model, before, after),
        )
        for row, before, after in zip(rows, earlier, texts, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Source:
    """Since when a field has held its value, and by whose act: ``actor`` and ``cause`` of that version."""

    since: datetime
    actor: str
    cause: str


def sources_of(session: Session, entry: Entry) -> dict[str, Source]:
    """Column code → where the value of each field of an entry comes from; blank fields and lost histories left out."""
    rows = session.scalars(
        select(ListVersion)
        .where(ListVersion.kind == entry.kind_name, ListVersion.entry_id == entry.id)
        .order_by(ListVersion.version)
    ).all()
    found: dict[str, Source] = {}
    held: dict[str, str] = {}
    for row in rows:
        texts: dict[str, str] = json.loads(row.data)
        made = Source(row.recorded_at, row.actor, row.cause)
        found = {code: found[code] if held.get(code) == text else made for code, text in texts.items()}
        held = texts
    return found


Changes = tuple[tuple[Text, str, str], ...]
"""(label, text before, text after) of each field that differs."""


def changes_between(model: type[Entry], before: dict[str, str], after: dict[str, str]) -> Changes:
    """What differs between two versions (column code → text as written); ``--`` for a blank."""
    return tuple(
        (f.label, before.get(f.code, "--"), after.get(f.code, "--"))
        for f in fields_of(model)
        if before.get(f.code) != after.get(f.code)
    )


def load_workdays(session: Session) -> Workdays:
    """The workday calendar."""
    return Workdays({row.day: row.is_workday for row in session.execute(select(Workday.day, Workday.is_workday))})
