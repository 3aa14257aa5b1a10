"""What banks report of covered loans: each report counts once, whenever and in whatever order it comes.

A report that came before what it follows is parked and counts as soon as it fits; one that can never fit is refused.
A claim asks for money, so it is never parked: it fits when it comes, or is refused and may be sent again.
"""

from collections.abc import Sequence
from datetime import date, datetime

from matchmaker.accounts.permits import permit
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import ScopedSession, lock_name
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.loan_course import Course, Report, fitting, order, run
from matchmaker.guarantee.cases.applying import give_back
from matchmaker.guarantee.cases.claiming import NO_CLAIM, claim
from matchmaker.guarantee.cases.holding import (
    covered_of,
    hold_case,
    local_day,
    move,
    position_of,
    tell_audit,
    unknown_case,
    write,
)
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent
from matchmaker.guarantee.cases.notices import tell_parties
from matchmaker.guarantee.cases.report_rules import refuse_never, require_sense
from matchmaker.guarantee.cases.reports import (
    WAITS,
    Answer,
    Reported,
    as_report,
    digest_of,
    known_event,
    loan_events,
    new_event,
)
from matchmaker.guarantee.ledger.services import book_drawdown, book_fee, book_repayment
from matchmaker.settings import Settings

__all__ = ["WAITS", "Answer", "Reported", "report_event", "settle"]


def report_event(
    session: ScopedSession, *, actor: Actor, public_id: str, reported: Reported, settings: Settings, now: datetime
) -> Answer:
    """Take a bank's report of a loan. The same again gets the same answer; another body under the number a conflict.

    RejectedError for a report that is odd in itself, ConflictError for one that can never fit this case.
    """
    permit(actor, "guarantees.report", now)
    require_sense(reported, local_day(now, settings))
    lock_name(session, f"guarantee event {reported.event_no}")
    case = hold_case(session, public_id)
    require_bank(actor, case)
    digest = digest_of(reported, case.guarantee_no)
    known = known_event(session, case.bank_code, reported.event_no, digest)
    if known is not None:
        return Answer(known, case, repeated=True)
    if reported.kind == "claim":
        return claim(session, case, reported, digest, actor=actor, now=now)
    refuse_never(session, case, reported, settings)
    event = new_event(case, reported, digest, actor=actor, now=now)
    session.add(event)
    session.flush()
    settle(session, case, actor=actor, now=now)
    if event.state == "parked":
        tell_audit(session, case, "parked", actor=actor, now=now, after={"event": event.event_no, "kind": event.kind})
    return Answer(event, case)


def settle(session: ScopedSession, case: Guarantee, *, actor: Actor, now: datetime) -> None:
    """Have all parked reports count that fit now, book what they say, and see where the case stands after them."""
    events = {one.event_no: one for one in loan_events(session, case)}
    counted = [as_report(one) for one in events.values() if one.state == "applied"]
    waiting = [as_report(one) for one in events.values() if one.state == "parked"]
    fits = fitting(counted, waiting, case.amount_fen)
    after = run([*counted, *fits], case.amount_fen)
    if fits and case.stands is S.CLAIMED and not _bears_claim(case, after):
        move(session, case, "unclaim", actor=SYSTEM, now=now, **NO_CLAIM)
    for report in sorted(fits, key=_booking):
        _apply(session, case, events[report.event_no], actor=actor, now=now)
    taken = [*counted, *fits]
    for event in events.values():
        if event.state == "parked":
            event.why = _misfit(case, taken, event)
    session.flush()
    if fits:
        _follow(session, case, after, on=max(one.on for one in taken), actor=actor, now=now)


def _bears_claim(case: Guarantee, after: Course) -> bool:
    """Whether the loan is still what was claimed: overdue since that day, and the principal claimed is what is owed."""
    return (after.state, after.overdue_on, after.outstanding) == (S.OVERDUE, case.overdue_on, case.claim_principal_fen)


def _booking(report: Report) -> tuple[bool, tuple[date, int, str]]:
    """Drawdowns are booked first: so nothing is ever repaid in the ledger that was not drawn."""
    return report.kind != "drawdown", order(report)


def _apply(session: ScopedSession, case: Guarantee, event: GuaranteeEvent, *, actor: Actor, now: datetime) -> None:
    """Book what an event says, once."""
    covered, on = covered_of(case), event.happened_on
    if event.kind == "drawdown":
        if not position_of(session, case).drawn:
            book_fee(session, covered, on=case.letter_on, actor=actor, now=now)
        book_drawdown(
            session, covered, fen=event.amount_fen, on=on, actor=actor, now=now, event_id=event.public_id
        )  # fmt: skip
    elif event.kind == "repayment":
        book_repayment(
            session, covered, fen=event.amount_fen, on=on, actor=actor, now=now, event_id=event.public_id
        )  # fmt: skip
    event.state, event.why, event.applied_at = "applied", None, now
    session.flush()
    tell_audit(
        session, case, event.kind, actor=actor, now=now, after={"event": event.event_no, "fen": event.amount_fen}
    )


def _follow(session: ScopedSession, case: Guarantee, after: Course, *, on: date, actor: Actor, now: datetime) -> None:
    """Write down where the case stands; what can no longer be drawn is free, and what is repaid is released."""
    claimed = case.stands is S.CLAIMED
    state = S.CLAIMED if claimed else after.state
    before = case.state
    values = {"state": state.value, "overdue_on": after.overdue_on, "closed_on": after.closed_on}
    write(session, case, values, now)
    if after.closed_on and position_of(session, case).reserved:
        give_back(session, case, "closed", on=after.closed_on, actor=actor, now=now)
    if state is S.RELEASED and before != state.value:
        tell_audit(
            session, case, "release", actor=SYSTEM, now=now, before={"state": before}, after={"on": on.isoformat()}
        )
    if before != state.value:
        tell_parties(session, case, now)


def _misfit(case: Guarantee, counted: Sequence[Report], event: GuaranteeEvent) -> str:
    """Why a report waits: a code of ``WAITS``."""
    found = run([*counted, as_report(event)], case.amount_fen).misfit
    assert found is not None  # what fits is taken
    return found


def require_bank(actor: Actor, case: Guarantee) -> None:
    if not actor.trusted and case.bank_code not in actor.orgs:
        raise unknown_case()
