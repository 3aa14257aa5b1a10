"""A whole city is rated group by group: a round that is cut off is gone on with, and rates nobody twice."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError
from matchmaker.guarantee.rating import rounds
from matchmaker.guarantee.rating.models import Rating
from matchmaker.guarantee.rating.rounds import rate_everybody
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.lists.services.workflow import NIGHTLY
from matchmaker.settings import Settings
from tests.support.consenting import NOW, fill

FIRMS = 6


@pytest.fixture
def made(migrated_url: str, tmp_path: Path) -> Any:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def rated(database: Database) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Rating)) or 0


def test_a_round_that_is_cut_off_is_gone_on_with(
    made: tuple[Database, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, settings = made
    with database.writing(CLI) as session:
        load_default_rules(session, actor=CLI, now=NOW)
    monkeypatch.setattr(rounds, "AT_A_TIME", 2)
    whole, calls = rounds.rate_due, []

    def cut_off(session: Any, **values: Any) -> int:
        calls.append(values["usccs"])
        done = whole(session, **values)
        if len(calls) == 2:
            raise RuntimeError("the process ends in its second group")
        return done

    day: date = NOW.date()
    monkeypatch.setattr(rounds, "rate_due", cut_off)
    with pytest.raises(RuntimeError):
        rate_everybody(database, actor=NIGHTLY, on=day, now=NOW, settings=settings)
    assert rated(database) == 2, "the first group stands, nothing of the second"
    assert rate_everybody(database, actor=NIGHTLY, on=day, now=NOW, settings=settings, most=3) == 3
    assert rate_everybody(database, actor=NIGHTLY, on=day, now=NOW, settings=settings) == FIRMS - 5
    assert rate_everybody(database, actor=NIGHTLY, on=day, now=NOW, settings=settings) == 0
    assert rated(database) == FIRMS


def test_without_rules_in_force_nobody_is_rated_and_it_is_said(made: tuple[Database, Settings]) -> None:
    database, settings = made
    with pytest.raises(ConflictError):
        rate_everybody(database, actor=CLI, on=NOW.date(), now=NOW, settings=settings)
    assert rated(database) == 0
