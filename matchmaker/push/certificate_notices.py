"""背书撤销通知: an enterprise hears that a certificate of its own was revoked by others, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.push.contact_notices import body_for, page_link, reader_of
from matchmaker.push.words import pair
from matchmaker.settings import Settings

SECTION = "certificate"


def compose_revoked_notice(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The message; nothing where the certificate is kept no more, or its reader is no contact of the enterprise."""
    mine = Certificate.public_id == held.window
    found = session.scalars(select(Certificate).where(mine, Certificate.revoked_at.is_not(None))).one_or_none()
    if found is None:
        return Nothing("nothing_left")
    contact = reader_of(session, held, lambda one: one.uscc == found.uscc)
    if isinstance(contact, Nothing):
        return contact
    return body_for(contact, held, SECTION, [_told(found, settings)], settings=settings, now=now)


def _told(found: Certificate, settings: Settings) -> dict[str, Any]:
    return {
        "rating": found.rating_no,
        "why": pair(RevokedWhy.of(found.revoked_why or "").label),
        "reason": found.revoked_note or "",
        "link": page_link(settings, f"/endorsements/{found.public_id}"),
    }
