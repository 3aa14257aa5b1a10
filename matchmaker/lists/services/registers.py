"""Registers as the bureau's operator keeps them: a row added or changed, a chain taken away, a calendar imported."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, String, func, literal, select, type_coerce
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.cells import CellFault
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, Faults, key_fields
from matchmaker.lists.files import Table
from matchmaker.lists.models import Chain, Enterprise, Policy, Product
from matchmaker.lists.services.importing import ImportResult, import_table
from matchmaker.lists.services.owned import OwnRow
from matchmaker.lists.services.planning import Change, Plan, plan_import
from matchmaker.lists.services.workflow import change_status
from matchmaker.lists.services.writing import write_plan


def write_register(
    session: Session,
    *,
    actor: Actor,
    model: type[Entry],
    cells: Mapping[str, Any],
    version: int | None,
    now: datetime,
) -> Faults:
    """Add a row (``version`` None) or change the one that stands at ``version``; what is wrong, or nothing.

    A row that was taken away is there again when it is added anew. ConflictError ``version_conflict`` where somebody
    else has changed the row meanwhile.
    """
    permit(actor, "registers.write", now)
    with cast(ScopedSession, session).elevated():
        lock_lists(session)
        plan = plan_import(session, model, [OwnRow(1, dict(cells))])
        _bring_back(plan)
        faults = plan.faulty[0].faults if plan.faulty else _taken(model, plan, version)
        if faults:
            return faults
        _require_version(plan, version)
        write_plan(session, model, plan, actor=actor, cause="register", now=now)
        _note(session, actor, model, plan, now)
    return []


def _bring_back(plan: Plan) -> None:
    """An unchanged row changes no status (as in an import), but here somebody asks for the row to be there."""
    for change in [one for one in plan.unchanged if _was_taken_away(one)]:
        plan.unchanged.remove(change)
        plan.changed.append(replace(change, status=EntryStatus.PUBLISHED))


def _was_taken_away(change: Change) -> bool:
    return change.stored is not None and change.stored.status is EntryStatus.WITHDRAWN


def _taken(model: type[Entry], plan: Plan, version: int | None) -> Faults:
    """A new row whose key stands there already."""
    there = [c for c in (*plan.changed, *plan.unchanged) if c.stored and c.stored.status is not EntryStatus.WITHDRAWN]
    if version is not None or not there:
        return []
    key = key_fields(model)[-1]
    return [(key.code, CellFault("already_there", _THERE, label=key.label))]


def _require_version(plan: Plan, version: int | None) -> None:
    found = [c.stored.version for c in (*plan.changed, *plan.unchanged) if c.stored]
    if version is not None and found != [version]:
        raise ConflictError(_MOVED, code="version_conflict")


def _note(session: Session, actor: Actor, model: type[Entry], plan: Plan, now: datetime) -> None:
    counts = {"new": len(plan.new), "changed": len(plan.changed)}
    record_event(
        session, actor=actor, action="registers.written", subject=f"list:{model.kind_name}", now=now, after=counts
    )


@dataclass(frozen=True, slots=True)
class Use:
    """A list in which a chain is used, in how many entries; ``column``: by which of its columns they are found."""

    model: type[Entry]
    column: str
    count: int


def uses_of_chain(session: Session, code: str) -> list[Use]:
    """Where a chain is named, lists that do not name it left out."""
    counted = [
        Use(model, name, session.scalar(select(func.count()).select_from(model).where(condition)) or 0)
        for model, name, condition in _uses(code)
    ]
    return [use for use in counted if use.count]


def _uses(code: str) -> list[tuple[type[Entry], str, ColumnElement[bool]]]:
    return [
        (Enterprise, "chain_code", Enterprise.chain_code == code),
        (Product, "chains", _holds(Product.chains, code)),
        (Policy, "chains", _holds(Policy.chains, code)),
    ]


def _holds(column: Any, code: str) -> ColumnElement[bool]:
    kept: ColumnElement[str] = literal(";").concat(type_coerce(column, String)).concat(";")
    return kept.contains(f";{code};", autoescape=True)


def withdraw_chain(session: Session, *, actor: Actor, chain: Chain, version: int, now: datetime) -> None:
    """Take a chain away; its versions stay. ConflictError ``chain_in_use`` says where it is still used."""
    permit(actor, "registers.write", now)
    with cast(ScopedSession, session).elevated():
        lock_lists(session)
        session.refresh(chain)
        if chain.version != version:
            raise ConflictError(_MOVED, code="version_conflict")
        if uses := uses_of_chain(session, chain.chain_code):
            raise ConflictError(_IN_USE, code="chain_in_use", name=chain.name_zh, where=_where(uses))
        change_status(session, actor=actor, entry=chain, verb="withdraw", now=now)


def _where(uses: list[Use]) -> Text:
    return Text(
        "、".join(f"{use.model.label.zh} {use.count} 条" for use in uses),
        ", ".join(f"{use.count} of the {use.model.label.en}" for use in uses),
    )


def import_register(session: Session, *, actor: Actor, table: Table, now: datetime, lang: Any = "zh") -> ImportResult:
    """Bring a register to what a file says, whole or not at all (``import_table``)."""
    permit(actor, "registers.write", now)
    with cast(ScopedSession, session).elevated():
        return import_table(session, actor=actor, table=table, now=now, cause="register", lang=lang)


_THERE = Text(
    "这个「{label}」已经有了。换一个，或回到列表修改原来的那一条。", "This {label} is there already: change that row."
)
_MOVED = Text(
    "这一条在您打开之后已被别人改动，没有写入。刷新页面，核对后再改。",
    "Somebody changed this row after you opened it, so nothing was written. Reload the page, then change it.",
)
_IN_USE = Text(
    "「{name}」还在使用：{where}。先在那里改为其他产业链，再删除。",
    '"{name}" is still used by {where}. Change those first, then take it away.',
)
