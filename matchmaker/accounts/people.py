"""People who sign in: added, given roles, stopped. Each change ends sessions where it must and stands in the audit."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.matrix import ADMINISTRATORS
from matchmaker.accounts.models import Invitation, Person, PersonRole
from matchmaker.accounts.second_factor import remove_second_factor
from matchmaker.accounts.sessions import end_sessions, roles_of
from matchmaker.actor import Actor, Bound
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotAllowedError, NotFoundError, RejectedError
from matchmaker.domain.terms import Role, Side
from matchmaker.domain.text import Text, normal

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+\-]{2,99}")
NAME_LENGTH = 100


def read_login(written: str) -> str:
    """A login as it is kept: half-width, small letters. RejectedError where it cannot be one."""
    login = normal(written).lower()
    if not LOGIN.fullmatch(login):
        raise RejectedError(_LOGIN, code="login")
    return login


def read_name(written: str) -> str:
    """A person's name. RejectedError where it is blank, too long or holds a control character."""
    name = written.strip()
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise RejectedError(_NAME, code="name", most=NAME_LENGTH)
    return name


def find_by_login(session: Session, login: str) -> Person:
    """The person with a login; NotFoundError."""
    person = session.scalar(select(Person).where(Person.login == normal(login).lower()))
    if person is None:
        raise NotFoundError(_NO_LOGIN, code="unknown_person", login=login)
    return person


def find_own(session: Session, public_id: str) -> Person:
    """A person whom the session's actor may change; NotFoundError for everybody else."""
    actor = cast(ScopedSession, session).actor
    wanted = select(Person).where(Person.public_id == public_id)
    if not actor.trusted:
        wanted = wanted.where(Person.owned(Bound(actor.side, actor.orgs, actor.uscc)))
    person = session.scalar(wanted)
    if person is None:
        raise NotFoundError(_NO_PERSON, code="unknown_person")
    return person


def create_person(
    session: Session,
    *,
    actor: Actor,
    login: str,
    name: str,
    now: datetime,
    roles: Iterable[Role] = (),
    side: Side | None = None,
    org_code: str | None = None,
    uscc: str | None = None,
    email: str | None = None,
    contact_no: str | None = None,
    password_hash: str | None = None,
) -> Person:
    """A new person of an organisation, an enterprise or (neither) the platform.

    ``side``: the side of the organisation or enterprise; None for the platform. ``contact_no``: the contact that is
    the same person. ConflictError where the login is taken or the contact is somebody's; roles as in
    :func:`grant_role`. The session must be a trusted one.
    """
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise ConflictError(_TAKEN, code="login_taken", login=login)
    if contact_no and session.scalar(select(Person.id).where(Person.contact_no == contact_no)) is not None:
        raise ConflictError(_CONTACT_TAKEN, code="contact_taken", contact=contact_no)
    person = Person(
        login=login, name=name, org_code=org_code, uscc=uscc, email=email or None, contact_no=contact_no,
        password_hash=password_hash, password_set_at=now if password_hash else None, created_at=now,
    )  # fmt: skip
    session.add(person)
    try:
        session.flush()
    except IntegrityError as error:  # another took the login or the contact between the look and the write
        raise ConflictError(_TAKEN, code="login_taken", login=login) from error
    tell(session, actor, "person.created", person, now, after={"org_code": org_code, "uscc": uscc})
    for role in roles:
        grant_role(session, actor=actor, person=person, role=role, side=side, now=now)
    return person


def grant_role(session: Session, *, actor: Actor, person: Person, role: Role, side: Side | None, now: datetime) -> None:
    """Give a role; the person's sessions end, so that the next one knows it. A role that is there already stays.

    NotAllowedError (see :func:`refusal_of`): the caller writes it into the audit with :func:`tell_refusal`, in a
    transaction of its own. The person's row is held, so that of two grants at once the second sees the first.
    """
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    held = roles_of(session, person.id)
    if role in held:
        return
    refusal = refusal_of(actor, person, role, side, held)
    if refusal:
        raise refusal
    session.add(PersonRole(person_id=person.id, role=str(role), granted_by=actor.who, granted_at=now))
    session.flush()
    _end_all(session, person, "roles", now)
    tell(session, actor, "role.granted", person, now, after={"role": str(role)})


def refusal_of(
    actor: Actor, person: Person, role: Role, side: Side | None, held: frozenset[Role]
) -> NotAllowedError | None:
    """Why the person may not have the role; None when nothing stands against it.

    Nobody gives a role to oneself; a role is of its holder's side; an administrator has no other role (三员分立).
    """
    if person.id == actor.person_id:
        return NotAllowedError(_SELF, code="role_self")
    if not fits(role, side):
        return NotAllowedError(_SIDE, code="role_side", role=role.label)
    if held and (role in ADMINISTRATORS or held & set(ADMINISTRATORS)):
        return NotAllowedError(_EXCLUDES, code="role_excludes", role=role.label)
    return None


def fits(role: Role, side: Side | None) -> bool:
    """Whether someone of ``side`` (None: of the platform itself) may have the role."""
    return role in ADMINISTRATORS if side is None else role.side is side


