"""Annual rates on LPR."""

from datetime import date
from decimal import Decimal

from matchmaker.domain.rate import LprQuote, LprTable, Rate

TABLE = LprTable(
    (
        LprQuote(date(2024, 7, 22), 3_350_000, 3_850_000),
        LprQuote(date(2025, 5, 20), 3_000_000, 3_500_000),
    )
)


def test_a_fixed_rate_needs_no_table() -> None:
    assert LprTable(()).resolve(Rate(pct_e6=3_450_000), date(2026, 1, 1), None) == 3_450_000
    assert TABLE.resolve(None, date(2026, 1, 1), 12) is None


def test_a_spread_takes_that_days_quote() -> None:
    rate = Rate(spread_bp=Decimal(50))
    assert TABLE.resolve(rate, date(2025, 5, 19), 12) == 3_850_000
    assert TABLE.resolve(rate, date(2025, 5, 20), 12) == 3_500_000
    assert TABLE.resolve(rate, date(2024, 7, 21), 12) is None  # unknown, not zero


def test_above_sixty_months_the_five_year_quote_counts() -> None:
    rate = Rate(spread_bp=Decimal("-12.5"))
    assert TABLE.resolve(rate, date(2026, 1, 1), 60) == 2_875_000
    assert TABLE.resolve(rate, date(2026, 1, 1), 61) == 3_375_000
    assert TABLE.resolve(rate, date(2026, 1, 1), None) == 2_875_000


def test_rates_are_written_as_read() -> None:
    written = [str(Rate(pct_e6=3_450_000)), str(Rate(spread_bp=Decimal(50))), str(Rate(spread_bp=Decimal("-10")))]
    assert written == ["3.45", "LPR+50BP", "LPR-10BP"]
