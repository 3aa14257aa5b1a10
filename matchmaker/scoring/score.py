"""The transparent score of an eligible pair: nine named components that add up to at most 100 points.

Points are integer tenths, so the total is the exact sum whatever the order of addition. Each component is one formula
written with ``+ - * // >> &`` and ``clip`` only: the scalar path feeds it Python integers, the bulk path int64 columns,
and both get the same tenths. A component depends on the pair, the date and the constants here, never on other
entries, and never falls when rate or fee or decision days fall, when amount_max or term_max rise, or when a product is
made for the need's own chain. A
rate, fee or decision time that a bank has not stated earns nothing, so leaving those blank never pays; a blank
``amount_max`` or ``term_max`` is no bound at all and earns all of its room.

``RULES_VERSION`` names the criteria and these constants, ``RANKER`` the order in force; stored matches carry both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from matchmaker.domain.text import Text
from matchmaker.scoring import score_texts as says
from matchmaker.scoring.prepared import NeedOn, ProductOn
from matchmaker.scoring.text import similarity_e6

RULES_VERSION = "2026.11"
RANKER = "transparent"

RATE_FULL_E6, RATE_NONE_E6 = 2_500_000, 7_500_000
"""The middle of the rate range: 2.5 % and below earns all, 7.5 % and above nothing; 0.2 percentage points a point."""

FEE_NONE_E6 = 1_000_000
"""A one-off fee spread over the need's term: nothing from 1 % a year on, the same 0.2 percentage points a point."""

DAYS_FULL, DAYS_NONE = 1, 31
"""Decision within a day earns all, after 31 days nothing."""

ROOM_MONTHS = 12
"""A longest term a year beyond the need's earns all of the room."""

ALIKE_FULL_E6 = 500_000
"""Descriptions half alike earn all; two texts by different hands are hardly ever more alike."""


class Pair(NamedTuple):
    """What a formula reads: both sides (or columns of them), their similarity and a way to clip."""

    need: Any
    product: Any
    similarity: Any
    clip: Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Component:
    """One row of the score: ``formula`` gives tenths between 0 and ``max_tenths``, ``sentence`` says why."""

    key: str
    label: Text
    max_tenths: int
    formula: Callable[[Pair], Any]
    sentence: Callable[[NeedOn, ProductOn, int], Text]


@dataclass(frozen=True, slots=True)
class Points:
    """A component's share of one pair's score, in tenths of a point."""

    key: str
    label: Text
    tenths: int
    max_tenths: int
    text: Text


def _rate(pair: Pair) -> Any:
    need, product, _, clip = pair
    short, long = product.twice_middle_short_e6, product.twice_middle_long_e6
    width = 2 * (RATE_NONE_E6 - RATE_FULL_E6)
    return clip(2 * RATE_NONE_E6 - short - need.is_long_term * (long - short), 0, width) * 250 // width


def _fee(pair: Pair) -> Any:
    need, product, _, clip = pair
    width = FEE_NONE_E6 * need.term
    return clip(width - 12 * product.fee_e6, 0, width) * 50 // width


def _speed(pair: Pair) -> Any:
    return pair.clip(DAYS_NONE - pair.product.decision_days, 0, DAYS_NONE - DAYS_FULL) * 150 // (DAYS_NONE - DAYS_FULL)


def _amount(pair: Pair) -> Any:
    amount = pair.need.amount_yuan
    return pair.clip(pair.product.amount_max_yuan - amount, 0, amount) * 100 // amount


def _term(pair: Pair) -> Any:
    return pair.clip(pair.product.term_max - pair.need.term, 0, ROOM_MONTHS) * 50 // ROOM_MONTHS


def _chain(pair: Pair) -> Any:
    """An eligible pair's product with chains of its own is made for the need's chain: the criterion passed."""
    return pair.product.has_own_chains * 150


def _security(pair: Pair) -> Any:
    return pair.product.security_ease * 50


def _repayment(pair: Pair) -> Any:
    return ((pair.product.repayment_mask >> pair.need.repayment_bit) & 1) * 50


def _text(pair: Pair) -> Any:
    return pair.clip(pair.similarity, 0, ALIKE_FULL_E6) * 100 // ALIKE_FULL_E6


COMPONENTS: tuple[Component, ...] = (
    Component("rate", Text("年利率", "Annual rate"), 250, _rate, says.rate),
    Component("fee", Text("一次性费用", "One-off fee"), 50, _fee, says.fee),
    Component("speed", Text("审批速度", "Speed of decision"), 150, _speed, says.speed),
    Component("amount", Text("额度余量", "Room in the amount"), 100, _amount, says.amount),
    Component("term", Text("期限余量", "Room in the term"), 50, _term, says.term),
    Component("chain", Text("产业链专属", "Made for the chain"), 150, _chain, says.chain),
    Component("security", Text("担保便利", "Ease of security"), 100, _security, says.security),
    Component("repayment", Text("还款方式", "Repayment"), 50, _repayment, says.repayment),
    Component("text", Text("用途描述", "Descriptions"), 100, _text, says.text),
)

MAX_TENTHS = sum(component.max_tenths for component in COMPONENTS)
_FORMULAS = tuple(component.formula for component in COMPONENTS)

FITS: tuple[tuple[int, Text], ...] = (
    (650, Text("高", "high")),
    (500, Text("中", "medium")),
    (0, Text("低", "low")),
)
"""Tenths from which on a fit is called so: people who are matched read the word, never the number."""


def fit_of(tenths: int) -> Text:
    """The word for a score in tenths."""
    return next(word for least, word in FITS if tenths >= least)


def clip(value: int, low: int, high: int) -> int:
    """``value`` brought between ``low`` and ``high``."""
    return low if value < low else min(value, high)


def score(need: NeedOn, product: ProductOn) -> int:
    """The score of an eligible pair in tenths of a point, 0 to 1000; meaningless for any other verdict."""
    pair = _pair(need, product)
    return sum([formula(pair) for formula in _FORMULAS])


def components(need: NeedOn, product: ProductOn) -> tuple[Points, ...]:
    """The shares of an eligible pair's score, in the order of the catalogue; their tenths add up to ``score``."""
    pair = _pair(need, product)
    return tuple(_points(component, pair) for component in COMPONENTS)


def _pair(need: NeedOn, product: ProductOn) -> Pair:
    return Pair(need, product, similarity_e6(need.text, product.text), clip)


def _points(component: Component, pair: Pair) -> Points:
    tenths = component.formula(pair)
    text = component.sentence(pair.need, pair.product, tenths)
    return Points(component.key, component.label, tenths, component.max_tenths, text)
