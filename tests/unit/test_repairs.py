"""Repairs: each one shown makes the pair eligible, none is longer than it must be, and no fact is bent for it."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.periods import whole_months
from matchmaker.domain.rate import LprQuote, LprTable, Rate
from matchmaker.domain.terms import (
    CreditKind,
    ProductType,
    Purpose,
    Security,
    Severity,
    SizeClass,
    TaxGrade,
    Tier,
    Verdict,
)
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring.facts import Asks, Enterprise, Need, Product, Record, Reference, SizeRule
from matchmaker.scoring.moves import EFFORT, Move, Repair, apply_moves
from matchmaker.scoring.prepared import in_market, prepare_need, prepare_product
from matchmaker.scoring.repairs import find_repairs
from matchmaker.scoring.schemes import Scheme
from matchmaker.scoring.supply import latest_founding
from matchmaker.scoring.verdict import Judgement, judge
from tests.contract.conformance_lists import needs, products, reference
from tests.support.schemes import STANDING, scheme, terms

ON = date(2026, 11, 30)
WAN = 1_000_000
RULES = (
    SizeRule("1", "工业", ("C",), ("employees", "revenue"), (1000, 40000 * WAN), (300, 2000 * WAN), (20, 300 * WAN)),
    SizeRule("2", "零售业", ("52",), ("employees", "revenue"), (300, 20000 * WAN), (50, 500 * WAN), (10, 100 * WAN)),
    SizeRule("3", "其他", ("others",), ("employees",), (300,), (100,), (10,)),
)
REFERENCE = Reference(size_rules=RULES, sections={"35": "C", "36": "C", "52": "F"})

COMPANY = Enterprise(
    uscc="91371000000000000X",
    area_code="371002",
    industry_code="3596",
    chain_code="TACKLE",
    founded_on=date(2020, 1, 31),
    employees=50,
    revenue_fen=3000 * WAN,
    total_assets_fen=5000 * WAN,
    tax_grade=TaxGrade.B,
    is_first_loan=False,
)
NEED = Need(
    need_no="XQ-1",
    enterprise=COMPANY,
    amount_fen=800 * WAN,
    term_months=12,
    purpose=Purpose.WORKING_CAPITAL,
    security_offered=(Security.CREDIT,),
)


def product(**asks: Any) -> Product:
    return Product("P1", "B001", "钓具贷", ProductType.WORKING_CAPITAL_LOAN, asks=Asks(**asks))


def need(**changes: Any) -> Need:
    """The need with changes of its own or of its enterprise."""
    own = {name: value for name, value in changes.items() if name in Need.__dataclass_fields__}
    company = {name: value for name, value in changes.items() if name not in own}
    return replace(NEED, **own, enterprise=replace(COMPANY, **company))


def repairs(asking: Need, asked: Product, on: date = ON) -> tuple[Repair, ...]:
    return find_repairs(asking, asked, on, REFERENCE)


def only_move(asking: Need, asked: Product) -> Move:
    (repair,) = repairs(asking, asked)
    (move,) = repair.moves
    return move


def judged(asking: Need, asked: Product, on: date, tables: Reference) -> Judgement:
    return judge(prepare_need(asking, on, tables), prepare_product(asked, on, tables))


# Properties over random pairs

BLANKS = ["area_code", "industry_code", "founded_on", "employees", "revenue_fen", "total_assets_fen", "tax_grade"]


def random_pairs(seed: int, count: int) -> list[tuple[Need, Product]]:
    """Pairs of the conformance lists with facts blanked and requirements dropped, so that many are nearly eligible."""
    rng = random.Random(seed)
    asking, offered = needs(), [p for p in products() if in_market(p, ON)]
    pairs = []
    for _ in range(count):
        one, other = rng.choice(asking), rng.choice(offered)
        asks = other.asks
        for name in Asks.__dataclass_fields__:
            if rng.random() < 0.35:
                asks = replace(asks, **{name: getattr(Asks(), name)})
        company = one.enterprise
        for name in rng.sample(BLANKS, rng.choice([0, 0, 1, 2])):
            company = replace(company, **{name: None})
        if rng.random() < 0.3:
            company = replace(company, founded_on=ON - timedelta(days=rng.randrange(1200)))
        if rng.random() < 0.1:
            company = replace(company, industry_code=(company.industry_code or "35")[:2])
        changed = replace(one, enterprise=company, latest_funding_on=rng.choice([None, ON + timedelta(days=90)]))
        if rng.random() < 0.2:
            changed = replace(changed, security_offered=())
        pairs.append((changed, replace(other, asks=asks, valid_to=rng.choice([None, ON + timedelta(days=200)]))))
    return pairs


def made(asking: Need, on: date, moves: list[dict[str, Any]]) -> tuple[Need, date]:
    """The moves of the JSON carried out by hand, as a person editing the lists would."""
    company = asking.enterprise
    for move in moves:
        field, to = move["field"], move["to"]
        if move["kind"] == "wait_until":
            on = date.fromisoformat(move["on"])
        elif field in ("amount_wan", "revenue_wan", "total_assets_wan"):
            name, fen = field.replace("_wan", "_fen"), int(Decimal(to) * WAN)
            if field == "amount_wan":
                asking = replace(asking, amount_fen=fen)
            else:
                company = replace(company, **{name: fen})
        elif field == "max_rate_pct":
            asking = replace(asking, max_rate=Rate(pct_e6=int(Decimal(to) * 1_000_000)))
        elif field == "security_offered":
            asking = replace(asking, security_offered=tuple(Security(code) for code in to))
        elif field == "term_months":
            asking = replace(asking, term_months=to)
        else:
            kinds = {"founded_on": date.fromisoformat, "tax_grade": TaxGrade}
            company = replace(company, **{field: kinds.get(field, lambda value: value)(to)})
    return replace(asking, enterprise=company), on


def test_every_repair_shown_flips_the_verdict_and_none_has_a_move_too_many() -> None:
    """Over 1,000 pairs with a repair; an immutable fact stays, and the same pair gets the same repairs again."""
    tables, with_repair, kinds = reference(), 0, set()
    for asking, asked in random_pairs(seed=7, count=6000):
        found = find_repairs(asking, asked, ON, tables)
        before = judged(asking, asked, ON, tables)
        with_repair += bool(found)
        assert len(found) <= 3
        assert not found or before.verdict in (Verdict.NEAR, Verdict.NEEDS_INFORMATION)
        assert found == find_repairs(asking, asked, ON, tables)
        for repair in found:
            moves = [move.to_json() for move in repair.moves]
            kinds |= {move["kind"] for move in moves}
            assert 1 <= len(moves) <= 2
            assert judged(*_on(asked, made(asking, ON, moves)), tables).verdict is Verdict.ELIGIBLE
            for left_out in range(len(moves) if len(moves) > 1 else 0):
                fewer = moves[:left_out] + moves[left_out + 1 :]
                assert judged(*_on(asked, made(asking, ON, fewer)), tables).verdict is not Verdict.ELIGIBLE
            for move in repair.moves:
                assert_may_be_moved(move, asking)
    assert with_repair >= 1000
    assert kinds == set(EFFORT) - {"public_guarantee"}


def _on(asked: Product, changed: tuple[Need, date]) -> tuple[Need, Product, date]:
    asking, on = changed
    assert in_market(asked, on)
    assert on == ON or asking.latest_funding_on is None or on <= asking.latest_funding_on
    return asking, asked, on


def assert_may_be_moved(move: Move, asking: Need) -> None:
    company = asking.enterprise
    if move.kind == "supply_fact" and move.field == "industry_code":
        assert move.to.startswith(company.industry_code or "")
        assert move.to != company.industry_code
    elif move.kind == "supply_fact":
        owner = company if hasattr(company, move.field) else asking
        assert getattr(owner, move.field) in (None, ())
    elif move.kind == "wait_until":
        assert move.on is not None
        assert ON < move.on <= ON + timedelta(days=365)
    else:
        allowed = {"amount_fen", "term_months", "max_rate", "security_offered"}
        assert move.field in allowed


# One move of each kind


def test_amount_and_term_go_to_the_nearer_bound() -> None:
    assert only_move(NEED, product(amount_max_fen=500 * WAN)).to == 500 * WAN
    assert only_move(NEED, product(amount_min_fen=1000 * WAN)).to == 1000 * WAN
    assert only_move(NEED, product(term_min_months=24, term_max_months=36)).to == 24
    assert only_move(NEED, product(term_max_months=6)).to_json() == {
        "kind": "change_term",
        "field": "term_months",
        "from": 12,
        "to": 6,
        "on": None,
    }


def test_the_json_of_an_amount_is_a_cell_of_the_files() -> None:
    move = only_move(NEED, product(amount_max_fen=500 * WAN + 1234)).to_json()
    assert move == {"kind": "change_amount", "field": "amount_wan", "from": "800", "to": "500.001234", "on": None}


def test_the_lowest_rate_of_the_day_is_what_has_to_be_accepted() -> None:
    asked = product(rate_min=Rate(spread_bp=Decimal(50)))
    tables = replace(REFERENCE, lpr=LprTable((LprQuote(date(2026, 1, 1), 3_000_000, 3_500_000),)))
    (repair,) = find_repairs(need(max_rate=Rate(pct_e6=3_000_000)), asked, ON, tables)
    assert repair.moves[0].to_json() == {
        "kind": "accept_rate",
        "field": "max_rate_pct",
        "from": "3",
        "to": "3.5",
        "on": None,
    }


def test_a_rate_that_nobody_can_compare_has_no_repair() -> None:
    asked = product(rate_min=Rate(spread_bp=Decimal(50)))
    assert repairs(need(max_rate=Rate(pct_e6=3_000_000)), asked) == ()


def test_security_is_added_to_what_is_offered_already() -> None:
    asked = product(security=(Security.PLEDGE, Security.MORTGAGE))
    move = only_move(need(security_offered=(Security.IP_PLEDGE,)), asked)
    assert (move.kind, move.to) == ("add_security", (Security.IP_PLEDGE, Security.MORTGAGE))
    assert move.any_of == (Security.MORTGAGE, Security.PLEDGE)
    assert only_move(need(security_offered=(Security.NONE,)), asked).to == (Security.MORTGAGE,)


@pytest.mark.parametrize(
    ("blank", "asks", "expected"),
    [
        ("founded_on", {"min_age_months": 36}, date(2023, 11, 30)),
        ("revenue_fen", {"revenue_min_fen": 500 * WAN}, 500 * WAN),
        ("revenue_fen", {"revenue_max_fen": 500 * WAN}, 500 * WAN),
        ("revenue_fen", {"revenue_min_fen": 5 * WAN, "revenue_max_fen": 500 * WAN}, 5 * WAN),
        ("tax_grade", {"tax_grades": (TaxGrade.M, TaxGrade.A)}, TaxGrade.M),
        ("is_first_loan", {"first_loan_only": True}, True),
        ("area_code", {"areas": ("371000", "370200")}, "371000"),
        ("industry_code", {"industries": ("3596", "36")}, "3596"),
        ("employees", {"size_classes": (SizeClass.SMALL,)}, 20),
        ("employees", {"size_classes": (SizeClass.MICRO,)}, 19),
        ("employees", {"size_classes": tuple(SizeClass)}, 0),
    ],
)
def test_a_missing_fact_is_tested_with_the_least_favourable_value_that_passes(
    blank: str, asks: dict[str, Any], expected: object
) -> None:
    move = only_move(need(**{blank: None}), product(**asks))
    assert (move.kind, move.field, move.from_, move.to) == ("supply_fact", blank, None, expected)


def test_a_short_industry_code_is_completed_never_replaced() -> None:
    asked = product(industries=("3596", "3597", "36"))
    move = only_move(need(industry_code="35"), asked)
    assert (move.from_, move.to, move.any_of) == ("35", "3596", ("3596", "3597"))
    assert repairs(need(industry_code="3511"), asked) == ()


def test_only_industries_whose_size_fits_are_named() -> None:
    """50 people and 30 million: small in industry, medium in retail."""
    asked = product(industries=("3596", "5211"), size_classes=(SizeClass.MEDIUM,))
    assert only_move(need(industry_code=None), asked).any_of == ("5211",)


def test_an_industry_that_decides_the_size_alone_is_described_by_the_size() -> None:
    move = only_move(need(industry_code=None), product(size_classes=(SizeClass.MEDIUM,)))
    assert (move.field, move.to, move.any_of) == ("industry_code", "52", (SizeClass.MEDIUM,))
    assert repairs(need(industry_code=None), product(size_classes=(SizeClass.LARGE,))) == ()


def test_industry_and_figure_are_supplied_together_where_the_size_needs_both() -> None:
    asked = product(industries=("3596",), size_classes=(SizeClass.SMALL,))
    (repair,) = repairs(need(industry_code=None, employees=None), asked)
    assert [(move.field, move.to) for move in repair.moves] == [("industry_code", "3596"), ("employees", 20)]


def test_two_missing_figures_of_one_size_are_two_moves() -> None:
    asked = product(size_classes=(SizeClass.SMALL, SizeClass.MEDIUM))
    (repair,) = repairs(need(employees=None, revenue_fen=None), asked)
    bounds = [(move.field, move.low, move.high) for move in repair.moves]
    assert bounds == [("employees", 20, 999), ("revenue_fen", 300 * WAN, None)]


def test_what_would_take_three_moves_is_not_suggested() -> None:
    asked = product(size_classes=(SizeClass.SMALL,), min_age_months=12)
    asking = need(employees=None, revenue_fen=None, founded_on=None)
    assert judged(asking, asked, ON, REFERENCE).unknown == ("size", "age")
    assert repairs(asking, asked) == ()


def test_no_figure_is_suggested_that_could_not_help() -> None:
    """Ten people are micro whatever the revenue; a size with a gap is tried run by run."""
    assert repairs(need(employees=10, revenue_fen=None), product(size_classes=(SizeClass.SMALL,))) == ()
    asked = product(size_classes=(SizeClass.MICRO, SizeClass.LARGE))
    move = only_move(need(employees=None, revenue_fen=50000 * WAN), asked)
    assert (move.low, move.high) == (None, 19)
    contradicting = product(size_classes=(SizeClass.LARGE,), revenue_max_fen=WAN)
    assert repairs(need(employees=5000, revenue_fen=None), contradicting) == ()


def test_unknown_security_is_a_fact_to_supply() -> None:
    move = only_move(need(security_offered=()), product(security=(Security.PLEDGE, Security.RECEIVABLES)))
    assert (move.kind, move.from_, move.to) == ("supply_fact", None, (Security.PLEDGE,))


# Waiting


@pytest.mark.parametrize(
    ("founded", "months", "on", "day"),
    [
        (date(2024, 3, 31), 23, date(2026, 1, 15), date(2026, 2, 28)),
        (date(2024, 8, 31), 18, date(2025, 11, 30), date(2026, 2, 28)),
        (date(2024, 2, 29), 36, date(2026, 11, 30), date(2027, 2, 28)),
        (date(2025, 2, 28), 36, date(2027, 11, 30), date(2028, 2, 28)),
        (date(2025, 1, 31), 37, date(2027, 11, 30), date(2028, 2, 29)),
        (date(2026, 11, 30), 12, date(2026, 11, 30), date(2027, 11, 30)),
    ],
)
def test_waiting_ends_on_the_first_day_that_passes(founded: date, months: int, on: date, day: date) -> None:
    (repair,) = repairs(need(founded_on=founded), product(min_age_months=months), on)
    (move,) = repair.moves
    assert move.to_json() == {"kind": "wait_until", "field": "founded_on", "from": None, "to": None, "on": str(day)}
    assert whole_months(founded, day - timedelta(days=1)) < months


def test_waiting_goes_beyond_neither_a_year_nor_the_dates_of_product_and_need() -> None:
    young, day = need(founded_on=date(2026, 5, 30)), date(2026, 12, 30)
    asked = product(min_age_months=7)
    assert only_move(young, replace(asked, valid_to=day)).on == day
    assert repairs(young, replace(asked, valid_to=day - timedelta(days=1))) == ()
    assert only_move(replace(young, latest_funding_on=day), asked).on == day
    assert repairs(replace(young, latest_funding_on=day - timedelta(days=1)), asked) == ()
    assert repairs(young, product(min_age_months=19)) == ()


def test_waiting_is_judged_on_the_later_day() -> None:
    """The recognition ends before the enterprise is old enough."""
    young = need(founded_on=date(2026, 5, 30), tiers=(TierHeld(Tier.SRDI_SME, date(2026, 12, 29)),))
    asked = product(min_age_months=7, tiers_any=(Tier.SRDI_SME,))
    assert judged(young, asked, ON, REFERENCE).verdict is Verdict.NEAR
    assert repairs(young, asked) == ()


def test_nobody_is_told_to_wait_for_a_record_to_run_out() -> None:
    record = Record("法院", "1", CreditKind.OTHER, Severity.GENERAL, decided_on=date(2025, 12, 5))
    assert repairs(need(records=(record,)), product(excludes_dishonest=True)) == ()


@given(
    st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    st.integers(0, 120),
)
def test_the_latest_founding_date_is_the_last_that_passes(on: date, months: int) -> None:
    latest = latest_founding(on, months)
    assert latest is not None
    assert whole_months(latest, on) >= months
    assert latest == on or whole_months(latest + timedelta(days=1), on) < months


def test_no_founding_date_lies_before_the_calendar() -> None:
    assert latest_founding(date(2, 1, 1), 36) is None
    young = need(founded_on=None)
    assert find_repairs(young, product(min_age_months=36), date(2, 1, 1), REFERENCE) == ()


# The public guarantee

GUARANTEED_800 = product(security=(Security.GUARANTEE,))
RATED = need(standing=STANDING, security_offered=(Security.NONE,))
UNRATED = need(security_offered=(Security.NONE,))
EXPIRED = need(standing=replace(STANDING, valid_to=ON - timedelta(days=1)), security_offered=(Security.NONE,))


def with_schemes(*schemes: Scheme) -> Reference:
    return replace(REFERENCE, schemes=schemes or (scheme(terms(Grade.A, 800 * WAN), terms(Grade.B, 800 * WAN)),))


def kinds_of(asking: Need, asked: Product, tables: Reference, on: date = ON) -> list[tuple[str, ...]]:
    return [tuple(move.kind for move in repair.moves) for repair in find_repairs(asking, asked, on, tables)]


@pytest.mark.parametrize("asking", [UNRATED, EXPIRED], ids=["never", "expired"])
def test_the_public_guarantee_is_suggested_to_whom_a_rating_would_bring_it(asking: Need) -> None:
    asked = product(security=(Security.GUARANTEE, Security.MORTGAGE))
    assert kinds_of(asking, asked, with_schemes()) == [("add_security",), ("public_guarantee",)]
    assert kinds_of(asking, asked, REFERENCE) == [("add_security",)]
    assert kinds_of(asking, product(security=(Security.MORTGAGE,)), with_schemes()) == [("add_security",)]
    elsewhere = with_schemes(scheme(terms(most=800 * WAN), areas=("370600",)))
    assert kinds_of(asking, asked, elsewhere) == [("add_security",)]


def test_a_rating_that_is_needed_is_told_and_tested_with_the_lowest_grade_that_would_do() -> None:
    (repair,) = [one for one in find_repairs(UNRATED, GUARANTEED_800, ON, with_schemes()) if len(one.moves) == 1][1:]
    (move,) = repair.moves
    assert (move.kind, move.any_of, move.standing and move.standing.grade) == (
        "public_guarantee", (Grade.A, Grade.B), Grade.B
    )  # fmt: skip
    after, on = apply_moves(UNRATED, ON, repair.moves)
    assert judged(after, GUARANTEED_800, on, with_schemes()).verdict is Verdict.ELIGIBLE


def test_who_has_the_guarantee_needs_no_repair_and_whom_no_scheme_covers_has_none_by_it() -> None:
    assert judged(RATED, GUARANTEED_800, ON, with_schemes()).verdict is Verdict.ELIGIBLE
    assert kinds_of(RATED, GUARANTEED_800, with_schemes()) == []
    only_b = with_schemes(scheme(terms(Grade.B, 800 * WAN)))
    assert kinds_of(RATED, GUARANTEED_800, only_b) == [("add_security",)]


def test_a_smaller_amount_may_bring_the_guarantee_within_reach() -> None:
    within = with_schemes(scheme(terms(most=300 * WAN)))
    repair = find_repairs(RATED, GUARANTEED_800, ON, within)[0]
    assert [(move.kind, move.to, move.any_of) for move in repair.moves] == [
        ("change_amount", 300 * WAN, (Security.GUARANTEE,))
    ]
    assert kinds_of(UNRATED, GUARANTEED_800, within) == [("add_security",), ("change_amount", "public_guarantee")]
    at_least = product(security=(Security.GUARANTEE,), amount_min_fen=400 * WAN)
    assert kinds_of(RATED, at_least, within) == [("add_security",)]


def test_a_larger_amount_may_lose_the_guarantee() -> None:
    asked = product(security=(Security.GUARANTEE,), amount_min_fen=1000 * WAN)
    assert kinds_of(RATED, asked, with_schemes()) == [("change_amount", "add_security")]
    assert kinds_of(RATED, asked, with_schemes(scheme(terms(most=1000 * WAN)))) == [("change_amount",)]


def test_waiting_beyond_the_rating_or_the_scheme_loses_the_guarantee() -> None:
    young = need(standing=STANDING, security_offered=(Security.NONE,), founded_on=date(2024, 2, 20))
    asked = product(security=(Security.GUARANTEE,), min_age_months=36)
    tables = with_schemes()
    assert ("wait_until",) not in kinds_of(young, asked, tables)
    longer = replace(young, enterprise=replace(young.enterprise, standing=replace(STANDING, valid_to=date.max)))
    assert kinds_of(longer, asked, tables)[0] == ("wait_until",)
    ending = with_schemes(scheme(terms(most=800 * WAN), valid_to=date(2026, 12, 31)))
    assert ("wait_until",) not in kinds_of(longer, asked, ending)


# How many, and in which order


def test_nothing_to_repair_and_nothing_repairable() -> None:
    assert repairs(NEED, product()) == ()
    assert repairs(NEED, product(chains=("RV",))) == ()
    assert repairs(NEED, product(purposes=(Purpose.RND,))) == ()


def test_more_than_two_unknowns_are_listed_not_repaired() -> None:
    asked = product(size_classes=(SizeClass.SMALL,), revenue_min_fen=WAN, revenue_max_fen=9000 * WAN)
    assert judged(need(revenue_fen=None), asked, ON, REFERENCE).unknown == ("size", "revenue_min", "revenue_max")
    assert repairs(need(revenue_fen=None), asked) == ()


def test_the_cheapest_comes_first() -> None:
    one, two = Move("wait_until", "founded_on", on=ON), Move("supply_fact", "tax_grade")
    rate, amount = Move("accept_rate", "max_rate"), Move("change_amount", "amount_fen")
    dear, cheap, short, long = Repair((one, two)), Repair((two,)), Repair((one,)), Repair((amount, rate))
    assert sorted([dear, long, short, cheap], key=lambda repair: repair.effort) == [cheap, short, long, dear]
