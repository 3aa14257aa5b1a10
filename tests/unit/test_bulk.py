"""Bulk matching says, pair by pair, exactly what the scalar path says."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.domain.terms import ProductType, Purpose, Result, TaxGrade, Verdict
from matchmaker.domain.text import Text
from matchmaker.scoring import bitmaps, verdict
from matchmaker.scoring.bulk import BulkIndex, match, pair_blocks
from matchmaker.scoring.criteria import CRITERIA, Criterion
from matchmaker.scoring.facts import Asks, Enterprise, Need, Product, Reference
from matchmaker.scoring.kinds import AtMost
from matchmaker.scoring.prepared import NeedOn, ProductOn, prepare_enterprise, prepare_need, prepare_product
from matchmaker.scoring.score import score
from matchmaker.scoring.sentences import AMOUNT_SAYS
from matchmaker.scoring.verdict import judge
from tests.support.scoring_lists import ON, REFERENCES, lists_of, needs, products, references

FAIL, UNKNOWN = Result.FAIL, Result.UNKNOWN
VERDICTS = list(Verdict)
LISTS = {
    "asked": lists_of(needs, 6),
    "offered": lists_of(products, 6),
    "reference": references,
    "block_pairs": st.sampled_from([1, 7, 1 << 22]),
}
Lists = tuple[list[NeedOn], list[ProductOn]]


def prepared(asked: Sequence[Need], offered: Sequence[Product], reference: Reference) -> Lists:
    return (
        [prepare_need(need, ON, reference) for need in asked],
        [prepare_product(product, ON, reference) for product in offered],
    )


def by_keys(lists: Lists) -> Lists:
    """Both lists in the order of the result."""
    return sorted(lists[0], key=lambda need: need.facts.need_no), sorted(lists[1], key=lambda product: product.code)


def scalar_scores(lists: Lists) -> dict[tuple[int, int], int]:
    """Score of every eligible pair by the scalar path."""
    return {
        (i, j): score(need, product)
        for i, need in enumerate(lists[0])
        for j, product in enumerate(lists[1])
        if judge(need, product).verdict is Verdict.ELIGIBLE
    }


def ranks(scores: dict[tuple[int, int], int], side: int) -> dict[tuple[int, int], int]:
    """Rank of every eligible pair on one side: by score, ties by the key of the other side."""
    order = sorted(scores, key=lambda pair: (pair[side], -scores[pair], pair[1 - side]))
    found: dict[tuple[int, int], int] = {}
    for pair in order:
        found[pair] = 1 + sum(1 for other in found if other[side] == pair[side])
    return found


def bits(results: tuple[Result, ...], wanted: Result) -> int:
    return sum(1 << place for place, result in enumerate(results) if result is wanted)


@settings(max_examples=150, deadline=None)
@given(**LISTS)
def test_every_pair_is_the_same_as_on_the_scalar_path(asked, offered, reference, block_pairs):
    lists = prepared(asked, offered, reference)
    index = BulkIndex(lists[1])
    in_order = by_keys(lists)
    scores = scalar_scores(in_order)
    for_need, for_product = ranks(scores, 0), ranks(scores, 1)
    seen = 0
    for block in pair_blocks(lists[0], index, block_pairs):
        for i in range(block.start, block.stop):
            for j, product in enumerate(in_order[1]):
                judged = judge(in_order[0][i], product)
                at = (i - block.start, j)
                assert VERDICTS[block.verdict[at]] is judged.verdict
                assert block.failed[at] == bits(judged.results, Result.FAIL)
                assert block.unknown[at] == bits(judged.results, Result.UNKNOWN)
                assert block.tenths[at] == scores.get((i, j), -1)
                assert block.rank_for_need[at] == for_need.get((i, j), 0)
                assert block.rank_for_product[at] == for_product.get((i, j), 0)
                seen += 1
    assert seen == len(asked) * len(offered)


@settings(max_examples=150, deadline=None)
@given(top_k=st.sampled_from([0, 1, 2, 20]), **LISTS)
def test_both_top_k_and_counts_are_those_of_the_scalar_path(asked, offered, reference, block_pairs, top_k):
    lists = prepared(asked, offered, reference)
    found = match(lists[0], BulkIndex(lists[1]), top_k, block_pairs=block_pairs)
    in_order = by_keys(lists)
    assert (list(found.needs), list(found.products)) == in_order
    scores = scalar_scores(in_order)
    for_need, for_product = ranks(scores, 0), ranks(scores, 1)
    expected = [
        (i, j, scores[i, j], for_need[i, j], for_product[i, j])
        for i, j in sorted(scores)
        if min(for_need[i, j], for_product[i, j]) <= top_k
    ]
    columns = (found.need, found.product, found.tenths, found.rank_for_need, found.rank_for_product)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected
    for need, counts in zip(in_order[0], found.counts.tolist(), strict=True):
        verdicts = [judge(need, product).verdict for product in in_order[1]]
        assert counts == [verdicts.count(verdict) for verdict in Verdict]


FOLLOWED = (Verdict.NEAR, Verdict.NEEDS_INFORMATION)


@settings(max_examples=150, deadline=None)
@given(most=st.sampled_from([0, 1, 2, 20]), **LISTS)
def test_followed_pairs_have_the_fewest_open_points(asked, offered, reference, block_pairs, most):
    lists = prepared(asked, offered, reference)
    found = match(lists[0], BulkIndex(lists[1]), block_pairs=block_pairs, follow=most).followed
    expected = []
    in_order = by_keys(lists)
    for i, need in enumerate(in_order[0]):
        judged = [judge(need, product) for product in in_order[1]]
        for kind in FOLLOWED:
            open_points = sorted(
                (len(one.failed) + len(one.unknown), j) for j, one in enumerate(judged) if one.verdict is kind
            )
            expected += [
                (i, j, VERDICTS.index(kind), bits(judged[j].results, FAIL), bits(judged[j].results, UNKNOWN))
                for _, j in open_points[:most]
            ]
    columns = (found.need, found.product, found.verdict, found.failed, found.unknown)
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == sorted(expected)


def test_needs_with_few_small_gaps_are_followed_into_the_wide_ones():
    """More facts missing than the bitmaps count apart: told by how many are missing, not by the product's place."""
    company = Enterprise(uscc="91371002MA00000000")
    wide = Asks(industries=("35",), areas=("371002",), tax_grades=(TaxGrade.A,), min_age_months=12)
    offered = [
        Product("P1", "示例银行", "流贷", ProductType.OTHER, asks=replace(wide, first_loan_only=True)),
        Product("P2", "示例银行", "流贷", ProductType.OTHER, asks=wide),
        Product("P3", "示例银行", "流贷", ProductType.OTHER, asks=Asks(areas=("371002",))),
    ]
    lists = prepared([Need("XQ-1", company, 1000, 12, Purpose.ORDER)], offered, REFERENCES[0])
    followed = [match(lists[0], BulkIndex(lists[1]), follow=most).followed.product.tolist() for most in (1, 2, 3)]
    assert followed == [[2], [2, 1], [2, 1, 0]]


