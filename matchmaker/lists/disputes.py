"""Disputes (异议) and repairs (信用修复) of credit records.

The mark of a dispute is set at once and shown to whoever sees the record, until answered. A repair that is granted is
written into the record in the transaction of its answer.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.consent import is_id
from matchmaker.accounts.models import SubjectRequest
from matchmaker.accounts.permits import permit
from matchmaker.accounts.subject_requests import Kind, Outcome, answer_request, find_request, make_request
from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.credit_terms import Due, dispute_due, repair_due
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.text import Text, normal
from matchmaker.lists.corrections import require_corrected, withdraw_record
from matchmaker.lists.freshness import sources
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.queries import load_workdays
from matchmaker.lists.services.writing import moved_on, record_version
from matchmaker.settings import Settings


def dispute_record(
    session: ScopedSession, *, actor: Actor, uscc: str, record: str, about: str, settings: Settings, now: datetime
) -> SubjectRequest:
    """Mark a record as disputed and ask the bureau to look into it, by the day that ``dispute_due`` gives.

    《征信业管理条例》 article 25, 《山东省社会信用条例》 article 39. ``record``: its public id. NotFoundError for
    another enterprise's.
    """
    found = _own(session, actor, record, uscc, now)
    known = sources(session).get(normal(found.source))
    due = dispute_due(known.nature if known else None, local(now, settings.zone).date(), load_workdays(session))
    made = _ask(session, actor, found, "correction", about, due, now)
    _mark(session, actor=actor, record=record, uscc=uscc, disputed=True, now=now)
    return made


def ask_repair(
    session: ScopedSession, *, actor: Actor, uscc: str, record: str, about: str, settings: Settings, now: datetime
) -> SubjectRequest:
    """Ask for the repair of a record (《山东省社会信用条例》 article 41).

    ``about``: what was mended, and how it is shown. ConflictError for a record that has been repaired.
    """
    found = _own(session, actor, record, uscc, now)
    on = local(now, settings.zone).date()
    if found.repaired_on is not None and found.repaired_on <= on:
        raise ConflictError(_REPAIRED, code="already_repaired", day=found.repaired_on)
    return _ask(session, actor, found, "repair", about, repair_due(on, load_workdays(session)), now)


def answer_dispute(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    outcome: Outcome,
    answer: str,
    keep_mark: bool = False,
    withdraw: bool = False,
    version: int | None = None,
    now: datetime,
) -> SubjectRequest:
    """Answer a dispute; the mark goes with it unless the facts could not be established (``keep_mark``, article 25).

    ``done`` says that the record is corrected: it has changed since it was disputed, or ``withdraw`` takes it away in
    this transaction; RejectedError ``not_corrected`` otherwise. The night's ratings find it changed, as after a repair.
    """
    found = answer_request(
        session, actor=actor, public_id=public_id, outcome=outcome, answer=answer, version=version, now=now
    )
    if found.record is None:
        return found
    if not keep_mark:
        _mark(session, actor=actor, record=found.record, uscc=found.uscc, disputed=False, now=now)
    if outcome == "done":
        record = _kept(session, found.record, found.uscc)
        if withdraw:
            withdraw_record(session, actor=actor, record=record, now=now)
        require_corrected(session, record, found)
    return found


def answer_repair(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    outcome: Outcome,
    answer: str,
    repaired_on: date | None = None,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> SubjectRequest:
    """Answer a wish for repair; where it is granted, the record gets the day from which on it counts no longer.

    RejectedError ``repaired_on`` where the day is missing, lies before the decision or after today. A record whose
    time has run out meanwhile is left out: the answer stands.
    """
    found = find_request(session, public_id)
    if outcome == "done":
        _require_day(_kept(session, found.record or "", found.uscc), repaired_on, local(now, settings.zone).date())
    answered = answer_request(
        session, actor=actor, public_id=public_id, outcome=outcome, answer=answer, version=version, now=now
    )
    if outcome == "done":
        written = {"repaired_on": repaired_on}
        _write(
            session, actor=actor, record=found.record or "", uscc=found.uscc, values=written, cause="repair", now=now
        )
    return answered


def _require_day(record: CreditRecord | None, repaired_on: date | None, today: date) -> None:
    first = (record.decided_on or record.occurred_on or date.min) if record else date.min
    if repaired_on is None or not first <= repaired_on <= today:
        raise RejectedError(_DAY, code="repaired_on", first="--" if first == date.min else first, today=today)


def _own(session: ScopedSession, actor: Actor, record: str, uscc: str, now: datetime) -> CreditRecord:
    permit(actor, "subject.request", now)
    found = _kept(session, record, uscc)
    if found is None:
        raise NotFoundError(Text("没有这条信用记录。", "There is no such credit record."), code="not_found")
    return found


def _ask(
    session: ScopedSession, actor: Actor, record: CreditRecord, kind: Kind, about: str, due: Due, now: datetime
) -> SubjectRequest:
    return make_request(
        session, actor=actor, uscc=record.uscc, kind=kind, about=about, record=record.public_id, due_on=due.on,
        due_rule=due.rule, now=now,
    )  # fmt: skip


def _kept(session: ScopedSession, record: str, uscc: str) -> CreditRecord | None:
    """The enterprise's record; None where there is none, or none any more: its time may have run out meanwhile.

    As it stands now, whatever the transaction has read of it before: another window may have written it.
    """
    mine = (CreditRecord.public_id == record) & (CreditRecord.uscc == uscc)
    asked = select(CreditRecord).where(mine).execution_options(populate_existing=True)
    return session.scalars(asked).one_or_none() if is_id(record) else None


def _mark(session: ScopedSession, *, actor: Actor, record: str, uscc: str, disputed: bool, now: datetime) -> None:
    _write(session, actor=actor, record=record, uscc=uscc, values={"disputed": disputed}, cause="dispute", now=now)


def _write(
    session: ScopedSession, *, actor: Actor, record: str, uscc: str, values: dict[str, Any], cause: str, now: datetime
) -> None:
    """A new version of the record; the lists' own rule that only the bureau writes records is lifted for it.

    Nothing where the record holds the values already or is there no more. It is no loading of its source.
    """
    with session.elevated():
        lock_lists(session)
        found = _kept(session, record, uscc)
        if found is None or all((getattr(found, name) or False) == (value or False) for name, value in values.items()):
            return
        mine = (CreditRecord.id == found.id) & (CreditRecord.version == found.version)
        written = {**values, "version": CreditRecord.version + 1, "updated_at": now}
        done = session.execute(
            update(CreditRecord).where(mine).values(written).execution_options(synchronize_session=False)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            raise moved_on()
        session.refresh(found)
        record_version(session, actor=actor, entry=found, cause=cause, now=now)
    _note(session, actor, record, values, now)


def _note(session: ScopedSession, actor: Actor, record: str, values: dict[str, Any], now: datetime) -> None:
    if "repaired_on" in values:
        action = "record.repaired"
    else:
        action = "record.disputed" if values["disputed"] else "record.undisputed"
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    record_event(session, actor=actor, action=action, subject=f"credit-record:{record}", now=now, after=told)


_REPAIRED = Text(
    "这条记录已于 {day} 修复，不用再申请。", "This record was repaired on {day}; there is nothing to ask for."
)
_DAY = Text(
    "修复日期应在决定日期（{first}）之后、今天（{today}）之前，含当日。核对后重新填写。",
    "The day of repair lies between the decision ({first}) and today ({today}). Check it.",
)
