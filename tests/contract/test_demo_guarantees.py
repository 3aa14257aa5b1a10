"""The demo's guarantees: every state, through the services; ratings by the released rules; nothing twice."""

import json
from collections import Counter
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from matchmaker import create_app
from matchmaker.accounts.models import SubjectRequest
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.demo.cases import GROUP
from matchmaker.demo.credit import OLD_SOURCE
from matchmaker.demo.people import acting
from matchmaker.demo.stories import firm_code, firm_codes, stories
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.terms import CreditKind, Verdict
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.ledger.models import LedgerEntry
from matchmaker.guarantee.ledger.services import position
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.models import Rating
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.lists.freshness import freshness_of
from matchmaker.lists.models import CreditRecord, Enterprise
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.demo import NOW, demo_app

DAY = NOW.date()
SHIP = next(story for story in stories(DAY) if story.key == "ship").pairs[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return demo_app(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def demo(made: Flask, tmp_path: Path) -> Flask:
    """A demo of one's own, to change."""
    folder = copytree(parts_of(made).settings.instance, tmp_path / "instance")
    return create_app(Settings(instance=folder, demo=True, secret_key=SECRET), now=lambda: NOW)


def database_of(app: Flask) -> Database:
    return parts_of(app).database


def rows(app: Flask, model: Any, *conditions: Any) -> list[Any]:
    with database_of(app).reading(SYSTEM) as session:
        return list(session.scalars(select(model).where(*conditions).order_by(model.id)))


def told(app: Flask, *args: str) -> Any:
    done = app.test_cli_runner().invoke(args=list(args))
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_guarantees_stand_in_every_state(made: Flask) -> None:
    assert {case.stands for case in rows(made, Guarantee)} == set(S)


def test_its_ledger_holds(made: Flask) -> None:
    checked = told(made, "guarantee", "verify", "--json")
    assert checked["whole"] and checked["entries"] > 40


def test_one_case_is_due_today_and_none_is_past_its_day(made: Flask) -> None:
    open_cases = [case for case in rows(made, Guarantee) if case.stands in (S.APPLIED, S.WAITING, S.REVIEWED)]
    assert DAY in {case.due_on for case in open_cases if case.stands is S.APPLIED}
    assert all(case.expires_on >= DAY for case in open_cases)


def test_loans_were_drawn_in_parts_covered_at_once_and_reported_out_of_order(made: Flask) -> None:
    cases = {case.guarantee_no: case for case in rows(made, Guarantee)}
    drawn = Counter(one.guarantee_no for one in rows(made, GuaranteeEvent, GuaranteeEvent.kind == "drawdown"))
    in_parts = [case for case in cases.values() if drawn[case.guarantee_no] == 3 and case.stands is S.IN_FORCE]
    assert in_parts and in_parts[0].need_no and not in_parts[0].automatic
    assert {case.stands for case in cases.values() if case.automatic} >= {S.APPROVED, S.IN_FORCE, S.RELEASED}
    parked = rows(made, GuaranteeEvent, GuaranteeEvent.state == "parked")
    assert [(one.kind, one.why) for one in parked] == [("repayment", "not_drawn")]


def test_of_one_compensation_a_part_has_come_back(made: Flask) -> None:
    (case,) = (one for one in rows(made, Guarantee) if one.stands is S.COMPENSATED)
    with database_of(made).reading(SYSTEM) as session:
        stands = position(session, case.guarantee_no)
    assert 0 < stands.loss < 60_000_000
    assert case.checked_by != case.compensated_by


def test_two_related_firms_count_as_one_customer(made: Flask) -> None:
    related = [case for case in rows(made, Guarantee) if GROUP in case.groups]
    assert len({case.uscc for case in related}) == 2
    assert {case.stands for case in related} == {S.IN_FORCE, S.OVERDUE}


def test_the_funds_people_decided_and_find_their_work(made: Flask) -> None:
    with database_of(made).reading(SYSTEM) as session:
        people = {one: acting(session, one, NOW) for one in ("underwriter", "approver", "approver-2")}
    assert {one.org_code for one in people.values()} == {"D02"}
    hands = {login: f"person:{one.person_id}" for login, one in people.items()}
    cases = rows(made, Guarantee)
    assert {case.approved_by for case in cases if case.approved_by and not case.automatic} == {hands["approver"]}
    assert {case.proposed_by for case in cases if case.proposed_by} == {hands["approver-2"]}
    assert {case.reviewed_by for case in cases if case.stands is S.REVIEWED} == {hands["underwriter"]}
    with database_of(made).reading(people["approver-2"]) as session:
        assert len(session.scalars(select(Guarantee)).all()) == len(cases)


def test_the_lists_bank_and_enterprise_see_cases_of_their_own(made: Flask) -> None:
    for login, states in (("bank-account", {S.WAITING, S.IN_FORCE}), ("enterprise-1", {S.WAITING})):
        with database_of(made).reading(SYSTEM) as session:
            actor = acting(session, login, NOW)
        with database_of(made).reading(actor) as session:
            assert {case.stands for case in session.scalars(select(Guarantee))} >= states


def test_ratings_are_the_services_with_every_grade_and_some_firms_without(made: Flask) -> None:
    standing = rows(made, EnterpriseRating)
    ratings = {one.rating_no: one for one in rows(made, Rating)}
    assert {one.grade for one in standing} == set(Grade)
    assert all(ratings[one.rating_no].grade == one.grade.value for one in standing)
    assert {one.rules_version for one in ratings.values()} == {"2026.11.1"}
    assert any(one.consent for one in ratings.values())
    firms = {one.uscc for one in rows(made, Enterprise)}
    assert len(firms) > 2 * len(standing)
    assert {one.uscc for one in standing} & firm_codes() == {firm_code("tackle"), firm_code("carbon")}


def test_the_shipyards_supplier_is_near_until_the_service_has_rated_it(demo: Flask) -> None:
    def verdict() -> str:
        found: str = told(demo, "match", "explain", SHIP.need_no, SHIP.product_code, "--json")["verdict"]
        return found

    assert verdict() == Verdict.NEAR.value
    settings = parts_of(demo).settings
    with database_of(demo).writing(SYSTEM) as session:
        rated = rate_enterprise(
            session, actor=SYSTEM, uscc=firm_code("ship"), as_of=DAY, now=NOW, settings=settings
        )  # fmt: skip
    assert rated.grade != Grade.D.value
    assert verdict() == Verdict.ELIGIBLE.value


def test_one_certificate_holds_and_one_was_revoked(made: Flask) -> None:
    found = rows(made, Certificate)
    assert [one.revoked_at is None for one in found] == [False, True]
    assert found[1].uscc == firm_code("carbon")


def test_credit_files_have_a_dispute_a_repair_and_a_source_that_is_old(made: Flask) -> None:
    records = rows(made, CreditRecord)
    (request,) = (one for one in rows(made, SubjectRequest) if one.record)
    (disputed,) = (one for one in records if one.public_id == request.record)
    assert disputed.disputed and disputed.uscc == firm_code("tackle") and request.due_on > DAY
    assert any(one.repaired_on and one.uscc == firm_code("carbon") for one in records)
    assert len({one.source for one in records}) == 7
    assert {CreditKind.SERIOUS_LIST, CreditKind.JUDGMENT_DEBTOR} <= {one.kind for one in records}
    with database_of(made).reading(SYSTEM) as session:
        stale = [name for name, one in freshness_of(session, DAY).items() if one.stale]
    assert stale == [OLD_SOURCE]


def test_a_second_run_plays_nothing_again(demo: Flask) -> None:
    def counts() -> list[int | None]:
        models = (Guarantee, GuaranteeEvent, LedgerEntry, Rating, Certificate, SubjectRequest)
        with database_of(demo).reading(SYSTEM) as session:
            return [session.scalar(select(func.count()).select_from(model)) for model in models]

    before = counts()
    done = demo.test_cli_runner().invoke(args=["demo", "run", "--once"])
    assert done.exit_code == 0, done.output
    assert f"担保: {before[0]}" in done.stdout
    assert counts() == before
