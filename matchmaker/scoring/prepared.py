"""Facts made ready for one date: everything that depends on the day is worked out once, not once a pair.

``NeedOn`` is the asking side (an enterprise, with or without a need), ``AsksOn`` what a product or policy asks of it,
``ProductOn`` a product with what the score reads. Judgement and score read these only.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from matchmaker.domain.areas import trim_area
from matchmaker.domain.money import FEN_PER_YUAN
from matchmaker.domain.periods import whole_months
from matchmaker.domain.rate import LONG_TERM_MONTHS, LprTable, Rate
from matchmaker.domain.terms import Purpose, Repayment, Security, SizeClass, TaxGrade, Tier
from matchmaker.scoring.facts import Asks, Enterprise, Need, Policy, Product, Record, Reference
from matchmaker.scoring.public_guarantee import NOT_ASKED, Availability, availability
from matchmaker.scoring.records import counts_on
from matchmaker.scoring.schemes import Cover
from matchmaker.scoring.size import size_class
from matchmaker.scoring.text import Vector, vector_of

WAITING_DAYS = 365
"""How far ahead the day may lie on which waiting repairs the age."""

NO_BOUND_YUAN = 10**16
NO_BOUND_MONTHS = 10**6
UNSTATED_E6 = 10**12
UNSTATED_DAYS = 10**6
"""Stand-ins for blanks in the integer formulas of the score: no upper bound; a rate, fee or time nobody has stated."""

UNSTATED_SPREAD_E6 = 1_000_000
"""A product that states only its lowest rate is scored as if the highest were one percentage point above it."""

REPAYMENT_BITS = {code: bit for bit, code in enumerate(Repayment)}
NO_WISH_BIT = len(REPAYMENT_BITS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeedOn:
    """An enterprise and, unless ``facts`` is None, its need, on the day ``on``.

    ``age_in_a_year`` is the age 365 days later. ``adverse`` are the records that count on the day. ``offered`` holds
    GUARANTEE when the public guarantee can be had, of which ``guarantee`` says the terms or why it cannot;
    ``offered_known`` says whether the need's own cell was filled.
    ``max_rate_e6`` is None when blank (``max_rate_given`` False) or when no LPR is known for the day.
    """

    facts: Need | None
    enterprise: Enterprise
    on: date
    chain: str | None
    industry: str | None
    area: str | None
    tiers: frozenset[Tier]
    size: SizeClass | None
    age_months: int | None
    age_in_a_year: int | None
    revenue_fen: int | None
    tax_grade: TaxGrade | None
    is_first_loan: bool | None
    adverse: tuple[Record, ...]
    is_clean: bool
    amount_fen: int | None = None
    term_months: int | None = None
    max_rate_given: bool = False
    max_rate_e6: int | None = None
    offered: frozenset[Security] = frozenset()
    offered_known: bool = False
    guarantee: Availability = NOT_ASKED
    purpose: Purpose | None = None
    amount_yuan: int = 1
    term: int = 1
    is_long_term: int = 0
    repayment_bit: int = NO_WISH_BIT
    text: Vector = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AsksOn:
    """What a product or policy asks, on one day; None and empty ask nothing.

    ``areas`` have lost their trailing pairs 00. ``rate_min_e6`` is None when blank (``rate_min_given`` False) or when
    no LPR is known for the day.
    """

    chains: frozenset[str]
    industries: tuple[str, ...]
    areas: tuple[str, ...]
    tiers_any: frozenset[Tier]
    size_classes: frozenset[SizeClass]
    min_age_months: int | None
    revenue_min_fen: int | None
    revenue_max_fen: int | None
    tax_grades: frozenset[TaxGrade]
    first_loan_only: bool | None
    excludes_dishonest: bool | None
    amount_min_fen: int | None
    amount_max_fen: int | None
    term_min_months: int | None
    term_max_months: int | None
    rate_min_given: bool
    rate_min_e6: int | None
    security: frozenset[Security]
    purposes: frozenset[Purpose]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProductOn(AsksOn):
    """A product on one day: what it asks, its rates on that day, and the integers the score reads.

    ``twice_middle_short_e6`` and ``twice_middle_long_e6`` are lowest plus highest rate for a loan of up to and of more
    than 60 months (they differ only for spreads on the LPR). ``security_ease`` is 2 where nothing need be given, else
    1. Blanks are the stand-ins above.
    """

    facts: Product
    code: str
    rate_max_e6: int | None
    twice_middle_short_e6: int
    twice_middle_long_e6: int
    fee_e6: int
    decision_days: int
    amount_max_yuan: int
    term_max: int
    has_own_chains: int
    security_ease: int
    repayment_mask: int
    text: Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicyOn(AsksOn):
    """A policy on one day."""

    facts: Policy


def in_market(entry: Product | Policy, on: date) -> bool:
    """Whether ``on`` lies within the entry's validity; a blank date is open-ended (CONTRACT.md section 3)."""
    return (entry.valid_from is None or entry.valid_from <= on) and (entry.valid_to is None or on <= entry.valid_to)


