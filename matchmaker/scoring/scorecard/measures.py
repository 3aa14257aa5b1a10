"""How well chances fit outcomes: AUC, Brier score, expected calibration error, and the alarm for a leak."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

Floats = NDArray[np.float64]

LEAK_AUC = 0.90
"""From features at application no honest card comes near it (../shared/data/README.md): a feature knows the outcome."""

GROUPS = 10
"""Calibration is read in ten groups of equal size."""


@dataclass(frozen=True, slots=True)
class Quality:
    """``auc`` 0.5 to 1, ``brier`` and ``ece`` 0 (best) to 1."""

    auc: float
    brier: float
    ece: float


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of like chance: how many, how many failed, the mean chance said before."""

    rows: int
    failed: int
    said: float

    @property
    def share(self) -> float:
        """The share that failed."""
        return self.failed / self.rows


def quality(failed: Sequence[bool], chances: Sequence[float]) -> Quality:
    """The three measures over the same cases; both outcomes must occur."""
    happened, said = np.asarray(failed, dtype=float), np.asarray(chances, dtype=float)
    brier = float(np.mean((said - happened) ** 2))
    return Quality(float(roc_auc_score(happened, said)), brier, ece(calibration(failed, chances)))


def calibration(failed: Sequence[bool], chances: Sequence[float]) -> tuple[Group, ...]:
    """Up to ``GROUPS`` groups by chance, lowest first; equal chances stay together, whatever the order of the cases."""
    happened, said = np.asarray(failed, dtype=float), np.asarray(chances, dtype=float)
    edges = np.unique(np.quantile(said, np.linspace(0, 1, GROUPS + 1)[1:-1], method="lower"))
    numbers = np.searchsorted(edges, said)
    return tuple(_group(happened[numbers == number], said[numbers == number]) for number in np.unique(numbers))


def _group(happened: Floats, said: Floats) -> Group:
    return Group(len(said), int(happened.sum()), float(np.sort(said).mean()))


def ece(groups: Sequence[Group]) -> float:
    """Expected calibration error: mean distance between chance said and share failed, by cases."""
    total = sum(group.rows for group in groups)
    return sum(group.rows * abs(group.share - group.said) for group in groups) / total


def leak_alarm(auc: float) -> bool:
    """Whether an AUC is too good to be honest."""
    return auc > LEAK_AUC
