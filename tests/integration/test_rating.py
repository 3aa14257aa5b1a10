"""Ratings in the database: made, kept for ever, standing as versions, overridden by two, appealed against."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from matchmaker.accounts.audit import read_chain
from matchmaker.accounts.consent import withdraw_consent
from matchmaker.accounts.models import Disclosure
from matchmaker.actor import CLI, SYSTEM, Actor
from matchmaker.db import Database, ScopedSession
from matchmaker.domain.errors import ConfigurationError, MatchmakerError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import ConsentPurpose, FieldGroup, Role, Side
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.appeals import answer_appeal, appeal_rating
from matchmaker.guarantee.rating.disclosed import disclosed_rating, grade_facts_for_underwriter
from matchmaker.guarantee.rating.models import Rating, RatingAppeal, RatingOverride, RatingRules
from matchmaker.guarantee.rating.overrides import ask_override, confirm_override, refuse_override
from matchmaker.guarantee.rating.queries import (
    appeals,
    current_rating,
    find_rating,
    override_of,
    overrides,
    ratings_of,
    standing_grade,
    standing_rating,
)
from matchmaker.guarantee.rating.rules import (
    draft_rules,
    find_rules,
    load_default_rules,
    preview_rules,
    release_rules,
    released_rules,
    rule_sets,
)
from matchmaker.guarantee.rating.services import rate_due, rate_enterprise
from matchmaker.guarantee.rating.view import rating_view
from matchmaker.lists.disputes import dispute_record
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.models import CreditRecord
from matchmaker.push.privacy.copying import copy_of
from matchmaker.push.privacy.retention import run_retention
from matchmaker.schema import grant_application
from matchmaker.scoring.rating.assess import assess_again
from matchmaker.scoring.rating.ruleset import read_rules
from matchmaker.settings import Settings
from tests.support.city import code_of, put
from tests.support.consenting import ALL, NOW, as_, consent, enterprise, fill, operator, record
from tests.support.postgres import APPLICATION, OWNER, PostgresServer
from tests.support.rating import changed_rules

ON = NOW.date()
FIRM = code_of(1)
CREDIT = frozenset({FieldGroup.IDENTITY, FieldGroup.CREDIT})
REASON = "核查后确认处罚对象是同名企业"


def second() -> Actor:
    return replace(operator(), who="person:op2", person_id=97)


GUARANTOR = Actor(
    "person:g", Side.GUARANTOR, orgs=("G1",), roles=frozenset({Role.UNDERWRITER}), person_id=96, second_factor=True
)


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


def rate(database: Database, settings: Settings, uscc: str = FIRM, as_of: date = ON, **options: Any) -> str:
    """Rate an enterprise; the number of the rating."""
    with as_(database, operator()) as session:
        made = rate_enterprise(session, actor=operator(), uscc=uscc, as_of=as_of, now=NOW, settings=settings, **options)
        return made.rating_no


def rate_all(database: Database, settings: Settings, on: date = ON, days: int = 0, most: int | None = None) -> int:
    with as_(database, operator()) as session:
        now = NOW + timedelta(days=days)
        return rate_due(session, actor=operator(), on=on, now=now, settings=settings, most=most)


def standing(database: Database, uscc: str = FIRM) -> Rating:
    with database.reading(SYSTEM) as session:
        found = standing_rating(session, uscc)
        assert found is not None
        return found


def result(rating: Rating, rule: str) -> dict[str, Any]:
    told: dict[str, Any] = next(one for one in rating.results["findings"] if one["rule"] == rule)
    return told


def refused(code: str) -> Any:
    return pytest.raises(MatchmakerError, check=lambda error: error.code == code)


def events(database: Database) -> list[str]:
    with database.reading(SYSTEM) as session:
        return [row["action"] for row in read_chain(session)]


# Making ratings


def test_a_rating_keeps_what_it_rests_on_and_comes_out_the_same_again(database: Database, settings: Settings) -> None:
    number = rate(database, settings)
    consent(database, settings, "J1", CREDIT, purpose=ConsentPurpose.CREDIT_CHECK)
    rate_all(database, settings)
    with database.reading(SYSTEM) as session:
        kept = session.scalars(select(Rating)).all()
        assert len(kept) == 7
        for rating in kept:
            rules = read_rules(find_rules(session, rating.rules_version).rules)
            assert assess_again(rating.facts, rules, rating.as_of) == rating.digest
            assert rating.results["grade"] == rating.grade and rating.as_of <= rating.valid_to
    assert number in [one.rating_no for one in kept] and "rating.made" in events(database)


def test_the_standing_rating_is_a_versioned_entry(database: Database, settings: Settings) -> None:
    first = rate(database, settings)
    second_one = rate(database, settings)
    with database.reading(SYSTEM) as session:
        entry = session.scalars(select(EnterpriseRating)).one()
        assert (entry.rating_no, entry.rated_on, entry.version, entry.status) == (second_one, ON, 2, "published")
        versions = session.scalars(select(ListVersion.data).where(ListVersion.kind == "ratings")).all()
        assert first in versions[0] and second_one in versions[1]
        found = current_rating(session, FIRM, entry.valid_to)
        assert found is not None and found.rating_no == second_one
        assert current_rating(session, FIRM, entry.valid_to + timedelta(days=1)) is None
        assert current_rating(session, code_of(2), ON) is None
        assert [one.rating_no for one in ratings_of(session, FIRM)] == [second_one, first]


def test_nobody_is_rated_who_is_not_there_nor_for_a_day_to_come(database: Database, settings: Settings) -> None:
    with refused("not_found"):
        rate(database, settings, uscc=code_of(77))
    with refused("rating_future"):
        rate(database, settings, as_of=ON + timedelta(days=1))
    with database.writing(SYSTEM) as session, refused("role"):
        rate_enterprise(session, actor=enterprise(), uscc=FIRM, as_of=ON, now=NOW, settings=settings)


def test_without_released_rules_nothing_is_rated(database: Database, settings: Settings) -> None:
    with database.writing(SYSTEM) as session:
        session.execute(update(RatingRules).values(state="retired"))
    with refused("no_rules"):
        rate(database, settings)


def test_yesterdays_rating_is_not_changed_by_todays_repair(database: Database, settings: Settings) -> None:
    """As of yesterday the record counts, as of today it does not; the older rating does not take the newer's place."""
    with database.writing(SYSTEM) as session:
        modes = {1: "PUBLIC", 3: "GOVERNMENT", 4: "PUBLIC"}
        put(session, "credit-records", *(record(n, m, repaired_on=str(ON)) for n, m in modes.items()), now=NOW)
    today = rate(database, settings)
    rate(database, settings, as_of=ON - timedelta(days=1))
    with database.reading(SYSTEM) as session:
        now, before = session.scalars(select(Rating).order_by(Rating.id)).all()
    assert result(before, "no_admin_penalty")["result"] == "fail"
    assert result(now, "no_admin_penalty")["result"] == "unknown"  # one record is left out for want of consent
    assert standing(database).rating_no == today