def revoke_role(session: Session, *, actor: Actor, person: Person, role: Role, now: datetime) -> None:
    """Take a role away; the person's sessions end at once, and so do the invitations it made."""
    if role not in roles_of(session, person.id):
        return
    session.execute(delete(PersonRole).where(PersonRole.person_id == person.id, PersonRole.role == str(role)))
    _end_all(session, person, "roles", now)
    void_links(session, _made_by(person), now)
    tell(session, actor, "role.revoked", person, now, before={"role": str(role)})


def disable_person(session: Session, *, actor: Actor, person: Person, now: datetime) -> None:
    """Stop a person from signing in; sessions end, tokens and the invitations it made fail at once.

    NotAllowedError for oneself.
    """
    if person.id == actor.person_id:
        raise NotAllowedError(_NOT_ONESELF, code="disable_self")
    if person.disabled_at is None:
        person.disabled_at = now
        person.version += 1
        session.flush()
        _end_all(session, person, "disabled", now)
        void_links(session, or_(_made_by(person), Invitation.person_id == person.id), now)
        tell(session, actor, "person.disabled", person, now)


def enable_person(session: Session, *, actor: Actor, person: Person, now: datetime) -> None:
    """Let a person sign in again."""
    if person.disabled_at is not None:
        person.disabled_at = None
        person.version += 1
        session.flush()
        tell(session, actor, "person.enabled", person, now)


def set_password(session: Session, *, actor: Actor, person: Person, kept: str, now: datetime, but: int | None) -> None:
    """Keep a new password's hash; the person's sessions, all ``but`` one, and links to set another end."""
    person.password_hash, person.password_set_at = kept, now
    person.version += 1
    session.flush()
    with cast(ScopedSession, session).elevated():
        end_sessions(session, person.id, "password", now=now, but=but)
    void_links(session, Invitation.person_id == person.id, now)
    tell(session, actor, "password.changed", person, now)


def reset_second_factor(session: Session, *, actor: Actor, person: Person, now: datetime) -> None:
    """Take away a lost second factor and end all sessions. A role that needs one sets it up at the next sign-in."""
    with cast(ScopedSession, session).elevated():
        remove_second_factor(session, person)
    _end_all(session, person, "second_factor", now)
    tell(session, actor, "second_factor.recovered", person, now)


def void_links(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    """Links that nobody has used yet work no longer."""
    with cast(ScopedSession, session).elevated():
        session.execute(update(Invitation).where(which, Invitation.used_at.is_(None)).values(used_at=now))


def _made_by(person: Person) -> ColumnElement[bool]:
    return Invitation.made_by == f"person:{person.public_id}"


def tell(
    session: Session,
    actor: Actor,
    action: str,
    person: Person,
    now: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Have something about a person written into the audit."""
    subject = f"person:{person.public_id}"
    record_event(session, actor=actor, action=action, subject=subject, now=now, before=before, after=after)


def tell_refusal(session: Session, actor: Actor, person: Person, role: Role, code: str, now: datetime) -> None:
    """Have a refused role written into the audit."""
    tell(session, actor, "role.refused", person, now, after={"role": str(role), "code": code})


def _end_all(session: Session, person: Person, why: str, now: datetime) -> None:
    with cast(ScopedSession, session).elevated():
        end_sessions(session, person.id, why, now=now)


_LOGIN = Text(
    "登录名读不懂。用 3 至 100 个小写字母、数字或 . _ @ + -，例如邮箱地址。",
    "The login cannot be used. Take 3 to 100 small letters, digits or . _ @ + -, such as an e-mail address.",
)
_NAME = Text("姓名须为 1 至 {most} 个字符，不含换行。", "A name has 1 to {most} characters and no line breaks.")
_NO_LOGIN = Text("没有登录名 {login}。用 flask people list 查看。", "There is no login {login}. See flask people list.")
_NO_PERSON = Text("没有这个人员。从人员页面重新进入。", "There is no such person. Start again from the page of people.")
_TAKEN = Text("登录名 {login} 已有人使用。换一个。", "The login {login} is taken. Choose another one.")
_CONTACT_TAKEN = Text(
    "联系人 {contact} 已经对应另一个登录人员。", "The contact {contact} belongs to another person already."
)
_SELF = Text(
    "不能给自己增加角色。请另一位安全管理员操作。",
    "Nobody gives a role to oneself. Ask another security administrator.",
)
_SIDE = Text(
    "「{role}」不适用于此人所在的单位。选择与单位类别相符的角色。",
    'The role "{role}" is not one of this person\'s organisation. Choose one that fits it.',
)
_EXCLUDES = Text(
    "系统、安全、审计管理员与其他角色互斥，不能同时是「{role}」。先收回原有角色。",
    'System, security and audit administrators have no other role, so "{role}" cannot be added. Take the old one away.',
)
_NOT_ONESELF = Text("不能停用自己的账号。请同事操作。", "You cannot disable your own account. Ask a colleague.")
