"""The drift report, and what is said of this city's own applicants."""

from dataclasses import replace
from datetime import date
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.terms import TaxGrade, Tier
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring.facts import Enterprise
from matchmaker.scoring.scorecard.card import Plan, score
from matchmaker.scoring.scorecard.city import (
    CITY_FEATURES,
    DIMENSIONS,
    LEAST_CLOSED,
    LEAST_FAILED,
    city_row,
    underwriter_opinion,
)
from matchmaker.scoring.scorecard.drift import LEVELS, drift_report, psi
from matchmaker.scoring.scorecard.explaining import INFORMS, explain
from matchmaker.scoring.scorecard.features import check_rows
from matchmaker.scoring.scorecard.fitting import fit
from tests.support.cards import FEATURES, PLAN, closed_cases

COUNTS = st.lists(st.integers(0, 1000), min_size=2, max_size=8).filter(sum)

CASES = closed_cases(5)
CARD = fit(CASES, FEATURES, name="test", plan=PLAN)


def test_the_same_sample_has_not_moved_at_all():
    report = drift_report(CARD, [case.row for case in CASES], CASES)
    assert report.score.psi == 0 and all(one.psi == 0 for one in report.features)
    assert report.score.level == LEVELS[0] and "0.000" in report.score.text.zh


@given(counts=COUNTS, times=st.integers(2, 5))
def test_the_index_is_zero_for_equal_shares_and_never_below(counts, times):
    assert psi(counts, counts) == 0
    assert psi(counts, counts[::-1]) >= 0
    if all(counts):
        assert psi(counts, [times * count for count in counts]) == pytest.approx(0)


def test_the_index_is_as_computed_by_hand():
    assert psi([50, 50], [25, 75]) == pytest.approx(-0.25 * log(0.5) + 0.25 * log(1.5))
    assert psi([10, 0], [10, 10]) == pytest.approx(-0.5 * log(0.5) + 0.45 * log(0.5 / 0.05))


def test_the_feature_that_moved_is_named_first_with_what_to_do():
    moved = [{**case.row, "age": 1.0} for case in CASES]
    report = drift_report(CARD, moved)
    assert report.features[0].key == "age" and report.features[0].psi > 0.25
    assert report.features[0].level == LEVELS[2] and "重新拟合" in report.features[0].text.zh
    assert all(one.psi == 0 for one in report.features[1:])
    assert (report.rows, report.quality, report.groups, report.years) == (400, None, (), ())
    assert "cannot show the calibration" in report.text.en


@pytest.mark.parametrize(("index", "number"), [(0.0, 0), (0.10, 0), (0.11, 1), (0.25, 1), (0.26, 2)])
def test_the_bounds_are_the_usual_ones(index, number):
    assert next(place for place, level in enumerate(LEVELS) if index <= level.most) == number


def test_closed_cases_show_calibration_by_group_and_year():
    report = drift_report(CARD, [case.row for case in CASES], CASES)
    assert report.quality is not None and 0.5 < report.quality.auc < 1
    assert [year for year, _ in report.years] == [2021, 2022, 2023]
    for groups in (report.groups, [group for _, group in report.years]):
        assert sum(group.rows for group in groups) == 400
        assert sum(group.failed for group in groups) == sum(case.failed for case in CASES)
    assert str(sum(case.failed for case in CASES)) in report.text.zh


def test_cases_of_one_outcome_show_no_calibration():
    assert drift_report(CARD, [CASES[0].row], [case for case in CASES if case.failed]).quality is None


# This city


KNOWN = Enterprise(
    uscc="x",
    founded_on=date(2020, 1, 15),
    employees=30,
    revenue_fen=2_000_000_000,
    total_assets_fen=3_000_000_000,
    tiers=(TierHeld(Tier.TECH_SME), TierHeld(Tier.HNTE, date(2020, 12, 31))),
    tax_grade=TaxGrade.B,
    is_first_loan=True,
)


def applicant(firm, **counting):
    return city_row(firm, amount_fen=500_000_000, term_months=12, counting=counting, on=date(2026, 1, 14))


def test_an_applicants_features_are_what_the_platform_knows():
    assert applicant(KNOWN, government=1, judicial=0) == {
        "age_months": 71,
        "revenue_wan": 2000,
        "employees": 30,
        "assets_wan": 3000,
        "tax_grade": "B",
        "tiers": 1,
        "government_records": 1,
        "judicial_records": 0,
        "financial_records": None,
        "enterprise_records": None,
        "amount_to_revenue_pct": 25,
        "term_months": 12,
        "first_loan": "Y",
    }


def test_less_revenue_is_never_a_smaller_share_and_none_at_all_is_known():
    shares = [applicant(replace(KNOWN, revenue_fen=fen))["amount_to_revenue_pct"] for fen in (10**12, 10**9, 100, 1, 0)]
    assert shares == sorted(shares)
    assert applicant(replace(KNOWN, revenue_fen=None))["amount_to_revenue_pct"] is None


@pytest.mark.parametrize(
    "enterprise", [KNOWN, Enterprise(uscc="x"), replace(KNOWN, revenue_fen=0, is_first_loan=False)]
)
def test_the_features_are_the_declared_ones_and_what_is_not_known_stays_so(enterprise):
    row = applicant(enterprise, **dict.fromkeys(DIMENSIONS, 0))
    check_rows([row], CITY_FEATURES)
    assert list(row) == [feature.key for feature in CITY_FEATURES]
    if enterprise.founded_on is None:
        assert [key for key in row if row[key] is not None] == [
            "tiers",
            *[f"{d}_records" for d in DIMENSIONS],
            "term_months",
        ]


def test_every_direction_has_its_reason():
    for feature in CITY_FEATURES:
        assert bool(feature.direction) == bool(feature.why.zh) == bool(feature.why.en)


def test_without_cases_of_its_own_the_city_has_no_card_and_says_so():
    said = underwriter_opinion(None, applicant(KNOWN), closed=0, failed=0)
    assert said.explanation is None
    assert f"0 of at least {LEAST_CLOSED} closed cases" in said.text.en and str(LEAST_FAILED) in said.text.zh
    assert 10 * len(CITY_FEATURES) == LEAST_FAILED


def test_a_fitted_card_informs_and_says_that_it_decides_nothing():
    said = underwriter_opinion(CARD, CASES[0].row, closed=2000, failed=300)
    assert said.explanation == explain(CARD, CASES[0].row) and said.text == INFORMS
    assert said.explanation.score == score(CARD, CASES[0].row)


def test_a_plan_declares_what_it_does():
    assert Plan() == Plan(36, 12, 6, 5, 10, 20, 30)