# Consent


def test_records_that_need_consent_are_read_only_under_one_to_the_bureau(
    database: Database, settings: Settings
) -> None:
    def numbers() -> list[str]:
        rate(database, settings)
        return sorted(one["record_no"] for one in standing(database).facts["records"])

    assert numbers() == ["C1", "C3", "C4"]
    assert result(standing(database), "consent")["result"] == "unknown"
    consent(database, settings, "B1", ALL)  # to a bank
    consent(database, settings, "J1", frozenset({FieldGroup.IDENTITY}), purpose=ConsentPurpose.CREDIT_CHECK)
    assert numbers() == ["C1", "C3", "C4"]
    given = consent(database, settings, "J1", CREDIT, purpose=ConsentPurpose.CREDIT_CHECK)
    assert numbers() == ["C1", "C2", "C3", "C4"]
    assert standing(database).consent == given.public_id
    with as_(database, enterprise()) as session:
        withdraw_consent(session, actor=enterprise(), public_id=given.public_id, now=NOW)
    assert numbers() == ["C1", "C3", "C4"]


def test_the_bureau_is_given_a_consent_for_credit_checks_only(database: Database, settings: Settings) -> None:
    with refused("unknown_recipient"):
        consent(database, settings, "J1", CREDIT, purpose=ConsentPurpose.FINANCING)


# What is due


