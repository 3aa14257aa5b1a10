"""Claims, compensations, recoveries and write-offs: each payment by two persons, each fen shared by the loss shares."""

from datetime import date, datetime

from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.guarantee_life import guarantee_step
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.claiming import NO_CLAIM, require_claim_holds
from matchmaker.guarantee.cases.events import settle
from matchmaker.guarantee.cases.holding import (
    covered_of,
    hand_of,
    hold_case,
    local_day,
    move,
    position_of,
    require_second,
)
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.terms import money
from matchmaker.guarantee.ledger.paying import require_budget
from matchmaker.guarantee.ledger.services import book_compensation, book_recovery, book_write_off
from matchmaker.settings import Settings


def check_claim(
    session: ScopedSession, *, actor: Actor, public_id: str, text: str | None, version: int | None = None, now: datetime
) -> Guarantee:
    """Check a bank's claim against the ledger; what was found (ten characters) goes to whoever pays."""
    permit(actor, "guarantees.review", now)
    case = hold_case(session, public_id, version)
    guarantee_step("check", case.stands)
    require_claim_holds(session, case)
    return move(session, case, "check", actor=actor, now=now, note=text, checked_by=hand_of(actor))


def refuse_claim(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None,
    version: int | None = None,
    now: datetime,
) -> Guarantee:
    """Refuse a claim with a reason; the loan is overdue as before, and what the bank reported meanwhile counts."""
    permit(actor, "guarantees.approve", now)
    case = hold_case(session, public_id, version)
    move(session, case, "refuse_claim", actor=actor, now=now, note=reason, reason=(reason or "").strip(), **NO_CLAIM)
    settle(session, case, actor=actor, now=now)
    return case


def compensate(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    note: str | None = None,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> Guarantee:
    """Pay a claim that another person has checked; the loss is borne by the shares of the contract.

    ConflictError where the claim does not hold any more; OverLimitError where the treasury's share of principal and
    interest is above what is left of the scheme's budget of the year.
    """
    permit(actor, "guarantees.approve", now)
    case = hold_case(session, public_id, version)
    guarantee_step("compensate", case.stands)
    if case.checked_by is None:
        raise ConflictError(_UNCHECKED, code="claim_unchecked")
    require_second(actor, case.checked_by, "compensate")
    require_claim_holds(session, case)
    on, principal, interest = local_day(now, settings), case.claim_principal_fen or 0, case.claim_interest_fen or 0
    require_budget(session, covered_of(case), loss_fen=principal + interest, on=on)
    book_compensation(
        session, covered_of(case), principal_fen=principal, interest_fen=interest, on=on, actor=actor, now=now
    )
    return move(
        session, case, "compensate", actor=actor, now=now, note=note, compensated_by=hand_of(actor), compensated_at=now
    )


def recover(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    amount_fen: int,
    on: date,
    note: str | None = None,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> Guarantee:
    """Book what came back from the borrower on a day; it is shared back by the loss shares, to the fen. What has been
    written off is still owed by the borrower, so it may come back too.

    RejectedError for an amount that is not above zero, or a day that is to come or before the compensation;
    ConflictError above what is still owed.
    """
    permit(actor, "guarantees.review", now)
    if amount_fen <= 0:
        raise RejectedError(_NOT_POSITIVE, code="recovery_positive")
    case = hold_case(session, public_id, version)
    guarantee_step("recover", case.stands)
    assert case.compensated_at is not None
    if not local_day(case.compensated_at, settings) <= on <= local_day(now, settings):
        raise RejectedError(_DAY, code="recovery_day", day=local_day(case.compensated_at, settings).isoformat())
    at = position_of(session, case)
    owed = at.loss + at.written_off
    if amount_fen > owed:
        raise ConflictError(_TOO_MUCH, code="recovery_above", asked=money(amount_fen), owed=money(owed))
    book_recovery(session, covered_of(case), fen=amount_fen, on=on, actor=actor, now=now)
    to = S.RECOVERED if amount_fen == owed else case.stands
    return move(session, case, "recover", actor=actor, now=now, to=to, note=note)


def propose_write_off(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None,
    version: int | None = None,
    now: datetime,
) -> Guarantee:
    """Propose to write off what has not come back, with the reason (ten characters)."""
    permit(actor, "guarantees.review", now)
    case = hold_case(session, public_id, version)
    return move(session, case, "propose_write_off", actor=actor, now=now, note=reason, proposed_by=hand_of(actor))


def write_off(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    note: str | None = None,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> Guarantee:
    """Write off what another person has proposed; the claim on the borrower stays."""
    permit(actor, "guarantees.approve", now)
    case = hold_case(session, public_id, version)
    guarantee_step("write_off", case.stands)
    if case.proposed_by is None:
        raise ConflictError(_UNPROPOSED, code="write_off_unproposed")
    require_second(actor, case.proposed_by, "write_off")
    book_write_off(session, covered_of(case), on=local_day(now, settings), actor=actor, now=now)
    return move(session, case, "write_off", actor=actor, now=now, note=note, written_off_by=hand_of(actor))


_UNCHECKED = Text(
    "代偿申请还没有核查，不能代偿。先由另一人核查。", "The claim has not been checked. Another person checks it first."
)
_UNPROPOSED = Text(
    "还没有人提出核销，不能核销。先由另一人提出。", "Nobody has proposed it. Another person proposes it first."
)
_NOT_POSITIVE = Text(
    "追偿金额应大于零，没有登记。改正后再提交。", "A recovery is above zero; nothing was booked. Mend it."
)
_DAY = Text(
    "追偿日应在代偿日 {day} 与今天之间。改正日期后再提交。",
    "The day of a recovery lies between the compensation of {day} and today. Mend the date.",
)
_TOO_MUCH = Text(
    "追偿 {asked}，超过尚未追回的 {owed}，没有登记。核对金额。",
    "{asked} is above the {owed} that is still owed; nothing was booked. Check the amount.",
)
