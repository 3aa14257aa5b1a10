"""The keys that sign certificates: made, followed by the next, taken out of use. A private part is never shown."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import OKPKey
from sqlalchemy import select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import ConflictError, NotFoundError
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy, SigningKey
from matchmaker.guarantee.endorsement.notices import tell_enterprise
from matchmaker.guarantee.endorsement.tokens import ALGORITHM
from matchmaker.settings import Settings
from matchmaker.vault import is_ours, seal, unseal

PURPOSE = "certificate key"
LIST_LASTS = timedelta(hours=24)
"""How long a list of revoked certificates may be relied on; for so long the key that signed it stays published."""


def rotate_key(session: ScopedSession, *, actor: Actor, settings: Settings, now: datetime) -> SigningKey:
    """Make a key that signs from now on; the private part of the one before is destroyed.

    Keys of before stay published until all that they signed has expired (:func:`published_keys`).
    """
    permit(actor, "certificates.keys", now)
    lock_lists(session)
    before = session.scalars(_signing().with_for_update()).one_or_none()
    if before is not None:
        before.sealed = None
    made = _new_key(settings, now)
    session.add(made)
    session.flush()
    record_event(
        session, actor=actor, action="certificate.key_rotated", subject=f"key:{made.kid}", now=now,
        before={"kid": before.kid} if before else None,
    )  # fmt: skip
    return made


def _new_key(settings: Settings, now: datetime) -> SigningKey:
    key = OKPKey.generate_key("Ed25519")
    kid = key.thumbprint()
    private = {**key.as_dict(private=True), "kid": kid}
    public = {**key.as_dict(private=False), "kid": kid, "alg": ALGORITHM, "use": "sig"}
    sealed = seal(settings, json.dumps(private), PURPOSE)
    return SigningKey(kid=kid, algorithm=ALGORITHM, public_jwk=public, active_from=now, sealed=sealed)


def _signing() -> Any:
    return select(SigningKey).where(SigningKey.sealed.is_not(None))


def key_in_use(session: ScopedSession, settings: Settings) -> OKPKey | None:
    """The private key that signs now; None before the first was made."""
    found = session.scalars(_signing()).one_or_none()
    if found is None or found.sealed is None:
        return None
    return OKPKey.import_key(json.loads(unseal(settings, found.sealed, PURPOSE)))


def key_opens(session: ScopedSession, settings: Settings) -> bool:
    """Whether the key that signs can be opened with the present secret; also true before the first was made."""
    found = session.scalars(_signing()).one_or_none()
    return found is None or found.sealed is None or is_ours(settings, found.sealed)


def retire_key(session: ScopedSession, *, actor: Actor, kid: str, now: datetime) -> int:
    """Take a key out of the published ones at once, for others may know it; how many certificates end with it.

    ConflictError for the key that signs: the next one is made first. One that is retired already stays as it is.
    """
    permit(actor, "certificates.keys", now)
    lock_lists(session)
    found = session.get(SigningKey, kid)
    if found is None:
        raise NotFoundError(_NO_KEY, code="not_found", kid=kid)
    if found.sealed is not None:
        raise ConflictError(_SIGNS, code="key_in_use")
    if found.retired_at is not None:
        return 0
    found.retired_at = now
    signed = session.scalars(select(Certificate).where(Certificate.kid == kid, holding(now))).all()
    for certificate in signed:
        mark_revoked(session, certificate, actor=actor, why=RevokedWhy.KEY, note=None, now=now)
    record_event(
        session, actor=actor, action="certificate.key_retired", subject=f"key:{kid}", now=now,
        after={"certificates": len(signed)},
    )  # fmt: skip
    return len(signed)


def holding(now: datetime) -> Any:
    """Condition: the certificate holds at this moment."""
    return Certificate.revoked_at.is_(None) & (Certificate.expires_at > now)


def mark_revoked(
    session: ScopedSession, certificate: Certificate, *, actor: Actor, why: RevokedWhy, note: str | None, now: datetime
) -> None:
    """Write down that a certificate holds no more, and by whom; its enterprise hears of what it did not do itself.

    Whoever calls has looked whether it may.
    """
    certificate.revoked_at, certificate.revoked_why = now, why.value
    certificate.revoked_note, certificate.revoked_by = note, actor.who
    record_event(
        session, actor=actor, action="certificate.revoked", subject=f"certificate:{certificate.public_id}", now=now,
        after={"why": why.value, "rating": certificate.rating_no},
    )  # fmt: skip
    tell_enterprise(session, certificate, why, now)


def keys(session: ScopedSession) -> Sequence[SigningKey]:
    """All keys, the newest first."""
    return session.scalars(select(SigningKey).order_by(SigningKey.active_from.desc(), SigningKey.kid)).all()


def published_keys(session: ScopedSession, now: datetime) -> list[SigningKey]:
    """The keys by which something that has not expired may have been signed, the newest first; retired ones never.

    Something: a certificate, or the list of revoked ones, which a key signs until the next takes over.
    """
    unexpired = set(session.scalars(select(Certificate.kid).where(Certificate.expires_at > now).distinct()))
    found, replaced_at = [], None
    for key in keys(session):
        recent = replaced_at is None or replaced_at + LIST_LASTS > now
        if key.retired_at is None and (recent or key.kid in unexpired):
            found.append(key)
        replaced_at = key.active_from
    return found


def jwks_of(found: Sequence[SigningKey]) -> dict[str, Any]:
    """Public keys as a JWK Set (RFC 7517, section 5)."""
    return {"keys": [key.public_jwk for key in found]}


_NO_KEY = Text(
    "没有密钥 {kid}。用 flask certificate keys list 查看。", "There is no key {kid}. See flask certificate keys list."
)
_SIGNS = Text(
    "正在签名的密钥不能直接停用。先用 flask certificate keys rotate 换新的，再停用它。",
    "The key that signs cannot be retired. Make the next one first (flask certificate keys rotate), then retire it.",
)
