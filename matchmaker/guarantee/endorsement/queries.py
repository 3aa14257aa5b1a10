"""What is asked of certificates: the enterprise's own, the public keys, the list of revoked ones, a single check."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from matchmaker.accounts.consent import is_id
from matchmaker.clock import local
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.terms import EntryStatus, OrganisationKind
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.keys import LIST_LASTS, holding, jwks_of, key_in_use, keys, published_keys
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.endorsement.status_list import is_set, packed
from matchmaker.guarantee.endorsement.tokens import CERTIFICATE, REVOKED, Standing, read_signed, sign
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.models import Rating
from matchmaker.lists.models import Organisation
from matchmaker.settings import Settings

LIST_STEP = timedelta(minutes=5)
"""The list is signed anew in such steps: between them it is the same to the byte, and caches keep it."""
LIST_PATH = "/.well-known/matchmaker/revoked.jwt"
"""Where the list is published."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. ``claims``: what the certificate states, where the one who asks may read it."""

    standing: Standing
    claims: dict[str, Any] | None


def standing_rating(session: ScopedSession, uscc: str, on: date) -> EnterpriseRating | None:
    """The rating of an enterprise that stands on a day, of those the session's actor sees."""
    mine = (EnterpriseRating.uscc == uscc) & (EnterpriseRating.status == EntryStatus.PUBLISHED)
    return session.scalars(select(EnterpriseRating).where(mine, EnterpriseRating.valid_to >= on)).one_or_none()


def rules_of(session: ScopedSession, rating_no: str) -> str | None:
    """The version of the rules by which a rating was made; None where the rating itself is no longer kept."""
    return session.scalar(select(Rating.rules_version).where(Rating.rating_no == rating_no))


def certificates(session: ScopedSession) -> Sequence[Certificate]:
    """The certificates that the session's actor sees, the newest first."""
    return session.scalars(select(Certificate).order_by(Certificate.id.desc())).all()


def find_certificate(session: ScopedSession, public_id: str) -> Certificate:
    """A certificate that the session's actor sees; NotFoundError when there is none."""
    query = select(Certificate).where(Certificate.public_id == public_id)
    found = session.scalars(query).one_or_none() if is_id(public_id) else None
    if found is None:
        raise no_certificate()
    return found


def held_certificate(session: ScopedSession, rating_no: str, now: datetime) -> Certificate | None:
    """The certificate of a rating that holds now; there is one at most."""
    return session.scalars(select(Certificate).where(Certificate.rating_no == rating_no, holding(now))).one_or_none()


def state_of(certificate: Certificate, now: datetime) -> Standing:
    """Whether a certificate of ours holds."""
    if certificate.revoked_at is not None:
        return Standing.REVOKED
    return Standing.VALID if now < certificate.expires_at else Standing.EXPIRED


def claims_of(certificate: Certificate) -> dict[str, Any]:
    """What a certificate of ours states, as its token has it; what is kept needs no check."""
    payload = certificate.token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def public_keys(session: ScopedSession, now: datetime) -> dict[str, Any]:
    """The JWK Set that anybody may fetch (:func:`keys.published_keys`)."""
    with session.elevated():
        return jwks_of(published_keys(session, now))


def list_address(settings: Settings) -> str:
    """Where others fetch the list; a certificate and the list itself name it."""
    return settings.public_url.rstrip("/") + LIST_PATH


