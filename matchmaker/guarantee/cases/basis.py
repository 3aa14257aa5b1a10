"""What an opinion and an approval rest on, asked anew on the day they are given: nothing stands because it once did."""

from dataclasses import replace
from datetime import date, datetime

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.holding import covered_of
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.related import groups_of, require_stranger
from matchmaker.guarantee.cases.terms import require_consent, standing_consent, standing_rating
from matchmaker.guarantee.ledger.capacity import Effect
from matchmaker.guarantee.ledger.services import OverLimitError, preview_capacity


def require_consents(session: ScopedSession, case: Guarantee, now: datetime) -> None:
    """The enterprise's consents to the guarantor and to the bank, which reads its name in the letter, hold."""
    require_consent(session, uscc=case.uscc, org_code=case.org_code, need_no=case.need_no, now=now)
    if standing_consent(session, uscc=case.uscc, org_code=case.bank_code, need_no=case.need_no, now=now) is None:
        raise ConflictError(_NO_BANK_CONSENT, code="bank_consent_ended")


def require_basis(session: ScopedSession, case: Guarantee, *, on: date, now: datetime) -> Effect:
    """All that an approval rests on holds; what the case does to each limit, as the registers stand on the day.

    ConflictError or RejectedError: an opinion against it, a consent, the rating, article 17, the reservation, a limit.
    """
    if case.opinion != "approve":
        raise ConflictError(_AGAINST, code="opinion_against")
    require_consents(session, case, now)
    _require_rating(session, case, on)
    require_stranger(session, case.org_code, case.uscc)
    return _room(session, case, on)


def _require_rating(session: ScopedSession, case: Guarantee, on: date) -> None:
    rating = standing_rating(session, case.uscc, on)
    if rating is None:
        raise ConflictError(_RATING_ENDED, code="rating_expired")
    if rating.grade is not case.rated:
        raise ConflictError(_RATING_CHANGED, code="rating_changed", was=case.rated.label, now=rating.grade.label)


def _room(session: ScopedSession, case: Guarantee, on: date) -> Effect:
    """The reservation still holds, and no limit was lowered, and no group found, that leaves no room for it."""
    if case.expires_on < on:
        raise ConflictError(_LAPSED, code="reservation_lapsed", day=case.expires_on.isoformat())
    today = replace(covered_of(case), groups=groups_of(session, case.uscc))
    effect = preview_capacity(session, today, on)
    if effect.broken:
        raise OverLimitError(effect)
    return effect


_NO_BANK_CONSENT = Text(
    "企业对银行的授权已撤回或到期，不能出函：意向函要写明企业。企业重新授权后再办。",
    "The company's consent to the bank was withdrawn or has ended, so there can be no letter: it names the company. "
    "It goes on once the company consents again.",
)
_AGAINST = Text(
    "审查意见是「建议不通过」，不能批准。退回重审，或决定不通过。",
    "The reviewer's opinion is against it, so it cannot be approved. Have it reviewed again, or decline it.",
)
_RATING_ENDED = Text(
    "企业的信用评级已到期，不能批准。更新评级后再批准。", "The company's rating has ended, so it cannot be approved."
)
_RATING_CHANGED = Text(
    "企业的信用等级已由{was}变为{now}，额度与分担都不同，不能批准。由企业重新申请。",
    "The company's grade went from {was} to {now}: amount and shares differ, so it cannot be approved. "
    "It applies anew.",
)
_LAPSED = Text(
    "额度预留已于 {day} 到期，不能批准。由企业重新申请。",
    "The reservation ended on {day}, so it cannot be approved. The company applies anew.",
)
