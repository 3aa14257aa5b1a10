"""Who acts, and whose rows that lets a session see: the one scope of tenants.

Every session of ``db.Database`` is opened by an :class:`Actor`. Each table says by two rules which rows an actor sees
(``visible``) and which it may add or change (``owned``). The rules are written once against :class:`Viewer`; the ORM
binds them to the actor at hand, PostgreSQL's row-level security reads the same rules from the session's settings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, String, false, func, literal, literal_column, or_, select, true, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY

from matchmaker.domain.terms import Role, Side


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who reads or writes. ``who`` stands in versions and in the audit: ``person:12``, ``operator:cli``.

    ``orgs``: codes of all organisations whose matters are this actor's (a bank with its branches), the bank first.
    ``token_scopes``: what a token was limited to; None for a person. ``fresh_at``: when the person last proved who
    it is. ``second_factor``: whether that was with a second factor.
    """

    who: str
    side: Side
    orgs: tuple[str, ...] = ()
    uscc: str | None = None
    roles: frozenset[Role] = frozenset()
    person_id: int | None = None
    token_id: int | None = None
    contact_no: str | None = None
    name: str = ""
    token_scopes: frozenset[str] | None = None
    session_id: int | None = None
    fresh_at: datetime | None = None
    second_factor: bool = False
    address: str = ""
    request_id: str = ""

    @property
    def org_code(self) -> str | None:
        """The organisation acted for; None for an enterprise or the platform."""
        return self.orgs[0] if self.orgs else None

    @property
    def viewer(self) -> "Bound":
        """The actor as the tables' rules ask about it."""
        return Bound(self.side, self.orgs, self.uscc)

    @property
    def trusted(self) -> bool:
        """Whether this is the system itself or its operator at the command line."""
        return self.side is Side.TRUSTED


CLI = Actor("operator:cli", Side.TRUSTED)
"""The operator at the command line of the machine."""

SYSTEM = Actor("system", Side.TRUSTED)
"""Jobs, and what must look across tenants to do its work: matching, planning, the gates of disclosure and sign-in."""

NOBODY = Actor("anonymous", Side.ANYONE)
"""Someone who has not signed in."""


class Viewer(Protocol):
    """What a table's rule may ask of whoever looks."""

    def is_side(self, *sides: Side) -> ColumnElement[bool]:
        """Whether it acts for one of these sides."""

    def owns(self, org_code: Any) -> ColumnElement[bool]:
        """Whether the column names one of its organisations."""

    def is_self(self, uscc: Any) -> ColumnElement[bool]:
        """Whether the column is its enterprise's code."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A viewer whose answers are values: for the ORM."""

    side: Side
    orgs: tuple[str, ...]
    uscc: str | None

    def is_side(self, *sides: Side) -> ColumnElement[bool]:
        """True or false, so that the rest of a rule falls away."""
        return true() if self.side in sides else false()

    def owns(self, org_code: Any) -> ColumnElement[bool]:
        """One of the organisations."""
        return type_coerce(org_code, String).in_(self.orgs) if self.orgs else false()

    def is_self(self, uscc: Any) -> ColumnElement[bool]:
        """The enterprise."""
        return type_coerce(uscc, String) == self.uscc if self.uscc else false()


class FromSettings:
    """A viewer read from the settings that a session begins with: for the policies of PostgreSQL."""

    def is_side(self, *sides: Side) -> ColumnElement[bool]:
        """Compared once a statement, not once a row: the setting stands in a sub-select."""
        side = literal_column("(SELECT current_setting('app.side'))", String)
        return or_(*(side == literal(str(one), literal_execute=True) for one in sides))

    def owns(self, org_code: Any) -> ColumnElement[bool]:
        """One of the organisations."""
        orgs = select(func.unnest(literal_column("current_setting('app.orgs')::text[]", ARRAY(String))))
        return type_coerce(org_code, String).in_(orgs)

    def is_self(self, uscc: Any) -> ColumnElement[bool]:
        """The enterprise; an empty setting is nobody's code."""
        return type_coerce(uscc, String) == literal_column("(SELECT current_setting('app.uscc'))", String)


def settings_of(actor: Actor) -> dict[str, str]:
    """The settings that :class:`FromSettings` reads."""
    return {"app.side": str(actor.side), "app.orgs": _array(actor.orgs), "app.uscc": actor.uscc or ""}


def _array(values: Iterable[str]) -> str:
    """A text array as PostgreSQL writes it; every item quoted."""
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"


class Ruled:
    """What every table says of its rows. A table that says nothing of its own is nobody's but the system's."""

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Which rows a viewer sees."""
        return false()

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """Which rows a viewer may add, change or delete; none unless a table says so."""
        return false()


class Open(Ruled):
    """A table that everybody who acts may read."""

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """All rows."""
        return true()
