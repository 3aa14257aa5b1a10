"""Disputes (异议) of credit records: the mark is set at once and shown to whoever sees the record, until answered."""

from datetime import datetime

from sqlalchemy import select, update

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.consent import is_id
from matchmaker.accounts.models import SubjectRequest
from matchmaker.accounts.permits import permit
from matchmaker.accounts.subject_requests import Outcome, answer_request, due_day, make_request
from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.queries import load_workdays
from matchmaker.lists.services.writing import moved_on, record_version
from matchmaker.settings import Settings


def dispute_record(
    session: ScopedSession, *, actor: Actor, uscc: str, record: str, about: str, settings: Settings, now: datetime
) -> SubjectRequest:
    """Mark a record as disputed and ask the bureau to look into it (《征信业管理条例》 article 25: within 20 days).

    ``record``: its public id. NotFoundError for a record of another enterprise.
    """
    permit(actor, "subject.request", now)
    if _kept(session, record, uscc) is None:
        raise NotFoundError(Text("没有这条信用记录。", "There is no such credit record."), code="not_found")
    due_on = due_day("correction", local(now, settings.zone).date(), load_workdays(session))
    made = make_request(
        session, actor=actor, uscc=uscc, kind="correction", about=about, record=record, due_on=due_on, now=now
    )
    _mark(session, actor=actor, record=record, uscc=uscc, disputed=True, now=now)
    return made


def answer_dispute(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    outcome: Outcome,
    answer: str,
    keep_mark: bool = False,
    version: int | None = None,
    now: datetime,
) -> SubjectRequest:
    """Answer a dispute; the mark goes with it unless the facts could not be established (``keep_mark``, article 25)."""
    found = answer_request(
        session, actor=actor, public_id=public_id, outcome=outcome, answer=answer, version=version, now=now
    )
    if found.record is not None and not keep_mark:
        _mark(session, actor=actor, record=found.record, uscc=found.uscc, disputed=False, now=now)
    return found


def _kept(session: ScopedSession, record: str, uscc: str) -> CreditRecord | None:
    """The enterprise's record; None where there is none, or none any more: its time may have run out meanwhile."""
    mine = (CreditRecord.public_id == record) & (CreditRecord.uscc == uscc)
    return session.scalars(select(CreditRecord).where(mine)).one_or_none() if is_id(record) else None


def _mark(session: ScopedSession, *, actor: Actor, record: str, uscc: str, disputed: bool, now: datetime) -> None:
    """A new version of the record; the lists' own rule that only the bureau writes records is lifted for the mark."""
    with session.elevated():
        lock_lists(session)
        found = _kept(session, record, uscc)
        if found is None or bool(found.disputed) is disputed:
            return
        mine = (CreditRecord.id == found.id) & (CreditRecord.version == found.version)
        values = {"disputed": disputed, "version": CreditRecord.version + 1, "updated_at": now}
        done = session.execute(
            update(CreditRecord).where(mine).values(values).execution_options(synchronize_session=False)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            raise moved_on()
        session.refresh(found)
        record_version(session, actor=actor, entry=found, cause="dispute", now=now)
    record_event(
        session, actor=actor, action="record.disputed" if disputed else "record.undisputed",
        subject=f"credit-record:{record}", now=now, after={"disputed": disputed},
    )  # fmt: skip
