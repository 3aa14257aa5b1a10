"""Each criterion, at its edges, by CONTRACT.md section 3."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from matchmaker.domain.areas import trim_area
from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import Purpose, Result, Security, SizeClass, TaxGrade, Tier
from matchmaker.scoring.criteria import BY_KEY, CRITERIA, KEYS
from matchmaker.scoring.facts import Asks, Enterprise, Need, Reference, TierHeld
from matchmaker.scoring.kinds import Bounds, Detail
from matchmaker.scoring.prepared import (
    NeedOn,
    last_day_to_wait_for,
    prepare_asks,
    prepare_enterprise,
    prepare_need,
)
from tests.support.schemes import STANDING, scheme
from tests.support.scoring_lists import ON, REFERENCES

PASS, FAIL, UNKNOWN = Result.PASS, Result.FAIL, Result.UNKNOWN
LPR_KNOWN, LPR_UNKNOWN = REFERENCES
SCHEME_KNOWN = replace(LPR_KNOWN, schemes=(scheme(),))
WAN = 1_000_000


def enterprise(**facts: Any) -> Enterprise:
    return Enterprise(uscc="91371002MA00000000", standing=STANDING, **facts)


def need(company: Enterprise | None = None, reference: Reference = LPR_KNOWN, **facts: Any) -> NeedOn:
    plain = Need("XQ-1", company or enterprise(), 100 * WAN, 12, Purpose.ORDER)
    return prepare_need(replace(plain, **facts), ON, reference)


def judged(key: str, asking: NeedOn, reference: Reference = LPR_KNOWN, **asks: Any) -> Result:
    return BY_KEY[key].judge(asking, prepare_asks(Asks(**asks), ON, reference))


def detail(key: str, asking: NeedOn, **asks: Any) -> Detail:
    return BY_KEY[key].detail(asking, prepare_asks(Asks(**asks), ON, LPR_KNOWN))


def test_the_sixteen_criteria_stand_in_the_order_of_the_contract():
    assert ";".join(KEYS) == (
        "chain;industry;area;tier;size;age;revenue_min;revenue_max;tax_grade;first_loan;clean_record;"
        "amount;term;rate;security;purpose"
    )
    assert all(criterion.label.zh and criterion.label.en for criterion in CRITERIA)


@pytest.mark.parametrize("key", KEYS)
def test_blank_cells_ask_nothing_of_anybody(key):
    for asking in (need(), prepare_enterprise(enterprise(), ON, LPR_UNKNOWN)):
        assert judged(key, asking) is PASS
        assert detail(key, asking).required is None


@pytest.mark.parametrize(
    ("chain", "result"), [("RV", PASS), ("TACKLE", FAIL), (None, FAIL)], ids=["own", "another", "in none"]
)
def test_chain(chain, result):
    assert judged("chain", need(enterprise(chain_code=chain)), chains=("RV", "SEAFOOD")) is result


@pytest.mark.parametrize(
    ("code", "asked", "result"),
    [
        ("3596", ("35",), PASS),
        ("3596", ("3596",), PASS),
        ("35", ("3596",), UNKNOWN),
        ("35", ("3596", "35"), PASS),
        ("35", ("36", "3596"), UNKNOWN),
        ("36", ("3596",), FAIL),
        ("3597", ("3596",), FAIL),
        (None, ("35",), UNKNOWN),
    ],
)
def test_industry(code, asked, result):
    assert judged("industry", need(enterprise(industry_code=code)), industries=asked) is result


@pytest.mark.parametrize(
    ("code", "asked", "result"),
    [
        ("371002", ("371000",), PASS),
        ("371102", ("371000",), FAIL),
        ("371102", ("370000",), PASS),
        ("371000", ("371002",), FAIL),
        ("371000", ("371000",), PASS),
        ("371002", ("371003", "371002"), PASS),
        ("110101", ("370000",), FAIL),
        (None, ("370000",), UNKNOWN),
    ],
)
def test_area(code, asked, result):
    assert judged("area", need(enterprise(area_code=code)), areas=asked) is result


@pytest.mark.parametrize(
    ("code", "trimmed"),
    [("371000", "3710"), ("370000", "37"), ("300000", "30"), ("371002", "371002"), ("000000", ""), ("37100", "37100")],
)
def test_an_area_loses_its_trailing_pairs_of_zeros(code, trimmed):
    assert trim_area(code) == trimmed


@pytest.mark.parametrize(
    ("held", "result"),
    [
        ((TierHeld(Tier.SRDI_SME),), PASS),
        ((TierHeld(Tier.SRDI_SME, ON),), PASS),
        ((TierHeld(Tier.SRDI_SME, date(2026, 11, 29)),), FAIL),
        ((TierHeld(Tier.LITTLE_GIANT),), FAIL),
        ((), FAIL),
    ],
    ids=["open", "last day", "expired", "tiers do not imply each other", "none held"],
)
def test_tier(held, result):
    assert judged("tier", need(enterprise(tiers=held)), tiers_any=(Tier.SRDI_SME, Tier.HNTE)) is result


def test_size():
    small = enterprise(industry_code="3511", employees=20, revenue_fen=30)
    assert judged("size", need(small), size_classes=(SizeClass.SMALL,)) is PASS
    assert judged("size", need(small), size_classes=(SizeClass.MICRO, SizeClass.LARGE)) is FAIL
    assert judged("size", need(replace(small, revenue_fen=None)), size_classes=(SizeClass.SMALL,)) is UNKNOWN


@pytest.mark.parametrize(
    ("founded", "months", "result", "repairable"),
    [
        (date(2023, 11, 30), 36, PASS, True),
        (date(2023, 12, 1), 36, FAIL, True),
        (date(2024, 11, 30), 36, FAIL, True),
        (date(2024, 12, 1), 36, FAIL, False),
        (date(2026, 12, 1), 0, FAIL, True),
        (date(2026, 11, 30), 0, PASS, True),
        (date(2020, 1, 1), 10**9, FAIL, False),
        (None, 36, UNKNOWN, False),
    ],
    ids=["to the day", "a day short", "365 days", "366 days", "not founded yet", "today", "never", "blank"],
)
def test_age_and_whether_waiting_helps(founded, months, result, repairable):
    asking, asks = need(enterprise(founded_on=founded)), prepare_asks(Asks(min_age_months=months), ON, LPR_KNOWN)
    assert BY_KEY["age"].judge(asking, asks) is result
    assert BY_KEY["age"].repairable(asking, asks) is repairable


def test_a_month_is_whole_on_the_last_day_of_a_shorter_month():
    company = enterprise(founded_on=date(2026, 8, 31))
    assert need(company).age_months == 3


def test_waiting_ends_with_the_calendar():
    assert last_day_to_wait_for(ON) == date(2027, 11, 30)
    assert last_day_to_wait_for(date(9999, 6, 1)) == date.max


@pytest.mark.parametrize(("revenue", "least", "most"), [(99, FAIL, PASS), (100, PASS, PASS), (101, PASS, FAIL)])
def test_revenue(revenue, least, most):
    asking = need(enterprise(revenue_fen=revenue))
    assert judged("revenue_min", asking, revenue_min_fen=100) is least
    assert judged("revenue_max", asking, revenue_max_fen=100) is most


def test_revenue_blank_is_unknown():
    assert judged("revenue_min", need(), revenue_min_fen=0) is UNKNOWN
    assert judged("revenue_max", need(), revenue_max_fen=10**17) is UNKNOWN


@pytest.mark.parametrize(("grade", "result"), [(TaxGrade.M, PASS), (TaxGrade.C, FAIL), (None, UNKNOWN)])
def test_tax_grade(grade, result):
    company = enterprise(tax_grade=grade)
    assert judged("tax_grade", need(company), tax_grades=(TaxGrade.A, TaxGrade.M)) is result


@pytest.mark.parametrize(
    ("asked", "fact", "result"),
    [
        (True, True, PASS),
        (True, False, FAIL),
        (True, None, UNKNOWN),
        (False, False, PASS),
        (False, None, PASS),
        (None, None, PASS),
    ],
)
def test_first_loan(asked, fact, result):
    assert judged("first_loan", need(enterprise(is_first_loan=fact)), first_loan_only=asked) is result


@pytest.mark.parametrize(
    ("low", "high", "result"),
    [
        (100, 100, PASS),
        (101, None, FAIL),
        (None, 99, FAIL),
        (None, 100, PASS),
        (100, None, PASS),
        (50, 99, FAIL),
        (101, 200, FAIL),
    ],
)
def test_amount_and_term_lie_within_both_bounds(low, high, result):
    asking = need(amount_fen=100, term_months=100)
    assert judged("amount", asking, amount_min_fen=low, amount_max_fen=high) is result
    assert judged("term", asking, term_min_months=low, term_max_months=high) is result


SPREAD, FIXED = Rate(spread_bp=Decimal(50)), Rate(pct_e6=3_500_000)


@pytest.mark.parametrize(
    ("cap", "lowest", "reference", "result"),
    [
        (FIXED, FIXED, LPR_KNOWN, PASS),
        (FIXED, Rate(pct_e6=3_500_001), LPR_KNOWN, FAIL),
        (None, FIXED, LPR_KNOWN, PASS),
        (None, SPREAD, LPR_UNKNOWN, PASS),
        (FIXED, SPREAD, LPR_KNOWN, PASS),
        (SPREAD, SPREAD, LPR_KNOWN, PASS),
        (FIXED, SPREAD, LPR_UNKNOWN, UNKNOWN),
        (SPREAD, FIXED, LPR_UNKNOWN, UNKNOWN),
        (SPREAD, None, LPR_UNKNOWN, PASS),
    ],
)
def test_rate(cap, lowest, reference, result):
    assert judged("rate", need(reference=reference, max_rate=cap), reference, rate_min=lowest) is result


def test_a_spread_is_resolved_by_the_products_longest_term_and_the_needs_own():
    asking = need(max_rate=FIXED)
    assert judged("rate", asking, rate_min=SPREAD, term_max_months=60) is PASS
    assert judged("rate", asking, rate_min=SPREAD, term_max_months=61) is FAIL
    assert need(max_rate=SPREAD, term_months=61).max_rate_e6 == 4_000_000


@pytest.mark.parametrize(
    ("offered", "guarantee", "asked", "result"),
    [
        ((), False, ("CREDIT", "MORTGAGE"), PASS),
        (("NONE",), False, ("CREDIT",), PASS),
        (("NONE",), False, ("MORTGAGE",), FAIL),
        (("NONE", "MORTGAGE"), False, ("MORTGAGE",), PASS),
        (("PLEDGE",), False, ("MORTGAGE",), FAIL),
        (("PLEDGE", "MORTGAGE"), False, ("MORTGAGE", "GUARANTEE"), PASS),
        ((), False, ("MORTGAGE",), UNKNOWN),
        ((), True, ("MORTGAGE",), UNKNOWN),
        ((), True, ("GUARANTEE",), PASS),
        (("NONE",), True, ("GUARANTEE",), PASS),
        (("NONE",), True, ("MORTGAGE",), FAIL),
    ],
)
def test_security(offered, guarantee, asked, result):
    asking = need(security_offered=tuple(map(Security, offered)), reference=SCHEME_KNOWN if guarantee else LPR_KNOWN)
    asks = prepare_asks(Asks(security=tuple(map(Security, asked))), ON, LPR_KNOWN)
    assert BY_KEY["security"].judge(asking, asks) is result
    assert BY_KEY["security"].repairable(asking, asks)


def test_purpose():
    assert judged("purpose", need(), purposes=(Purpose.ORDER,)) is PASS
    assert judged("purpose", need(), purposes=(Purpose.RND,)) is FAIL
    assert judged("purpose", prepare_enterprise(enterprise(), ON, LPR_KNOWN), purposes=(Purpose.RND,)) is UNKNOWN


def test_what_is_repairable_at_all():
    assert [c.key for c in CRITERIA if c.moves] == ["age", "amount", "term", "rate", "security"]
    chain = BY_KEY["chain"]
    assert not chain.repairable(need(), prepare_asks(Asks(chains=("RV",)), ON, LPR_KNOWN))


def test_details_of_codes():
    company = enterprise(chain_code="RV", industry_code="35", tiers=(TierHeld(Tier.HNTE), TierHeld(Tier.TECH_SME)))
    assert detail("chain", need(company), chains=("TACKLE", "RV")) == Detail(("RV", "TACKLE"), ("RV",))
    assert detail("chain", need(), chains=("RV",)).actual is None
    assert detail("industry", need(company), industries=("36", "3596")) == Detail(("3596", "36"), ("35",))
    assert detail("area", need(), areas=("371000",)) == Detail(("3710",), None)
    asked = (Tier.CHAMPION, Tier.INNOVATIVE_SME)
    assert detail("tier", need(company), tiers_any=asked) == Detail(
        (Tier.INNOVATIVE_SME, Tier.CHAMPION), (Tier.TECH_SME, Tier.HNTE)
    )
    assert detail("tier", need(), tiers_any=asked).actual == ()


def test_details_of_security_tell_nothing_offered_from_nothing_said():
    asked = {"security": (Security.MORTGAGE,)}
    assert detail("security", need(), **asked).actual is None
    assert detail("security", need(security_offered=(Security.NONE,)), **asked).actual == ()
    assert detail("security", need(reference=SCHEME_KNOWN), **asked).actual == (Security.GUARANTEE,)


def test_details_of_yes_and_no():
    assert detail("first_loan", need(enterprise(is_first_loan=False)), first_loan_only=True) == Detail(True, False)
    assert detail("first_loan", need(), first_loan_only=False) == Detail(None, None)
    assert detail("clean_record", need(), excludes_dishonest=True) == Detail(True, True)


def test_details_of_one_bound():
    company = enterprise(founded_on=date(2024, 2, 20), revenue_fen=500)
    assert detail("age", need(company), min_age_months=36) == Detail(36, 33, 3, 36)
    assert detail("age", need(company), min_age_months=33) == Detail(33, 33, None, 33)
    assert detail("revenue_max", need(company), revenue_max_fen=400) == Detail(400, 500, 100, 400)
    assert detail("revenue_max", need(), revenue_max_fen=400) == Detail(400, None, None, 400)


def test_details_of_two_bounds_name_the_nearer():
    asking = need(amount_fen=100)
    assert detail("amount", asking, amount_min_fen=120, amount_max_fen=200) == Detail(Bounds(120, 200), 100, 20, 120)
    assert detail("amount", asking, amount_max_fen=70) == Detail(Bounds(None, 70), 100, 30, 70)
    assert detail("amount", asking, amount_max_fen=170) == Detail(Bounds(None, 170), 100)
    nobody = prepare_enterprise(enterprise(), ON, LPR_KNOWN)
    assert detail("amount", nobody, amount_max_fen=70) == Detail(Bounds(None, 70), None)
    assert judged("amount", nobody, amount_max_fen=70) is UNKNOWN


def test_details_of_the_rate():
    asking = need(max_rate=FIXED)
    assert detail("rate", asking, rate_min=Rate(pct_e6=4_000_000)) == Detail(4_000_000, 3_500_000, 500_000, 4_000_000)
    assert detail("rate", asking, rate_min=FIXED) == Detail(3_500_000, 3_500_000, None, 3_500_000)
    assert detail("rate", need(), rate_min=FIXED) == Detail(3_500_000, None, None, 3_500_000)
