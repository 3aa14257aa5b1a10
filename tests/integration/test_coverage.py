"""Coverage and funnel on both databases: what the conditions count is what a plain look at the entries counts."""

from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.terms import EntryStatus, ProductType, Role, Security, Side
from matchmaker.lists.models import Chain, Enterprise, Need, Product
from matchmaker.matching.services import run_matching
from matchmaker.push.funnel import STAGES, in_week, load_funnel, weeks_of
from matchmaker.reports.coverage import CALLED_FOR, load_coverage
from tests.contract.conformance_lists import ON

SHANGHAI = ZoneInfo("Asia/Shanghai")
ANALYST = Actor("person:a", Side.BUREAU, orgs=("J1",), roles=frozenset({Role.ANALYST}))


@pytest.fixture
def database(conformance_url: str) -> Database:
    return Database(conformance_url)


def test_cells_count_what_stands_in_the_lists(database: Database) -> None:
    with database.reading(ANALYST) as session:
        chains = [*session.scalars(select(Chain.chain_code)), None]
        found = load_coverage(session, chains, ON)
        chain_of = dict(session.execute(select(Enterprise.uscc, Enterprise.chain_code)).all())
        needs = [n for n in session.scalars(select(Need)) if is_open(n)]
        products = [p for p in session.scalars(select(Product)) if in_force(p)]
    for chain in chains:
        mine = [need for need in needs if chain_of[need.uscc] == chain]
        assert found.by_chain[chain].needs == len(mine)
        assert found.by_chain[chain].amount_fen == sum(need.amount_fen for need in mine)
        assert found.by_chain[chain].enterprises == len({need.uscc for need in mine})
        pledging = [need for need in mine if Security.IP_PLEDGE in need.security_offered]
        cell = found.cells[chain, ProductType.IP_PLEDGE_LOAN]
        assert cell.group.needs == len(pledging)
        assert cell.is_gap == (bool(pledging) and not cell.products)
        for kind in CALLED_FOR:
            open_to = [p for p in products if p.product_type is kind and (not p.chains or chain in p.chains)]
            assert found.cells[chain, kind].products == len(open_to)
    assert sum(group.needs for group in found.by_chain.values()) == len(needs) > 100


def is_open(need: Need) -> bool:
    return need.status is EntryStatus.PUBLISHED and (need.latest_funding_on is None or need.latest_funding_on >= ON)


def in_force(product: Product) -> bool:
    started = product.valid_from is None or product.valid_from <= ON
    return product.status is EntryStatus.PUBLISHED and started and (product.valid_to is None or product.valid_to >= ON)


def test_weeks_part_the_needs_and_stages_only_narrow(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        run_id = run_matching(session, on=ON, now=datetime(2026, 11, 30, tzinfo=UTC), top_k=5).id
    with database.reading(ANALYST) as session:
        chains = [*session.scalars(select(Chain.chain_code)), None]
        weeks = weeks_of(session, SHANGHAI)
        whole = load_funnel(session, chains, run_id, None)
        parts: Counter[tuple[str | None, int]] = Counter()
        for week in weeks:
            for chain, passage in load_funnel(session, chains, run_id, in_week(week, SHANGHAI)).items():
                parts.update({(chain, place): n for place, n in enumerate(passage.needs)})
    assert all(isinstance(week, date) and week.weekday() == 0 for week in weeks)
    for chain, passage in whole.items():
        assert list(passage.needs) == sorted(passage.needs, reverse=True)
        assert [parts[chain, place] for place in range(len(STAGES))] == list(passage.needs)
    assert sum(passage.needs[1] for passage in whole.values()) > 20
