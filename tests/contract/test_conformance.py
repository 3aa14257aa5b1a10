"""Every pair of the conformance lists gets the verdict of the independent reference."""

import pytest

from matchmaker.domain.terms import Verdict
from matchmaker.scoring.bulk import BulkIndex, match, pair_blocks
from matchmaker.scoring.criteria import KEYS
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


def keys_of(bits: int) -> str:
    return ";".join(key for place, key in enumerate(KEYS) if bits >> place & 1)


def test_every_pair_agrees_in_bulk(lists: Pairs, expected: dict[tuple[str, str], Row]) -> None:
    index = BulkIndex(lists[1])
    ranked = match(lists[0], index, top_k=len(lists[0]))
    verdicts = list(Verdict)
    found = {}
    for block in pair_blocks(lists[0], index):
        for i, need in enumerate(ranked.needs[block.start : block.stop]):
            for j, product in enumerate(ranked.products):
                found[need.facts.need_no, product.code] = (
                    verdicts[block.verdict[i, j]].value,
                    keys_of(int(block.failed[i, j])),
                    keys_of(int(block.unknown[i, j])),
                )
    assert found == {pair: (row["verdict"], row["failed"], row["unknown"]) for pair, row in expected.items()}
    eligible = [pair for pair, row in expected.items() if row["verdict"] == "eligible"]
    kept = zip(ranked.need.tolist(), ranked.product.tolist(), strict=True)
    assert [(ranked.needs[i].facts.need_no, ranked.products[j].code) for i, j in kept] == sorted(eligible)
