"""A bank takes a report back that it sent by mistake, as long as it is parked: nothing has been booked of it.

What counts is never taken back: the bank reports what makes up for it, and what nothing makes up for is settled between
bank and guarantor outside the platform.
"""

from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotFoundError
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.events import require_bank, settle
from matchmaker.guarantee.cases.holding import hold_case, tell_audit
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent
from matchmaker.guarantee.cases.reports import Answer


def void_report(session: ScopedSession, *, actor: Actor, public_id: str, event_no: str, now: datetime) -> Answer:
    """Take a parked report back; the same again gets the same answer. Its number stays used.

    NotFoundError where the bank has not reported it of this case, ConflictError where it counts already.
    """
    permit(actor, "guarantees.report", now)
    case = hold_case(session, public_id)
    require_bank(actor, case)
    event = _event(session, case, event_no)
    if event.state == "voided":
        return Answer(event, case, repeated=True)
    if event.state != "parked":
        raise ConflictError(_COUNTS, code="report_counts", no=event_no)
    was = {"why": event.why}
    event.state, event.why = "voided", None
    session.flush()
    tell_audit(
        session, case, "voided", actor=actor, now=now, before=was, after={"event": event.event_no, "kind": event.kind}
    )
    settle(session, case, actor=actor, now=now)
    return Answer(event, case)


def _event(session: ScopedSession, case: Guarantee, event_no: str) -> GuaranteeEvent:
    mine = (GuaranteeEvent.guarantee_no == case.guarantee_no) & (GuaranteeEvent.event_no == event_no)
    found = session.scalars(select(GuaranteeEvent).where(mine)).one_or_none()
    if found is None:
        raise NotFoundError(_UNKNOWN, code="not_found", no=event_no)
    return found


_UNKNOWN = Text(
    "这笔担保没有编号为「{no}」的报告。核对编号。", 'There is no report "{no}" of this guarantee. Check the number.'
)
_COUNTS = Text(
    "报告 {no} 已经入账，不能撤回。需要更正的，由银行与担保机构另行核对。",
    "The report {no} has been booked and cannot be taken back. The bank and the guarantor settle what is wrong.",
)
