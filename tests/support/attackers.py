"""People of a bank, an enterprise, a guarantor, the bureau and the platform, who mean no good; and who is spared."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from matchmaker.domain.terms import Role
from matchmaker.web.guard import SAFE
from tests.support.canary_city import FIRMS, City
from tests.support.hostile import Attack, Turns
from tests.support.may_see import OPENED, may_see, opened, viewers
from tests.support.sweep import Door, Fill, Kept, fills, may_ask
from tests.support.walking import SAMPLE

BOUND = 10.0
"""Seconds: no request may take longer, on whatever machine."""
OTHERS = ("B2", "G1", FIRMS[1])
"""Whose rows must stay as they are, but for what is the attacker's own."""
SPARED = OTHERS[::2]
"""None of them attacks."""
ROLES = (
    Role.FINANCE, Role.LEAD, Role.UNDERWRITER, Role.APPROVER, Role.OPERATOR, Role.SECURITY_ADMIN, Role.AUDITOR,
    Role.SYSTEM_ADMIN,
)  # fmt: skip
OVER_ALL = (Role.OPERATOR, Role.SECURITY_ADMIN)
"""Who may change what is others'."""


SHARED = ("lead org_code", "change org_code", "referral org_code")
"""What stands between an enterprise and a bank: its own answer changes it for both."""
OF_A_CASE = tuple(
    f"{table} org_code"
    for table in ("guarantee", "guarantee_balance", "guarantee_event", "guarantee_note", "ledger_entry", "ledger_leg")
)
"""What an enterprise's or a bank's step in its own guarantee changes for the guarantor; another's stays by ``uscc``."""


@dataclass
class Attackers(Attack):
    """What they send; what it changes is undone after each request, so each is sent to the same city."""

    city: City = field(kw_only=True)
    turns: Turns = field(default_factory=Turns)

    def __post_init__(self) -> None:
        """All of them have come in."""
        self.sees = may_see(opened("B1", FIRMS[0], *OPENED))
        who = [one for one in viewers(self.city) if one.role in ROLES and one.home not in SPARED]
        self.doors = [Door(self.city, one) for one in who]
        self.keep()

    def keep(self) -> None:
        """The city is to stay as it is now."""
        self.kept = Kept(self.city)
        self.owned = list(self._columns_of_owners())
        self.before = self._rows_of_others()
        for door in self.doors:
            door.kept = self.kept

    def _columns_of_owners(self) -> Iterator[tuple[str, str]]:
        """(table, column that says whose a row is)."""
        live = self.kept.live
        for (table,) in live.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = {row[1] for row in live.execute(f'PRAGMA table_info("{table}")')}
            yield from ((table, owner) for owner in columns & {"org_code", "uscc", "bank_name"})

    def _rows_of_others(self) -> dict[tuple[str, str], list[Any]]:
        found = {}
        for table, owner in self.owned:
            wanted = f'SELECT * FROM "{table}" WHERE {owner} = ?'
            for other in OTHERS:
                found[f"{table} {owner}", other] = self.kept.live.execute(wanted, (other,)).fetchall()
        return found

    def door(self, rule: Rule, method: str) -> Door:
        """Of the first who may ask for a route."""
        return next(one for one in self.doors if may_ask(self.city.app, one.viewer, rule, method))

    def door_of(self, role: Role) -> Door:
        """Of one of them."""
        return next(one for one in self.doors if one.viewer.role is role)

    def own(self, door: Door, rule: Rule) -> Fill:
        """The route's address with what is the attacker's to see."""
        known = [one for one in fills(self.city, rule) if not {SAMPLE, "999999"} & set(map(str, one.values.values()))]
        return next((one for one in known if self.may_name(door, one)), known[0])

    def all_own(self, door: Door, rule: Rule) -> list[Fill]:
        """Every address of the route with what is the attacker's to see, the one of :meth:`own` first."""
        return [self.own(door, rule), *(one for one in fills(self.city, rule) if self.may_name(door, one))]

    def may_name(self, door: Door, fill: Fill) -> bool:
        """Whether all that an address names is the attacker's to see."""
        return all(one.kind == "link" or self.sees(door.viewer, one) for one in fill.named.values())

    def send(self, door: Door, method: str, path: str, told: str, **sent: Any) -> TestResponse:
        """One request; what it did is undone."""
        answer = self.attempt(door, method, path, told, **sent)
        door.undo()
        return answer

    def attempt(self, door: Door, method: str, path: str, told: str, **sent: Any) -> TestResponse:
        """One request, after which others have what they had."""
        answer = super().send(door, method, path, told, **sent)
        if method not in SAFE and self.kept.touched():
            after = self._rows_of_others()
            shared = SHARED if path.endswith(":decline") else OF_A_CASE if "/guarantees/" in path else ()
            changed = [
                table for (table, owner), rows in after.items()
                if rows != self.before[table, owner] and table not in shared and owner != door.viewer.home
            ]  # fmt: skip
            if changed and door.viewer.role not in OVER_ALL:
                self.faults.append(f"{door.viewer.who}: {method} {path} {told[:90]!r} changes {changed} of others")
        if answer.status_code == 302 and "/sign-in?" in answer.location and "headers" not in sent:
            self.faults.append(f"{door.viewer.who}: {method} {path} is sent to sign in, so nothing was tried")
        return answer

    def report(self, what: str, lines: Iterable[str] = ()) -> None:
        """Figures; fails with what was found, in answers, others' rows, the log and the time."""
        seconds, slowest = self.slowest
        broken = [line for line in lines if "\n" in line.partition("Traceback")[0] or "\x1b" in line]
        print(f"{what}: {self.requests} requests, {dict(sorted(self.statuses.items()))}, slowest {seconds:.2f} s "
              f"({slowest}), {len(self.faults)} faults")  # fmt: skip
        assert not self.faults, "\n".join(self.faults[:40])
        assert not broken, broken[:3]
        assert seconds < BOUND, slowest
