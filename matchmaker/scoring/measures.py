"""What the legs of the ledger come to: the amounts of a balance, and the position of a case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from matchmaker.domain.guarantee_terms import LossParty
from matchmaker.scoring.exposure import Standing


@dataclass(slots=True)
class Measures:
    """What a balance row holds, in fen. ``retained`` and ``guaranteed`` as of :class:`Amounts`; ``reserved_*`` the
    same of what is promised and not drawn; ``compensated`` and ``released`` since ever, on the guaranteed part."""

    nominal: int = 0
    guaranteed: int = 0
    retained: int = 0
    weighted: int = 0
    reserved_nominal: int = 0
    reserved_guaranteed: int = 0
    reserved_retained: int = 0
    reserved_weighted: int = 0
    small: int = 0
    ticket: int = 0
    compensated: int = 0
    released: int = 0
    loss: int = 0
    treasury_loss: int = 0
    fee_treasury: int = 0
    fee_reserved: int = 0

    def add(self, other: "Measures") -> None:
        """Add another's amounts to these."""
        for name in MEASURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))


MEASURES: tuple[str, ...] = tuple(Measures.__dataclass_fields__)
FLOWS = ("compensated", "released", "treasury_loss", "fee_treasury")
"""What is also summed by month."""
MEMO = ("weighted", "weighted_reserved", "small", "ticket", "memo")
"""Accounts that only note what else a balance counts as."""
_MEMO = {"weighted": "weighted", "weighted_reserved": "reserved_weighted", "small": "small", "ticket": "ticket"}
_BALANCE = {"outstanding": "", "reserved": "reserved_"}
_TREASURY = str(LossParty.TREASURY)


def measures_of(kind: str, legs: Iterable[tuple[str, str, int]]) -> Measures:
    """What the legs (account, party, fen) of an entry of this kind add to the balances of its case."""
    found = Measures()
    for account, party, fen in legs:
        for name in _measured(kind, account, party, fen):
            setattr(found, name, getattr(found, name) + fen)
        if account == "outstanding" and kind in RELEASING and party != str(LossParty.BANK):
            found.released -= fen
    return found


RELEASING = ("repayment", "compensation")
"""Kinds of entries by which the guarantor's liability to the bank ends."""


def _measured(kind: str, account: str, party: str, fen: int) -> list[str]:
    if account in _BALANCE:
        return [f"{_BALANCE[account]}{name}" for name in _layers(party)]
    if account in _MEMO:
        return [_MEMO[account]]
    if account == "loss":
        return _losses(kind, party)
    if account == "written_off":
        return ["treasury_loss"] if kind == "recovery" and party == _TREASURY else []
    treasury = {"fee": "fee_treasury", "fee_reserved": "fee_reserved"}.get(account)
    return [treasury] if treasury and party == _TREASURY else []


def _layers(party: str) -> list[str]:
    """Of which amounts the part of this party is one."""
    if party == str(LossParty.BANK):
        return ["nominal"]
    return ["nominal", "guaranteed", "retained"] if party == str(LossParty.GUARANTOR) else ["nominal", "guaranteed"]


def _losses(kind: str, party: str) -> list[str]:
    """The open loss that is not the bank's; what was compensated; what the treasury has borne, less what came back."""
    if party == str(LossParty.BANK):
        return []
    treasury = ["treasury_loss"] if party == _TREASURY and kind != "write_off" else []
    return ["loss", *(["compensated"] if kind == "compensation" else []), *treasury]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a case stands, in fen; the dictionaries by party add up to the amount beside them."""

    guarantee_no: str
    reserved: int = 0
    drawn: int = 0
    repaid: int = 0
    outstanding: int = 0
    compensated: int = 0
    recovered: int = 0
    loss: int = 0
    written_off: int = 0
    fee_reserved: int = 0
    fee: int = 0
    outstanding_by: Mapping[LossParty, int] = field(default_factory=dict)
    loss_by: Mapping[LossParty, int] = field(default_factory=dict)
    written_off_by: Mapping[LossParty, int] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """What the accounts follow from."""
        return Standing(self.reserved, self.outstanding, self.loss, self.written_off, self.fee_reserved, self.fee)


class Sum(NamedTuple):
    """A sum of legs of one case."""

    kind: str
    account: str
    party: str
    fen: int


def position_of(guarantee_no: str, sums: Iterable[Sum]) -> Position:
    """Where a case stands by the sums of its legs."""
    rows = list(sums)
    return Position(
        guarantee_no,
        reserved=-_of(rows, "headroom"),
        drawn=-_of(rows, "loan", "drawdown"),
        repaid=_of(rows, "loan", "repayment"),
        outstanding=-_of(rows, "loan"),
        compensated=-_of(rows, "recourse", "compensation"),
        recovered=_of(rows, "recourse", "recovery"),
        loss=_of(rows, "loss"),
        written_off=_of(rows, "written_off"),
        fee_reserved=_of(rows, "fee_reserved"),
        fee=_of(rows, "fee"),
        outstanding_by=_by(rows, "outstanding"),
        loss_by=_by(rows, "loss"),
        written_off_by=_by(rows, "written_off"),
    )


def _of(rows: list[Sum], account: str, kind: str | None = None) -> int:
    return sum(row.fen for row in rows if row.account == account and kind in (None, row.kind))


def _by(rows: list[Sum], account: str) -> dict[LossParty, int]:
    return {
        party: sum(row.fen for row in rows if row.account == account and row.party == str(party))
        for party in LossParty
        if any(row.account == account and row.party == str(party) for row in rows)
    }
