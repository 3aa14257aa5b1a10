"""The limits of a guarantor, a scheme and a customer: what holds, how much is used, and the sentence of a breach.

Statutory: 《融资担保公司监督管理条例》 articles 15 and 16. Policy: 国办发〔2019〕6号. Scheme: the register of schemes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from matchmaker.domain.guarantee_terms import GuarantorKind, LimitClass, LimitKind
from matchmaker.domain.money import amount_text, plain, yuan_text
from matchmaker.domain.rate import E6
from matchmaker.domain.text import Lang, Text
from matchmaker.scoring.exposure import WHOLE_E6
from matchmaker.scoring.limit_texts import (
    ABOVE,
    BELOW,
    BUDGET,
    COMPENSATION,
    GRADE_AMOUNT,
    NOUNS,
    RATE,
    SCHEME_CAP,
    WHO,
)
from matchmaker.scoring.measures import Measures


@dataclass(frozen=True, slots=True)
class Bound:
    """A row of the register of limits; ``value``: fen, times or millionths of a percent, as its kind has it."""

    limit_no: str
    kind: LimitKind
    limit_class: LimitClass
    value: int
    guarantor_kind: GuarantorKind | None = None
    org_code: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class GuarantorTerms:
    """What a guarantor's limits are reckoned from."""

    org_code: str
    kind: GuarantorKind
    net_assets_fen: int
    mainly_small: bool = False


@dataclass(frozen=True, slots=True)
class SchemeTerms:
    """The bounds of a scheme for one grade; None bounds nothing."""

    scheme_code: str
    amount_max_fen: int | None = None
    cap_fen: int | None = None
    budget_fen: int | None = None
    compensation_cap_e6: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A sum before a case and with it."""

    before: Measures
    after: Measures


@dataclass(frozen=True, slots=True)
class Sums:
    """What the limits look at. ``year_*``: what the treasury bears this calendar year, fees promised included;
    ``compensated``, ``released``: of the scheme in this month and the eleven before; groups in fen (before, after)."""

    guarantor: Change
    scheme: Change
    customer: Change
    scheme_customer: Change
    group: tuple[int, int] | None = None
    city_group: tuple[int, int] | None = None
    compensated: int = 0
    released: int = 0
    year_before: int = 0
    year_after: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit and what a case does to it. ``unit``: ``fen`` or ``pct_e6``; ``least``: a bound from below, which a
    case that ``counts`` towards it never breaks."""

    key: str
    limit_class: LimitClass
    label: Text
    before: int
    after: int
    bound: int
    source: str
    unit: str = "fen"
    least: bool = False
    counts: bool = False

    @property
    def broken(self) -> bool:
        """Whether the case may not be taken on."""
        return (not self.counts and self.after < self.bound) if self.least else self.after > self.bound

    @property
    def left(self) -> int:
        """How much room the case leaves; negative where broken."""
        return self.after - self.bound if self.least else self.bound - self.after

    @property
    def approver(self) -> Text:
        """Who may approve beyond it, and what can be done."""
        return WHO[self.limit_class]

    @property
    def sentence(self) -> Text:
        """The limit, the sum after, the bound, its source, and who may approve (EXPERIENCE.md U-3)."""
        return Text(self._say("zh"), self._say("en"))

    def _say(self, lang: Lang) -> str:
        pattern = RATE if self.key == COMPENSATION else BELOW if self.least else ABOVE
        after, bound = self.shown(lang)
        origin = Text(f"{self.limit_class.label.zh}，{self.source}", f"{self.limit_class.label.en}, {self.source}")
        shown = origin if self.source else self.limit_class.label
        return pattern.say(lang, noun=NOUNS[self.key], after=after, bound=bound, source=shown, who=self.approver)

    def shown(self, lang: Lang) -> tuple[str, str]:
        """The sum after and the bound in words, exact to the fen where they would read the same."""
        if self.unit == "pct_e6":
            return tuple(f"{plain((Decimal(value) / E6).quantize(Decimal('0.0001')))}%" for value in self._both)  # type: ignore[return-value]
        said = [amount_text(value, lang) for value in self._both]
        if said[0] == said[1] and self.after != self.bound:
            said = [f"{yuan_text(value)} 元" if lang == "zh" else f"CNY {yuan_text(value)}" for value in self._both]
        return said[0], said[1]

    @property
    def _both(self) -> tuple[int, int]:
        return self.after, self.bound


def limits_of(guarantor: GuarantorTerms, scheme: SchemeTerms, bounds: Iterable[Bound], sums: Sums) -> list[Limit]:
    """Every limit that holds for a case, the statutory ones first; nothing of it is checked for room here."""
    found = [_of_register(bound, guarantor, sums) for bound in strictest(bounds, guarantor)]
    of_register = [one for one in found if one is not None]
    order = list(LimitClass)
    return sorted([*of_register, *_of_scheme(scheme, sums)], key=lambda one: order.index(one.limit_class))


