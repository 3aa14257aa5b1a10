"""A licensed company is never measured without the limits of the law."""

import pytest

from matchmaker.domain.guarantee_terms import GuarantorKind, LimitClass, LimitKind
from matchmaker.domain.rate import E6
from matchmaker.scoring.limits import Bound, GuarantorTerms
from matchmaker.scoring.statutory import missing_statutory

K = LimitKind
LAW = (
    Bound("S-15-1", K.LEVERAGE, LimitClass.STATUTORY, 10, GuarantorKind.COMPANY),
    Bound("S-15-2", K.LEVERAGE_SMALL, LimitClass.STATUTORY, 15, GuarantorKind.COMPANY),
    Bound("S-16-1", K.CUSTOMER, LimitClass.STATUTORY, 10 * E6, GuarantorKind.COMPANY),
    Bound("S-16-2", K.GROUP, LimitClass.STATUTORY, 15 * E6, GuarantorKind.COMPANY),
)
COMPANY = GuarantorTerms("G1", GuarantorKind.COMPANY, 1)
SMALL = GuarantorTerms("G1", GuarantorKind.COMPANY, 1, mainly_small=True)


def test_the_law_in_full_lacks_nothing_and_a_fund_needs_none() -> None:
    assert missing_statutory(LAW, COMPANY) == missing_statutory(LAW, SMALL) == []
    assert missing_statutory((), GuarantorTerms("G2", GuarantorKind.FUND, 1)) == []


@pytest.mark.parametrize(
    ("terms", "rows", "missing"),
    [
        (COMPANY, (), [K.LEVERAGE, K.CUSTOMER, K.GROUP]),
        (COMPANY, LAW[1:], [K.LEVERAGE]),
        (SMALL, LAW[1:], []),
        (SMALL, (LAW[0], *LAW[2:]), []),
        (COMPANY, LAW[:3], [K.GROUP]),
        (COMPANY, (*LAW[:2], Bound("P", K.CUSTOMER, LimitClass.POLICY, E6), LAW[3]), [K.CUSTOMER]),
        (COMPANY, (*LAW[:2], Bound("S", K.CUSTOMER, LimitClass.STATUTORY, 100 * E6), LAW[3]), [K.CUSTOMER]),
        (COMPANY, (*LAW[1:], Bound("S", K.LEVERAGE, LimitClass.STATUTORY, 10, None, "G2")), [K.LEVERAGE]),
        (SMALL, (LAW[0], *LAW[2:], Bound("S", K.LEVERAGE_SMALL, LimitClass.STATUTORY, 99)), [K.LEVERAGE]),
    ],
)
def test_what_is_absent_looser_another_class_or_anothers_is_missing(
    terms: GuarantorTerms, rows: tuple[Bound, ...], missing: list[LimitKind]
) -> None:
    assert missing_statutory(rows, terms) == missing