def test_what_is_due_is_rated_and_what_comes_out_the_same_stays(database: Database, settings: Settings) -> None:
    assert rate_all(database, settings, most=2) == 2
    assert rate_all(database, settings) == 4
    assert rate_all(database, settings) == 0
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(6, "PUBLIC", uscc=code_of(3), kind="CUSTOMS"), now=NOW)
    assert rate_all(database, settings) == 6  # customs records are supplied from now on: unknown turns into passed
    with database.writing(SYSTEM) as session:
        put(
            session,
            "credit-records",
            record(6, "PUBLIC", uscc=code_of(3), kind="CUSTOMS", repaired_on=str(ON)),
            now=NOW,
        )
    assert rate_all(database, settings) == 1
    last = standing(database).valid_to
    assert rate_all(database, settings, last - timedelta(days=1), days=(last - ON).days) == 0
    assert rate_all(database, settings, last, days=(last - ON).days) > 0
    assert "ratings.run" in events(database)


def test_the_nightly_job_rates_and_needs_no_one(database: Database, settings: Settings) -> None:
    from matchmaker.jobs.context import Context
    from matchmaker.jobs.works import rate_enterprises

    with database.writing(SYSTEM) as session:
        session.execute(update(RatingRules).values(state="retired"))
    rate_enterprises(Context(database, settings, lambda: NOW))  # without rules it says so and goes on
    with database.writing(SYSTEM) as session:
        assert standing_rating(session, FIRM) is None
        session.execute(update(RatingRules).values(state="released"))
    rate_enterprises(Context(database, settings, lambda: NOW))
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(EnterpriseRating)) == 6


# Kept for ever


def test_a_rating_is_never_changed(database: Database, settings: Settings) -> None:
    rate(database, settings)
    with pytest.raises(ConfigurationError), database.writing(SYSTEM) as session:
        session.execute(update(Rating).values(grade="A"))


def test_the_applications_role_can_neither_change_nor_remove_one(postgres_server: PostgresServer) -> None:
    from matchmaker.schema import upgrade

    name = postgres_server.create_database()
    owner, application = postgres_server.url(name, OWNER), postgres_server.url(name, APPLICATION)
    upgrade(owner)
    grant_application(owner, application)
    made = Database(application)
    try:
        for statement in (update(Rating).values(grade="A"), delete(Rating)):
            with pytest.raises(ConfigurationError), made.writing(SYSTEM) as session:
                session.execute(statement)
    finally:
        made.dispose()
        postgres_server.drop_database(name)


def test_ratings_go_when_the_first_record_in_them_may_not_be_kept(database: Database, settings: Settings) -> None:
    number = rate(database, settings)
    with as_(database, operator()) as session:
        ask_override(session, actor=operator(), rating_no=number, grade=Grade.A, reason=REASON, now=NOW)
    with as_(database, enterprise()) as session:
        appeal_rating(session, actor=enterprise(), rating_no=number, about=REASON, now=NOW, settings=settings)
    erase = standing(database).erase_on
    assert erase == date(2031, 5, 1)
    for days, left in ((-1, 1), (0, 0)):
        run_retention(database, settings, actor=CLI, now=NOW + (erase - ON) + timedelta(days=days))
        with database.reading(SYSTEM) as session:
            counts = [
                session.scalar(select(func.count()).select_from(m)) for m in (Rating, RatingOverride, RatingAppeal)
            ]
            assert counts == [left] * 3
    with database.reading(SYSTEM) as session:
        assert standing_rating(session, FIRM) is None


# Overrides


def ask(database: Database, number: str, grade: Grade = Grade.A, reason: str = REASON) -> str:
    with as_(database, operator()) as session:
        return ask_override(session, actor=operator(), rating_no=number, grade=grade, reason=reason, now=NOW).public_id


