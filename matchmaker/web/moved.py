"""A page that others have overtaken: who changed what, and when, since it was opened. One answer for every form.

A form sends the version that it was made from; where the entry has moved on, the page comes again with what was typed,
with this, and with the newer version, so that whoever reads it may save again or leave it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.models import ApiToken, Person
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry
from matchmaker.lists.queries import history_of
from matchmaker.lists.tenants import side_of_home
from matchmaker.web.view import actor, say, t

CONFLICT = "version_conflict"
"""Code of the error of a write that was made for another version."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One version that came after the one somebody saw. ``changes``: (label, before, after); ``state``: its state."""

    at: datetime
    who: str
    changes: tuple[tuple[Text, str, str], ...]
    state: Text


def moved_since(session: ScopedSession, entry: Entry, seen: int) -> list[Moved]:
    """The versions after the one that somebody saw, the newest first."""
    later = [version for version in history_of(session, entry) if version.version > seen]
    names = people_in(session, (version.actor for version in later))
    return [Moved(v.recorded_at, names[v.actor], v.changes, v.status.label) for v in later]


def people_in(session: ScopedSession, acts: Iterable[str]) -> Mapping[str, str]:
    """Who wrote versions → what they are called: people of one's own side by name, others by the side they act for."""
    who = set(acts)
    numbers = [one.removeprefix("person:") for one in who if one.startswith("person:")]
    people = session.scalars(select(Person).where(Person.public_id.in_(numbers))).all()
    known = {f"person:{person.public_id}": _name(session, person) for person in people}
    tokens = [one.removeprefix("token:") for one in who if one.startswith("token:")]
    rows = session.execute(select(ApiToken.public_id, ApiToken.name).where(ApiToken.public_id.in_(tokens)))
    known |= {f"token:{number}": t("接口密钥「{name}」", 'API token "{name}"', name=name) for number, name in rows}
    return {one: known.get(one) or _office(one) for one in who}


def _name(session: ScopedSession, person: Person) -> str:
    """The name of one's own; the bureau, which sees everybody, reads of others whom they act for."""
    mine = actor()
    if person.org_code in mine.orgs or (mine.uscc is not None and person.uscc == mine.uscc):
        return person.name
    side = side_of_home(session, person.org_code, person.uscc)
    return say(_SIDES.get(side, _BUREAU)) if side else say(_SYSTEM)


def _office(who: str) -> str:
    """Of somebody whom the reader does not see: entries of others are written by the bureau alone."""
    return say(_API if who.startswith("token:") else _BUREAU if who.startswith(("person:", "operator:")) else _SYSTEM)


_BUREAU, _SYSTEM = Text("主管部门", "the bureau"), Text("系统", "the system")
_API = Text("系统接口", "an API client")
_SIDES = {
    Side.BANK: Text("银行", "the bank"),
    Side.GUARANTOR: Text("担保机构", "the guarantor"),
    Side.ENTERPRISE: Text("企业", "the enterprise"),
}
