"""The scorecard: a table of integer points. It only looks up and adds; nothing in it is computed from other cases."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from matchmaker.scoring.scorecard.features import Feature, Row, Value, check_rows, measure

EVEN_POINTS = 500
"""At this score failing is as likely as paying."""

DOUBLING_POINTS = 40
"""So many points more halve the odds of failing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a card is fitted: declared once, stored with the card.

    ``months`` of history up to its newest case, older cases are left out; ``calibration_months`` of it are the newest
    slice, on which the card is tried before it is fitted on all. ``least_rows``: a code with fewer cases is pooled.
    ``least_percent`` of the cases are in each range of a number. ``smoothing``: so many cases of average risk are mixed
    into every bin. ``least_outcomes``: failed and paid cases that each slice must hold.
    """

    months: int = 36
    calibration_months: int = 12
    most_bins: int = 6
    least_percent: int = 5
    least_rows: int = 10
    smoothing: int = 20
    least_outcomes: int = 30


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases of the history that fell in, its weight of evidence in millionths (above 0: safer), its points."""

    rows: int
    failed: int
    woe_e6: int
    points: int


@dataclass(frozen=True, slots=True)
class Part:
    """One feature's bins.

    A number or ordered code: the ranges between ``cuts`` (a value equal to a cut belongs below it). A category: one bin
    for each of ``codes``, then the pooled one for all others. The last bin is for values that are not known.
    """

    feature: Feature
    coefficient_e6: int
    cuts: tuple[float, ...]
    codes: tuple[str, ...]
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """The cases of some days: from the first to the last of them."""

    first: date
    last: date
    rows: int
    failed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """How the card did on the newest slice when fitted on the older cases only: rates in millionths."""

    auc_e6: int
    brier_e6: int
    ece_e6: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A fitted card. ``score_cuts`` and ``score_rows``: the scores of the fitting sample in ten bands."""

    name: str
    plan: Plan
    base_points: int
    parts: tuple[Part, ...]
    dropped: tuple[str, ...]
    fitted: Slice
    newest: Slice
    trial: Trial
    score_cuts: tuple[int, ...]
    score_rows: tuple[int, ...]

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features that bear points, in the declared order."""
        return tuple(part.feature for part in self.parts)


def place(part: Part, value: Value) -> int:
    """The number of the bin that a value falls in; a code never seen falls in the pooled one."""
    if value is None:
        return len(part.bins) - 1
    if part.feature.kind == "category":
        return part.codes.index(str(value)) if value in part.codes else len(part.codes)
    return bisect_left(part.cuts, measure(part.feature, value))


def score(card: Scorecard, row: Row) -> int:
    """Points of one case: the base and one bin of every part, an exact sum of integers.

    ``row`` may hold features that the card dropped. Raises RejectedError for a column or value that is no feature's.
    """
    return scores(card, [row])[0]


def scores(card: Scorecard, rows: Sequence[Row]) -> list[int]:
    """``score`` of many cases."""
    kept = [{key: value for key, value in row.items() if key not in card.dropped} for row in rows]
    check_rows(kept, card.features)
    return [
        card.base_points + sum(part.bins[place(part, row[part.feature.key])].points for part in card.parts)
        for row in kept
    ]


def chance_of_failing(points: int) -> float:
    """The calibrated chance that a case with this score fails, 0 to 1."""
    doublings = min((points - EVEN_POINTS) / DOUBLING_POINTS, 1000.0)  # beyond it a float ends
    return float(1.0 / (1.0 + 2.0**doublings))
