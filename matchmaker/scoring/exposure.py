"""What a guarantee stands for in the books: shares to the fen, the accounts of a case, the four amounts.

Four amounts, four names (PRODUCT.md section 6): *nominal* is the whole loan; less the bank's share it is *guaranteed*;
less the re-guarantor's and the treasury's share it is *retained*; guaranteed × regulatory weight is *weighted* (not
retained × weight: to the bank the guarantor is liable for all of it, so the cautious figure counts).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matchmaker.domain.guarantee_terms import FeePayer, Grade, LossParty
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import SizeClass

WHOLE_E6 = 100 * E6
TICKET_FEN = 500 * FEN_PER_WAN
"""单户担保金额 500 万元及以下: what the limit kind TICKET_SHARE counts (国办发〔2019〕6号)."""

SMALL_CLASSES = (SizeClass.MICRO, SizeClass.SMALL)

IN_ORDER = (LossParty.BANK, LossParty.REGUARANTOR, LossParty.TREASURY, LossParty.GUARANTOR)
"""Shares are cut off in this order, so that guaranteed and retained never shrink while the whole grows."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A case as the ledger knows it; ``shares``: millionths of a percent that add to 100 %."""

    guarantee_no: str
    org_code: str
    scheme_code: str
    bank_code: str
    uscc: str
    chain_code: str | None
    grade: Grade
    size_class: SizeClass | None
    shares: Mapping[LossParty, int]
    amount_fen: int
    groups: tuple[str, ...] = ()
    fee_fen: int = 0
    fee_payer: FeePayer = FeePayer.TREASURY


def split(fen: int, shares: Mapping[LossParty, int]) -> dict[LossParty, int]:
    """``fen`` over the parties: each less than a fen from its exact share, together exactly ``fen``.

    The running share is rounded down and the parts are its steps, so parts follow from the amount alone: whatever was
    drawn and repaid in between, the parts of what is left add up, and of nothing they are zero.
    ValueError where the shares are no whole or the amount is negative.
    """
    if sum(shares.values()) != WHOLE_E6 or fen < 0:
        raise ValueError("shares of 100 % and an amount that is not negative are needed")
    parts, running, before = {}, 0, 0
    for party in IN_ORDER:
        running += shares.get(party, 0)
        reached = fen * running // WHOLE_E6
        if shares.get(party, 0):
            parts[party] = reached - before
        before = reached
    return parts


@dataclass(frozen=True, slots=True)
class Amounts:
    """Nominal, guaranteed and retained of a balance in fen."""

    nominal: int = 0
    guaranteed: int = 0
    retained: int = 0

    @classmethod
    def of(cls, parts: Mapping[LossParty, int]) -> "Amounts":
        """Of an amount as it is split."""
        whole = sum(parts.values())
        return cls(whole, whole - parts.get(LossParty.BANK, 0), parts.get(LossParty.GUARANTOR, 0))


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a case stands where, in fen: every balance of the case follows from these."""

    reserved: int = 0
    outstanding: int = 0
    loss: int = 0
    written_off: int = 0
    fee_reserved: int = 0
    fee: int = 0


Books = Counter[tuple[str, str]]
"""(account, party) → fen; party is empty where the account has none."""


def books_of(standing: Standing, covered: Covered) -> Books:
    """The balance of every account of a case; together zero.

    What is reserved is the parts of reserved and drawn together less those of what is drawn: so a drawdown never adds a
    fen to what was promised.
    """
    drawn = split(standing.outstanding, covered.shares)
    promised = split(standing.reserved + standing.outstanding, covered.shares)
    payer = str(covered.fee_payer)
    books: Books = Counter()
    for party in drawn:
        books["reserved", str(party)] = promised[party] - drawn[party]
        books["outstanding", str(party)] = drawn[party]
    for account, fen in (("loss", standing.loss), ("written_off", standing.written_off)):
        books.update({(account, str(party)): part for party, part in split(fen, covered.shares).items()})
    books["headroom", ""] = -standing.reserved
    books["loan", ""] = -standing.outstanding
    books["recourse", ""] = -standing.loss - standing.written_off
    books.update({("fee", payer): standing.fee, ("fee_due", ""): -standing.fee})
    books.update({("fee_reserved", payer): standing.fee_reserved, ("fee_budget", ""): -standing.fee_reserved})
    return books


def moved(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> Books:
    """What an entry books: the difference of each account that differs."""
    keys = before.keys() | after.keys()
    found = {key: after.get(key, 0) - before.get(key, 0) for key in sorted(keys)}
    return Counter({key: fen for key, fen in found.items() if fen})


@dataclass(frozen=True, slots=True)
class Weight:
    """A row of the register of risk weights: no classes mean any, no bound means any balance."""

    weight_no: str
    classes: tuple[str, ...]
    customer_max_fen: int | None
    weight_e6: int

    def fits(self, size_class: SizeClass | None, customer_fen: int) -> bool:
        """Whether it is meant for a customer of this size with this balance; an unknown size fits no class."""
        right_size = not self.classes or str(size_class) in self.classes
        return right_size and (self.customer_max_fen is None or customer_fen <= self.customer_max_fen)


def weight_of(weights: Sequence[Weight], size_class: SizeClass | None, customer_fen: int) -> int:
    """Millionths of a percent by the first weight, by number, that fits; 100 % where none does.

    ``customer_fen``: the customer's guaranteed balance with the change, for the bound is on that
    (《融资担保责任余额计量办法》: 单户在保余额).
    """
    numbered = sorted(weights, key=lambda one: (len(one.weight_no), one.weight_no))
    return next((one.weight_e6 for one in numbered if one.fits(size_class, customer_fen)), WHOLE_E6)


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of a guarantor: the guaranteed balance of all its cases, drawn and reserved, and its size."""

    balance_fen: int
    size_class: SizeClass | None


def memo_of(books: Mapping[tuple[str, str], int], customer: Customer, weights: Sequence[Weight]) -> Books:
    """What is noted of a case: its weighted balances, and what of it counts as small business and as small ticket.

    They hang on the customer's whole balance, so they are derived anew for each of its cases whenever that changes,
    and the difference is booked with the entry that changed it. Weights round up.
    """
    drawn, reserved = (_guaranteed(books, account) for account in ("outstanding", "reserved"))
    weight = weight_of(weights, customer.size_class, customer.balance_fen)
    weighted, all_weighted = (-(-fen * weight // WHOLE_E6) for fen in (drawn, drawn + reserved))
    memo: Books = Counter(
        {
            ("weighted", ""): weighted,
            ("weighted_reserved", ""): all_weighted - weighted,
            ("small", ""): drawn + reserved if customer.size_class in SMALL_CLASSES else 0,
            ("ticket", ""): drawn + reserved if customer.balance_fen <= TICKET_FEN else 0,
        }
    )
    memo["memo", ""] = -sum(memo.values())
    return memo


def guaranteed_of(books: Mapping[tuple[str, str], int]) -> int:
    """The guaranteed balance of a case, drawn and reserved."""
    return _guaranteed(books, "outstanding") + _guaranteed(books, "reserved")


def _guaranteed(books: Mapping[tuple[str, str], int], account: str) -> int:
    return sum(fen for (name, party), fen in books.items() if name == account and party != str(LossParty.BANK))
