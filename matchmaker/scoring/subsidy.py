"""What a policy pays towards the interest of a loan: the treasury's act, never a feature of the loan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from matchmaker.domain.rate import E6
from matchmaker.domain.terms import BenefitBase, Instrument, Repayment
from matchmaker.scoring.cost import CostTerms, subsidy_fen
from matchmaker.scoring.facts import Policy

_PAID_TO_ENTERPRISE = (Instrument.INTEREST_SUBSIDY, Instrument.SUBSIDY, Instrument.REWARD)


@dataclass(frozen=True, slots=True)
class Subsidy:
    """The interest subsidy of one policy on one loan.

    Either ``pct_e6`` percentage points a year (millionths, exact) on the outstanding principal for ``months`` (None: to
    the end), or ``once_pct_e6`` of the original principal once; both end at ``cap_fen``. ``total_fen`` is the sum.
    """

    policy: Policy
    pct_e6: int | Fraction
    once_pct_e6: int
    months: int | None
    cap_fen: int | None
    total_fen: int

    def on(self, terms: CostTerms) -> CostTerms:
        """The same loan with this subsidy."""
        return replace(
            terms,
            subsidy_pct_e6=self.pct_e6,
            subsidy_once_pct_e6=self.once_pct_e6,
            subsidy_months=self.months,
            subsidy_cap_fen=self.cap_fen,
        )


def subsidy_of(
    policy: Policy, *, amount_fen: int, rate_pct_e6: int, months: int, repayment: Repayment
) -> Subsidy | None:
    """The interest subsidy of ``policy`` on a loan, or None where it pays none.

    INTEREST_PAID: its percent of the rate, in points, cut to benefit_months and then to the cap. PRINCIPAL: points a
    year when benefit_months is given, else a share of the principal once, taken as received with the first interest
    payment (at the end of a bullet loan). Other bases, instruments that do not pay the borrower (risk compensation,
    guarantee, equity …) and a blank or zero percent are no interest subsidy. Whether the policy applies is the
    caller's question. Raises NoCostError for terms that are no loan.
    """
    percent = policy.benefit_rate_pct_e6
    if not percent or policy.instrument not in _PAID_TO_ENTERPRISE:
        return None
    points: int | Fraction = 0
    once = 0
    if policy.benefit_base is BenefitBase.INTEREST_PAID:
        points = Fraction(percent * rate_pct_e6, 100 * E6)
    elif policy.benefit_base is not BenefitBase.PRINCIPAL:
        return None
    elif policy.benefit_months is None:
        once = percent
    else:
        points = percent
    found = Subsidy(policy, points, once, policy.benefit_months, policy.benefit_cap_fen, 0)
    loan = CostTerms(amount_fen, rate_pct_e6, months, repayment)
    return replace(found, total_fen=subsidy_fen(found.on(loan)))


def best_subsidy(terms: CostTerms, policies: Sequence[Policy]) -> Subsidy | None:
    """The one subsidy that pays most, never a sum of several; ties by policy_no. None where none pays a fen."""
    found = [
        subsidy_of(
            policy,
            amount_fen=terms.amount_fen,
            rate_pct_e6=terms.rate_pct_e6,
            months=terms.months,
            repayment=terms.repayment,
        )
        for policy in policies
    ]
    paying = [subsidy for subsidy in found if subsidy and subsidy.total_fen]
    return min(paying, key=lambda subsidy: (-subsidy.total_fen, subsidy.policy.policy_no), default=None)