SEVENTEENTH = Criterion(
    "again",
    Text("融资金额", "Amount"),
    AMOUNT_SAYS,
    AtMost("amount_fen", "amount_max_fen"),
    "fen",
    moves=("change_amount",),
)


@settings(max_examples=60, deadline=None)
@given(**LISTS)
def test_a_seventeenth_criterion_is_not_lost(asked, offered, reference, block_pairs):
    more = (*CRITERIA, SEVENTEENTH)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bitmaps, "CRITERIA", more)
        patched.setattr(verdict, "CRITERIA", more)
        lists = prepared(asked, offered, reference)
        index, in_order = BulkIndex(lists[1]), by_keys(lists)
        found = match(lists[0], index, block_pairs=block_pairs, follow=20)
        blocks = list(pair_blocks(lists[0], index, block_pairs))
        followed = {
            (i, j): (failed, unknown)
            for i, j, failed, unknown in zip(
                found.followed.need.tolist(),
                found.followed.product.tolist(),
                found.followed.failed.tolist(),
                found.followed.unknown.tolist(),
                strict=True,
            )
        }
        for block in blocks:
            for i in range(block.start, block.stop):
                for j, product in enumerate(in_order[1]):
                    judged = judge(in_order[0][i], product)
                    assert len(judged.results) == 17
                    both = bits(judged.results, FAIL), bits(judged.results, UNKNOWN)
                    at = (i - block.start, j)
                    assert VERDICTS[block.verdict[at]] is judged.verdict
                    assert (block.failed[at], block.unknown[at]) == both
                    if judged.verdict in FOLLOWED:
                        assert followed[i, j] == both


