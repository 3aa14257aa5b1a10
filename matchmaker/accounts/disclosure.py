"""What may be said of an enterprise before it consents: bands instead of values, and never in a group under five.

The one masking function of the product. Whatever goes to a bank (mail, inbox item, page, file) about an enterprise
that has not consented is made of a :class:`Card` and of nothing else.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from matchmaker.domain.money import FEN_PER_WAN, amount_text
from matchmaker.domain.periods import whole_months
from matchmaker.domain.terms import Purpose, Security, Tier
from matchmaker.domain.text import Lang, Text
from matchmaker.scoring.facts import Enterprise, Need

SMALLEST_GROUP = 5
"""No combination of shown features may fit fewer enterprises than this."""

AMOUNT_EDGES = tuple(wan * FEN_PER_WAN for wan in (50, 100, 200, 500, 1_000, 2_000, 3_000, 5_000, 10_000))
REVENUE_EDGES = tuple(wan * FEN_PER_WAN for wan in (500, 2_000, 5_000, 10_000, 40_000))
REVENUE_EDGES_WIDE = tuple(wan * FEN_PER_WAN for wan in (2_000, 40_000))
AGE_EDGES = (1, 2, 5, 10)

_TIERS = (
    Tier.CHAMPION, Tier.LITTLE_GIANT, Tier.SRDI_SME, Tier.INNOVATIVE_SME, Tier.HNTE, Tier.TECH_SME, Tier.ABOVE_SCALE,
)  # fmt: skip
"""Only the highest recognition is shown: several together would single a firm out."""

Band = tuple[int | None, int | None]
"""From (inclusive) and below; None is open."""


def band_of(value: int, edges: tuple[int, ...]) -> Band:
    """The band that holds ``value``; a value on an edge belongs to the higher band."""
    low = max((edge for edge in edges if edge <= value), default=None)
    high = min((edge for edge in edges if edge > value), default=None)
    return low, high


@dataclass(frozen=True, slots=True)
class Traits:
    """The features of an enterprise that a card may show; None: unknown, or left out to keep the group large."""

    chain: str | None = None
    tier: Tier | None = None
    area: str | None = None
    revenue: Band | None = None
    age: Band | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A need as a bank sees it before consent."""

    reference: str
    """What the need is called: its number, or where that names the enterprise, a reference that does not."""
    traits: Traits
    amount: Band
    term_months: int
    purpose: Purpose
    security: tuple[Security, ...]
    withheld: tuple[str, ...]
    """Names of the traits that were known but left out or widened; never stored or shown, for it would tell them."""


class Crowd:
    """What the card of each enterprise may show, so that at least five enterprises have the same card.

    It is not enough that five *fit* a card: where five firms of a group show their district and a sixth shows none,
    the sixth is known. So the groups are made of those who still have no card at each step of the ladder.
    """

    def __init__(self, enterprises: Iterable[Enterprise], on: date) -> None:
        """``enterprises``: all published ones of the city; ``on``: the date for ages and recognitions."""
        self.on = on
        left = [(firm, _all_traits(firm, on)) for firm in enterprises]
        groups: list[_Group] = []
        for rung, step in enumerate(_LADDER):
            alike: dict[Traits, list[_Known]] = defaultdict(list)
            for known in left:
                alike[step(*known)].append(known)
            groups += [_Group(rung, shown, some) for shown, some in alike.items() if len(some) >= SMALLEST_GROUP]
            left = [known for some in alike.values() if len(some) < SMALLEST_GROUP for known in some]
        for known in left:
            _join(known, groups)
        self._shown = {firm.uscc: group.shown for group in groups for firm, _ in group.members}

    def traits(self, enterprise: Enterprise) -> Traits:
        """The most telling traits that may be shown; none for an enterprise that is not in the crowd."""
        return self._shown.get(enterprise.uscc, Traits())


_Known = tuple[Enterprise, "Traits"]


@dataclass(slots=True)
class _Group:
    """Enterprises with the same card. ``rung``: the step of the ladder that made it."""

    rung: int
    shown: Traits
    members: list[_Known]


def _join(known: _Known, groups: list[_Group]) -> None:
    """Someone left over joins the smallest group with which it shares the most; that group gives up the difference."""
    for rung, step in enumerate(_LADDER):
        shown = step(*known)
        near = [group for group in groups if group.rung <= rung and step(*group.members[0]) == shown]
        if near:
            _widen(min(near, key=lambda group: len(group.members)), rung, shown, known)
            return
    if not groups:
        groups.append(_Group(0, Traits(), []))
    smallest = min(groups, key=lambda group: (group.shown != Traits(), len(group.members)))
    _widen(smallest, len(_LADDER), Traits(), known)


def _widen(group: _Group, rung: int, shown: Traits, known: _Known) -> None:
    group.rung, group.shown = rung, shown
    group.members.append(known)


def anonymous_card(need: Need, crowd: Crowd, *, name: str) -> Card:
    """The card of a need: no name, code, address, contact or description, values as bands, groups of five or more.

    ``name``: that of the enterprise, which is only looked for in the need's number (see :func:`need_reference`).
    """
    shown = crowd.traits(need.enterprise)
    everything = _all_traits(need.enterprise, crowd.on)
    return Card(
        reference=need_reference(need.need_no, need.enterprise.uscc, name),
        traits=shown,
        amount=band_of(need.amount_fen, AMOUNT_EDGES),
        term_months=need.term_months,
        purpose=need.purpose,
        security=need.security_offered,
        withheld=tuple(name for name in Traits.__slots__ if getattr(shown, name) != getattr(everything, name)),
    )


