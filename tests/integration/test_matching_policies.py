"""Policies beside a match: which apply, which may, and what of them the cost counts."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Verdict
from matchmaker.matching.explanations import explain, explain_in
from matchmaker.matching.facts import Market, load_market
from matchmaker.matching.policies import of_verdict, policies_for, policies_for_enterprise
from tests.support.stock import ON, put

SUBSIDY: dict[str, Any] = {
    "level": "MUNICIPAL",
    "instrument": "INTEREST_SUBSIDY",
    "benefit_rate_pct": "30",
    "benefit_base": "INTEREST_PAID",
}


@pytest.fixture
def database(conformance_url: str) -> Iterator[Database]:
    """The conformance lists and five policies."""
    filled = Database(conformance_url)
    put(filled, "policies", policy_no="Z1", title="人人可享", **SUBSIDY)
    put(filled, "policies", policy_no="Z2", title="另有条件", conditions="设备投资不低于 500 万元", **SUBSIDY)
    put(filled, "policies", policy_no="Z3", title="已到期", valid_to="2026-11-29", **SUBSIDY)
    put(filled, "policies", policy_no="Z4", title="下月生效", valid_from="2026-12-01", **SUBSIDY)
    put(filled, "policies", policy_no="Z5", title="限首贷用途", purposes="RND", **SUBSIDY)
    yield filled
    filled.dispose()


@pytest.fixture
def market(database: Database) -> Market:
    """The market on the day of the conformance lists."""
    with database.reading(SYSTEM) as session:
        return load_market(session, ON)


def test_only_policies_in_force_are_judged(market: Market) -> None:
    need = next(need for need in market.needs if need.purpose == "RND")
    found = {policy.policy_no: verdict for policy, verdict in policies_for(market, need)}
    assert found == {"Z1": Verdict.ELIGIBLE, "Z2": Verdict.NEEDS_INFORMATION, "Z5": Verdict.ELIGIBLE}


def test_what_is_asked_of_a_need_is_unknown_without_one(market: Market) -> None:
    enterprise = market.needs[0].enterprise
    judged = policies_for_enterprise(market, enterprise)
    assert {policy.policy_no for policy in of_verdict(judged, Verdict.NEEDS_INFORMATION)} == {"Z2", "Z5"}


def test_the_cost_counts_sure_subsidies_and_lists_possible_ones(market: Market) -> None:
    need = next(need for need in market.needs if need.purpose != "RND")
    product = next(product for product in market.products if product.asks.rate_min and product.rate_max)
    cost = explain_in(market, need, product, "zh")["cost"]
    assert list(cost) == ["at_lowest", "at_highest"]
    for side in cost.values():
        assert side["policy"] == {"policy_no": "Z1", "title": "人人可享"}
        interest, paid = Decimal(side["interest"]), Decimal(side["subsidy"])
        assert abs(paid - interest * Decimal("0.3")) < Decimal("0.02")
        assert side["possible_policies"] == [
            {
                "policy_no": "Z2",
                "title": "另有条件",
                "subsidy": side["subsidy"],
                "conditions": "设备投资不低于 500 万元",
            }
        ]


def test_one_pair_alone_is_told_the_same(database: Database, market: Market) -> None:
    with database.reading(SYSTEM) as session:
        for need, product in zip(market.needs[::60], market.products[::15], strict=False):
            alone = explain(session, need.need_no, product.product_code, ON, "en")
            assert alone == explain_in(market, need, product, "en")
