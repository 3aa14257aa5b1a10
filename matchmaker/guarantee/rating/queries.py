"""Reads of ratings: the one that stands, earlier ones, and what people said of them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from matchmaker.accounts.consent import is_id
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.models import Rating, RatingAppeal, RatingOverride


def standing_entry(session: ScopedSession, uscc: str) -> EnterpriseRating | None:
    """The entry that says what an enterprise is rated, expired or not; None without one."""
    mine = (EnterpriseRating.uscc == uscc) & (EnterpriseRating.status == EntryStatus.PUBLISHED)
    return session.scalars(select(EnterpriseRating).where(mine)).one_or_none()


def standing_rating(session: ScopedSession, uscc: str) -> Rating | None:
    """The rating that stands, expired or not; None where there is none, or none any more: its time by law is over."""
    entry = standing_entry(session, uscc)
    if entry is None:
        return None
    return session.scalars(select(Rating).where(Rating.rating_no == entry.rating_no)).one_or_none()


def current_rating(session: ScopedSession, uscc: str, on: date) -> Rating | None:
    """The rating that stands and is still valid on ``on``. Its grade is :func:`standing_grade`."""
    found = standing_rating(session, uscc)
    return None if found is None or found.valid_to < on else found


def standing_grade(session: ScopedSession, rating: Rating) -> Grade:
    """The grade that counts: the one that two persons set instead of the machine's, else the machine's."""
    override = override_of(session, rating.rating_no)
    confirmed = override is not None and override.state == "confirmed"
    return Grade.of(override.grade if override is not None and confirmed else rating.grade)


def find_rating(session: ScopedSession, rating_no: str) -> Rating:
    """The rating of this number that the session's actor sees; NotFoundError when there is none."""
    query = select(Rating).where(Rating.rating_no == rating_no)
    found = session.scalars(query).one_or_none() if rating_no.isprintable() else None
    if found is None:
        raise NotFoundError(
            Text("没有编号为「{no}」的评级。核对编号。", 'There is no rating "{no}". Check the number.'),
            code="not_found",
            no=rating_no,
        )
    return found


def ratings_of(session: ScopedSession, uscc: str) -> Sequence[Rating]:
    """All ratings of an enterprise that are kept, the newest first."""
    return session.scalars(select(Rating).where(Rating.uscc == uscc).order_by(Rating.id.desc())).all()


def override_of(session: ScopedSession, rating_no: str) -> RatingOverride | None:
    """What people have set instead of the machine's grade, else what one wants, as far as the session's actor sees it.

    Set for this very rating or an earlier one (``carrying``); None where the machine's own grade was set in the end.
    """
    query = select(RatingOverride, Rating.grade).join(Rating, Rating.rating_no == RatingOverride.rating_no)
    mine = query.where(Rating.rating_no == rating_no, RatingOverride.state == "confirmed")
    last = session.execute(mine.order_by(RatingOverride.decided_at.desc(), RatingOverride.id.desc())).first()
    if last is not None:
        override, machine = last
        return override if override.grade != machine else wanted_override(session, rating_no)
    carried = select(Rating.override).where(Rating.rating_no == rating_no).scalar_subquery()
    earlier = session.scalars(select(RatingOverride).where(RatingOverride.public_id == carried)).one_or_none()
    return earlier or wanted_override(session, rating_no)


def wanted_override(session: ScopedSession, rating_no: str) -> RatingOverride | None:
    """What a person has asked for and nobody has decided on yet."""
    asked = (RatingOverride.rating_no == rating_no) & (RatingOverride.state == "asked")
    return session.scalars(select(RatingOverride).where(asked)).one_or_none()


def is_held_back(session: ScopedSession, rating_no: str) -> bool:
    """Whether records were left out of a rating for want of the enterprise's consent (未授权).

    Nothing is covered automatically on such a rating: nobody has looked at it. Across tenants; no for one from a file.
    """
    with session.elevated():
        facts = session.scalar(select(Rating.facts).where(Rating.rating_no == rating_no))
    return bool(facts and facts["left_out"])


def overrides(session: ScopedSession, *, state: str | None = None) -> Sequence[RatingOverride]:
    """The overrides that the session's actor sees, those to be decided first, then the newest."""
    query = select(RatingOverride).order_by(RatingOverride.state != "asked", RatingOverride.id.desc())
    return session.scalars(query if state is None else query.where(RatingOverride.state == state)).all()


def appeals(session: ScopedSession, *, uscc: str | None = None, state: str | None = None) -> Sequence[RatingAppeal]:
    """The appeals that the session's actor sees, the open ones first, the first due first."""
    query = select(RatingAppeal).order_by(RatingAppeal.state != "open", RatingAppeal.due_on, RatingAppeal.id)
    for column, wanted in ((RatingAppeal.uscc, uscc), (RatingAppeal.state, state)):
        query = query if wanted is None else query.where(column == wanted)
    return session.scalars(query).all()


def find_appeal(session: ScopedSession, public_id: str, *, lock: bool = False) -> RatingAppeal:
    """An appeal that the session's actor sees; NotFoundError when there is none."""
    query = select(RatingAppeal).where(RatingAppeal.public_id == public_id)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none() if is_id(public_id) else None
    if found is None:
        raise NotFoundError(
            Text("没有这项申诉。从列表重新进入。", "There is no such appeal. Open it from the list again."),
            code="not_found",
        )
    return found


def find_override(session: ScopedSession, public_id: str, *, lock: bool = False) -> RatingOverride:
    """An override that the session's actor sees; NotFoundError when there is none."""
    query = select(RatingOverride).where(RatingOverride.public_id == public_id)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none() if is_id(public_id) else None
    if found is None:
        raise NotFoundError(
            Text("没有这项人工调整。从列表重新进入。", "There is no such override. Open it from the list again."),
            code="not_found",
        )
    return found
