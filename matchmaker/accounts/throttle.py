"""Slowing down whoever guesses: by account, by address, and apart from both by known browser (OWASP ASVS 5.0 6.3.1).

An attempt is counted before it is made and taken back when it succeeds, so that no number of them at once costs more
than the limit. After the limit each further failure doubles the wait, up to a quarter of an hour: nobody is shut out
for ever. A browser that a person has signed in with before carries a signed cookie and is counted by itself, so that
strangers who guess at the account do not shut its owner out (OWASP: "Slow down online guessing with device cookies").
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Throttle
from matchmaker.db import insert_new
from matchmaker.domain.errors import TooManyError
from matchmaker.domain.text import Text
from matchmaker.settings import Settings
from matchmaker.vault import signing_key

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""A run of failures that began longer ago counts no more."""


def account_key(login: str) -> str:
    """The counter of a login, whether somebody has it or not; it keeps no name."""
    return "account:" + hashlib.sha256(login.encode()).hexdigest()


def address_key(address: str, what: str = "address") -> str:
    """The counter of an address; of IPv6 the network of 64 bits, which is one subscriber's."""
    try:
        if ip_address(address).version == 6:
            address = str(ip_network(f"{address}/64", strict=False))
    except ValueError:
        pass  # no address at all, as over a socket: all of these share one counter
    return f"{what}:{address}"


def person_key(what: str, person_id: int) -> str:
    """The counter of one person's attempts at ``what``, such as codes of a second factor."""
    return f"{what}:{person_id}"


def take_attempt(session: Session, keys: Iterable[str], *, limit: int, now: datetime) -> bool:
    """Count an attempt on every key, or refuse it; whether it made a wait begin.

    To be committed before the attempt is made. TooManyError (``seconds``: how long to wait) counts nothing.
    """
    wanted = sorted(keys)
    insert_new(session, Throttle, [{"key": key, "failures": 0, "since": now} for key in wanted], Throttle.key)
    rows = session.scalars(
        select(Throttle).where(Throttle.key.in_(wanted)).order_by(Throttle.key).with_for_update()
    ).all()
    waits = [row.until for row in rows if row.until is not None and row.until > now]
    if waits:
        raise too_many(max(waits) - now)
    begun = [_count(row, limit, now) for row in rows]
    return any(begun)


def too_many(wait: timedelta) -> TooManyError:
    """The error of an attempt that comes too early."""
    seconds = max(1, int(wait.total_seconds() + 0.999))
    return TooManyError(_TOO_MANY, code="too_many", seconds=seconds, minutes=-(-seconds // 60))


def _count(row: Throttle, limit: int, now: datetime) -> bool:
    if now - max(row.since, row.until or row.since) >= FORGOTTEN_AFTER:
        row.failures, row.since, row.until = 0, now, None
    row.failures += 1
    over = row.failures - limit
    if over >= 0:
        row.until = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(over, 10))
    return over >= 0


def forget(session: Session, keys: Iterable[str]) -> None:
    """Start counting anew: whoever it was has proved who it is."""
    session.execute(delete(Throttle).where(Throttle.key.in_(sorted(keys))))


def take_back(session: Session, key: str) -> None:
    """An attempt that was counted was none: the failures before it still count."""
    fewer = {"failures": Throttle.failures - 1, "until": None}
    session.execute(update(Throttle).where(Throttle.key == key, Throttle.failures > 0).values(fewer))


def remember_browser(settings: Settings, login: str) -> str:
    """The value of the cookie of a browser in which ``login`` has just signed in."""
    name = secrets.token_urlsafe(16)
    return f"{name}.{_signature(settings, name, login)}"


def known_browser(settings: Settings, cookie: str | None, login: str) -> str | None:
    """The counter of a browser that ``login`` has signed in with before; None for a stranger's or a forged cookie."""
    name, _, signature = (cookie or "").partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(settings, name, login).encode()):
        return None
    return f"browser:{name}"


def _signature(settings: Settings, name: str, login: str) -> str:
    return hmac.digest(signing_key(settings, "browser"), f"{name} {login}".encode(), "sha256").hex()


_TOO_MANY = Text("尝试次数过多。请在 {minutes} 分钟后再试。", "Too many attempts. Try again in {minutes} minute(s).")
