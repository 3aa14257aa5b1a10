"""How near a sum is to its limit, as a bar and as a sentence: the words carry what the colour shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from matchmaker.domain.guarantee_terms import LimitClass
from matchmaker.domain.money import amount_text
from matchmaker.domain.rate import E6
from matchmaker.domain.text import Lang, Text
from matchmaker.guarantee.ledger.capacity import Effect
from matchmaker.scoring.limit_texts import BUDGET, GRADE_AMOUNT, SCHEME_CAP
from matchmaker.scoring.limits import Limit

WARN, ALARM = 80, 95
"""Per cent of a limit from which it is marked (EXPERIENCE.md section 6)."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A sum and its limit, in the words of the page. ``percent``: of the limit, one decimal; None where the bound is
    one from below. ``tone``: ``pass``, ``near`` or ``failed``; ``word``: the same in words."""

    label: Text
    limit_class: LimitClass
    source: str
    before: str
    after: str
    bound: str
    left: str
    percent: Decimal | None
    tone: str
    word: Text
    sentence: Text | None


def gauges_of(limits: Sequence[Limit], lang: Lang, own: dict[str, int] | None = None) -> list[Gauge]:
    """Limits as they are after a case; ``own``: key of a limit → what of it is the case's, where that is in it
    already."""
    return [_gauge(one, lang, (own or {}).get(one.key, 0)) for one in limits]


def own_part(effect: Effect, fee_fen: int, weighted: int) -> dict[str, int]:
    """What a case that is reserved adds to each limit measured in fen."""
    guaranteed = effect.amounts.guaranteed
    return {
        "LEVERAGE": weighted, "LEVERAGE_SMALL": weighted, "CUSTOMER": guaranteed, "GROUP": guaranteed,
        "CITY_GROUP": guaranteed, SCHEME_CAP: guaranteed, GRADE_AMOUNT: effect.amounts.nominal, BUDGET: fee_fen,
    }  # fmt: skip


def _gauge(limit: Limit, lang: Lang, own: int) -> Gauge:
    before = limit.before - (own if limit.after == limit.before else 0)
    percent = None if limit.least else percent_of(limit.after, limit.bound)
    tone, word = _tone(limit, percent)
    return Gauge(
        label=limit.label, limit_class=limit.limit_class, source=limit.source, percent=percent, tone=tone, word=word,
        before=shown(before, limit.unit, lang), after=shown(limit.after, limit.unit, lang),
        bound=shown(limit.bound, limit.unit, lang), left=shown(limit.left, limit.unit, lang),
        sentence=limit.sentence if limit.broken else None,
    )  # fmt: skip


def percent_of(part: int, whole: int) -> Decimal:
    """One decimal, half up; of a limit of nothing 100 as soon as there is something."""
    if whole <= 0:
        return Decimal(100 if part > 0 else 0)
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)


def shown(value: int, unit: str, lang: Lang) -> str:
    """An amount in prose, or a share with two decimals."""
    if unit == "fen":
        return amount_text(value, lang)
    return f"{(Decimal(value) / E6).quantize(Decimal('0.01'), ROUND_HALF_UP)}%".replace("-", "−")


def _tone(limit: Limit, percent: Decimal | None) -> tuple[str, Text]:
    if limit.broken:
        return "failed", BROKEN
    return ("pass", WITHIN) if percent is None else tone_of(percent)


def tone_of(percent: Decimal) -> tuple[str, Text]:
    """Colour and words of a share of a limit."""
    if percent > 100:
        return "failed", BROKEN
    if percent >= ALARM:
        return "failed", Text(f"已过 {ALARM}%", f"past {ALARM} %")
    if percent >= WARN:
        return "near", Text(f"已过预警线 {WARN}%", f"past the warning line of {WARN} %")
    return "pass", WITHIN


WITHIN = Text("在限额内", "within the limit")
BROKEN = Text("超出限额", "beyond the limit")
