"""到期提醒: the bureau's operators hear on the workday before what enterprises asked for is due and not answered.

《山东省社会信用条例》 article 39 and 《征信业管理条例》 article 25 set the days; each is stored where it was reckoned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import SubjectRequest
from matchmaker.accounts.subject_requests import KINDS
from matchmaker.domain.text import Text
from matchmaker.domain.workdays import ONE_DAY, Workdays
from matchmaker.guarantee.rating.models import RatingAppeal
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.outbox.services import Draft, enqueue
from matchmaker.push.audiences import DUE_KIND
from matchmaker.push.contact_notices import body_for, page_link, reader_of
from matchmaker.push.items import Receiver
from matchmaker.push.planning import quiet_of
from matchmaker.push.receivers import receiver_of, receivers
from matchmaker.push.words import pair
from matchmaker.settings import Settings

SECTION = "due"
_KINDS: Mapping[str, Text] = {str(kind): told for kind, told in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request or an appeal without an answer. ``no``: the number of the rating, or nothing; ``path``: its page."""

    label: Text
    no: str
    made_at: datetime
    due_on: date
    path: str


def plan_due_notices(session: Session, *, settings: Settings, now: datetime) -> int:
    """One message to each operator for each workday on which something is due; how many are new.

    Its window is the last workday on which what it lists can be answered in time.
    It is planned on the workday before; on the day itself only where no process ran then. What it lists is looked up as
    it leaves, so that it names nothing that has been answered meanwhile.
    """
    workdays, today = load_workdays(session), now.astimezone(settings.zone).date()
    near = {workdays.next_workday(today - ONE_DAY), workdays.next_workday(today)}
    days = sorted(near & {_last_day(one.due_on, workdays) for one in _waiting(session)})
    people = receivers(session, "bureau") if days else []
    leaves = quiet_of(settings).release(now, workdays, settings.zone)
    return enqueue(session, [_draft(one, day, leaves) for day in days for one in people], now=now)


def compose_due_notice(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The message with what is still not answered; nothing where all is, or its reader is no operator any more."""
    workdays, day = load_workdays(session), date.fromisoformat(held.window)
    due = [one for one in _waiting(session) if _last_day(one.due_on, workdays) == day]
    if not due:
        return Nothing("nothing_left")
    contact = reader_of(session, held, lambda one: receiver_of(session, "bureau", one) is not None)
    if isinstance(contact, Nothing):
        return contact
    items = [_told(one, settings) for one in due]
    return body_for(contact, held, SECTION, items, settings=settings, now=now, workdays=workdays)


def _waiting(session: Session) -> list[Waiting]:
    """All that is not answered, the first due first."""
    found = [
        Waiting(_KINDS[one.kind], "", one.created_at, one.due_on, f"/requests/answers/{one.public_id}")
        for one in session.scalars(select(SubjectRequest).where(SubjectRequest.state == "open"))
    ]
    found += [
        Waiting(_APPEAL, one.rating_no, one.created_at, one.due_on, f"/ratings/appeals/{one.public_id}")
        for one in session.scalars(select(RatingAppeal).where(RatingAppeal.state == "open"))
    ]
    return sorted(found, key=lambda one: (one.due_on, one.made_at, one.path))


def _last_day(due_on: date, workdays: Workdays) -> date:
    """The day itself, or the workday before: a calendar that was imported later may have made a day off of it."""
    while not workdays.is_workday(due_on):
        due_on -= ONE_DAY
    return due_on


def _draft(person: Receiver, day: date, leaves: datetime) -> Draft:
    address = person.addresses[person.channel]
    return Draft(person.contact_no, person.channel, DUE_KIND, day.isoformat(), person.name, address, leaves)


def _told(one: Waiting, settings: Settings) -> dict[str, Any]:
    return {
        "what": pair(one.label),
        "no": one.no,
        "made_on": one.made_at.astimezone(settings.zone).date().isoformat(),
        "due_on": one.due_on.isoformat(),
        "link": page_link(settings, one.path),
    }


_APPEAL = Text("评级申诉", "Appeal against rating")
