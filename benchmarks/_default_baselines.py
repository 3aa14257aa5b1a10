"""What the scorecard is compared with: other models on the same features, the same cases and the same calibration."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from matchmaker.domain.periods import add_months
from matchmaker.scoring.scorecard.features import Feature, measure
from matchmaker.scoring.scorecard.fitting import PLAN, Case, of_history

MOST_CODES = 250
"""scikit-learn's boosting takes 255 codes a category: the most frequent ones, the rest is one code."""

Matrix = NDArray[np.float64]
LogOdds = Callable[[Matrix], Matrix]
Learner = Callable[[Matrix, Matrix, Sequence[Feature]], LogOdds]


def boosting(design: Matrix, failed: Matrix, features: Sequence[Feature]) -> LogOdds:
    """HistGradientBoosting with native categories and missing values."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=200,
        max_leaf_nodes=15,
        min_samples_leaf=50,
        l2_regularization=1.0,
        categorical_features=[feature.kind == "category" for feature in features],
        early_stopping=False,
        random_state=0,
    ).fit(design, failed)
    return model.decision_function


def plain_logistic(design: Matrix, failed: Matrix, features: Sequence[Feature]) -> LogOdds:
    """Logistic regression on logarithms of numbers and one column a code; a missing number is the median."""
    is_code = np.array([feature.kind == "category" for feature in features])
    middle = np.nanmedian(design, axis=0)
    filled = lambda one: np.where(np.isnan(one), np.where(is_code, -1, middle), one)  # noqa: E731
    codes = OneHotEncoder(handle_unknown="ignore").fit(filled(design)[:, is_code])

    def columns(one: Matrix) -> Matrix:
        known = filled(one)
        return np.hstack([np.log1p(known[:, ~is_code]), codes.transform(known[:, is_code]).toarray()])

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000)).fit(columns(design), failed)
    return lambda one: model.decision_function(columns(one))


def chances(learn: Learner, history: Sequence[Case], later: Sequence[Case], features: Sequence[Feature]) -> list[float]:
    """Chances of failing of the later cases, learnt as the scorecard learns: same months, trial, slope and base."""
    kept = sorted(of_history(history), key=lambda case: case.day)
    border = add_months(kept[-1].day, -PLAN.calibration_months)
    older, newest = [one for one in kept if one.day <= border], [one for one in kept if one.day > border]
    trial = _learn(learn, older, features)
    platt = LogisticRegression(C=np.inf).fit(trial(newest).reshape(-1, 1), _outcomes(newest))
    slope = float(platt.coef_[0][0])
    final = _learn(learn, kept, features)
    base = _base(slope * final(newest), float(_outcomes(newest).mean()))
    return _logistic(base + slope * final(later)).tolist()


def base_rate(history: Sequence[Case], later: Sequence[Case]) -> list[float]:
    """One chance for all: the share that failed in the newest slice."""
    newest = max(case.day for case in history)
    border: date = add_months(newest, -PLAN.calibration_months)
    return [float(_outcomes([one for one in history if one.day > border]).mean())] * len(later)


def _learn(learn: Learner, cases: Sequence[Case], features: Sequence[Feature]) -> Callable[[Sequence[Case]], Matrix]:
    codes = [_codes(cases, feature) for feature in features]
    with threadpool_limits(1):  # threads that wait for each other on a busy machine are slower than one
        model = learn(_design(cases, features, codes), _outcomes(cases), features)
    return lambda others: model(_design(others, features, codes))


def _outcomes(cases: Sequence[Case]) -> Matrix:
    return np.array([case.failed for case in cases], dtype=float)


def _codes(cases: Sequence[Case], feature: Feature) -> dict[Any, int]:
    counts = Counter(case.row[feature.key] for case in cases)
    counts.pop(None, None)
    return {code: number for number, (code, _) in enumerate(counts.most_common(MOST_CODES))}


def _design(cases: Sequence[Case], features: Sequence[Feature], codes: Sequence[dict[Any, int]]) -> Matrix:
    columns = [[_cell(feature, known, one) for one in cases] for feature, known in zip(features, codes, strict=True)]
    return np.array(columns, dtype=float).T


def _cell(feature: Feature, known: dict[Any, int], case: Case) -> float:
    value = case.row[feature.key]
    if value is None:
        return float("nan")
    return float(known.get(value, MOST_CODES)) if feature.kind == "category" else measure(feature, value)


def _base(log_odds: Matrix, share: float) -> float:
    """The constant with which the mean chance is ``share``."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _logistic(middle + log_odds).mean() < share else (low, middle)
    return low


def _logistic(log_odds: Matrix) -> Matrix:
    return 1.0 / (1.0 + np.exp(-log_odds))
