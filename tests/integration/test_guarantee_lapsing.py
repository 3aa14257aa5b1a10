"""What ends by itself at night: capacity never stays with a letter that is over, and no case hinders another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import MatchmakerError
from matchmaker.guarantee.cases import lapsing
from matchmaker.guarantee.cases.holding import covered_of
from matchmaker.guarantee.cases.queries import events_of
from matchmaker.guarantee.ledger.services import free_capacity
from tests.support.guaranteeing import TODAY, WAN, Play, guaranteed_city

LETTER = 90
"""Days of a letter of scheme S1."""


@pytest.fixture
def play(migrated_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_url)
    yield Play(database, guaranteed_city(database, tmp_path))
    database.dispose()


def night(play: Play, day: int) -> list[str]:
    play.later(day)
    return [case.public_id for case in lapsing.lapse_due(play.database, settings=play.settings, now=play.at)]


def over(play: Play) -> int:
    """The first day on which what is left of a letter is freed."""
    return LETTER + play.settings.guarantee_grace_days + 1


def test_what_is_not_drawn_when_the_letter_is_over_is_free_and_what_is_repaid_released(play: Play) -> None:
    play.approved()
    play.later(60).report("drawdown", 100 * WAN, day=1)
    play.report("repayment", 100 * WAN, day=50)
    assert (play.case.state, play.position.reserved) == ("in_force", 200 * WAN)
    assert night(play, over(play) - 1) == [] and play.position.reserved == 200 * WAN
    assert night(play, over(play)) == [play.public_id]
    assert (play.case.state, play.position.reserved) == ("released", 0)
    assert play.case.closed_on == play.at.date() and night(play, 400) == []


@pytest.mark.parametrize("overdue", [False, True])
def test_a_loan_that_is_still_owed_stays_covered_without_the_rest(play: Play, overdue: bool) -> None:
    play.approved()
    play.later(60).report("drawdown", 100 * WAN, day=1)
    if overdue:
        play.report("overdue", day=50)
    assert night(play, over(play)) == [play.public_id]
    at = play.position
    assert (play.case.state, at.reserved, at.outstanding) == ("overdue" if overdue else "in_force", 0, 100 * WAN)
    play.report("repayment", 100 * WAN, day=over(play))
    assert play.case.state == "released" and night(play, 400) == []


def test_a_loan_that_was_drawn_in_full_has_no_rest(play: Play) -> None:
    play.approved()
    play.later(60).report("drawdown", 300 * WAN, day=1)
    assert night(play, 400) == [] and play.case.closed_on is None


def test_a_drawdown_of_the_last_day_may_be_reported_some_days_later(play: Play) -> None:
    play.approved()
    assert night(play, LETTER + 3) == []
    assert play.report("drawdown", 100 * WAN, day=LETTER).event.state == "applied"
    assert night(play, over(play)) == [play.public_id] and play.position.reserved == 0
    with pytest.raises(MatchmakerError) as late:
        play.report("drawdown", 100 * WAN, day=LETTER)
    assert late.value.code == "closed"


def test_a_drawdown_that_waits_for_a_report_keeps_its_room(play: Play) -> None:
    play.approved()
    play.later(60).report("drawdown", 100 * WAN, day=1)
    play.report("overdue", day=30)
    assert play.report("drawdown", 200 * WAN, day=50).event.state == "parked"
    assert night(play, over(play)) == [] and play.position.reserved == 200 * WAN
    play.report("cure", day=40)
    assert play.position.outstanding == 300 * WAN


def test_the_night_closes_under_a_number_that_no_bank_can_send(play: Play) -> None:
    play.approved()
    play.later(60).report("drawdown", 100 * WAN, day=1)
    night(play, over(play))
    with play.database.reading(SYSTEM) as session:
        closing = events_of(session, play.case)[-1]
    assert (closing.kind, closing.state, closing.reported_by) == ("close", "applied", "system")
    assert closing.amount_fen == 100 * WAN and not closing.event_no.isascii()


def test_a_case_that_is_refused_stands_in_no_others_way(play: Play) -> None:
    odd = play.apply()
    other = Play(play.database, play.settings, number=2)
    other.apply()
    with play.database.writing(SYSTEM) as session:
        free_capacity(session, covered_of(odd), why="test", on=TODAY, actor=SYSTEM, now=play.at)
    assert night(play, 60) == [other.public_id]
    assert (play.case.state, other.case.state) == ("applied", "lapsed")


def test_whether_it_is_due_is_asked_again_once_the_case_is_held(play: Play) -> None:
    """Between listing and holding it, the case may have got its letter."""
    play.approved()
    play.later(60)
    with play.database.writing(SYSTEM) as session:
        assert lapsing.lapse(session, play.public_id, settings=play.settings, now=play.at) is None
    assert (play.case.state, play.position.reserved) == ("approved", 300 * WAN)
