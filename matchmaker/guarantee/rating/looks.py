"""The bureau's looks at ratings, which hold facts of an enterprise; it reads who looked on its page (谁看过我)."""

from collections.abc import Iterator
from datetime import datetime

from matchmaker.accounts.gate import Channel, note_duty
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.terms import Side
from matchmaker.guarantee.rating.facts import READ
from matchmaker.guarantee.rating.models import Rating
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Enterprise

_RATING = ("ratings.grade", "ratings.rating_no", "ratings.valid_to")


def note_rating_look(database: Database, actor: Actor, rating: Rating, channel: Channel, now: datetime) -> None:
    """Write down that the bureau opened one rating, and what of the enterprise stands in it. Tables of many ratings
    are its daily work, as those of the lists are (``lists.readable``)."""
    if actor.side is not Side.BUREAU:
        return
    with database.writing(SYSTEM) as session:
        note_duty(session, actor=actor, uscc=rating.uscc, fields=[*_seen(rating)], channel=channel, now=now)


def _seen(rating: Rating) -> Iterator[str]:
    known = rating.facts["known"]
    yield from _RATING
    yield from (f"{Enterprise.kind_name}.{f.code}" for f in fields_of(Enterprise) if f.attribute in known)
    if rating.facts["records"]:
        yield from READ
