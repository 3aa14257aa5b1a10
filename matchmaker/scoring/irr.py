"""Monthly internal rate of return of a loan, and the two annual percentages made from it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from matchmaker.domain.errors import UsageError
from matchmaker.domain.text import Text

PLACES = Decimal("0.0001")
_GUARD = Decimal("1e-15")
_DIGITS = 50
_LOWEST_FACTOR = 1 / 11
"""Monthly discount factor of a rate of 1,000 % a month: beyond it fees have eaten the loan."""
_WIDENINGS = 12


class NoCostError(UsageError):
    """These terms have no cost or no annual rate; the sentence says why."""


def monthly_irr(received: int, payments: Sequence[int]) -> Decimal:
    """The monthly rate at which ``payments`` (period 1, 2 …) are worth ``received`` (period 0).

    All amounts are integers in one unit of any fineness; a negative payment is money that flows back (a subsidy above
    the instalment). The answer is correct to at least 20 places. Where flows change sign often, the rate on the side
    of zero that the sum of the flows asks for is taken. Raises NoCostError (``no_annual_rate``) when nothing is
    received, or no rate between about −80 % and 1,000 % a month balances the flows.
    """
    excess = sum(payments) - received
    if received <= 0:
        raise _no_rate()
    if excess == 0:
        return Decimal(0)
    shares = [payment / received for payment in reversed(payments)]
    factor, slope = _root(shares, *_bracket(shares, excess))
    with localcontext() as context:
        context.prec = _DIGITS
        return 1 / _polish([Decimal(payment) / received for payment in reversed(payments)], factor, slope) - 1


def simple_pct(monthly: Decimal) -> Decimal:
    """Monthly rate × 12 in percent, four places."""
    return _four_places(monthly * 1200)


def compound_pct(monthly: Decimal) -> Decimal:
    """(1 + monthly rate)^12 − 1 in percent, four places."""
    with localcontext() as context:
        context.prec = _DIGITS
        return _four_places(((1 + monthly) ** 12 - 1) * 100)


def _four_places(value: Decimal) -> Decimal:
    # The guard step lets a rate that is exactly on a half (3.44995) round up although the search left 3.449949…9.
    near = value.quantize(_GUARD, rounding=ROUND_HALF_UP)
    return near.quantize(PLACES, rounding=ROUND_HALF_UP) + 0  # + 0 takes the sign off a negative zero


def _bracket(shares: Sequence[float], excess: int) -> tuple[float, float]:
    """Two discount factors between which the present value passes 1; one of them is 1 or the last one tried."""
    if excess > 0:
        if _value(shares, _LOWEST_FACTOR)[0] > 0:
            raise _no_rate()
        return _LOWEST_FACTOR, 1.0
    low = 1.0
    for widening in range(_WIDENINGS):
        high = 1 + 0.002 * 2**widening
        if _value(shares, high)[0] > 0:
            return low, high
        low = high
    raise _no_rate()


def _root(shares: Sequence[float], low: float, high: float) -> tuple[float, float]:
    """Newton's method kept inside a shrinking bracket; the discount factor and the slope there."""
    factor = high
    while True:
        value, slope = _value(shares, factor)
        if value > 0:
            high = factor
        else:
            low = factor
        step = factor - value / slope if slope else low
        if not low < step < high:
            step = (low + high) / 2
        if abs(step - factor) < 1e-12 or not low < step < high:
            return step, slope
        factor = step


def _value(shares: Sequence[float], factor: float) -> tuple[float, float]:
    """Present value of all payments less 1, and its slope. ``shares`` run from the last payment to the first."""
    value = slope = 0.0
    for share in shares:
        slope = slope * factor + value
        value = value * factor + share
    return value * factor - 1, slope * factor + value


def _polish(shares: Sequence[Decimal], factor: float, slope: float) -> Decimal:
    """Two more Newton steps in decimal arithmetic; each adds about twelve digits."""
    exact, steepness = Decimal(factor), Decimal(slope)
    for _ in range(2):
        value = Decimal(0)
        for share in shares:
            value = value * exact + share
        exact -= (value * exact - 1) / steepness
    return exact


def _no_rate() -> NoCostError:
    return NoCostError(
        Text(
            "这些条件下算不出年化成本：费用或贴息与本金相当；核对费率、贴息和期限",
            "No annual rate fits these terms: the fees or the subsidy are as large as the loan; "
            "check fee, subsidy and term",
        ),
        code="no_annual_rate",
    )
