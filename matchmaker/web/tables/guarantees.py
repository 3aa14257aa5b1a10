"""Tables of guarantees: what there is to review, what is in force, what was claimed; no row names an enterprise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from matchmaker.domain.guarantee_life import ENDED
from matchmaker.domain.guarantee_terms import Grade, GuaranteeState
from matchmaker.domain.kinds import Day, Money
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.lists.guarantee_registers import Scheme
from matchmaker.lists.models import Organisation
from matchmaker.lists.registers import Chain
from matchmaker.web.tables.filters import Between, Choice
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import linked, moment, say, tagged

S = GuaranteeState
_CASE: Any = Guarantee


@dataclass(frozen=True, slots=True)
class Tab:
    """Guarantees that are to be handled alike: their name, states, order, and the columns that are there unasked."""

    label: Text
    states: tuple[S, ...]
    sort: str
    shows: tuple[str, ...]


_WHAT = ("no", "state", "amount", "grade", "chain", "bank", "guarantor")

TABS: dict[str, Tab] = {
    "queue": Tab(Text("待审", "To review"), (S.APPLIED, S.WAITING, S.REVIEWED), "due", (*_WHAT, "due")),
    "letters": Tab(Text("已出函", "Letter issued"), (S.APPROVED,), "letter", (*_WHAT, "letter")),
    "book": Tab(Text("在保", "In force"), (S.IN_FORCE, S.OVERDUE), "-amount", (*_WHAT, "balance")),
    "claims": Tab(
        Text("代偿与追偿", "Claims and recovery"), (S.CLAIMED, S.COMPENSATED), "-amount", (*_WHAT, "balance")
    ),
    "ended": Tab(Text("已办结", "Ended"), ENDED, "-applied", (*_WHAT, "applied")),
    "all": Tab(Text("全部", "All"), tuple(S), "-applied", (*_WHAT, "applied")),
}

COLOURS: dict[S, str] = {
    S.APPLIED: "submitted", S.WAITING: "near", S.REVIEWED: "submitted", S.APPROVED: "pass", S.IN_FORCE: "pass",
    S.OVERDUE: "overdue", S.CLAIMED: "failed", S.COMPENSATED: "near",
}  # fmt: skip
"""State → its colour; of what has ended the quiet one."""


@dataclass(slots=True)
class Names:
    """Codes in the words of people: organisations, schemes, chains."""

    organisations: Mapping[str, str] = field(default_factory=dict)
    schemes: Mapping[str, str] = field(default_factory=dict)
    chains: Mapping[str, str] = field(default_factory=dict)

    def of(self, scope: str, code: str | None) -> str:
        """What a code is called; the code itself where nothing is known of it."""
        known: Mapping[str, str] = getattr(self, scope)
        return "--" if code is None else known.get(code, code)


def load_names(session: Session) -> Names:
    """The names of today."""
    pairs = (
        select(Organisation.org_code, Organisation.name),
        select(Scheme.scheme_code, Scheme.name),
        select(Chain.chain_code, Chain.name_zh),
    )
    return Names(*(dict(session.execute(one).all()) for one in pairs))


def state_tag(state: S) -> Any:
    """A state with its colour."""
    return tagged(COLOURS.get(state, "out"), state.label)


def wan(fen: int) -> str:
    """An amount for a column in 万元."""
    return f"{Decimal(fen) / FEN_PER_WAN:,.2f}"


def as_number(fen: int) -> float:
    """The same for a workbook's cell."""
    return fen / FEN_PER_WAN


def guarantees_table(
    tab: Tab, side: Side, names: Names, due: Callable[[date | None], Any], balances: Mapping[str, int]
) -> Table:
    """``due``: a day to decide by in words; ``balances``: guarantee_no → what is out of the loan, in fen."""
    return Table(
        base=select(Guarantee).where(_within(tab.states)),
        columns=[
            replace(one, shown=one.name in tab.shows)
            for one in _columns(names, due, balances)
            if one.name not in _NOT_FOR.get(side, ())
        ],
        unique=_CASE.id.desc(),
        filters=_filters(tab, side, names),
        search=[_CASE.guarantee_no, *([_CASE.need_no] if side in _SEES_NEEDS else [])],
        default_sort=tab.sort,
    )


