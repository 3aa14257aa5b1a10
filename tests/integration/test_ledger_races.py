"""Bookings at the very same moment: threads on both databases, processes on PostgreSQL.

Nothing is over-committed, nothing is lost, and whoever is refused reads why.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database, lock_name
from matchmaker.domain.errors import ConflictError, MatchmakerError
from matchmaker.guarantee.ledger.capacity import OverLimitError
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from tests.support.city import code_of, put
from tests.support.covering import WAN, booked, case, guarantors, reserve, scheme, standing
from tests.support.wording import blames

ROUNDS = {"sqlite": 10, "postgresql": 40}
PROCESSES, THREADS, EACH = 4, 2, 15


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = filled(migrated_url)
    yield made
    made.dispose()


def filled(url: str) -> Database:
    made = Database(url)
    with made.writing(SYSTEM) as session:
        guarantors(session)
    return made


def at_once(works: list[Callable[[], object]]) -> list[MatchmakerError | None]:
    """Do all of it from one moment on; what each was refused with."""
    start, ended = Barrier(len(works)), list[MatchmakerError | None]()

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
            ended.append(None)
        except MatchmakerError as error:
            ended.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == len(works), "something else than a refusal was raised"
    return ended


def whole(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        assert verify_ledger(session).flaws == ()


def test_a_reservation_is_drawn_voided_or_lapsed_once_whoever_comes(database: Database) -> None:
    rounds = ROUNDS[database.engine.dialect.name]
    won: Counter[str] = Counter()
    for number in range(1, rounds + 1):
        covered = case(number, 1)
        reserve(database, covered)

        def drawn(covered: object = covered) -> object:
            return booked(database, "drawdown", covered, fen=WAN)  # type: ignore[arg-type]

        def freed(covered: object = covered) -> object:
            return booked(database, "free", covered, why="lapsed")  # type: ignore[arg-type]

        ended = at_once([drawn, freed] * 4)
        assert ended.count(None) == 1, ended
        assert {error.code for error in ended if error} <= {"over_reserved", "nothing_reserved"}
        at = standing(database, covered)
        assert at.reserved == 0 and at.drawn in (0, WAN)
        won["drawn" if at.drawn else "freed"] += 1
    assert sum(won.values()) == rounds
    whole(database)


def test_a_case_is_reserved_once_whoever_comes(database: Database) -> None:
    for number in range(1, 6):
        ended = at_once([lambda number=number: reserve(database, case(number))] * 4)  # type: ignore[misc]
        assert ended.count(None) == 1 and {one.code for one in ended if one} == {"already_reserved"}
    whole(database)


def approve(url: str, seed: int, group: bool) -> list[tuple[int, bool, str]]:
    """One process: threads that approve cases of random sizes; (amount, whether accepted, the refusal)."""
    database, ended = Database(url), list[tuple[int, bool, str]]()

    def run(thread: int) -> None:
        chance = random.Random(seed * 100 + thread)
        for turn in range(EACH):
            number = (seed * THREADS + thread) * EACH + turn + 1
            plain = case(number, chance.randrange(50, 300), firm=chance.randrange(1, 4 if group else 40))
            covered = replace(plain, amount_fen=plain.amount_fen + chance.randrange(100))
            if group:
                org = chance.randrange(1, 3)
                covered = replace(
                    covered, org_code=f"G{org}", scheme_code=f"S{org}", groups=("R1", "R2")[: 1 + org % 2]
                )
            try:
                reserve(database, covered)
                ended.append((covered.amount_fen, True, ""))
            except OverLimitError as error:
                ended.append((covered.amount_fen, False, error.say("zh")))

    threads = [Thread(target=run, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.dispose()
    return ended


def approved(url: str, *, group: bool) -> list[tuple[int, bool, str]]:
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(approve, url, seed, group) for seed in range(PROCESSES)]
        return [one for task in tasks for one in task.result()]


def sums(database: Database, scope: str) -> dict[str, GuaranteeBalance]:
    with database.reading(SYSTEM) as session:
        return {row.key: row for row in session.scalars(select(GuaranteeBalance)) if row.scope == scope}


@pytest.mark.postgres
def test_processes_at_one_pool_fill_it_and_never_more(migrated_postgres_url: str) -> None:
    database = filled(migrated_postgres_url)
    with database.writing(SYSTEM) as session:
        put(session, "schemes", scheme("S1", "G1", cap_wan="5000"))
    ended = approved(migrated_postgres_url, group=False)
    accepted = [fen for fen, taken, _ in ended if taken]
    assert len(ended) == PROCESSES * THREADS * EACH, "every attempt ended"
    row = sums(database, "scheme")["G1|S1"]
    assert row.reserved_nominal == sum(accepted) and row.version == len(accepted), "no update is lost"
    assert row.reserved_guaranteed <= 5000 * WAN
    assert row.reserved_guaranteed > 5000 * WAN - 300 * WAN, "refused only where it is full"
    assert all("方案在保余额" in said or "单户余额" in said for _, taken, said in ended if not taken)
    assert max(one.reserved_guaranteed for one in sums(database, "customer").values()) <= 1000 * WAN
    whole(database)
    database.dispose()


@pytest.mark.postgres
def test_processes_across_pools_never_exceed_a_group_of_the_city(migrated_postgres_url: str) -> None:
    database = filled(migrated_postgres_url)
    with database.writing(SYSTEM) as session:
        put(
            session, "related-groups", *({"group_code": g, "uscc": code_of(n)} for g in ("R1", "R2") for n in (1, 2, 3))
        )
        city = {"limit_no": "C-1", "kind": "CITY_GROUP", "limit_class": "POLICY", "amount_wan": "1600"}
        put(session, "guarantee-limits", city)
    ended = approved(migrated_postgres_url, group=True)
    row = sums(database, "city_group")["R1"]
    accepted = [fen for fen, taken, _ in ended if taken]
    assert row.reserved_nominal == sum(accepted) and row.version == len(accepted), "no update is lost"
    assert 1300 * WAN < row.reserved_guaranteed <= 1600 * WAN
    assert all("关联企业全市担保余额" in said or "关联方余额" in said for _, taken, said in ended if not taken)
    whole(database)
    database.dispose()


@pytest.mark.postgres
def test_two_who_wait_for_each_other_read_that_it_may_be_tried_again(migrated_postgres_url: str) -> None:
    """PostgreSQL ends one of them; its database could be reached all the same."""
    made, both = Database(migrated_postgres_url), Barrier(2)

    def locking(*names: str) -> None:
        with made.writing(SYSTEM) as session:
            lock_name(session, names[0])
            both.wait()
            lock_name(session, names[1])

    ended = at_once([lambda: locking("case", "guarantor"), lambda: locking("guarantor", "case")])
    made.dispose()
    (refused,) = [error for error in ended if error is not None]
    assert (refused.code, type(refused)) == ("database_deadlock", ConflictError)
    assert "再试一次" in refused.say("zh") and not blames(refused.say("zh"), refused.say("en"))
