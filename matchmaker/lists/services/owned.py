"""What a bank and an enterprise write themselves: their own entries only, and by the rules of review.

The same planning as an import: the rows of a file and the bodies of the API go the same way. The registers and the
stored entries are looked up across tenants (a product code is unique in the city), so this is one of the gates that
may; that every row is the writer's own is checked here, and what is another's reads exactly like what is not there.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.accounts.scrub import scrub
from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession
from matchmaker.domain.cells import Cell, CellFault
from matchmaker.domain.errors import ConflictError, NotAllowedError
from matchmaker.domain.lifecycle import ENTRY, Who
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.faults import RowFault
from matchmaker.lists.models import Contact, CreditRecord, Enterprise, Need, Organisation, Policy, Product
from matchmaker.lists.previews import identity_of
from matchmaker.lists.schemas import ReadRow
from matchmaker.lists.services.planning import Change, Plan, Row, StatusRule, operators_status, plan_import
from matchmaker.lists.services.stored import Key, Stored, key_in
from matchmaker.lists.services.workflow import change_status
from matchmaker.lists.services.writing import write_plan
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Owning:
    """How a list belongs to its writers. ``owner``: the attribute that names whose it is; ``kept``: attributes that
    only the bureau changes, because they are recognitions of others or say who someone is."""

    action: str
    owner: str | None
    kept: frozenset[str] = frozenset()


OWNING: Mapping[type[Entry], Owning] = {
    Product: Owning("products.write", "bank_name"),
    Need: Owning("needs.write", "uscc"),
    Enterprise: Owning(
        "enterprise.write",
        "uscc",
        frozenset({"name", "industry_code", "chain_code", "founded_on", "tiers", "tax_grade"}),
    ),
    Policy: Owning("policies.write", None),
    Organisation: Owning("lists.keep", None),
    Contact: Owning("lists.keep", None),
    CreditRecord: Owning("credit.write", None),
}


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A row of cells, or the JSON values of a body under their column codes (absent ones keep what is stored)."""

    number: int
    cells: dict[str, Any]
    numbered: bool = False
    """Whether the number of a new need in it is one that was made here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: ``new``, ``changed``, ``unchanged`` or ``rejected``, its key, and its faults."""

    number: int
    state: str
    key: Key | None
    faults: tuple[RowFault, ...] = ()


def write_own(
    session: Session,
    *,
    actor: Actor,
    model: type[Entry],
    rows: Sequence[Row | OwnRow],
    settings: Settings,
    now: datetime,
    lang: Lang = "zh",
    partial: bool = False,
    dry_run: bool = False,
    draft: bool = False,
    expected: int | None = None,
    cause: str = "own",
    look: Callable[[Plan], None] = lambda _plan: None,
    cell_name: Callable[[int, str], str | None] = lambda _row, _code: None,
) -> list[Outcome]:
    """Write rows of the actor's own list, all or (``partial``) the good ones; one outcome a row, in their order.

    ``expected``: the version that a single row was made for (If-Match); ConflictError ``version_conflict`` where the
    entry has moved on. ``draft``: new entries wait for their owner to submit them. A bank's product is submitted for
    review, and so is a need where the city asks for it or its free text names the enterprise. ``cause``: what stands
    in the versions; ``look`` is shown the plan before anything is written, and what it raises keeps it from being so.
    NotAllowedError: the list is not one that the actor's side writes.
    """
    owning = OWNING[model]
    permit(actor, owning.action, now)
    own = _own_rows(model, owning, actor, rows, settings, now)
    with cast(ScopedSession, session).elevated():
        plan = plan_import(session, model, own, status_of=_status_rule(session, actor, model, settings, draft))
        _refuse_others(plan, model, owning, actor, {row.number for row in own if row.numbered})
        _require_version(plan, expected)
        look(plan)
        if not dry_run and (partial or not plan.faulty):
            write_plan(session, model, plan, actor=actor, cause=cause, now=now, late=True)
            _note(session, actor, model, plan, now)
    return _outcomes(model, plan, lang, cell_name)


