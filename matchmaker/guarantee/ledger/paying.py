"""Whether the treasury can bear its share of what is to be paid: the year's budget of the scheme, looked at locked."""

from datetime import date
from typing import cast

from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import LimitClass, LossParty
from matchmaker.guarantee.ledger.balances import guarantor_key, keys_of, measures_in, month_key, read, shared
from matchmaker.guarantee.ledger.capacity import Effect, OverLimitError
from matchmaker.guarantee.ledger.registers import schemes_by_code
from matchmaker.scoring.exposure import Amounts, Covered, split
from matchmaker.scoring.limit_texts import BUDGET, NOUNS
from matchmaker.scoring.limits import Limit


def require_budget(session: Session, covered: Covered, *, loss_fen: int, on: date) -> None:
    """OverLimitError where the treasury's share of a loss (principal and interest) is above what the scheme's budget
    of the calendar year leaves. The guarantor's other bookings wait until the transaction ends."""
    with cast(ScopedSession, session).elevated():
        scheme = schemes_by_code(session).get(covered.scheme_code)
        parts = split(loss_fen, covered.shares)
        if scheme is None or scheme.budget_fen is None or not parts.get(LossParty.TREASURY):
            return
        shared(session, guarantor_key(covered.org_code))
        before = _borne(session, covered, on)
        after = before + parts[LossParty.TREASURY]
    limit = Limit(BUDGET, LimitClass.SCHEME, NOUNS[BUDGET], before, after, scheme.budget_fen, scheme.source)
    if limit.broken:
        raise OverLimitError(Effect(parts, Amounts.of(parts), (limit,)))


def _borne(session: Session, covered: Covered, on: date) -> int:
    """What the treasury has borne of the scheme this year, fees that are promised included."""
    months = [month_key(covered, f"{on.year}-{month:02d}") for month in range(1, 13)]
    year = [measures_in(row) for row in read(session, months).values()]
    promised = [measures_in(row) for key, row in read(session, keys_of(covered)).items() if key[0] == "scheme"]
    return sum(one.fee_treasury + one.treasury_loss for one in year) + sum(one.fee_reserved for one in promised)