def prepare_enterprise(enterprise: Enterprise, on: date, reference: Reference) -> NeedOn:
    """An enterprise without a need: whatever is asked of the need itself will be unknown."""
    return _asking_side(enterprise, None, on, reference)


def prepare_need(need: Need, on: date, reference: Reference) -> NeedOn:
    """A need and its enterprise on a day. A spread as highest rate is resolved by the need's own term."""
    return _asking_side(need.enterprise, need, on, reference)


def _asking_side(enterprise: Enterprise, need: Need | None, on: date, reference: Reference) -> NeedOn:
    founded = enterprise.founded_on
    adverse = tuple(record for record in enterprise.records if counts_on(record, on))
    return NeedOn(
        facts=need,
        enterprise=enterprise,
        on=on,
        chain=enterprise.chain_code,
        industry=enterprise.industry_code,
        area=enterprise.area_code,
        tiers=frozenset(held.tier for held in enterprise.tiers if held.held_on(on)),
        size=size_class(enterprise, reference.size_rules, reference.sections),
        age_months=None if founded is None else whole_months(founded, on),
        age_in_a_year=None if founded is None else whole_months(founded, last_day_to_wait_for(on)),
        revenue_fen=enterprise.revenue_fen,
        tax_grade=enterprise.tax_grade,
        is_first_loan=enterprise.is_first_loan,
        adverse=adverse,
        is_clean=not adverse,
        **({} if need is None else _of_need(need, on, reference)),
    )


