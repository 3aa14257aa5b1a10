"""Missing facts that could be supplied: for each, the least favourable value with which the pair would pass.

Nothing here says that a fact *is* so; the value is tested by the engine and told as "if it is at least …".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from matchmaker.domain.periods import add_months, whole_months
from matchmaker.domain.terms import Result, Security, SizeClass, TaxGrade
from matchmaker.scoring.facts import Asks, Enterprise, Need, Reference, SizeRule
from matchmaker.scoring.moves import Move
from matchmaker.scoring.size import ASCENDING, METRIC_FACTS, size_class, size_rule

METRICS = {fact: metric for metric, fact in METRIC_FACTS.items()}


def supplies(key: str, need: Need, asks: Asks, on: date, reference: Reference) -> Iterator[Move]:
    """Supplied facts that may settle the unknown criterion ``key``; none where nobody can supply what is missing."""
    missing = _Missing(need.enterprise, asks, on, reference)
    return SUPPLIES[key](missing) if key in SUPPLIES else iter(())


class _Missing(NamedTuple):
    """What a supply is worked out from."""

    enterprise: Enterprise
    asks: Asks
    on: date
    reference: Reference


def _for_size(missing: _Missing) -> Iterator[Move]:
    enterprise, asks, _, reference = missing
    if enterprise.industry_code is None:
        yield from _industry_for_size(enterprise, asks, reference)
    for field in missing_metrics(enterprise, reference):
        yield from _numbers(field, enterprise, asks, reference)


def _revenue(missing: _Missing) -> Iterator[Move]:
    return _numbers("revenue_fen", missing.enterprise, missing.asks, missing.reference)


def _area(missing: _Missing) -> Iterator[Move]:
    areas = missing.asks.areas
    yield Move("supply_fact", "area_code", None, areas[0], any_of=areas)


def _tax_grade(missing: _Missing) -> Iterator[Move]:
    grades = tuple(grade for grade in TaxGrade if grade in missing.asks.tax_grades)
    yield Move("supply_fact", "tax_grade", None, grades[-1], any_of=grades)


def _first_loan(_: _Missing) -> Iterator[Move]:
    yield Move("supply_fact", "is_first_loan", None, True)


def _security(missing: _Missing) -> Iterator[Move]:
    accepted = tuple(kind for kind in Security if kind in missing.asks.security)
    yield Move("supply_fact", "security_offered", None, accepted[:1], any_of=accepted)


def _never_missing(_: _Missing) -> Iterator[Move]:
    """A fact that every need states: it is only unknown of an enterprise without a need, which has no repairs."""
    return iter(())


def missing_metrics(enterprise: Enterprise, reference: Reference) -> tuple[str, ...]:
    """The blank facts that the size rule of the enterprise's industry needs; empty while the industry is blank."""
    rule = _rule(enterprise, reference)
    names = [METRIC_FACTS[metric] for metric in rule.metrics] if rule else []
    return tuple(name for name in names if getattr(enterprise, name) is None)


def _rule(enterprise: Enterprise, reference: Reference) -> SizeRule | None:
    if enterprise.industry_code is None:
        return None
    return size_rule(enterprise.industry_code, reference.size_rules, reference.sections)


def _industries(missing: _Missing) -> Iterator[Move]:
    """Codes asked for that complete the one written: those that fit as they are together, the others one by one."""
    enterprise, asks, _, reference = missing
    written = enterprise.industry_code
    together, alone = [], []
    for code in asks.industries:
        if code.startswith(written or ""):
            found = _size(replace(enterprise, industry_code=code), asks, reference)
            if found is Result.PASS:
                together.append(code)
            elif found is Result.UNKNOWN:
                alone.append(code)
    if together:
        yield Move("supply_fact", "industry_code", written, together[0], any_of=tuple(together))
    for code in alone:
        yield Move("supply_fact", "industry_code", written, code, any_of=(code,))


def _industry_for_size(enterprise: Enterprise, asks: Asks, reference: Reference) -> Iterator[Move]:
    """Any industry by whose rule the figures known give a size that is asked for."""
    for rule in reference.size_rules:
        code = _example(rule, reference.sections)
        if code and _size(replace(enterprise, industry_code=code), asks, reference) is Result.PASS:
            classes = tuple(size for size in SizeClass if size in asks.size_classes)
            yield Move("supply_fact", "industry_code", None, code, any_of=classes)
            return


