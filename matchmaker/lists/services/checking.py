"""What a file would do, row by row, as its check page shows it; kept with the upload, so in plain JSON."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.domain.parse import cell_text
from matchmaker.domain.text import LANGS, Lang
from matchmaker.lists.entry import Entry, fields_of, key_fields
from matchmaker.lists.faults import RowFault
from matchmaker.lists.files import Table
from matchmaker.lists.queries import FINAL
from matchmaker.lists.schemas import ReadRow
from matchmaker.lists.services.planning import Change, Plan

MOST_ROWS = 1000
"""So many rows of each sort are kept to be shown; the annotated file has all."""
_LONGEST = 200
_NAMES = ("name", "title", "need_no", "uscc", "record_no")
"""The fields by which a person knows a row, the first that a list has."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The counts of a file's rows by what they would do, the rows to be shown, and every fault.

    ``rows``: ``new``, ``ended`` (like an entry that is withdrawn or expired, and stays so), ``changed`` (with
    ``fields``: code, old and new text) and ``faulty`` (with ``cells``: code → text, sentence in Chinese, in English);
    each with its number in the file and its name. ``seal``: differs where the file would do anything else than what
    was shown.
    """

    counts: dict[str, int]
    rows: dict[str, list[dict[str, Any]]]
    faults: tuple[RowFault, ...]
    seal: str


def look_at(plan: Plan, table: Table, model: type[Entry], lang: Lang) -> Checked:
    """What the plan of a file is for those who decide on it; ``lang``: of the sentences in the annotated file."""
    texts = {row.number: row.cells for row in table.rows}
    return Checked(
        counts={
            "new": len(plan.new),
            "changed": len(plan.changed),
            "unchanged": len(plan.unchanged),
            "rejected": len(plan.faulty),
        },
        rows={
            "new": [_named(model, change) for change in plan.new[:MOST_ROWS]],
            "changed": [_named(model, c) | {"fields": _differences(model, c)} for c in plan.changed[:MOST_ROWS]],
            "ended": [_named(model, c) for c in plan.unchanged if c.stored and c.stored.status in FINAL][:MOST_ROWS],
            "faulty": [_faulty(model, row, texts[row.number]) for row in plan.faulty[:MOST_ROWS]],
        },
        faults=_faults(plan.faulty, table, model, lang),
        seal=seal_of(plan),
    )


def seal_of(plan: Plan) -> str:
    """A hash of what a plan would do to which version of which entry."""
    sorts = (plan.new, plan.changed, plan.unchanged)
    told: list[Any] = [[(c.number, c.stored and (c.stored.id, c.stored.version)) for c in sort] for sort in sorts]
    told.append([(row.number, sorted((code, fault.code) for code, fault in row.faults)) for row in plan.faulty])
    return hashlib.sha256(repr(told).encode()).hexdigest()


def confirmed_before(plan: Plan) -> dict[str, list[int]]:
    """When the entries that an import is about to change were last confirmed: moment → their ids (few moments, for
    whole lists are confirmed at once)."""
    found: dict[str, list[int]] = defaultdict(list)
    for change in plan.changed:
        if change.stored is not None:
            found[change.stored.confirmed_at.isoformat()].append(change.stored.id)
    return dict(found)


def _named(model: type[Entry], change: Change) -> dict[str, Any]:
    texts = {f.code: f.write(change.values.get(f.attribute)) for f in fields_of(model) if f.key or f.code in _NAMES}
    return {"row": change.number, "name": _name(model, texts)}


def _name(model: type[Entry], texts: Mapping[str, str]) -> str:
    known = [code for code in _NAMES if code in {f.code for f in fields_of(model)}]
    codes = [*known[:1], *(f.code for f in key_fields(model))]
    return next((texts[code][:_LONGEST] for code in codes if texts.get(code)), "")


def _differences(model: type[Entry], change: Change) -> list[list[str]]:
    """Code, text before and text after of each field that differs."""
    assert change.stored is not None
    before, after = change.stored.values, change.values
    return [
        [f.code, f.write(before[f.attribute])[:_LONGEST], f.write(after[f.attribute])[:_LONGEST]]
        for f in fields_of(model)
        if not f.same(before[f.attribute], after[f.attribute])
    ]


def _faulty(model: type[Entry], row: ReadRow, cells: Mapping[str, Any]) -> dict[str, Any]:
    texts = {code: cell_text(cell) for code, cell in cells.items()}
    found: dict[str, list[str]] = {}
    for code, fault in row.faults:
        said = [fault.text.say(lang, **fault.values) for lang in LANGS]
        earlier = found.get(code)
        found[code] = [texts.get(code, "")[:_LONGEST], *said] if earlier is None else [
            earlier[0], *(f"{one} {more}" for one, more in zip(earlier[1:], said, strict=True))
        ]  # fmt: skip
    return {"row": row.number, "name": _name(model, texts), "cells": found}


def _faults(faulty: Sequence[ReadRow], table: Table, model: type[Entry], lang: Lang) -> tuple[RowFault, ...]:
    place = {f.code: at for at, f in enumerate(fields_of(model))}
    return tuple(
        RowFault(row.number, code, table.cell_name(row.number, code), fault.code, fault.text.say(lang, **fault.values))
        for row in faulty
        for code, fault in sorted(row.faults, key=lambda at: place[at[0]])
    )
