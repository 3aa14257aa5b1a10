"""What outlives a rating, what it may not use, and who must not decide: overrides, consents, sources, authors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.accounts.audit import read_chain
from matchmaker.accounts.models import Disclosure
from matchmaker.actor import CLI, SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import ConsentPurpose, CreditKind, FieldGroup
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.appeals import answer_appeal, appeal_rating
from matchmaker.guarantee.rating.models import Rating, RatingOverride
from matchmaker.guarantee.rating.overrides import ask_override, confirm_override
from matchmaker.guarantee.rating.queries import (
    is_held_back,
    override_of,
    standing_grade,
    standing_rating,
    wanted_override,
)
from matchmaker.guarantee.rating.readiness import readiness_of
from matchmaker.guarantee.rating.rules import draft_rules, find_rules, load_default_rules, release_rules
from matchmaker.guarantee.rating.services import rate_due, rate_enterprise
from matchmaker.guarantee.rating.view import rating_view
from matchmaker.lists.freshness import freshness_of
from matchmaker.lists.models import Enterprise
from matchmaker.push.consent_notices import take_back_consent
from matchmaker.scoring.rating.assess import assess_again
from matchmaker.scoring.rating.ruleset import read_rules
from matchmaker.settings import Settings
from tests.support.city import code_of, put
from tests.support.consenting import NOW, as_, consent, enterprise, fill, need_no, operator, record
from tests.support.rating import changed_rules

ON = NOW.date()
FIRM = code_of(1)
CREDIT = frozenset({FieldGroup.IDENTITY, FieldGroup.CREDIT})
CHECK = ConsentPurpose.CREDIT_CHECK
REASON = "核查后确认处罚对象是同名企业"
SECOND = replace(operator(), who="person:op2", person_id=97)
THIRD = replace(operator(), who="person:op3", person_id=95)


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[tuple[Database, Settings]]:
    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    with database.writing(CLI) as session:
        load_default_rules(session, actor=CLI, now=NOW)
    yield database, settings
    database.dispose()


@pytest.fixture
def database(city: tuple[Database, Settings]) -> Database:
    return city[0]


@pytest.fixture
def settings(city: tuple[Database, Settings]) -> Settings:
    return city[1]


def refused(code: str) -> Any:
    return pytest.raises(MatchmakerError, check=lambda error: error.code == code)


def rate(database: Database, settings: Settings, day: date = ON) -> str:
    """The number of a new rating of the first enterprise."""
    with database.writing(SYSTEM) as session:
        now = NOW + (day - ON)
        made = rate_enterprise(session, actor=SYSTEM, uscc=FIRM, as_of=day, now=now, settings=settings)
        return made.rating_no


def tonight(database: Database, settings: Settings, day: date = ON) -> None:
    """The nightly run."""
    with database.writing(SYSTEM) as session:
        rate_due(session, actor=SYSTEM, on=day, now=NOW + (day - ON), settings=settings)


def edited(database: Database, *, at: datetime = NOW, **cells: str) -> None:
    """The enterprise changes its own facts; what is not named stays."""
    with database.writing(SYSTEM) as session:
        put(session, "enterprises", {"uscc": FIRM, "name": "威海隐名1号机械有限公司", **cells}, now=at)


def penalised(database: Database, number: int, kind: str = "ADMIN_PENALTY", **cells: str) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(number, "PUBLIC", kind=kind, **cells), now=NOW)


def set_grade(database: Database, number: str, grade: Grade, now: datetime = NOW) -> str:
    """Two persons set a grade; the public id of the override."""
    with as_(database, operator()) as session:
        asked = ask_override(session, actor=operator(), rating_no=number, grade=grade, reason=REASON, now=now).public_id
    with as_(database, SECOND) as session:
        confirm_override(session, actor=SECOND, public_id=asked, now=now)
    return asked


def standing(database: Database) -> tuple[str, str, str | None]:
    """(grade that counts, machine's grade, override carried from an earlier rating); page and entry agree."""
    with database.reading(SYSTEM) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None
        entry = session.scalars(select(EnterpriseRating).where(EnterpriseRating.uscc == FIRM)).one()
        view = rating_view(session, rating, "zh", actor=SYSTEM, on=ON)
        assert view.grade == entry.grade.value == standing_grade(session, rating).value
        assert entry.valid_to == rating.valid_to
        rules = read_rules(find_rules(session, rating.rules_version).rules)
        assert assess_again(rating.facts, rules, rating.as_of) == rating.digest
        return view.grade, rating.grade, rating.override


def ended(database: Database) -> list[str]:
    """Why overrides ended, by the audit."""
    with database.reading(SYSTEM) as session:
        return [row["after"]["why"] for row in read_chain(session) if row["action"] == "rating_override.ended"]


# Overrides beyond their rating


def test_a_grade_set_for_the_worse_outlives_what_the_enterprise_edits(database: Database, settings: Settings) -> None:
    asked = set_grade(database, rate(database, settings), Grade.D)
    edited(database, employees="77", revenue_wan="9000")
    tonight(database, settings)
    assert standing(database) == ("D", "B", asked)
    tonight(database, settings)
    edited(database, employees="78")
    rate(database, settings)
    assert standing(database) == ("D", "B", asked) and ended(database) == []


def test_of_a_grade_set_for_the_worse_and_the_machines_the_worse_counts(database: Database, settings: Settings) -> None:
    asked = set_grade(database, rate(database, settings), Grade.C)
    penalised(database, 7, "JUDGMENT_DEBTOR")
    tonight(database, settings)
    assert standing(database) == ("D", "D", None)
    penalised(database, 7, "JUDGMENT_DEBTOR", repaired_on=str(ON))
    tonight(database, settings)
    assert standing(database) == ("C", "B", asked) and ended(database) == []


def test_a_grade_set_for_the_better_ends_once_the_machine_finds_worse(database: Database, settings: Settings) -> None:
    asked = set_grade(database, rate(database, settings), Grade.A)
    edited(database, employees="77")
    rate(database, settings)
    assert standing(database) == ("A", "B", asked)
    penalised(database, 7, "ABNORMAL_OPERATION")
    tonight(database, settings)
    assert standing(database) == ("C", "C", None) and ended(database) == ["worse"]
    penalised(database, 7, "ABNORMAL_OPERATION", ended_on=str(ON))
    tonight(database, settings)
    assert standing(database) == ("B", "B", None), "it does not come back"


def test_a_grade_set_by_two_ends_on_its_last_day(database: Database, settings: Settings) -> None:
    asked = set_grade(database, rate(database, settings), Grade.D)
    with database.reading(SYSTEM) as session:
        last = session.scalars(select(RatingOverride.valid_to)).one()
        assert last == ON + timedelta(days=180)
    rate(database, settings, last)
    assert standing(database) == ("D", "B", asked)
    tonight(database, settings, last + timedelta(days=1))
    assert standing(database)[0] == standing(database)[1] and ended(database) == ["expired"]


def test_two_persons_lift_what_was_set_and_one_cannot(database: Database, settings: Settings) -> None:
    set_grade(database, rate(database, settings), Grade.D)
    number = rate(database, settings)
    with as_(database, operator()) as session:
        asked = ask_override(session, actor=operator(), rating_no=number, grade=Grade.B, reason=REASON, now=NOW)
        public_id = asked.public_id
    assert standing(database)[0] == "D"
    with as_(database, operator()) as session, refused("second_person"):
        confirm_override(session, actor=operator(), public_id=public_id, now=NOW)
    with as_(database, SECOND) as session:
        confirm_override(session, actor=SECOND, public_id=public_id, now=NOW)
    with database.reading(SYSTEM) as session:
        assert override_of(session, number) is None
        assert session.scalars(select(EnterpriseRating.grade)).one() is Grade.B
    rate(database, settings)
    assert standing(database) == ("B", "B", None) and ended(database) == ["replaced", "lifted"]


def test_another_grade_takes_the_place_of_the_one_before(database: Database, settings: Settings) -> None:
    number = rate(database, settings)
    set_grade(database, number, Grade.D)
    later = set_grade(database, number, Grade.C, NOW + timedelta(minutes=1))
    assert standing(database)[0] == "C"
    rate(database, settings)
    assert standing(database) == ("C", "B", later) and ended(database) == ["replaced"]


def test_a_rating_of_an_earlier_day_ends_no_override(database: Database, settings: Settings) -> None:
    asked = set_grade(database, rate(database, settings), Grade.A)
    penalised(database, 7, "ABNORMAL_OPERATION")
    rate(database, settings, ON - timedelta(days=1))
    assert ended(database) == [] and standing(database)[0] == "A"
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(RatingOverride.ended_at).where(RatingOverride.public_id == asked)).one() is None


