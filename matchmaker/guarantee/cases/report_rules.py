"""What is refused of a bank's report: what is odd in itself, and what no other report can ever make fit."""

from collections.abc import Sequence
from datetime import date

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.guarantee_life import BANK_EVENTS, guarantee_step
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.loan_course import Report, run
from matchmaker.domain.money import MAX_FEN
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.holding import local_day
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.reports import Reported, as_report, loan_events
from matchmaker.guarantee.cases.terms import money
from matchmaker.settings import Settings

LONGEST_NO = 64
_RUNNING = (S.APPROVED, S.IN_FORCE, S.OVERDUE)
_WITH_AMOUNT = ("drawdown", "repayment", "close", "claim")


def require_sense(reported: Reported, today: date) -> None:
    """RejectedError for what is odd whatever the case."""
    number = reported.event_no
    if not (0 < len(number) <= LONGEST_NO and number.isascii() and number.isprintable() and number == number.strip()):
        raise RejectedError(_NO_NUMBER, code="event_no", limit=LONGEST_NO)
    if reported.kind not in BANK_EVENTS:
        raise RejectedError(_NO_KIND, code="event_kind", kinds="、".join(BANK_EVENTS))
    positive = reported.kind in _WITH_AMOUNT
    if not (0 < reported.amount_fen <= MAX_FEN if positive else reported.amount_fen == 0):
        raise RejectedError(_AMOUNT if positive else _AN_AMOUNT, code="event_amount")
    if not 0 <= reported.interest_fen <= MAX_FEN or (reported.interest_fen and reported.kind != "claim"):
        raise RejectedError(_INTEREST, code="event_interest")
    if reported.happened_on > today:
        raise RejectedError(_FUTURE, code="event_future", day=reported.happened_on.isoformat())


def refuse_never(session: ScopedSession, case: Guarantee, reported: Reported, settings: Settings) -> None:
    """ConflictError for a report that no other report can ever make fit."""
    if case.stands not in (*_RUNNING, S.CLAIMED, S.RELEASED):
        guarantee_step(reported.kind, case.stands)
    assert case.letter_expires_on is not None and case.approved_at is not None
    if reported.happened_on < local_day(case.approved_at, settings):
        raise ConflictError(_BEFORE, code="before_letter", day=local_day(case.approved_at, settings).isoformat())
    if reported.kind == "drawdown" and reported.happened_on > case.letter_expires_on:
        raise ConflictError(_LETTER_OVER, code="letter_expired", day=case.letter_expires_on.isoformat())
    events = loan_events(session, case)
    told = sum(one.amount_fen for one in events if one.kind == reported.kind)
    if reported.kind in ("drawdown", "repayment") and told + reported.amount_fen > case.amount_fen:
        raise ConflictError(
            _OVER, code="over_amount", told=money(told), more=money(reported.amount_fen), most=money(case.amount_fen)
        )
    _refuse_late(case, reported, [as_report(one) for one in events])


def _refuse_late(case: Guarantee, reported: Reported, events: Sequence[Report]) -> None:
    """After a claim or a release only what had happened before may still be told; but money that came back, and a delay
    that has ended, are heard as long as a claim is not paid."""
    report = Report(reported.event_no, reported.kind, reported.happened_on, reported.amount_fen)
    late = case.claimed_on is not None and reported.happened_on > case.claimed_on
    if case.stands is S.CLAIMED and late and reported.kind not in ("repayment", "cure"):
        guarantee_step(reported.kind, case.stands)
    if case.stands is S.RELEASED and run([*events, report], case.amount_fen).misfit == "released":
        guarantee_step(reported.kind, case.stands)
    if reported.kind == "drawdown" and case.closed_on is not None:
        raise ConflictError(_CLOSED, code="closed", day=case.closed_on.isoformat())


_NO_NUMBER = Text(
    "事件编号应为 1 至 {limit} 个字母、数字或符号，前后没有空格。改正后重发。",
    "An event number has 1 to {limit} ASCII letters, digits or signs and no blank at its ends. Mend it.",
)
_NO_KIND = Text("事件种类应为其中之一：{kinds}。", "The kind of an event is one of: {kinds}.")
_AMOUNT = Text("金额应大于零。改正后重发。", "The amount must be above zero. Mend it and send it again.")
_AN_AMOUNT = Text("这种事件不带金额。去掉金额后重发。", "An event of this kind has no amount. Leave it out.")
_INTEREST = Text(
    "利息只随代偿申请填写，不能为负数。改正后重发。", "Interest goes with a claim only and is never negative. Mend it."
)
_FUTURE = Text("发生日 {day} 还没有到。改正日期后重发。", "The day {day} has not come yet. Mend the date.")
_BEFORE = Text(
    "发生日早于批准日 {day}，不能登记。核对日期。", "It happened before the approval of {day}. Check the date."
)
_LETTER_OVER = Text(
    "担保意向函于 {day} 到期，之后的放款不在担保范围内，没有登记。由企业重新申请。",
    "The letter ended on {day}: a later drawdown is not covered. The company applies anew.",
)
_OVER = Text(
    "已报 {told}，再加 {more} 超过担保金额 {most}，没有登记。核对金额。",
    "{told} was reported; {more} more is above the guaranteed {most}. Nothing was booked. Check the amount.",
)
_CLOSED = Text(
    "银行已于 {day} 放弃未用额度，不能再放款。由企业重新申请。",
    "The bank gave up the rest on {day}; nothing more is drawn. The company applies anew.",
)
