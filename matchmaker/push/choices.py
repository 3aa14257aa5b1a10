"""How often a person wants the digest: what its windows can keep, and whom a window leaves out by it."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import DigestChoice
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import NoticeSetting
from matchmaker.push.windows import Schedule

_OFTEN = ("WORKDAY", "DAILY")
"""Rules of schedules with several windows a week."""


def choices_of(schedule: Schedule) -> tuple[DigestChoice, ...]:
    """What can be chosen: "weekly" only where there would be more than one a week (EXPERIENCE.md 2.4)."""
    return tuple(one for one in DigestChoice if one is not DigestChoice.WEEKLY or schedule.rule in _OFTEN)


def period_of(choice: DigestChoice, day: date) -> tuple[date, date]:
    """The first day of the week or month around ``day`` in which there is at most one digest, and of the next one."""
    if choice is DigestChoice.WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, add_months(first, 1)


def left_out(session: Session, *, kind: str, day: date, contacts: Collection[str]) -> Mapping[str, str]:
    """Contact number → choice, of those ``contacts`` to whom a window of the local ``day`` does not write.

    Whoever wants one a week or month is left out once it has a digest of this ``kind`` in it that was not dropped
    before it left. Nothing is told to whoever is left out, so the next digest has all that still holds then.
    """
    found: dict[str, str] = {}
    for choice in (DigestChoice.WEEKLY, DigestChoice.MONTHLY, DigestChoice.NONE):
        wanting = select(NoticeSetting.contact_no).where(NoticeSetting.digest == choice.value)
        if choice is not DigestChoice.NONE:
            wanting = wanting.where(NoticeSetting.contact_no.in_(_written_to(kind, choice, day)))
        found |= dict.fromkeys(session.scalars(wanting), choice.value)
    return {number: found[number] for number in sorted(found) if number in contacts}


def had_one(session: Session, *, kind: str, choice: DigestChoice, day: date, contact_no: str) -> bool:
    """Whether a contact has its digest of the week or month around ``day``."""
    mine = _written_to(kind, choice, day).where(OutboxMessage.contact_no == contact_no)
    return session.scalars(mine.limit(1)).first() is not None


def _written_to(kind: str, choice: DigestChoice, day: date) -> Select[Any]:
    """Contacts with a digest in the period; windows are named by local time, so they sort as text."""
    start, end = period_of(choice, day)
    message = OutboxMessage
    within = (message.window >= start.isoformat()) & (message.window < end.isoformat())
    return select(message.contact_no).where(message.kind == kind, within, message.state != "dropped")
