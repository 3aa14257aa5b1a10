"""Fitting a scorecard on closed cases: bins, logistic regression on their weights, calibration, integer points.

The history's newest slice is first kept apart: a trial card on the older cases is tried on it, which gives its honest
figures and the slope of the calibration (Platt 1999). The card itself is then fitted on all of the history, so that it
knows the newest cases; its base points are those with which the newest slice fails as often as the card says. Nothing
newer than the history given is ever looked at. The same cases in any order give the same card.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import log

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.periods import add_months
from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.bins import E6, Failed, bin_feature
from matchmaker.scoring.scorecard.card import (
    DOUBLING_POINTS,
    Part,
    Plan,
    Scorecard,
    Slice,
    Trial,
    chance_of_failing,
    place,
    scores,
)
from matchmaker.scoring.scorecard.features import Feature, Row, check_rows
from matchmaker.scoring.scorecard.measures import LEAK_AUC, Floats, leak_alarm, quality

PLAN = Plan()

POINTS_PER_NAT = DOUBLING_POINTS / log(2)

FOLDS = 5

BASE_BOUND = 20_000
"""No card's base points lie beyond; the largest weights of evidence stay far below."""

FEW_CASES = Text(
    "从 {first} 到 {last} 的已结案件中违约 {failed} 笔、履约 {paid} 笔；两类各需至少 {least} 笔才能拟合评分卡",
    "The closed cases from {first} to {last} hold {failed} failed and {paid} paid ones: a card needs {least} of each",
)
TOO_GOOD = Text(
    "在最新一段案件上 AUC 为 {auc}，高于 {limit}：申请时可知的特征做不到，某个特征已含有结果；"
    "逐个核对后再拟合，先看 {column}",
    "AUC on the newest cases is {auc}, above {limit}: features known at application cannot do that, one holds the "
    "outcome. Check each, first {column}, and fit again",
)
NO_ORDER = Text(
    "所列特征分不出最新一段案件的违约与履约，没有得到评分卡；增加案件或特征后再拟合",
    "The features do not tell failed from paid among the newest cases: add cases or features and fit again",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A closed case: its features at application, the day of approval, whether it failed."""

    row: Row
    day: date
    failed: bool


@dataclass(frozen=True, slots=True)
class _Weights:
    """Bins with the regression's coefficients, and the features whose sign would have turned."""

    parts: tuple[Part, ...]
    dropped: tuple[str, ...]


def fit(cases: Sequence[Case], features: Sequence[Feature], *, name: str, plan: Plan = PLAN) -> Scorecard:
    """The card for these closed cases.

    Raises RejectedError: a column that leaks or is not declared, a value that its feature cannot hold, ``few_cases``,
    ``no_order`` (nothing tells failed from paid), ``leak_alarm`` (AUC above 0.90 on the newest slice).
    """
    check_rows([case.row for case in cases], features)
    older, newest = _slices(cases, features, plan)
    slope, trial = _try(older, newest, features, plan)
    weights = _weigh(older + newest, features, plan)
    parts = tuple(_with_points(part, slope) for part in weights.parts)
    bare = Scorecard(name, plan, 0, parts, weights.dropped, _span(older + newest), _span(newest), trial, (), ())
    anchored = replace(bare, base_points=_base_points(bare, newest))
    return _with_bands(anchored, older + newest)


def of_history(cases: Sequence[Case], plan: Plan = PLAN) -> list[Case]:
    """The cases of the last ``plan.months``, counted back from the newest one."""
    start = add_months(max(case.day for case in cases), -plan.months)
    return [case for case in cases if case.day > start]


def _slices(cases: Sequence[Case], features: Sequence[Feature], plan: Plan) -> tuple[list[Case], list[Case]]:
    """Older cases and the newest slice, each in an order that does not depend on the order given."""
    _check_outcomes(cases, plan)
    keys = [feature.key for feature in features]
    kept = sorted(of_history(cases, plan), key=lambda case: (case.day, case.failed, repr([case.row[k] for k in keys])))
    border = add_months(kept[-1].day, -plan.calibration_months)
    older = [case for case in kept if case.day <= border]
    newest = kept[len(older) :]
    _check_outcomes(older, plan)
    _check_outcomes(newest, plan)
    return older, newest


def _check_outcomes(cases: Sequence[Case], plan: Plan) -> None:
    failed = sum(case.failed for case in cases)
    paid = len(cases) - failed
    if min(failed, paid) < plan.least_outcomes:
        days = [case.day.isoformat() for case in cases] or ["–"]
        told = {"first": min(days), "last": max(days), "failed": failed, "paid": paid}
        raise RejectedError(FEW_CASES, code="few_cases", least=plan.least_outcomes, **told)


def _span(cases: Sequence[Case]) -> Slice:
    days = [case.day for case in cases]
    return Slice(min(days), max(days), len(cases), sum(case.failed for case in cases))


def _failed(cases: Sequence[Case]) -> Failed:
    return np.array([case.failed for case in cases], dtype=bool)


def _weigh(cases: Sequence[Case], features: Sequence[Feature], plan: Plan) -> _Weights:
    """Bins and logistic regression on their weights; the feature whose sign turns most is dropped, then again.

    A weight above 0 means safer, so that every coefficient must be above 0: else a monotone feature would turn.
    """
    failed = _failed(cases)
    parts = [bin_feature(one, [case.row[one.key] for case in cases], failed, plan) for one in features]
    design, kept = _design(parts, cases), list(range(len(parts)))
    dropped: list[str] = []
    while kept:
        found = LogisticRegression(max_iter=1000).fit(design[:, kept], ~failed).coef_[0]
        worst = int(np.argmin(found))
        if round(found[worst] * E6) > 0:
            pairs = zip(kept, found, strict=True)
            return _Weights(tuple(replace(parts[n], coefficient_e6=round(c * E6)) for n, c in pairs), tuple(dropped))
        dropped.append(parts[kept.pop(worst)].feature.key)
    raise RejectedError(NO_ORDER, code="no_order")


def _design(parts: Sequence[Part], cases: Sequence[Case]) -> Floats:
    """Cases × parts: the weight of evidence of each case's bin."""
    columns = [[part.bins[place(part, case.row[part.feature.key])].woe_e6 / E6 for case in cases] for part in parts]
    return np.array(columns, dtype=float).T


def _log_odds(parts: Sequence[Part], cases: Sequence[Case]) -> Floats:
    """Log-odds of paying, up to a constant."""
    coefficients = np.array([part.coefficient_e6 / E6 for part in parts])
    return np.asarray(_design(parts, cases) @ coefficients)


def _try(older: Sequence[Case], newest: Sequence[Case], features: Sequence[Feature], plan: Plan) -> tuple[float, Trial]:
    """(slope of the calibration, figures) of a card fitted on the older cases and tried on the newest."""
    weights = _weigh(older, features, plan)
    paying, failed = _log_odds(weights.parts, newest), _failed(newest)
    platt = LogisticRegression(C=np.inf).fit(paying.reshape(-1, 1), ~failed)
    slope = float(platt.coef_[0][0])
    if slope <= 0:
        raise RejectedError(NO_ORDER, code="no_order")
    measured = quality(failed.tolist(), _held_out(paying, failed).tolist())
    if leak_alarm(measured.auc):
        told = {"auc": f"{measured.auc:.3f}", "limit": f"{LEAK_AUC:.2f}", "column": _strongest(weights.parts)}
        raise RejectedError(TOO_GOOD, code="leak_alarm", **told)
    return slope, Trial(round(measured.auc * E6), round(measured.brier * E6), round(measured.ece * E6))


def _held_out(paying: Floats, failed: Failed) -> Floats:
    """Chances of failing, each said by a calibration that has not seen the case: its error is then no flattery."""
    platt, folds = LogisticRegression(C=np.inf), StratifiedKFold(FOLDS)
    chances = cross_val_predict(platt, paying.reshape(-1, 1), ~failed, cv=folds, method="predict_proba")
    return np.asarray(chances[:, 0])


def _strongest(parts: Sequence[Part]) -> str:
    """The feature whose bins tell most: highest information value, the weights by the shares they compare."""
    return max(parts, key=_information).feature.key


def _information(part: Part) -> float:
    rows, failed = sum(one.rows for one in part.bins), sum(one.failed for one in part.bins)
    gaps = ((one.rows - one.failed) / (rows - failed) - one.failed / failed for one in part.bins)
    return sum(gap * one.woe_e6 for gap, one in zip(gaps, part.bins, strict=True))


def _with_points(part: Part, slope: float) -> Part:
    """Points of each bin: weight × coefficient × slope in points, rounded; the order of the weights is kept."""
    factor = POINTS_PER_NAT * slope * part.coefficient_e6 / E6 / E6
    return replace(part, bins=tuple(replace(one, points=round(one.woe_e6 * factor)) for one in part.bins))


def _base_points(bare: Scorecard, newest: Sequence[Case]) -> int:
    """The base with which the chances of the newest slice add up closest to the cases of it that failed."""
    points = sorted(scores(bare, [case.row for case in newest]))
    failed = sum(case.failed for case in newest)
    low, high = -BASE_BOUND, BASE_BOUND
    while low < high:  # the sum falls as the base rises
        middle = (low + high) // 2
        if sum(chance_of_failing(middle + one) for one in points) > failed:
            low = middle + 1
        else:
            high = middle
    return low


def _with_bands(card: Scorecard, cases: Sequence[Case]) -> Scorecard:
    """The scores of the fitting sample in up to ten bands, for the drift report."""
    points = np.array(scores(card, [case.row for case in cases]))
    cuts = np.unique(np.quantile(points, np.arange(1, 10) / 10, method="lower"))
    rows = np.bincount(np.searchsorted(cuts, points), minlength=len(cuts) + 1)
    return replace(card, score_cuts=tuple(map(int, cuts)), score_rows=tuple(map(int, rows)))
