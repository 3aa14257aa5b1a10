"""All-in cost: schedules that add up to the fen, and rates that balance the flows."""

import itertools
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.errors import Exit
from matchmaker.domain.terms import Repayment
from matchmaker.scoring.cost import MAX_MONTHS, Cost, CostTerms, cost_of, subsidy_fen
from matchmaker.scoring.irr import NoCostError, compound_pct, monthly_irr, simple_pct

MILLION_YUAN = 100_000_000
E6 = 1_000_000

plain_terms = st.builds(
    CostTerms,
    amount_fen=st.integers(1, 10**13),
    rate_pct_e6=st.integers(0, 24 * E6),
    months=st.integers(1, 61),
    repayment=st.sampled_from(Repayment),
    fee_pct_e6=st.integers(0, 5 * E6),
    fee_pct_per_year_e6=st.integers(0, 2 * E6),
)
subsidised_terms = st.builds(
    replace,
    plain_terms,
    subsidy_pct_e6=st.integers(0, 10 * E6) | st.fractions(0, 10 * E6, max_denominator=1000),
    subsidy_months=st.none() | st.integers(0, 70),
    subsidy_cap_fen=st.none() | st.integers(0, 10**12),
    subsidy_once_pct_e6=st.integers(0, 3 * E6),
)


def loan(repayment: Repayment = Repayment.INTEREST_ONLY, **changes: object) -> CostTerms:
    return replace(CostTerms(MILLION_YUAN, 3_600_000, 12, repayment), **changes)


def exact_flows(terms: CostTerms) -> tuple[Fraction, list[tuple[Fraction, Fraction]]]:
    """The loan once more, the naive way: money received, and (paid to the bank, subsidy) of each month."""
    amount, months, rate = Fraction(terms.amount_fen), terms.months, Fraction(terms.rate_pct_e6, 1200 * E6)
    yearly = amount * terms.fee_pct_per_year_e6 / (100 * E6)
    received = amount - amount * terms.fee_pct_e6 / (100 * E6) - yearly
    left, held_interest, earned, paid_out = amount, Fraction(0), Fraction(0), Fraction(0)
    flows = []
    for month in range(1, months + 1):
        interest = left * rate
        if terms.subsidy_months is None or month <= terms.subsidy_months:
            earned += left * Fraction(terms.subsidy_pct_e6) / (1200 * E6)
        if month == 1:
            earned += amount * terms.subsidy_once_pct_e6 / (100 * E6)
        if terms.repayment is Repayment.EQUAL_PRINCIPAL or (terms.repayment is Repayment.EQUAL_INSTALMENT and not rate):
            repaid = amount / months
        elif terms.repayment is Repayment.EQUAL_INSTALMENT:
            repaid = amount * rate * (1 + rate) ** months / ((1 + rate) ** months - 1) - interest
        else:
            repaid = amount if month == months else Fraction(0)
        left -= repaid
        held_interest += interest
        interest_now = subsidy_now = Fraction(0)
        if terms.repayment is not Repayment.BULLET or month == months:
            interest_now, held_interest = held_interest, Fraction(0)
            due = earned if terms.subsidy_cap_fen is None else min(earned, Fraction(terms.subsidy_cap_fen))
            subsidy_now, paid_out = due - paid_out, due
        fee_now = yearly if month % 12 == 0 and month < months else Fraction(0)
        flows.append((repaid + interest_now + fee_now, subsidy_now))
    return received, flows


