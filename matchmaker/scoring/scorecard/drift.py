"""Whether newer cases still look like those a card was fitted on, and still fail as often as it says.

The population stability index (PSI) of two samples over the same bins is the sum of (new share − old share) ×
ln(new share ÷ old share). Its usual bounds are declared in ``LEVELS``. Outcomes that are not known yet are left out:
the report then holds the PSI only.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log

import numpy as np

from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.card import Part, Scorecard, chance_of_failing, place, scores
from matchmaker.scoring.scorecard.explaining import filled
from matchmaker.scoring.scorecard.features import Row
from matchmaker.scoring.scorecard.fitting import Case
from matchmaker.scoring.scorecard.measures import Group, Quality, calibration, quality


@dataclass(frozen=True, slots=True)
class Level:
    """A PSI up to ``most`` is called ``name``; ``advice`` is what to do."""

    most: float
    name: Text
    advice: Text


LEVELS = (
    Level(0.10, Text("稳定", "stable"), Text("继续使用", "go on using the card")),
    Level(0.25, Text("有变化", "moved"), Text("查明原因，下月再看", "find out why and look again in a month")),
    Level(float("inf"), Text("明显变化", "shifted"), Text("停用并重新拟合", "stop using the card and fit it again")),
)
"""0.10 and 0.25 are the bounds in common use for scorecards (Siddiqi 2006)."""

HALF_A_CASE = 0.5
"""What an empty bin counts as, so that the logarithm exists; the same sample twice still gives exactly 0."""

SCORE = Text("总分", "Score")
MOVED = Text("{label}：PSI {psi}，{level}，{advice}", "{label}: PSI {psi}, {level}; {advice}")
FITS = Text(
    "{rows} 笔已结案件中违约 {failed} 笔，评分卡预计 {said} 笔；AUC {auc}，校准误差 {ece}",
    "Of {rows} closed cases {failed} failed, the card expected {said}; AUC {auc}, calibration error {ece}",
)
NO_OUTCOME = Text(
    "新案件的结果还不足以核对校准：违约与履约都要有",
    "The newer cases cannot show the calibration yet: it takes failed and paid ones",
)


@dataclass(frozen=True, slots=True)
class Drift:
    """The stability of one feature, or of the score."""

    key: str
    label: Text
    psi: float
    level: Level
    text: Text


@dataclass(frozen=True, slots=True)
class DriftReport:
    """``features`` most moved first. Without outcomes ``quality`` is None, ``groups`` and ``years`` are empty.

    ``groups``: up to ten of equal size by chance; ``years``: by year of approval.
    """

    rows: int
    score: Drift
    features: tuple[Drift, ...]
    quality: Quality | None
    groups: tuple[Group, ...]
    years: tuple[tuple[int, Group], ...]
    text: Text


def drift_report(card: Scorecard, rows: Sequence[Row], closed: Sequence[Case] = ()) -> DriftReport:
    """Compare newer applications (``rows``, at least one) and newer closed cases with the fitting sample.

    Raises RejectedError as ``score`` does.
    """
    points = scores(card, rows)
    bands = np.bincount(np.searchsorted(card.score_cuts, points), minlength=len(card.score_rows))
    moved = [_feature_drift(part, rows) for part in card.parts]
    moved.sort(key=lambda one: (-one.psi, one.key))
    total = _drift("score", SCORE, psi(card.score_rows, bands.tolist()))
    return DriftReport(len(rows), total, tuple(moved), *_outcomes(card, closed))


def psi(before: Sequence[int], after: Sequence[int]) -> float:
    """The index of two samples' counts over the same bins; 0 for equal shares."""
    old, new = _shares(before), _shares(after)
    return sum((n - o) * log(n / o) for o, n in zip(old, new, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [max(count, HALF_A_CASE) / total for count in counts]


def _feature_drift(part: Part, rows: Sequence[Row]) -> Drift:
    places = [place(part, row[part.feature.key]) for row in rows]
    after = np.bincount(places, minlength=len(part.bins)).tolist()
    return _drift(part.feature.key, part.feature.label, psi([one.rows for one in part.bins], after))


def _drift(key: str, label: Text, index: float) -> Drift:
    level = next(level for level in LEVELS if index <= level.most)
    text = filled(MOVED, label=label, psi=f"{index:.3f}", level=level.name, advice=level.advice)
    return Drift(key, label, index, level, text)


def _outcomes(
    card: Scorecard, closed: Sequence[Case]
) -> tuple[Quality | None, tuple[Group, ...], tuple[tuple[int, Group], ...], Text]:
    failed = [case.failed for case in closed]
    if len(set(failed)) < 2:
        return None, (), (), NO_OUTCOME
    chances = [chance_of_failing(points) for points in scores(card, [case.row for case in closed])]
    measured = quality(failed, chances)
    told = {"rows": len(failed), "failed": sum(failed), "said": f"{sum(chances):.0f}"}
    text = filled(FITS, auc=f"{measured.auc:.3f}", ece=f"{measured.ece:.3f}", **told)
    return measured, calibration(failed, chances), _by_year([case.day for case in closed], failed, chances), text


def _by_year(days: Sequence[date], failed: Sequence[bool], chances: Sequence[float]) -> tuple[tuple[int, Group], ...]:
    found: dict[int, list[tuple[bool, float]]] = defaultdict(list)
    for day, bad, chance in zip(days, failed, chances, strict=True):
        found[day.year].append((bad, chance))
    return tuple((year, _group(found[year])) for year in sorted(found))


def _group(cases: Sequence[tuple[bool, float]]) -> Group:
    return Group(len(cases), sum(bad for bad, _ in cases), sum(sorted(chance for _, chance in cases)) / len(cases))
