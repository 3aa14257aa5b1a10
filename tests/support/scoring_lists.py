"""Small random lists dense in edges: few different values, bounds at the values, blanks everywhere."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from matchmaker.domain.guarantee_terms import FeePayer, Grade
from matchmaker.domain.rate import LprQuote, LprTable, Rate
from matchmaker.domain.terms import (
    CreditKind,
    ProductType,
    Purpose,
    Repayment,
    Security,
    Severity,
    SizeClass,
    TaxGrade,
    Tier,
)
from matchmaker.scoring.facts import (
    Asks,
    Enterprise,
    Need,
    Product,
    Record,
    Reference,
    SizeRule,
    TierHeld,
)
from matchmaker.scoring.schemes import Scheme, SchemeGrade, Standing

ON = date(2026, 11, 30)
LPR = LprTable((LprQuote(date(2025, 5, 20), 3_000_000, 3_500_000),))
RULES = (
    SizeRule("2", "工业", ("C",), ("employees", "revenue"), (1000, 4000), (300, 200), (20, 30)),
    SizeRule("4", "批发业", ("51",), ("employees", "revenue"), (200, 4000), (20, 500), (5, 100)),
    SizeRule("16", "其他", ("others",), ("employees",), (300,), (100,), (10,)),
)
SECTIONS = {"35": "C", "51": "F", "70": "K"}
REFERENCES = tuple(Reference(lpr=lpr, size_rules=RULES, sections=SECTIONS) for lpr in (LPR, LprTable(())))

MONEY = st.sampled_from([1, 99, 100, 5000, 10_000, 10_001, 20_000, 10**17])
MONTHS = st.sampled_from([1, 6, 12, 13, 24, 60, 61, 72])
RATES = st.sampled_from(
    [Rate(pct_e6=3_000_000), Rate(pct_e6=3_450_000), Rate(pct_e6=8_000_000)]
    + [Rate(spread_bp=Decimal(bp)) for bp in ("0", "45", "-10", "45.5")]
)
INDUSTRIES = st.sampled_from(["35", "351", "3511", "51", "70", "3", "99"])
AREAS = st.sampled_from(["371002", "371102", "371000", "370000", "371071", "990000"])
WORDS = st.sampled_from(["", "用于扩大生产", "购置数控机床", "出口订单备货", "碳纤维鱼竿", "??", "线上申请，随借随还"])
DAYS = st.sampled_from(
    [
        date(2020, 2, 29),
        date(2021, 11, 30),
        date(2023, 11, 30),
        date(2025, 11, 29),
        date(2025, 11, 30),
        date(2025, 12, 1),
        date(2026, 5, 31),
        ON,
        date(2026, 12, 1),
        date(9999, 12, 31),
    ]
)


def blank(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value or nothing."""
    return st.one_of(st.none(), strategy)


