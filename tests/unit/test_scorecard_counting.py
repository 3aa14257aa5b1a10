"""Adverse records by dimension for the scorecard: those that the rating counts, and unknown where it knows nothing."""

import pytest

from matchmaker.domain.terms import CreditKind, Severity
from matchmaker.scoring.rating.assess import assess
from matchmaker.scoring.rating.facts import Facts
from matchmaker.scoring.rating.ruleset import read_rules
from matchmaker.scoring.scorecard.city import DIMENSIONS, counting_of
from tests.support.rating import ON, changed_rules, default_rules, facts, filed, without

CLEAN = dict.fromkeys(DIMENSIONS, 0)
TWO = (filed(number="C1"), filed(CreditKind.ENVIRONMENT, number="C2"))


def counted(known: Facts) -> dict[str, int]:
    return counting_of(assess(known, default_rules(), ON).findings)


@pytest.mark.parametrize(
    ("known", "counts"),
    [
        (facts(), CLEAN),
        (facts(*TWO), CLEAN | {"government": 2}),
        (facts(*TWO, filed(CreditKind.JUDGMENT_DEBTOR, Severity.NONE)), CLEAN | {"government": 2, "judicial": 1}),
        (facts(filed(severity=Severity.MINOR)), CLEAN),
        (facts(filed(repaired_on=ON)), CLEAN),
    ],
)
def test_records_count_as_the_rating_counts_them(known: Facts, counts: dict[str, int]) -> None:
    assert counted(known) == counts


def test_a_dimension_whose_source_is_not_loaded_stays_unknown_and_is_never_zero() -> None:
    assert "financial" not in counted(without(facts(), CreditKind.UTILITIES))
    assert "government" not in counted(without(facts(), CreditKind.CUSTOMS)), "one kind of six is enough not to know"
    assert counted(Facts("x")) == {}


def test_a_record_counts_though_another_kind_of_its_dimension_is_not_loaded() -> None:
    assert counted(without(facts(*TWO), CreditKind.CUSTOMS))["government"] == 2


def test_a_kind_that_the_rules_leave_out_is_left_out_here_too() -> None:
    rules = read_rules(changed_rules(no_customs={"on": False}))
    known = without(facts(), CreditKind.CUSTOMS)
    assert counting_of(assess(known, rules, ON).findings)["government"] == 0
