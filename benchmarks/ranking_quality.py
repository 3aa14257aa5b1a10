"""Measures ranking on real loans: who fails (``--task default``).

    python -m benchmarks.ranking_quality --task default --split 2004-10-01

Models see features known at application only, of cases before the split; they are scored once on the cases from the
split on. ``ours`` is the scorecard, the baselines learn from the same cases and are calibrated in the same way in the
same run. ``refused`` is what the scorecard says when it is given the column that leaks. Without ``--history`` the file
is sba_dev.csv.gz in MATCHMAKER_RANKING_DATA or ../shared/data/ranking.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._common import ROOT, show
from benchmarks._default_baselines import base_rate, boosting, chances, plain_logistic
from benchmarks._sba import LEAK_COLUMN, SBA_FEATURES, read_cases, with_column
from matchmaker.domain.errors import RejectedError
from matchmaker.scoring.scorecard.card import Scorecard, chance_of_failing, scores
from matchmaker.scoring.scorecard.drift import DriftReport, drift_report
from matchmaker.scoring.scorecard.fitting import Case, fit
from matchmaker.scoring.scorecard.measures import Quality, leak_alarm, quality
from matchmaker.scoring.scorecard.stored import to_json, version

SPLIT = date(2004, 10, 1)
"""The start of the last fiscal year of the file; all choices were made on the cases before it."""


def data_folder() -> Path:
    """Where the real loans lie; they are not part of the repository."""
    return Path(os.environ.get("MATCHMAKER_RANKING_DATA") or ROOT.parent / "shared" / "data" / "ranking")


def main() -> None:
    """Run once and print the document."""
    options = _options()
    start = time.perf_counter()
    cases = read_cases(options.history)
    history, later = _split(cases, options)
    card = fit(history, SBA_FEATURES, name="sba")
    if options.card:
        options.card.write_text(to_json(card), "utf-8")
    document = compare(card, history, later)
    refused = refusal(with_column(options.history, cases, LEAK_COLUMN))
    report = drift_report(card, [case.row for case in later], later)
    scored = {"scored": len(later), "later_failed": sum(case.failed for case in later), "refused": refused}
    show(document | scored | _about(card) | _drift(report) | {"seconds": round(time.perf_counter() - start, 1)})


def compare(card: Scorecard, history: Sequence[Case], later: Sequence[Case]) -> dict[str, Any]:
    """``ours`` and ``baselines``: auc, brier, ece of each on the later cases."""
    failed = [case.failed for case in later]
    said = [chance_of_failing(points) for points in scores(card, [case.row for case in later])]
    others = {
        "hist_gradient_boosting": chances(boosting, history, later, SBA_FEATURES),
        "logistic_plain": chances(plain_logistic, history, later, SBA_FEATURES),
        "base_rate": base_rate(history, later),
    }
    ours = quality(failed, said)
    baselines = {name: _rounded(quality(failed, one)) for name, one in others.items()}
    return {"ours": _rounded(ours), "baselines": baselines, "leak_alarm": leak_alarm(ours.auc)}


def _rounded(measured: Quality) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(measured).items()}


def refusal(cases: Sequence[Case]) -> str:
    """What fitting says to cases that hold the leaking column."""
    try:
        fit(cases, SBA_FEATURES, name="leak")
    except RejectedError as error:
        return error.say("en")
    raise AssertionError(f"{LEAK_COLUMN} was taken")


def _about(card: Scorecard) -> dict[str, Any]:
    trial = card.trial
    return {
        "card": version(card),
        "fitted_rows": card.fitted.rows,
        "fitted_days": [card.fitted.first.isoformat(), card.fitted.last.isoformat()],
        "features": [feature.key for feature in card.features],
        "dropped": list(card.dropped),
        "trial": {name: round(getattr(trial, f"{name}_e6") / 1e6, 4) for name in ("auc", "brier", "ece")},
    }


def _drift(report: DriftReport) -> dict[str, Any]:
    return {
        "psi": {"score": round(report.score.psi, 4), **{one.key: round(one.psi, 4) for one in report.features}},
        "groups": [[one.rows, round(one.said, 4), round(one.share, 4)] for one in report.groups],
        "years": {year: [one.rows, round(one.said, 4), round(one.share, 4)] for year, one in report.years},
    }


def _split(cases: list[Case], options: argparse.Namespace) -> tuple[list[Case], list[Case]]:
    if options.later:
        return cases, read_cases(options.later)
    return [one for one in cases if one.day < options.split], [one for one in cases if one.day >= options.split]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=("default", "lender"), required=True)
    parser.add_argument("--history", type=Path, default=data_folder() / "sba_dev.csv.gz")
    parser.add_argument("--later", type=Path, help="cases to score; else --split cuts the history")
    parser.add_argument("--split", type=date.fromisoformat, default=SPLIT, help="first day of the cases to score")
    parser.add_argument("--card", type=Path, help="also write the fitted card here, as JSON")
    options = parser.parse_args()
    if options.task == "lender":
        parser.error("which lender is not measured yet: run it with --task default")
    for file in (options.history, options.later):
        if file and not file.is_file():
            parser.error(
                f"{file} is not there: name a file, or set MATCHMAKER_RANKING_DATA to the folder that holds it"
            )
    return options


if __name__ == "__main__":
    main()