# Appeals against what two persons set


def test_who_set_a_grade_does_not_answer_the_appeal_against_it(database: Database, settings: Settings) -> None:
    set_grade(database, rate(database, settings), Grade.D)
    number = rate(database, settings)
    with as_(database, enterprise()) as session:
        made = appeal_rating(session, actor=enterprise(), rating_no=number, about=REASON, now=NOW, settings=settings)
        public_id = made.public_id

    def answer(actor: Actor) -> None:
        with as_(database, actor) as session:
            answer_appeal(
                session, actor=actor, public_id=public_id, outcome="adopted", answer=REASON, now=NOW, settings=settings
            )

    for actor in (operator(), SECOND):
        with refused("second_person"):
            answer(actor)
    answer(THIRD)
    assert standing(database)[0] == "D", "an adopted appeal asks for its end; a second person confirms"
    with database.reading(SYSTEM) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None
        wanted = wanted_override(session, rating.rating_no)
        assert wanted is not None and (wanted.grade, wanted.made_by, wanted.reason) == ("B", "person:op3", REASON)


# Sources


def test_a_source_older_than_the_register_says_is_unknown_in_a_rating_as_on_its_page(
    database: Database, settings: Settings
) -> None:
    """信用中国 holds for the days of the register; loaded again, it counts again."""
    with database.writing(SYSTEM) as session:
        put(session, "credit-sources", {"source": "信用中国", "nature": "MARKET", "dimension": "GOVERNMENT",
                                        "fresh_days": "15"}, now=NOW)  # fmt: skip
        put(session, "credit-records", record(1, "PUBLIC", kind="CUSTOMS", severity="MINOR"), now=NOW)

    def customs(day: date) -> str:
        rate(database, settings, day)
        with database.reading(SYSTEM) as session:
            rating = standing_rating(session, FIRM)
            assert rating is not None
            stale = freshness_of(session, day)["信用中国"].stale
            told = next(one for one in rating.results["findings"] if one["rule"] == "no_customs")
            assert stale is (told["reason"] == "source_stale")
            return str(told["result"])

    assert customs(ON + timedelta(days=15)) == "pass"
    assert customs(ON + timedelta(days=16)) == "unknown"
    assert customs(ON + timedelta(days=97)) == "unknown"


