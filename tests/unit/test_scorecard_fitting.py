"""How a card is fitted: weights of evidence, what is refused, history and calibration."""

import math
import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.bins import Totals, bin_feature, weight_of_evidence
from matchmaker.scoring.scorecard.card import (
    Plan,
    chance_of_failing,
    place,
    score,
    scores,
)
from matchmaker.scoring.scorecard.explaining import bin_text
from matchmaker.scoring.scorecard.features import Feature, check_columns
from matchmaker.scoring.scorecard.fitting import Case, fit, of_history
from matchmaker.scoring.scorecard.measures import leak_alarm
from tests.support.cards import FEATURES, PLAN, card_of, closed_cases

few = settings(max_examples=12)
SEEDS = st.integers(0, 5)


def code_of(*args, **kwargs) -> str:
    with pytest.raises(RejectedError) as caught:
        fit(*args, name="test", **({"plan": PLAN} | kwargs))
    assert caught.value.say("zh") and caught.value.say("en")
    return caught.value.code


def test_facts_that_are_mostly_missing_where_cases_pay_earn_nothing_either():
    blank_pays = [replace(c, row={**c.row, "staff": c.row["staff"] if c.failed else None}) for c in closed_cases(1)]
    part = bin_feature(FEATURES[2], [c.row["staff"] for c in blank_pays], _failed(blank_pays), PLAN)
    assert part.bins[-1].rows > 10 * part.bins[-1].failed > 0 and part.bins[-1].woe_e6 == 0


# Weight of evidence


def test_the_weight_of_a_bin_is_as_computed_by_hand():
    """30 paid of 80, 5 failed of 20; with 10 cases of average risk (a fifth fails): 38 of 80 and 7 of 20."""
    assert weight_of_evidence(35, 5, Totals(100, 20), 0) == pytest.approx(math.log((30 / 80) / (5 / 20)))
    assert weight_of_evidence(35, 5, Totals(100, 20), 10) == pytest.approx(math.log((38 / 80) / (7 / 20)))


def test_a_bin_without_cases_weighs_nothing_and_one_of_the_average_neither():
    assert weight_of_evidence(0, 0, Totals(100, 20), 20) == 0
    assert weight_of_evidence(50, 10, Totals(100, 20), 20) == pytest.approx(0)


def test_each_bin_holds_the_cases_it_names():
    cases = closed_cases(3)
    for feature in FEATURES:
        values = [case.row[feature.key] for case in cases]
        part = bin_feature(feature, values, _failed(cases), PLAN)
        for number, one in enumerate(part.bins):
            inside = [case.failed for case, value in zip(cases, values, strict=True) if place(part, value) == number]
            assert (one.rows, one.failed) == (len(inside), sum(inside))
            expected = weight_of_evidence(one.rows, one.failed, Totals(400, sum(_failed(cases))), PLAN.smoothing)
            assert one.woe_e6 == round((min(expected, 0) if number == len(part.bins) - 1 else expected) * 1e6)


def test_a_direction_against_the_data_leaves_one_range():
    against = replace(FEATURES[0], direction=-1)
    cases = closed_cases(3)
    part = bin_feature(against, [case.row["age"] for case in cases], _failed(cases), PLAN)
    assert part.cuts == () and len(part.bins) == 2


def test_ranges_that_smoothing_would_turn_are_merged():
    """80 % of 300 pay up to 1, 90 % of 20 above: the few are drawn further towards the average, below the many."""
    values = [0.0] * 300 + [1.0] * 300 + [2.0] * 20
    failed = [True] * 270 + [False] * 30 + [True] * 60 + [False] * 240 + [True] * 2 + [False] * 18
    feature = Feature("x", Text("数", "number"), "number", 1)
    parts = [bin_feature(feature, values, np.array(failed), Plan(least_percent=1, smoothing=n)) for n in (1, 200)]
    assert [part.cuts for part in parts] == [(0.0, 1.0), (0.0,)]


def test_a_number_known_for_few_cases_has_one_range():
    cases = closed_cases(4)
    part = bin_feature(FEATURES[0], [1.0, 2.0, *[None] * 398], _failed(cases), PLAN)
    assert [one.rows for one in part.bins] == [2, 398]


# Codes


@few
@given(seed=SEEDS, code=st.text(max_size=5).map(lambda text: f"new {text}"))
def test_a_code_never_seen_falls_where_the_rare_ones_are_pooled(seed, code):
    part = next(part for part in card_of(seed).parts if part.feature.key == "trade")
    assert place(part, code) == place(part, "rare3") == len(part.codes)
    assert "10" in bin_text(card_of(seed), part, place(part, code)).zh


def test_a_code_is_pooled_below_the_least_number_of_cases():
    values = ["B"] * 10 + ["C"] * 9 + ["D"] * 81
    part = bin_feature(FEATURES[4], values, np.array([True, False] * 50), Plan())
    assert part.codes == ("B", "D") and [one.rows for one in part.bins] == [10, 81, 9, 0]


# What is refused


@pytest.mark.parametrize("column", ["term_LEAKY", "TERM_leaky", "x_leaks", "default", "Default"])
def test_a_column_that_leaks_is_refused_by_name(column):
    cases = [replace(case, row={**case.row, column: 1.0}) for case in closed_cases(0)]
    with pytest.raises(RejectedError) as caught:
        fit(cases, (*FEATURES, Feature(column, Text("泄漏", "leak"), "number")), name="test", plan=PLAN)
    assert caught.value.code == "leaking_column"
    assert column in caught.value.say("zh") and column in caught.value.say("en")


