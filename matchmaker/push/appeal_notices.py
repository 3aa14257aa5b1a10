"""申诉答复通知: an enterprise reads how its appeal against a rating was answered, and its new rating if any."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.models import Rating, RatingAppeal
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.push.contact_notices import body_for, page_link, reader_of
from matchmaker.push.words import pair
from matchmaker.settings import Settings

SECTION = "appeal"
_OUTCOMES = {"adopted": Text("已采纳", "adopted"), "refused": Text("未采纳", "not adopted")}


def compose_appeal_notice(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The message; nothing where the appeal is kept no more, or its reader is no contact of the enterprise."""
    answered = (RatingAppeal.public_id == held.window) & RatingAppeal.answered_at.is_not(None)
    found = session.scalars(select(RatingAppeal).where(answered)).one_or_none()
    if found is None:
        return Nothing("nothing_left")
    contact = reader_of(session, held, lambda one: one.uscc == found.uscc)
    if isinstance(contact, Nothing):
        return contact
    return body_for(contact, held, SECTION, [_told(session, found, settings)], settings=settings, now=now)


def _told(session: Session, appeal: RatingAppeal, settings: Settings) -> dict[str, Any]:
    """``grade``: what the rules gave when the appeal was adopted; None where no rating was made."""
    grade = session.scalar(select(Rating.grade).where(Rating.rating_no == (appeal.new_rating_no or "")))
    return {
        "rating": appeal.rating_no,
        "outcome": pair(_OUTCOMES[appeal.state]),
        "answer": appeal.answer or "",
        "new_rating": appeal.new_rating_no or "",
        "grade": pair(Grade.of(grade).label) if grade else None,
        "link": page_link(settings, "/ratings/mine"),
    }
