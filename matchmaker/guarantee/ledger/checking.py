"""Whether the books hold: every entry balances, the cached balances are the sums of the legs, no account is below zero,
and each case stands where its sums do.

Everything is reckoned anew from the rows; nothing is mended.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.domain.text import Text
from matchmaker.guarantee.ledger.balances import Deltas, deltas_of, measures_in
from matchmaker.guarantee.ledger.codec import covered_of
from matchmaker.guarantee.ledger.flaws import Flaw
from matchmaker.guarantee.ledger.models import GuaranteeBalance, LedgerEntry, LedgerLeg
from matchmaker.guarantee.ledger.states import states_amiss
from matchmaker.scoring.exposure import Books, Covered
from matchmaker.scoring.measures import MEASURES, Measures

NEVER_BELOW_ZERO = (
    "reserved",
    "outstanding",
    "loss",
    "written_off",
    "fee",
    "fee_reserved",
    "weighted",
    "small",
    "ticket",
)

FLAWS: dict[str, Text] = {
    "unbalanced": Text("分录借贷不平", "the legs of an entry do not add to zero"),
    "gap": Text("分录编号不连续", "entries of a case are missing"),
    "below_zero": Text("科目余额为负", "an account of a case is below zero"),
    "cache": Text("余额与分录合计不符", "a cached balance is not the sum of its legs"),
    "unknown": Text("分录所属的担保没有预留过额度", "legs of a case for which nothing was ever reserved"),
    "state": Text("担保的状态与分户账不符", "a case stands where its sums do not"),
}
"""What can be wrong: code → words."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was looked at, and what does not hold."""

    entries: int
    legs: int
    balances: int
    flaws: tuple[Flaw, ...]


def verify_ledger(session: Session) -> Checked:
    """Look at every row of the ledger in one reading transaction."""
    begun = select(LedgerEntry).where(LedgerEntry.kind == "reserve")
    cases = {
        row.guarantee_no: covered_of(row.guarantee_no, row.org_code, row.uscc, row.terms or {})
        for row in session.scalars(begun)
    }
    balances = session.scalars(select(GuaranteeBalance)).all()
    found = (
        _unbalanced(session), _gaps(session), _below_zero(session), _unknown(session, cases),
        _cache(session, cases, balances), states_amiss(session),
    )  # fmt: skip
    entries, legs = (session.scalar(select(func.count()).select_from(one)) or 0 for one in (LedgerEntry, LedgerLeg))
    return Checked(entries, legs, len(balances), tuple(chain(*found)))


def _unbalanced(session: Session) -> Iterator[Flaw]:
    total = func.coalesce(func.sum(LedgerLeg.amount_fen), 0)
    sums = select(LedgerEntry.id, total, func.count(LedgerLeg.id)).outerjoin(LedgerLeg).group_by(LedgerEntry.id)
    for entry, fen, legs in session.execute(sums.having((total != 0) | (func.count(LedgerLeg.id) == 0))):
        yield Flaw("unbalanced", f"entry:{entry}", int(fen) if legs else 0, 0)


def _gaps(session: Session) -> Iterator[Flaw]:
    count = func.count(LedgerEntry.id)
    newest = func.max(LedgerEntry.seq)
    by_case = select(LedgerEntry.guarantee_no, count, newest).group_by(LedgerEntry.guarantee_no)
    for case, entries, last in session.execute(by_case.having(count != newest)):
        yield Flaw("gap", f"case:{case}", entries, last)


def _below_zero(session: Session) -> Iterator[Flaw]:
    """By account, not by party: of a few fen a middle party's part may be one less than nothing."""
    by = (LedgerLeg.guarantee_no, LedgerLeg.account)
    total = func.sum(LedgerLeg.amount_fen)
    sums = select(*by, total).where(LedgerLeg.account.in_(NEVER_BELOW_ZERO)).group_by(*by)
    for case, account, fen in session.execute(sums.having(total < 0)):
        yield Flaw("below_zero", f"case:{case} {account}", int(fen), 0)


def _unknown(session: Session, cases: dict[str, Covered]) -> Iterator[Flaw]:
    """Such legs count in no balance, so nothing else would find them. What is said is how many there are."""
    by_case = select(LedgerLeg.guarantee_no, func.count(LedgerLeg.id)).group_by(LedgerLeg.guarantee_no)
    for case, legs in session.execute(by_case.order_by(LedgerLeg.guarantee_no)):
        if case not in cases:
            yield Flaw("unknown", f"case:{case} legs", legs, 0)


def _cache(session: Session, cases: dict[str, Covered], balances: Sequence[GuaranteeBalance]) -> Iterator[Flaw]:
    expected = {key[:2]: held for key, held in _reckoned(session, cases).items()}
    found = {(row.scope, row.key): measures_in(row) for row in balances}
    for name in sorted(expected.keys() | found.keys()):
        mine, kept = expected.get(name, Measures()), found.get(name, Measures())
        for amount in MEASURES:
            if getattr(mine, amount) != getattr(kept, amount):
                place = f"balance:{':'.join(name)} {amount}"
                yield Flaw("cache", place, getattr(kept, amount), getattr(mine, amount))


def _reckoned(session: Session, cases: dict[str, Covered]) -> Deltas:
    """Every balance from the legs alone, by month and kind of entry."""
    by = (LedgerEntry.kind, LedgerEntry.happened_on, LedgerLeg.guarantee_no, LedgerLeg.account, LedgerLeg.party)
    sums = select(*by, func.sum(LedgerLeg.amount_fen)).join(LedgerEntry).group_by(*by)
    grouped: dict[tuple[str, date], dict[str, Books]] = defaultdict(lambda: defaultdict(Counter))
    for kind, on, case, account, party, fen in session.execute(sums):
        if case in cases:
            grouped[kind, on][case][account, party] = int(fen)
    found: Deltas = {}
    for (kind, on), legs in grouped.items():
        for key, held in deltas_of(kind, on, cases, legs).items():
            found.setdefault(key, Measures()).add(held)
    return found
