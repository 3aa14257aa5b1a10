"""Sessions of people in browsers: made at sign-in, checked at every request, ended at once.

The token is 256 random bits in a cookie; only its SHA-256 is kept (OWASP ASVS 5.0 7.2.2, 7.2.3). A session ends when it
has been idle, when it is too old, at sign-out, when its person is disabled or its roles change: at the next request, in
every process, because every request looks.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person, PersonRole, SignIn
from matchmaker.domain.terms import Role
from matchmaker.settings import Settings
from matchmaker.vault import token_hash

SEEN_EVERY = timedelta(minutes=1)
"""How often a session's last use is written down: a request a minute, not every request."""

ENDED = ("signed_out", "revoked", "idle", "too_old", "disabled", "roles", "password", "second_factor")
"""Why sessions end."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a good session."""

    person: Person
    roles: frozenset[Role]
    sign_in: SignIn


def begin_session(
    session: Session, person: Person, *, address: str, agent: str, second_factor: bool, now: datetime
) -> str:
    """A new session of a person who has just proved who it is; the token for the cookie, told once."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=token_hash(token),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            fresh_at=now,
            second_factor=second_factor,
            address=address,
            agent=agent[:200],
        )
    )
    session.flush()
    return token


def find_session(session: Session, token: str, *, settings: Settings, now: datetime) -> SignedIn | None:
    """Who the token's session belongs to; None when there is none, or it has ended, grown idle or too old."""
    found = session.execute(_SIGNED_IN, {"token_hash": token_hash(token)}).all()
    if not found or _over(found[0].SignIn, settings, now):
        return None
    roles = frozenset(Role.of(row.role) for row in found if row.role)
    return SignedIn(found[0].Person, roles, found[0].SignIn)


_SIGNED_IN = (
    select(SignIn, Person, PersonRole.role)
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(PersonRole, PersonRole.person_id == Person.id)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None), Person.disabled_at.is_(None))
)
"""Built once: it is asked with every page."""


def _over(sign_in: SignIn, settings: Settings, now: datetime) -> bool:
    idle = now - sign_in.seen_at > timedelta(minutes=settings.session_idle_minutes)
    return idle or now - sign_in.created_at > timedelta(hours=settings.session_hours)


def roles_of(session: Session, person_id: int) -> frozenset[Role]:
    """The roles a person has now."""
    found = session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id))
    return frozenset(Role.of(code) for code in found)


def mark_seen(session: Session, sign_in_id: int, now: datetime) -> None:
    """Write down that a session is in use."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id, SignIn.seen_at < now).values(seen_at=now))


def renew_session(session: Session, sign_in_id: int, *, second_factor: bool, now: datetime) -> str:
    """The session of a person who has proved again who it is: a new token; the old one is no longer good."""
    token = secrets.token_urlsafe(32)
    values = {"token_hash": token_hash(token), "fresh_at": now, "seen_at": now, "second_factor": second_factor}
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(**values))
    return token


def end_sessions(
    session: Session, person_id: int, why: str, *, now: datetime, only: int | None = None, but: int | None = None
) -> int:
    """End a person's sessions, all of them, ``only`` one, or all ``but`` one; how many."""
    assert why in ENDED
    ended = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    if only is not None:
        ended = ended.where(SignIn.id == only)
    if but is not None:
        ended = ended.where(SignIn.id != but)
    result = session.execute(ended.values(ended_at=now, ended_why=why))
    return int(result.rowcount)  # type: ignore[attr-defined]


def open_sessions(session: Session, person_id: int, *, settings: Settings, now: datetime) -> list[SignIn]:
    """A person's sessions that still hold, the last used first."""
    found = session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
        .order_by(SignIn.seen_at.desc(), SignIn.id)
    )
    return [one for one in found if not _over(one, settings, now)]
