"""Links that work once: to join, and to set a new password. Only the SHA-256 of a link's token is kept (ASVS 6.4.1)."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.models import Invitation, Person, PersonRole
from matchmaker.accounts.people import create_person, fits, set_password, tell, void_links
from matchmaker.actor import Actor
from matchmaker.domain.errors import NotAllowedError, UsageError
from matchmaker.domain.terms import Role, Side
from matchmaker.domain.text import Text
from matchmaker.settings import Settings
from matchmaker.vault import token_hash


def invite(
    session: Session,
    *,
    actor: Actor,
    name: str,
    role: Role,
    side: Side | None,
    settings: Settings,
    now: datetime,
    org_code: str | None = None,
    uscc: str | None = None,
    email: str | None = None,
    contact_no: str | None = None,
) -> str:
    """Invite someone to an organisation, an enterprise or the platform; the link's token, told once.

    ``side``: as in ``people.create_person``. NotAllowedError where the role is not one of that side.
    """
    if not fits(role, side):
        raise NotAllowedError(_SIDE, code="role_side", role=role.label)
    invitation, token = _new(actor, "invite", name, settings, now)
    invitation.role, invitation.email, invitation.contact_no = str(role), email or None, contact_no
    invitation.org_code, invitation.uscc = org_code, uscc
    session.add(invitation)
    session.flush()
    _tell(session, actor, "invitation.made", invitation, now)
    return token


def invite_to_reset(session: Session, *, actor: Actor, person: Person, settings: Settings, now: datetime) -> str:
    """A link with which the person sets a new password; links of before work no longer. Its token, told once."""
    void_links(session, Invitation.person_id == person.id, now)
    invitation, token = _new(actor, "reset", person.name, settings, now)
    invitation.person_id = person.id
    invitation.org_code, invitation.uscc = person.org_code, person.uscc
    session.add(invitation)
    session.flush()
    _tell(session, actor, "invitation.made", invitation, now)
    return token


def _new(actor: Actor, kind: str, name: str, settings: Settings, now: datetime) -> tuple[Invitation, str]:
    token = secrets.token_urlsafe(32)
    expires = now + timedelta(hours=settings.invitation_hours)
    made = Invitation(
        token_hash=token_hash(token), kind=kind, name=name, made_by=actor.who, created_at=now, expires_at=expires
    )
    return made, token


def open_invitation(session: Session, token: str, kind: str, *, now: datetime) -> Invitation:
    """The invitation of a link that still works; UsageError for one that was used, has expired or never was."""
    found = session.scalar(
        select(Invitation).where(
            Invitation.token_hash == token_hash(token),
            Invitation.kind == kind,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
    )
    if found is None:
        raise UsageError(_OVER, code="link_over")
    return found


def accept(
    session: Session,
    token: str,
    *,
    actor: Actor,
    login: str,
    name: str,
    kept: str,
    side: Side | None,
    now: datetime,
) -> Person:
    """Turn an invitation into a person with the password whose hash is ``kept``; UsageError as above."""
    invitation = open_invitation(session, token, "invite", now=now)
    _use_up(session, invitation, now)
    person = create_person(
        session, actor=actor, login=login, name=name, roles=[Role.of(invitation.role or "")], side=side,
        org_code=invitation.org_code, uscc=invitation.uscc, email=invitation.email,
        contact_no=invitation.contact_no, password_hash=kept, now=now,
    )  # fmt: skip
    invitation.person_id = person.id
    given = update(PersonRole).where(PersonRole.person_id == person.id)
    session.execute(given.values(granted_by=invitation.made_by))  # who joins may not vouch for who let it in
    _tell(session, actor, "invitation.used", invitation, now)
    return person


def reset_password(session: Session, token: str, *, actor: Actor, kept: str, now: datetime) -> Person:
    """Set a new password by a link and end all sessions; the second factor stays as it is (ASVS 6.4.3)."""
    invitation = open_invitation(session, token, "reset", now=now)
    _use_up(session, invitation, now)
    person = session.get_one(Person, invitation.person_id)
    set_password(session, actor=actor, person=person, kept=kept, now=now, but=None)
    tell(session, actor, "invitation.used", person, now)
    return person


def _use_up(session: Session, invitation: Invitation, now: datetime) -> None:
    """By a guarded update, so that of two at once one is told that the link was used."""
    unused = update(Invitation).where(Invitation.id == invitation.id, Invitation.used_at.is_(None))
    if session.execute(unused.values(used_at=now)).rowcount != 1:  # type: ignore[attr-defined]
        raise UsageError(_OVER, code="link_over")


def _tell(session: Session, actor: Actor, action: str, made: Invitation, now: datetime) -> None:
    after = {"kind": made.kind, "role": made.role, "org_code": made.org_code, "uscc": made.uscc}
    subject = f"invitation:{made.public_id}"
    record_event(session, actor=actor, action=action, subject=subject, now=now, after=after)


_SIDE = Text(
    "「{role}」不适用于这个单位。选择与单位类别相符的角色。",
    'The role "{role}" is not one of this organisation. Choose one that fits it.',
)
_OVER = Text(
    "这个链接已经用过、已过期或不完整。请发给您链接的人再发一个。",
    "This link was used, has expired or is not complete. Ask whoever gave it to you for a new one.",
)
