"""Balances: which ones a case counts in, how they are locked, and how an entry changes them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import NamedTuple

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from matchmaker.db import insert_new
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.scoring.exposure import Books, Covered
from matchmaker.scoring.measures import FLOWS, MEASURES, Measures, measures_of


class Key(NamedTuple):
    """The name of a balance."""

    scope: str
    key: str
    org_code: str | None = None
    uscc: str | None = None


NO_CHAIN = "-"
"""The chain of an enterprise that is in none."""

Deltas = dict[Key, Measures]


def guarantor_key(org_code: str) -> Key:
    """All cases of a guarantor; whoever books for it locks this one first."""
    return Key("guarantor", org_code, org_code)


def month_key(covered: Covered, month: str) -> Key:
    """What happened to a scheme's cases in a month (``2026-11``)."""
    return Key("scheme_month", f"{covered.org_code}|{covered.scheme_code}|{month}", covered.org_code)


def month_of(day: date) -> str:
    """``2026-11``."""
    return f"{day:%Y-%m}"


def keys_of(covered: Covered) -> list[Key]:
    """Every balance that a case counts in, but those of months."""
    org = covered.org_code
    own = {
        "scheme": covered.scheme_code,
        "bank": covered.bank_code,
        "chain": covered.chain_code or NO_CHAIN,
        "grade": str(covered.grade),
    }
    return [
        guarantor_key(org),
        *(Key(scope, f"{org}|{code}", org) for scope, code in own.items()),
        Key("customer", f"{org}|{covered.uscc}", org, covered.uscc),
        Key("scheme_customer", f"{org}|{covered.scheme_code}|{covered.uscc}", org, covered.uscc),
        *(Key("group", f"{org}|{group}", org) for group in covered.groups),
        *(Key("city_group", group) for group in covered.groups),
    ]


def deltas_of(kind: str, on: date, cases: Mapping[str, Covered], legs: Mapping[str, Books]) -> Deltas:
    """What an entry of this kind adds to each balance; ``legs``: by case."""
    found: Deltas = {}
    for guarantee_no, books in legs.items():
        covered = cases[guarantee_no]
        added = measures_of(kind, ((account, party, fen) for (account, party), fen in books.items()))
        for key in keys_of(covered):
            found.setdefault(key, Measures()).add(added)
        flows = Measures(**{name: getattr(added, name) for name in FLOWS})
        if flows != Measures():
            found.setdefault(month_key(covered, month_of(on)), Measures()).add(flows)
    return found


Rows = dict[Key, GuaranteeBalance]


def locked(session: Session, keys: Iterable[Key]) -> Rows:
    """These balances, locked until the transaction ends and made where they are missing.

    The guarantor's own row, which whoever books for it locks first, guards all others of its own. Groups of the city,
    which several guarantors lock, come last and in the order of their keys, and a missing one is made in its turn: so
    nobody waits in a circle.
    """
    ordered = sorted(set(keys), key=lambda one: (one.scope == "city_group", one.scope, one.key))
    own = [key for key in ordered if key.scope != "city_group"]
    found = read(session, own, lock=True)
    rows = {key: found.get(key[:2]) or _new(session, key) for key in own}
    return rows | {key: shared(session, key) for key in ordered[len(own) :]}


def _new(session: Session, key: Key) -> GuaranteeBalance:
    row = GuaranteeBalance(**key._asdict(), version=0, **asdict(Measures()))
    session.add(row)
    return row


def shared(session: Session, key: Key) -> GuaranteeBalance:
    """One balance that others may be making at the same moment, locked."""
    found = read(session, [key], lock=True)
    if not found:
        insert_new(session, GuaranteeBalance, [key._asdict()], GuaranteeBalance.id)
        found = read(session, [key], lock=True)
    return found[key[:2]]


def read(session: Session, keys: Iterable[Key], *, lock: bool = False) -> dict[tuple[str, str], GuaranteeBalance]:
    """(scope, key) → those of these balances that there are, as they stand now."""
    names = [key[:2] for key in keys]
    if not names:
        return {}
    found = select(GuaranteeBalance).where(tuple_(GuaranteeBalance.scope, GuaranteeBalance.key).in_(names))
    ordered = found.order_by(GuaranteeBalance.scope, GuaranteeBalance.key).execution_options(populate_existing=True)
    rows = session.scalars(ordered.with_for_update() if lock else ordered)
    return {(row.scope, row.key): row for row in rows}


def add_to(rows: Rows, deltas: Deltas) -> None:
    """Keep the rows up with an entry."""
    for key, delta in deltas.items():
        row = rows[key]
        row.version += 1
        for name in MEASURES:
            setattr(row, name, getattr(row, name) + getattr(delta, name))


def measures_in(row: GuaranteeBalance | None) -> Measures:
    """The amounts of a row; of a balance that is not there yet they are zero."""
    return Measures(**{name: getattr(row, name) for name in MEASURES}) if row else Measures()
