"""The pure reckoning of guarantees: shares to the fen, weights, limits and their sentences, stress."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.guarantee_terms import Grade, GuarantorKind, LimitClass, LimitKind, LossParty
from matchmaker.domain.terms import SizeClass
from matchmaker.scoring.exposure import (
    WHOLE_E6,
    Amounts,
    Covered,
    Standing,
    Weight,
    books_of,
    moved,
    split,
    weight_of,
)
from matchmaker.scoring.limits import (
    Bound,
    Change,
    GuarantorTerms,
    Limit,
    SchemeTerms,
    Sums,
    limits_of,
    strictest,
)
from matchmaker.scoring.measures import Measures, measures_of
from matchmaker.scoring.stress import OpenCase, after_failure, chain_delays, largest, together

FEN = st.integers(0, 10**13)


@st.composite
def shares(draw: st.DrawFn) -> dict[LossParty, int]:
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE_E6), min_size=3, max_size=3)))
    return dict(zip(LossParty, (cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], WHOLE_E6 - cuts[2]), strict=True))


def covered(given_shares: dict[LossParty, int]) -> Covered:
    return Covered("DB-1", "G1", "S1", "B1", "U", None, Grade.A, SizeClass.SMALL, given_shares, 10**13)


@given(FEN, shares())
def test_parts_add_to_the_fen_and_lie_within_a_fen_of_their_share(fen: int, given_shares: dict[LossParty, int]) -> None:
    parts = split(fen, given_shares)
    assert sum(parts.values()) == fen and all(part >= 0 for part in parts.values())
    for party, share in given_shares.items():
        assert abs(parts.get(party, 0) * WHOLE_E6 - fen * share) < WHOLE_E6


@given(FEN, FEN, shares())
def test_the_amounts_never_shrink_as_the_whole_grows(fen: int, more: int, given_shares: dict[LossParty, int]) -> None:
    less, larger = (Amounts.of(split(one, given_shares)) for one in (fen, fen + more))
    assert less.guaranteed <= larger.guaranteed and less.retained <= larger.retained
    assert larger.retained <= larger.guaranteed <= larger.nominal


def test_shares_that_are_no_whole_are_no_shares() -> None:
    with pytest.raises(ValueError):
        split(100, {LossParty.BANK: 50_000_000})
    with pytest.raises(ValueError):
        split(-1, {LossParty.BANK: WHOLE_E6})


@given(shares(), st.lists(st.tuples(st.booleans(), st.integers(1, 10**9)), max_size=12))
def test_whatever_is_drawn_and_repaid_books_balance_and_end_at_nothing(
    given_shares: dict[LossParty, int], steps: list[tuple[bool, int]]
) -> None:
    case, at, books = covered(given_shares), Standing(reserved=10**10), Counter[tuple[str, str]]()
    promised = Amounts.of(split(10**10, given_shares)).guaranteed
    for draws, fen in [*steps, (False, 0)]:
        moving = min(fen, at.reserved) if draws else min(fen, at.outstanding)
        if draws:
            at = replace(at, reserved=at.reserved - moving, outstanding=at.outstanding + moving)
        else:
            at = replace(at, outstanding=at.outstanding - moving)
        legs = moved(books, books_of(at, case))
        assert sum(legs.values()) == 0
        books.update(legs)
        held = measures_of("drawdown", ((account, party, fen) for (account, party), fen in books.items()))
        assert held.guaranteed + held.reserved_guaranteed <= promised
        assert min(held.reserved_guaranteed, held.reserved_retained, held.guaranteed, held.retained) >= 0
    books.update(moved(books, books_of(Standing(), case)))
    assert not any(books.values())


WEIGHTS = (
    Weight("10", (), None, 100_000_000),
    Weight("2", ("MICRO", "SMALL"), 500, 75_000_000),
    Weight("9", ("MICRO", "SMALL"), 900, 90_000_000),
)


@pytest.mark.parametrize(
    ("size", "fen", "weight"),
    [
        (SizeClass.SMALL, 500, 75), (SizeClass.SMALL, 501, 90), (SizeClass.SMALL, 901, 100),
        (SizeClass.MEDIUM, 1, 100), (None, 1, 100),
    ],
)  # fmt: skip
def test_the_first_weight_by_number_that_fits_holds(size: SizeClass | None, fen: int, weight: int) -> None:
    assert weight_of(WEIGHTS, size, fen) == weight * 1_000_000


def test_without_a_register_everything_weighs_in_full() -> None:
    assert weight_of((), SizeClass.SMALL, 1) == WHOLE_E6


COMPANY = GuarantorTerms("G1", GuarantorKind.COMPANY, 100_000_000)
FUND = GuarantorTerms("G2", GuarantorKind.FUND, 100_000_000)


def bound(
    kind: LimitKind, value: int, limit_class: LimitClass = LimitClass.STATUTORY, of: GuarantorKind | None = None,
    org: str | None = None,
) -> Bound:  # fmt: skip
    return Bound(f"{kind}-{value}", kind, limit_class, value, of, org, "第十五条")


def kept(guarantor: GuarantorTerms, *bounds: Bound) -> list[int]:
    return [one.value for one in strictest(bounds, guarantor)]


def test_the_strictest_limit_that_fits_holds() -> None:
    ten, fifteen = bound(LimitKind.LEVERAGE, 10), bound(LimitKind.LEVERAGE_SMALL, 15)
    eight = bound(LimitKind.LEVERAGE, 8, LimitClass.POLICY)
    small = replace(COMPANY, mainly_small=True)
    assert kept(COMPANY, ten, fifteen) == [10] and kept(small, ten, fifteen) == [15]
    assert kept(small, ten, fifteen, eight) == [8], "the exception of the law lifts the law's own limit only"
    share = LimitKind.SMALL_SHARE
    assert kept(COMPANY, bound(share, 80), bound(share, 90), bound(share, 70)) == [90]
    company_only = bound(LimitKind.CUSTOMER, 10, of=GuarantorKind.COMPANY)
    assert kept(FUND, company_only) == [] and kept(COMPANY, company_only) == [10]
    assert kept(COMPANY, bound(LimitKind.CUSTOMER, 5, org="G9"), company_only) == [10]


def change(before: int, after: int, **more: int) -> Change:
    return Change(Measures(reserved_guaranteed=before), Measures(reserved_guaranteed=after, **more))


def sums(**values: object) -> Sums:
    nothing = change(0, 0)
    plain: dict[str, object] = dict.fromkeys(("guarantor", "scheme", "customer", "scheme_customer"), nothing)
    return Sums(**(plain | values))  # type: ignore[arg-type]


@given(st.integers(0, 2 * 10**7))
def test_a_customer_may_have_exactly_a_tenth_of_net_assets(fen: int) -> None:
    tenth = bound(LimitKind.CUSTOMER, 10_000_000)
    (limit,) = limits_of(COMPANY, SchemeTerms("S"), [tenth], sums(customer=change(0, fen)))
    assert limit.broken == (fen > 10_000_000) and limit.left == 10_000_000 - fen


def test_leverage_is_of_the_weighted_liability_with_what_is_promised() -> None:
    held = Change(Measures(), Measures(weighted=600_000_000, reserved_weighted=400_000_001))
    (limit,) = limits_of(COMPANY, SchemeTerms("S"), [bound(LimitKind.LEVERAGE, 10)], sums(guarantor=held))
    assert limit.broken and limit.after == 1_000_000_001


def test_an_enterprise_in_no_group_has_no_group_limit() -> None:
    both = [bound(LimitKind.GROUP, 15_000_000), bound(LimitKind.CITY_GROUP, 1)]
    assert limits_of(COMPANY, SchemeTerms("S"), both, sums()) == []
    found = limits_of(COMPANY, SchemeTerms("S"), both, sums(group=(0, 15_000_000), city_group=(0, 2)))
    assert [one.broken for one in found] == [False, True]


def test_limits_of_the_law_come_first() -> None:
    terms = SchemeTerms("S", cap_fen=1)
    found = limits_of(COMPANY, terms, [bound(LimitKind.CUSTOMER, 1)], sums(scheme=change(0, 2)))
    assert [str(one.limit_class) for one in found] == ["STATUTORY", "SCHEME"]


@pytest.mark.parametrize("limit_class", list(LimitClass))
def test_every_sentence_names_limit_sum_bound_and_who_may_approve(limit_class: LimitClass) -> None:
    limit = Limit("CUSTOMER", limit_class, LimitKind.CUSTOMER.label, 0, 1_200_000_000, 1_000_000_000, "")
    said = limit.sentence
    assert said.zh.startswith("批准后单户余额 1,200 万元，超过上限 1,000 万元") and limit.approver.zh in said.zh
    assert "CNY 12.00 million" in said.en and limit_class.label.en in said.en


def test_a_breach_of_one_fen_is_said_exactly() -> None:
    limit = Limit("CUSTOMER", LimitClass.STATUTORY, LimitKind.CUSTOMER.label, 0, 1_000_000_001, 1_000_000_000, "x")
    assert "10000000.01 元，超过上限 10000000.00 元" in limit.sentence.zh and "CNY 10000000.01" in limit.sentence.en


EIGHTY = {LossParty.GUARANTOR: 80, LossParty.BANK: 20}
CASES = [
    OpenCase("1", "G1", "U1", "C1", EIGHTY, 60, claim_after_days=60),
    OpenCase("2", "G1", "U2", "C1", EIGHTY, 60, claim_after_days=90),
    OpenCase("3", "G2", "U2", None, {LossParty.GUARANTOR: 8, LossParty.BANK: 2}, 8),
]


def test_a_late_leader_makes_its_chain_overdue_and_claimable_by_scheme() -> None:
    (chain,) = chain_delays(CASES, 60)
    assert (chain.chain_code, chain.cases, chain.customers, chain.nominal, chain.claimable) == ("C1", 2, 2, 200, 100)
    assert chain.parts == {LossParty.GUARANTOR: 160, LossParty.BANK: 40}


def test_the_largest_customers_fail_with_all_their_cases() -> None:
    failing = largest(CASES, 1)
    assert [one.guarantee_no for one in failing] == ["2", "3"]
    assert together(failing) == {LossParty.GUARANTOR: 88, LossParty.BANK: 22}


def test_losses_lower_what_the_net_assets_carry() -> None:
    after = after_failure("G1", largest(CASES, 1), net_assets=86, weighted=120, times=10)
    assert (after.loss, after.net_assets, after.weighted, after.bound, after.broken) == (80, 6, 60, 60, False)
    assert after_failure("G1", CASES, net_assets=86, weighted=121, times=10).broken
    assert not after_failure("G2", CASES, net_assets=1, weighted=8, times=None).broken
