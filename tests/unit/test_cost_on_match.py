"""Subsidies of policies, and the cost of a product for a need with everything that had to be assumed."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.guarantee_terms import FeePayer
from matchmaker.domain.terms import BenefitBase, Instrument, ProductType, Purpose, Repayment
from matchmaker.scoring.cost import CostTerms, cost_of
from matchmaker.scoring.facts import Enterprise, Need, Policy, Product
from matchmaker.scoring.match_cost import MatchCost, cost_on_match
from matchmaker.scoring.schemes import Cover
from matchmaker.scoring.subsidy import Subsidy, best_subsidy, subsidy_of
from tests.support.schemes import STANDING, scheme, terms

E6 = 1_000_000
MILLION_YUAN = 100_000_000
NEED = Need("XQ-1", Enterprise("91371000MA3C00001A"), 8 * MILLION_YUAN, 12, Purpose.WORKING_CAPITAL)
PRODUCT = Product(
    "P1",
    "海发银行",
    "专精特新信用贷",
    ProductType.CREDIT_LOAN,
    fee_pct_e6=500_000,
    repayment=(Repayment.INTEREST_ONLY,),
)


def policy(base: BenefitBase | None, percent: int | None, **changes: object) -> Policy:
    plain = Policy("ZC-1", "贴息", Instrument.INTEREST_SUBSIDY, benefit_base=base, benefit_rate_pct_e6=percent)
    return replace(plain, **changes)


def of(given_policy: Policy, **changes: object) -> Subsidy | None:
    loan = {
        "amount_fen": MILLION_YUAN,
        "rate_pct_e6": 3_600_000,
        "months": 36,
        "repayment": Repayment.INTEREST_ONLY,
    }
    return subsidy_of(given_policy, **{**loan, **changes})


def test_interest_paid_is_converted_to_points() -> None:
    found = of(policy(BenefitBase.INTEREST_PAID, 40 * E6))
    assert found is not None
    assert found.pct_e6 == 1_440_000
    assert found.once_pct_e6 == 0
    assert found.total_fen == 4_320_000  # 40 % of 36,000 yuan a year for three years


def test_interest_paid_is_cut_to_months_then_to_the_cap() -> None:
    by_months = of(policy(BenefitBase.INTEREST_PAID, 40 * E6, benefit_months=24))
    by_cap = of(policy(BenefitBase.INTEREST_PAID, 40 * E6, benefit_months=24, benefit_cap_fen=2_000_000))
    assert by_months is not None
    assert by_cap is not None
    assert (by_months.total_fen, by_cap.total_fen) == (2_880_000, 2_000_000)


@given(st.integers(1, 10 * E6), st.integers(1, 100), st.integers(1, 60), st.sampled_from(Repayment))
def test_a_percent_of_the_interest_is_exactly_that(rate: int, percent: int, months: int, way: Repayment) -> None:
    found = of(policy(BenefitBase.INTEREST_PAID, percent * E6), rate_pct_e6=rate, months=months, repayment=way)
    assert found is not None
    assert isinstance(found.pct_e6, Fraction)
    interest = cost_of(CostTerms(MILLION_YUAN, rate, months, way)).interest_fen
    assert abs(found.total_fen - Fraction(interest * percent, 100)) <= 1


def test_principal_with_months_is_points_a_year_on_what_is_outstanding() -> None:
    found = of(policy(BenefitBase.PRINCIPAL, 1_500_000, benefit_months=24))
    assert found is not None
    assert found.total_fen == 3_000_000
    declining = of(policy(BenefitBase.PRINCIPAL, 1_500_000, benefit_months=24), repayment=Repayment.EQUAL_PRINCIPAL)
    assert declining is not None
    assert declining.total_fen < found.total_fen


def test_principal_without_months_is_paid_once() -> None:
    found = of(policy(BenefitBase.PRINCIPAL, 1_500_000))
    assert found is not None
    assert found.total_fen == 1_500_000
    cost = cost_of(found.on(CostTerms(MILLION_YUAN, 3_600_000, 36, Repayment.INTEREST_ONLY)))
    assert {row.period: row.subsidy_fen for row in cost.schedule if row.subsidy_fen} == {1: 1_500_000}
    capped = of(policy(BenefitBase.PRINCIPAL, 1_500_000, benefit_cap_fen=7))
    assert capped is not None
    assert capped.total_fen == 7


@pytest.mark.parametrize(
    "given_policy",
    [
        policy(BenefitBase.GUARANTEE_FEE, 100 * E6),
        policy(BenefitBase.EQUIPMENT, 5 * E6),
        policy(BenefitBase.FIXED_SUM, E6),
        policy(None, E6),
        policy(BenefitBase.INTEREST_PAID, None),
        policy(BenefitBase.INTEREST_PAID, 0),
        policy(BenefitBase.PRINCIPAL, 30 * E6, instrument=Instrument.RISK_COMPENSATION),
        policy(BenefitBase.PRINCIPAL, 30 * E6, instrument=Instrument.GUARANTEE_PROGRAMME),
    ],
)
def test_what_is_no_interest_subsidy(given_policy: Policy) -> None:
    assert of(given_policy) is None


def test_the_best_one_counts_and_never_a_sum() -> None:
    small = policy(BenefitBase.PRINCIPAL, 500_000, benefit_months=12, policy_no="ZC-0")
    big = policy(BenefitBase.PRINCIPAL, 1_000_000, benefit_months=12, policy_no="ZC-9")
    same = replace(big, policy_no="ZC-8")
    nothing = policy(BenefitBase.EQUIPMENT, E6, policy_no="ZC-A")
    loan = CostTerms(MILLION_YUAN, 3_600_000, 12, Repayment.INTEREST_ONLY)
    for order in ([small, big, same, nothing], [nothing, same, big, small]):
        best = best_subsidy(loan, order)
        assert best is not None
        assert (best.policy.policy_no, best.total_fen) == ("ZC-8", 1_000_000)
    assert best_subsidy(loan, [nothing, replace(big, benefit_cap_fen=0)]) is None


def test_cost_on_match_keeps_the_subsidy_apart() -> None:
    helped = cost_on_match(NEED, PRODUCT, 3_450_000, [policy(BenefitBase.PRINCIPAL, E6, benefit_months=12)])
    alone = cost_on_match(NEED, PRODUCT, 3_450_000, [])
    assert helped.before == alone.before
    assert helped.before is not None
    assert helped.after is not None
    assert alone.after is None
    assert alone.subsidy is None
    # The fifth last of the vectors: 8 million yuan, 3.45 %, fee 0.5 %, one point of subsidy.
    assert (helped.before.total_fen, str(helped.before.simple_pct)) == (31_600_000, "3.9608")
    assert (helped.after.total_fen, str(helped.after.simple_pct)) == (23_600_000, "2.9580")
    assert str(helped.before.compound_pct) == "4.0335"
    assert str(helped.after.compound_pct) == "2.9985"
    assert helped.assumptions == ()
    assert helped.reason is None


def test_json_names_rate_repayment_policy_and_both_totals() -> None:
    subsidy = policy(BenefitBase.PRINCIPAL, E6, benefit_months=12, conditions="属于{清单}")
    document = cost_on_match(NEED, PRODUCT, 3_450_000, [subsidy]).to_json("zh")
    assert json.loads(json.dumps(document)) == {
        "amount": "8000000.00",
        "months": 12,
        "rate_pct": "3.45",
        "repayment": "INTEREST_ONLY",
        "interest": "276000.00",
        "fees": "40000.00",
        "subsidy": "80000.00",
        "total": "236000.00",
        "simple_pct": "3.9608",
        "compound_pct": "4.0335",
        "simple_pct_after_subsidy": "2.9580",
        "compound_pct_after_subsidy": "2.9985",
        "total_before_subsidy": "316000.00",
        "policy": {"policy_no": "ZC-1", "title": "贴息"},
        "guarantee": None,
        "assumptions": [{"code": "policy_conditions", "text": "贴息为预计，以政策条件核实为准：属于{清单}"}],
        "reason": None,
    }


def codes(found: MatchCost) -> list[str]:
    return [note.code for note in found.assumptions]


@pytest.mark.parametrize(
    ("wish", "offered", "used", "notes"),
    [
        (Repayment.BULLET, (Repayment.INTEREST_ONLY, Repayment.BULLET), Repayment.BULLET, []),
        (None, (Repayment.BULLET, Repayment.EQUAL_PRINCIPAL), Repayment.EQUAL_PRINCIPAL, []),
        (
            Repayment.BULLET,
            (Repayment.INTEREST_ONLY, Repayment.EQUAL_INSTALMENT),
            Repayment.EQUAL_INSTALMENT,
            ["repayment_not_offered"],
        ),
        (Repayment.BULLET, (), Repayment.BULLET, ["repayment_unconfirmed"]),
        (None, (), Repayment.INTEREST_ONLY, ["repayment_unknown"]),
        (None, (Repayment.REVOLVING,), Repayment.REVOLVING, ["fully_drawn"]),
    ],
)
def test_the_repayment(
    wish: Repayment | None, offered: tuple[Repayment, ...], used: Repayment, notes: list[str]
) -> None:
    found = cost_on_match(replace(NEED, repayment=wish), replace(PRODUCT, repayment=offered), 3_450_000, [])
    assert (found.repayment, codes(found)) == (used, notes)
    assert found.cost == cost_of(CostTerms(NEED.amount_fen, 3_450_000, 12, used, 500_000))


def test_a_blank_fee_is_named() -> None:
    found = cost_on_match(NEED, replace(PRODUCT, fee_pct_e6=None), 3_450_000, [])
    assert codes(found) == ["fee_unknown"]
    assert found.cost is not None
    assert found.cost.fees_fen == 0


def test_no_rate_no_cost() -> None:
    found = cost_on_match(NEED, PRODUCT, None, [policy(BenefitBase.PRINCIPAL, E6)])
    assert found.cost is found.before is found.after is found.subsidy is None
    document = found.to_json("en")
    assert document["rate_pct"] is None
    assert document["policy"] is None
    assert "interest" not in document
    assert document["reason"] == {
        "code": "rate_unknown",
        "text": "The product states no rate, so its cost cannot be computed",
    }


@pytest.mark.parametrize(
    ("need", "product", "rate", "code"),
    [
        (replace(NEED, term_months=0), PRODUCT, 3_450_000, "terms_out_of_range"),
        (NEED, PRODUCT, -1, "terms_out_of_range"),
        (NEED, replace(PRODUCT, fee_pct_e6=100 * E6), 3_450_000, "no_annual_rate"),
    ],
)
def test_terms_without_a_cost_say_why(need: Need, product: Product, rate: int, code: str) -> None:
    found = cost_on_match(need, product, rate, [])
    assert found.cost is None
    assert found.reason is not None
    assert found.reason.code == code
    assert "{" not in found.reason.text.zh


def test_a_subsidy_as_large_as_the_loan_does_not_hide_its_cost() -> None:
    huge = policy(BenefitBase.PRINCIPAL, 150 * E6)
    bullet = replace(PRODUCT, repayment=(Repayment.BULLET,))
    assert cost_on_match(NEED, bullet, 3_450_000, [huge]) == cost_on_match(NEED, bullet, 3_450_000, [])


# The public guarantee

FREE = Cover(scheme(), terms(), STANDING)


def test_a_guarantee_that_the_treasury_pays_is_told_and_costs_nothing() -> None:
    alone, found = (cost_on_match(NEED, PRODUCT, 3_450_000, [], cover) for cover in (None, FREE))
    assert found.cost == alone.cost
    assert found.guarantee
    assert found.guarantee.fee_fen == 0
    told = found.to_json("zh")["guarantee"]
    assert told["text"] == "担保费 0.00 元，由财政承担"
    assert told["shares_pct"] == {"guarantor": "80", "bank": "20", "reguarantor": "0", "treasury": "0"}


@pytest.mark.parametrize(("months", "years"), [(1, 1), (12, 1), (13, 2), (36, 3)])
def test_a_fee_a_year_is_paid_on_the_original_principal(months: int, years: int) -> None:
    cover = replace(FREE, scheme=scheme(fee_e6=1_500_000, fee_payer=FeePayer.ENTERPRISE))
    asking = replace(NEED, term_months=months)
    alone, found = (cost_on_match(asking, PRODUCT, 3_450_000, [], one) for one in (None, cover))
    assert found.guarantee
    assert found.guarantee.fee_fen == asking.amount_fen * 15 * years // 1000
    assert found.cost
    assert alone.cost
    assert found.cost.fees_fen - alone.cost.fees_fen == found.guarantee.fee_fen
    assert "由企业承担" in str(found.to_json("zh")["guarantee"])


def test_what_the_guarantor_looks_at_besides_is_told() -> None:
    strict = scheme(term_max_months=6, banks=("B99",))
    found = cost_on_match(NEED, PRODUCT, 3_450_000, [], Cover(strict, terms(collateral="共同担保"), STANDING))
    assert codes(found)[-3:] == ["guarantee_term", "guarantee_bank", "guarantee_collateral"]
    assert "最长 6 个月，您需要 12 个月" in found.assumptions[-3].text.zh
    kind = scheme(term_max_months=12, banks=(PRODUCT.bank,))
    assert not [one for one in codes(cost_on_match(NEED, PRODUCT, 3_450_000, [], Cover(kind, terms(), STANDING)))
                if one.startswith("guarantee")]  # fmt: skip


def test_terms_that_are_no_loan_have_no_fee_either() -> None:
    assert cost_on_match(replace(NEED, term_months=5000), PRODUCT, 3_450_000, [], FREE).guarantee is None
    assert cost_on_match(NEED, PRODUCT, None, [], FREE).guarantee
