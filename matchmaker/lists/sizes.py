"""Size class of a listed enterprise, by the register of size rules."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.terms import EntryStatus, SizeClass
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Enterprise
from matchmaker.lists.registers import Industry, SizeRuleRow
from matchmaker.scoring import facts
from matchmaker.scoring.size import size_class


def size_of(session: Session, firm: Enterprise) -> SizeClass | None:
    """The class by 工信部联企业〔2011〕300号; None where the industry or a figure that the rule needs is not known."""
    published = SizeRuleRow.status == EntryStatus.PUBLISHED
    rows = session.scalars(select(SizeRuleRow).where(published)).all()
    names = [f.attribute for f in fields_of(SizeRuleRow)]
    rules = sorted((size_rule_of({n: getattr(row, n) for n in names}) for row in rows), key=lambda rule: rule.no)
    divisions = session.scalars(select(Industry).where(Industry.level == "division"))
    asked = facts.Enterprise(
        firm.uscc, industry_code=firm.industry_code, employees=firm.employees, revenue_fen=firm.revenue_fen,
        total_assets_fen=firm.total_assets_fen,
    )  # fmt: skip
    return size_class(asked, rules, {one.code: one.section for one in divisions if one.section})


def size_rule_of(values: Mapping[str, Any]) -> facts.SizeRule:
    """A rule from a row's values (attribute → value). Thresholds in 万元 become fen; persons stay persons."""
    metrics = tuple(values[f"metric_{n}"] for n in (1, 2) if values[f"metric_{n}"])
    factors = tuple(1 if metric == "employees" else FEN_PER_WAN for metric in metrics)

    def bounds(name: str) -> tuple[int, ...]:
        return tuple(values[f"{name}_{n}"] * factor for n, factor in enumerate(factors, 1))

    return facts.SizeRule(
        no=values["no"],
        name=values["industry_zh"],
        scope=values["gbt4754_scope"],
        metrics=metrics,
        large_from=bounds("sme_below"),
        medium_from=bounds("medium_from"),
        small_from=bounds("small_from"),
    )
