"""A bank claims compensation: it asks for money, so a claim is never parked; it fits when it comes or is refused."""

from datetime import datetime

from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.guarantee_life import guarantee_step
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.holding import move, position_of
from matchmaker.guarantee.cases.interest import require_interest
from matchmaker.guarantee.cases.models import Guarantee, Values
from matchmaker.guarantee.cases.reports import Answer, Reported, loan_events, new_event
from matchmaker.guarantee.cases.terms import money

NO_CLAIM: Values = {"claimed_on": None, "claim_principal_fen": None, "claim_interest_fen": None, "checked_by": None}
"""What a case without a claim says of one."""


def claim(
    session: ScopedSession,
    case: Guarantee,
    reported: Reported,
    digest: str,
    *,
    actor: Actor,
    now: datetime,
) -> Answer:
    """Claim compensation of the whole principal that is owed, once it has been overdue for long enough."""
    guarantee_step("claim", case.stands)
    _require_claim(session, case, reported)
    event = new_event(case, reported, digest, actor=actor, now=now)
    event.state, event.why, event.applied_at = "applied", None, now
    session.add(event)
    session.flush()
    move(
        session, case, "claim", actor=actor, now=now, claimed_on=reported.happened_on,
        claim_principal_fen=reported.amount_fen, claim_interest_fen=reported.interest_fen, checked_by=None,
    )  # fmt: skip
    return Answer(event, case)


def require_claim_holds(session: ScopedSession, case: Guarantee) -> None:
    """ConflictError where a claim is not what is owed any more, or a report waits that may change what is owed."""
    waiting = _waiting(session, case)
    if waiting:
        raise ConflictError(_STILL_WAITING, code="events_parked", count=waiting)
    principal, owed = case.claim_principal_fen or 0, position_of(session, case).outstanding
    if owed != principal:
        raise ConflictError(_CHANGED, code="claim_amount", asked=money(principal), owed=money(owed))
    require_interest(session, case, principal, case.claim_interest_fen or 0)


def _waiting(session: ScopedSession, case: Guarantee) -> int:
    return sum(one.state == "parked" for one in loan_events(session, case))


def _require_claim(session: ScopedSession, case: Guarantee, reported: Reported) -> None:
    waiting = _waiting(session, case)
    if waiting:
        raise ConflictError(_WAITING, code="events_parked", count=waiting)
    assert case.overdue_on is not None  # a case that is overdue is so since a day
    days = (reported.happened_on - case.overdue_on).days
    if days < case.claim_after_days:
        raise ConflictError(_EARLY, code="claim_early", least=case.claim_after_days, days=max(days, 0))
    owed = position_of(session, case).outstanding
    if reported.amount_fen != owed:
        raise ConflictError(_OTHER_SUM, code="claim_amount", asked=money(reported.amount_fen), owed=money(owed))
    require_interest(session, case, owed, reported.interest_fen)


_WAITING = Text(
    "还有 {count} 条报告没有对上，不能申请代偿。先补报缺少的事件，或撤回报错的那一条。",
    "{count} reports still wait for others, so it cannot be claimed. Report what is missing first, or take back what "
    "was reported by mistake.",
)
_EARLY = Text(
    "逾期满 {least} 天才能申请代偿，现在 {days} 天。到期后再申请。",
    "A claim needs {least} days overdue; there are {days}. Claim later.",
)
_OTHER_SUM = Text(
    "申请代偿本金 {asked}，与未还本金 {owed} 不一致。核对后重报。",
    "The principal claimed, {asked}, is not the {owed} that is owed. Check it and claim again.",
)
_STILL_WAITING = Text(
    "银行有 {count} 条报告没有对上，欠款可能有变，没有执行。退回申请，或等银行补报、撤回这些报告。",
    "{count} reports of the bank still wait and may change what is owed; nothing was done. Refuse the claim, or wait "
    "until the bank reports what is missing or takes them back.",
)
_CHANGED = Text(
    "申请代偿本金 {asked}，与现在的未还本金 {owed} 不一致。退回申请，由银行重报。",
    "The principal claimed, {asked}, is not the {owed} that is owed now. Refuse the claim; the bank claims again.",
)
