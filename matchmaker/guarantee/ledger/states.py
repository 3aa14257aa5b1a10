"""Whether each case stands where its sums do: nothing is out of one that was released, all is reserved of a letter."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent
from matchmaker.guarantee.ledger.flaws import Flaw
from matchmaker.guarantee.ledger.models import LedgerLeg

_PROMISED = (S.APPLIED, S.WAITING, S.REVIEWED, S.APPROVED)
_LENT = (S.IN_FORCE, S.OVERDUE, S.CLAIMED)
_LOST = {S.COMPENSATED: "loss", S.WRITTEN_OFF: "written_off"}
"""Where something must stand, however much has been recovered."""

Sums = Counter[tuple[str, str]]
"""(case, account or kind of report) → fen."""


def states_amiss(session: Session) -> Iterator[Flaw]:
    """The cases whose sums are not those of their state; what was lent is counted from the bank's reports."""
    booked, told = _booked(session), _told(session)
    for case in session.scalars(select(Guarantee).order_by(Guarantee.id)):
        no = case.guarantee_no
        for account, expected in _expected(case, told).items():
            if booked[no, account] != expected:
                yield Flaw("state", f"case:{no} {case.state} {account}", booked[no, account], expected)
        must = _LOST.get(case.stands)
        if must and booked[no, must] <= 0:
            yield Flaw("state", f"case:{no} {case.state} {must}", booked[no, must], 1)


def _expected(case: Guarantee, told: Sums) -> dict[str, int]:
    """What must stand on an account, of those that are known for the state."""
    state, no = case.stands, case.guarantee_no
    if state in _PROMISED:
        return _NOTHING | {"reserved": case.amount_fen}
    if state in _LENT:
        drawn = told[no, "drawdown"]
        left = 0 if case.closed_on else case.amount_fen - drawn
        return _NOTHING | {"reserved": left, "outstanding": drawn - told[no, "repayment"]}
    return {account: fen for account, fen in _NOTHING.items() if account != _LOST.get(state)}


_NOTHING = {"reserved": 0, "outstanding": 0, "loss": 0, "written_off": 0}


def _booked(session: Session) -> Sums:
    by = (LedgerLeg.guarantee_no, LedgerLeg.account)
    sums = select(*by, func.sum(LedgerLeg.amount_fen)).where(LedgerLeg.account.in_(list(_NOTHING))).group_by(*by)
    return Counter({(no, account): int(fen) for no, account, fen in session.execute(sums)})


def _told(session: Session) -> Sums:
    by = (GuaranteeEvent.guarantee_no, GuaranteeEvent.kind)
    counted = select(*by, func.sum(GuaranteeEvent.amount_fen)).where(GuaranteeEvent.state == "applied").group_by(*by)
    return Counter({(no, kind): int(fen) for no, kind, fen in session.execute(counted)})
