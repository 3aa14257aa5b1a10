"""Every pair of the conformance lists gets the verdict of the independent reference."""

import pytest

from matchmaker.scoring.prepared import NeedOn, ProductOn, in_market, prepare_need, prepare_product
from matchmaker.scoring.verdict import judge, verdict_of
from tests.contract.conformance_lists import LISTS, ON, Row, needs, products, reference, rows

PAIRS = 10_920

Pairs = tuple[list[NeedOn], list[ProductOn]]


@pytest.fixture(scope="module")
def expected() -> dict[tuple[str, str], Row]:
    return {(row["need_no"], row["product_code"]): row for row in rows(LISTS / "expected.csv")}


@pytest.fixture(scope="module")
def lists() -> Pairs:
    tables = reference()
    offered = [prepare_product(product, ON, tables) for product in products() if in_market(product, ON)]
    return [prepare_need(need, ON, tables) for need in needs()], offered


def test_every_pair_of_the_lists_agrees_with_the_reference(lists: Pairs, expected: dict[tuple[str, str], Row]) -> None:
    found = {}
    for need in lists[0]:
        for product in lists[1]:
            judged = judge(need, product)
            assert verdict_of(need, product) is judged.verdict
            found[need.facts.need_no, product.code] = (
                judged.verdict.value,
                ";".join(judged.failed),
                ";".join(judged.unknown),
            )
    assert len(found) == PAIRS
    assert found == {pair: (row["verdict"], row["failed"], row["unknown"]) for pair, row in expected.items()}
