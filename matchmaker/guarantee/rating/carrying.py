"""Grades that two persons set go on beyond the rating that they were set for.

One for the worse stays until two persons set another grade (the machine's own lifts it) or until its last day: what
counts is the worse of the machine's grade and theirs. One for the better stays as long and only while the machine's
grade is not worse than it was then: who set it knew nothing of what came since. Which of them counted for a rating
stands with that rating, and everything this rests on is kept, so it can be found again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select

from matchmaker.accounts.audit import record_event
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.models import Rating, RatingOverride
from matchmaker.scoring.rating.ruleset import worse

Why = Literal["expired", "worse", "replaced", "lifted"]
"""Why an override ended: its last day is past, the machine's grade fell, another one was set, the machine's was."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An override that has not ended. ``machine``: the grade of the rules that it was set instead of."""

    override: RatingOverride
    machine: Grade

    @property
    def grade(self) -> Grade:
        """What two persons set."""
        return Grade.of(self.override.grade)

    @property
    def raises(self) -> bool:
        """Whether it was set for the better."""
        return worse(self.machine, self.grade)

    def ends(self, machine: Grade, on: date) -> Why | None:
        """Why it does not go on beside the machine's new grade; None where it does."""
        if self.override.valid_to is None or self.override.valid_to < on:
            return "expired"
        return "worse" if self.raises and worse(machine, self.machine) else None

    def counts(self, machine: Grade) -> bool:
        """Whether it is what the enterprise is rated, beside the machine's new grade."""
        return worse(machine, self.grade) if self.raises else worse(self.grade, machine)


def carry_over(
    session: ScopedSession, found: Mapping[str, Grade], *, on: date, actor: Actor, now: datetime
) -> dict[str, RatingOverride]:
    """Enterprise → the override that counts for its new rating of ``on``, by the machine's new grades.

    One that does not go on ends here, and the audit says why. Nothing is asked of a rating of an earlier day than the
    one that stands. A session of the system's, or elevated.
    """
    counting: dict[str, RatingOverride] = {}
    for uscc, kept in _kept(session, found, on).items():
        why = kept.ends(found[uscc], on)
        if why is not None:
            end_override(session, kept.override, why, actor=actor, now=now)
        elif kept.counts(found[uscc]):
            counting[uscc] = kept.override
    return counting


def _kept(session: ScopedSession, found: Mapping[str, Grade], on: date) -> dict[str, Kept]:
    goes_on = (RatingOverride.state == "confirmed") & RatingOverride.ended_at.is_(None)
    stands = (EnterpriseRating.status == EntryStatus.PUBLISHED) & (EnterpriseRating.rated_on <= on)
    query = (
        select(RatingOverride, Rating.grade)
        .join(Rating, Rating.rating_no == RatingOverride.rating_no)
        .join(EnterpriseRating, EnterpriseRating.uscc == RatingOverride.uscc)
        .where(RatingOverride.uscc.in_(found), goes_on, stands)
    )
    return {override.uscc: Kept(override, Grade.of(machine)) for override, machine in session.execute(query)}


def end_others(session: ScopedSession, override: RatingOverride, *, actor: Actor, now: datetime) -> None:
    """End what two persons had set for the enterprise before."""
    goes_on = (RatingOverride.state == "confirmed") & RatingOverride.ended_at.is_(None)
    others = goes_on & (RatingOverride.uscc == override.uscc) & (RatingOverride.id != override.id)
    for other in session.scalars(select(RatingOverride).where(others).with_for_update()).all():
        end_override(session, other, "replaced", actor=actor, now=now)


def end_override(session: ScopedSession, override: RatingOverride, why: Why, *, actor: Actor, now: datetime) -> None:
    """Mark one as ended; it stays with the ratings for which it counted."""
    override.ended_at, override.ended_why, override.version = now, why, override.version + 1
    session.flush()
    record_event(
        session, actor=actor, action="rating_override.ended", subject=f"rating:{override.rating_no}", now=now,
        before={"grade": override.grade}, after={"override": override.public_id, "why": why},
    )  # fmt: skip
