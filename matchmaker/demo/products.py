"""Sample credit products of the fictional banks, drawn from the shapes."""

from datetime import date, timedelta
from random import Random

from matchmaker.demo.enterprises import chance
from matchmaker.demo.organisations import BANK_AREAS, BANKS, CITY, LEASING
from matchmaker.demo.rows import Row, row
from matchmaker.demo.shapes import SHAPES, Shape
from matchmaker.demo.trades import TRADES
from matchmaker.domain.terms import ProductType, Security, SizeClass, Tier

PROVINCE = "370000"
NOT_FOR_PATENTS = "TACKLE"
"""The chain for which no bank takes a patent as security: the gap that the monthly report shows."""

_SERIES = (
    "扬帆", "潮涌", "渔火", "同舟", "海链", "蓝湾", "智造", "启航", "乘风", "聚链", "稳企", "织海", "归航",
    "望海", "星汉", "银桥",
)  # fmt: skip
_FIRST_SERIAL = 11
"""Codes below belong to the stories."""
_CHAINS = tuple(trade.chain_code for trade in TRADES if trade.chain_code)
_SECTORS = (
    ("34", "35", "36", "37", "38", "39"),
    ("13", "14", "0411", "0421"),
    ("17", "18", "24"),
    ("26", "28", "30"),
    ("358", "277", "2761"),
    ("373", "3734", "3737"),
    ("3812", "3813", "3670"),
)
_COUNTIES = ("371002", "371003", "371071", "371072", "371073", "371082", "371083")


def product_rows(rng: Random, on: date, count: int) -> list[Row]:
    """``count`` products spread over all banks; every shape occurs when ``count`` allows.

    A few are past their last day or not yet valid on ``on``.
    """
    rows: list[Row] = []
    lenders = [bank for bank in BANKS if bank[0] != LEASING]
    names: set[tuple[str, str]] = set()
    lease = next(shape for shape in SHAPES if shape.product_type is ProductType.FINANCE_LEASE)
    for place in range(count):
        shape = SHAPES[place] if place < len(SHAPES) else rng.choices(SHAPES, [shape.weight for shape in SHAPES])[0]
        org_code, short = BANKS[-1] if shape is lease else lenders[place % len(lenders)]
        name = _name(rng, shape, short, names)
        rows.append(_product(rng, on, shape, (org_code, short, name), _FIRST_SERIAL + place))
    return rows


def _name(rng: Random, shape: Shape, bank: str, taken: set[tuple[str, str]]) -> str:
    """A name that the bank has not used yet; a second edition when the words run out."""
    for edition in ("", "2.0", "3.0", "4.0"):
        for _ in range(60):
            name = f"{rng.choice(_SERIES)}·{rng.choice(shape.names)}{edition}"
            if (bank, name) not in taken:
                taken.add((bank, name))
                return name
    raise ValueError(f"{bank} has too many products for the sample names")


def _product(rng: Random, on: date, shape: Shape, who: tuple[str, str, str], serial: int) -> Row:
    org_code, short, name = who
    chains = _chains(rng, shape)
    rate_min, rate_max = _rates(rng, shape)
    valid_from, valid_to = _validity(rng, on)
    text = shape.text if not chains else f"{shape.text}优先支持名单内产业链企业。"
    return row(
        "products",
        product_code=f"{org_code}P{serial:04d}",
        bank_name=short,
        name=name,
        product_type=shape.product_type,
        amount_min_wan=rng.choice(shape.floors),
        amount_max_wan=rng.choice(shape.limits),
        term_min_months=None if shape.shortest == 1 else shape.shortest,
        term_max_months=rng.choice(shape.longest),
        rate_min_pct=rate_min,
        rate_max_pct=rate_max,
        fee_pct=rng.choice(shape.fees) if shape.fees else None,
        security=shape.security,
        purposes=shape.purposes,
        repayment=shape.repayment,
        chains=chains,
        industries=rng.choice(_SECTORS) if not chains and chance(rng, 18) else None,
        areas=_areas(rng, org_code),
        tiers_any=_tiers(rng, shape),
        size_classes=_sizes(rng, shape),
        min_age_months=rng.choice(shape.ages) if shape.ages and chance(rng, 75) else None,
        revenue_min_wan=rng.choice(shape.revenue_min) if shape.revenue_min else None,
        revenue_max_wan=rng.choice(shape.revenue_max) if shape.revenue_max else None,
        tax_grades=tuple(shape.grades) if chance(rng, 75) else None,
        first_loan_only=True if shape.first_loan else None,
        excludes_dishonest=True if chance(rng, 70) else None,
        decision_days=rng.randint(*shape.days),
        lead_capacity_month=rng.choice((None, 3, 5, 8, 10, 20, 30)),
        valid_from=valid_from,
        valid_to=valid_to,
        description=text,
    )


def _chains(rng: Random, shape: Shape) -> list[str] | None:
    """Chains in the register's order, or None for all; a product that takes patents is never for the tackle chain."""
    open_to = [code for code in _CHAINS if Security.IP_PLEDGE not in shape.security or code != NOT_FOR_PATENTS]
    if not chance(rng, shape.chain_share):
        return None
    chosen = rng.sample(open_to, rng.choice((1, 2, 3, 4, 5)))
    return [code for code in open_to if code in chosen]


def _rates(rng: Random, shape: Shape) -> tuple[str, str]:
    """Lowest and highest rate, both on LPR or both fixed (as if LPR were 3 %)."""
    low = rng.randrange(shape.spread[0], shape.spread[1] + 1, 5)
    high = low + rng.randrange(20, 121, 10)
    if chance(rng, 55):
        return _on_lpr(low), _on_lpr(high)
    return f"{(300 + low) / 100:.2f}", f"{(300 + high) / 100:.2f}"


def _on_lpr(points: int) -> str:
    return f"LPR{'-' if points < 0 else '+'}{abs(points)}BP"


def _validity(rng: Random, on: date) -> tuple[date | None, date | None]:
    draw = rng.random()
    if draw < 0.04:
        return on + timedelta(days=rng.randint(5, 40)), None
    if draw < 0.09:
        return on - timedelta(days=rng.randint(300, 700)), on - timedelta(days=rng.randint(1, 60))
    start = None if draw > 0.92 else on - timedelta(days=rng.randint(20, 700))
    return start, None if rng.random() < 0.5 else on + timedelta(days=rng.randint(30, 600))


def _areas(rng: Random, org_code: str) -> tuple[str, ...] | None:
    home = BANK_AREAS[org_code]
    if home != CITY:
        return (home,) if chance(rng, 65) else (CITY,)
    draw = rng.random()
    if draw < 0.28:
        return None
    if draw < 0.82:
        return (CITY,)
    return (PROVINCE,) if draw < 0.92 else tuple(sorted(rng.sample(_COUNTIES, 3)))


def _tiers(rng: Random, shape: Shape) -> list[Tier] | None:
    if not shape.tiers:
        return None
    chosen = rng.sample(shape.tiers, rng.choice((2, 3, 4)))
    return [tier for tier in shape.tiers if tier in chosen]


def _sizes(rng: Random, shape: Shape) -> tuple[SizeClass, ...] | None:
    if shape.small_only:
        return (SizeClass.MICRO, SizeClass.SMALL)
    return (SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM) if chance(rng, 25) else None
