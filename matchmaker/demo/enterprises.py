"""Sample enterprises: size, age, turnover, recognitions and tax grade hang together as they do in a real city."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from matchmaker.demo.names import CITY_PLACES, EnterpriseNames, place_of
from matchmaker.demo.rows import Row, row
from matchmaker.demo.trades import TRADES
from matchmaker.domain import uscc
from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import SizeClass, TaxGrade, Tier
from matchmaker.domain.tiers import TierHeld

_AREAS = ("371002", "371003", "371071", "371072", "371073", "371082", "371083")
_AREA_WEIGHTS = (18, 15, 17, 16, 8, 17, 9)
_AREA_OF_CHAIN = {"SEAFOOD": ("371082", "371082", "371083"), "SHIP": ("371082", "371072"), "RV": ("371082",)}


@dataclass(frozen=True, slots=True)
class _Build:
    """Bounds of one size of firm: people, yearly revenue in 万元, age in months."""

    people: tuple[int, int]
    revenue: tuple[int, int]
    months: tuple[int, int]
    weight: int


_BUILDS = {
    SizeClass.MICRO: _Build((3, 19), (60, 480), (4, 120), 20),
    SizeClass.SMALL: _Build((22, 140), (400, 2600), (10, 220), 52),
    SizeClass.MEDIUM: _Build((300, 620), (2400, 24000), (40, 290), 23),
    SizeClass.LARGE: _Build((1050, 2600), (42000, 160000), (110, 340), 5),
}
_GRADES = (TaxGrade.A, TaxGrade.B, TaxGrade.M, TaxGrade.C, TaxGrade.D, None)
_GRADE_WEIGHTS = (25, 39, 17, 7, 2, 10)
_YOUNG_GRADE_WEIGHTS = (0, 6, 80, 2, 0, 12)
_RECOGNISED = (
    (Tier.TECH_SME, {"MICRO": 14, "SMALL": 26, "MEDIUM": 12}, 12),
    (Tier.INNOVATIVE_SME, {"SMALL": 22, "MEDIUM": 20}, 36),
    (Tier.SRDI_SME, {"SMALL": 13, "MEDIUM": 30}, 36),
    (Tier.LITTLE_GIANT, {"MEDIUM": 9, "LARGE": 12}, 36),
    (Tier.HNTE, {"SMALL": 18, "MEDIUM": 42, "LARGE": 60}, 36),
    (Tier.CHAMPION, {"MEDIUM": 4, "LARGE": 24}, 36),
    (Tier.ABOVE_SCALE, {"SMALL": 10, "MEDIUM": 88, "LARGE": 100}, 0),
)
"""Tier, chance in a hundred by size, months a recognition lasts (0: open-ended)."""


def chance(rng: Random, percent: float) -> bool:
    """True in ``percent`` of a hundred draws."""
    return rng.random() * 100 < percent


def spread(rng: Random, low: float, high: float) -> float:
    """A number between the bounds, small ones more often (even on the logarithm)."""
    return float(low * (high / low) ** rng.random())


def code_of(number: int, area_code: str) -> str:
    """A valid USCC of the sample firm ``number``; the same number gives different codes in different areas."""
    return uscc.make(area_code, f"MA{number * 7919 % 1_000_000:06d}")


def enterprise_rows(rng: Random, on: date, count: int, names: EnterpriseNames) -> list[Row]:
    """``count`` enterprises of all chains, some with blanks."""
    return [_enterprise(rng, on, number, names) for number in range(1, count + 1)]


def _enterprise(rng: Random, on: date, number: int, names: EnterpriseNames) -> Row:
    trade = rng.choices(TRADES, [trade.weight for trade in TRADES])[0]
    area = _area(rng, trade.chain_code)
    size = rng.choices(tuple(_BUILDS), [build.weight for build in _BUILDS.values()])[0]
    build = _BUILDS[size]
    months = rng.randint(*build.months)
    founded = add_months(on, -months) - timedelta(days=rng.randrange(28))
    revenue = _round(spread(rng, *build.revenue))
    industry = rng.choice(trade.industries)
    grades = _YOUNG_GRADE_WEIGHTS if months < 30 else _GRADE_WEIGHTS
    return row(
        "enterprises",
        uscc=code_of(number, area),
        name=names.draw(rng, place_of(rng, area), trade.trades),
        area_code=None if chance(rng, 1) else area,
        industry_code=_blurred(rng, industry),
        chain_code=trade.chain_code,
        founded_on=None if chance(rng, 6) else founded,
        employees=None if chance(rng, 6) else round(spread(rng, *build.people)),
        revenue_wan=None if chance(rng, 7) else revenue,
        total_assets_wan=None if chance(rng, 9) else _round(revenue * rng.uniform(0.5, 1.7)),
        tiers=_tiers(rng, on, size),
        tax_grade=rng.choices(_GRADES, grades)[0],
        is_first_loan=_first_loan(rng, size, months),
    )


def _area(rng: Random, chain_code: str) -> str:
    if chance(rng, 3):
        return rng.choice(tuple(CITY_PLACES))
    if chain_code in _AREA_OF_CHAIN and chance(rng, 60):
        return rng.choice(_AREA_OF_CHAIN[chain_code])
    return rng.choices(_AREAS, _AREA_WEIGHTS)[0]


def _blurred(rng: Random, industry: str) -> str | None:
    """Mostly the class; now and then only its group, or nothing."""
    draw = rng.random()
    return None if draw < 0.02 else industry[:3] if draw < 0.05 else industry


def _tiers(rng: Random, on: date, size: SizeClass) -> list[TierHeld]:
    held = []
    for tier, chances, months in _RECOGNISED:
        if chance(rng, chances.get(size.value, 0)):
            last = on + timedelta(days=rng.randint(-45, months * 30)) if months else None
            held.append(TierHeld(tier, last))
    return held


def _first_loan(rng: Random, size: SizeClass, months: int) -> bool | None:
    if chance(rng, 9):
        return None
    return size in (SizeClass.MICRO, SizeClass.SMALL) and chance(rng, 55 if months < 36 else 22)


def _round(amount: float) -> int:
    """An amount in 万元 as a finance officer would say it: two figures below a thousand, three above."""
    step = 10 if amount < 1000 else 50 if amount < 10_000 else 100
    return max(step, round(amount / step) * step)
