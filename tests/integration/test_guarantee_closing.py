"""An enterprise leaves: what it only asked for is taken back, a contract binds it, and books outlive both."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from matchmaker.accounts.models import Person
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent, GuaranteeNote
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.lists.models import Need
from matchmaker.push.privacy.closing import CLOSED, Closed, close_account
from matchmaker.push.privacy.retention import run_retention
from tests.support.city import code_of
from tests.support.consenting import enterprise, need_no
from tests.support.guaranteeing import LONG, WAN, Play, approver, guaranteed_city, kept, underwriter


@pytest.fixture
def play(migrated_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_url)
    yield Play(database, guaranteed_city(database, tmp_path))
    database.dispose()


def close(play: Play) -> Closed:
    with play.database.writing(CLI) as session:
        return close_account(session, actor=CLI, uscc=code_of(1), settings=play.settings, now=play.at)


@pytest.mark.parametrize("stage", ["applied", "waiting", "reviewed", "approved"])
def test_what_is_only_asked_for_is_taken_back(play: Play, stage: str) -> None:
    play.apply()
    if stage == "waiting":
        play.step("ask", underwriter(), text=LONG)
    if stage in ("reviewed", "approved"):
        play.review()
    if stage == "approved":
        play.step("approve", approver())
    assert play.case.state == stage and play.position.reserved > 0
    assert close(play).guarantees == 1
    assert (play.case.state, play.position.reserved) == ("withdrawn", 0)
    assert close(play).guarantees == 0, "safe to repeat"
    with play.database.reading(SYSTEM) as session:
        assert verify_ledger(session).flaws == ()


@pytest.mark.parametrize("stage", ["in_force", "overdue", "claimed", "compensated"])
def test_a_guarantee_that_was_lent_under_binds(play: Play, stage: str) -> None:
    number = play.approved().guarantee_no
    play.later(100).report("drawdown", 10 * WAN, day=1)
    if stage != "in_force":
        play.report("overdue", day=2)
    if stage in ("claimed", "compensated"):
        play.report("claim", 10 * WAN, day=62)
    if stage == "compensated":
        play.step("check_claim", underwriter(), text=LONG)
        play.step("compensate", approver())
    before = kept(play.database)
    with pytest.raises(RejectedError) as said:
        close(play)
    assert said.value.code == "guarantees_binding"
    assert number in said.value.say("zh") and play.case.stands.label.zh in said.value.say("zh")
    assert number in said.value.say("en") and play.case.stands.label.en in said.value.say("en")
    assert kept(play.database) == before and play.case.state == stage
    with play.database.reading(SYSTEM) as session:
        assert session.scalars(select(Need.status).where(Need.need_no == need_no(1))).one() is EntryStatus.PUBLISHED


def test_once_it_is_settled_the_account_can_be_closed(play: Play) -> None:
    play.approved(10)
    play.later(30).report("drawdown", 10 * WAN, day=1)
    play.report("repayment", 10 * WAN, day=2)
    assert play.case.state == "released" and close(play).guarantees == 0


def test_the_name_of_whoever_wrote_a_note_goes_with_the_account(play: Play) -> None:
    play.apply()
    play.step("ask", underwriter(), text=LONG)
    with play.database.writing(SYSTEM) as session:
        person = Person(login="e1", name="李财务", uscc=code_of(1), created_at=play.at)
        session.add(person)
        session.flush()
        asked = session.scalars(select(GuaranteeNote)).one()
        session.add(GuaranteeNote(
            guarantee_no=asked.guarantee_no, uscc=asked.uscc, org_code=asked.org_code, bank_code=asked.bank_code,
            verb="supply", text=LONG, inside=False, said_at=play.at, said_by=f"person:{person.id}", name="李财务",
        ))  # fmt: skip
    close(play)
    with play.database.reading(SYSTEM) as session:
        names = {one.verb: one.name for one in session.scalars(select(GuaranteeNote))}
    assert names == {"ask": "孙审保", "supply": CLOSED}


def test_what_was_never_lent_under_goes_after_three_years_and_books_stay(play: Play) -> None:
    play.approved()
    play.step("withdraw", enterprise())
    other = Play(play.database, play.settings, number=2)
    other.approved(10)
    other.later(30).report("drawdown", 10 * WAN, day=1)
    other.report("repayment", 10 * WAN, day=2)
    with play.database.reading(SYSTEM) as session:
        before = verify_ledger(session)
    three = timedelta(days=3 * 365 + 31)
    for later, gone in ((timedelta(days=3 * 365), 0), (three, 2), (three, 0), (timedelta(days=31 * 365), 0)):
        erased = run_retention(play.database, play.settings, actor=CLI, now=play.at + later)
        assert (erased["undrawn_guarantees"], erased["guarantee_books"]) == (gone, 0)
    with play.database.reading(SYSTEM) as session:
        left = session.scalars(select(Guarantee.public_id)).all()
        assert left == [other.public_id], "what money rests on outlives the rules"
        assert session.scalar(select(func.count()).select_from(GuaranteeEvent)) == 2
        after = verify_ledger(session)
    assert after == before and not after.flaws
