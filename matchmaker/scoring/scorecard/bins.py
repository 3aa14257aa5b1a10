"""Bins of one feature and their weight of evidence, from closed cases.

A weight of evidence (WOE) is ln(share of all paid cases in the bin ÷ share of all failed cases in the bin): above 0 the
bin is safer than the average. Cases of average risk are mixed into each bin, so that a bin of few cases stays near 0.
Numbers are cut by a decision tree on their ranks and merged until the weights follow the declared direction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from matchmaker.scoring.scorecard.card import Bin, Part, Plan, place
from matchmaker.scoring.scorecard.features import Feature, Value, measure

E6 = 1_000_000
MOST_DIGITS = 12
"""Before and after the point, of a cut."""

Failed = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Totals:
    """All cases of the sample and how many of them failed."""

    rows: int
    failed: int


def weight_of_evidence(rows: int, failed: int, totals: Totals, smoothing: int) -> float:
    """ln of the paid share over the failed share, after ``smoothing`` cases of average risk joined the bin.

    A bin without cases weighs exactly 0.
    """
    risk = totals.failed / totals.rows
    paid_share = (rows - failed + smoothing * (1 - risk)) / (totals.rows - totals.failed)
    failed_share = (failed + smoothing * risk) / totals.failed
    return log(paid_share / failed_share)


def bin_feature(feature: Feature, values: Sequence[Value], failed: Failed, plan: Plan) -> Part:
    """The feature's bins with their weights; coefficient and points are still 0.

    ``values`` and ``failed``: one entry a case, both outcomes occur.
    """
    if feature.kind == "category":
        return _counted(feature, (), _kept_codes(values, plan), values, failed, plan)
    part = _counted(feature, _cuts(feature, values, failed, plan), (), values, failed, plan)
    while (wrong := _against_direction(part)) is not None:
        cuts = part.cuts[:wrong] + part.cuts[wrong + 1 :]
        part = _counted(feature, cuts, (), values, failed, plan)
    return part


def _kept_codes(values: Sequence[Value], plan: Plan) -> tuple[str, ...]:
    counts = Counter(str(value) for value in values if value is not None)
    return tuple(sorted(code for code, rows in counts.items() if rows >= plan.least_rows))


def _cuts(feature: Feature, values: Sequence[Value], failed: Failed, plan: Plan) -> tuple[float, ...]:
    """Values after which a new range begins: the tree splits ranks, so that only the order of the values matters.

    A cut is the roundest number between the two values that it parts, for people read it.
    """
    known = [(measure(feature, value), bad) for value, bad in zip(values, failed, strict=True) if value is not None]
    least = max(plan.least_rows, len(values) * plan.least_percent // 100)
    if len(known) < 2 * least:
        return ()
    distinct, ranks = np.unique([number for number, _ in known], return_inverse=True)
    tree = DecisionTreeClassifier(
        max_leaf_nodes=plan.most_bins, min_samples_leaf=least, monotonic_cst=[feature.direction], random_state=0
    )
    tree.fit(ranks.reshape(-1, 1), [not bad for _, bad in known])
    thresholds = tree.tree_.threshold[tree.tree_.feature >= 0]
    places = sorted(int(threshold) for threshold in thresholds)
    return tuple(roundest(float(distinct[place]), float(distinct[place + 1])) for place in places)


def roundest(low: float, high: float) -> float:
    """The number with the fewest digits that is at least ``low`` and below ``high``; ``low`` where none is shorter."""
    for exponent in range(MOST_DIGITS, -MOST_DIGITS, -1):
        step = Decimal(1).scaleb(exponent)
        found = float((Decimal(low) / step).to_integral_value(ROUND_CEILING) * step)
        if low <= found < high:
            return found
    return low


def _counted(
    feature: Feature,
    cuts: tuple[float, ...],
    codes: tuple[str, ...],
    values: Sequence[Value],
    failed: Failed,
    plan: Plan,
) -> Part:
    """Count the cases of each bin and weigh it."""
    size = len(codes) + 2 if feature.kind == "category" else len(cuts) + 2
    empty = Part(feature, 0, cuts, codes, (Bin(0, 0, 0, 0),) * size)
    places = np.array([place(empty, value) for value in values])
    rows, bad = np.bincount(places, minlength=size), np.bincount(places[failed], minlength=size)
    totals = Totals(len(values), int(failed.sum()))
    weights = [weight_of_evidence(int(n), int(b), totals, plan.smoothing) for n, b in zip(rows, bad, strict=True)]
    weights[-1] = min(weights[-1], 0.0)  # leaving a fact out never earns points
    bins = (Bin(int(n), int(b), round(w * E6), 0) for n, b, w in zip(rows, bad, weights, strict=True))
    return Part(feature, 0, cuts, codes, tuple(bins))


def _against_direction(part: Part) -> int | None:
    """The first cut across which the weight goes the wrong way; None where all is well."""
    weights = [one.woe_e6 for one in part.bins[:-1]]
    for cut, (low, high) in enumerate(pairwise(weights)):
        if (high - low) * part.feature.direction < 0:
            return cut
    return None
