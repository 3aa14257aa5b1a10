"""An enterprise's objection to its rating (申诉), answered in writing within workdays; an adopted one rates anew."""

from datetime import datetime
from typing import Literal

from sqlalchemy import select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.errors import ConflictError, NotAllowedError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.models import Rating, RatingAppeal
from matchmaker.guarantee.rating.notices import tell_appellant
from matchmaker.guarantee.rating.overrides import ask_override
from matchmaker.guarantee.rating.queries import find_appeal, find_rating, override_of, standing_entry, standing_grade
from matchmaker.guarantee.rating.readable import MOST_WORDS, is_readable
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.lists.queries import load_workdays
from matchmaker.settings import Settings

Outcome = Literal["adopted", "refused"]
LEAST_WORDS = 10


def appeal_rating(
    session: ScopedSession, *, actor: Actor, rating_no: str, about: str, now: datetime, settings: Settings
) -> RatingAppeal:
    """Object to the rating that stands of one's own enterprise; one that is open already is returned as it is.

    It is due after ``rating_appeal_workdays``: 《山东省社会信用条例》 article 39 gives three workdays, seven where
    others have to help. NotFoundError for another's rating; ConflictError for one that has been replaced.
    """
    permit(actor, "ratings.appeal", now)
    words = _readable(about)
    rating = find_rating(session, rating_no)
    lock_lists(session)
    entry = standing_entry(session, rating.uscc)
    if entry is None or entry.rating_no != rating_no:
        raise ConflictError(_REPLACED, code="rating_replaced", no=rating_no)
    same = (RatingAppeal.rating_no == rating_no) & (RatingAppeal.state == "open")
    found = session.scalars(select(RatingAppeal).where(same)).one_or_none()
    if found is not None:
        return found
    today = local(now, settings.zone).date()
    made = RatingAppeal(
        public_id=new_public_id(), rating_no=rating_no, uscc=rating.uscc, about=words, state="open", version=1,
        due_on=load_workdays(session).add(today, settings.rating_appeal_workdays), made_by=actor.who, created_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _note(session, actor, "rating_appeal.made", made, now)
    return made


def answer_appeal(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    outcome: Outcome,
    answer: str,
    version: int | None = None,
    now: datetime,
    settings: Settings,
) -> RatingAppeal:
    """Answer an appeal in words; ``adopted`` rates the enterprise anew, on the facts as they stand by now.

    The enterprise's contacts are told.
    NotAllowedError for who asked for or confirmed the grade that is objected to. ConflictError when it has been
    answered or is not the ``version`` that was read.
    """
    permit(actor, "ratings.answer", now)
    words = _readable(answer)
    lock_lists(session)
    found = find_appeal(session, public_id, lock=True)
    session.refresh(found)
    if found.state != "open" or (version is not None and version != found.version):
        raise ConflictError(_ANSWERED, code="already_answered")
    counted = override_of(session, found.rating_no)
    if counted is not None and actor.who in (counted.made_by, counted.decided_by):
        raise NotAllowedError(_SAME_PERSON, code="second_person")
    if outcome == "adopted":
        cause, today = f"appeal:{public_id}", local(now, settings.zone).date()
        made = rate_enterprise(
            session, actor=actor, uscc=found.uscc, as_of=today, now=now, settings=settings, cause=cause
        )
        found = find_appeal(session, public_id)
        found.new_rating_no = made.rating_no
        _ask_to_lift(session, made, actor, words, now)
    found.state, found.answer, found.version = outcome, words, found.version + 1
    found.answered_by, found.answered_at = actor.who, now
    session.flush()
    _note(session, actor, f"rating_appeal.{outcome}", found, now)
    tell_appellant(session, found, now)
    return found


def _ask_to_lift(session: ScopedSession, rating: Rating, actor: Actor, why: str, now: datetime) -> None:
    """A grade that two persons set goes on beside the new rating: an appeal that is adopted asks for its end, which a
    second person confirms."""
    if standing_grade(session, rating) != rating.grade:
        ask_override(
            session, actor=actor, rating_no=rating.rating_no, grade=Grade.of(rating.grade), reason=why, now=now
        )


def _readable(words: str) -> str:
    """Trimmed; RejectedError where it is too short, too long or has control characters."""
    kept = words.strip()
    if not is_readable(kept, LEAST_WORDS, MOST_WORDS):
        raise RejectedError(_WORDS, code="appeal_words", least=LEAST_WORDS, most=MOST_WORDS)
    return kept


def _note(session: ScopedSession, actor: Actor, action: str, appeal: RatingAppeal, now: datetime) -> None:
    record_event(
        session, actor=actor, action=action, subject=f"rating:{appeal.rating_no}", now=now,
        after={"appeal": appeal.public_id, "due_on": appeal.due_on.isoformat(), "new_rating": appeal.new_rating_no},
    )  # fmt: skip


_WORDS = Text(
    "写 {least} 至 {most} 个字，说明哪里不对、依据是什么。",
    "Write {least} to {most} characters: what is wrong, and why.",
)
_ANSWERED = Text(
    "这项申诉已经答复，没有保存。刷新页面查看。", "This appeal has been answered already. Reload the page."
)
_SAME_PERSON = Text(
    "提出或确认这次人工调整的人不能答复对它的申诉。由另一位工作人员答复。",
    "Whoever asked for or confirmed the grade that was set cannot answer the appeal against it. Another person does.",
)
_REPLACED = Text(
    "评级 {no} 已被新的评级取代。看新的评级后再申诉。",
    "The rating {no} has been replaced by a newer one. Look at that one first.",
)
