"""Annual rates: a fixed percentage or a spread on the loan prime rate (LPR), exact."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matchmaker.domain.money import plain

E6 = 1_000_000
"""A percentage is computed with as an integer of millionths of a percent: 3.45 % is 3,450,000."""

LONG_TERM_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """Exactly one of ``pct_e6`` (fixed, millionths of a percent) and ``spread_bp`` (basis points on LPR)."""

    pct_e6: int | None = None
    spread_bp: Decimal | None = None

    def __str__(self) -> str:
        """As written in files: ``3.45`` or ``LPR+50BP``."""
        if self.pct_e6 is not None:
            return plain(Decimal(self.pct_e6) / E6)
        assert self.spread_bp is not None
        return f"LPR{'-' if self.spread_bp < 0 else '+'}{plain(abs(self.spread_bp))}BP"


@dataclass(frozen=True, slots=True)
class LprQuote:
    """Loan prime rates from ``quoted_on`` on, in millionths of a percent."""

    quoted_on: date
    one_year_e6: int
    five_year_e6: int


@dataclass(frozen=True, slots=True)
class LprTable:
    """Quotes by ascending date."""

    quotes: tuple[LprQuote, ...]

    def on(self, day: date) -> LprQuote | None:
        """The quote in force on ``day``; None before the first."""
        place = bisect_right(self.quotes, day, key=lambda q: q.quoted_on)
        return self.quotes[place - 1] if place else None

    def resolve(self, rate: Rate | None, day: date, term_max_months: int | None) -> int | None:
        """The rate on ``day`` in millionths of a percent; None when blank or no LPR is known for that day.

        The five-year LPR counts where ``term_max_months`` is above 60.
        """
        if rate is None or rate.pct_e6 is not None:
            return rate.pct_e6 if rate else None
        quote = self.on(day)
        if quote is None:
            return None
        long = term_max_months is not None and term_max_months > LONG_TERM_MONTHS
        assert rate.spread_bp is not None
        return (quote.five_year_e6 if long else quote.one_year_e6) + int(rate.spread_bp * 10_000)
