"""Related companies in the books: by today's register, as the limits of a case count them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession
from matchmaker.guarantee.ledger.balances import measures_in
from matchmaker.guarantee.ledger.capacity import held_of
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.guarantee.ledger.registers import members_of
from matchmaker.scoring.measures import Measures


@dataclass(frozen=True, slots=True)
class Grouped:
    """Of one guarantor: group → what its members have with it; the fullest customer with its related parties, with
    this guarantor and with all (fen, None where no customer of its own is in a group)."""

    parts: dict[str, Measures]
    within: int | None = None
    city: int | None = None


def grouped(session: Session, rows: Sequence[GuaranteeBalance], org_code: str) -> Grouped:
    """The groups of a guarantor's customers; ``rows``: its balances that the session sees.

    Who belongs to whom, and the sum with all guarantors that the city's limit is held against, are looked up for
    customers of its own alone.
    """
    own = {row.uscc: measures_in(row) for row in rows if row.scope == "customer" and row.uscc}
    with cast(ScopedSession, session).elevated():
        members = {code: usccs for code, usccs in members_of(session).items() if usccs & own.keys()}
        related = {frozenset(one) for one in _related(members, own).values()}
        within = max((held_of(session, one, org_code) for one in related), default=None)
        city = max((held_of(session, one) for one in related), default=None)
    return Grouped({code: _sum(usccs, own) for code, usccs in members.items()}, within, city)


def _related(members: Mapping[str, set[str]], own: Mapping[str, Measures]) -> dict[str, set[str]]:
    """Customer → the members of all its groups together (article 16 of the regulation)."""
    found: dict[str, set[str]] = defaultdict(set)
    for usccs in members.values():
        for customer in usccs & own.keys():
            found[customer] |= usccs
    return found


def _sum(usccs: set[str], own: Mapping[str, Measures]) -> Measures:
    total = Measures()
    for uscc in usccs & own.keys():
        total.add(own[uscc])
    return total
