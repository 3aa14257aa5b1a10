"""The first half of an import: read and check every row, and decide what each would do. Nothing is written."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.cells import Cell, CellFault, Register, Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.parse import cell_text
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text, normal
from matchmaker.lists.care import awaits_enterprise
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.lookups import load_registers, registers_of
from matchmaker.lists.models import Contact, Need, Organisation
from matchmaker.lists.schemas import ReadRow, as_cell, read_row, required_fault, schema_class
from matchmaker.lists.services.matcher import ProductMatcher, matcher_for
from matchmaker.lists.services.stored import KEYS_AT_A_TIME, Stored, in_groups

_NO_OWNER = Text(
    "统一社会信用代码与机构编号都是空的。填写其中一个。",
    "USCC and organisation code are both blank. Give one of the two.",
)
_TWO_OWNERS = Text(
    "统一社会信用代码与机构编号都已填写。联系人只属于一方，清空其中一个。",
    "USCC and organisation code are both given. A contact belongs to one side: clear one of the two.",
)
_FAULTY_PARENT = Text(
    "上级机构「{value}」在本文件中有错误，未能导入。先改正那一行。",
    'The parent "{value}" stands in this file in a faulty row. Mend that row first.',
)


class Row(Protocol):
    """One row of a table."""

    @property
    def number(self) -> int:
        """The spreadsheet's own row number."""

    @property
    def cells(self) -> dict[str, Cell]:
        """Column code → cell, of the columns that the file has."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row that is taken. ``stored`` is None for a new entry; ``values`` are all of its fields.

    ``confirmed_at``: when it was last said to be right; None: with this change.
    """

    number: int
    stored: Stored | None
    values: dict[str, Any]
    status: EntryStatus
    confirmed_at: datetime | None = None


@dataclass(slots=True)
class Plan:
    """What an import would do. ``unchanged`` are the rows that confirm their entries."""

    new: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: list[Change] = field(default_factory=list)
    faulty: list[ReadRow] = field(default_factory=list)


def plan_import(
    session: Session,
    model: type[Entry],
    rows: Sequence[Row],
    progress: Callable[[int], None] | None = None,
    status_of: "StatusRule | None" = None,
) -> Plan:
    """Check all rows of a file for ``model``; ``progress`` is told the number of rows done.

    ``status_of``: the status of a new or changed entry after its row; default: that of an operator's act.
    """
    stored_registers = load_registers(session, registers_of(model), enterprises=_named(rows))
    registers = _with_organisations_of(stored_registers, rows) if model is Organisation else stored_registers
    schema = schema_class(model)(registers)
    matcher = matcher_for(session, model)
    plan = Plan()
    done = 0
    for group in in_groups(iter(rows), KEYS_AT_A_TIME):
        read = [read_row(schema, row.number, row.cells) for row in group]
        matcher.load(read)
        for row in read:
            _plan_row(plan, model, row, matcher.match(row), status_of or operators_status())
        done += len(group)
        if progress:
            progress(done)
    if model is Need:
        _keep_unconfirmed(session, plan)
    if isinstance(matcher, ProductMatcher):
        matcher.assign_codes([change.values for change in plan.new])
    if model is Organisation:
        _refuse_children_of_faulty_rows(plan, stored_registers.by_name["organisation"])
    return plan


def _keep_unconfirmed(session: Session, plan: Plan) -> None:
    """A need that was entered for an enterprise stays a draft until that says yes, whatever a file says."""
    drafts = [c.stored.id for c in plan.changed if c.stored and c.stored.status is EntryStatus.DRAFT]
    waiting: set[int] = set()
    for some in in_groups(iter(drafts), KEYS_AT_A_TIME):
        waiting.update(session.scalars(select(Need.id).where(Need.id.in_(some), awaits_enterprise(Need))))
    plan.changed = [
        replace(c, status=EntryStatus.DRAFT) if c.stored and c.stored.id in waiting else c for c in plan.changed
    ]


def _named(rows: Sequence[Row]) -> set[str] | None:
    """The enterprises that a few rows name; None for many rows, for which reading all codes is the cheaper way."""
    if len(rows) > KEYS_AT_A_TIME:
        return None
    cells = (row.cells.get("uscc") for row in rows)
    return {normal(_text_of(cell)).upper() for cell in cells if cell is not None}


def _text_of(cell: Any) -> str:
    """A cell of a file or a value of a body, as its kind reads it; what it cannot read names nobody."""
    try:
        return cell_text(as_cell(cell))
    except CellFault:
        return ""


