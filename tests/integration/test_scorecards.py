"""Scorecards in the database: what is kept with a case, fitting on closed cases, release by two, opinions, drift."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from matchmaker.accounts.audit import read_chain
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database, ScopedSession
from matchmaker.domain.errors import MatchmakerError
from matchmaker.guarantee.cases.covering import Loan, cover
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.models import FittedCard
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.guarantee.scorecards import (
    all_cards,
    card_in_use,
    closed_cases,
    count_closed,
    drift_of_card,
    fit_card,
    opinion_of,
    release_card,
)
from matchmaker.lists.models import Enterprise
from matchmaker.push.privacy.retention import run_retention
from matchmaker.scoring.scorecard.city import CITY_FEATURES, LEAST_CLOSED
from matchmaker.scoring.scorecard.features import check_rows
from matchmaker.scoring.scorecard.stored import from_json
from tests.support.city import code_of, put
from tests.support.consenting import bank, enterprise, let_cover, operator, record
from tests.support.guaranteeing import NOW, WAN, Play, guaranteed_city, underwriter
from tests.support.scorecards import NEWEST, add_history

SECOND = replace(operator(), who="person:op2", person_id=97)


@pytest.fixture
def play(migrated_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_url)
    settings = guaranteed_city(database, tmp_path)
    with database.writing(CLI) as session:
        load_default_rules(session, actor=CLI, now=NOW)
    yield Play(database, settings)
    database.dispose()


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(MatchmakerError) as error:
        yield
    assert error.value.code == code


def fitted(play: Play) -> str:
    with play.database.writing(operator()) as session:
        return fit_card(session, actor=operator(), settings=play.settings, now=NOW).card_version


def in_use(play: Play) -> str:
    """A history, a card fitted on it and released by the second person."""
    with play.database.writing(SYSTEM) as session:
        add_history(session)
    version = fitted(play)
    with play.database.writing(SECOND) as session:
        release_card(session, actor=SECOND, card_version=version, now=NOW)
    return version


def opinion(play: Play) -> Any:
    with play.database.writing(underwriter()) as session:
        case = session.scalars(select(Guarantee).where(Guarantee.public_id == play.public_id)).one()
        return opinion_of(session, case, play.settings)


# What is kept with a case


def test_an_application_keeps_what_was_known_on_its_day(play: Play) -> None:
    with play.database.writing(SYSTEM) as session:
        put(
            session,
            "credit-records",
            record(1, "PUBLIC"),
            record(2, "PUBLIC", kind="UTILITIES", repaired_on="2026-06-01"),
        )
    case = play.apply(300)
    assert case.features == {
        "age_months": 140, "revenue_wan": 3001, "employees": 60, "assets_wan": 5000, "tax_grade": "A", "tiers": 0,
        "government_records": 1, "judicial_records": None, "financial_records": 0, "enterprise_records": None,
        "amount_to_revenue_pct": pytest.approx(9.9967, abs=1e-4), "term_months": 12, "first_loan": "N",
    }  # fmt: skip
    check_rows([case.features], CITY_FEATURES)
    assert case.features_until == date(2031, 5, 1), "five years after the act, not after the application"
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Enterprise).values(employees=1, revenue_fen=1))
    assert play.case.features == case.features


def test_automatic_cover_keeps_it_too(play: Play) -> None:
    let_cover(play.database, play.settings, number=2)
    loan = Loan(event_no="E1", scheme_code="S1", uscc=code_of(2), amount_fen=100 * WAN, term_months=6)
    with play.database.writing(bank()) as session:
        case = cover(session, actor=bank(), loan=loan, settings=play.settings, now=NOW)
    assert case.features is not None and (case.features["term_months"], case.features["employees"]) == (6, 60)


def test_without_rules_in_force_no_record_is_counted(migrated_url: str, tmp_path: Path) -> None:
    database = Database(migrated_url)
    case = Play(database, guaranteed_city(database, tmp_path)).apply()
    database.dispose()
    assert case.features is not None and case.features["employees"] == 60
    assert {case.features[key] for key in case.features if key.endswith("_records")} == {None}


def test_what_was_kept_goes_five_years_after_the_act(play: Play) -> None:
    case = play.apply()
    assert case.features_until == date(2031, 11, 24)
    for day, gone in ((23, 0), (24, 1), (24, 0)):
        done = run_retention(play.database, play.settings, actor=CLI, now=NOW.replace(year=2031, day=day))
        assert done["case_features"] == gone
    assert (play.case.features, play.case.features_until) == (None, None)
    assert "没有留存" not in opinion(play).text.zh, "as long as there is no card, the counts are what is said"


# Cards


def test_cases_with_an_outcome_are_counted_and_no_others(play: Play) -> None:
    play.apply()
    with play.database.writing(SYSTEM) as session:
        add_history(session, 3, name="R", state="released", compensated_at=None)
        add_history(session, 2, name="W", state="written_off", compensated_at=NOW)
        add_history(session, 1, name="B", state="recovered", compensated_at=NOW)
        for state in ("in_force", "overdue", "claimed", "declined", "withdrawn", "lapsed"):
            add_history(session, 1, name=state, state=state, compensated_at=None)
        add_history(session, 1, name="old", state="released", compensated_at=None, features=None)
        add_history(session, 1, name="far", state="released", compensated_at=None, approved_at=NOW - timedelta(1500))
    with play.database.reading(underwriter()) as session:
        cases = closed_cases(session, play.settings)
        counts = count_closed(session, play.settings)
    assert sorted(case.failed for case in cases) == [False] * 4 + [True] * 3
    assert (counts.closed, counts.failed) == (6, 3), "those of the 36 months that a card is fitted on"
    said = opinion(play)
    assert said.explanation is None and f"已结 6 笔，需至少 {LEAST_CLOSED} 笔；其中代偿 3 笔" in said.text.zh


def test_too_few_cases_are_refused_with_the_counts(play: Play) -> None:
    with play.database.writing(operator()) as session, refused("few_cases"):
        fit_card(session, actor=operator(), settings=play.settings, now=NOW)
    with play.database.writing(SYSTEM) as session:
        add_history(session, 1200, compensated_at=None, state="released")
        add_history(session, 129, name="F", compensated_at=NOW, state="compensated")
    with play.database.writing(operator()) as session, refused("few_cases"):
        fit_card(session, actor=operator(), settings=play.settings, now=NOW)


def test_a_card_is_used_once_a_second_person_has_released_it(play: Play) -> None:
    play.apply()
    with play.database.writing(SYSTEM) as session:
        add_history(session)
    version = fitted(play)
    assert version.startswith(f"city-{NEWEST:%Y%m%d}-")
    assert opinion(play).explanation is None and "还没有发布" in opinion(play).text.zh
    with play.database.writing(operator()) as session, refused("second_person"):
        release_card(session, actor=operator(), card_version=version, now=NOW)
    with play.database.writing(SECOND) as session:
        release_card(session, actor=SECOND, card_version=version, now=NOW)
    said = opinion(play)
    assert said.explanation.version == version and "只供核保人参考" in said.text.zh
    lines = {line.key: line.points for line in said.explanation.lines}
    assert said.explanation.score == said.explanation.base_points + sum(lines.values())
    assert {"age_months", "amount_to_revenue_pct"} <= set(lines)
    assert said == opinion(play), "computed again from what was kept it is the same"
    with play.database.reading(SYSTEM) as session:
        told = {event["action"] for event in read_chain(session)}
    assert {"scorecard.fitted", "scorecard.released"} <= told


def test_the_newest_released_card_is_in_use(play: Play) -> None:
    first = in_use(play)
    with play.database.writing(operator()) as session, refused("card_known"):
        fit_card(session, actor=operator(), settings=play.settings, now=NOW)
    with play.database.writing(SYSTEM) as session:
        add_history(session, 100, newest=date(2026, 7, 30), days=20, name="N")
    newer = fitted(play)
    with play.database.writing(SECOND) as session:
        release_card(session, actor=SECOND, card_version=newer, now=NOW)
        with refused("card_state"):
            release_card(session, actor=SECOND, card_version=first, now=NOW)
        with refused("not_found"):
            release_card(session, actor=SECOND, card_version="city-0", now=NOW)
    with play.database.reading(underwriter()) as session:
        assert [(one.card_version, one.state) for one in all_cards(session)] == [
            (newer, "released"),
            (first, "retired"),
        ]
        used = card_in_use(session)
        assert used is not None and from_json(used.document).fitted.last == date(2026, 7, 30)


def test_only_operators_fit_and_release(play: Play) -> None:
    for who in (underwriter(), bank(), enterprise()):
        with play.database.writing(who) as session, refused("role"):
            fit_card(session, actor=who, settings=play.settings, now=NOW)
        with play.database.writing(who) as session, refused("role"):
            release_card(session, actor=who, card_version="city-0", now=NOW)


def test_no_enterprise_and_no_bank_sees_a_card_and_no_guarantor_a_draft(play: Play) -> None:
    def seen(session: ScopedSession) -> int:
        return len(all_cards(session))

    with play.database.writing(SYSTEM) as session:
        add_history(session)
    version = fitted(play)
    with play.database.reading(underwriter()) as session:
        assert seen(session) == 0
    with play.database.writing(SECOND) as session:
        release_card(session, actor=SECOND, card_version=version, now=NOW)
    for who, count in ((underwriter(), 1), (operator(), 1), (bank(), 0), (enterprise(), 0)):
        with play.database.reading(who) as session:
            assert seen(session) == count


def test_the_table_itself_holds_two_persons_and_one_released_card(play: Play) -> None:
    in_use(play)
    row = {"document": "{}", "made_by": "person:1", "made_at": NOW, "released_at": NOW}
    for wrong in (
        {"card_version": "a", "state": "retired", "released_by": "person:1"},
        {"card_version": "b", "state": "released", "released_by": "person:2"},
        {"card_version": "c", "state": "released", "released_by": None},
    ):
        with pytest.raises(IntegrityError), play.database.writing(SYSTEM) as session:
            session.add(FittedCard(**row, **wrong))


def test_a_case_of_which_nothing_was_kept_has_no_score(play: Play) -> None:
    in_use(play)
    play.apply()
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).where(Guarantee.public_id == play.public_id).values(features=None))
    assert opinion(play).explanation is None and "没有留存" in opinion(play).text.zh


def test_a_feature_that_was_not_looked_at_yet_is_not_known(play: Play) -> None:
    in_use(play)
    play.apply()
    kept = {"age_months": 12, "a_feature_of_before": 1}
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).where(Guarantee.public_id == play.public_id).values(features=kept))
    bins = {line.key: line.bin.en for line in opinion(play).explanation.lines}
    assert bins.pop("age_months") != "not known" and set(bins.values()) == {"not known"}


# Drift


def test_newer_applications_and_outcomes_are_compared_with_the_card_in_use(play: Play) -> None:
    with play.database.reading(SYSTEM) as session, refused("no_card"):
        drift_of_card(session, play.settings)
    in_use(play)
    with play.database.reading(SYSTEM) as session, refused("no_newer_cases"):
        drift_of_card(session, play.settings)
    with play.database.writing(SYSTEM) as session:
        add_history(session, 300, newest=date(2026, 11, 1), days=100, name="N")
        add_history(session, 40, newest=date(2026, 11, 1), days=10, name="O", state="applied", approved_at=None,
                    compensated_at=None)  # fmt: skip
    with play.database.reading(SYSTEM) as session:
        report = drift_of_card(session, play.settings)
    assert report.rows == 340 and report.quality is not None
    assert [(year, group.rows) for year, group in report.years] == [(2026, 300)]
    with play.database.writing(SYSTEM) as session:
        moved = {"age_months": 1}
        newer = Guarantee.applied_at > NOW - timedelta(days=130)
        session.execute(update(Guarantee).where(newer).values(features=moved))
    with play.database.reading(SYSTEM) as session:
        assert drift_of_card(session, play.settings).score.level.name.en == "shifted"