def test_the_catalogue_fits_into_the_bits_and_one_that_does_not_is_refused(monkeypatch):
    assert len(CRITERIA) <= bitmaps.MOST_CRITERIA
    monkeypatch.setattr(bitmaps, "CRITERIA", CRITERIA * 3)
    with pytest.raises(AssertionError, match="48"):
        BulkIndex([])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), **LISTS)
def test_a_score_does_not_depend_on_other_entries(data, asked, offered, reference, block_pairs):
    def scores(lists: Lists) -> dict[tuple[str, str], int]:
        found = match(lists[0], BulkIndex(lists[1]), 100, block_pairs=block_pairs)
        return {
            (found.needs[i].facts.need_no, found.products[j].code): tenths
            for i, j, tenths in zip(found.need.tolist(), found.product.tolist(), found.tenths.tolist(), strict=True)
        }

    needs_on, products_on = prepared(asked, offered, reference)
    fewer_needs = [need for need in needs_on if data.draw(st.booleans())]
    fewer_products = [product for product in products_on if data.draw(st.booleans())]
    everything = scores((needs_on, products_on))
    kept_needs = {need.facts.need_no for need in fewer_needs}
    kept_products = {product.code for product in fewer_products}
    assert scores((fewer_needs, fewer_products)) == {
        pair: tenths for pair, tenths in everything.items() if pair[0] in kept_needs and pair[1] in kept_products
    }


def many(count: int) -> Lists:
    """Lists wider than one word of a bitmap, everything eligible, with many equal scores."""
    company = Enterprise(uscc="91371002MA00000000")
    asked = [Need(f"XQ-{n:03d}", company, 1000 + n % 3, 12, Purpose.ORDER) for n in range(count)]
    offered = [Product(f"P{n:03d}", "示例银行", "流贷", ProductType.OTHER, decision_days=n % 4) for n in range(count)]
    return prepared(asked, offered, REFERENCES[0])


def test_more_products_than_a_word_has_bits_and_ranks_by_ties():
    lists = many(130)
    found = match(lists[0], BulkIndex(lists[1]), 5, block_pairs=1000)
    assert found.counts[:, 0].tolist() == [130] * 130
    first = np.flatnonzero((found.need == 0) & (found.rank_for_need <= 5))
    assert found.product[first].tolist() == [0, 1, 4, 5, 8]


def test_progress_is_told_after_each_block_and_may_cancel():
    lists = many(10)
    told = []
    match(lists[0], BulkIndex(lists[1]), progress=lambda done, total: told.append((done, total)), block_pairs=40)
    assert told == [(4, 10), (8, 10), (10, 10)]
    told.clear()
    for _ in pair_blocks(lists[0], BulkIndex(lists[1]), 40, lambda done, total: told.append((done, total))):
        pass
    assert told == [(4, 10), (8, 10), (10, 10)]

    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        match(lists[0], BulkIndex(lists[1]), progress=cancel)


def test_an_enterprise_without_a_need_cannot_be_matched_in_bulk():
    lonely = prepare_enterprise(Enterprise(uscc="91371002MA00000000"), ON, REFERENCES[0])
    with pytest.raises(ValueError, match="without a need"):
        match([lonely], BulkIndex([]))
