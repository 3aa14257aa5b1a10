"""B-6 at the very same moment: people in threads of their own, each with a connection of its own, on both databases."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from matchmaker.accounts.audit import verify_chain
from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError
from matchmaker.push.services import run_push
from matchmaker.referrals.models import Referral
from matchmaker.referrals.opening import said_no
from matchmaker.settings import Settings
from tests.support.consenting import NOW, consent, fill
from tests.support.referring import answer, manager, referral, stands

Made = tuple[Database, Settings]
PEOPLE = [("张三", 51), ("李四", 52), ("王五", 53), ("赵六", 54)]


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def at_once(works: "list[tuple[str, object]]") -> dict[str, ConflictError | None]:
    """Do all of it from one moment on; name → what it was refused with."""
    start, ended = Barrier(len(works)), dict[str, ConflictError | None]()

    def run(name: str, work: object) -> None:
        start.wait()
        try:
            work()  # type: ignore[operator]
            ended[name] = None
        except ConflictError as error:
            ended[name] = error

    threads = [Thread(target=run, args=one) for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == len(works), "something else than a conflict was raised"
    return ended


def test_b6_of_several_managers_one_takes_and_the_others_read_who(city: Made) -> None:
    database, settings = city
    for number in range(1, 7):

        def take(name: str, person: int, number: int = number) -> object:
            by = manager(name, person)
            verb = "take" if person % 2 else "refuse"
            return lambda: answer(database, settings, verb, by=by, number=number)

        ended = at_once([(name, take(name, person)) for name, person in PEOPLE])
        won = [name for name, error in ended.items() if error is None]
        assert len(won) == 1, ended
        said = {error.say("zh") for error in ended.values() if error is not None}
        answered = referral(database, number=number)
        verb = {"taken": "接单", "refused": "答复「不适合我行」"}[answered.bank_answer]
        assert said == {f"已由{won[0][0]}* 于 09:30 {verb}。"} and answered.bank_by == won[0]
        assert answered.version == 2
    with database.reading(SYSTEM) as session:
        steps = Counter(one.subject for one in session.scalars(select(AuditEvent)) if one.action[:9] == "referral.")
        assert verify_chain(session)[1] == []
    assert set(steps.values()) == {1} and len(steps) == 6, "what was refused is not in the audit"


def test_both_sides_at_once_are_both_heard(city: Made) -> None:
    database, settings = city
    for number in range(1, 7):
        refused = at_once(
            [
                ("bank", lambda number=number: answer(database, settings, "take", number=number)),
                ("firm", lambda number=number: consent(database, settings, number=number)),
            ]
        )
        assert refused == {"bank": None, "firm": None}
        assert stands(database, number=number) == ("taken", "consented", "open", True)


def test_answers_during_a_push_are_neither_lost_nor_blocked_for_good(city: Made) -> None:
    """The push and the answers take the same locks in the same order."""
    database, settings = city
    works: list[tuple[str, object]] = [
        (f"firm {n}", lambda n=n: answer(database, settings, "decline", number=n)) for n in range(1, 4)
    ]
    works.append(("push", lambda: run_push(database, settings, now=lambda: NOW, audiences=("bank",))))
    assert set(at_once(works).values()) == {None}
    run_push(database, settings, now=lambda: NOW.replace(day=25), audiences=("bank",))
    with database.reading(SYSTEM) as session:
        assert {one.firm_answer for one in said_no(session)} == {"declined"}
        assert len(session.scalars(select(Referral).where(Referral.firm_answer == "declined")).all()) == 3
    assert [stands(database, number=n)[3] for n in range(1, 7)] == [False] * 3 + [True] * 3