# Consent


def test_a_consent_for_one_need_opens_nothing_for_the_rating(database: Database, settings: Settings) -> None:
    consent(database, settings, "J1", CREDIT, purpose=CHECK, about=need_no())
    rate(database, settings)
    with database.reading(SYSTEM) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None and rating.consent is None
        assert "C2" not in [one["record_no"] for one in rating.facts["records"]]
        assert readiness_of(session, FIRM, NOW).consent is None
        assert is_held_back(session, rating.rating_no)


def looks(database: Database) -> list[Disclosure]:
    with database.reading(enterprise()) as session:
        return list(session.scalars(select(Disclosure).where(Disclosure.uscc == FIRM, Disclosure.channel == "rating")))


def test_reading_what_needs_consent_is_written_down_once_for_each_rating(
    database: Database, settings: Settings
) -> None:
    rate(database, settings)
    assert looks(database) == []
    given = consent(database, settings, "J1", CREDIT, purpose=CHECK)
    rate(database, settings)
    (look,) = looks(database)
    assert (look.consent_id, look.org_code, look.basis, look.purpose) == (given.id, "J1", "consent", CHECK.value)
    assert "credit-records.severity" in look.fields
    tonight(database, settings)
    assert len(looks(database)) == 1


def indebted(database: Database, settings: Settings) -> str:
    """A judgment debtor by a record that needs consent, which is given; the consent's public id."""
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(7, "AUTHORISED", kind="JUDGMENT_DEBTOR"), now=NOW)
    given = consent(database, settings, "J1", CREDIT, purpose=CHECK, days=30).public_id
    rate(database, settings)
    assert standing(database)[0] == "D"
    return given


