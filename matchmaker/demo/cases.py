"""Sample guarantees in every state, as they would stand on the demo day. Amounts of history are in 万元."""

from datetime import date, datetime

from sqlalchemy import func, select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.demo.casting import Cast, Loan, cast_of
from matchmaker.demo.papers import play_papers
from matchmaker.demo.playing import Play, firm
from matchmaker.demo.services import load_rows
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.guarantee.cases import applying, deciding
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.settings import Settings

GROUP = "DEMO-1"
"""Code of the related group."""
_SECOND_BANK = "B17"


def play_guarantees(database: Database, settings: Settings, *, on: date, now: datetime) -> int:
    """Play the sample guarantees, certificates and a dispute; how many guarantees there are. Nothing is done where there are some already."""
    with database.reading(SYSTEM) as session:
        there = session.scalar(select(func.count()).select_from(Guarantee)) or 0
        if there:
            return there
        cast = cast_of(session, on)
    play = Play(database, settings, on=on, now=now)
    _relate(play, cast)
    _history(play, cast)
    _applications(play, cast)
    play_papers(play, cast)
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Guarantee)) or 0


def _relate(play: Play, cast: Cast) -> None:
    """Two firms of one owner: the register of related companies has them before they are covered."""
    rows = [
        {"group_code": GROUP, "uscc": uscc, "relation": "同一实际控制人", "source": "演示数据"}
        for uscc in cast.firms[:2]
    ]
    with play.database.writing(SYSTEM) as session:
        load_rows(session, "related-groups", rows, play.now)


def _history(play: Play, cast: Cast) -> None:
    """Loans of half a year that banks had covered at once; the first two are of the related group."""
    firms = iter(cast.firms)
    _in_force(play, next(firms), cast.bank)
    _overdue(play, next(firms), cast.bank)
    _released(play, next(firms), _SECOND_BANK)
    _claimed(play, next(firms), _SECOND_BANK)
    for recovered, ending in ((20, None), (60, None), (35, "write_off")):
        _compensated(play, next(firms), cast.bank, recovered, ending)
    play.cover(next(firms), cast.bank, 150, 2)


def _in_force(play: Play, uscc: str, org_code: str) -> None:
    """Drawn twice, of which the bank has reported one: the second repayment is parked until the other one comes."""
    case = play.cover(uscc, org_code, 200, 75)
    play.report(case, "drawdown", 70, 120 * FEN_PER_WAN)
    play.report(case, "repayment", 30, 50 * FEN_PER_WAN)
    play.report(case, "repayment", 3, 90 * FEN_PER_WAN)


def _overdue(play: Play, uscc: str, org_code: str) -> None:
    case = play.cover(uscc, org_code, 100, 150)
    play.report(case, "drawdown", 148, 100 * FEN_PER_WAN)
    play.report(case, "repayment", 60, 40 * FEN_PER_WAN)
    play.report(case, "overdue", 20)


def _released(play: Play, uscc: str, org_code: str) -> None:
    case = play.cover(uscc, org_code, 160, 172)
    for days in (170, 150):
        play.report(case, "drawdown", days, 80 * FEN_PER_WAN)
    for days in (60, 9):
        play.report(case, "repayment", days, 80 * FEN_PER_WAN)


def _claimed(play: Play, uscc: str, org_code: str) -> None:
    case = play.cover(uscc, org_code, 80, 165)
    play.report(case, "drawdown", 160, 80 * FEN_PER_WAN)
    play.report(case, "overdue", 70)
    play.report(case, "claim", 4, 80 * FEN_PER_WAN)


def _compensated(play: Play, uscc: str, org_code: str, recovered: int, ending: str | None) -> None:
    """A loss of 60, of which some comes back in two payments: in part, whole, or in part and the rest written off."""
    case = play.cover(uscc, org_code, 60, 174)
    play.report(case, "drawdown", 172, 60 * FEN_PER_WAN)
    play.report(case, "overdue", 140)
    play.report(case, "claim", 78, 60 * FEN_PER_WAN)
    play.compensate(case, 70)
    first = recovered // 3
    play.recover(case, 50, first * FEN_PER_WAN)
    play.recover(case, 25, (recovered - first) * FEN_PER_WAN)
    if ending:
        play.write_off(case, 6)


def _applications(play: Play, cast: Cast) -> None:
    """What enterprises apply for from their near misses, the longest ago first; whose case has ended may apply anew."""
    _drawn_in_parts(play, _pick(play, cast, 45), 45)
    ended = [_lapsed(play, _pick(play, cast, 40)), _declined(play, _pick(play, cast, 30))]
    ended.append(_withdrawn(play, _pick(play, cast, 21)))
    _approved(play, _pick(play, cast, 15), 15)
    _waiting(play, cast.own or _pick(play, cast, 8), 8)
    play.review(play.apply(_pick(play, cast, 4), 4), 1)
    play.apply(_pick(play, cast, play.due_today()), play.due_today())
    play.apply(cast.loans[0] if cast.loans else ended[0], 0)


def _pick(play: Play, cast: Cast, days: int) -> Loan:
    """A loan that was looked for by then, best one that needs the guarantee; it is cast once."""
    then = play.on.toordinal() - days
    known = [loan for loan in cast.loans if loan.submitted_on.toordinal() <= then] or cast.loans
    if not known:
        raise AssertionError("the sample city has too few loans that the public guarantee covers")
    chosen = min(known, key=lambda loan: not loan.gains)
    cast.loans.remove(chosen)
    return chosen


def _drawn_in_parts(play: Play, loan: Loan, days: int) -> None:
    """Reviewed, approved, drawn in three parts, and being repaid."""
    case = play.apply(loan, days)
    play.review(case, days - 2)
    play.approve(case, days - 3)
    for ago, percent in ((38, 40), (25, 30), (12, 20)):
        play.report(case, "drawdown", ago, case.amount_fen * percent // 100)
    for ago, percent in ((8, 10), (2, 10)):
        play.report(case, "repayment", ago, case.amount_fen * percent // 100)


def _lapsed(play: Play, loan: Loan) -> Loan:
    play.lapse(play.apply(loan, 40))
    return loan


def _declined(play: Play, loan: Loan) -> Loan:
    case = play.apply(loan, 30)
    play.review(case, 28, "decline")
    play.decline(case, 27)
    return loan


def _withdrawn(play: Play, loan: Loan) -> Loan:
    case = play.apply(loan, 21)
    play.take(
        applying.withdraw, firm(loan.uscc), 19, public_id=case.public_id, reason="已用自有资金周转，暂不需要。",
        settings=play.settings,
    )  # fmt: skip
    return loan


def _approved(play: Play, loan: Loan, days: int) -> None:
    case = play.apply(loan, days)
    play.review(case, days - 2)
    play.approve(case, days - 3)


def _waiting(play: Play, loan: Loan, days: int) -> None:
    case = play.apply(loan, days)
    play.take(
        deciding.ask, play.underwriter, days - 2, public_id=case.public_id,
        text="补充最近三个月的对公流水和前三大订单的合同。",
    )  # fmt: skip
