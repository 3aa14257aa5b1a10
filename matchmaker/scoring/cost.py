"""All-in cost of a loan: exact schedule, totals in fen and annual rates before and after a subsidy.

Everything is computed as exact fractions with integers: each column of the schedule is its *sum so far* over one
denominator, and is rounded only when read. A row is the rounded sum so far less the rounded sum before, so the rows
add up to the fen (CONTRACT.md section 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from matchmaker.domain.money import yuan_text
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import Repayment
from matchmaker.domain.text import Text
from matchmaker.scoring.irr import NoCostError, compound_pct, monthly_irr, simple_pct

MAX_MONTHS = 1200
_WHOLE = 100 * E6
"""A percentage in millionths, over this, is a share."""
_MONTHLY = 12 * _WHOLE
_FINENESS = 10**24
"""Flows enter the search for the rate in units of 10⁻²⁴ fen."""


@dataclass(frozen=True, slots=True)
class CostTerms:
    """What a loan costs is computed from. Money in fen, percentages in millionths of a percent (``domain.rate``).

    ``fee_pct_e6`` is paid on day 0, ``fee_pct_per_year_e6`` on day 0 and on each anniversary before the end, both on
    the original principal. ``subsidy_pct_e6`` is percentage points a year on the outstanding principal during the first
    ``subsidy_months`` (None: to the end), received with each interest payment; ``subsidy_once_pct_e6`` is a share of
    the original principal received once, with the first interest payment. Both together end at ``subsidy_cap_fen``.
    """

    amount_fen: int
    rate_pct_e6: int
    months: int
    repayment: Repayment
    fee_pct_e6: int = 0
    fee_pct_per_year_e6: int = 0
    subsidy_pct_e6: int | Fraction = 0
    subsidy_months: int | None = None
    subsidy_cap_fen: int | None = None
    subsidy_once_pct_e6: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One period of the schedule in fen; period 0 is the drawdown.

    ``payment`` = principal + interest + fee − subsidy, what the enterprise is out of pocket, as the total of the whole
    is; it is negative when a subsidy exceeds the instalment.
    """

    period: int
    principal_fen: int
    interest_fen: int
    fee_fen: int
    subsidy_fen: int
    outstanding_fen: int

    @property
    def payment_fen(self) -> int:
        """Principal + interest + fee − subsidy."""
        return self.principal_fen + self.interest_fen + self.fee_fen - self.subsidy_fen

    def to_json(self) -> dict[str, int | str]:
        """The contract's schedule row, money in yuan."""
        return {
            "period": self.period,
            "principal": yuan_text(self.principal_fen),
            "interest": yuan_text(self.interest_fen),
            "fee": yuan_text(self.fee_fen),
            "subsidy": yuan_text(self.subsidy_fen),
            "payment": yuan_text(self.payment_fen),
            "outstanding": yuan_text(self.outstanding_fen),
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of a loan in fen and annual percentages with four places; what a subsidy changes is kept apart."""

    interest_fen: int
    fees_fen: int
    subsidy_fen: int
    simple_pct: Decimal
    compound_pct: Decimal
    simple_pct_after_subsidy: Decimal
    compound_pct_after_subsidy: Decimal
    schedule: tuple[Row, ...]

    @property
    def total_before_subsidy_fen(self) -> int:
        """Interest + fees: the cost of the loan as the bank offers it."""
        return self.interest_fen + self.fees_fen

    @property
    def total_fen(self) -> int:
        """Interest + fees − subsidy."""
        return self.total_before_subsidy_fen - self.subsidy_fen

    def figures(self) -> dict[str, str]:
        """The contract's object without its schedule: yuan with two decimals, percent with four."""
        return {
            "interest": yuan_text(self.interest_fen),
            "fees": yuan_text(self.fees_fen),
            "subsidy": yuan_text(self.subsidy_fen),
            "total": yuan_text(self.total_fen),
            "simple_pct": str(self.simple_pct),
            "compound_pct": str(self.compound_pct),
            "simple_pct_after_subsidy": str(self.simple_pct_after_subsidy),
            "compound_pct_after_subsidy": str(self.compound_pct_after_subsidy),
        }

    def to_json(self) -> dict[str, object]:
        """The object that ``flask cost --json`` prints."""
        return {**self.figures(), "schedule": [row.to_json() for row in self.schedule]}


@dataclass(frozen=True, slots=True)
class _Sums:
    """Exact sums so far of one column, periods 0 … n, in fen: numerators over one denominator."""

    numerators: Sequence[int]
    denominator: int

    def fen(self) -> list[int]:
        """Each sum rounded half up to the fen."""
        half, whole = self.denominator, 2 * self.denominator
        return [(2 * numerator + half) // whole for numerator in self.numerators]

    def fine(self) -> list[int]:
        """Each sum in units of 10⁻²⁴ fen."""
        return [numerator * _FINENESS // self.denominator for numerator in self.numerators]


def cost_of(terms: CostTerms) -> Cost:
    """Schedule, totals and annual rates of a loan.

    The rates come from the unrounded flows. Raises NoCostError for terms that are no loan (``terms_out_of_range``) or
    have no annual rate (``no_annual_rate``).
    """
    _check(terms)
    balances = _balances(terms)
    principal, interest = _principal(terms, balances), _interest(terms, balances)
    fee, subsidy = _fees(terms), _subsidy(terms, balances)
    rows = _rows(terms.amount_fen, principal.fen(), interest.fen(), fee.fen(), subsidy.fen())
    plain = [sum(sums) for sums in zip(principal.fine(), interest.fine(), fee.fine(), strict=True)]
    monthly = monthly_after = _irr(terms, plain)
    subsidy_fen = sum(row.subsidy_fen for row in rows)
    if subsidy.numerators[-1]:
        monthly_after = _irr(terms, [paid - got for paid, got in zip(plain, subsidy.fine(), strict=True)])
    return Cost(
        interest_fen=sum(row.interest_fen for row in rows),
        fees_fen=sum(row.fee_fen for row in rows),
        subsidy_fen=subsidy_fen,
        simple_pct=simple_pct(monthly),
        compound_pct=compound_pct(monthly),
        simple_pct_after_subsidy=simple_pct(monthly_after),
        compound_pct_after_subsidy=compound_pct(monthly_after),
        schedule=tuple(rows),
    )


def subsidy_fen(terms: CostTerms) -> int:
    """The subsidy alone, in fen: the same figure as in ``cost_of(terms)``, without the search for rates."""
    _check(terms)
    return _subsidy(terms, _balances(terms)).fen()[-1]


def fees_fen(terms: CostTerms) -> int:
    """The fees alone, in fen: the same figure as in ``cost_of(terms)``, without the search for rates."""
    _check(terms)
    return _fees(terms).fen()[-1]


def yearly_fee_fen(amount_fen: int, fee_pct_per_year_e6: int, months: int) -> int:
    """A yearly fee over the whole term in fen, half a fen and more rounded up: for each year begun, on the original
    principal (CONTRACT.md section 1). What a guarantee's case charges is what its cost has shown."""
    owed = amount_fen * fee_pct_per_year_e6 * _years_begun(months, months)
    return (2 * owed + _WHOLE) // (2 * _WHOLE)


def _check(terms: CostTerms) -> None:
    percentages = (
        terms.rate_pct_e6,
        terms.fee_pct_e6,
        terms.fee_pct_per_year_e6,
        terms.subsidy_pct_e6,
        terms.subsidy_once_pct_e6,
        terms.subsidy_months or 0,
        terms.subsidy_cap_fen or 0,
    )
    if terms.amount_fen < 1 or not 1 <= terms.months <= MAX_MONTHS or min(percentages) < 0:
        raise NoCostError(
            Text(
                "无法测算成本：金额须大于零，期限须为 1 至 {months} 个月，利率、费率和贴息不得为负",
                "The cost cannot be computed: the amount must be above zero, the term 1 to {months} months, "
                "and rate, fees and subsidy not negative",
            ),
            code="terms_out_of_range",
            months=MAX_MONTHS,
        )


def _balances(terms: CostTerms) -> _Sums:
    """Principal outstanding after each period.

    Equal instalments at a monthly rate i = (A − D) / D leave P (Aⁿ − AᵏDⁿ⁻ᵏ) / (Aⁿ − Dⁿ) after period k, in integers.
    """
    amount, months = terms.amount_fen, terms.months
    if terms.repayment in (Repayment.INTEREST_ONLY, Repayment.REVOLVING, Repayment.BULLET):
        return _Sums([amount] * months + [0], 1)
    if terms.repayment is Repayment.EQUAL_PRINCIPAL or terms.rate_pct_e6 == 0:
        return _Sums([amount * (months - period) for period in range(months + 1)], months)
    monthly = Fraction(terms.rate_pct_e6, _MONTHLY)
    low, high = monthly.denominator, monthly.denominator + monthly.numerator
    lows = list(accumulate([low] * months, int.__mul__, initial=1))
    highs = list(accumulate([high] * months, int.__mul__, initial=1))
    return _Sums(
        [amount * (highs[-1] - highs[period] * lows[months - period]) for period in range(months + 1)],
        highs[-1] - lows[-1],
    )


def _principal(terms: CostTerms, balances: _Sums) -> _Sums:
    whole = terms.amount_fen * balances.denominator
    return _Sums([whole - left for left in balances.numerators], balances.denominator)


def _interest(terms: CostTerms, balances: _Sums) -> _Sums:
    borne = [terms.rate_pct_e6 * left for left in balances.numerators[:-1]]
    return _Sums(_when_paid(terms, list(accumulate(borne, initial=0))), balances.denominator * _MONTHLY)


def _subsidy(terms: CostTerms, balances: _Sums) -> _Sums:
    points = Fraction(terms.subsidy_pct_e6)
    months = terms.months if terms.subsidy_months is None else terms.subsidy_months
    denominator = balances.denominator * _MONTHLY * points.denominator
    once = terms.amount_fen * terms.subsidy_once_pct_e6 * (denominator // _WHOLE)
    borne = [points.numerator * left if k < months else 0 for k, left in enumerate(balances.numerators[:-1])]
    earned = [0, *(once + so_far for so_far in accumulate(borne))]
    if terms.subsidy_cap_fen is not None:
        cap = terms.subsidy_cap_fen * denominator
        earned = [min(cap, so_far) for so_far in earned]
    return _Sums(_when_paid(terms, earned), denominator)


def _when_paid(terms: CostTerms, so_far: list[int]) -> list[int]:
    """Sums borne → sums paid: each month, or all on the last day of a bullet loan."""
    return [0] * terms.months + so_far[-1:] if terms.repayment is Repayment.BULLET else so_far


def _fees(terms: CostTerms) -> _Sums:
    once, yearly = terms.amount_fen * terms.fee_pct_e6, terms.amount_fen * terms.fee_pct_per_year_e6
    paid = [once + yearly * _years_begun(period, terms.months) for period in range(terms.months + 1)]
    return _Sums(paid, _WHOLE)


def _years_begun(period: int, months: int) -> int:
    """How often a yearly fee has been paid by then: on day 0 and on each anniversary before the end."""
    return 1 + min(period // 12, (months - 1) // 12)


def _rows(amount_fen: int, principal: list[int], interest: list[int], fee: list[int], subsidy: list[int]) -> list[Row]:
    """Rows from the rounded sums so far; period 0 repays and earns nothing, but pays the fees of day 0."""
    steps = zip(*(_steps(sums) for sums in (principal, interest, fee, subsidy)), strict=True)
    return [
        Row(period, repaid, borne, paid, got, amount_fen - principal[period])
        for period, (repaid, borne, paid, got) in enumerate(steps)
    ]


def _steps(sums: list[int]) -> list[int]:
    return [sums[0], *(new - old for old, new in pairwise(sums))]


def _irr(terms: CostTerms, paid_so_far: list[int]) -> Decimal:
    received = terms.amount_fen * _FINENESS - paid_so_far[0]
    return monthly_irr(received, _steps(paid_so_far)[1:])