def half_up(value: Fraction) -> int:
    return int((2 * value + 1) // 2)


def present_value(monthly: Decimal, payments: list[Fraction]) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        factor, value = 1 / (1 + monthly), Decimal(0)
        for payment in reversed(payments):
            value = (value + Decimal(payment.numerator) / payment.denominator) * factor
        return value


@given(subsidised_terms)
def test_rows_add_up_to_the_fen(terms: CostTerms) -> None:
    cost = cost_of(terms)
    rows = cost.schedule
    assert [row.period for row in rows] == list(range(terms.months + 1))
    assert sum(row.principal_fen for row in rows) == terms.amount_fen
    assert sum(row.interest_fen for row in rows) == cost.interest_fen
    assert sum(row.fee_fen for row in rows) == cost.fees_fen
    assert sum(row.subsidy_fen for row in rows) == cost.subsidy_fen == subsidy_fen(terms)
    assert sum(row.payment_fen for row in rows) == terms.amount_fen + cost.total_fen
    assert cost.total_fen == cost.total_before_subsidy_fen - cost.subsidy_fen
    assert rows[0].outstanding_fen == terms.amount_fen
    assert rows[-1].outstanding_fen == 0
    for before, after in itertools.pairwise(rows):
        assert before.outstanding_fen - after.outstanding_fen == after.principal_fen >= 0
        assert min(after.interest_fen, after.fee_fen, after.subsidy_fen) >= 0


@given(subsidised_terms)
def test_sums_and_rates_agree_with_the_naive_loan(terms: CostTerms) -> None:
    cost = cost_of(terms)
    received, flows = exact_flows(terms)
    assert cost.subsidy_fen == half_up(sum((got for _, got in flows), Fraction(0)))
    to_bank = sum((paid for paid, _ in flows), Fraction(0))
    fees_on_day_0 = terms.amount_fen - received
    # Interest and fees are rounded each for itself, so their sum may differ by a fen.
    assert abs(cost.total_before_subsidy_fen - half_up(to_bank + fees_on_day_0 - terms.amount_fen)) <= 1
    for payments, simple, compound in (
        ([paid for paid, _ in flows], cost.simple_pct, cost.compound_pct),
        ([paid - got for paid, got in flows], cost.simple_pct_after_subsidy, cost.compound_pct_after_subsidy),
    ):
        # Half a unit of the last digit below and above, the flows are worth more and less than what was received.
        half = Decimal("0.00005000001")
        low, high = (simple - half) / 1200, (simple + half) / 1200
        values = [present_value(rate, payments) for rate in (low, high)]
        goal = Decimal(received.numerator) / received.denominator
        assert min(values) <= goal <= max(values)
        assert compound_bounds(low)[0] <= compound <= compound_bounds(high)[1]


def compound_bounds(monthly: Decimal) -> tuple[Decimal, Decimal]:
    exact = ((1 + monthly) ** 12 - 1) * 100
    return exact - Decimal("0.0001"), exact + Decimal("0.0001")


@given(plain_terms)
def test_a_subsidy_never_touches_the_loan_itself(terms: CostTerms) -> None:
    alone, helped = cost_of(terms), cost_of(replace(terms, subsidy_pct_e6=E6))
    assert (alone.interest_fen, alone.fees_fen, alone.simple_pct, alone.compound_pct) == (
        helped.interest_fen,
        helped.fees_fen,
        helped.simple_pct,
        helped.compound_pct,
    )
    assert alone.simple_pct_after_subsidy == alone.simple_pct >= helped.simple_pct_after_subsidy


@given(st.integers(0, 36 * E6), st.integers(1, 60), st.sampled_from(Repayment))
def test_without_fees_the_simple_rate_is_the_rate_itself(rate: int, months: int, repayment: Repayment) -> None:
    cost = cost_of(CostTerms(MILLION_YUAN, rate, months, repayment))
    exact = half_up(Fraction(rate, 100))
    if repayment is not Repayment.BULLET or months == 1:
        assert cost.simple_pct == Decimal(exact).scaleb(-4)
    else:
        assert cost.simple_pct <= Decimal(exact).scaleb(-4)


@given(plain_terms, st.integers(1, E6))
def test_cost_never_falls_when_rate_or_fee_rises(terms: CostTerms, more: int) -> None:
    base = cost_of(terms)
    for dearer in (
        replace(terms, rate_pct_e6=terms.rate_pct_e6 + more),
        replace(terms, fee_pct_e6=terms.fee_pct_e6 + more),
        replace(terms, fee_pct_per_year_e6=terms.fee_pct_per_year_e6 + more),
    ):
        other = cost_of(dearer)
        assert other.total_fen >= base.total_fen
        assert other.simple_pct >= base.simple_pct
        assert other.compound_pct >= base.compound_pct


def test_a_rate_on_the_half_rounds_up() -> None:
    cost = cost_of(loan(rate_pct_e6=3_449_950))
    assert str(cost.simple_pct) == "3.4500"
    assert str(cost_of(loan(Repayment.BULLET, rate_pct_e6=3_449_950)).compound_pct) == "3.4500"


def test_revolving_is_interest_only_fully_drawn() -> None:
    assert cost_of(loan(Repayment.REVOLVING)) == cost_of(loan(Repayment.INTEREST_ONLY))


@pytest.mark.parametrize("repayment", Repayment)
def test_nothing_borne_costs_nothing_and_prints_no_negative_zero(repayment: Repayment) -> None:
    cost = cost_of(loan(repayment, rate_pct_e6=0, months=7))
    assert set(cost.figures().values()) == {"0.00", "0.0000"}


@pytest.mark.parametrize("repayment", Repayment)
def test_a_subsidy_equal_to_the_rate_leaves_exactly_zero(repayment: Repayment) -> None:
    cost = cost_of(loan(repayment, subsidy_pct_e6=3_600_000, months=11))
    assert cost.total_fen == 0
    assert str(cost.simple_pct_after_subsidy) == str(cost.compound_pct_after_subsidy) == "0.0000"


def test_a_hair_below_zero_prints_without_sign() -> None:
    cost = cost_of(loan(subsidy_pct_e6=3_600_001))
    assert str(cost.simple_pct_after_subsidy) == "0.0000"


def test_a_subsidy_above_the_rate_gives_a_negative_rate() -> None:
    cost = cost_of(loan(subsidy_pct_e6=5_000_000))
    assert cost.total_fen == -1_400_000
    assert str(cost.simple_pct_after_subsidy) == "-1.4000"
    assert str(cost.compound_pct_after_subsidy) == "-1.3911"
    assert cost.schedule[1].payment_fen < 0


def test_one_month() -> None:
    cost = cost_of(loan(months=1, fee_pct_e6=E6))
    assert cost.figures()["total"] == "13000.00"
    assert [row.outstanding_fen for row in cost.schedule] == [MILLION_YUAN, 0]
    assert cost.simple_pct == Decimal("15.7576")  # 1.003 / 0.99 − 1 = 1.3131…% a month


@pytest.mark.parametrize(("months", "times"), [(1, 1), (12, 1), (13, 2), (24, 2), (25, 3), (30, 3)])
def test_the_yearly_fee_falls_due_on_day_0_and_each_anniversary_before_the_end(months: int, times: int) -> None:
    cost = cost_of(loan(months=months, fee_pct_per_year_e6=500_000))
    paid = {row.period: row.fee_fen for row in cost.schedule if row.fee_fen}
    assert paid == {12 * year: 500_000 for year in range(times)}


def test_a_bullet_loan_pays_simple_interest_and_gets_its_subsidy_at_the_end() -> None:
    cost = cost_of(loan(Repayment.BULLET, months=18, subsidy_pct_e6=E6))
    assert [(row.interest_fen, row.subsidy_fen) for row in cost.schedule[:-1]] == [(0, 0)] * 18
    assert (cost.interest_fen, cost.subsidy_fen) == (5_400_000, 1_500_000)


def test_months_and_cap_cut_the_subsidy() -> None:
    assert cost_of(loan(months=36, subsidy_pct_e6=E6, subsidy_months=24)).subsidy_fen == 2_000_000
    capped = cost_of(loan(months=36, subsidy_pct_e6=E6, subsidy_cap_fen=200_000))
    assert [row.subsidy_fen for row in capped.schedule[:5]] == [0, 83_333, 83_334, 33_333, 0]
    assert capped.subsidy_fen == 200_000


def test_a_single_subsidy_comes_with_the_first_interest_payment() -> None:
    terms = loan(subsidy_once_pct_e6=E6)
    assert [row.subsidy_fen for row in cost_of(terms).schedule if row.subsidy_fen] == [1_000_000]
    assert cost_of(terms).schedule[1].subsidy_fen == 1_000_000
    bullet = cost_of(replace(terms, repayment=Repayment.BULLET))
    assert bullet.schedule[-1].subsidy_fen == bullet.subsidy_fen == 1_000_000


def test_json_is_the_contracts_object() -> None:
    document = cost_of(loan(Repayment.EQUAL_INSTALMENT, fee_pct_e6=500_000, months=2)).to_json()
    assert list(document) == [
        "interest",
        "fees",
        "subsidy",
        "total",
        "simple_pct",
        "compound_pct",
        "simple_pct_after_subsidy",
        "compound_pct_after_subsidy",
        "schedule",
    ]
    assert document["schedule"] == [
        {
            "period": 0,
            "principal": "0.00",
            "interest": "0.00",
            "fee": "5000.00",
            "subsidy": "0.00",
            "payment": "5000.00",
            "outstanding": "1000000.00",
        },
        {
            "period": 1,
            "principal": "499251.12",
            "interest": "3000.00",
            "fee": "0.00",
            "subsidy": "0.00",
            "payment": "502251.12",
            "outstanding": "500748.88",
        },
        {
            "period": 2,
            "principal": "500748.88",
            "interest": "1502.25",
            "fee": "0.00",
            "subsidy": "0.00",
            "payment": "502251.13",
            "outstanding": "0.00",
        },
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"amount_fen": 0},
        {"months": 0},
        {"months": MAX_MONTHS + 1},
        {"rate_pct_e6": -1},
        {"fee_pct_e6": -1},
        {"fee_pct_per_year_e6": -1},
        {"subsidy_pct_e6": -1},
        {"subsidy_once_pct_e6": -1},
        {"subsidy_months": -1},
        {"subsidy_cap_fen": -1},
    ],
)
def test_terms_that_are_no_loan(change: dict[str, int]) -> None:
    for function in (cost_of, subsidy_fen):
        with pytest.raises(NoCostError) as caught:
            function(loan(**change))
        assert caught.value.code == "terms_out_of_range"
        assert caught.value.exit_code is Exit.USAGE
        assert "1 至 1200 个月" in caught.value.say("zh")


