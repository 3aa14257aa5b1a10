"""The card of a need for programmes: what its sentences say, as codes and numbers, and nothing besides."""

from collections.abc import Mapping
from typing import Any

from matchmaker.accounts.disclosure import Band, Card, Traits
from matchmaker.domain.terms import Coded
from matchmaker.domain.text import Text

Names = Mapping[tuple[str, str], Text]


def card_codes(card: Card, names: Names) -> dict[str, Any]:
    """``firm`` (its traits) and ``wants`` (the need), made of the masked card alone; null: unknown or left out.

    A code is ``{code, label}``, the label in both languages; a band is from (inclusive) and below, null where it is
    open: amounts in fen, ages in years. ``names``: (``chain`` | ``area``, code) → name.
    """
    return {
        "firm": _firm(card.traits, names),
        "wants": {
            "amount": _money(card.amount),
            "term_months": card.term_months,
            "purpose": _term(card.purpose),
            "security_offered": [_term(one) for one in card.security],
        },
    }


def _firm(traits: Traits, names: Names) -> dict[str, Any]:
    return {
        "chain": _named("chain", traits.chain, names),
        "tier": traits.tier and _term(traits.tier),
        "area": _named("area", traits.area, names),
        "revenue": traits.revenue and _money(traits.revenue),
        "age_years": traits.age and {"from": traits.age[0], "below": traits.age[1]},
    }


def _term(term: Coded) -> dict[str, Any]:
    return _coded(term.value, term.label)


def _named(kind: str, code: str | None, names: Names) -> dict[str, Any] | None:
    return None if code is None else _coded(code, names.get((kind, code), Text(code, code)))


def _coded(code: str, label: Text) -> dict[str, Any]:
    return {"code": code, "label": {"zh": label.zh, "en": label.en}}


def _money(band: Band) -> dict[str, int | None]:
    return {"from_fen": band[0], "below_fen": band[1]}
