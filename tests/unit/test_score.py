"""The score: an exact sum, deterministic, and never lower for a better offer."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import ProductType, Purpose, Repayment, Security
from matchmaker.domain.text import LANGS
from matchmaker.scoring.facts import Asks, Enterprise, Need, Product, Reference
from matchmaker.scoring.prepared import prepare_need, prepare_product
from matchmaker.scoring.score import COMPONENTS, MAX_TENTHS, RANKER, RULES_VERSION, Points, components, score
from tests.support.scoring_lists import MONEY, MONTHS, ON, REFERENCES, blank, needs, products, references

REFERENCE = REFERENCES[0]
COMPANY = Enterprise(uscc="91371002MA00000000", chain_code="RV")
NEED = Need("XQ-1", COMPANY, 100_000_000, 12, Purpose.TECH_UPGRADE, description="购置数控机床")
PRODUCT = Product("P1", "示例银行", "技改贷", ProductType.OTHER)

REFERENCE_OF_ANY_KIND = references


def total(need: Need, product: Product, reference: Reference = REFERENCE) -> int:
    return score(prepare_need(need, ON, reference), prepare_product(product, ON, reference))


def points(key: str, need: Need = NEED, asks: dict[str, Any] | None = None, **facts: Any) -> Points:
    product = replace(PRODUCT, asks=Asks(**(asks or {})), **facts)
    found = components(prepare_need(need, ON, REFERENCE), prepare_product(product, ON, REFERENCE))
    return next(part for part in found if part.key == key)


def test_the_versions_that_stored_matches_name():
    assert (RULES_VERSION, RANKER) == ("2026.11", "transparent")


def test_the_components_add_up_to_a_hundred_points():
    assert MAX_TENTHS == 1000
    assert len({component.key for component in COMPONENTS}) == len(COMPONENTS)


@settings(max_examples=300, deadline=None)
@given(need=needs(1), product=products(1), reference=REFERENCE_OF_ANY_KIND)
def test_the_score_is_the_exact_sum_of_named_components_within_their_limits(need, product, reference):
    need_on, product_on = prepare_need(need, ON, reference), prepare_product(product, ON, reference)
    parts = components(need_on, product_on)
    assert [part.key for part in parts] == [component.key for component in COMPONENTS]
    assert all(0 <= part.tenths <= part.max_tenths for part in parts)
    assert sum(part.tenths for part in parts) == score(need_on, product_on)
    for part in parts:
        for lang in LANGS:
            assert part.text.say(lang)
            assert "{" not in part.text.say(lang)


def lowered(rate: Rate | None, by: int) -> Rate | None:
    """The rate, that much lower (in basis points)."""
    if rate is None:
        return None
    if rate.pct_e6 is not None:
        return Rate(pct_e6=rate.pct_e6 - by * 10_000)
    assert rate.spread_bp is not None
    return Rate(spread_bp=rate.spread_bp - Decimal(by))


BETTER = st.fixed_dictionaries(
    {},
    optional={
        "rate_min": st.integers(1, 300),
        "rate_max": st.integers(1, 300),
        "fee": st.integers(1, 3_000_000),
        "days": st.integers(1, 400),
        "amount_max": blank(MONEY),
        "term_max": blank(MONTHS),
        "chain": st.just(True),
    },
)


def improved(product: Product, better: dict[str, Any], chain: str | None) -> Product:
    """The product with a lower rate, fee or time, a higher bound, or made for ``chain`` instead of for all."""
    asks = product.asks
    if "rate_min" in better:
        asks = replace(asks, rate_min=lowered(asks.rate_min, better["rate_min"]))
    if "rate_max" in better:
        product = replace(product, rate_max=lowered(product.rate_max, better["rate_max"]))
    if "fee" in better and product.fee_pct_e6 is not None:
        product = replace(product, fee_pct_e6=max(0, product.fee_pct_e6 - better["fee"]))
    if "days" in better and product.decision_days is not None:
        product = replace(product, decision_days=max(0, product.decision_days - better["days"]))
    for name, cell in (("amount_max", "amount_max_fen"), ("term_max", "term_max_months")):
        if name in better and getattr(asks, cell) is not None:
            higher = better[name]
            asks = replace(asks, **{cell: None if higher is None else max(higher, getattr(asks, cell))})
    if "chain" in better and chain and not asks.chains:
        asks = replace(asks, chains=(chain,))
    return replace(product, asks=asks)


@settings(max_examples=600, deadline=None)
@given(need=needs(1), product=products(1), reference=REFERENCE_OF_ANY_KIND, better=BETTER)
def test_a_better_offer_never_scores_lower(need, product, reference, better):
    after = improved(product, better, need.enterprise.chain_code)
    assert total(need, after, reference) >= total(need, product, reference)


def test_a_longer_term_does_not_make_a_spread_look_dearer():
    spread = Rate(spread_bp=Decimal(50))
    scores = [
        total(NEED, replace(PRODUCT, asks=Asks(rate_min=spread, term_max_months=months)))
        for months in (12, 36, 60, 61, 72, None)
    ]
    assert scores == sorted(scores)


@pytest.mark.parametrize(
    ("low", "high", "tenths"),
    [
        (2_500_000, 2_500_000, 250),
        (1_000_000, 2_000_000, 250),
        (5_000_000, 5_000_000, 125),
        (4_000_000, 6_000_000, 125),
        (4_500_000, None, 125),
        (None, 5_000_000, 125),
        (7_500_000, 7_500_000, 0),
        (20_000_000, 24_000_000, 0),
        (None, None, 0),
    ],
)
def test_rate(low, high, tenths):
    rates = [None if value is None else Rate(pct_e6=value) for value in (low, high)]
    assert points("rate", asks={"rate_min": rates[0]}, rate_max=rates[1]).tenths == tenths


def test_a_spread_is_scored_by_the_loans_own_term():
    asks = {"rate_min": Rate(spread_bp=Decimal(0))}
    top = Rate(spread_bp=Decimal(0))
    assert points("rate", asks=asks, rate_max=top).text.en.startswith("Middle of the rate range 3%")
    long = replace(NEED, term_months=61)
    assert points("rate", long, asks, rate_max=top).text.en.startswith("Middle of the rate range 3.5%")


def test_the_rate_is_unknown_where_no_lpr_is():
    product = replace(PRODUCT, asks=Asks(rate_min=Rate(spread_bp=Decimal(0))))
    parts = components(prepare_need(NEED, ON, REFERENCES[1]), prepare_product(product, ON, REFERENCES[1]))
    assert parts[0].tenths == 0
    assert "未写明" in parts[0].text.zh


@pytest.mark.parametrize(
    ("fee", "months", "tenths"),
    [(0, 12, 50), (500_000, 12, 25), (1_000_000, 12, 0), (1_000_000, 24, 25), (9_000_000, 12, 0), (None, 12, 0)],
)
def test_fee(fee, months, tenths):
    assert points("fee", replace(NEED, term_months=months), fee_pct_e6=fee).tenths == tenths


@pytest.mark.parametrize(("days", "tenths"), [(0, 150), (1, 150), (2, 145), (16, 75), (31, 0), (400, 0), (None, 0)])
def test_speed(days, tenths):
    assert points("speed", decision_days=days).tenths == tenths


@pytest.mark.parametrize(
    ("highest", "tenths"), [(100_000_000, 0), (150_000_000, 50), (200_000_000, 100), (10**17, 100), (None, 100)]
)
def test_room_in_the_amount(highest, tenths):
    assert points("amount", asks={"amount_max_fen": highest}).tenths == tenths


@pytest.mark.parametrize(("longest", "tenths"), [(12, 0), (18, 25), (24, 50), (360, 50), (None, 50)])
def test_room_in_the_term(longest, tenths):
    assert points("term", asks={"term_max_months": longest}).tenths == tenths


def test_made_for_the_chain():
    assert points("chain", asks={"chains": ("RV",)}).tenths == 150
    assert points("chain").tenths == 0


@pytest.mark.parametrize(
    ("asked", "tenths"),
    [((Security.CREDIT, Security.MORTGAGE), 100), ((Security.MORTGAGE,), 50), ((), 50)],
)
def test_ease_of_security(asked, tenths):
    assert points("security", asks={"security": asked}).tenths == tenths


def test_each_case_of_security_is_said_in_its_own_words():
    cases = [(Security.CREDIT,), (Security.MORTGAGE,), ()]
    assert len({points("security", asks={"security": case}).text for case in cases}) == len(cases)


@pytest.mark.parametrize(
    ("wish", "offered", "tenths", "said"),
    [
        (None, (), 50, "没有特别要求"),
        (Repayment.BULLET, (Repayment.REVOLVING, Repayment.BULLET), 50, "可按您希望的到期一次还本付息还款"),
        (Repayment.BULLET, (Repayment.REVOLVING,), 0, "不支持您希望的到期一次还本付息"),
        (Repayment.BULLET, (), 0, "未写明"),
    ],
)
def test_repayment(wish, offered, tenths, said):
    found = points("repayment", replace(NEED, repayment=wish), repayment=offered)
    assert found.tenths == tenths
    assert said in found.text.zh


def test_alike_descriptions():
    same = points("text", name="技术改造", description="购置数控机床")
    other = points("text", name="流水贷", description="日常周转")
    assert same.tenths == 100
    assert "100%" in same.text.en
    assert other.tenths == 0
    assert "no terms" in other.text.en
