"""From results to the verdict, and policies judged by the same criteria."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from matchmaker.domain.terms import Instrument, Purpose, Security, Verdict
from matchmaker.scoring.criteria import KEYS
from matchmaker.scoring.facts import Asks, Enterprise, Need, Policy, Product
from matchmaker.scoring.prepared import in_market, prepare_asks, prepare_need, prepare_policy, prepare_product
from matchmaker.scoring.verdict import Judgement, judge, judge_policy, judge_policy_on, verdict_of
from tests.support.scoring_lists import ON, REFERENCES, needs, products, references

REFERENCE = REFERENCES[0]
COMPANY = Enterprise(uscc="91371002MA00000000")
NEED = Need("XQ-1", COMPANY, 100, 12, Purpose.ORDER, security_offered=(Security.NONE,))

NEAR = {"amount_max_fen": 50}
NEAR_TOO = {"term_max_months": 6}
NEAR_AS_WELL = {"security": (Security.MORTGAGE,)}
UNKNOWN = {"areas": ("370000",)}
UNKNOWN_TOO = {"industries": ("35",)}
UNKNOWN_AS_WELL = {"min_age_months": 12}
HOPELESS = {"chains": ("RV",)}


def judged(*parts: dict[str, Any]) -> Judgement:
    cells = {name: value for part in parts for name, value in part.items()}
    return judge(prepare_need(NEED, ON, REFERENCE), prepare_asks(Asks(**cells), ON, REFERENCE))


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((), "eligible"),
        ((NEAR,), "near"),
        ((NEAR, NEAR_TOO), "near"),
        ((NEAR, NEAR_TOO, NEAR_AS_WELL), "ineligible"),
        ((NEAR, UNKNOWN), "near"),
        ((NEAR, UNKNOWN, UNKNOWN_TOO), "ineligible"),
        ((NEAR, NEAR_TOO, UNKNOWN), "ineligible"),
        ((UNKNOWN,), "needs_information"),
        ((UNKNOWN, UNKNOWN_TOO, UNKNOWN_AS_WELL), "needs_information"),
        ((HOPELESS,), "ineligible"),
        ((HOPELESS, UNKNOWN), "ineligible"),
    ],
)
def test_the_verdict_is_the_first_rule_that_holds(parts, verdict):
    assert judged(*parts).verdict.value == verdict


def test_all_criteria_are_judged_also_after_a_failure_that_cannot_be_repaired():
    found = judged(HOPELESS, NEAR, UNKNOWN)
    assert found.failed == ("chain", "amount")
    assert found.unknown == ("area",)
    assert len(found.results) == len(KEYS)


@settings(max_examples=200, deadline=None)
@given(need=needs(1), product=products(1), reference=references)
def test_the_quick_verdict_is_the_verdict_of_the_full_judgement(need, product, reference):
    need_on, product_on = prepare_need(need, ON, reference), prepare_product(product, ON, reference)
    assert verdict_of(need_on, product_on) is judge(need_on, product_on).verdict


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "expected"),
    [
        (None, None, True),
        (ON, ON, True),
        (date(2026, 12, 1), None, False),
        (None, date(2026, 11, 29), False),
        (date(2026, 1, 1), date(2026, 12, 31), True),
    ],
)
def test_in_the_market(valid_from, valid_to, expected):
    product = Product("P1", "示例银行", "流贷", "OTHER", valid_from=valid_from, valid_to=valid_to)  # type: ignore[arg-type]
    assert in_market(product, ON) is expected


POLICY = Policy("ZC-1", "贴息", Instrument.INTEREST_SUBSIDY, Asks(purposes=(Purpose.ORDER, Purpose.RND)))


def test_a_policy_is_judged_by_the_same_criteria():
    assert judge_policy(COMPANY, NEED, POLICY, ON, REFERENCE).verdict is Verdict.ELIGIBLE
    other = replace(NEED, purpose=Purpose.REFINANCING)
    found = judge_policy(COMPANY, other, POLICY, ON, REFERENCE)
    assert (found.verdict, found.failed) == (Verdict.INELIGIBLE, ("purpose",))


def test_without_a_need_what_is_asked_of_it_is_unknown():
    found = judge_policy(COMPANY, None, POLICY, ON, REFERENCE)
    assert (found.verdict, found.unknown) == (Verdict.NEEDS_INFORMATION, ("purpose",))
    anyone = replace(POLICY, asks=Asks())
    assert judge_policy(COMPANY, None, anyone, ON, REFERENCE).verdict is Verdict.ELIGIBLE


@pytest.mark.parametrize(
    ("conditions", "verdict"),
    [("属于设备更新项目清单", Verdict.NEEDS_INFORMATION), ("  ", Verdict.ELIGIBLE), ("", Verdict.ELIGIBLE)],
)
def test_conditions_that_no_criterion_can_test_leave_a_policy_open(conditions, verdict):
    policy = replace(POLICY, conditions=conditions)
    found = judge_policy_on(prepare_need(NEED, ON, REFERENCE), prepare_policy(policy, ON, REFERENCE))
    assert found.verdict is verdict
    assert found.unknown == ()


def test_conditions_never_make_a_failing_policy_look_better():
    policy = replace(POLICY, conditions="属于设备更新项目清单", asks=Asks(chains=("RV",)))
    assert judge_policy(COMPANY, NEED, policy, ON, REFERENCE).verdict is Verdict.INELIGIBLE
