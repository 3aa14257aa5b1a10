"""Matching runs: compute, store, find again, and prove that a past one still comes out the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, cast

import numpy as np
from sqlalchemy import Table, insert, text
from sqlalchemy.orm import Session

from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.lists.services import last_version_id
from matchmaker.matching.compute import Outcome, PairRow, Progress, block_rows, blocks_of, match_market, within_top
from matchmaker.matching.facts import load_market
from matchmaker.matching.models import MatchPair, MatchRun
from matchmaker.matching.queries import find_run, get_run, rows_of_run
from matchmaker.scoring.score import RANKER, RULES_VERSION
from matchmaker.scoring.text import TEXT_WEIGHTS_VERSION

LOCK_RUNS = 20261002
"""Advisory lock that lets one process at a time look for a run and make it when there is none."""

AT_ONCE = 5_000
DIFFERENCES_SHOWN = 20
ENGINE = {"rules_version": RULES_VERSION, "ranker": RANKER, "text_weights": TEXT_WEIGHTS_VERSION}


def run_matching(
    session: Session, *, on: date, now: datetime, top_k: int, origin: str = "cli", progress: Progress | None = None
) -> MatchRun:
    """Match all open needs with all products in the market on ``on`` and store the run."""
    return store_run(session, match_market(load_market(session, on), top_k, progress), now=now, origin=origin)


def store_run(session: Session, outcome: Outcome, *, now: datetime, origin: str) -> MatchRun:
    """Store a computed run with its pairs; ``now`` is when its computation began."""
    market = outcome.market
    run = MatchRun(
        on_date=market.on,
        started_at=now,
        finished_at=now + timedelta(seconds=outcome.seconds),
        seconds=outcome.seconds,
        top_k=outcome.top_k,
        last_version_id=market.version_id,
        needs=len(market.needs),
        products=len(market.products),
        pairs=outcome.pairs,
        digest=outcome.digest,
        origin=origin,
        **{verdict.value: count for verdict, count in outcome.counts.items()},
        **ENGINE,
    )
    session.add(run)
    session.flush()
    rows = (_stored(run.id, row, outcome) for row in outcome.rows())
    connection, table = session.connection(), cast(Table, MatchPair.__table__)
    while some := list(islice(rows, AT_ONCE)):
        connection.execute(insert(table), some)
    return run


def _stored(run_id: int, row: PairRow, outcome: Outcome) -> dict[str, Any]:
    market = outcome.market
    return {
        "run_id": run_id,
        **row._asdict(),
        "need_version": market.need_versions[row.need_no],
        "product_version": market.product_versions[row.product_code],
        "enterprise_version": market.enterprise_versions[market.uscc_of[row.need_no]],
    }


def current_run(session: Session, on: date, top_k: int) -> MatchRun | None:
    """The stored run that a new one for ``on`` would repeat exactly: same lists, rules, order, weights and top-k."""
    return find_run(session, on, last_version_id=last_version_id(session), top_k=top_k, **ENGINE)


def ensure_run(session: Session, *, on: date, now: datetime, top_k: int, origin: str = "push") -> MatchRun:
    """The current run for ``on``, made now where there is none; several callers at once make one."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_RUNS})
    return current_run(session, on, top_k) or run_matching(session, on=on, now=now, top_k=top_k, origin=origin)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A past run computed again from the list versions it used; ``differences`` are the first few, as sentences."""

    run: MatchRun
    same: bool
    digest: str
    differences: list[Text]


def recompute_run(session: Session, run_id: int, progress: Progress | None = None) -> Recomputed:
    """Compute a past run again from what it names, and compare it with what is stored, row by row.

    NotFoundError for an unknown id; ConflictError when it was made by other rules than this release has.
    """
    run = get_run(session, run_id)
    _require_same_engine(run)
    market = load_market(session, run.on_date, version_id=run.last_version_id)
    outcome = match_market(market, run.top_k, progress)
    found = list(islice(_differences(rows_of_run(session, run_id), outcome.rows()), DIFFERENCES_SHOWN))
    return Recomputed(run, not found and outcome.digest == run.digest, outcome.digest, found)


def _require_same_engine(run: MatchRun) -> None:
    for name, here in ENGINE.items():
        there = getattr(run, name)
        if there != here:
            raise ConflictError(
                Text(
                    "批次 {run_id} 用的是规则版本 {there}，本版软件为 {here}。换用当时的软件版本重算。",
                    "Run {run_id} was made by rules {there}; this release has {here}. Recompute it with that release.",
                ),
                code="other_rules",
                run_id=run.id,
                there=f"{name} {there}",
                here=here,
            )


def _differences(stored: Iterator[PairRow], computed: Iterator[PairRow]) -> Iterator[Text]:
    """What differs between two streams of rows in the same order."""
    ours, theirs = next(stored, None), next(computed, None)
    while ours or theirs:
        if ours and (theirs is None or ours[:2] < theirs[:2]):
            yield _said(ours, Text("原批次有，重算没有", "stored, but not found again"))
            ours = next(stored, None)
        elif theirs and (ours is None or theirs[:2] < ours[:2]):
            yield _said(theirs, Text("重算有，原批次没有", "found again, but not stored"))
            theirs = next(computed, None)
        else:
            assert ours is not None
            assert theirs is not None
            if ours != theirs:
                yield _said(
                    ours, Text(f"原为 {_short(ours)}，现为 {_short(theirs)}", f"{_short(ours)} → {_short(theirs)}")
                )
            ours, theirs = next(stored, None), next(computed, None)


def _said(row: PairRow, what: Text) -> Text:
    pair = f"{row.need_no} × {row.product_code}"
    return Text(f"{pair}：{what.zh}", f"{pair}: {what.en}")


def _short(row: PairRow) -> str:
    return " ".join("-" if cell is None or cell == "" else str(cell) for cell in row[2:])


def stream_export(
    session: Session, on: date, *, all_pairs: bool, top_k: int, progress: Progress | None = None
) -> Iterator[PairRow]:
    """The pairs of ``flask match export`` by need_no and product_code; nothing is stored.

    Only eligible pairs within either top-k, or every pair in the market. Memory follows a block of needs, not pairs.
    """
    market = load_market(session, on)
    for block in blocks_of(market, progress):
        chosen = np.ones(block.verdict.shape, dtype=np.bool_) if all_pairs else within_top(block, top_k)
        yield from block_rows(market, block, chosen)