def _plan_row(plan: Plan, model: type[Entry], row: ReadRow, stored: Stored | None, status_of: "StatusRule") -> None:
    values = _merged(model, row, stored)
    row.faults += _missing(model, row, values)
    if model is Contact:
        row.faults += _wrong_owner(row, values)
    if not row.faults:
        row.faults += model.refused(values)
    if row.faults:
        plan.faulty.append(row)
    elif stored is None:
        plan.new.append(Change(row.number, None, values, status_of(None, values)))
    elif values is stored.values:
        plan.unchanged.append(Change(row.number, stored, values, stored.status))
    else:
        plan.changed.append(Change(row.number, stored, values, status_of(stored, values)))


StatusRule = Callable[[Stored | None, dict[str, Any]], EntryStatus]
"""(the stored entry or None, all values after the row) → the status after the row."""


def operators_status(new: EntryStatus = EntryStatus.PUBLISHED) -> StatusRule:
    """An operator's row publishes, but does not end a suspension; ``new``: where a new entry begins.

    So a changed draft is published, and a changed row under the key of a withdrawn or expired entry publishes it anew.
    An unchanged row changes no status at all: what was exported is read back as unchanged whatever its state.
    """

    def after(stored: Stored | None, _values: dict[str, Any]) -> EntryStatus:
        if stored is None:
            return new
        return stored.status if stored.status is EntryStatus.SUSPENDED else EntryStatus.PUBLISHED

    return after


def _merged(model: type[Entry], row: ReadRow, stored: Stored | None) -> dict[str, Any]:
    """All fields after the row: an absent column keeps what is stored. The stored values themselves if none differs."""
    if stored is None:
        return {f.attribute: row.values.get(f.attribute, f.blank) for f in fields_of(model)}
    different = {
        f.attribute: row.values[f.attribute]
        for f in fields_of(model)
        if f.attribute in row.values and not f.same(stored.values[f.attribute], row.values[f.attribute])
    }
    return {**stored.values, **different} if different else stored.values


def _missing(model: type[Entry], row: ReadRow, values: dict[str, Any]) -> list[tuple[str, CellFault]]:
    """Required fields that neither the row nor the stored entry has (their cells, if any, are faulty already)."""
    return [
        (f.code, required_fault(f))
        for f in _required(model)
        if f.is_blank(values.get(f.attribute)) and not row.faulty(f.code)
    ]


def _required(model: type[Entry]) -> Iterable[Field]:
    return (f for f in fields_of(model) if f.required)


def _wrong_owner(row: ReadRow, values: dict[str, Any]) -> list[tuple[str, CellFault]]:
    """A contact belongs to an enterprise or to an organisation; checked only where neither cell is faulty."""
    if row.faulty("uscc") or row.faulty("org_code") or bool(values["uscc"]) != bool(values["org_code"]):
        return []
    if values["uscc"]:
        return [("org_code" if "org_code" in row.values else "uscc", CellFault("two_owners", _TWO_OWNERS))]
    return [("uscc" if "uscc" in row.values else "org_code", CellFault("required", _NO_OWNER))]


def _with_organisations_of(registers: Registers, rows: Sequence[Row]) -> Registers:
    """The registers, with the organisations of the file itself: one may be another's parent."""
    known = registers.by_name["organisation"]
    names = dict(known.names)
    for row in rows:
        code, name, short = (normal(cell_text(row.cells.get(c, Cell()))) for c in ("org_code", "name", "short_name"))
        if code:
            names[code] = tuple({*names.get(code, ()), name, short} - {""})
    return Registers({**registers.by_name, "organisation": Register(known.label, names)})


def _refuse_children_of_faulty_rows(plan: Plan, stored: Register) -> None:
    """An organisation whose parent stands nowhere but in a faulty row cannot be written either."""
    good = {change.values["org_code"] for change in plan.new}
    absent = {row.values["org_code"] for row in plan.faulty if "org_code" in row.values} - good - set(stored.names)
    while orphans := [c for c in (*plan.new, *plan.changed) if c.values["parent_org_code"] in absent]:
        for change in orphans:
            fault = CellFault("faulty_parent", _FAULTY_PARENT, value=change.values["parent_org_code"])
            plan.faulty.append(ReadRow(change.number, change.values, [("parent_org_code", fault)]))
            if change.stored is None:
                plan.new.remove(change)
                absent.add(change.values["org_code"])
            else:
                plan.changed.remove(change)
    plan.faulty.sort(key=lambda row: row.number)
