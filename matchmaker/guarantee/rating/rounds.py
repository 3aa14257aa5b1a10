"""Rating a whole city: group by group, so that nobody who writes to the lists waits for more than one group."""

from datetime import date, datetime

from matchmaker.actor import Actor
from matchmaker.db import Database
from matchmaker.guarantee.rating.facts import published_enterprises
from matchmaker.guarantee.rating.rules import AT_A_TIME
from matchmaker.guarantee.rating.services import rate_due
from matchmaker.lists.services.stored import in_groups
from matchmaker.settings import Settings


def rate_everybody(
    database: Database, *, actor: Actor, on: date, now: datetime, settings: Settings, most: int | None = None
) -> int:
    """:func:`rate_due` for all, each group of ``AT_A_TIME`` in a transaction of its own; how many were rated.

    What stops it halfway (ConflictError: no rules are in force; a lock) leaves the groups before it rated; the next
    round goes on, for who has been rated is due no more.
    """
    with database.reading(actor) as session:
        everybody = published_enterprises(session)
    done = 0
    for group in in_groups(iter(everybody), AT_A_TIME):
        left = None if most is None else most - done
        if left == 0:
            break
        with database.writing(actor) as session:
            done += rate_due(session, actor=actor, on=on, now=now, settings=settings, most=left, usccs=group)
    return done
