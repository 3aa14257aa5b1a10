"""Measures guarantees that are asked for at once: several processes and threads, one hot pool or several.

    python -m benchmarks.guarantee_contention --processes 4 --threads 2 --attempts 3000
    python -m benchmarks.guarantee_contention --pools 4 --groups 100
    python -m benchmarks.guarantee_contention --way approve --attempts 1500
    python -m benchmarks.guarantee_contention --way whole --attempts 600

Real PostgreSQL. ``--way reserve``: each attempt is a transaction of its own: registers read, balances locked, all
limits checked, an entry with its legs and the audit event written, committed. ``--way whole``: each is a case of its
own by the services, with consents, rating and scheme: applied for, reviewed by one person, approved by another.
``--way approve``: the same cases, of which the approvals alone are timed, all at one pool; the others were made before.
``--pools`` guarantors have a capped scheme each; the customers belong to ``--groups`` of related companies that are
with all of them, so the limits of a group with one guarantor and in the whole city are contended for across pools.

``--full``: about which part of the attempts the pools have room for; the others must be refused. ``over_commit_fen``:
by how much a pool, a customer, a group or a group in the city ended above its limit; ``lost_updates``: accepted
attempts that the pools' rows do not hold. In the same run, ``baseline_updates_per_s``: bare guarded updates of a single
row by as many writers.
"""

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any

from sqlalchemy import select, text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._common import show
from benchmarks._guarantee_cases import Plan, Tried, fill, over_commit, prepare
from matchmaker.actor import SYSTEM
from matchmaker.db import Database, engine_for
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.schema import upgrade
from tests.support.postgres import PostgresServer

Ended = tuple[Tried, float]
"""An attempt and its seconds."""


def main() -> None:
    """Run once and print the document."""
    options = _options()
    plan = Plan(
        attempts=options.attempts, full=options.full, pools=options.pools, groups=options.groups, way=options.way
    )  # fmt: skip
    server = PostgresServer()
    try:
        url = server.url(server.create_database())
        upgrade(url)
        database = Database(url)
        fill(database, plan)
        _bare(database)
        if options.way == "approve":
            _run(options, prepare, url, options.attempts)
        approvals, seconds = _run(options, plan.attempt(), url, options.attempts)
        updates, update_seconds = _run(options, _update, url, options.updates)
        show(_document(database, plan, approvals, seconds) | _compared(approvals, seconds, updates, update_seconds))
        database.dispose()
    finally:
        server.stop()


def _bare(database: Database) -> None:
    """A row to compare with, without any of our rules."""
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bare (id int PRIMARY KEY, fen bigint NOT NULL)"))
        connection.execute(text("INSERT INTO bare VALUES (1, 0)"))


def _run(options: argparse.Namespace, work: Any, url: str, total: int) -> tuple[list[Ended], float]:
    """``total`` attempts shared by all threads of all processes; seconds from the first to the last."""
    share = max(total // (options.processes * options.threads), 1)
    arguments = [(work, url, options.seed, n, options.threads, share) for n in range(options.processes)]
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(_warm, [url] * options.processes))
        begun = time.monotonic()
        ended = [one for some in pool.map(_in_threads, arguments) for one in some]
        return ended, time.monotonic() - begun


def _warm(url: str) -> None:
    """Import and connect before the clock starts; long enough that each process takes one."""
    engine = engine_for(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.5)"))
    engine.dispose()


def _in_threads(arguments: tuple[Any, str, int, int, int, int]) -> list[Ended]:
    work, url, seed, process, threads, share = arguments
    database, ended = Database(url), list[Ended]()

    def run(thread: int) -> None:
        chance = random.Random((seed * 1000 + process) * 1000 + thread)
        for turn in range(share):
            begun = time.monotonic()
            tried = work(database, (process * threads + thread) * share + turn, chance)
            ended.append((tried, time.monotonic() - begun))

    running = [Thread(target=run, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    database.dispose()
    return ended


def _update(database: Database, number: int, chance: random.Random) -> Tried:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE bare SET fen = fen + 1 WHERE id = 1 AND fen + 1 <= 1000000000"))
    return Tried(True)


def _document(database: Database, plan: Plan, ended: list[Ended], seconds: float) -> dict[str, Any]:
    accepted = [one for one, _ in ended if one.accepted]
    with database.reading(SYSTEM) as session:
        pools = session.scalars(select(GuaranteeBalance).where(GuaranteeBalance.scope == "scheme")).all()
        over, flaws = over_commit(session, plan), verify_ledger(session).flaws
    return {
        "way": plan.way,
        "pools": plan.pools,
        "groups": plan.groups,
        "attempts": len(ended),
        "accepted": len(accepted),
        "refused": len(ended) - len(accepted),
        "refused_by": dict(Counter(key for one, _ in ended for key in one.limits)),
        "refused_without_reason": sum(not one.accepted and not one.refusal for one, _ in ended),
        "over_commit_fen": over,
        "lost_updates": len(accepted) - sum(row.version for row in pools),
        "flaws": len(flaws),
        "seconds": round(seconds, 1),
        **_spread("", [took for _, took in ended]),
        **_spread("approval_", [one.last for one in accepted]),
    }


def _spread(name: str, took: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        f"{name}p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
        f"{name}p99_ms": round(ordered[len(ordered) * 99 // 100] * 1000, 1),
    }


def _compared(tried: list[Ended], seconds: float, updates: list[Ended], update_seconds: float) -> dict[str, Any]:
    rate, bare = len(tried) / seconds, len(updates) / update_seconds
    return {
        "approvals_per_s": round(rate, 1),
        "baseline_updates_per_s": round(bare, 1),
        "ratio_to_baseline": round(rate / bare, 3),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--way", choices=("reserve", "approve", "whole"), default="reserve")
    parser.add_argument("--pools", type=int, default=1, help="guarantors, of the way reserve")
    parser.add_argument("--groups", type=int, default=0, help="of related customers, across the pools")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2, help="of each process, each with a connection of its own")
    parser.add_argument("--attempts", type=int, default=3_000)
    parser.add_argument("--updates", type=int, default=3_000, help="bare updates to compare with")
    parser.add_argument("--full", type=float, default=0.8, help="which part of the attempts the pools have room for")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
