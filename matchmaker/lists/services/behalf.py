"""A need that the bureau enters for an enterprise after a visit: nobody else sees it before the enterprise says yes.

It is a draft like any other, told apart by the cause of its first version (``lists.care.ON_BEHALF``); who entered it
and when stands in that version. Submitting and publishing it waits for the enterprise (``workflow.change_status``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.models import Person
from matchmaker.accounts.permits import permit
from matchmaker.actor import SYSTEM, Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.care import ON_BEHALF, awaits_enterprise
from matchmaker.lists.entry import ListVersion, values_of
from matchmaker.lists.models import Need
from matchmaker.lists.services.owned import OwnRow, names_itself, new_need_no
from matchmaker.lists.services.planning import operators_status, plan_import
from matchmaker.lists.services.workflow import change_status
from matchmaker.lists.services.writing import write_plan
from matchmaker.settings import Settings

_PERSON = "person:"
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Entered:
    """A need that waits for its enterprise: who entered it, and when."""

    need: Need
    by: str
    at: datetime


def enter_need(session: Session, *, actor: Actor, cells: Mapping[str, Any], settings: Settings, now: datetime) -> str:
    """Keep a need of the enterprise that ``cells`` (column code → cell) name as its draft; the number it was given.

    RejectedError ``faulty`` where a cell cannot be read; forms have checked them before and say it at the field.
    """
    permit(actor, "needs.behalf", now)
    number = new_need_no(settings, now)
    row = OwnRow(1, {**cells, "need_no": Cell(number), "submitted_on": Cell(local(now, settings.zone).date())})
    with cast(ScopedSession, session).elevated():
        plan = plan_import(session, Need, [row], status_of=operators_status(EntryStatus.DRAFT))
        for faulty in plan.faulty:
            code, fault = faulty.faults[0]
            raise RejectedError(fault.text, code="faulty", column=code, **fault.values)
        write_plan(session, Need, plan, actor=actor, cause=ON_BEHALF, now=now)
        record_event(session, actor=actor, action="need.entered", subject=f"need:{number}", now=now)
    return number


def waiting_for(session: Session, actor: Actor) -> list[Entered]:
    """The needs that were entered for the actor's enterprise and wait for its word, oldest first."""
    found = session.execute(_entered().where(Need.uscc == actor.uscc).order_by(Need.id)).all()
    return _named(session, found)


def find_entered(session: Session, actor: Actor, public_id: str) -> Entered:
    """One of :func:`waiting_for`; NotFoundError for any other, also one that has been answered."""
    mine = (Need.uscc == actor.uscc) & (Need.public_id == public_id)
    found = session.execute(_entered().where(mine)).all()
    if not found:
        raise NotFoundError(_GONE, code="unknown_entry")
    return _named(session, found)[0]


def _named(session: Session, rows: Sequence[Any]) -> list[Entered]:
    """Rows with the names of the people who entered them, whom the enterprise's session does not see."""
    ids = {who: who.removeprefix(_PERSON) for _, who, _ in rows}
    known = select(Person.public_id, Person.name).where(Person.public_id.in_(ids.values()))
    with cast(ScopedSession, session).elevated():
        names: dict[str, str] = dict(session.execute(known).all())
    return [Entered(need, names.get(ids[who], "--" if who.startswith(_PERSON) else who), at) for need, who, at in rows]


def _entered() -> Any:
    first = (ListVersion.kind == Need.kind_name) & (ListVersion.entry_id == Need.id) & (ListVersion.version == 1)
    query = select(Need, ListVersion.actor, ListVersion.recorded_at).join(ListVersion, first)
    return query.where(awaits_enterprise(Need))


def confirm_entered(
    session: Session, *, actor: Actor, public_id: str, version: int, settings: Settings, now: datetime
) -> Need:
    """The enterprise says yes: from here on the need goes the way of one that it submitted itself.

    ConflictError ``version_conflict`` where it is no longer what the enterprise read.
    """
    permit(actor, "needs.confirm", now)
    need = _unchanged(session, actor, public_id, version)
    with cast(ScopedSession, session).elevated():
        change_status(session, actor=actor, entry=need, verb="submit", now=now)
        if not settings.needs_review and not names_itself(session, values_of(need)):
            change_status(session, actor=SYSTEM, entry=need, verb="publish", now=now)
        record_event(session, actor=actor, action="need.confirmed", subject=f"need:{need.public_id}", now=now)
    return need


def decline_entered(
    session: Session, *, actor: Actor, public_id: str, version: int, reason: str, now: datetime
) -> Need:
    """The enterprise says no: the need is withdrawn; ``reason`` may be blank and is read by the bureau."""
    permit(actor, "needs.confirm", now)
    said = " ".join(reason.split())
    if len(said) > LONGEST_REASON:
        raise RejectedError(_LONG, code="reason_long", most=LONGEST_REASON, length=len(said))
    need = _unchanged(session, actor, public_id, version)
    with cast(ScopedSession, session).elevated():
        change_status(session, actor=actor, entry=need, verb="withdraw", now=now, note=said or None)
        record_event(session, actor=actor, action="need.declined", subject=f"need:{need.public_id}", now=now)
    return need


def _unchanged(session: Session, actor: Actor, public_id: str, version: int) -> Need:
    need = find_entered(session, actor, public_id).need
    if need.version != version:
        raise ConflictError(_MOVED, code="version_conflict")
    return need


_GONE = Text(
    "没有等待您确认的这条需求。从工作台重新进入。",
    "There is no such need waiting for your word. Start again from the workbench.",
)
_LONG = Text(
    "原因最多 {most} 字，现在是 {length} 字。请缩短。", "At most {most} characters; it has {length}. Shorten it."
)
_MOVED = Text(
    "这条需求在您查看之后又被改动，没有执行。刷新页面，核对新的内容。",
    "This need was changed after you looked, so nothing was done. Reload the page and check it again.",
)
