"""Size class of an enterprise by the 2011 rule (工信部联企业〔2011〕300号)."""

from collections.abc import Mapping, Sequence

from matchmaker.domain.terms import SizeClass
from matchmaker.scoring.facts import Enterprise, SizeRule

OTHERS = "others"
METRIC_FACTS = {"employees": "employees", "revenue": "revenue_fen", "assets": "total_assets_fen"}
"""Metric of a rule → the enterprise's fact."""

ASCENDING = tuple(SizeClass)


def size_rule(industry_code: str, rules: Sequence[SizeRule], sections: Mapping[str, str]) -> SizeRule | None:
    """The rule for an industry: longest fitting GB/T prefix, else its section's letter, else ``others``.

    ``sections`` maps the two-digit division to its letter. None only when the table lacks the row ``others``.
    """
    by_scope = {scope: rule for rule in rules for scope in rule.scope}
    for length in range(len(industry_code), 0, -1):
        if industry_code[:length] in by_scope:
            return by_scope[industry_code[:length]]
    return by_scope.get(sections.get(industry_code[:2], OTHERS)) or by_scope.get(OTHERS)


def size_class(enterprise: Enterprise, rules: Sequence[SizeRule], sections: Mapping[str, str]) -> SizeClass | None:
    """The lower class of the rule's metrics; None when the industry or a metric the rule needs is blank.

    An amount exactly at a threshold belongs to the higher class. Source: 工信部联企业〔2011〕300号 as tabulated in
    ``data/sme_size_classes_2011_300.csv``; CONTRACT.md section 3, ``size``.
    """
    if enterprise.industry_code is None:
        return None
    rule = size_rule(enterprise.industry_code, rules, sections)
    if rule is None:
        return None
    ranks = []
    for place, metric in enumerate(rule.metrics):
        amount: int | None = getattr(enterprise, METRIC_FACTS[metric])
        if amount is None:
            return None
        bounds = (rule.small_from[place], rule.medium_from[place], rule.large_from[place])
        ranks.append(sum(amount >= bound for bound in bounds))
    return ASCENDING[min(ranks)]