def step_own(
    session: Session, *, actor: Actor, entry: Entry, verb: str, now: datetime, note: str | None = None
) -> None:
    """Take a step of the workflow with an entry that the actor's session has found, as its owner or as the bureau.

    ``note``: what is said with it, for whoever may write the entry.

    NotAllowedError where the step is not theirs to take; ConflictError where it does not start from the entry's state.
    """
    permit(actor, OWNING[type(entry)].action, now)
    step = next((t for t in ENTRY if t.verb == verb), None)
    if step is not None and not actor.trusted and acting_as(actor) not in step.who:
        raise NotAllowedError(
            Text("「{verb}」由主管部门进行。", "Only the bureau can {verb}."), code="not_yours", verb=step.label
        )
    if step is not None and step.verb in ("publish", "return"):
        permit(actor, "lists.review", now)
    with cast(ScopedSession, session).elevated():
        change_status(session, actor=actor, entry=entry, verb=verb, now=now, note=note)


def acting_as(actor: Actor) -> Who:
    """In which capacity an actor takes steps."""
    return "bureau" if actor.side is Side.BUREAU else "system" if actor.trusted else "owner"


def given_to(actor: Actor, model: type[Entry]) -> frozenset[str]:
    """Codes of the columns that the actor's own files need not have: whose the rows are, and a new need's number."""
    if actor.side is Side.BUREAU or actor.trusted:
        return frozenset()
    owner = {f.code for f in fields_of(model) if f.attribute == OWNING[model].owner}
    return frozenset(owner | ({"need_no"} if model is Need else set()))


def owner_of(actor: Actor, owning: Owning) -> str | None:
    """What the owner's column holds in an entry of the actor's own."""
    return actor.uscc if owning.owner == "uscc" else actor.org_code


def _own_rows(
    model: type[Entry], owning: Owning, actor: Actor, rows: Sequence[Row | OwnRow], settings: Settings, now: datetime
) -> list[OwnRow]:
    """The rows with what their owner need not write: whose they are, and the number of a new need."""
    if actor.side is Side.BUREAU or actor.trusted:
        return [OwnRow(row.number, dict(row.cells)) for row in rows]
    code = next((f.code for f in fields_of(model) if f.attribute == owning.owner), None)
    made = []
    for row in rows:
        cells = dict(row.cells)
        if code is not None and _is_blank(cells.get(code)):
            cells[code] = Cell(owner_of(actor, owning))
        numbered = model is Need and _is_blank(cells.get("need_no"))
        if numbered:
            cells["need_no"] = Cell(new_need_no(settings, now))
            cells.setdefault("submitted_on", Cell(local(now, settings.zone).date()))
        made.append(OwnRow(row.number, cells, numbered))
    return made


def _is_blank(value: Any) -> bool:
    inner = value.value if isinstance(value, Cell) else value
    return inner is None or inner == ""


def new_need_no(settings: Settings, now: datetime) -> str:
    """``XQ-20261123-482913``: the day, and six random digits, for a running number would tell how many there are."""
    return f"XQ-{local(now, settings.zone):%Y%m%d}-{secrets.randbelow(900_000) + 100_000}"


def _status_rule(session: Session, actor: Actor, model: type[Entry], settings: Settings, draft: bool) -> StatusRule:
    bureau = actor.side is Side.BUREAU or actor.trusted
    if bureau:
        return _bureaus_rule(draft)

    def review(values: dict[str, Any]) -> bool:
        if model is Product:
            return settings.products_review
        return model is Need and (settings.needs_review or names_itself(session, values))

    def after(stored: Stored | None, values: dict[str, Any]) -> EntryStatus:
        if stored is None and draft:
            return EntryStatus.DRAFT
        if stored is not None and stored.status in _KEPT:
            return stored.status
        return EntryStatus.SUBMITTED if review(values) else EntryStatus.PUBLISHED

    return after


def names_itself(session: Session, values: dict[str, Any]) -> bool:
    """Whether the free text of a need says whose it is: then somebody looks before it is published."""
    written = values.get("description") or ""
    return bool(written) and scrub(written, identity_of(cast(ScopedSession, session), values["uscc"])) != written


def _bureaus_rule(draft: bool) -> StatusRule:
    """An operator's act publishes, but what is kept as a draft stays one."""
    published = operators_status(EntryStatus.DRAFT if draft else EntryStatus.PUBLISHED)

    def after(stored: Stored | None, values: dict[str, Any]) -> EntryStatus:
        is_draft = stored is not None and stored.status is EntryStatus.DRAFT
        return EntryStatus.DRAFT if draft and is_draft else published(stored, values)

    return after


