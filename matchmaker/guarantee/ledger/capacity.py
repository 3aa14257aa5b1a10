"""What a case does to every limit: looked at before it is decided, and again, locked, when it is booked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.domain.errors import ConflictError
from matchmaker.domain.guarantee_terms import LossParty
from matchmaker.domain.text import Text
from matchmaker.guarantee.ledger.balances import Deltas, Key, guarantor_key, keys_of, measures_in, month_key, read
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.guarantee.ledger.registers import Rules, members_of
from matchmaker.scoring.exposure import Amounts, Covered, split
from matchmaker.scoring.limits import Change, Limit, Sums, limits_of
from matchmaker.scoring.measures import Measures

Balances = Mapping[tuple[str, str], GuaranteeBalance]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a case would do: who bears which part of it to the fen, the amounts, and each limit before and after."""

    parts: Mapping[LossParty, int]
    amounts: Amounts
    limits: tuple[Limit, ...]

    @property
    def broken(self) -> tuple[Limit, ...]:
        """The limits that stand against it."""
        return tuple(one for one in self.limits if one.broken)

    def to_json(self) -> list[dict[str, Any]]:
        """Each limit as it was found, kept with what was decided on it: sums and bound in ``unit``."""
        return [
            {
                "key": one.key, "class": str(one.limit_class), "before": one.before, "after": one.after,
                "bound": one.bound, "unit": one.unit, "source": one.source,
            }
            for one in self.limits
        ]  # fmt: skip


class OverLimitError(ConflictError):
    """A case that some limit does not leave room for; ``effect.broken`` has them all."""

    def __init__(self, effect: Effect) -> None:
        """The sentences of all broken limits, the statutory ones first."""
        said = [one.sentence for one in effect.broken]
        sentence = Text("".join(one.zh for one in said), " ".join(one.en for one in said))
        super().__init__(Text("{sentence}", "{sentence}"), code="over_limit", sentence=sentence)
        self.effect = effect


def effect_of(session: Session, rules: Rules, covered: Covered, deltas: Deltas, on: date, rows: Balances) -> Effect:
    """The effect of adding ``deltas`` to the balances; ``rows``: those of the case, as far as there are any."""
    parts = split(covered.amount_fen, covered.shares)
    limits = limits_of(rules.guarantor, rules.scheme, rules.bounds, _sums(session, rules, covered, deltas, on, rows))
    return Effect(parts, Amounts.of(parts), tuple(limits))


def _sums(session: Session, rules: Rules, covered: Covered, deltas: Deltas, on: date, rows: Balances) -> Sums:
    changes = {key.scope: _change(key, deltas, rows) for key in keys_of(covered)}
    guaranteed = deltas.get(guarantor_key(covered.org_code), Measures()).reserved_guaranteed
    within, city = _groups(session, covered, guaranteed)
    year, twelve = _months(session, rules, covered, on)
    fees = changes["scheme"]
    borne = year.fee_treasury + year.treasury_loss
    return Sums(
        guarantor=changes["guarantor"],
        scheme=changes["scheme"],
        customer=changes["customer"],
        scheme_customer=changes["scheme_customer"],
        group=within,
        city_group=city,
        compensated=twelve.compensated,
        released=twelve.released,
        year_before=borne + fees.before.fee_reserved,
        year_after=borne + fees.after.fee_reserved,
    )


def _change(key: Key, deltas: Deltas, rows: Balances) -> Change:
    after = measures_in(rows.get(key[:2]))
    if key in deltas:
        after.add(deltas[key])
    return Change(measures_in(rows.get(key[:2])), after)


Pair = tuple[int, int]


def _groups(session: Session, covered: Covered, guaranteed: int) -> tuple[Pair | None, Pair | None]:
    """The balance of a customer with all its related parties, with this guarantor and with all, before and after.

    Article 16 bounds it with everybody it is related to, so all its groups count together. The members are those
    registered today, so that a group that was registered late counts what was there before.
    """
    if not covered.groups:
        return None, None
    related = {covered.uscc}.union(*members_of(session, covered.groups).values())
    within, city = held_of(session, related, covered.org_code), held_of(session, related)
    return (within, within + guaranteed), (city, city + guaranteed)


def held_of(session: Session, usccs: Collection[str], org_code: str | None = None) -> int:
    """The guaranteed balance of customers in fen, promised included; with one guarantor or with all."""
    held = func.coalesce(func.sum(GuaranteeBalance.guaranteed + GuaranteeBalance.reserved_guaranteed), 0)
    rows = select(held).where(GuaranteeBalance.scope == "customer", GuaranteeBalance.uscc.in_(sorted(usccs)))
    only = rows.where(GuaranteeBalance.org_code == org_code) if org_code else rows
    return int(session.scalar(only) or 0)


def _months(session: Session, rules: Rules, covered: Covered, on: date) -> tuple[Measures, Measures]:
    """What happened to the scheme in the calendar year, and in this month and the eleven before."""
    year, twelve = Measures(), Measures()
    if rules.scheme.budget_fen is None and rules.scheme.compensation_cap_e6 is None:
        return year, twelve
    last = [month_before(on, back) for back in range(12)]
    this = [f"{on.year}-{month:02d}" for month in range(1, 13)]
    rows = read(session, [month_key(covered, month) for month in sorted({*last, *this})])
    for (_, key), row in rows.items():
        month = key.rpartition("|")[2]
        if month in this:
            year.add(measures_in(row))
        if month in last:
            twelve.add(measures_in(row))
    return year, twelve


def month_before(on: date, back: int) -> str:
    """The month so many before that of ``on``: ``2026-11``."""
    years, month = divmod(on.year * 12 + on.month - 1 - back, 12)
    return f"{years}-{month + 1:02d}"