def revoked_list(session: ScopedSession, settings: Settings, now: datetime) -> str | None:
    """The signed list of certificates that were revoked before their day; None where there is no key yet.

    A Token Status List: one bit a place (:mod:`status_list`), so it says neither whose nor why nor when. ``iat`` goes
    in steps of five minutes; the list may be relied on until ``exp``, a day later.
    """
    with session.elevated():
        key = key_in_use(session, settings)
        gone = (Certificate.revoked_at.is_not(None)) & (Certificate.expires_at > now)
        places = session.scalars(select(Certificate.status_index).where(gone, Certificate.status_index.is_not(None)))
        listed = packed(place for place in places if place is not None)
    if key is None:
        return None
    seconds = int(now.timestamp() // LIST_STEP.total_seconds() * LIST_STEP.total_seconds())
    claims = {
        "iss": settings.public_url,
        "sub": list_address(settings),
        "iat": seconds,
        "exp": seconds + int(LIST_LASTS.total_seconds()),
        "ttl": int(LIST_STEP.total_seconds()),
        "status_list": {"bits": 1, "lst": listed},
    }
    return sign(claims, REVOKED, key)


def look_up(session: ScopedSession, public_id: str, now: datetime) -> Checked:
    """The certificate behind an id, as on a QR code, for anybody; NotFoundError for an id that nothing has.

    Its content is shown while it holds: afterwards the enterprise's consent to that has ended, and the state is told.
    """
    with session.elevated():
        found = find_certificate(session, public_id)
        standing = state_of(found, now)
        return Checked(standing, _claims(session, found.token) if standing is Standing.VALID else None)


def check_token(session: ScopedSession, token: str, now: datetime) -> Checked:
    """A token that somebody holds, with what it states, which the holder has read anyway.

    RejectedError (``not_ours``) for one that was not issued here: a good signature is not enough, it must be the very
    token that was kept, so that not even a stolen key makes another.
    """
    with session.elevated():
        claims = _claims(session, token)
        found = session.scalars(select(Certificate).where(Certificate.public_id == claims["jti"])).one_or_none()
        if found is None or found.token != "".join(token.split()):
            raise RejectedError(_NOT_ISSUED, code="not_ours")
        return Checked(state_of(found, now), claims)


def check_offline(token: str, jwks: dict[str, Any], revoked: str | None, now: datetime) -> Checked:
    """The same by the public keys and the list of revoked ones alone, as a bank's own programme does it.

    RejectedError for a list that is not signed by one of the keys (``not_ours``), of another issuer than the
    certificate or not the one that it names (``list_other``), or older than a day (``list_old``).
    """
    claims = read_signed(token, jwks, CERTIFICATE)
    seconds = int(now.timestamp())
    if revoked is not None and _is_revoked(claims, _read_list(revoked, jwks), seconds):
        return Checked(Standing.REVOKED, claims)
    return Checked(Standing.VALID if seconds < claims["exp"] else Standing.EXPIRED, claims)


def _read_list(revoked: str, jwks: dict[str, Any]) -> dict[str, Any]:
    try:
        return read_signed(revoked, jwks, REVOKED, longest=_LONGEST_LIST)
    except RejectedError as error:
        raise RejectedError(_LIST_NOT_OURS, code="not_ours") from error


def _is_revoked(claims: dict[str, Any], listed: dict[str, Any], seconds: int) -> bool:
    place = claims["status"]["status_list"]
    if (claims["iss"], place["uri"]) != (listed["iss"], listed["sub"]):
        raise RejectedError(_LIST_OTHER, code="list_other", one=claims["iss"], other=listed["iss"])
    if listed["exp"] <= seconds:
        raise RejectedError(_LIST_OLD, code="list_old")
    return is_set(listed["status_list"]["lst"], place["idx"])


def _claims(session: ScopedSession, token: str) -> dict[str, Any]:
    return read_signed(token, jwks_of(keys(session)), CERTIFICATE)


def bureau_name(session: ScopedSession, settings: Settings) -> str:
    """Who stands behind the ratings: the first bureau among the organisations, else the city."""
    bureau = (Organisation.kind == OrganisationKind.BUREAU) & (Organisation.status == EntryStatus.PUBLISHED)
    with session.elevated():
        found = session.scalars(select(Organisation.name).where(bureau).order_by(Organisation.org_code)).first()
    return found or settings.city


def last_moment(day: date, settings: Settings) -> datetime:
    """The end of a day in the city's zone: the first moment of the next."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), settings.zone)


def day_of(now: datetime, settings: Settings) -> date:
    """The calendar day in the city's zone."""
    return local(now, settings.zone).date()


def no_certificate() -> NotFoundError:
    """There is no such certificate, or it is not this actor's."""
    return NotFoundError(_NONE, code="not_found")


_LONGEST_LIST = 128_000
"""Characters; the list has fewer by its size, whatever it tells (``status_list.SIZE``)."""
_NONE = Text(
    "没有这份信用背书证书。核对编号，或重新扫码。", "There is no such certificate. Check its number or scan again."
)
_NOT_ISSUED = Text(
    "本平台没有签发过这份令牌。请向出示的企业索取原件。",
    "This platform never issued it. Ask whoever showed it for the original.",
)
_LIST_NOT_OURS = Text(
    "撤销名单的文件不是这些公钥签名的，或内容被改动过。重新下载公钥和名单后再核验。",
    "The list of revoked certificates is not signed by these keys, or it was altered. Fetch the keys and the list anew "
    "and check again.",
)
_LIST_OTHER = Text(
    "证书由 {one} 签发，撤销名单属于 {other}，不能一起核验。从签发证书的地址下载名单后再核验。",
    "The certificate is of {one}, the list of revoked ones of {other}. Fetch the list from the certificate's issuer "
    "and check again.",
)
_LIST_OLD = Text(
    "撤销名单已超过一天，不能说明现在。重新下载后再核验。",
    "The list of revoked certificates is more than a day old. Fetch it again and check anew.",
)
