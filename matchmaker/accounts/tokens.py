"""Tokens of programmes: shown once, kept as a hash, limited in scope and time, revocable at once (EXPERIENCE.md A-3).

A token acts for the organisation or enterprise of the person who made it, with that person's present roles.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.matrix import scopes_for
from matchmaker.accounts.models import ApiToken, Person
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import new_public_id
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.terms import Role
from matchmaker.domain.text import Text
from matchmaker.vault import token_hash

PREFIX = "mk_live_"
SHOWN = 14
"""Signs of a token that lists show: the prefix and six more, which tell two tokens apart and no more."""
BYTES = 32
DAYS, MOST_DAYS = 90, 365
MOST_TOKENS = 50
"""Tokens that one organisation or enterprise may have at a time."""
LONGEST_NAME = 60


def create_token(
    session: Session,
    *,
    actor: Actor,
    person: Person,
    roles: Collection[Role],
    name: str,
    scopes: Sequence[str],
    days: int,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token of a person, and its text, told this once (256 random bits).

    ``roles``: the person's. RejectedError for a name or a time that will not do, a scope that the roles do not allow,
    or too many tokens.
    """
    permit(actor, "tokens", now)
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise RejectedError(_NAME, code="token_name", most=LONGEST_NAME)
    if not 1 <= days <= MOST_DAYS:
        raise RejectedError(_DAYS, code="token_days", most=MOST_DAYS)
    allowed = scopes_for(frozenset(roles))
    if not scopes or set(scopes) - set(allowed):
        raise RejectedError(_SCOPES, code="token_scopes", allowed=", ".join(allowed) or "--")
    if (session.scalar(select(func.count(ApiToken.id)).where(*_alive(now), *_same_owner(person))) or 0) >= MOST_TOKENS:
        raise RejectedError(_TOO_MANY, code="token_count", most=MOST_TOKENS)
    written = PREFIX + secrets.token_urlsafe(BYTES)
    token = ApiToken(
        public_id=new_public_id(), name=name, prefix=written[:SHOWN], token_hash=token_hash(written),
        org_code=person.org_code, uscc=person.uscc, person_id=person.id, scopes=sorted(set(scopes)), created_at=now,
        expires_at=now + timedelta(days=days),
    )  # fmt: skip
    session.add(token)
    session.flush()
    told = {"name": name, "prefix": token.prefix, "scopes": token.scopes, "days": days}
    record_event(session, actor=actor, action="token.created", subject=_subject(token), now=now, after=told)
    return token, written


def revoke_token(session: Session, *, actor: Actor, public_id: str, now: datetime) -> ApiToken:
    """End a token: its next call is 401. NotFoundError for one that the session's actor does not see."""
    permit(actor, "tokens", now)
    token = session.scalars(select(ApiToken).where(ApiToken.public_id == public_id)).one_or_none()
    if token is None:
        raise NotFoundError(_NO_TOKEN, code="unknown_token")
    if token.revoked_at is None:
        token.revoked_at = now
        session.flush()
        told = {"prefix": token.prefix}
        record_event(session, actor=actor, action="token.revoked", subject=_subject(token), now=now, before=told)
    return token


def with_makers() -> Select[ApiToken, str]:
    """(token, its maker's name) of all that a session's actor sees."""
    return select(ApiToken, Person.name).join(Person, Person.id == ApiToken.person_id)


def tokens(session: Session) -> Sequence[tuple[ApiToken, str]]:
    """The tokens that the session's actor sees, each with its maker's name; those in force first, the newest first."""
    rows = session.execute(with_makers().order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc()))
    return [(token, name) for token, name in rows]


def mark_used(session: Session, token_id: int, on: date) -> None:
    """Write down on which day a token was used last."""
    unknown = or_(ApiToken.last_used_on.is_(None), ApiToken.last_used_on < on)
    session.execute(update(ApiToken).where(ApiToken.id == token_id, unknown).values(last_used_on=on))


def state_of(token: ApiToken, now: datetime) -> str:
    """``active``, ``expired`` or ``revoked``."""
    return "revoked" if token.revoked_at else "active" if token.expires_at > now else "expired"


def in_state(state: str, now: datetime) -> ColumnElement[bool]:
    """Whether a token is in a state of ``STATES``."""
    revoked, over = ApiToken.revoked_at.is_not(None), ApiToken.expires_at <= now
    return {"revoked": revoked, "expired": ~revoked & over, "active": ~revoked & ~over}[state]


STATES: dict[str, Text] = {
    "active": Text("有效", "active"),
    "expired": Text("已过期", "expired"),
    "revoked": Text("已撤销", "revoked"),
}


def _alive(now: datetime) -> tuple[Any, ...]:
    return ApiToken.revoked_at.is_(None), ApiToken.expires_at > now


def _same_owner(person: Person) -> tuple[Any, ...]:
    return ApiToken.org_code.is_not_distinct_from(person.org_code), ApiToken.uscc.is_not_distinct_from(person.uscc)


def _subject(token: ApiToken) -> str:
    return f"token:{token.public_id}"


_NAME = Text("给密钥起一个名称，最多 {most} 个字。", "Give the token a name of at most {most} characters.")
_DAYS = Text("有效期为 1 至 {most} 天。", "A token holds for 1 to {most} days.")
_SCOPES = Text("至少选一个权限，只能选：{allowed}。", "Choose at least one scope, out of: {allowed}.")
_TOO_MANY = Text("最多 {most} 个有效密钥。先撤销不用的。", "There are {most} tokens already. Revoke one first.")
_NO_TOKEN = Text("没有这个密钥。", "There is no such token.")
