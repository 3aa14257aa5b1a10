"""Another grade than the machine's: asked for by one person with a reason, confirmed by a second (U-2)."""

from datetime import date, datetime, timedelta

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.errors import ConflictError, NotAllowedError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.carrying import end_others, end_override
from matchmaker.guarantee.rating.models import LEAST_REASON, Rating, RatingOverride
from matchmaker.guarantee.rating.queries import (
    find_override,
    find_rating,
    standing_entry,
    standing_grade,
    wanted_override,
)
from matchmaker.guarantee.rating.readable import MOST_WORDS, is_readable
from matchmaker.guarantee.rating.rules import find_rules
from matchmaker.guarantee.rating.services import put_standing
from matchmaker.scoring.rating.ruleset import read_rules


def ask_override(
    session: ScopedSession, *, actor: Actor, rating_no: str, grade: Grade, reason: str, now: datetime
) -> RatingOverride:
    """Ask for another grade of the rating that stands; the one that counts stays until a second person confirms.

    The machine's own lifts what two persons have set. RejectedError for a reason of less than ten characters or the
    grade that counts already; ConflictError where one has been asked for, or the rating does not stand any more.
    """
    permit(actor, "ratings.override", now)
    words = reason.strip()
    if not is_readable(words, LEAST_REASON, MOST_WORDS):
        raise RejectedError(_REASON, code="override_reason", least=LEAST_REASON, most=MOST_WORDS)
    lock_lists(session)
    rating = _standing(session, rating_no)
    if grade is standing_grade(session, rating):
        raise RejectedError(_SAME_GRADE, code="override_grade", grade=grade.label)
    if wanted_override(session, rating_no) is not None:
        raise ConflictError(_ASKED, code="override_exists")
    made = RatingOverride(
        public_id=new_public_id(), rating_no=rating_no, uscc=rating.uscc, grade=grade.value, reason=words,
        state="asked", made_by=actor.who, made_at=now, version=1,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _note(session, actor, "rating_override.asked", made, rating, now)
    return made


def confirm_override(
    session: ScopedSession, *, actor: Actor, public_id: str, version: int | None = None, now: datetime
) -> RatingOverride:
    """Set the grade that another person asked for, instead of what was set before; how long it goes on: ``carrying``.

    NotAllowedError for the person who asked; ConflictError when it has been decided, has moved on (``version``), or the
    rating no longer stands.
    """
    found = _decided(session, actor, public_id, "confirmed", version, now)
    with session.elevated():
        rating = find_rating(session, found.rating_no)
        put_standing(session, [(rating, Grade.of(found.grade))], actor=actor, now=now)
    _note(session, actor, "rating_override.confirmed", found, rating, now)
    if found.grade == rating.grade:
        end_override(session, found, "lifted", actor=actor, now=now)
    return found


def refuse_override(
    session: ScopedSession, *, actor: Actor, public_id: str, version: int | None = None, now: datetime
) -> RatingOverride:
    """Decline what another person asked for; the machine's grade stands."""
    found = _decided(session, actor, public_id, "refused", version, now)
    _note(session, actor, "rating_override.refused", found, find_rating(session, found.rating_no), now)
    return found


def _last_day(session: ScopedSession, rating: Rating, now: datetime) -> date:
    """As long as a rating made that day would hold at most, and while its own rating may be kept."""
    longest = timedelta(days=read_rules(find_rules(session, rating.rules_version).rules).validity_days)
    return min(local(now).date() + longest, rating.erase_on - timedelta(days=1))


def _decided(
    session: ScopedSession, actor: Actor, public_id: str, state: str, version: int | None, now: datetime
) -> RatingOverride:
    permit(actor, "ratings.override", now)
    lock_lists(session)
    found = find_override(session, public_id, lock=True)
    session.refresh(found)
    if found.state != "asked" or (version is not None and version != found.version):
        raise ConflictError(_DECIDED, code="override_decided")
    if found.made_by == actor.who:
        raise NotAllowedError(_SAME_PERSON, code="second_person")
    if state == "confirmed":
        found.valid_to = _last_day(session, _standing(session, found.rating_no), now)
        end_others(session, found, actor=actor, now=now)
    found.state, found.decided_by, found.decided_at, found.version = state, actor.who, now, found.version + 1
    session.flush()
    return found


def _standing(session: ScopedSession, rating_no: str) -> Rating:
    rating = find_rating(session, rating_no)
    entry = standing_entry(session, rating.uscc)
    if entry is None or entry.rating_no != rating_no:
        raise ConflictError(_REPLACED, code="rating_replaced", no=rating_no)
    return rating


def _note(
    session: ScopedSession, actor: Actor, action: str, made: RatingOverride, rating: Rating, now: datetime
) -> None:
    record_event(
        session, actor=actor, action=action, subject=f"rating:{rating.rating_no}", now=now,
        before={"grade": rating.grade}, after={"grade": made.grade, "override": made.public_id, "reason": made.reason},
    )  # fmt: skip


_REASON = Text(
    "调整评级的理由写 {least} 至 {most} 个字。", "The reason of an override has {least} to {most} characters."
)
_SAME_GRADE = Text(
    "现在的等级就是 {grade}，不需要调整。", "The grade is {grade} already, so there is nothing to change."
)
_ASKED = Text(
    "这份评级已有待确认的调整，没有再记一次。刷新页面查看。",
    "Another grade has been asked for already and waits for a second person. Reload the page.",
)
_DECIDED = Text(
    "这项人工调整已经有了结果，没有改动。刷新页面查看。", "This override has been decided already. Reload the page."
)
_SAME_PERSON = Text(
    "提出调整的人不能自己确认。请另一位工作人员确认。",
    "Whoever asked for an override cannot decide on it. Ask another person.",
)
_REPLACED = Text(
    "评级 {no} 已被新的评级取代，没有改动。看新的评级。",
    "The rating {no} has been replaced by a newer one, so nothing was changed. Look at that one.",
)
