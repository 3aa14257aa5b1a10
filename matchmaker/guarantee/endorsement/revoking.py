"""Revoking certificates: by their enterprise, by the bureau with a reason, and where a rating no longer bears them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.permits import permit
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.keys import holding, mark_revoked
from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy
from matchmaker.guarantee.endorsement.queries import find_certificate
from matchmaker.guarantee.models import EnterpriseRating

LEAST_REASON = 10
"""Characters that the bureau's reason for a revocation has at least."""


def revoke_certificate(
    session: ScopedSession, *, actor: Actor, public_id: str, reason: str = "", now: datetime
) -> Certificate:
    """End a certificate at once: by its enterprise, or by the bureau with a reason; one that has ended stays so.

    RejectedError for a reason of the bureau's that is too short; NotFoundError for one that the actor does not see.
    """
    permit(actor, "certificates.revoke", now)
    found = find_certificate(session, public_id)
    bureau = actor.side is not Side.ENTERPRISE
    if bureau and len(reason.strip()) < LEAST_REASON:
        raise RejectedError(_REASON, code="reason", least=LEAST_REASON)
    with session.elevated():
        session.refresh(found, with_for_update=True)
        if found.revoked_at is None and found.expires_at > now:
            why = RevokedWhy.BUREAU if bureau else RevokedWhy.ENTERPRISE
            mark_revoked(session, found, actor=actor, why=why, note=reason.strip() or None, now=now)
    return found


def revoke_outdated(session: ScopedSession, uscc: str, now: datetime) -> int:
    """End the certificates that say more than the enterprise's standing rating does; how many.

    To be called in the transaction that replaces or withdraws a rating: a worse one ends what was certified, a better
    or equal one leaves it until its day.
    """
    with session.elevated():
        session.flush()
        mine = select(Certificate).where(Certificate.uscc == uscc, holding(now)).with_for_update()
        return _revoke_outdated(session, session.scalars(mine).all(), now)


def revoke_all_outdated(session: ScopedSession, now: datetime) -> int:
    """The same for every enterprise, each night: whatever changed a rating without saying so is found here."""
    return _revoke_outdated(session, session.scalars(select(Certificate).where(holding(now))).all(), now)


def revoke_all_of(session: ScopedSession, uscc: str, now: datetime) -> int:
    """End every certificate of an enterprise that closes its account; how many."""
    found = session.scalars(select(Certificate).where(Certificate.uscc == uscc, holding(now))).all()
    for certificate in found:
        mark_revoked(session, certificate, actor=SYSTEM, why=RevokedWhy.ENTERPRISE, note=None, now=now)
    return len(found)


def _revoke_outdated(session: ScopedSession, held: Sequence[Certificate], now: datetime) -> int:
    codes = {one.uscc for one in held}
    rated = select(EnterpriseRating.uscc, EnterpriseRating.grade).where(
        EnterpriseRating.uscc.in_(codes), EnterpriseRating.status == EntryStatus.PUBLISHED
    )
    grades: dict[str, Grade] = dict(session.execute(rated).all())
    done = 0
    for certificate in held:
        why = _outdated(certificate, grades.get(certificate.uscc))
        if why is not None:
            mark_revoked(session, certificate, actor=SYSTEM, why=why, note=None, now=now)
            done += 1
    return done


def _outdated(certificate: Certificate, grade: Grade | None) -> RevokedWhy | None:
    if grade is None:
        return RevokedWhy.WITHDRAWN
    order = list(Grade)
    return RevokedWhy.WORSE if order.index(grade) > order.index(certificate.grade_term) else None


_REASON = Text(
    "撤销理由不足 {least} 个字。写明原因，企业会看到。",
    "The reason has fewer than {least} characters. Say why: the enterprise reads it.",
)
