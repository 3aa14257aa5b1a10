"""The stress view of the books as they stand."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.domain.guarantee_terms import LimitKind, LossParty
from matchmaker.guarantee.ledger.balances import measures_in
from matchmaker.guarantee.ledger.codec import covered_of
from matchmaker.guarantee.ledger.models import GuaranteeBalance, LedgerEntry, LedgerLeg
from matchmaker.guarantee.ledger.registers import claim_days, guarantors_by_code, load_bounds
from matchmaker.scoring.limits import strictest
from matchmaker.scoring.stress import (
    ChainDelay,
    LeverageAfter,
    OpenCase,
    after_failure,
    chain_delays,
    largest,
    together,
)


@dataclass(frozen=True, slots=True)
class Stressed:
    """Both questions answered; money in fen."""

    days: int
    chains: list[ChainDelay]
    customers: int
    failing: int
    parts: dict[LossParty, int]
    guarantors: list[LeverageAfter]


def stress(session: Session, *, days: int = 60, top: int = 10) -> Stressed:
    """Chains whose leader pays ``days`` late, and the failure of the ``top`` customers with the most out."""
    cases = open_cases(session)
    failing = largest(cases, top)
    rows = session.scalars(select(GuaranteeBalance).where(GuaranteeBalance.scope == "guarantor"))
    held = {row.org_code: measures_in(row) for row in rows}
    bounds = load_bounds(session)
    after = []
    for code, terms in sorted(guarantors_by_code(session).items()):
        limits = (one for one in strictest(bounds, terms) if one.kind in _LEVERAGE)
        times = next((one.value for one in limits), None)
        if code in held:
            weighted = held[code].weighted + held[code].reserved_weighted
            after.append(after_failure(code, failing, net_assets=terms.net_assets_fen, weighted=weighted, times=times))
    customers = len({case.uscc for case in failing})
    return Stressed(days, chain_delays(cases, days), customers, len(failing), together(failing), after)


_LEVERAGE = (LimitKind.LEVERAGE, LimitKind.LEVERAGE_SMALL)


def open_cases(session: Session) -> list[OpenCase]:
    """Every case that the session may see with a loan out, by number."""
    by = (LedgerLeg.guarantee_no, LedgerLeg.account, LedgerLeg.party)
    wanted = LedgerLeg.account.in_(("outstanding", "weighted", "weighted_reserved"))
    sums: dict[str, Counter[tuple[str, str]]] = {}
    for case, account, party, fen in session.execute(
        select(*by, func.sum(LedgerLeg.amount_fen)).where(wanted).group_by(*by)
    ):
        sums.setdefault(case, Counter())[account, party] = int(fen)
    begun = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "reserve"))
    days = claim_days(session)
    made = [_open_case(row, sums.get(row.guarantee_no, Counter()), days) for row in begun]
    return sorted((case for case in made if case.nominal), key=lambda case: case.guarantee_no)


def _open_case(row: LedgerEntry, sums: "Counter[tuple[str, str]]", days: dict[str, int]) -> OpenCase:
    covered = covered_of(row.guarantee_no, row.org_code, row.uscc, row.terms or {})
    parts = {party: sums["outstanding", str(party)] for party in LossParty if sums["outstanding", str(party)]}
    weighted = sums["weighted", ""] + sums["weighted_reserved", ""]
    return OpenCase(
        row.guarantee_no, row.org_code, row.uscc, covered.chain_code, parts, weighted,
        days.get(covered.scheme_code, 0),
    )  # fmt: skip