@pytest.mark.parametrize(
    "change",
    [
        {"fee_pct_e6": 100 * E6},
        {"fee_pct_e6": 99_990_000, "months": 1},
        {"subsidy_once_pct_e6": 150 * E6, "repayment": Repayment.BULLET},
        {"subsidy_pct_e6": 200 * E6, "repayment": Repayment.BULLET},
    ],
)
def test_no_annual_rate(change: dict[str, object]) -> None:
    with pytest.raises(NoCostError) as caught:
        cost_of(loan(**change))
    assert caught.value.code == "no_annual_rate"


@pytest.mark.parametrize("repayment", Repayment)
def test_a_century_still_works(repayment: Repayment) -> None:
    cost = cost_of(CostTerms(MILLION_YUAN, 3_450_000, MAX_MONTHS, repayment, fee_pct_e6=E6))
    assert isinstance(cost, Cost)
    assert cost.schedule[-1].outstanding_fen == 0


@given(st.integers(-700, 9000), st.lists(st.integers(0, 10**9), min_size=1, max_size=120))
def test_irr_finds_the_rate_the_flows_were_made_with(permille: int, payments: list[int]) -> None:
    payments[-1] += 1
    rate = Fraction(permille, 1000)
    worth = sum(payment / (1 + rate) ** month for month, payment in enumerate(payments, start=1))
    scale = 10**45
    received = int(worth * scale)
    found = monthly_irr(received, [payment * scale for payment in payments])
    assert abs(found - Decimal(permille) / 1000) < Decimal("1e-20")


def test_irr_with_many_changes_of_sign() -> None:
    payments = [-2, -2, 5, -2, -2, 5, -2, 100]
    found = monthly_irr(100, payments)
    worth = present_value(found, [Fraction(payment) for payment in payments])
    assert abs(worth - 100) < Decimal("1e-20")
    assert simple_pct(Decimal(0)) == compound_pct(Decimal("-0")) == 0