def test_withdrawing_a_consent_rates_anew_at_once_and_launders_nothing(database: Database, settings: Settings) -> None:
    given = indebted(database, settings)
    for _ in range(2):  # a form sent twice makes no second rating
        with as_(database, enterprise()) as session:
            take_back_consent(session, actor=enterprise(), public_id=given, settings=settings, now=NOW)
    with database.reading(SYSTEM) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None and (rating.grade, rating.consent) == ("C", None)
        assert rating.cause == f"consent:{given}" and rating.made_by == "system"
        assert rating.facts["withdrawn"] == ["ADMIN_PENALTY", CreditKind.JUDGMENT_DEBTOR.value]
        assert "C7" not in str(rating.facts) + str(rating.results)
        assert is_held_back(session, rating.rating_no)
        assert len(session.scalars(select(Rating.id).where(Rating.uscc == FIRM)).all()) == 2
    edited(database, employees="77")
    rate(database, settings)
    assert standing(database)[0] == "C", "nor does the rating after the next"
    consent(database, settings, "J1", CREDIT, purpose=CHECK)
    tonight(database, settings)
    assert standing(database)[0] == "D"


def test_a_rating_does_not_outlive_the_consent_it_rests_on(database: Database, settings: Settings) -> None:
    indebted(database, settings)
    ends = ON + timedelta(days=30)
    with database.reading(SYSTEM) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None and rating.valid_to < ends
    tonight(database, settings, ends + timedelta(days=1))
    assert standing(database)[1] == "C"


def test_an_enterprise_that_is_not_rated_withdraws_as_before(database: Database, settings: Settings) -> None:
    given = consent(database, settings, "J1", CREDIT, purpose=CHECK)
    with as_(database, enterprise()) as session:
        take_back_consent(session, actor=enterprise(), public_id=given.public_id, settings=settings, now=NOW)
    with database.reading(SYSTEM) as session:
        assert standing_rating(session, FIRM) is None
        assert session.scalars(select(Enterprise.uscc).where(Enterprise.uscc == FIRM)).one()


# Authors of rules


def test_nobody_who_saved_a_draft_releases_it(database: Database) -> None:
    def draft(actor: Actor) -> None:
        with as_(database, actor) as session:
            draft_rules(session, actor=actor, rules=changed_rules(), note="成立时间放宽到一年以内", now=NOW)

    def release(actor: Actor) -> None:
        with as_(database, actor) as session:
            release_rules(session, actor=actor, version="2026.12.1", now=NOW)

    draft(operator())
    draft(CLI)
    draft(SECOND)
    for actor in (operator(), CLI, SECOND):
        with refused("second_person"):
            release(actor)
    release(THIRD)
    with database.reading(SYSTEM) as session:
        assert find_rules(session, "2026.12.1").authors == ["person:op", "operator:cli", "person:op2"]
