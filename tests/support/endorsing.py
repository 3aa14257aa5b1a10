"""Ratings and certificates of the small city's enterprises."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.endorsement.queries import day_of
from matchmaker.guarantee.endorsement.services import issue_certificate, offer_of
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.settings import Settings
from tests.support.city import code_of
from tests.support.consenting import NOW, enterprise


def rate(
    database: Database, settings: Settings, grade: str, *, number: int = 1, now: datetime = NOW, **set_: Any
) -> str:
    """Let this be the enterprise's standing rating from ``now`` on, valid for 90 days; its number."""
    day = day_of(now, settings)
    with database.writing(SYSTEM) as session:
        found = session.scalars(select(EnterpriseRating).where(EnterpriseRating.uscc == code_of(number))).one_or_none()
        rating_no = set_.pop("rating_no", f"PJ-{day:%Y%m%d}-{number:04d}{grade}")
        told = {
            "grade": Grade.of(grade), "rating_no": rating_no, "rated_on": day, "valid_to": day + timedelta(days=90),
            "updated_at": now, "confirmed_at": now, "status": EntryStatus.PUBLISHED, **set_,
        }  # fmt: skip
        if found is None:
            found = EnterpriseRating(uscc=code_of(number), version=1, created_at=now, **told)
            session.add(found)
        for name, value in told.items():
            setattr(found, name, value)
        return str(rating_no)


def certify(
    database: Database, settings: Settings, *, number: int = 1, now: datetime = NOW, actor: Actor | None = None
) -> Certificate:
    """The enterprise agrees to the words and has its rating certified."""
    who = actor or enterprise(number)
    with database.writing(who) as session:
        offer = offer_of(session, uscc=code_of(number), lang="zh", settings=settings, now=now)
        return issue_certificate(session, actor=who, shown=offer.digest, lang="zh", settings=settings, now=now)
