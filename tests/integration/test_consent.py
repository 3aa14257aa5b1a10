"""Consent and the gate (R29, ASVS 8.2.3, 8.3.2): nothing without, exactly what was opened with, nothing after."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.accounts.audit import verify_chain
from matchmaker.accounts.consent import consents, evidence_hash, withdraw_consent
from matchmaker.accounts.feed import Change
from matchmaker.accounts.gate import Disclosed
from matchmaker.accounts.models import ApprovedText, AuditEvent, Consent, Disclosure, SubjectRequest
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, NotAllowedError, NotFoundError, RejectedError
from matchmaker.domain.terms import ConsentPurpose, FieldGroup, Role, Side
from matchmaker.lists.disclosed import facts_json, need_for
from matchmaker.lists.disputes import dispute_record
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.previews import approve_text, preview_text
from matchmaker.push.lead_views import list_leads, open_lead
from matchmaker.settings import Settings
from tests.support.city import SHANGHAI, code_of
from tests.support.consenting import (
    ALL,
    IDENTITY,
    NOW,
    as_,
    bank,
    consent,
    enterprise,
    fill,
    lead_of,
    need_no,
    operator,
)

NAME = "威海隐名1号机械有限公司"
Made = tuple[Database, Settings]


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def look(
    database: Database,
    actor: Actor,
    lead: str,
    *,
    purpose: ConsentPurpose = ConsentPurpose.FINANCING,
    now: datetime = NOW,
) -> Disclosed:
    with as_(database, actor) as session:
        return open_lead(session, actor=actor, public_id=lead, channel="api", now=now, zone=SHANGHAI, purpose=purpose)[
            1
        ]


def looks(database: Database) -> list[Disclosure]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Disclosure).order_by(Disclosure.id)))


def test_before_consent_facts_are_absent_and_no_look_is_written(city: Made) -> None:
    database, _ = city
    found = look(database, bank(), lead_of(database, "B1"))
    assert not found and found.facts == {} and found.until is None
    assert looks(database) == []


def test_a_consent_opens_its_groups_to_its_bank_alone(city: Made) -> None:
    database, settings = city
    lead, other = lead_of(database, "B1"), lead_of(database, "B2")
    given = consent(database, settings)
    assert given.expires_at == NOW + timedelta(days=90)
    found = look(database, bank(), lead)
    assert found.first("enterprises.name") == NAME
    assert set(found.facts) == {"enterprises", "needs", "credit-records"}
    assert found.facts["enterprises"] == [{"uscc": code_of(1), "name": NAME}]
    assert set(found.facts["needs"][0]) == {"need_no", "description"}
    assert [row["record_no"] for row in found.facts["credit-records"]] == ["C1", "C4"]
    assert found.facts["credit-records"][1]["disputed"] is True
    assert not look(database, bank("B2"), other)
    [row] = looks(database)
    assert (row.org_code, row.consent_id, row.purpose, row.channel) == ("B1", given.id, "financing", "api")
    assert (row.who, row.request_id, row.basis, row.about) == ("person:B1", "r2", "consent", f"lead:{lead}")
    assert {"enterprises.name", "enterprises.uscc", "needs.description"} <= set(row.fields)
    assert NAME in str(facts_json(found))


@pytest.mark.parametrize(
    ("groups", "opened"),
    [
        ({FieldGroup.BUSINESS}, {"enterprises.revenue_wan", "needs.amount_wan"}),
        ({FieldGroup.CONTACT}, {"contacts.name", "contacts.phone", "contacts.email"}),
        ({FieldGroup.CREDIT}, {"credit-records.record_no"}),
    ],
)
def test_each_group_opens_its_own_fields(city: Made, groups: set[FieldGroup], opened: set[str]) -> None:
    database, settings = city
    lead = lead_of(database, "B1")
    consent(database, settings, groups=IDENTITY)
    before = look(database, bank(), lead)
    consent(database, settings, groups=IDENTITY | groups)
    after = look(database, bank(), lead)
    assert set(after.groups) == set(IDENTITY | groups)
    assert opened <= codes(after)
    if FieldGroup.CREDIT in groups:
        assert [row["record_no"] for row in after.facts["credit-records"]] == ["C1", "C4", "C2"]
    else:
        assert not opened & codes(before)


def codes(found: Disclosed) -> set[str]:
    return {f"{kind}.{code}" for kind, entries in found.facts.items() for entry in entries for code in entry}


def test_government_records_never_leave(city: Made) -> None:
    database, settings = city
    consent(database, settings, groups=ALL)
    found = look(database, bank(), lead_of(database, "B1"))
    numbers = {row["record_no"] for row in found.facts["credit-records"]}
    assert numbers == {"C1", "C2", "C4"}, "neither government-only nor past its publication"


def test_withdrawn_expired_and_other_purposes_are_closed(city: Made) -> None:
    database, settings = city
    lead = lead_of(database, "B1")
    given = consent(database, settings, days=10)
    assert not look(database, bank(), lead, purpose=ConsentPurpose.GUARANTEE)
    assert look(database, bank(), lead, now=NOW + timedelta(days=9))
    assert not look(database, bank(), lead, now=NOW + timedelta(days=10))
    with as_(database, enterprise()) as session:
        withdraw_consent(session, actor=enterprise(), public_id=given.public_id, version=1, now=NOW)
    assert not look(database, bank(), lead)
    assert [row.consent_id for row in looks(database)] == [given.id], "no look without a consent"
    with as_(database, enterprise()) as session:
        again = withdraw_consent(session, actor=enterprise(), public_id=given.public_id, version=1, now=NOW)
        assert again.version == 2, "a form sent twice changes nothing"
    with database.reading(SYSTEM) as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)).all()
        assert actions.count("consent.granted") == 1 and actions.count("consent.withdrawn") == 1
        assert verify_chain(session)[1] == []
        told = [(c.public_id, c.gone, c.org_code, c.uscc) for c in session.scalars(
            select(Change).where(Change.kind == "consent").order_by(Change.id))]  # fmt: skip
    assert told == [(given.public_id, False, "B1", code_of(1)), (given.public_id, True, "B1", code_of(1))]


def test_a_consent_for_one_need_opens_no_other(city: Made) -> None:
    database, settings = city
    consent(database, settings, about=need_no(1))
    assert look(database, bank(), lead_of(database, "B1"))
    consent(database, settings, number=2, about=need_no(2))
    with as_(database, bank()) as session:
        found = need_for(
            session, actor=bank(), need_no=need_no(3), org_code="B1", purpose=ConsentPurpose.FINANCING,
            channel="page", now=NOW, on=NOW.date(),
        )  # fmt: skip
        assert not found


def test_a_later_consent_takes_the_place_of_the_earlier(city: Made) -> None:
    database, settings = city
    first = consent(database, settings, groups=ALL)
    second = consent(database, settings, groups=IDENTITY)
    same = consent(database, settings, groups=IDENTITY)
    assert same.public_id == second.public_id, "a form sent twice"
    with as_(database, enterprise()) as session:
        held = consents(session, at=NOW)
        old = session.scalars(select(Consent).where(Consent.public_id == first.public_id)).one()
    assert [one.public_id for one in held] == [second.public_id]
    assert old.withdrawn_by == f"replaced:{second.public_id}"
    assert set(look(database, bank(), lead_of(database, "B1")).groups) == {FieldGroup.IDENTITY}


def test_the_evidence_is_what_was_shown(city: Made) -> None:
    database, settings = city
    given = consent(database, settings)
    assert "B1银行股份有限公司" in given.evidence and "2027-02-22" in given.evidence
    assert given.evidence_hash == evidence_hash(given.evidence, "person:e1", NOW, "192.0.2.7")
    assert given.evidence_hash != evidence_hash(given.evidence, "person:e2", NOW, "192.0.2.7")


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"groups": frozenset({FieldGroup.CREDIT})}, RejectedError),
        ({"groups": frozenset()}, RejectedError),
        ({"days": 0}, RejectedError),
        ({"days": -1}, RejectedError),
        ({"days": 367}, RejectedError),
        ({"org_code": "J1"}, NotFoundError),
        ({"org_code": "NONE"}, NotFoundError),
        ({"about": need_no(2)}, NotFoundError),
    ],
)
def test_what_cannot_be_consented_to(city: Made, wish: dict[str, Any], error: type[Exception]) -> None:
    database, settings = city
    with pytest.raises(error):
        consent(database, settings, **wish)
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Consent)).all() == []


def test_nobody_else_gives_or_withdraws(city: Made) -> None:
    database, settings = city
    given = consent(database, settings)
    with pytest.raises(NotFoundError), as_(database, enterprise(2)) as session:
        withdraw_consent(session, actor=enterprise(2), public_id=given.public_id, now=NOW)
    for stranger in (bank(), operator()):
        with pytest.raises(NotAllowedError), as_(database, stranger) as session:
            withdraw_consent(session, actor=stranger, public_id=given.public_id, now=NOW)
    with pytest.raises(ConflictError), as_(database, enterprise()) as session:
        withdraw_consent(session, actor=enterprise(), public_id=given.public_id, version=7, now=NOW)


@pytest.mark.parametrize("side", [Side.SYSTEM, Side.SECURITY, Side.AUDIT, Side.ANYONE])
def test_administrators_see_nothing(city: Made, side: Side) -> None:
    database, settings = city
    consent(database, settings, groups=ALL)
    someone = Actor("person:x", side, orgs=("B1",), uscc=code_of(1), roles=frozenset({Role.SYSTEM_ADMIN}))
    with as_(database, someone) as session:
        found = need_for(
            session, actor=someone, need_no=need_no(), org_code="B1", purpose=ConsentPurpose.FINANCING,
            channel="page", now=NOW, on=NOW.date(),
        )  # fmt: skip
    assert not found and looks(database) == []


def test_the_enterprise_needs_no_row_and_the_bureau_acts_by_duty(city: Made) -> None:
    database, _ = city
    wish: dict[str, Any] = {
        "need_no": need_no(), "org_code": None, "purpose": ConsentPurpose.FINANCING, "channel": "page", "now": NOW,
        "on": NOW.date(),
    }  # fmt: skip
    with as_(database, enterprise()) as session:
        assert need_for(session, actor=enterprise(), **wish).first("enterprises.name") == NAME
    with as_(database, enterprise(2)) as session:
        assert not need_for(session, actor=enterprise(2), **wish)
    assert looks(database) == []
    with as_(database, operator()) as session:
        assert need_for(session, actor=operator(), **wish).first("enterprises.name") == NAME
    assert [(row.basis, row.org_code, row.consent_id) for row in looks(database)] == [("duty", "J1", None)]


def test_lists_of_leads_hold_no_name_and_no_other_banks(city: Made) -> None:
    database, settings = city
    consent(database, settings)
    mine = lead_of(database, "B1")
    with as_(database, bank()) as session:
        listed = list_leads(session, actor=bank(), now=NOW)
    assert {view.consent_until for view in listed if view.public_id == mine} == {NOW + timedelta(days=90)}
    assert sum(view.consent_until is not None for view in listed) == 1
    assert "隐名" not in str(listed) and lead_of(database, "B2") not in {view.public_id for view in listed}
    with pytest.raises(NotFoundError):
        look(database, bank("B2"), mine)


@pytest.mark.postgres
def test_no_look_is_written_after_a_withdrawal(migrated_postgres_url: str, tmp_path: Path) -> None:
    """A withdrawal waits for the look that is being written, and every later look finds nothing (R30)."""
    database = Database(migrated_postgres_url)
    settings = fill(database, tmp_path)
    given = consent(database, settings)
    lead, order = lead_of(database, "B1"), []

    def withdraw() -> None:
        with as_(database, enterprise()) as session:
            withdraw_consent(session, actor=enterprise(), public_id=given.public_id, now=NOW)
        order.append("withdrawn")

    withdrawing = threading.Thread(target=withdraw)
    with as_(database, bank()) as session:
        _, found = open_lead(session, actor=bank(), public_id=lead, channel="page", now=NOW, zone=SHANGHAI)
        assert found
        withdrawing.start()
        withdrawing.join(0.5)
        assert withdrawing.is_alive(), "it waits"
        order.append("looked")
    withdrawing.join(20)
    assert order == ["looked", "withdrawn"]
    assert not look(database, bank(), lead) and len(looks(database)) == 1
    database.dispose()


@pytest.mark.postgres
def test_the_same_form_from_four_windows_makes_one_consent(migrated_postgres_url: str, tmp_path: Path) -> None:
    database = Database(migrated_postgres_url)
    settings = fill(database, tmp_path)
    start = threading.Barrier(4)

    def send() -> None:
        start.wait()
        consent(database, settings)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(Consent)).all()) == 1
    database.dispose()


@pytest.mark.postgres
def test_the_same_approval_and_request_from_four_windows_count_once(migrated_postgres_url: str, tmp_path: Path) -> None:
    database = Database(migrated_postgres_url)
    settings = fill(database, tmp_path)
    who, start, done = enterprise(), threading.Barrier(4), []
    with database.reading(who) as session:
        as_shown = preview_text(session, need_no()).as_shown
        record = session.scalars(select(CreditRecord.public_id).limit(1)).one()

    def send() -> None:
        start.wait()
        with as_(database, who) as session:
            approve_text(session, actor=who, need_no=need_no(), brands=(), as_shown=as_shown, now=NOW)
        with as_(database, who) as session:
            dispute_record(session, actor=who, uscc=code_of(1), record=record, about="有误", settings=settings, now=NOW)
        done.append(True)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(ApprovedText)).all()) == 1
        assert len(session.scalars(select(SubjectRequest)).all()) == 1
    assert len(done) == 4
    database.dispose()