_KEPT = (EntryStatus.DRAFT, EntryStatus.SUBMITTED, EntryStatus.SUSPENDED)
"""An owner's change leaves these as they are."""


def _refuse_others(plan: Plan, model: type[Entry], owning: Owning, actor: Actor, numbered: set[int]) -> None:
    """Move what is not the writer's own to the faulty rows, in words that do not say whether it exists."""
    if actor.side is Side.BUREAU or actor.trusted or owning.owner is None:
        return
    mine = owner_of(actor, owning)
    for changes in (plan.new, plan.changed, plan.unchanged):
        for change in list(changes):
            faults = _faults_of(change, model, owning, mine, change.number in numbered)
            if faults:
                changes.remove(change)
                plan.faulty.append(ReadRow(change.number, change.values, faults))
    plan.faulty.sort(key=lambda row: row.number)


def _faults_of(
    change: Change, model: type[Entry], owning: Owning, mine: str | None, numbered: bool
) -> list[tuple[str, CellFault]]:
    codes = {f.attribute: f.code for f in fields_of(model)}
    stored = change.stored
    assert owning.owner is not None
    if change.values[owning.owner] != mine:
        return [(codes[owning.owner], CellFault("not_yours", _NOT_YOURS))]
    if stored is not None and stored.values[owning.owner] != mine:
        return [(_key_code(model), CellFault("unknown_code", _UNKNOWN))]
    if stored is None:
        may_be_new = model is Product or (model is Need and numbered)
        return [] if may_be_new else [(_key_code(model), CellFault("unknown_code", _UNKNOWN))]
    return [
        (codes[name], CellFault("kept_by_bureau", _KEPT_BY_BUREAU))
        for name in sorted(owning.kept)
        if stored.values[name] != change.values[name]
    ]


def _key_code(model: type[Entry]) -> str:
    return next(f.code for f in fields_of(model) if f.key)


def _require_version(plan: Plan, expected: int | None) -> None:
    if expected is None:
        return
    found = [c.stored.version for c in (*plan.changed, *plan.unchanged) if c.stored]
    if found and found != [expected]:
        raise ConflictError(_MOVED_ON, code="version_conflict", now=found[0])


def _note(session: Session, actor: Actor, model: type[Entry], plan: Plan, now: datetime) -> None:
    counts = {"new": len(plan.new), "changed": len(plan.changed), "unchanged": len(plan.unchanged)}
    record_event(
        session, actor=actor, action=f"{model.kind_name}.written", subject=f"list:{model.kind_name}", now=now,
        after=counts,
    )  # fmt: skip


def _outcomes(model: type[Entry], plan: Plan, lang: Lang, cell_name: Callable[[int, str], str | None]) -> list[Outcome]:
    found = [Outcome(c.number, "new", key_in(model, c.values)) for c in plan.new]
    found += [Outcome(c.number, "changed", key_in(model, c.values)) for c in plan.changed]
    found += [Outcome(c.number, "unchanged", key_in(model, c.values)) for c in plan.unchanged]
    for row in plan.faulty:
        faults = tuple(
            RowFault(row.number, code, cell_name(row.number, code), fault.code, fault.text.say(lang, **fault.values))
            for code, fault in row.faults
        )
        found.append(Outcome(row.number, "rejected", key_in(model, row.values), faults))
    return sorted(found, key=lambda one: one.number)


_NOT_YOURS = Text(
    "只能填写本单位。留空即可，系统会自动填上。", "Only your own side can be given. Leave it blank: it is filled in."
)
_UNKNOWN = Text(
    "贵单位没有这个编号。核对编号，新增时留空由系统编号。",
    "Your side has no entry with this number. Check it; for a new entry leave it blank.",
)
_KEPT_BY_BUREAU = Text(
    "这一项由主管部门按登记和认定维护。需要更正时请提出异议。",
    "The bureau keeps this field from registers and recognitions. Ask for a correction where it is wrong.",
)
_MOVED_ON = Text(
    "这条记录已被改动，现在是第 {now} 版。重新读取后再改。",
    "This entry has been changed and is at version {now} now. Read it again, then change it.",
)