def test_a_column_that_is_not_declared_is_refused_by_name_and_the_leak_comes_first():
    with pytest.raises(RejectedError, match="zip is no declared feature"):
        check_columns(["age", "zip"], FEATURES)
    with pytest.raises(RejectedError, match="term_LEAKY is known only after"):
        check_columns(["age", "approval_fy", "term_LEAKY"], FEATURES)
    with pytest.raises(RejectedError, match="zip"):
        score(card_of(0), {**closed_cases(0)[0].row, "zip": "1"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"age": math.nan}, "no_number"),
        ({"age": math.inf}, "no_number"),
        ({"age": "12"}, "no_number"),
        ({"grade": "E"}, "no_code"),
        ({"grade": 1.0}, "no_code"),
        ({"trade": 2.0}, "no_code"),
    ],
)
def test_a_value_that_its_feature_cannot_hold_is_refused_with_its_place(change, code):
    cases = closed_cases(0)
    cases[6] = replace(cases[6], row=cases[6].row | change)
    with pytest.raises(RejectedError) as caught:
        fit(cases, FEATURES, name="test", plan=PLAN)
    assert caught.value.code == code
    assert "7" in caught.value.say("zh") and next(iter(change)) in caught.value.say("en")


def test_a_case_that_lacks_a_feature_is_refused():
    cases = closed_cases(0)
    del cases[0].row["age"]
    assert code_of(cases, FEATURES) == "absent_feature"


def test_too_few_cases_of_either_outcome_are_refused():
    cases = closed_cases(0)
    assert code_of([], FEATURES) == "few_cases"
    assert code_of([case for case in cases if case.failed], FEATURES) == "few_cases"
    assert code_of(cases, FEATURES, plan=Plan(least_outcomes=1000)) == "few_cases"
    newest = max(case.day for case in cases)
    assert code_of([case for case in cases if (newest - case.day).days < 300], FEATURES) == "few_cases"


def test_a_feature_that_knows_the_outcome_raises_the_alarm_by_name():
    knows = Feature("told", Text("内情", "inside"), "number")
    cases = [replace(case, row={**case.row, "told": float(case.failed)}) for case in closed_cases(0)]
    with pytest.raises(RejectedError, match="told") as caught:
        fit(cases, (*FEATURES, knows), name="test", plan=PLAN)
    assert caught.value.code == "leak_alarm" and "told" in caught.value.say("zh")
    assert leak_alarm(0.9001) and not leak_alarm(0.90)


def test_features_that_tell_nothing_give_no_card():
    chance = random.Random(1)
    turned = [replace(c, failed=not c.failed if c.day.year == 2023 else c.failed) for c in closed_cases(0, noise=0.8)]
    assert code_of(turned, FEATURES) == "no_order"
    same = [Case({"age": 1.0}, case.day, chance.random() < 0.5) for case in closed_cases(0)]
    assert code_of(same, FEATURES[:1]) == "no_order"


# History, calibration


def test_cases_older_than_the_plans_months_are_left_out():
    cases = closed_cases(0)
    old = [replace(case, day=date(1999, 1, 1), failed=True) for case in cases]
    assert fit(cases + old, FEATURES, name="test", plan=PLAN) == card_of(0)
    assert of_history(cases + old, PLAN) == of_history(cases, PLAN)


@few
@given(seed=SEEDS)
def test_the_newest_cases_fail_as_often_as_the_card_says(seed):
    card = card_of(seed)
    newest = [case for case in closed_cases(seed) if card.newest.first <= case.day <= card.newest.last]
    assert len(newest) == card.newest.rows
    said = sum(chance_of_failing(points) for points in scores(card, [case.row for case in newest]))
    assert abs(said - card.newest.failed) < len(newest) * 0.005  # one base point at most


def test_a_dropped_feature_is_named_and_bears_no_points():
    twice = (*FEATURES, replace(FEATURES[1], key="again"))
    cases = [replace(case, row={**case.row, "again": case.row["debt"]}) for case in closed_cases(0)]
    card = fit(cases, twice, name="test", plan=PLAN)
    assert {*card.dropped, *(one.key for one in card.features)} == {one.key for one in twice}
    for key in card.dropped:
        row = cases[0].row
        assert score(card, row) == score(card, {**row, key: None})


def test_a_feature_that_would_turn_is_dropped():
    """What has ``y`` pays more often, but among those of equal ``x`` it pays less often: its sign would turn."""
    chance, cases = random.Random(2), []
    for case in closed_cases(0, 1500):
        x = chance.gauss(0, 1)
        y = x + chance.gauss(0, 0.4)
        cases.append(Case({"x": x, "y": y}, case.day, 3 * x - 1.5 * y + chance.gauss(0, 1) < 0))
    both = tuple(Feature(key, Text("数", "number"), "number", 1) for key in "xy")
    assert fit(cases, both, name="test", plan=PLAN).dropped == ("y",)


def test_a_newest_slice_that_the_trial_orders_less_well_draws_the_points_together():
    chance, cases = random.Random(3), closed_cases(0, 1500)
    border = card_of(0).newest.first
    blurred = [
        replace(c, failed=chance.random() < 0.5) if c.day > border and chance.random() < 0.6 else c for c in cases
    ]
    assert _slope(fit(blurred, FEATURES, name="test", plan=PLAN)) < 0.8 * _slope(
        fit(cases, FEATURES, name="test", plan=PLAN)
    )


def _slope(card):
    """Points a unit of weight × coefficient."""
    pairs = [(one.points, one.woe_e6 * part.coefficient_e6 / 1e12) for part in card.parts for one in part.bins]
    return sum(abs(points) for points, _ in pairs) / sum(abs(weight) for _, weight in pairs)


def _failed(cases):
    return np.array([case.failed for case in cases])
