"""The most interest that a claim may ask for: so many days of the scheme, at no more than a yearly ceiling.

The ceiling is the scheme's as it was when the case began. A scheme that names none has four times the one-year LPR on
the day of the letter, by the register of LPR: the measure of 《最高人民法院关于审理民间借贷案件适用法律若干问题的规定》
(2020 修正) article 25, taken here for the most that a scheme stands for. A year has 360 days, as banks reckon
(银发〔2005〕129号). The loan's own rate is never reported to the platform; whoever checks the claim looks at it.
"""

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.terms import money, percent
from matchmaker.lists.guarantee_registers import WHOLE_E6
from matchmaker.lists.registers import LprRow

TIMES_LPR = 4
DAYS_A_YEAR = 360


def require_interest(session: ScopedSession, case: Guarantee, principal_fen: int, interest_fen: int) -> None:
    """RejectedError for interest (fen) that the scheme does not cover or above the most for this principal;
    ConflictError where no ceiling is known."""
    if not interest_fen:
        return
    if case.interest_days is None:
        raise RejectedError(_NO_INTEREST, code="claim_interest")
    rate = interest_ceiling(session, case)
    if rate is None:
        raise ConflictError(_NO_CEILING, code="claim_interest_rate")
    most = most_interest(principal_fen, rate, case.interest_days)
    if interest_fen > most:
        raise RejectedError(
            _TOO_MUCH, code="claim_interest_above", asked=money(interest_fen), most=money(most),
            days=case.interest_days, rate=percent(rate),
        )  # fmt: skip


def most_interest(principal_fen: int, rate_e6: int, days: int) -> int:
    """Interest in fen on a principal at a yearly rate (1 % = 1_000_000) for so many days, rounded up."""
    return -(-principal_fen * rate_e6 * days // (WHOLE_E6 * DAYS_A_YEAR))


def interest_ceiling(session: ScopedSession, case: Guarantee) -> int | None:
    """The most interest a year (1 % = 1_000_000) of a case; None where the scheme names none and no LPR is known."""
    if case.interest_max_e6 is not None:
        return case.interest_max_e6
    known = (LprRow.quoted_on <= case.letter_on) & (LprRow.status == EntryStatus.PUBLISHED)
    quoted = select(LprRow.lpr_1y_pct_e6).where(known).order_by(LprRow.quoted_on.desc()).limit(1)
    lpr = session.scalar(quoted)
    return None if lpr is None else TIMES_LPR * lpr


_NO_INTEREST = Text(
    "方案只保本金，不含利息。利息填 0 后重报。", "The scheme covers the principal only. Claim no interest."
)
_NO_CEILING = Text(
    "出函日没有 LPR 报价，方案也没有写明利息上限，利息无从核对。由主管部门补登 LPR 后再报，或利息填 0。",
    "No LPR is known for the day of the letter and the scheme names no ceiling, so interest cannot be checked. "
    "The bureau adds the LPR first, or claim no interest.",
)
_TOO_MUCH = Text(
    "申请代偿利息 {asked}，超过最多 {most}（{days} 天，年利率不超过 {rate}%）。核对后重报。",
    "The interest of {asked} is above the most, {most} ({days} days at no more than {rate} % a year). "
    "Check it and claim again.",
)