def test_an_override_takes_two_persons_and_leaves_the_machines_grade_beside_it(
    database: Database, settings: Settings
) -> None:
    number = rate(database, settings)
    asked = ask(database, number)
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(EnterpriseRating.grade)).one() == "B"
    with as_(database, operator()) as session, refused("second_person"):
        confirm_override(session, actor=operator(), public_id=asked, now=NOW)
    with as_(database, enterprise()) as session:
        assert override_of(session, number) is None  # the enterprise does not see what is only asked for
    with as_(database, second()) as session:
        confirm_override(session, actor=second(), public_id=asked, version=1, now=NOW)
    with as_(database, second()) as session, refused("override_decided"):
        confirm_override(session, actor=second(), public_id=asked, now=NOW)
    with database.reading(enterprise()) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None and standing_grade(session, rating) is Grade.A
        view = rating_view(session, rating, "zh", actor=enterprise(), on=ON)
        assert (view.grade, view.machine_grade) == ("A", "B")
        assert view.override is not None and view.override["reason"] == REASON and "made_by" not in view.override
        assert session.scalars(select(EnterpriseRating.grade)).one() == "A"
    assert {"rating_override.asked", "rating_override.confirmed"} <= set(events(database))
    with refused("override_grade"):
        ask(database, number, Grade.A)  # it is an A already
    ask(database, number, Grade.C)
    with refused("override_exists"):
        ask(database, number, Grade.D)
    assert standing_now(database) == ("A", "A"), "what is asked for changes nothing"


def standing_now(database: Database, actor: Actor = SYSTEM) -> tuple[str, str]:
    """The grade of the entry and of the page for the first enterprise."""
    with database.reading(actor) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None
        entry = session.scalars(select(EnterpriseRating.grade).where(EnterpriseRating.uscc == FIRM)).one()
        return entry.value, rating_view(session, rating, "zh", actor=actor, on=ON).grade


def test_an_override_that_is_refused_changes_nothing_and_another_may_be_asked_for(
    database: Database, settings: Settings
) -> None:
    number = rate(database, settings)
    asked = ask(database, number)
    with as_(database, second()) as session, refused("override_decided"):
        refuse_override(session, actor=second(), public_id=asked, version=7, now=NOW)
    with as_(database, second()) as session:
        refuse_override(session, actor=second(), public_id=asked, now=NOW)
    with as_(database, second()) as session:
        assert override_of(session, number) is None
        view = rating_view(session, standing_rating(session, FIRM) or Rating(), "en", actor=second(), on=ON)
        assert view.grade == "B" and view.override is None
    again = ask(database, number, Grade.C)
    with database.reading(second()) as session:
        assert [one.public_id for one in overrides(session, state="asked")] == [again]
        assert [one.state for one in overrides(session)] == ["asked", "refused"]


@pytest.mark.parametrize(
    ("grade", "reason", "code"),
    [(Grade.A, "太短了", "override_reason"), (Grade.A, " 一二三四五六七八九  ", "override_reason"),
     (Grade.B, REASON, "override_grade")],
)  # fmt: skip
def test_an_override_needs_a_reason_and_another_grade(
    database: Database, settings: Settings, grade: Grade, reason: str, code: str
) -> None:
    number = rate(database, settings)
    with refused(code):
        ask(database, number, grade, reason)


def test_an_override_of_a_rating_that_was_replaced_is_refused(database: Database, settings: Settings) -> None:
    number = rate(database, settings)
    asked = ask(database, number)
    rate(database, settings)
    with refused("rating_replaced"):
        ask(database, number)
    with as_(database, second()) as session, refused("rating_replaced"):
        confirm_override(session, actor=second(), public_id=asked, now=NOW)
    with as_(database, second()) as session, refused("not_found"):
        confirm_override(session, actor=second(), public_id="-", now=NOW)


def test_the_database_itself_refuses_one_person_twice_and_a_short_reason(
    database: Database, settings: Settings
) -> None:
    number = rate(database, settings)
    row = {
        "public_id": "x", "rating_no": number, "uscc": FIRM, "grade": "A", "reason": REASON, "state": "confirmed",
        "made_by": "one", "made_at": NOW, "decided_by": "two", "decided_at": NOW, "version": 1,
    }  # fmt: skip
    for wrong in ({"decided_by": "one"}, {"reason": "short"}, {"decided_by": None}):
        with pytest.raises(IntegrityError), database.writing(SYSTEM) as session:
            session.execute(insert(RatingOverride).values(row | wrong))
    rules = {
        "public_id": "x", "rules_version": "2027.1.1", "state": "retired", "rules": {}, "note": "-", "made_by": "one",
        "made_at": NOW, "released_by": "one", "released_at": NOW, "version": 1,
    }  # fmt: skip
    for wrong in ({}, {"released_by": "two", "state": "released"}):
        with pytest.raises(IntegrityError), database.writing(SYSTEM) as session:
            session.execute(insert(RatingRules).values(rules | wrong))


