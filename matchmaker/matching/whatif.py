"""What a change of a product would gain and lose, judged by the engine itself on all open needs before it is saved.

The needs of the city are the bank's competitors' customers too: what is handed out is counts and sums, so this is one
of the gates that may look across tenants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.matching.compute import ELIGIBLE, prepared_needs
from matchmaker.matching.facts import Market, load_needs, product_of
from matchmaker.scoring.bulk import BulkIndex, pair_blocks
from matchmaker.scoring.facts import Product
from matchmaker.scoring.prepared import NeedOn, in_market, prepare_product

LEAST = 5
"""Groups with fewer are told as fewer than this, without their sum (k-anonymity, PRODUCT.md section 5)."""
ROUNDED_FEN = 100 * FEN_PER_WAN


@dataclass(frozen=True, slots=True)
class Group:
    """Some needs: how many (None: fewer than ``LEAST``), and their sum to the nearest 100 万元 (None where unsaid)."""

    needs: int | None
    amount_fen: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """The open needs that would newly fit a product, and those that would no longer."""

    gained: Group
    lost: Group


def effect_of(session: Session, *, before: Mapping[str, Any] | None, after: Mapping[str, Any], on: date) -> Effect:
    """What fits on a day with the values ``after`` instead of ``before`` (None: the product is not published now).

    ``before``, ``after``: attribute → value of a product. Totals are not told: with them, small groups could be worked
    out by subtraction.
    """
    with cast(ScopedSession, session).elevated():
        market = load_needs(session, on)
    needs = prepared_needs(market)
    old = _fitting(market, needs, None if before is None else product_of(before))
    new = _fitting(market, needs, product_of(after))
    amounts = np.array([need.amount_fen for need in market.needs], dtype=np.int64)
    return Effect(_group(amounts, new & ~old), _group(amounts, old & ~new))


def _fitting(market: Market, needs: list[NeedOn], product: Product | None) -> NDArray[np.bool_]:
    """Which of the market's needs a product fits."""
    if product is None or not needs or not in_market(product, market.on):
        return np.zeros(len(needs), dtype=np.bool_)
    index = BulkIndex([prepare_product(product, market.on, market.reference)])
    return np.concatenate([block.verdict[:, 0] == ELIGIBLE for block in pair_blocks(needs, index)])


def _group(amounts: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Group:
    count = int(chosen.sum())
    if 0 < count < LEAST:
        return Group(None, None)
    return Group(count, round(int(amounts[chosen].sum()) / ROUNDED_FEN) * ROUNDED_FEN)