def need_reference(need_no: str, uscc: str, name: str) -> str:
    """What a bank reads as the number of a need.

    An operator numbers needs freely, and the number may be made of the enterprise: of its code, of the organisation
    code in it, or of its name, in whatever case, width or punctuation. Such a number becomes ``XQ-`` and the first
    eight hexadecimal digits of its SHA-256, the same for ever. In doubt it is taken for one: two Chinese characters
    in a row that the name has too are enough, for that is how short names are made, or four letters or digits.
    """
    written = _bare(need_no)
    if any(sign in written for sign in _signs(uscc, name)):
        return f"XQ-{hashlib.sha256(need_no.encode()).hexdigest()[:8]}"
    return need_no


def _signs(uscc: str, name: str) -> Iterator[str]:
    """The organisation code without its check digit, which stands in the USCC too, and the pieces of the name."""
    if len(uscc) == USCC_LENGTH:
        yield _bare(uscc)[8:16]
    whole = _bare(name)
    for length, start in product((2, 4), range(len(whole))):
        piece = whole[start : start + length]
        if len(piece) == length and (length == 4 or not any(sign.isascii() for sign in piece)):
            yield piece


USCC_LENGTH = 18


def _bare(text: str) -> str:
    """Letters and digits only, of one case and width."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def card_json(card: Card, names: Mapping[tuple[str, str], Text]) -> dict[str, Any]:
    """The card in sentences of both languages, as items store it: ``firm`` (its traits) and ``wants`` (the need).

    ``names``: (``chain`` | ``area``, code) → name.
    """
    return {
        "need_no": card.reference,
        "firm": [_pair(text) for text in _firm(card.traits, names)],
        "wants": [_pair(text) for text in _wants(card)],
    }


def _all_traits(firm: Enterprise, on: date) -> Traits:
    held = {t.tier for t in firm.tiers if t.held_on(on)}
    age = None if firm.founded_on is None else max(whole_months(firm.founded_on, on), 0) // 12
    return Traits(
        chain=firm.chain_code,
        tier=next((tier for tier in _TIERS if tier in held), None),
        area=firm.area_code,
        revenue=None if firm.revenue_fen is None else band_of(firm.revenue_fen, REVENUE_EDGES),
        age=None if age is None else band_of(age, AGE_EDGES),
    )


def _wide(firm: Enterprise) -> Band | None:
    return None if firm.revenue_fen is None else band_of(firm.revenue_fen, REVENUE_EDGES_WIDE)


Step = Callable[[Enterprise, Traits], Traits]

_LADDER: tuple[Step, ...] = (
    lambda _, t: t,
    lambda _, t: Traits(t.chain, t.tier, None, t.revenue, t.age),
    lambda firm, t: Traits(t.chain, t.tier, None, _wide(firm), t.age),
    lambda firm, t: Traits(t.chain, t.tier, None, _wide(firm), None),
    lambda _, t: Traits(t.chain, t.tier, None, None, None),
    lambda _, t: Traits(t.chain, None, None, None, None),
)
"""What is given up in turn: the district, the narrow band, the age, the band, the recognition."""


def _firm(traits: Traits, names: Mapping[tuple[str, str], Text]) -> list[Text]:
    said = []
    if traits.chain:
        name = names.get(("chain", traits.chain), Text(traits.chain, traits.chain))
        said.append(Text(f"{name.zh}链" if not name.zh.endswith("链") else name.zh, f"{name.en} chain"))
    if traits.tier:
        said.append(traits.tier.label)
    if traits.age:
        said.append(_age_text(traits.age))
    if traits.revenue:
        band = _money_text(traits.revenue)
        said.append(Text(f"营收{'' if band.zh[0] == '不' else ' '}{band.zh}", f"revenue {band.en}"))
    if traits.area:
        said.append(names.get(("area", traits.area), Text(traits.area, traits.area)))
    return said


def _wants(card: Card) -> list[Text]:
    offered = [s.label for s in card.security if s is not Security.NONE]
    if offered:
        security = Text("可提供：" + "、".join(t.zh for t in offered), "offers " + ", ".join(t.en for t in offered))
    elif card.security:
        security = Text("无可提供的担保", "no security to offer")
    else:
        security = Text("担保方式未填写", "security not stated")
    months = "month" if card.term_months == 1 else "months"
    term = Text(f"{card.term_months} 个月", f"{card.term_months} {months}")
    return [_money_text(card.amount), term, card.purpose.label, security]


_BETWEEN: tuple[tuple[Lang, str], ...] = (("zh", "至 "), ("en", " to "))


def _money_text(band: Band) -> Text:
    low, high = band
    if low is None:
        assert high is not None
        return Text(f"不足 {amount_text(high, 'zh')}", f"below {amount_text(high, 'en')}")
    if high is None:
        return Text(f"{amount_text(low, 'zh')}以上", f"{amount_text(low, 'en')} or more")
    zh, en = (f"{amount_text(low, lang)}{to}{amount_text(high, lang)}" for lang, to in _BETWEEN)
    return Text(zh, en)


def _age_text(band: Band) -> Text:
    low, high = band
    if low is None:
        return Text(f"成立不满 {high} 年", f"founded less than {high} year ago")
    if high is None:
        return Text(f"成立 {low} 年以上", f"founded {low} or more years ago")
    return Text(f"成立 {low}–{high} 年", f"founded {low}–{high} years ago")


def _pair(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
