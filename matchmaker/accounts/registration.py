"""An enterprise's wish to join: kept until the bureau or a record in the register verifies it.

Its person may sign in at once, to see how far it is, but has no role and no enterprise until then. What the register
itself knows of the enterprise is looked up by ``lists.enrolment``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.models import Person, Registration
from matchmaker.accounts.people import create_person, grant_role
from matchmaker.accounts.sessions import roles_of
from matchmaker.actor import Actor
from matchmaker.domain import uscc as codes
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import Role, Side
from matchmaker.domain.text import Text, normal

TEXT_LENGTH = 200
WHY_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What an enterprise's person filled in, read and checked; ``kept`` is the hash of the password."""

    uscc: str
    enterprise_name: str
    name: str
    login: str
    phone: str | None
    email: str | None
    kept: str


def read_uscc(written: str) -> str:
    """A unified social credit code with right check characters; RejectedError for anything else (GB 32100-2015)."""
    code = normal(written).upper()
    if codes.problem(code):
        raise RejectedError(_USCC, code="uscc")
    return code


def read_line(written: str, label: Text, *, required: bool = False) -> str | None:
    """A line of a form: trimmed, None when blank. RejectedError where it is missing, too long or has line breaks."""
    line = written.strip()
    if len(line) > TEXT_LENGTH or not line.isprintable() or (required and not line):
        raise RejectedError(_LINE, code="line", label=label, most=TEXT_LENGTH)
    return line or None


def keep_wish(session: Session, wish: Wish, *, actor: Actor, now: datetime) -> Registration:
    """Write the wish down and make its person, without role and enterprise.

    Where the login is taken the wish is refused without anybody being told: the answer to whoever asks is the same.
    The session must be a trusted one.
    """
    free = session.scalar(select(Person.id).where(Person.login == wish.login)) is None
    registration = Registration(
        uscc=wish.uscc, enterprise_name=wish.enterprise_name, login=wish.login, name=wish.name, phone=wish.phone,
        state="pending" if free else "refused", why=None if free else "login_taken", created_at=now,
    )  # fmt: skip
    session.add(registration)
    if free:
        create_person(
            session, actor=actor, login=wish.login, name=wish.name, email=wish.email, password_hash=wish.kept, now=now
        )
    session.flush()
    _tell(session, actor, "registration.made" if free else "registration.refused", registration, now)
    return registration


def settle(
    session: Session, registration: Registration, *, actor: Actor, evidence: str, contact_no: str | None, now: datetime
) -> Person:
    """Verify a pending registration: its person becomes the enterprise's finance officer.

    The enterprise must be in the register by now. ConflictError where the registration was decided already or its
    person has been given something else to do. The session must be a trusted one.
    """
    _decide(session, registration, "verified", actor, now, evidence=evidence)
    person = session.scalar(select(Person).where(Person.login == registration.login))
    if person is None or person.org_code or person.uscc or roles_of(session, person.id):
        raise _decided()
    person.uscc, person.contact_no = registration.uscc, contact_no
    session.flush()
    grant_role(session, actor=actor, person=person, role=Role.FINANCE, side=Side.ENTERPRISE, now=now)
    _tell(session, actor, "registration.verified", registration, now)
    return person


def refuse(session: Session, registration: Registration, *, actor: Actor, why: str, now: datetime) -> None:
    """Refuse a pending registration; ``why`` is shown to whoever registered. ConflictError as in :func:`settle`."""
    reason = why.strip()
    if not reason or len(reason) > WHY_LENGTH or not reason.isprintable():
        raise RejectedError(_WHY, code="why", most=WHY_LENGTH)
    _decide(session, registration, "refused", actor, now, why=reason)
    _tell(session, actor, "registration.refused", registration, now)


def _decide(
    session: Session, registration: Registration, state: str, actor: Actor, now: datetime, **values: str
) -> None:
    """By a guarded update: only a pending registration is decided, and once."""
    pending = update(Registration).where(Registration.id == registration.id, Registration.state == "pending")
    decided = pending.values(state=state, decided_at=now, decided_by=actor.who, **values)
    if session.execute(decided).rowcount != 1:  # type: ignore[attr-defined]
        raise _decided()
    session.refresh(registration)


def find_registration(session: Session, public_id: str) -> Registration:
    """The registration; NotFoundError where there is none that the session's actor sees."""
    found = session.scalar(select(Registration).where(Registration.public_id == public_id))
    if found is None:
        raise NotFoundError(_NONE, code="unknown_registration")
    return found


def registration_of(session: Session, login: str) -> Registration | None:
    """The wish that a person came from; None for one who was invited."""
    return session.scalar(
        select(Registration)
        .where(Registration.login == login, Registration.why.is_distinct_from("login_taken"))
        .order_by(Registration.id.desc())
        .limit(1)
    )


def _tell(session: Session, actor: Actor, action: str, registration: Registration, now: datetime) -> None:
    after = {"uscc": registration.uscc, "state": registration.state}
    subject = f"registration:{registration.public_id}"
    record_event(session, actor=actor, action=action, subject=subject, now=now, after=after)


def _decided() -> ConflictError:
    return ConflictError(_DECIDED, code="registration_decided")


_USCC = Text(
    "统一社会信用代码不正确：应为 18 位，校验码须相符。对照营业执照重新填写。",
    "The unified social credit code is not right: it has 18 characters and its check characters must agree. "
    "Compare it with the business licence.",
)
_LINE = Text("{label}须为 1 至 {most} 个字符，不含换行。", "{label}: give 1 to {most} characters without line breaks.")
_WHY = Text(
    "请写明不通过的原因，最多 {most} 个字符，不含换行；注册人会看到。",
    "Say why, in at most {most} characters, without line breaks; whoever registered will read it.",
)
_NONE = Text(
    "没有这条注册。从注册核验页面重新进入。",
    "There is no such registration. Start again from the page of registrations.",
)
_DECIDED = Text(
    "这条注册已经处理过，或此人已有其他身份。刷新页面查看。",
    "This registration was decided already, or its person has another part by now. Reload the page.",
)
