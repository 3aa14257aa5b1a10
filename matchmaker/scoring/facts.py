"""What the engine reads: the dated facts of both sides, free of any database.

Facts keep their dates (founded_on, valid_to, decided_on …) so that one set of facts can be judged on any date. A
blank cell is None (or an empty tuple for several values) and means *unknown* on the need's side and *asks nothing* on
the product's side. Money is integer fen, percentages are integer millionths of a percent (``domain.rate``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from matchmaker.domain.rate import LprTable, Rate
from matchmaker.domain.terms import (
    BenefitBase,
    CreditKind,
    FulfilmentMode,
    Instrument,
    ProductType,
    Purpose,
    Repayment,
    Security,
    Severity,
    SizeClass,
    TaxGrade,
    Tier,
)
from matchmaker.domain.text import Text
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring.schemes import Scheme, Standing

__all__ = [
    "Asks",
    "Enterprise",
    "Need",
    "Policy",
    "Product",
    "Record",
    "Reference",
    "SizeRule",
    "TierHeld",
]


@dataclass(frozen=True, slots=True)
class Record:
    """One credit record; whether it counts on a date is ``records.counts_on``."""

    source: str
    record_no: str
    kind: CreditKind
    severity: Severity
    occurred_on: date | None = None
    decided_on: date | None = None
    ended_on: date | None = None
    publish_until: date | None = None
    repaired_on: date | None = None
    disputed: bool | None = None


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise as the criteria see it. ``standing``: what it is rated, which decides on the public guarantee."""

    uscc: str
    area_code: str | None = None
    industry_code: str | None = None
    chain_code: str | None = None
    founded_on: date | None = None
    employees: int | None = None
    revenue_fen: int | None = None
    total_assets_fen: int | None = None
    tiers: tuple[TierHeld, ...] = ()
    tax_grade: TaxGrade | None = None
    is_first_loan: bool | None = None
    records: tuple[Record, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A financing need."""

    need_no: str
    enterprise: Enterprise
    amount_fen: int
    term_months: int
    purpose: Purpose
    latest_funding_on: date | None = None
    max_rate: Rate | None = None
    security_offered: tuple[Security, ...] = ()
    repayment: Repayment | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Asks:
    """What a product or a policy asks of the other side; blank asks nothing."""

    chains: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    tiers_any: tuple[Tier, ...] = ()
    size_classes: tuple[SizeClass, ...] = ()
    min_age_months: int | None = None
    revenue_min_fen: int | None = None
    revenue_max_fen: int | None = None
    tax_grades: tuple[TaxGrade, ...] = ()
    first_loan_only: bool | None = None
    excludes_dishonest: bool | None = None
    amount_min_fen: int | None = None
    amount_max_fen: int | None = None
    term_min_months: int | None = None
    term_max_months: int | None = None
    rate_min: Rate | None = None
    security: tuple[Security, ...] = ()
    purposes: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A credit product: what it asks and what it offers."""

    product_code: str
    bank: str
    name: str
    product_type: ProductType
    asks: Asks = field(default_factory=Asks)
    rate_max: Rate | None = None
    fee_pct_e6: int | None = None
    repayment: tuple[Repayment, ...] = ()
    decision_days: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A finance policy: the same criteria as a product, and a benefit instead of a loan."""

    policy_no: str
    title: str
    instrument: Instrument
    asks: Asks = field(default_factory=Asks)
    benefit_rate_pct_e6: int | None = None
    benefit_base: BenefitBase | None = None
    benefit_cap_fen: int | None = None
    benefit_months: int | None = None
    excludes: tuple[str, ...] = ()
    fulfilment_mode: FulfilmentMode | None = None
    conditions: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class SizeRule:
    """One row of the 2011 size classification: two metrics and their thresholds, revenue and assets in fen.

    ``metrics``: one or two of ``employees``, ``revenue``, ``assets``; ``from_*`` hold the lowest value of the class
    for each metric (a value exactly at a threshold belongs to the higher class).
    """

    no: str
    name: str
    scope: tuple[str, ...]
    metrics: tuple[str, ...]
    large_from: tuple[int, ...]
    medium_from: tuple[int, ...]
    small_from: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Dated tables and names that judgement and explanation need."""

    lpr: LprTable = field(default_factory=lambda: LprTable(()))
    size_rules: tuple[SizeRule, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    """The guarantee schemes in use; whether one holds on a day is judged by its dates."""
    sections: Mapping[str, str] = field(default_factory=dict)
    """GB/T 4754 division (two digits) → section letter."""
    names: Mapping[tuple[str, str], Text] = field(default_factory=dict)
    """(``chain`` | ``industry`` | ``area``, code) → name, for sentences only."""
