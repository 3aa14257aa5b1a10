"""Signing in, as all pages that ask for a password or a code do it: slowed down, checked, written down, remembered."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, session, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.matrix import BUSINESS
from matchmaker.accounts.models import Person
from matchmaker.accounts.passwords import MOST_LENGTH, hasher
from matchmaker.accounts.people import LOGIN, tell
from matchmaker.accounts.second_factor import has_second_factor, needs_second_factor, use_code
from matchmaker.accounts.sessions import begin_session, end_sessions, renew_session, roles_of
from matchmaker.accounts.throttle import (
    account_key,
    address_key,
    forget,
    known_browser,
    person_key,
    remember_browser,
    take_attempt,
    take_back,
)
from matchmaker.actor import SYSTEM, Actor
from matchmaker.domain.errors import TooManyError
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Enterprise, Organisation
from matchmaker.web.guard import cookie_name
from matchmaker.web.view import parts

PENDING_LASTS = timedelta(minutes=10)
"""How long after the password the second factor may follow."""
BROWSER_LASTS = timedelta(days=180)
_LOG = logging.getLogger("matchmaker.security")


def local_path(wanted: str | None) -> str | None:
    """The page to go on to, if it is one of this site: an absolute path and nothing else (ASVS 3.7.2)."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return None
    split = urlsplit(wanted)
    return None if split.scheme or split.netloc or "\\" in wanted else wanted


def page_of_form() -> str | None:
    """The page of this site that a form was sent from, as the browser says (Referer); None where it does not."""
    try:
        split = urlsplit(request.referrer or "")
    except ValueError:  # such as http://[
        return None
    return local_path(f"{split.path}?{split.query}".rstrip("?")) if split.netloc == request.host else None


def speaking_as(person: Person) -> Actor:
    """Whoever asks, as the person it has shown to be or claims to be: for the audit."""
    asking: Actor = g.actor
    return replace(asking, who=f"person:{person.public_id}")


def check_password(login: str, password: str) -> Person | None:
    """The person with this login and password; None for anything else, in the same time.

    The attempt is counted before anything is hashed: TooManyError when it is refused.
    """
    keys = _keys(login)
    person = _counted(keys, _by_login, login)
    good = hasher().check(person.password_hash if person else None, password[: MOST_LENGTH + 1])
    if person is None or not good:
        _note_failure(person, "password")
        return None
    _settle(person, keys)
    with parts().database.writing(SYSTEM) as writing:
        kept = writing.get_one(Person, person.id)
        if kept.password_hash and hasher().is_weaker(kept.password_hash):
            kept.password_hash = hasher().hash(password)
    return person


def check_code(person: Person, code: str) -> bool:
    """Whether the second factor is right; counted like passwords. TooManyError when it is refused."""
    keys = [person_key("code", person.id), address_key(g.actor.address)]
    _counted(keys, lambda found, _login: found.get(Person, person.id), person.login)
    parts_ = parts()
    with parts_.database.writing(SYSTEM) as writing:
        kept = writing.get_one(Person, person.id)
        good = use_code(writing, kept, code[:100], settings=parts_.settings, now=parts_.now())
    if good:
        _settle(person, keys)
    else:
        _note_failure(person, "second_factor")
    return good


def _keys(login: str) -> list[str]:
    """Whose attempt it is: that of a browser the person is known by, or that of the account and of the address."""
    settings = parts().settings
    known = known_browser(settings, request.cookies.get(_browser_cookie()), login)
    return [known] if known else [account_key(login), address_key(g.actor.address)]


def _by_login(found: Session, login: str) -> Person | None:
    if not LOGIN.fullmatch(login):
        return None
    return found.scalar(select(Person).where(Person.login == login, Person.disabled_at.is_(None)))


def _counted(keys: list[str], find: Any, login: str) -> Person | None:
    """Count the attempt in a transaction of its own, which holds however the attempt ends."""
    now = parts().now()
    try:
        with parts().database.writing(SYSTEM) as writing:
            begins = take_attempt(writing, keys, limit=parts().settings.sign_in_failures, now=now)
            person: Person | None = find(writing, login)
            if begins and person is not None:
                tell(writing, speaking_as(person), "sign_in.throttled", person, now)
    except TooManyError:
        _LOG.warning("sign_in.throttled %s", g.actor.address)
        raise
    return person


def _settle(person: Person, keys: list[str]) -> None:
    """A right answer: the account counts anew; of the address only this attempt is taken back."""
    own = [key for key in keys if not key.startswith("address:")]
    with parts().database.writing(SYSTEM) as writing:
        forget(writing, own)
        for key in keys:
            if key not in own:
                take_back(writing, key)


