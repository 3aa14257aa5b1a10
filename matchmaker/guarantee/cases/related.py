"""Who an enterprise belongs to, as the registers have it on the day: the guarantor's own people, and its groups."""

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.guarantee_terms import RelationToGuarantor
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.cases import term_sentences as say
from matchmaker.lists.guarantee_registers import GuarantorRelation, RelatedGroup

CONTROLLERS = (RelationToGuarantor.CONTROLLING_SHAREHOLDER, RelationToGuarantor.ACTUAL_CONTROLLER)
"""Whom a guarantor may not guarantee at all (《融资担保公司监督管理条例》 article 17)."""


def require_stranger(session: ScopedSession, org_code: str | None, uscc: str) -> None:
    """RejectedError where the enterprise controls the guarantor (article 17)."""
    mine = (GuarantorRelation.org_code == org_code) & (GuarantorRelation.uscc == uscc)
    standing = select(GuarantorRelation.relation).where(mine, GuarantorRelation.status == EntryStatus.PUBLISHED)
    with session.elevated():
        relation = session.scalar(standing)
    if relation in CONTROLLERS:
        raise RejectedError(say.CONTROLLER, code="controller", relation=relation.label)


def groups_of(session: ScopedSession, uscc: str) -> tuple[str, ...]:
    """The codes of the groups of related companies that the enterprise is in, in their order."""
    mine = (RelatedGroup.uscc == uscc) & (RelatedGroup.status == EntryStatus.PUBLISHED)
    with session.elevated():
        return tuple(sorted(session.scalars(select(RelatedGroup.group_code).where(mine))))