def at_once(*works: Any) -> list[str]:
    """Do the works in threads of their own; what each came to."""
    told: list[str] = []

    def run(work: Any) -> None:
        try:
            work()
            told.append("done")
        except MatchmakerError as error:
            told.append(error.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def test_of_two_who_confirm_at_once_one_does(database: Database, settings: Settings) -> None:
    asked = ask(database, rate(database, settings))
    third = replace(operator(), who="person:op3", person_id=95)

    def confirm(who: Actor) -> None:
        with as_(database, who) as session:
            confirm_override(session, actor=who, public_id=asked, version=1, now=NOW)

    assert at_once(lambda: confirm(second()), lambda: confirm(third)) == ["done", "override_decided"]


# Appeals


def test_an_appeal_is_due_in_workdays_and_adopting_it_rates_anew(database: Database, settings: Settings) -> None:
    number = rate(database, settings)
    with as_(database, enterprise()) as session:
        made = appeal_rating(session, actor=enterprise(), rating_no=number, about=REASON, now=NOW, settings=settings)
        again = appeal_rating(session, actor=enterprise(), rating_no=number, about=REASON, now=NOW, settings=settings)
        assert again is made and made.due_on == date(2026, 12, 3)  # the seventh workday after Tuesday
        public_id = made.public_id
    answer = {"public_id": public_id, "answer": "已核实并更正有关记录", "now": NOW, "settings": settings}
    with as_(database, operator()) as session:
        found = answer_appeal(session, actor=operator(), outcome="adopted", version=1, **answer)
        assert (found.state, found.version) == ("adopted", 2) and found.new_rating_no not in (None, number)
        assert standing_rating(session, FIRM).rating_no == found.new_rating_no  # type: ignore[union-attr]
    with as_(database, operator()) as session, refused("already_answered"):
        answer_appeal(session, actor=operator(), outcome="refused", **answer)
    assert {"rating_appeal.made", "rating_appeal.adopted"} <= set(events(database))
    with database.reading(enterprise()) as session:
        assert [one.answer for one in appeals(session, uscc=FIRM, state="adopted")] == ["已核实并更正有关记录"]


def test_an_appeal_that_is_not_adopted_leaves_the_rating(database: Database, settings: Settings) -> None:
    number = rate(database, settings)
    with as_(database, enterprise()) as session:
        made = appeal_rating(session, actor=enterprise(), rating_no=number, about=REASON, now=NOW, settings=settings)
        public_id = made.public_id
    options = {"public_id": public_id, "now": NOW, "settings": settings}
    with as_(database, operator()) as session, refused("appeal_words"):
        answer_appeal(session, actor=operator(), outcome="refused", answer="不", **options)
    with as_(database, operator()) as session, refused("not_found"):
        answer_appeal(session, actor=operator(), outcome="refused", answer=REASON, **{**options, "public_id": "nosuch"})
    with as_(database, operator()) as session:
        answer_appeal(session, actor=operator(), outcome="refused", answer=REASON, **options)
    assert standing(database).rating_no == number


def test_one_appeals_against_the_own_standing_rating_only(database: Database, settings: Settings) -> None:
    number, others = rate(database, settings), rate(database, settings, uscc=code_of(2))
    rate(database, settings)

    def appeal(no: str, about: str = REASON) -> None:
        with as_(database, enterprise()) as session:
            appeal_rating(session, actor=enterprise(), rating_no=no, about=about, now=NOW, settings=settings)

    with refused("not_found"):
        appeal(others)
    with refused("rating_replaced"):
        appeal(number)
    with refused("appeal_words"):
        appeal(number, "x" * 9 + "\x07" * 9)


# Rule sets


def drafted(session: ScopedSession, actor: Actor, **rules: dict[str, Any]) -> RatingRules:
    return draft_rules(session, actor=actor, rules=changed_rules(**rules), note="成立时间放宽到一年以内", now=NOW)


def test_rules_are_released_by_a_second_person_and_retire_those_before(database: Database) -> None:
    with as_(database, operator()) as session:
        drafted(session, operator(), age={"months": 12})
        kept = drafted(session, operator(), age={"months": 6})  # a draft may be changed
        assert (kept.version, kept.rules["rules"]["age"]["months"]) == (2, 6)
    with as_(database, operator()) as session, refused("second_person"):
        release_rules(session, actor=operator(), version="2026.12.1", now=NOW)
    with as_(database, second()) as session, refused("rules_state"):
        release_rules(session, actor=second(), version="2026.12.1", stamp=1, now=NOW)
    with as_(database, second()) as session:
        release_rules(session, actor=second(), version="2026.12.1", stamp=2, now=NOW)
    with as_(database, second()) as session:
        assert released_rules(session).rules_version == "2026.12.1"
        assert [(one.rules_version, one.state) for one in rule_sets(session)] == [
            ("2026.12.1", "released"), ("2026.11.1", "retired"),
        ]  # fmt: skip
        with refused("rules_version_taken"):
            drafted(session, second())
        with refused("rules_note"):
            draft_rules(session, actor=second(), rules=changed_rules("2026.12.2"), note="改", now=NOW)
        with refused("not_found"):
            find_rules(session, "2000.1.1")
    assert {"rating_rules.drafted", "rating_rules.released"} <= set(events(database))


def test_of_two_who_release_at_once_one_does(database: Database) -> None:
    with as_(database, operator()) as session:
        drafted(session, operator())
    third = replace(operator(), who="person:op3", person_id=95)

    def release(who: Actor) -> None:
        with as_(database, who) as session:
            release_rules(session, actor=who, version="2026.12.1", now=NOW)

    assert at_once(lambda: release(second()), lambda: release(third)) == ["done", "rules_state"]


def test_a_preview_says_what_releasing_does(database: Database, settings: Settings) -> None:
    rate_all(database, settings)
    with database.reading(SYSTEM) as session:
        before = {one.uscc: one.grade for one in session.scalars(select(EnterpriseRating))}
    changes: dict[str, dict[str, Any]] = {
        "no_judgment_debtor": {"unknown": None}, "no_serious_list": {"unknown": None}, "consent": {"unknown": None},
        "no_abnormal_operation": {"unknown": None}, "no_admin_penalty": {"unknown": None, "fail": "C"},
    }  # fmt: skip
    with as_(database, operator()) as session:
        rules = read_rules(drafted(session, operator(), **changes).rules)
        told = preview_rules(session, rules=rules, on=ON, now=NOW, settings=settings)
    with as_(database, second()) as session:
        release_rules(session, actor=second(), version="2026.12.1", now=NOW)
    assert rate_all(database, settings) == 6
    with database.reading(SYSTEM) as session:
        after = {one.uscc: one.grade for one in session.scalars(select(EnterpriseRating))}
    assert told.enterprises == 6 and told.moved
    assert {one.uscc: (one.before, one.after) for one in told.moved} == {
        code: (before[code], after[code]) for code in before if before[code] != after[code]
    }
    pairs = [(before[code], after[code]) for code in before]
    assert told.matrix == {pair: pairs.count(pair) for pair in pairs}
    assert sum(sum(some.values()) for some in told.chains.values()) == 6
    assert told.dimensions["JUDICIAL"] == 12 and told.dimensions["FINANCIAL"] == 1


# What is shown


def test_the_bureau_sees_all_evidence_and_the_enterprise_not_what_is_the_governments(
    database: Database, settings: Settings
) -> None:
    consent(database, settings, "J1", CREDIT, purpose=ConsentPurpose.CREDIT_CHECK)
    rate(database, settings)

    def seen(actor: Actor) -> dict[str | None, Any]:
        with database.reading(actor) as session:
            rating = standing_rating(session, FIRM)
            assert rating is not None
            view = rating_view(session, rating, "zh", actor=actor, on=ON)
        row = next(one for one in view.rows if one.rule == "no_admin_penalty")
        return {one.number: one for one in row.evidence} | {"row": row}

    bureau, own = seen(operator()), seen(enterprise())
    assert set(bureau) == {"C1", "C2", "C3", "C4", "row"} and not bureau["C3"].hidden
    assert set(own) == {"C1", "C2", None, "C4", "row"}
    assert own[None].hidden and own[None].text == "政府内部信息" and own[None].source is None
    assert own["C2"].consent is not None and own["C1"].consent is None
    assert own["C4"].disputed and not own["C1"].disputed
    assert "机关3" not in own["row"].repair and "机关1" in bureau["row"].repair
    with as_(database, enterprise()) as session:
        copied = copy_of(session, actor=enterprise(), uscc=FIRM, now=NOW)["parts"]["ratings"]
    assert "C1" in str(copied) and "C3" not in str(copied) and "机关3" not in str(copied)


def test_what_is_repaired_is_named_to_others_no_more_and_to_the_enterprise_still(
    database: Database, settings: Settings
) -> None:
    """At once, not from the next rating on."""
    number = rate(database, settings)

    def numbers(actor: Actor) -> set[str | None]:
        with database.reading(SYSTEM) as session:
            view = rating_view(session, find_rating(session, number), "zh", actor=actor, on=ON)
        return {one.number for row in view.rows for one in row.evidence}

    guarantor = Actor("person:9", Side.GUARANTOR, orgs=("G1",))
    assert "C1" in numbers(guarantor) and "C1" in numbers(enterprise())
    with database.writing(SYSTEM) as session:
        session.execute(update(CreditRecord).where(CreditRecord.record_no == "C1").values(repaired_on=ON))
    assert "C1" not in numbers(guarantor) and "C1" in numbers(enterprise()) and "C1" in numbers(operator())


def test_a_dispute_is_shown_at_once_and_changes_no_grade(database: Database, settings: Settings) -> None:
    number = rate(database, settings)
    with as_(database, enterprise()) as session:
        mine = session.scalars(select(CreditRecord).where(CreditRecord.record_no == "C1")).one()
        dispute_record(
            session, actor=enterprise(), uscc=FIRM, record=mine.public_id, about=REASON, settings=settings, now=NOW
        )
    with database.reading(enterprise()) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None and rating.rating_no == number
        view = rating_view(session, rating, "zh", actor=enterprise(), on=ON)
        marks = {e.number: e.disputed for row in view.rows for e in row.evidence if e.number}
        assert marks == {"C1": True, "C4": True}
    assert rate_all(database, settings) == 5  # the disputed one stays as it is
    assert standing(database).rating_no == number


def test_what_may_no_longer_be_published_is_shown_to_the_bureau_and_to_the_enterprise_itself(
    database: Database, settings: Settings
) -> None:
    rate(database, settings)
    later = date(2027, 5, 1)
    with database.reading(SYSTEM) as session:
        rating = standing_rating(session, FIRM)
        assert rating is not None
        other = Actor("person:9", Side.GUARANTOR, orgs=("G1",))
        for actor, hidden in ((operator(), 0), (enterprise(), 1), (other, 3)):
            view = rating_view(session, rating, "en", actor=actor, on=later)
            row = next(one for one in view.rows if one.rule == "no_admin_penalty")
            assert sum(one.hidden for one in row.evidence) == hidden and view.expired


def test_another_side_sees_a_rating_by_consent_only_and_it_is_written_down(
    database: Database, settings: Settings
) -> None:
    rate(database, settings)
    options: dict[str, Any] = {"uscc": FIRM, "org_code": "G1", "need_no": None, "lang": "zh", "now": NOW, "on": ON}

    def look(**more: Any) -> Any:
        with as_(database, GUARANTOR) as session:
            return grade_facts_for_underwriter(session, actor=GUARANTOR, about="guarantee:x", **(options | more))

    assert look() is None
    consent(database, settings, "G1", frozenset({FieldGroup.IDENTITY}), purpose=ConsentPurpose.GUARANTEE)
    assert look() is None
    consent(database, settings, "G1", CREDIT, purpose=ConsentPurpose.GUARANTEE)
    view = look()
    assert view.grade == "B" and any(one.hidden for row in view.rows for one in row.evidence)
    assert look(on=ON + timedelta(days=400)) is None
    with as_(database, GUARANTOR) as session:
        assert disclosed_rating(
            session, actor=GUARANTOR, purpose=ConsentPurpose.CREDIT_CHECK, channel="page", about=None, **options
        ) is None  # fmt: skip
    with database.reading(enterprise()) as session:
        told = session.scalars(select(Disclosure).where(Disclosure.org_code == "G1", Disclosure.uscc == FIRM)).all()
    assert [one.fields for one in told][-2:] == [["ratings.grade", "ratings.rating_no", "ratings.valid_to"], []]


def test_the_default_rules_are_loaded_once(database: Database) -> None:
    with database.writing(CLI) as session:
        assert load_default_rules(session, actor=CLI, now=NOW) is None
        assert released_rules(session).made_by == "package"