def strictest(bounds: Iterable[Bound], guarantor: GuarantorTerms) -> list[Bound]:
    """Of the limits that fit a guarantor the strictest of each kind.

    LEVERAGE_SMALL stands in the place of LEVERAGE of the same class, and only where the guarantor is mainly for small
    and farming business (article 15, second paragraph).
    """
    fitting = [one for one in bounds if _fits(one, guarantor)]
    raised = {one.limit_class for one in fitting if one.kind is LimitKind.LEVERAGE_SMALL}
    held: dict[LimitKind, Bound] = {}
    for one in fitting:
        if one.kind is LimitKind.LEVERAGE and one.limit_class in raised:
            continue
        kind = LimitKind.LEVERAGE if one.kind is LimitKind.LEVERAGE_SMALL else one.kind
        if kind not in held or _stricter(one, held[kind]):
            held[kind] = one
    return [held[kind] for kind in LimitKind if kind in held]


def _fits(bound: Bound, guarantor: GuarantorTerms) -> bool:
    right_kind = bound.guarantor_kind in (None, guarantor.kind)
    right_place = bound.kind is not LimitKind.LEVERAGE_SMALL or guarantor.mainly_small
    return right_kind and right_place and bound.org_code in (None, guarantor.org_code)


def _stricter(one: Bound, other: Bound) -> bool:
    return one.value > other.value if one.kind in SHARE_KINDS else one.value < other.value


SHARE_KINDS = (LimitKind.SMALL_SHARE, LimitKind.TICKET_SHARE)


def _of_register(bound: Bound, guarantor: GuarantorTerms, sums: Sums) -> Limit | None:
    if bound.kind in SHARE_KINDS:
        return _share(bound, sums.guarantor)
    if bound.kind in (LimitKind.LEVERAGE, LimitKind.LEVERAGE_SMALL):
        before, after = (_weighted(one) for one in (sums.guarantor.before, sums.guarantor.after))
        return _upper(bound, (before, after), bound.value * guarantor.net_assets_fen)
    if bound.kind is LimitKind.CITY_GROUP:
        return _upper(bound, sums.city_group, bound.value)
    held = sums.group if bound.kind is LimitKind.GROUP else committed_both(sums.customer)
    return _upper(bound, held, guarantor.net_assets_fen * bound.value // WHOLE_E6)


def _upper(bound: Bound, sums: tuple[int, int] | None, value: int) -> Limit | None:
    """None where the case is in no group that could be bounded."""
    if sums is None:
        return None
    return Limit(str(bound.kind), bound.limit_class, bound.kind.label, *sums, value, bound.source)


def _share(bound: Bound, change: Change) -> Limit:
    name = "small" if bound.kind is LimitKind.SMALL_SHARE else "ticket"
    before, after = (_part(getattr(one, name), committed(one)) for one in (change.before, change.after))
    added = committed(change.after) - committed(change.before)
    counts = getattr(change.after, name) - getattr(change.before, name) >= added
    return Limit(
        str(bound.kind), bound.limit_class, bound.kind.label, before, after, bound.value, bound.source,
        unit="pct_e6", least=True, counts=counts,
    )  # fmt: skip


def _part(fen: int, whole: int) -> int:
    """In millionths of a percent, rounded down; of nothing it is all."""
    return fen * WHOLE_E6 // whole if whole else WHOLE_E6


def _of_scheme(scheme: SchemeTerms, sums: Sums) -> list[Limit]:
    rate = sums.compensated * WHOLE_E6 // sums.released if sums.released else 0
    lent = tuple(
        one.nominal + one.reserved_nominal for one in (sums.scheme_customer.before, sums.scheme_customer.after)
    )
    rows: Sequence[tuple[str, int, int, int | None, str]] = (
        (GRADE_AMOUNT, lent[0], lent[1], scheme.amount_max_fen, "fen"),
        (SCHEME_CAP, *committed_both(sums.scheme), scheme.cap_fen, "fen"),
        (COMPENSATION, rate, rate, scheme.compensation_cap_e6, "pct_e6"),
        (BUDGET, sums.year_before, sums.year_after, scheme.budget_fen, "fen"),
    )
    return [
        Limit(key, LimitClass.SCHEME, NOUNS[key], before, after, bound, scheme.source, unit=unit)
        for key, before, after, bound, unit in rows
        if bound is not None
    ]


def committed(measures: Measures) -> int:
    """What is guaranteed and what is promised to be, in fen."""
    return measures.guaranteed + measures.reserved_guaranteed


def committed_both(change: Change) -> tuple[int, int]:
    """Before and after."""
    return committed(change.before), committed(change.after)


def _weighted(measures: Measures) -> int:
    return measures.weighted + measures.reserved_weighted