def _note_failure(person: Person | None, step: str) -> None:
    """Of a person in the audit; of a login that nobody has in the log alone, without the login."""
    _LOG.warning("sign_in.failed %s %s", step, g.actor.address)
    if person is not None:
        now = parts().now()
        with parts().database.writing(SYSTEM) as writing:
            tell(writing, speaking_as(person), "sign_in.failed", person, now, after={"step": step})


def go_on(person: Person, back: str | None) -> Response:
    """After the first factor: on to the second where there is one, else in."""
    if not has_second_factor(person):
        return enter(person, second_factor=False, back=back)
    session.clear()
    session["pending"] = {
        "person": person.public_id,
        "password": _password_mark(person),
        "until": (parts().now() + PENDING_LASTS).timestamp(),
        "back": back,
    }
    return redirect(url_for("sign_in.second_factor"))  # type: ignore[return-value]


def _password_mark(person: Person) -> str:
    return person.password_set_at.isoformat() if person.password_set_at else ""


def pending() -> tuple[Person, str | None] | None:
    """Who has given the first factor and may give the second now, and the page to go on to."""
    kept = session.get("pending")
    if not isinstance(kept, dict) or kept["until"] < parts().now().timestamp():
        return None
    with parts().database.reading(SYSTEM) as found:
        person = found.scalar(select(Person).where(Person.public_id == kept["person"], Person.disabled_at.is_(None)))
    if person is None or _password_mark(person) != kept["password"]:
        return None
    return person, kept["back"]


def enter(person: Person, *, second_factor: bool, back: str | None) -> Response:
    """Begin a new session; what the browser had before is worth nothing any more (ASVS 7.2.4)."""
    now, settings = parts().now(), parts().settings
    with parts().database.writing(SYSTEM) as writing:
        if g.signed_in is not None:
            end_sessions(writing, g.signed_in.person.id, "signed_out", now=now, only=g.signed_in.sign_in.id)
        token = begin_session(
            writing, person, address=g.actor.address, agent=request.user_agent.string, second_factor=second_factor,
            now=now,
        )  # fmt: skip
        tell(writing, speaking_as(person), "sign_in.done", person, now, after={"second_factor": second_factor})
        roles = roles_of(writing, person.id)
    session.clear()
    answer: Response = redirect(_first_page(roles, second_factor, back))  # type: ignore[assignment]
    _set_cookie(answer, cookie_name(settings), token)
    _set_cookie(answer, _browser_cookie(), remember_browser(settings, person.login), BROWSER_LASTS)
    return answer


def _first_page(roles: frozenset[Role], second_factor: bool, back: str | None) -> str:
    if not roles:
        return url_for("sign_in.waiting")
    if needs_second_factor(roles) and not second_factor:
        return url_for("account.second_factor")
    return back or url_for("start.first_page" if roles & set(BUSINESS) else "account.overview")


def renew(answer: Response, *, second_factor: bool) -> Response:
    """Put a new token in place of the signed-in person's, who has just proved again who it is."""
    with parts().database.writing(SYSTEM) as writing:
        token = renew_session(writing, g.signed_in.sign_in.id, second_factor=second_factor, now=parts().now())
    _set_cookie(answer, cookie_name(parts().settings), token)
    return answer


def leave() -> Response:
    """End the session here and in the browser."""
    if g.signed_in is not None:
        person, now = g.signed_in.person, parts().now()
        with parts().database.writing(SYSTEM) as writing:
            end_sessions(writing, person.id, "signed_out", now=now, only=g.signed_in.sign_in.id)
            tell(writing, speaking_as(person), "sign_out", person, now)
    session.clear()
    answer: Response = redirect(url_for("sign_in.form"))  # type: ignore[assignment]
    settings = parts().settings
    answer.delete_cookie(cookie_name(settings), secure=not settings.demo, httponly=True, samesite="Lax")
    return answer


def _browser_cookie() -> str:
    return "browser" if parts().settings.demo else "__Host-browser"


def _set_cookie(answer: Response, name: str, value: str, lasts: timedelta | None = None) -> None:
    secure = not parts().settings.demo
    answer.set_cookie(name, value, max_age=lasts, secure=secure, httponly=True, samesite="Lax", path="/")


def words_around(found: Session, *, org_code: str | None, uscc: str | None, others: tuple[str, ...]) -> list[str]:
    """Words that a password of someone of this organisation or enterprise must not rest on."""
    words = [parts().settings.city, parts().settings.city.rstrip("市"), *others]
    if org_code:
        names = found.execute(
            select(Organisation.name, Organisation.short_name).where(Organisation.org_code == org_code)
        )
        words += [name for row in names for name in row if name]
    if uscc:
        words += [uscc, *found.scalars(select(Enterprise.name).where(Enterprise.uscc == uscc))]
    return words
