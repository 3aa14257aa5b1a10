"""What the limits of a case are reckoned from, read from the registers as they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.guarantee_registers import (
    UNIT_OF,
    GuaranteeLimit,
    Guarantor,
    RelatedGroup,
    RiskWeight,
    Scheme,
    SchemeGrade,
)
from matchmaker.scoring.exposure import Covered, Weight
from matchmaker.scoring.limits import Bound, GuarantorTerms, SchemeTerms
from matchmaker.scoring.statutory import missing_statutory


@dataclass(frozen=True, slots=True)
class Rules:
    """All that a case of one guarantor, scheme and grade is measured by."""

    guarantor: GuarantorTerms
    scheme: SchemeTerms
    bounds: tuple[Bound, ...]
    weights: tuple[Weight, ...]


def rules_for(session: Session, covered: Covered) -> Rules:
    """The rules of a case; ConflictError where guarantor or scheme are not registered, or a bound that the law sets."""
    guarantor, bounds = guarantor_terms(session, covered.org_code), load_bounds(session)
    missing = missing_statutory(bounds, guarantor)
    if missing:
        kinds = Text("、".join(one.label.zh for one in missing), ", ".join(one.label.en for one in missing))
        raise ConflictError(_NO_STATUTE, code="statutory_limits", org=covered.org_code, kinds=kinds)
    return Rules(guarantor, _scheme_terms(session, covered), bounds, load_weights(session))


def guarantor_terms(session: Session, org_code: str) -> GuarantorTerms:
    """What the register says of a guarantor; ConflictError where it says nothing."""
    row = session.scalar(_standing(Guarantor).where(Guarantor.org_code == org_code))
    if row is None:
        raise ConflictError(_NO_GUARANTOR, code="guarantor_unknown", org=org_code)
    return _terms(row)


def guarantors_by_code(session: Session) -> dict[str, GuarantorTerms]:
    """Code → terms of every registered guarantor."""
    return {row.org_code: _terms(row) for row in session.scalars(_standing(Guarantor))}


def _terms(row: Guarantor) -> GuarantorTerms:
    return GuarantorTerms(row.org_code, row.kind, row.net_assets_fen, bool(row.mainly_small))


def schemes_by_code(session: Session) -> dict[str, SchemeTerms]:
    """Code → what bounds a scheme whatever the grade; its name stands for the source."""
    return {row.scheme_code: _bounds_of(row) for row in session.scalars(_standing(Scheme))}


def claim_days(session: Session) -> dict[str, int]:
    """Scheme → after how many days overdue a bank may claim."""
    return {row.scheme_code: row.claim_after_days for row in session.scalars(_standing(Scheme))}


def _bounds_of(row: Scheme, amount_max_fen: int | None = None) -> SchemeTerms:
    return SchemeTerms(row.scheme_code, amount_max_fen, row.cap_fen, row.budget_fen, row.compensation_cap_e6, row.name)


def _scheme_terms(session: Session, covered: Covered) -> SchemeTerms:
    terms = select(Scheme, SchemeGrade).join(SchemeGrade, SchemeGrade.scheme_code == Scheme.scheme_code)
    standing = terms.where(Scheme.status == EntryStatus.PUBLISHED, SchemeGrade.status == EntryStatus.PUBLISHED)
    own = standing.where(Scheme.scheme_code == covered.scheme_code, SchemeGrade.grade == covered.grade)
    found = session.execute(own).one_or_none()
    if found is None:
        raise ConflictError(_NO_TERMS, code="scheme_unknown", scheme=covered.scheme_code, grade=covered.grade)
    scheme, grade = found
    return _bounds_of(scheme, grade.amount_max_fen)


def load_bounds(session: Session) -> tuple[Bound, ...]:
    """The register of limits."""
    rows = session.scalars(_standing(GuaranteeLimit).order_by(GuaranteeLimit.limit_no))
    return tuple(
        Bound(
            row.limit_no, row.kind, row.limit_class, getattr(row, UNIT_OF[row.kind]), row.guarantor_kind, row.org_code,
            row.source or "",
        )
        for row in rows
    )  # fmt: skip


def load_weights(session: Session) -> tuple[Weight, ...]:
    """The register of risk weights."""
    rows = session.scalars(_standing(RiskWeight))
    return tuple(Weight(row.weight_no, row.size_classes, row.customer_max_fen, row.weight_e6) for row in rows)


def members_of(session: Session, groups: Sequence[str] | None = None) -> dict[str, set[str]]:
    """Group (of these, or every one) → the enterprises that are registered in it today."""
    found: dict[str, set[str]] = {group: set() for group in groups or ()}
    standing = select(RelatedGroup.group_code, RelatedGroup.uscc).where(RelatedGroup.status == EntryStatus.PUBLISHED)
    wanted = standing if groups is None else standing.where(RelatedGroup.group_code.in_(groups))
    for group, uscc in session.execute(wanted):
        found.setdefault(group, set()).add(uscc)
    return found


def _standing(model: type[Any]) -> Select[Any]:
    return select(model).where(model.status == EntryStatus.PUBLISHED)


_NO_GUARANTOR = Text(
    "担保机构 {org} 还没有登记净资产，限额无从计算。由主管部门在「担保机构」登记后再办理。",
    "The net assets of guarantor {org} are not registered, so its limits are not known. "
    "The bureau registers them first.",
)
_NO_STATUTE = Text(
    "担保机构 {org} 是融资担保公司，「担保限额」中缺少法定限额：{kinds}，没有占用额度。由主管部门补登后再办理。",
    "Guarantor {org} is a licensed company, and the register has no statutory limit for it of: {kinds}. "
    "Nothing was reserved; the bureau registers them first.",
)
_NO_TERMS = Text(
    "方案 {scheme} 没有 {grade} 级的条款，这笔担保不能占用额度。换方案，或由担保机构补充分级条款。",
    "Scheme {scheme} has no terms for grade {grade}, so nothing can be reserved. Use another scheme or add the terms.",
)
