"""What would happen: a chain leader pays late and its chain falls overdue; the largest customers fail."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matchmaker.domain.guarantee_terms import LossParty


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case with a loan out; ``parts``: its outstanding principal by loss party, ``weighted``: all it counts for."""

    guarantee_no: str
    org_code: str
    uscc: str
    chain_code: str | None
    parts: Mapping[LossParty, int]
    weighted: int = 0
    claim_after_days: int = 0

    @property
    def nominal(self) -> int:
        """The outstanding principal."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class ChainDelay:
    """A chain whose customers are all overdue: what could be claimed by when, and who would bear it, in fen."""

    chain_code: str
    cases: int
    customers: int
    nominal: int
    claimable: int
    parts: Mapping[LossParty, int]


def chain_delays(cases: Iterable[OpenCase], days: int) -> list[ChainDelay]:
    """Every chain by itself, the largest first: all its customers are ``days`` overdue.

    ``claimable``: the principal of the cases whose scheme lets the bank claim after so many days.
    """
    by_chain: dict[str, list[OpenCase]] = {}
    for case in cases:
        if case.chain_code is not None:
            by_chain.setdefault(case.chain_code, []).append(case)
    found = [_delay(chain, some, days) for chain, some in by_chain.items()]
    return sorted(found, key=lambda one: (-one.nominal, one.chain_code))


def _delay(chain: str, cases: Sequence[OpenCase], days: int) -> ChainDelay:
    return ChainDelay(
        chain,
        len(cases),
        len({case.uscc for case in cases}),
        sum(case.nominal for case in cases),
        sum(case.nominal for case in cases if case.claim_after_days <= days),
        together(cases),
    )


def together(cases: Iterable[OpenCase]) -> dict[LossParty, int]:
    """The outstanding principal of cases by loss party, those with nothing left out."""
    parts: Counter[LossParty] = Counter()
    for case in cases:
        parts.update(case.parts)
    return {party: parts[party] for party in LossParty if parts[party]}


def largest(cases: Iterable[OpenCase], count: int) -> list[OpenCase]:
    """All cases of the ``count`` enterprises with the most out, whichever guarantors cover them."""
    listed = list(cases)
    out: Counter[str] = Counter()
    for case in listed:
        out[case.uscc] += case.nominal
    failing = sorted(out, key=lambda uscc: (-out[uscc], uscc))[:count]
    return [case for case in listed if case.uscc in failing]


@dataclass(frozen=True, slots=True)
class LeverageAfter:
    """A guarantor after it has paid: ``bound`` is None where no leverage limit holds for it."""

    org_code: str
    loss: int
    net_assets: int
    weighted: int
    bound: int | None

    @property
    def broken(self) -> bool:
        """Whether more is guaranteed than the net assets that are left carry."""
        return self.bound is not None and self.weighted > self.bound


def after_failure(
    org_code: str, failing: Iterable[OpenCase], *, net_assets: int, weighted: int, times: int | None
) -> LeverageAfter:
    """A guarantor once the failing cases are compensated: its share lowers its net assets, and they leave its books."""
    own = [case for case in failing if case.org_code == org_code]
    loss = together(own).get(LossParty.GUARANTOR, 0)
    left = net_assets - loss
    bound = None if times is None else max(times * left, 0)
    return LeverageAfter(org_code, loss, left, weighted - sum(case.weighted for case in own), bound)
