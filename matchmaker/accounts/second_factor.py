"""The second factor: time-based codes (RFC 6238) and recovery codes, each good once (OWASP ASVS 5.0 6.5, 6.6)."""

import hmac
import secrets
from datetime import datetime

import pyotp
import segno
from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.matrix import SECOND_FACTOR
from matchmaker.accounts.models import Person, RecoveryCode
from matchmaker.domain.errors import UsageError
from matchmaker.domain.terms import Role
from matchmaker.domain.text import Text, normal
from matchmaker.settings import Settings
from matchmaker.vault import seal, token_hash, unseal

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A clock may be one step early or late (6.5.5)."""
RECOVERY_CODES = 10
_GROUPS, _GROUP_LENGTH = 6, 4
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of a recovery code: 24 signs of five bits are 120, so a plain hash of it may be kept (6.5.2)."""


def needs_second_factor(roles: frozenset[Role]) -> bool:
    """Whether one of the roles is only used after a second factor."""
    return bool(roles & SECOND_FACTOR)


def new_secret() -> str:
    """A new secret for an authenticator, base32."""
    return pyotp.random_base32()


def address_of(secret: str, *, login: str, issuer: str) -> str:
    """The ``otpauth://`` address that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def picture_of(address: str) -> str:
    """The address as a QR code, a ``data:`` address of an SVG picture."""
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")


def code_at(secret: str, now: datetime) -> str:
    """The code of this moment."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).at(now)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code it is, of the present one and its neighbours."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def keep_secret(session: Session, person: Person, secret: str, code: str, *, settings: Settings, now: datetime) -> None:
    """Make ``secret`` the person's second factor; UsageError unless ``code`` shows that the authenticator has it."""
    step = _step_of(secret, _digits(code), now)
    if step is None:
        raise UsageError(_WRONG_FIRST, code="code_wrong")
    person.totp_secret = seal(settings, secret, _purpose(person))
    person.totp_confirmed_at = now
    person.totp_step = step
    session.flush()


def has_second_factor(person: Person) -> bool:
    """Whether the person has set one up."""
    return person.totp_confirmed_at is not None


def use_code(session: Session, person: Person, code: str, *, settings: Settings, now: datetime) -> bool:
    """Whether the code is the authenticator's or a recovery code, and was not used before; it is used up by this."""
    digits = _digits(code)
    if len(digits) == 6 and digits.isdigit():
        return _use_step(session, person, digits, settings, now)
    return _use_recovery(session, person, digits, now)


def _use_step(session: Session, person: Person, digits: str, settings: Settings, now: datetime) -> bool:
    if person.totp_secret is None or person.totp_confirmed_at is None:
        return False
    step = _step_of(unseal(settings, person.totp_secret, _purpose(person)), digits, now)
    if step is None:
        return False
    unused = or_(Person.totp_step.is_(None), Person.totp_step < step)
    return _changed(session, update(Person).where(Person.id == person.id, unused).values(totp_step=step))


def _use_recovery(session: Session, person: Person, code: str, now: datetime) -> bool:
    mine = (RecoveryCode.person_id == person.id, RecoveryCode.code_hash == token_hash(code))
    return _changed(session, update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=now))


def _changed(session: Session, statement: object) -> bool:
    result: CursorResult[object] = session.execute(statement)  # type: ignore[call-overload]
    return result.rowcount == 1


def new_recovery_codes(session: Session, person: Person) -> list[str]:
    """Ten new codes in place of the person's old ones; told once, only their hashes are kept."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(person_id=person.id, code_hash=token_hash(_digits(code))) for code in codes)
    session.flush()
    return codes


def _new_code() -> str:
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def recovery_codes_left(session: Session, person_id: int) -> int:
    """How many of the person's codes are unused."""
    return len(
        session.scalars(
            select(RecoveryCode.id).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
        ).all()
    )


def remove_second_factor(session: Session, person: Person) -> None:
    """Take the second factor away; a role that needs one leads to setting up a new one at the next sign-in."""
    person.totp_secret = person.totp_confirmed_at = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    session.flush()


def next_code(settings: Settings, person: Person, now: datetime) -> str | None:
    """The code to give next, for the demonstration, which prints them; None where there is no second factor."""
    if person.totp_secret is None:
        return None
    secret = unseal(settings, person.totp_secret, _purpose(person))
    step = max(int(now.timestamp()) // STEP_SECONDS, (person.totp_step or 0) + 1)
    return pyotp.TOTP(secret, interval=STEP_SECONDS).generate_otp(step)


def _digits(code: str) -> str:
    """As it was meant: no spaces, no hyphens, half-width, small letters."""
    return normal(code).replace(" ", "").replace("-", "").lower()


def _purpose(person: Person) -> str:
    return f"totp {person.public_id}"


_WRONG_FIRST = Text(
    "验证码不对。确认手机时间准确，输入应用中当前显示的 6 位数字。",
    "The code is not right. See that your phone's clock is right and type the 6 digits that the app shows now.",
)