def _within(states: Sequence[S]) -> ColumnElement[bool]:
    return Guarantee.state.in_([one.value for one in states])


_SEES_NEEDS = (Side.ENTERPRISE, Side.BUREAU)
"""Who may look for a need by its number, which may name the enterprise."""

_NOT_FOR: dict[Side, tuple[str, ...]] = {
    Side.ENTERPRISE: ("chain", "grade", "balance"),
    Side.BANK: ("bank", "grade", "chain", "due", "balance"),
    Side.GUARANTOR: ("guarantor",),
}
"""Columns that say nothing to a side, or what it is not told."""


def _columns(names: Names, due: Callable[[date | None], Any], balances: Mapping[str, int]) -> list[Column]:
    def due_of(one: Guarantee) -> Any:
        return due(one.due_on) if one.stands in TABS["queue"].states else moment(one.due_on)

    return [
        Column("no", Text("担保编号", "Number"), _opened, _CASE.guarantee_no, value=lambda one: one.guarantee_no),
        Column("state", Text("状态", "State"), lambda one: state_tag(one.stands), _CASE.state,
               value=lambda one: one.stands.label),
        Column("due", Text("审批时限", "Decide by"), due_of, _CASE.due_on, "day", value=lambda one: one.due_on),
        Column("amount", Text("金额(万元)", "Amount (10k CNY)"), lambda one: wan(one.amount_fen), _CASE.amount_fen,
               "num", value=lambda one: as_number(one.amount_fen)),
        Column("balance", Text("贷款余额(万元)", "Outstanding (10k CNY)"),
               lambda one: wan(balances.get(one.guarantee_no, 0)), None, "num",
               value=lambda one: as_number(balances.get(one.guarantee_no, 0))),
        Column("term", Text("期限(月)", "Term (months)"), lambda one: one.term_months, _CASE.term_months, "num"),
        Column("grade", Text("信用等级", "Grade"), lambda one: say(one.rated.label), _CASE.grade),
        Column("chain", Text("产业链", "Chain"), lambda one: names.of("chains", one.chain_code), _CASE.chain_code),
        Column("bank", Text("银行", "Bank"), lambda one: names.of("organisations", one.bank_code), _CASE.bank_code),
        Column("guarantor", Text("担保机构", "Guarantor"), lambda one: names.of("organisations", one.org_code),
               _CASE.org_code),
        Column("scheme", Text("方案", "Scheme"), lambda one: names.of("schemes", one.scheme_code), _CASE.scheme_code),
        Column("letter", Text("意向函有效至", "Letter valid to"), lambda one: moment(one.letter_expires_on),
               _CASE.letter_expires_on, "day", value=lambda one: one.letter_expires_on),
        Column("applied", Text("申请时间", "Applied"), lambda one: moment(one.applied_at), _CASE.applied_at, "day",
               value=lambda one: one.applied_at),
    ]  # fmt: skip


def _opened(one: Guarantee) -> Any:
    return linked(url_for("guarantees.one", public_id=one.public_id), one.guarantee_no)


def _filters(tab: Tab, side: Side, names: Names) -> list[Any]:
    states = [(one.value, one.label) for one in tab.states]
    grades = [(one.value, one.label) for one in Grade]
    found: list[Any] = [
        Choice("state", Text("状态", "State"), _CASE.state, states),
        Between("amount", Text("金额(万元)", "Amount (10k CNY)"), _CASE.amount_fen, Money()),
        Between("letter", Text("意向函有效至", "Letter valid to"), _CASE.letter_expires_on, Day()),
        Between("due", Text("审批时限", "Decide by"), _CASE.due_on, Day()),
    ]
    if side in (Side.GUARANTOR, Side.BUREAU):
        chains = [(code, Text(name, name)) for code, name in names.chains.items()]
        found += [
            Choice("grade", Text("信用等级", "Grade"), _CASE.grade, grades),
            Choice("chain", Text("产业链", "Chain"), _CASE.chain_code, chains),
        ]
    return found