def _of_need(need: Need, on: date, reference: Reference) -> dict[str, Any]:
    offered = frozenset(need.security_offered) - {Security.NONE}
    guarantee = availability(reference.schemes, need.enterprise, need.amount_fen, on)
    return {
        "amount_fen": need.amount_fen,
        "term_months": need.term_months,
        "max_rate_given": need.max_rate is not None,
        "max_rate_e6": reference.lpr.resolve(need.max_rate, on, need.term_months),
        "offered": offered | {Security.GUARANTEE} if guarantee.cover else offered,
        "guarantee": guarantee,
        "offered_known": bool(need.security_offered),
        "purpose": need.purpose,
        "amount_yuan": max(1, -(-need.amount_fen // FEN_PER_YUAN)),
        "term": max(1, need.term_months),
        "is_long_term": int(need.term_months > LONG_TERM_MONTHS),
        "repayment_bit": NO_WISH_BIT if need.repayment is None else REPAYMENT_BITS[need.repayment],
        "text": vector_of(f"{need.purpose.label.zh} {need.description}"),
    }


def last_day_to_wait_for(on: date) -> date:
    """The last day on which waiting may still repair a failure (365 days after ``on``)."""
    return on + min(timedelta(days=WAITING_DAYS), date.max - on)


def prepare_asks(asks: Asks, on: date, reference: Reference) -> AsksOn:
    """What is asked, on a day. A spread is resolved by the longest term (5-year LPR above 60 months)."""
    return AsksOn(**_of_asks(asks, on, reference.lpr))


def prepare_policy(policy: Policy, on: date, reference: Reference) -> PolicyOn:
    """A policy on a day."""
    return PolicyOn(facts=policy, **_of_asks(policy.asks, on, reference.lpr))


def prepare_product(product: Product, on: date, reference: Reference) -> ProductOn:
    """A product on a day, with its rates resolved for that day."""
    asks, lpr = product.asks, reference.lpr
    return ProductOn(
        facts=product,
        code=product.product_code,
        rate_max_e6=lpr.resolve(product.rate_max, on, asks.term_max_months),
        twice_middle_short_e6=_twice_the_middle(asks.rate_min, product.rate_max, on, lpr, LONG_TERM_MONTHS),
        twice_middle_long_e6=_twice_the_middle(asks.rate_min, product.rate_max, on, lpr, LONG_TERM_MONTHS + 1),
        fee_e6=UNSTATED_E6 if product.fee_pct_e6 is None else product.fee_pct_e6,
        decision_days=UNSTATED_DAYS if product.decision_days is None else product.decision_days,
        amount_max_yuan=NO_BOUND_YUAN if asks.amount_max_fen is None else asks.amount_max_fen // FEN_PER_YUAN,
        term_max=NO_BOUND_MONTHS if asks.term_max_months is None else asks.term_max_months,
        has_own_chains=int(bool(asks.chains)),
        security_ease=2 if Security.CREDIT in asks.security else 1,
        repayment_mask=(1 << NO_WISH_BIT) | sum({1 << REPAYMENT_BITS[code] for code in product.repayment}),
        text=vector_of(f"{product.name} {product.description}"),
        **_of_asks(asks, on, lpr),
    )


def _twice_the_middle(low: Rate | None, high: Rate | None, on: date, lpr: LprTable, term_months: int) -> int:
    """Resolved by the loan's own term, so that a longer ``term_max`` alone never makes a product look dearer."""
    lowest, highest = lpr.resolve(low, on, term_months), lpr.resolve(high, on, term_months)
    if lowest is None:
        return UNSTATED_E6 if highest is None else 2 * highest
    return 2 * lowest + UNSTATED_SPREAD_E6 if highest is None else lowest + highest


def _of_asks(asks: Asks, on: date, lpr: LprTable) -> dict[str, Any]:
    return {
        "chains": frozenset(asks.chains),
        "industries": asks.industries,
        "areas": tuple(trim_area(area) for area in asks.areas),
        "tiers_any": frozenset(asks.tiers_any),
        "size_classes": frozenset(asks.size_classes),
        "min_age_months": asks.min_age_months,
        "revenue_min_fen": asks.revenue_min_fen,
        "revenue_max_fen": asks.revenue_max_fen,
        "tax_grades": frozenset(asks.tax_grades),
        "first_loan_only": asks.first_loan_only,
        "excludes_dishonest": asks.excludes_dishonest,
        "amount_min_fen": asks.amount_min_fen,
        "amount_max_fen": asks.amount_max_fen,
        "term_min_months": asks.term_min_months,
        "term_max_months": asks.term_max_months,
        "rate_min_given": asks.rate_min is not None,
        "rate_min_e6": lpr.resolve(asks.rate_min, on, asks.term_max_months),
        "security": frozenset(asks.security),
        "purposes": frozenset(asks.purposes),
    }


def cover_used(need: NeedOn, asks: AsksOn | Asks) -> Cover | None:
    """The public guarantee where it alone meets what is asked as security; None where something else does, too."""
    wanted = frozenset(asks.security)
    if need.facts is None or Security.GUARANTEE not in wanted or Security.CREDIT in wanted:
        return None
    own = frozenset(need.facts.security_offered) - {Security.NONE}
    return None if wanted & own else need.guarantee.cover
