"""Import of a table: plan it, and write it whole or, where asked, without its faulty rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.actor import Actor
from matchmaker.db import lock_lists
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Lang
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.faults import RowFault
from matchmaker.lists.files import Table
from matchmaker.lists.models import KINDS
from matchmaker.lists.services.planning import Plan, operators_status, plan_import
from matchmaker.lists.services.writing import last_version_id, require_actor, write_plan

Stage = Literal["check", "write"]
ImportProgress = Callable[[Stage, int, int], None]
"""Told the stage, the rows done and the rows there are."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or with ``dry_run`` would do.

    ``new``, ``changed``, ``unchanged`` and ``rejected`` count rows of the file; ``written`` counts the entries that
    were written (new and changed ones), 0 when nothing was.
    """

    kind: str
    new: int
    changed: int
    unchanged: int
    rejected: int
    written: int
    faults: tuple[RowFault, ...] = ()
    ignored_columns: tuple[str, ...] = field(default=())

    def to_json(self, file: str) -> dict[str, Any]:
        """The contract's object for ``file``, and the columns that were ignored."""
        return {
            "kind": self.kind,
            "file": file,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "written": self.written,
            "errors": [
                {"row": f.row, "column": f.column, "cell": f.cell, "code": f.code, "message": f.message}
                for f in self.faults
            ],
            "ignored_columns": list(self.ignored_columns),
        }


def import_table(
    session: Session,
    *,
    actor: Actor,
    table: Table,
    now: datetime,
    partial: bool = False,
    dry_run: bool = False,
    cause: str = "import",
    lang: Lang = "zh",
    new_status: EntryStatus = EntryStatus.PUBLISHED,
    progress: ImportProgress | None = None,
) -> ImportResult:
    """Bring a list or register to what ``table`` says (CONTRACT.md section 1, ``flask lists import``).

    Any faulty row keeps everything from being written, unless ``partial``. The rows are an operator's act: new
    entries (which may begin as ``new_status`` instead) and changed drafts are published at once; a suspended entry
    stays suspended; a changed row under the key of a withdrawn or expired entry publishes it anew; an unchanged row
    confirms and leaves the status as it is.
    Raises ConflictError when another import got in between.
    """
    require_actor(actor)
    model = KINDS[table.kind]
    total = len(table.rows)
    checked = (lambda done: progress("check", done, total)) if progress else None
    plan = plan_import(session, model, table.rows, checked, operators_status(new_status))
    faults = _row_faults(table, model, plan, lang)
    written = 0
    if not dry_run and (partial or not plan.faulty):
        good = total - len(plan.faulty)
        told = (lambda done: progress("write", done, good)) if progress else None
        lock_lists(session)
        before = last_version_id(session)
        write_plan(session, model, plan, actor=actor, cause=cause, now=now, progress=told)
        _note(session, actor, model, plan, cause, before, now)
        written = len(plan.new) + len(plan.changed)
    return ImportResult(
        kind=table.kind,
        new=len(plan.new),
        changed=len(plan.changed),
        unchanged=len(plan.unchanged),
        rejected=len(plan.faulty),
        written=written,
        faults=faults,
        ignored_columns=tuple(table.ignored),
    )


def _note(
    session: Session, actor: Actor, model: type[Entry], plan: Plan, cause: str, before: int, now: datetime
) -> None:
    """One event an import: how many rows, and the versions it made (the writers' lock keeps others' out of between)."""
    written = len(plan.new) + len(plan.changed)
    record_event(
        session,
        actor=actor,
        action="lists.imported",
        subject=f"list:{model.kind_name}",
        now=now,
        after={
            "cause": cause,
            "new": len(plan.new),
            "changed": len(plan.changed),
            "unchanged": len(plan.unchanged),
            "rejected": len(plan.faulty),
            "first_version": before + 1 if written else None,
            "last_version": last_version_id(session) if written else None,
        },
    )


def _row_faults(table: Table, model: type[Entry], plan: Plan, lang: Lang) -> tuple[RowFault, ...]:
    """The faults with the cells' own names, row by row in the order of the contract's columns."""
    place = {f.code: at for at, f in enumerate(fields_of(model))}
    return tuple(
        RowFault(
            row=row.number,
            column=code,
            cell=table.cell_name(row.number, code) if code in table.columns else None,
            code=fault.code,
            message=fault.text.say(lang, **fault.values),
        )
        for row in plan.faulty
        for code, fault in sorted(row.faults, key=lambda at: place[at[0]])
    )
