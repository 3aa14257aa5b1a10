"""Issuing certificates. What an enterprise is certified is what it agreed to have said, word for word.

A certificate tells facts of an enterprise to whoever it is shown, so it is made at the enterprise's own request alone
(《中华人民共和国个人信息保护法》 articles 14 and 17; 《征信业管理条例》 article 18 on written consent).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.consent import evidence_hash, words_digest
from matchmaker.accounts.permits import permit
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Lang, Text
from matchmaker.guarantee.endorsement.keys import key_in_use, mark_revoked, rotate_key
from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy
from matchmaker.guarantee.endorsement.queries import (
    bureau_name,
    day_of,
    held_certificate,
    last_moment,
    list_address,
    no_certificate,
    rules_of,
    standing_rating,
)
from matchmaker.guarantee.endorsement.status_list import free_place
from matchmaker.guarantee.endorsement.tokens import CERTIFICATE, sign
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.lists.models import Enterprise
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be certified now: the standing rating, the enterprise's name, the rules, and the words to agree to."""

    rating: EnterpriseRating
    name: str
    rules: str | None
    words: str

    @property
    def digest(self) -> str:
        """What a form hands back, to show that these words were agreed to."""
        return words_digest(self.words)


def offer_of(session: ScopedSession, *, uscc: str, lang: Lang, settings: Settings, now: datetime) -> Offer:
    """What the enterprise may have certified; RejectedError says why nothing, and what would change that."""
    rating = standing_rating(session, uscc, day_of(now, settings))
    if rating is None:
        raise RejectedError(_NO_RATING, code="no_rating")
    if rating.grade is Grade.D:
        raise RejectedError(_NOT_D, code="grade", rating_no=rating.rating_no)
    name = session.scalars(select(Enterprise.name).where(Enterprise.uscc == uscc)).one()
    rules = rules_of(session, rating.rating_no)
    words = _WORDS.say(
        lang,
        name=name,
        uscc=uscc,
        bureau=bureau_name(session, settings),
        rating_no=rating.rating_no,
        grade=rating.grade.label,
        rated_on=rating.rated_on.isoformat(),
        valid_to=rating.valid_to.isoformat(),
    )
    return Offer(rating, name, rules, words)


def issue_certificate(
    session: ScopedSession, *, actor: Actor, shown: str, lang: Lang, settings: Settings, now: datetime
) -> Certificate:
    """Certify the standing rating of the actor's enterprise; the one that holds already is returned as it is.

    ``shown``: the digest of the words that were on the page. ConflictError (``consent_words``) where they are others by
    now, so that nobody agrees to what was not shown. RejectedError: see :func:`offer_of`.
    """
    permit(actor, "certificates.issue", now)
    if actor.uscc is None:
        raise no_certificate()
    lock_lists(session)
    offer = offer_of(session, uscc=actor.uscc, lang=lang, settings=settings, now=now)
    if shown != offer.digest:
        raise ConflictError(_OTHER_WORDS, code="consent_words")
    held = held_certificate(session, offer.rating.rating_no, now)
    if held is not None and held.grade == offer.rating.grade.value:
        return held
    with session.elevated():
        if held is not None:  # the same rating has another grade by now: somebody decided otherwise
            mark_revoked(session, held, actor=actor, why=RevokedWhy.REPLACED, note=None, now=now)
            session.flush()
        made = _made(session, offer, actor, settings, now)
    record_event(
        session, actor=actor, action="certificate.issued", subject=f"certificate:{made.public_id}", now=now,
        after={"rating": made.rating_no, "grade": made.grade, "until": made.expires_at.isoformat(),
               "kid": made.kid, "evidence": made.evidence_hash, "words": offer.digest},
    )  # fmt: skip
    return made


def _made(session: ScopedSession, offer: Offer, actor: Actor, settings: Settings, now: datetime) -> Certificate:
    """Signed by the key that signs now; the first certificate of an installation makes the first key."""
    key = key_in_use(session, settings)
    if key is None:
        rotate_key(session, actor=SYSTEM, settings=settings, now=now)
        key = key_in_use(session, settings)
    assert key is not None and key.kid is not None
    rating, jti, place = offer.rating, new_public_id(), free_place(session, now)
    expires_at = last_moment(rating.valid_to, settings)
    made = Certificate(
        public_id=jti,
        uscc=rating.uscc,
        rating_no=rating.rating_no,
        grade=rating.grade.value,
        as_of=rating.rated_on,
        valid_to=rating.valid_to,
        kid=key.kid,
        token=sign(_claims(offer, jti, place, expires_at, settings, now), CERTIFICATE, key),
        status_index=place,
        issued_at=now,
        expires_at=expires_at,
        evidence=offer.words,
        evidence_hash=evidence_hash(offer.words, actor.who, now, actor.address),
        issued_by=actor.who,
    )
    session.add(made)
    session.flush()
    return made


def _claims(
    offer: Offer, jti: str, place: int, expires_at: datetime, settings: Settings, now: datetime
) -> dict[str, Any]:
    rating = offer.rating
    return {
        "iss": settings.public_url,
        "sub": rating.uscc,
        "name": offer.name,
        "grade": rating.grade.value,
        "rating_no": rating.rating_no,
        "as_of": rating.rated_on.isoformat(),
        "rules": offer.rules,
        "valid_to": rating.valid_to.isoformat(),
        "jti": jti,
        "status": {"status_list": {"idx": place, "uri": list_address(settings)}},
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }


_NO_RATING = Text(
    "贵企业现在没有有效的评级，不能出具信用背书。评级完成后在本页申请。",
    "Your company has no rating that holds, so nothing can be certified. Ask here once it is rated.",
)
_NOT_D = Text(
    "评级 {rating_no} 为 D 级，不出具信用背书：背书只给 C 级及以上的企业。评级说明里列出了未通过的规则和修复办法；"
    "修复并重新评为 C 级或更高后，在本页申请。",
    "Rating {rating_no} is a D and is not certified: that needs a C or better. The rating's explanation names the "
    "rules that failed and what mends each; once it is a C or better, ask here.",
)
_OTHER_WORDS = Text(
    "同意书的内容与刚才显示的不同，没有出具证书。请看下面现在的文字，同意再提交。",
    "The words are not those you were shown, so nothing was issued. Read those below and agree if you do.",
)
_WORDS = Text(
    "「{name}」（统一社会信用代码 {uscc}）同意{bureau}就评级 {rating_no}（{grade}，评级日期 {rated_on}，"
    "有效期至 {valid_to}）出具信用背书证书。"
    "证书载明企业名称、统一社会信用代码、信用等级、评级编号、评级日期、规则版本和有效期；"
    "任何持有证书、令牌或二维码的人都能核验并看到这些内容。本企业可随时撤销，撤销后核验结果立即显示「已撤销」；"
    "已经交给他人的文件无法收回。",
    '"{name}" (USCC {uscc}) agrees that {bureau} certifies rating {rating_no} ({grade}, rated on {rated_on}, valid to '
    "{valid_to}). The certificate states the company's name, its USCC, the grade, the number and day of the rating, "
    "the version of the rules and until when it holds; whoever has the certificate, its token or its QR code can check "
    "it and read all of that. The company can revoke it at any time, and every check then says so at once; papers that "
    "were handed out cannot be taken back.",
)
