"""How one entry is booked: lock, look, reckon, write."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import SizeClass
from matchmaker.domain.text import Text
from matchmaker.guarantee.ledger.balances import add_to, deltas_of, guarantor_key, locked, shared
from matchmaker.guarantee.ledger.codec import covered_of, kept
from matchmaker.guarantee.ledger.models import LedgerEntry, LedgerLeg
from matchmaker.guarantee.ledger.registers import load_weights
from matchmaker.scoring.exposure import (
    Books,
    Covered,
    Customer,
    Standing,
    Weight,
    books_of,
    guaranteed_of,
    memo_of,
    moved,
)
from matchmaker.scoring.measures import MEMO, Position, Sum, position_of


@dataclass(slots=True)
class Held:
    """All cases of one customer with one guarantor: what was covered, and the sums of their legs."""

    cases: dict[str, Covered]
    sums: dict[str, list[Sum]]

    def books(self, guarantee_no: str) -> Books:
        """The balance of every account of a case."""
        books: Books = Counter()
        for _, account, party, fen in self.sums.get(guarantee_no, []):
            books[account, party] += fen
        return books

    def position(self, guarantee_no: str) -> Position:
        """Where a case stands."""
        return position_of(guarantee_no, self.sums.get(guarantee_no, []))

    @property
    def size_class(self) -> SizeClass | None:
        """The customer's size as it was told last."""
        return list(self.cases.values())[-1].size_class


def held_by(session: Session, org_code: str, uscc: str) -> Held:
    """The customer's cases, in the order in which they were reserved."""
    begun = select(LedgerEntry.guarantee_no, LedgerEntry.terms).where(LedgerEntry.kind == "reserve")
    own = begun.where(LedgerEntry.org_code == org_code, LedgerEntry.uscc == uscc).order_by(LedgerEntry.id)
    cases = {no: covered_of(no, org_code, uscc, terms or {}) for no, terms in session.execute(own)}
    return Held(cases, sums_of(session, cases))


def sums_of(session: Session, guarantee_nos: Iterable[str]) -> dict[str, list[Sum]]:
    """Case → the sums of its legs by kind of entry, account and party."""
    wanted = list(guarantee_nos)
    if not wanted:
        return {}
    by = (LedgerLeg.guarantee_no, LedgerEntry.kind, LedgerLeg.account, LedgerLeg.party)
    joined = select(*by, func.sum(LedgerLeg.amount_fen)).join(LedgerEntry, LedgerEntry.id == LedgerLeg.entry_id)
    rows = session.execute(joined.where(LedgerLeg.guarantee_no.in_(wanted)).group_by(*by).order_by(*by)).all()
    return {
        no: [Sum(kind, account, party, int(fen)) for _, kind, account, party, fen in some]
        for no, some in groupby(rows, key=lambda row: row[0])
    }


def legs_of(held: Held, covered: Covered, after: Standing, weights: tuple[Weight, ...]) -> dict[str, Books]:
    """Case → what is booked on it: the change of this one, and what it does to the notes of the customer's others."""
    before = {no: held.books(no) for no in held.cases}
    plain = {
        no: Counter({key: fen for key, fen in books.items() if key[0] not in MEMO}) for no, books in before.items()
    }
    plain[covered.guarantee_no] = books_of(after, covered)
    customer = Customer(sum(guaranteed_of(books) for books in plain.values()), held.size_class)
    legs = {no: moved(before[no], Counter({**plain[no], **memo_of(plain[no], customer, weights)})) for no in held.cases}
    return {no: books for no, books in legs.items() if books}


@dataclass(frozen=True, slots=True)
class Entry:
    """What every entry says beside its legs. ``on``: the day it happened; ``event_id``: what tells it from a copy;
    ``limits``: of a reservation, each limit as it was found."""

    kind: str
    on: date
    actor: Actor
    now: datetime
    note: str | None = None
    event_id: str | None = None
    limits: Sequence[Mapping[str, Any]] = ()


def book(session: Session, covered: Covered, entry: Entry, step: Callable[[Position, Covered], Standing]) -> Position:
    """Book what ``step`` makes of where a case stands; the position after it.

    ConflictError where nothing was ever reserved for the case, or the event was booked before.
    """
    shared(session, guarantor_key(covered.org_code))
    held = held_by(session, covered.org_code, covered.uscc)
    if covered.guarantee_no not in held.cases:
        raise ConflictError(_NOT_RESERVED, code="not_reserved", no=covered.guarantee_no)
    covered = held.cases[covered.guarantee_no]
    after = step(held.position(covered.guarantee_no), covered)
    legs = legs_of(held, covered, after, load_weights(session))
    deltas = deltas_of(entry.kind, entry.on, held.cases, legs)
    write(session, covered, entry, legs)
    add_to(locked(session, deltas), deltas)
    session.flush()
    return position_of(covered.guarantee_no, sums_of(session, [covered.guarantee_no])[covered.guarantee_no])


def write(session: Session, covered: Covered, entry: Entry, legs: Mapping[str, Books]) -> None:
    """Add the entry with its legs; the caller holds the guarantor's row and keeps the balances up."""
    _refuse_copy(session, entry.event_id)
    terms = {**kept(covered), "limits": list(entry.limits)} if entry.kind == "reserve" else None
    row = LedgerEntry(
        guarantee_no=covered.guarantee_no, seq=_next_seq(session, covered, entry.kind), kind=entry.kind,
        happened_on=entry.on, booked_at=entry.now, actor=entry.actor.who, event_id=entry.event_id, note=entry.note,
        org_code=covered.org_code, uscc=covered.uscc, terms=terms,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add_all(
        LedgerLeg(
            entry_id=row.id, org_code=covered.org_code, guarantee_no=no, account=account, party=party, amount_fen=fen
        )
        for no, books in legs.items()
        for (account, party), fen in books.items()
    )


def _next_seq(session: Session, covered: Covered, kind: str) -> int:
    if kind == "reserve":
        return 1
    newest = select(func.max(LedgerEntry.seq)).where(LedgerEntry.guarantee_no == covered.guarantee_no)
    return (session.scalar(newest) or 0) + 1


def _refuse_copy(session: Session, event_id: str | None) -> None:
    if event_id and session.scalar(select(LedgerEntry.id).where(LedgerEntry.event_id == event_id)):
        raise ConflictError(_BOOKED, code="already_booked", event=event_id)


_NOT_RESERVED = Text(
    "担保 {no} 没有预留过额度，没有写入。先完成审批。",
    "Nothing was ever reserved for guarantee {no}, so nothing was written. It is approved first.",
)
_BOOKED = Text("事件 {event} 已入账，没有再次写入。", "Event {event} was booked before; nothing was written again.")