def _example(rule: SizeRule, sections: Mapping[str, str]) -> str | None:
    """A code to which the rule applies: one of its scope, or a division of its section."""
    for scope in rule.scope:
        if scope.isdigit():
            return scope
        for division, section in sections.items():
            if section == scope:
                return division
    return None


def _size(enterprise: Enterprise, asks: Asks, reference: Reference) -> Result:
    if not asks.size_classes:
        return Result.PASS
    size = size_class(enterprise, reference.size_rules, reference.sections)
    if size is None:
        return Result.UNKNOWN
    return Result.PASS if size in asks.size_classes else Result.FAIL


def _numbers(field: str, enterprise: Enterprise, asks: Asks, reference: Reference) -> Iterator[Move]:
    """Ranges of a blank figure that satisfy all that asks for it."""
    least, most = 0, None
    if field == "revenue_fen":
        least, most = asks.revenue_min_fen or 0, asks.revenue_max_fen
    for low, high in _ranges_for_size(field, enterprise, asks, reference):
        lower = max(least, low)
        upper = min((bound for bound in (most, high) if bound is not None), default=None)
        if upper is None or lower <= upper:
            to = upper if lower == 0 and upper is not None else lower
            yield Move("supply_fact", field, None, to, low=lower or None, high=upper)


def _ranges_for_size(
    field: str, enterprise: Enterprise, asks: Asks, reference: Reference
) -> Iterator[tuple[int, int | None]]:
    """Where the size is asked for: a range for each run of classes asked for. Else anything."""
    rule, metric = _rule(enterprise, reference), METRICS[field]
    if not asks.size_classes or rule is None or metric not in rule.metrics:
        yield 0, None
        return
    place = rule.metrics.index(metric)
    bounds = [0, rule.small_from[place], rule.medium_from[place], rule.large_from[place]]
    known = _lowest_known(rule, enterprise)
    for bottom, top in _runs(asks.size_classes):
        open_end = top == len(bounds) - 1 or (known is not None and known <= top)
        yield bounds[bottom], None if open_end else bounds[top + 1] - 1


def _lowest_known(rule: SizeRule, enterprise: Enterprise) -> int | None:
    """The rank of the lowest class among the rule's figures that are known: the size is no higher."""
    ranks = []
    for place, metric in enumerate(rule.metrics):
        amount = getattr(enterprise, METRIC_FACTS[metric])
        if amount is not None:
            bounds = (rule.small_from[place], rule.medium_from[place], rule.large_from[place])
            ranks.append(sum(amount >= bound for bound in bounds))
    return min(ranks, default=None)


def _runs(classes: tuple[SizeClass, ...]) -> list[tuple[int, int]]:
    """Unbroken runs of ranks: micro, small and large → (0, 1), (3, 3)."""
    runs: list[tuple[int, int]] = []
    for rank, size in enumerate(ASCENDING):
        if size not in classes:
            continue
        if runs and runs[-1][1] == rank - 1:
            runs[-1] = (runs[-1][0], rank)
        else:
            runs.append((rank, rank))
    return runs


def _founding(missing: _Missing) -> Iterator[Move]:
    latest = latest_founding(missing.on, missing.asks.min_age_months or 0)
    if latest is not None:
        yield Move("supply_fact", "founded_on", None, latest, high=latest)


def latest_founding(on: date, months: int) -> date | None:
    """The last founding date that makes ``months`` whole months on ``on``; None before the calendar begins.

    On the last day of a short month later days of a longer month pass too: one month on 2026-02-28 since 2026-01-31.
    """
    try:
        latest = add_months(on, -months)
    except ValueError:
        return None
    while latest < on and whole_months(latest + timedelta(days=1), on) >= months:
        latest += timedelta(days=1)
    return latest


def blank_facts(names: tuple[str, ...], enterprise: Enterprise, need: Need | None) -> tuple[str, ...]:
    """Those of the facts that are blank; a fact of the need is blank where there is no need."""
    return tuple(name for name in names if _value(name, enterprise, need) in (None, ()))


def _value(name: str, enterprise: Enterprise, need: Need | None) -> Any:
    return getattr(enterprise, name) if hasattr(enterprise, name) else getattr(need, name, None)


SUPPLIES: dict[str, Callable[[_Missing], Iterator[Move]]] = {
    "industry": _industries,
    "area": _area,
    "size": _for_size,
    "age": _founding,
    "revenue_min": _revenue,
    "revenue_max": _revenue,
    "tax_grade": _tax_grade,
    "first_loan": _first_loan,
    "security": _security,
    "purpose": _never_missing,
}
"""Criterion that names facts → how they could be supplied."""