def several(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few different values, often none."""
    return st.one_of(st.just(()), st.lists(strategy, unique=True, max_size=most).map(tuple))


def coded(term: Any) -> st.SearchStrategy[Any]:
    """A member of a coded term."""
    return st.sampled_from(list(term))


records = st.builds(
    Record,
    source=st.just("法院"),
    record_no=st.just("C1"),
    kind=coded(CreditKind),
    severity=coded(Severity),
    occurred_on=blank(DAYS),
    decided_on=blank(DAYS),
    ended_on=blank(DAYS),
    publish_until=blank(DAYS),
    repaired_on=blank(DAYS),
)

enterprises = st.builds(
    Enterprise,
    uscc=st.just("91371002MA00000000"),
    area_code=blank(AREAS),
    industry_code=blank(INDUSTRIES),
    chain_code=blank(st.sampled_from(["TACKLE", "RV", "SEAFOOD"])),
    founded_on=blank(DAYS),
    employees=blank(st.sampled_from([0, 5, 19, 20, 300, 1000])),
    revenue_fen=blank(MONEY),
    total_assets_fen=blank(MONEY),
    tiers=several(st.builds(TierHeld, coded(Tier), blank(DAYS))),
    tax_grade=blank(coded(TaxGrade)),
    is_first_loan=blank(st.booleans()),
    records=several(records, 2),
    standing=blank(st.builds(Standing, coded(Grade), st.just("PJ-1"), DAYS, DAYS)),
)

schemes = st.builds(
    Scheme,
    scheme_code=st.sampled_from(["S1", "S2"]),
    name=st.just("示例方案"),
    org_code=st.just("D01"),
    fee_e6=st.sampled_from([0, 500_000, 1_000_000]),
    fee_payer=coded(FeePayer),
    grades=st.dictionaries(coded(Grade), MONEY, max_size=4).map(
        lambda most: tuple(SchemeGrade(grade, fen) for grade, fen in most.items())
    ),
    valid_from=blank(DAYS),
    valid_to=blank(DAYS),
    areas=several(AREAS, 2),
    chains=several(st.sampled_from(["TACKLE", "RV"]), 2),
    banks=several(st.sampled_from(["B01", "B02"]), 2),
    term_max_months=blank(MONTHS),
)

references = st.builds(
    replace,
    st.sampled_from(REFERENCES),
    schemes=st.lists(schemes, unique_by=lambda scheme: scheme.scheme_code, max_size=2).map(tuple),
)
"""Tables with and without an LPR, and up to two guarantee schemes."""

asks = st.builds(
    Asks,
    chains=several(st.sampled_from(["TACKLE", "RV"])),
    industries=several(INDUSTRIES),
    areas=several(AREAS),
    tiers_any=several(coded(Tier)),
    size_classes=several(coded(SizeClass)),
    min_age_months=blank(st.sampled_from([0, 6, 12, 24, 36, 10**6])),
    revenue_min_fen=blank(MONEY),
    revenue_max_fen=blank(MONEY),
    tax_grades=several(coded(TaxGrade)),
    first_loan_only=blank(st.booleans()),
    excludes_dishonest=blank(st.booleans()),
    amount_min_fen=blank(MONEY),
    amount_max_fen=blank(MONEY),
    term_min_months=blank(MONTHS),
    term_max_months=blank(MONTHS),
    rate_min=blank(RATES),
    security=several(st.sampled_from(list(Security)[:6])),
    purposes=several(coded(Purpose)),
)

SOME_ASKS = list(Asks.__dataclass_fields__)


@st.composite
def mild_asks(draw: st.DrawFn) -> Asks:
    """Asks of which only a few cells are filled, so that every verdict comes up."""
    drawn = draw(asks)
    kept = draw(st.sets(st.sampled_from(SOME_ASKS), max_size=4))
    return Asks(**{name: getattr(drawn, name) for name in kept})


def needs(number: int) -> st.SearchStrategy[Need]:
    """The ``number``-th need of a list."""
    return st.builds(
        Need,
        need_no=st.just(f"XQ-{number:03d}"),
        enterprise=enterprises,
        amount_fen=MONEY,
        term_months=MONTHS,
        purpose=coded(Purpose),
        max_rate=blank(RATES),
        security_offered=several(coded(Security)),
        repayment=blank(coded(Repayment)),
        description=WORDS,
    )


def products(number: int) -> st.SearchStrategy[Product]:
    """The ``number``-th product of a list."""
    return st.builds(
        Product,
        product_code=st.just(f"P{number:03d}"),
        bank=st.just("示例银行"),
        name=st.sampled_from(["技改贷", "订单贷", "流水贷"]),
        product_type=coded(ProductType),
        asks=st.one_of(mild_asks(), mild_asks(), asks),
        rate_max=blank(RATES),
        fee_pct_e6=blank(st.sampled_from([0, 1, 500_000, 3_000_000])),
        repayment=several(coded(Repayment)),
        decision_days=blank(st.sampled_from([0, 1, 2, 30, 31, 365])),
        description=WORDS,
    )


def lists_of(entry: Any, most: int) -> st.SearchStrategy[list[Any]]:
    """Up to ``most`` entries with different keys, in any order."""
    numbers = st.lists(st.integers(0, 99), unique=True, max_size=most)
    return numbers.flatmap(lambda chosen: st.tuples(*(entry(number) for number in chosen)).map(list))
