"""What ends by itself: undecided applications, letters that nobody drew on, the rest of a letter that is over.

The job of the night. Each case has a transaction of its own: one that is refused stands in no other's way, and nobody
waits in a circle for two of them.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database, ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.guarantee.cases.applying import give_back
from matchmaker.guarantee.cases.deciding import tell_systems
from matchmaker.guarantee.cases.events import settle
from matchmaker.guarantee.cases.holding import hold_case, local_day, move, position_of
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent
from matchmaker.guarantee.cases.reports import Reported, digest_of, new_event
from matchmaker.settings import Settings

_LOG = logging.getLogger(__name__)


def lapse_due(database: Database, *, settings: Settings, now: datetime) -> list[Guarantee]:
    """End what is past its day; the cases that were ended, or whose rest was freed. Safe to repeat.

    The last day of a reservation, or of a letter with ``guarantee_grace_days`` after it, is still in time. A case that
    is refused is logged and due again the next night.
    """
    with database.reading(SYSTEM) as session:
        due = [case.public_id for case in due_to_lapse(session, settings=settings, now=now)]
    ended = [_lapse_alone(database, public_id, settings, now) for public_id in due]
    return [case for case in ended if case is not None]


def due_to_lapse(session: ScopedSession, *, settings: Settings, now: datetime) -> Sequence[Guarantee]:
    """What :func:`lapse_due` would end."""
    past = select(Guarantee).where(_past(settings, now))
    return session.scalars(past.order_by(Guarantee.id)).all()


def lapse(session: ScopedSession, public_id: str, *, settings: Settings, now: datetime) -> Guarantee | None:
    """End one case that is past its day; the session is the system's. None where it is not, or not any more."""
    case = hold_case(session, public_id)
    if session.scalar(select(Guarantee.id).where(Guarantee.id == case.id, _past(settings, now))) is None:
        return None
    on = local_day(now, settings)
    if case.stands in _RUNNING:
        _close(session, case, on, now)
        return case
    move(session, case, "lapse", actor=SYSTEM, now=now)
    give_back(session, case, "lapsed", on=on, actor=SYSTEM, now=now)
    tell_systems(session, case, now)
    return case


_UNDECIDED = (S.APPLIED, S.WAITING, S.REVIEWED)
_RUNNING = (S.IN_FORCE, S.OVERDUE)


def _lapse_alone(database: Database, public_id: str, settings: Settings, now: datetime) -> Guarantee | None:
    try:
        with database.writing(SYSTEM) as session:
            return lapse(session, public_id, settings=settings, now=now)
    except ConflictError as error:
        _LOG.warning("guarantee %s did not lapse: %s", public_id, error)
        return None


def _past(settings: Settings, now: datetime) -> ColumnElement[bool]:
    on = local_day(now, settings)
    over = Guarantee.letter_expires_on < on - timedelta(days=settings.guarantee_grace_days)
    return or_(
        and_(_stands(*_UNDECIDED), Guarantee.expires_on < on),
        and_(_stands(S.APPROVED), over),
        and_(_stands(*_RUNNING), over, _has_a_rest()),
    )


def _stands(*states: S) -> ColumnElement[bool]:
    return Guarantee.state.in_([state.value for state in states])


def _has_a_rest() -> ColumnElement[bool]:
    """Something is left to draw that nobody gave up. A drawdown that still waits for a report before it keeps it."""
    drawdowns = (GuaranteeEvent.guarantee_no == Guarantee.guarantee_no) & (GuaranteeEvent.kind == "drawdown")
    counted = select(func.coalesce(func.sum(GuaranteeEvent.amount_fen), 0)).where(drawdowns)
    drawn = counted.where(GuaranteeEvent.state == "applied").scalar_subquery()
    waiting = select(GuaranteeEvent.id).where(drawdowns, GuaranteeEvent.state == "parked").exists()
    return and_(Guarantee.closed_on.is_(None), drawn < Guarantee.amount_fen, ~waiting)


def _close(session: ScopedSession, case: Guarantee, on: date, now: datetime) -> None:
    """Give up the rest as the bank's own ``close`` would: it counts in the loan's course, and releases what is repaid.

    It is dated by the night, after all that was reported; the number is none that a bank can use, theirs are ASCII.
    """
    closing = Reported(
        event_no=f"到期-{case.guarantee_no}", kind="close", happened_on=on, amount_fen=position_of(session, case).drawn
    )
    session.add(new_event(case, closing, digest_of(closing, case.guarantee_no), actor=SYSTEM, now=now))
    session.flush()
    settle(session, case, actor=SYSTEM, now=now)
