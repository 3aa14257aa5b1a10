"""What a push run sees: the market, the current matching, and what holds an entry back from being pushed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.disclosure import Crowd
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.workdays import Workdays
from matchmaker.lists import models as lists
from matchmaker.lists.validity import is_wanted
from matchmaker.matching.facts import Market, load_market
from matchmaker.matching.models import MatchRun
from matchmaker.matching.queries import rows_of_run
from matchmaker.matching.services import ensure_run
from matchmaker.referrals.opening import unwanted_products
from matchmaker.scoring.facts import Need, Policy, Product
from matchmaker.settings import Settings

BANKS_AT_A_TIME = 3
LAST = date.max


@dataclass(frozen=True)
class Scene:
    """Facts of one planning. ``fresh_*``: confirmed recently enough to be pushed; the verdict does not ask that.

    Nor does it ask whether a need's ``latest_funding_on`` has passed: ``needs`` has only those where it has not.
    """

    settings: Settings
    now: datetime
    on: date
    workdays: Workdays
    market: Market
    run: MatchRun
    needs: Mapping[str, Need]
    products: Mapping[str, Product]
    pairs: Mapping[str, list[Any]]
    """need_no → stored pairs, eligible ones by rank, then the others, fewest open points first."""
    fresh_needs: Mapping[str, tuple[date | None, int | None]]
    """need_no → (submitted_on, banks_at_a_time)."""
    fresh_products: Mapping[str, int | None]
    """product_code → lead_capacity_month."""
    fresh_policies: frozenset[str]
    unwanted: frozenset[tuple[str, str]] = frozenset()
    """(need_no, product_code) of which one side has said no: the enterprise is not told of it again."""
    _memory: dict[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of all windows."""
        return self.settings.zone

    @cached_property
    def crowd(self) -> Crowd:
        """All published enterprises, for the rule of five."""
        return Crowd(self.market.enterprises.values(), self.on)

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """Policies in force and fresh."""
        return tuple(p for p in self.market.policies if p.policy_no in self.fresh_policies)

    def oldest_first(self) -> list[str]:
        """Fresh needs in the market by submission date (blank last), then number."""
        found = [no for no in self.fresh_needs if no in self.needs]
        return sorted(found, key=lambda no: (self.fresh_needs[no][0] or LAST, no))

    def banks_at_a_time(self, need_no: str) -> int:
        """With how many banks a need is at once."""
        return self.fresh_needs[need_no][1] or BANKS_AT_A_TIME

    def capacity(self, product_code: str) -> int:
        """Leads a month of a fresh product."""
        own = self.fresh_products[product_code]
        return self.settings.lead_capacity_default if own is None else own


def load_scene(session: Session, *, settings: Settings, now: datetime, workdays: Workdays) -> Scene:
    """The scene on the local day of ``now``; the matching is made (and stored) where the current one is out of date."""
    on = now.astimezone(settings.zone).date()
    run = ensure_run(session, on=on, now=now, top_k=settings.top_k, origin="push")
    market = load_market(session, on)
    limit = now - timedelta(days=settings.stale_days)

    def fresh(model: Any, key: Any, *columns: Any) -> Any:
        known = (model.status == EntryStatus.PUBLISHED) & (model.confirmed_at >= limit)
        return session.execute(select(key, *columns).where(known))

    need, product, policy = lists.Need, lists.Product, lists.Policy
    found_needs = {n.need_no: n for n in market.needs if is_wanted(n, on)}
    found_products = {p.product_code: p for p in market.products}
    return Scene(
        settings=settings,
        now=now,
        on=on,
        workdays=workdays,
        market=market,
        run=run,
        needs=found_needs,
        products=found_products,
        pairs=_pairs(session, run.id),
        fresh_needs={no: (day, banks) for no, day, banks in fresh(need, need.need_no, need.submitted_on,
                                                                  need.banks_at_a_time)},
        fresh_products={code: capacity
                        for code, capacity in fresh(product, product.product_code, product.lead_capacity_month)
                        if code in found_products},
        fresh_policies=frozenset(no for (no,) in fresh(policy, policy.policy_no)),
        unwanted=unwanted_products(session),
    )  # fmt: skip


def _pairs(session: Session, run_id: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for stored in rows_of_run(session, run_id):
        found[stored.need_no].append(stored)
    for some in found.values():
        some.sort(key=_order)
    return dict(found)


def _order(stored: Any) -> tuple[Any, ...]:
    points = len([key for key in f"{stored.failed};{stored.unknown}".split(";") if key])
    return (
        stored.rank_for_need is None,
        stored.rank_for_need or 0,
        -(stored.score_tenths or 0),
        points,
        (stored.product_code),
    )
