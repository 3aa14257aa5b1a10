"""The scorecard: what it may look at, how its points add up, what it says, and that it comes back as it was."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.card import (
    DOUBLING_POINTS,
    EVEN_POINTS,
    chance_of_failing,
    place,
    score,
)
from matchmaker.scoring.scorecard.explaining import bin_text, explain
from matchmaker.scoring.scorecard.fitting import Case, fit
from matchmaker.scoring.scorecard.measures import calibration, ece, quality
from matchmaker.scoring.scorecard.stored import checksum, from_json, to_json, version
from tests.support.cards import FEATURES, PLAN, card_of, closed_cases

SEEDS = st.integers(0, 5)
few = settings(max_examples=12)

VALUES = {
    "age": st.none() | st.floats(-1e12, 1e12),
    "debt": st.none() | st.floats(-1e12, 1e12),
    "staff": st.none() | st.floats(-1e12, 1e12),
    "grade": st.none() | st.sampled_from("ABMCD"),
    "trade": st.none() | st.sampled_from(["A", "B", "never seen", "", "rare7"]),
}
ROWS = st.fixed_dictionaries(VALUES)


@few
@given(seed=SEEDS, row=ROWS)
def test_points_add_up_to_the_score_and_each_is_its_bins(seed, row):
    card = card_of(seed)
    told = explain(card, row)
    assert told.score == score(card, row) == told.base_points + sum(line.points for line in told.lines)
    assert [line.key for line in told.lines] == [feature.key for feature in card.features]
    assert all(line.points <= line.most_points for line in told.lines)
    assert told.chance == chance_of_failing(told.score)
    assert str(told.score) in told.text.zh and str(told.base_points) in told.text.en


@few
@given(seed=SEEDS, key=st.sampled_from(["age", "debt"]), row=ROWS, pair=st.tuples(*[st.floats(-1e15, 1e15)] * 2))
def test_a_monotone_number_never_turns(seed, key, row, pair):
    card, (less, more) = card_of(seed), sorted(pair)
    low, high = score(card, {**row, key: less}), score(card, {**row, key: more})
    assert low <= high if key == "age" else low >= high


@few
@given(seed=SEEDS, row=ROWS)
def test_a_better_grade_never_costs(seed, row):
    found = [score(card_of(seed), {**row, "grade": grade}) for grade in "ABMCD"]
    assert found == sorted(found, reverse=True)


@few
@given(seed=SEEDS)
def test_the_points_of_every_bin_follow_the_declared_direction(seed):
    for part in card_of(seed).parts:
        assert part.coefficient_e6 > 0
        points = [one.points for one in part.bins[:-1]]
        if part.feature.direction:
            assert points == sorted(points, reverse=part.feature.direction < 0)


@few
@given(seed=SEEDS)
def test_leaving_a_fact_out_never_earns_points(seed):
    for part in card_of(seed).parts:
        assert part.bins[-1].points <= 0 and part.bins[-1].woe_e6 <= 0
        assert place(part, None) == len(part.bins) - 1


@settings(max_examples=5)
@given(seed=SEEDS, order=st.randoms(use_true_random=False))
def test_the_order_of_cases_and_of_columns_changes_nothing(seed, order):
    cases = [Case(dict(order.sample(sorted(c.row.items()), len(c.row))), c.day, c.failed) for c in closed_cases(seed)]
    order.shuffle(cases)
    assert checksum(fit(cases, FEATURES, name="test", plan=PLAN)) == checksum(card_of(seed))


@few
@given(seed=SEEDS, row=ROWS)
def test_a_card_comes_back_from_json_to_the_last_bit(seed, row):
    card = card_of(seed)
    back = from_json(to_json(card))
    assert back == card and to_json(back) == to_json(card) and version(back) == version(card)
    assert explain(back, row) == explain(card, row)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"base_points": ', '"base_points": 9'),
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text[:-1],
        lambda text: "[]",
        lambda text: json.dumps({"format": 1}),
    ],
)
def test_a_card_that_was_changed_is_refused(change):
    with pytest.raises(RejectedError) as caught:
        from_json(change(to_json(card_of(0))))
    assert caught.value.code == "not_a_card" and caught.value.say("zh")


def test_a_version_names_the_newest_day_and_the_contents():
    card = card_of(0)
    newest = max(case.day for case in closed_cases(0))
    assert version(card) == f"test-{newest:%Y%m%d}-{checksum(card)[:8]}"
    assert version(replace(card, base_points=card.base_points + 1)) != version(card)


# Words


def test_bins_are_said_in_both_languages():
    card = card_of(0)
    said = {part.feature.key: [bin_text(card, part, number) for number in range(len(part.bins))] for part in card.parts}
    assert said["age"][0].zh.startswith("不超过 ") and said["age"][0].zh.endswith(" 个月")
    assert said["age"][-2].en.startswith("above ") and said["age"][1].zh.startswith("超过 ")
    assert said["age"][-1] == Text("未知", "not known")
    assert said["trade"][0] == Text("农业", "farming") and Text("E{x}", "E{x}") in said["trade"]
    assert "、".join(one.zh for one in said["grade"][:-1]) == "A级、B级、M级、C级、D级"


def test_a_line_says_feature_bin_and_points():
    told = explain(card_of(0), {"age": 300.0, "debt": None, "staff": 1.0, "grade": "A", "trade": "E{x}"})
    line = next(line for line in told.lines if line.key == "trade")
    assert line.text.zh == f"行业：E{{x}}，{line.points:+d} 分（此项最高 {line.most_points:+d} 分）"
    assert "decides on no guarantee" in told.informs.en


def test_a_range_that_nothing_cuts_takes_any_value():
    card = card_of(0)
    part = replace(card.parts[0], cuts=(), bins=card.parts[0].bins[-2:])
    assert bin_text(card, part, 0) == Text("任意值", "any value")


# Chances


def test_points_mean_odds():
    assert chance_of_failing(EVEN_POINTS) == 0.5
    assert chance_of_failing(EVEN_POINTS + DOUBLING_POINTS) == pytest.approx(1 / 3)
    assert chance_of_failing(10**6) < 1e-200 and chance_of_failing(-(10**6)) == 1


def test_the_measures_are_as_computed_by_hand():
    failed, said = [True, False, True, False], [0.9, 0.1, 0.4, 0.6]
    found = quality(failed, said)
    assert (found.auc, found.brier) == (0.75, pytest.approx((0.01 + 0.01 + 0.36 + 0.36) / 4))
    assert found.ece == pytest.approx((0.1 + 0.1 + 0.6 + 0.6) / 4)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5])), min_size=1, max_size=60), st.randoms())
def test_calibration_does_not_depend_on_the_order_and_counts_all(pairs, order):
    groups = calibration(*zip(*pairs, strict=True))
    order.shuffle(pairs)
    assert calibration(*zip(*pairs, strict=True)) == groups
    assert sum(group.rows for group in groups) == len(pairs) and len(groups) <= 3
    assert 0 <= ece(groups) <= 1
