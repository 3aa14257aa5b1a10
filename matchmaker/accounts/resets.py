"""Resets of what others sign in with: by one administrator, or by two where the account can do much (三员分立).

Two: the person has a role that needs a second factor, or has one. The security administrator asks, another security
administrator or the system administrator confirms; whoever confirms gets the link and hands it to the person, who is
told by mail in any case (ASVS 6.3.7). The operator at the server does it directly: that is how an installation begins.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, select, update

from matchmaker.accounts.invitations import invite_to_reset
from matchmaker.accounts.models import Person, PersonRole, ResetRequest
from matchmaker.accounts.people import reset_second_factor, tell
from matchmaker.accounts.second_factor import has_second_factor, needs_second_factor
from matchmaker.accounts.sessions import roles_of
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, new_public_id
from matchmaker.domain.errors import NotAllowedError, NotFoundError, UsageError
from matchmaker.domain.terms import Role
from matchmaker.domain.text import Text
from matchmaker.outbox.services import Draft, enqueue
from matchmaker.settings import Settings

Kind = Literal["password", "second_factor"]
KINDS: dict[Kind, Text] = {
    "password": Text("重设密码", "new password"),
    "second_factor": Text("清除二次验证", "second factor taken away"),
}
NOTICES: dict[str, Kind] = {"reset_password": "password", "reset_second_factor": "second_factor"}
"""Kind of the mail that tells the person → what was done."""

LASTS = timedelta(hours=24)


def takes_two(session: ScopedSession, person: Person) -> bool:
    """Whether a second person confirms. A second factor counts too: taking the role away first opens no door."""
    return needs_second_factor(roles_of(session, person.id)) or has_second_factor(person)


def reset_alone(
    session: ScopedSession, *, actor: Actor, person: Person, kind: Kind, settings: Settings, now: datetime
) -> str | None:
    """Reset at once; of a password the token of the link, told once.

    NotAllowedError where it takes two, but for the operator at the server.
    """
    if not actor.trusted and takes_two(session, person):
        raise NotAllowedError(_TWO, code="reset_takes_two")
    return _done(session, actor, person, kind, settings, now)


def ask_reset(session: ScopedSession, *, actor: Actor, person: Person, kind: Kind, now: datetime) -> ResetRequest:
    """Ask for a reset that another person confirms; the request that is open already (a form sent twice) stays."""
    mine = (ResetRequest.person_id == person.id) & (ResetRequest.asked_by == actor.who) & (ResetRequest.kind == kind)
    found = session.scalars(select(ResetRequest).where(mine, _is_open(now))).first()
    if found is not None:
        return found
    made = ResetRequest(
        public_id=new_public_id(), person_id=person.id, kind=kind, asked_by=actor.who, asked_at=now
    )  # fmt: skip
    session.add(made)
    session.flush()
    tell(session, actor, "reset.asked", person, now, after={"kind": kind, "request": made.public_id})
    return made


def open_resets(session: ScopedSession, now: datetime) -> Sequence[tuple[ResetRequest, Person, str]]:
    """What waits for a second person, oldest first: the request, whose account, and the name of who asks."""
    with session.elevated():
        waiting = select(ResetRequest).where(_is_open(now)).order_by(ResetRequest.id)
        found = session.scalars(waiting).all()
        people = [(one, session.get_one(Person, one.person_id), _asker(session, one)) for one in found]
    return [(one, person, asker.name) for one, person, asker in people if asker is not None]


def confirm_reset(
    session: ScopedSession, *, actor: Actor, public_id: str, settings: Settings, now: datetime
) -> str | None:
    """Do what another administrator asked for; of a password the token of the link, told once.

    NotFoundError for an unknown request, UsageError for one that is over, NotAllowedError for whoever asked, is the
    person itself, or might be who asked: one gave the other its role, or a third gave both theirs.
    """
    with session.elevated():
        request = session.scalar(select(ResetRequest).where(ResetRequest.public_id == public_id))
        if request is None:
            raise NotFoundError(_UNKNOWN, code="unknown_reset")
        _require_other(session, request, actor)
        _close(session, request, actor, now)
        person = session.get_one(Person, request.person_id)
        after: dict[str, object] = {"kind": request.kind, "request": public_id, "asked_by": request.asked_by}
        tell(session, actor, "reset.confirmed", person, now, after=after)
        kind: Kind = "password" if request.kind == "password" else "second_factor"
        return _done(session, actor, person, kind, settings, now)


def _require_other(session: ScopedSession, request: ResetRequest, actor: Actor) -> None:
    if actor.who == request.asked_by:
        raise NotAllowedError(_SELF, code="reset_self")
    if actor.person_id == request.person_id:
        raise NotAllowedError(_OWN, code="reset_own")
    if _hands(session, request.asked_by) & _hands(session, actor.who):
        raise NotAllowedError(_LET_IN, code="reset_let_in")


def _hands(session: ScopedSession, who: str) -> set[str]:
    """The person, who gave it a role, who gave them theirs, and so on: whoever makes accounts might be them all."""
    found: set[str] = set()
    new = {who}
    while new:
        found |= new
        ids = [one.removeprefix("person:") for one in new]
        given = select(PersonRole.granted_by).join(Person, Person.id == PersonRole.person_id)
        by = session.scalars(given.where(Person.public_id.in_(ids)))
        new = {one for one in by if one.startswith("person:")} - found
    return found


def _close(session: ScopedSession, request: ResetRequest, actor: Actor, now: datetime) -> None:
    """By a guarded update, so that of two at once one is told that it was done."""
    mine = update(ResetRequest).where(ResetRequest.id == request.id, _is_open(now))
    done = session.execute(mine.values(decided_by=actor.who, decided_at=now))
    if done.rowcount != 1 or _asker(session, request) is None:  # type: ignore[attr-defined]
        raise UsageError(_OVER, code="reset_over")


def _asker(session: ScopedSession, request: ResetRequest) -> Person | None:
    """Who asked; None when that person may ask no more."""
    known = Person.public_id == request.asked_by.removeprefix("person:")
    still = (
        select(Person).join(PersonRole, PersonRole.person_id == Person.id).where(known, Person.disabled_at.is_(None))
    )
    return session.scalar(still.where(PersonRole.role == str(Role.SECURITY_ADMIN)))


def _is_open(now: datetime) -> ColumnElement[bool]:
    return ResetRequest.decided_at.is_(None) & (ResetRequest.asked_at > now - LASTS)


def _done(
    session: ScopedSession, actor: Actor, person: Person, kind: Kind, settings: Settings, now: datetime
) -> str | None:
    token = None
    if kind == "password":
        token = invite_to_reset(session, actor=actor, person=person, settings=settings, now=now)
    else:
        reset_second_factor(session, actor=actor, person=person, now=now)
    _tell_person(session, person, kind, now)
    return token


def _tell_person(session: ScopedSession, person: Person, kind: Kind, now: datetime) -> None:
    """By mail, never with the link. Where it goes to is looked up as it leaves."""
    notice = next(name for name, what in NOTICES.items() if what == kind)
    draft = Draft(f"person:{person.public_id}", "email", notice, now.isoformat(), person.name, person.email, now)
    with session.elevated():
        enqueue(session, [draft], now=now)


_TWO = Text(
    "此账号有重要权限，重设须由另一位管理员确认。先提出申请。",
    "This account can do much: another administrator confirms its reset. Ask for one.",
)
_UNKNOWN = Text(
    "没有这项申请。从「重设确认」页面重新进入。", "There is no such request. Start from the page of resets."
)
_SELF = Text("自己提出的重设须由另一人确认。", "A reset that you asked for is confirmed by another person.")
_OWN = Text("重设您本人账号的申请须由另一人确认。", "A reset of your own account is confirmed by another person.")
_LET_IN = Text(
    "您与申请人的角色由同一人授予，或其中一人授予另一人，不能互相确认。请另一位管理员确认。",
    "You and who asked have your roles from one hand. Another administrator has to confirm it.",
)
_OVER = Text(
    "这项申请已处理、已过 24 小时或申请人已无权限。请安全管理员重新提出。",
    "This request was dealt with, is over 24 hours old, or who asked may no longer. Have it asked for anew.",
)
