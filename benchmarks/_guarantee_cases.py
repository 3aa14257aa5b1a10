"""Guarantors, their customers, and one attempt at a guarantee, for :mod:`benchmarks.guarantee_contention`."""

import random
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.guarantee.cases.deciding import approve
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.ledger.capacity import OverLimitError
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.guarantee.ledger.services import reserve_capacity
from matchmaker.lists.defaults import load_defaults
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import code_of, put
from tests.support.consenting import need_no
from tests.support.covering import AT, BOOKER, ON, WAN, case, grade, scheme
from tests.support.guaranteeing import Play, approver, guaranteed_city

MEAN_WAN = 110
"""Mean guaranteed amount of a reservation in 10,000 CNY: 80 % of 50 to 225."""
WHOLE_WAN = 240
"""Guaranteed amount of a case that goes the whole way: 80 % of 300."""
FIRMS = 2000
"""Customers of the pools."""


class Tried(NamedTuple):
    """One attempt. ``limits``: the keys of those that refused it; ``last``: seconds of the approval alone."""

    accepted: bool
    refusal: str = ""
    limits: tuple[str, ...] = ()
    last: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured. ``full``: about which part of the attempts the pools have room for."""

    attempts: int
    full: float
    pools: int
    groups: int
    way: str

    @property
    def whole(self) -> bool:
        """Cases by the services, not reservations in the ledger alone."""
        return self.way != "reserve"

    @property
    def cap_wan(self) -> int:
        """Of each pool; where approvals alone are timed, every case that was made has room."""
        full = 1 if self.way == "approve" else self.full
        return int(self.attempts * full * (WHOLE_WAN if self.whole else MEAN_WAN) / self.pools)

    @property
    def assets_wan(self) -> int:
        """Net assets of each guarantor: where customers are related, what holds all of them back now and then."""
        if self.whole:
            return 1_000_000
        return max(self.cap_wan // 2, 1_000) if self.groups else max(self.cap_wan, 10_000)

    @property
    def city_wan(self) -> int:
        """What a group may have with all guarantors together: nine tenths of what it may have with each."""
        return self.assets_wan * self.pools * 9 * 15 // 1000

    def attempt(self) -> Any:
        """What each thread calls, with a database, the number of the attempt and its chances."""
        ways = {"whole": whole_way, "approve": approve_only}
        return ways.get(self.way) or partial(reserve, pools=self.pools, groups=self.groups)


def settings_of(url: str) -> Settings:
    """Of whoever takes the steps of a case."""
    return Settings(instance=Path(gettempdir()), secret_key=SECRET, database_url=url)


def fill(database: Database, plan: Plan) -> None:
    """The registers, and for the whole way an enterprise with a need and a rating for every attempt."""
    if plan.whole:
        capped = {"cap_wan": str(plan.cap_wan)}
        guaranteed_city(database, Path(gettempdir()), firms=plan.attempts, schemes=capped, assets=plan.assets_wan)
        return
    with database.writing(SYSTEM) as session:
        load_defaults(session, now=AT)
        _pools(session, plan)


def _pools(session: Session, plan: Plan) -> None:
    numbers = range(1, plan.pools + 1)
    put(session, "organisations", {"org_code": "B1", "kind": "BANK", "name": "甲银行"},
        *({"org_code": f"G{n}", "kind": "GUARANTOR", "name": f"G{n}担保"} for n in numbers), now=AT)  # fmt: skip
    facts = {"kind": "COMPANY", "net_assets_wan": plan.assets_wan, "net_assets_on": "2026-09-30", "mainly_small": "否"}
    put(session, "guarantors", *({"org_code": f"G{n}", **facts} for n in numbers))
    put(session, "guarantee-limits", {"limit_no": "P-2", "value_pct": "0%"})
    put(session, "schemes", *(scheme(f"S{n}", f"G{n}", cap_wan=str(plan.cap_wan)) for n in numbers))
    put(session, "scheme-grades", *(grade(f"S{n}") for n in numbers))
    if plan.groups:
        city = {"limit_no": "C-1", "kind": "CITY_GROUP", "limit_class": "POLICY", "amount_wan": plan.city_wan}
        put(session, "guarantee-limits", city | {"source": "测试"})
        put(session, "related-groups", *({"group_code": group_of(n, plan.groups), "uscc": code_of(n)}
                                         for n in range(1, FIRMS + 1)))  # fmt: skip


def group_of(firm: int, groups: int) -> str:
    """Customers are shared out over the groups, so that each group is with every guarantor."""
    return f"R{firm % groups:04d}"


def reserve(database: Database, number: int, chance: random.Random, *, pools: int, groups: int) -> Tried:
    """Reserve for any customer at any pool, with the event of the audit; refused in a sentence."""
    firm = 1 + chance.randrange(FIRMS)
    related = {"groups": (group_of(firm, groups),)} if groups else {}
    covered = case(number, chance.randrange(50, 226), firm=firm, org=1 + chance.randrange(pools), **related)
    begun = time.monotonic()
    try:
        with database.writing(SYSTEM) as session:
            reserve_capacity(session, covered, on=ON, actor=BOOKER, now=AT)
            subject = f"guarantee:{covered.guarantee_no}"
            record_event(session, actor=BOOKER, action="guarantee.approve", subject=subject, now=AT)
    except OverLimitError as error:
        return _refused(error)
    return Tried(True, last=time.monotonic() - begun)


def whole_way(database: Database, number: int, chance: random.Random) -> Tried:
    """Applied for by the enterprise, reviewed by one person and approved by another: three transactions."""
    prepared = prepare(database, number, chance)
    return approve_only(database, number, chance) if prepared.accepted else prepared


def prepare(database: Database, number: int, _chance: random.Random) -> Tried:
    """Applied for by the enterprise and reviewed by one person."""
    play = Play(database, settings_of(database.url), number=number + 1)
    try:
        play.apply()
        play.review()
    except OverLimitError as error:
        return _refused(error)
    return Tried(True)


def approve_only(database: Database, number: int, _chance: random.Random) -> Tried:
    """Approved by another person: article 17, groups, consents, opinion and all limits are asked anew."""
    begun = time.monotonic()
    try:
        with database.writing(approver()) as session:
            mine = select(Guarantee.public_id).where(Guarantee.need_no == need_no(number + 1))
            found = session.scalars(mine).one()
            approve(session, actor=approver(), public_id=found, settings=settings_of(database.url), now=AT)
    except OverLimitError as error:
        return _refused(error)
    return Tried(True, last=time.monotonic() - begun)


def _refused(error: OverLimitError) -> Tried:
    return Tried(False, error.say("en"), tuple(one.key for one in error.effect.broken))


def over_commit(session: Session, plan: Plan) -> int:
    """By how much a pool, a customer, a group or a group in the whole city ended above its limit, in fen."""
    rows = session.scalars(select(GuaranteeBalance)).all()
    pools = [row.reserved_guaranteed - plan.cap_wan * WAN for row in rows if row.scope == "scheme"]
    held: dict[tuple[str | None, str | None], int] = defaultdict(int)
    for row in rows:
        if row.scope == "customer":
            held[row.org_code, row.uscc] += row.reserved_guaranteed
    customers = [fen - plan.assets_wan * WAN // 10 for fen in held.values()]
    return max(*pools, *customers, *_over_groups(held, plan), 0)


def _over_groups(held: dict[tuple[str | None, str | None], int], plan: Plan) -> list[int]:
    if not plan.groups:
        return []
    known = {code_of(n): group_of(n, plan.groups) for n in range(1, FIRMS + 1)}
    within, city = defaultdict[Any, int](int), defaultdict[Any, int](int)
    for (org, uscc), fen in held.items():
        within[org, known[uscc or ""]] += fen
        city[known[uscc or ""]] += fen
    bound = plan.assets_wan * WAN * 15 // 100
    return [fen - bound for fen in within.values()] + [fen - plan.city_wan * WAN for fen in city.values()]
