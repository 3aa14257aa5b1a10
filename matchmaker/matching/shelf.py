"""What is judged again and again, kept ready in the process until a list changes or the day does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.matching.facts import Market, load_enterprises, load_offer, newest_version, with_enterprise
from matchmaker.scoring.facts import Reference
from matchmaker.scoring.prepared import NeedOn, ProductOn, prepare_enterprise, prepare_product


@dataclass(frozen=True, slots=True)
class Offer:
    """Products ready for the day, and the market they are in, without needs."""

    market: Market
    products: Sequence[ProductOn]

    def to(self, session: Session, uscc: str) -> Market:
        """The market with one enterprise's needs, as the session sees them."""
        return with_enterprise(session, self.market, uscc)


class Shelf:
    """Keeps one offer: published products, policies and registers are the same whoever looks for finance."""

    def __init__(self) -> None:
        self._kept: Offer | None = None

    def offer(self, session: Session, on: date) -> Offer:
        """The offer of a day with the lists as they stand; read anew once anything in a list has changed."""
        version, kept = newest_version(session), self._kept
        if kept is None or (kept.market.version_id, kept.market.on) != (version, on):
            market = replace(load_offer(session, on), version_id=version)
            products = [prepare_product(product, on, market.reference) for product in market.products]
            kept = self._kept = Offer(market, products)
        return kept


@dataclass(frozen=True, slots=True)
class Crowd:
    """Every published enterprise ready for a day, with what judging it needs. For those who see all of them."""

    version_id: int
    on: date
    enterprises: Sequence[NeedOn]
    reference: Reference


class CrowdShelf:
    """Keeps one crowd: while a policy is being written its conditions are judged anew with each word typed."""

    def __init__(self) -> None:
        self._kept: Crowd | None = None

    def crowd(self, session: Session, on: date) -> Crowd:
        """The enterprises of a day as they stand; read anew once anything in a list has changed."""
        version, kept = newest_version(session), self._kept
        if kept is None or (kept.version_id, kept.on) != (version, on):
            found, reference = load_enterprises(session)
            ready = [prepare_enterprise(one, on, reference) for one in found.values()]
            kept = self._kept = Crowd(version, on, ready, reference)
        return kept
