"""R31 and R32: how long what is kept, what a closed account leaves, and that a copy misses no table."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from matchmaker import create_app
from matchmaker.accounts.audit import verify_chain
from matchmaker.accounts.models import (
    AuditEvent,
    Consent,
    Disclosure,
    IdempotencyKey,
    Invitation,
    Person,
    Registration,
    ResetRequest,
    SignIn,
    SubjectRequest,
    Throttle,
)
from matchmaker.accounts.subject_requests import due_day
from matchmaker.accounts.webhook_endpoints import create_endpoint
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Base, Database
from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.workdays import Workdays
from matchmaker.lists.disputes import answer_dispute, dispute_record
from matchmaker.lists.models import Contact, CreditRecord, ListVersion, Need
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEndpoint, WebhookEvent
from matchmaker.push.lead_views import open_lead
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.privacy.closing import CLOSED, close_account
from matchmaker.push.privacy.copying import PARTS
from matchmaker.push.privacy.retention import run_retention
from matchmaker.push.privacy.rules import RULES
from matchmaker.settings import Settings
from tests.support.city import SHANGHAI, code_of, put
from tests.support.consenting import ALL, NOW, as_, bank, consent, enterprise, fill, lead_of, record
from tests.support.postgres import OWNER, PostgresServer

Made = tuple[Database, Settings]


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def count(database: Database, model: Any, *where: Any) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def after(city: Made, **ago: int) -> dict[str, int]:
    """What the rules erase when the clock has moved on."""
    database, settings = city
    return run_retention(database, settings, actor=CLI, now=NOW + timedelta(**ago))


def test_adverse_records_go_five_years_after_the_end_of_the_act(city: Made) -> None:
    database, _ = city
    with database.writing(SYSTEM) as session:
        put(
            session,
            "credit-records",
            record(10, "PUBLIC", ended_on="2021-11-24"),
            record(11, "PUBLIC", ended_on="2021-11-25"),
            record(12, "PUBLIC", kind="HONOUR", severity="NONE", decided_on="2010-01-01"),
            record(13, "PUBLIC", kind="ABNORMAL_OPERATION", severity="NONE", decided_on="2010-01-01"),
        )
    versions = count(database, ListVersion, ListVersion.kind == "credit-records")
    assert after(city)["adverse_records"] == 2, "a record and its one version"
    with database.reading(SYSTEM) as session:
        left = set(session.scalars(select(CreditRecord.record_no)))
        texts = session.scalars(select(ListVersion.data).where(ListVersion.kind == "credit-records")).all()
    assert {"C11", "C12", "C13"} <= left and "C10" not in left
    assert len(texts) == versions - 1 and not any("2021-11-24" in text for text in texts)
    assert after(city, days=1)["adverse_records"] == 2
    assert after(city, days=1)["adverse_records"] == 0, "safe to repeat"


def test_business_records_go_three_years_after_they_ended(city: Made) -> None:
    database, settings = city
    consent(database, settings, groups=ALL)
    with as_(database, bank()) as session:
        open_lead(session, actor=bank(), public_id=lead_of(database, "B1"), channel="page", now=NOW, zone=SHANGHAI)
    with database.writing(CLI) as session:
        close_account(session, actor=CLI, uscc=code_of(1), settings=settings, now=NOW)
    first = (Need.uscc == code_of(1),)
    assert count(database, Need, *first) == 1 and count(database, Disclosure) == 1
    after(city, days=3 * 365)
    assert count(database, Need, *first) == 1 and count(database, Consent) == 1, "a leap day short of three years"
    after(city, days=3 * 365 + 2)
    assert count(database, Need, *first) == count(database, Consent) == count(database, Disclosure) == 0
    assert count(database, Lead) > 0, "other needs are open"
    assert count(database, PushItem) == count(database, OutboxMessage) == 0
    stray = ListVersion.data.contains("第1家的秘密订单")
    assert count(database, ListVersion, stray) == 0


def test_message_bodies_are_blanked_and_the_record_stays(city: Made) -> None:
    database, _ = city
    sent = count(database, OutboxMessage)
    assert count(database, OutboxMessage, OutboxMessage.text.is_not(None)) == sent > 0
    assert after(city, days=180)["message_bodies"] == 0
    assert after(city, days=181)["message_bodies"] == sent
    assert count(database, OutboxMessage, OutboxMessage.text.is_not(None)) == 0
    assert count(database, OutboxMessage) == sent


def test_logs_keys_and_invitations(city: Made) -> None:
    database, _ = city
    with database.writing(SYSTEM) as session:
        person = Person(login="a@b.example", name="A", created_at=NOW)
        session.add(person)
        session.flush()
        session.add(SignIn(token_hash="x", person_id=person.id, created_at=NOW, seen_at=NOW, fresh_at=NOW, address="",
                           agent="", second_factor=False))  # fmt: skip
        session.add(Throttle(key="k", failures=1, since=NOW))
        session.add(Throttle(key="busy", failures=9, since=NOW, until=NOW + timedelta(days=7)))
        session.add(ResetRequest(person_id=person.id, kind="password", asked_by="x", asked_at=NOW))
        session.add(IdempotencyKey(owner="o", key="k", request_hash="h", created_at=NOW))
        for used in (None, NOW):
            session.add(Invitation(token_hash=f"t{used}", kind="invite", name="B", made_by="x", created_at=NOW,
                                   expires_at=NOW, used_at=used))  # fmt: skip
        for state in ("refused", "verified"):
            session.add(Registration(uscc=code_of(2), enterprise_name="C", login=state, name="D", state=state,
                                     created_at=NOW, decided_at=NOW))  # fmt: skip
    assert after(city, days=1)["throttles"] == 0
    assert after(city, days=1, seconds=1)["throttles"] == 1, "whoever still guesses is still slowed"
    assert after(city, days=7)["idempotency_keys"] == 0
    assert after(city, days=8)["idempotency_keys"] == 1
    assert after(city, days=30)["invitations"] == 0
    assert after(city, days=31)["invitations"] == 1, "the used one stays longer"
    kept = after(city, days=180)
    assert (kept["invitations"], kept["sign_in_logs"]) == (0, 0)
    gone = after(city, days=181)
    assert (gone["invitations"], gone["sign_in_logs"]) == (3, 1), "the used one, a reset, the registration refused"


def test_webhook_events_go_with_their_last_attempt(city: Made) -> None:
    database, _ = city
    with database.writing(SYSTEM) as session:
        endpoint = WebhookEndpoint(org_code="B1", url="https://b1.example/", events=["need.matched"], secret="s",
                                   created_by="person:x", created_at=NOW)  # fmt: skip
        session.add(endpoint)
        session.flush()
        for days in (0, 1):
            event = WebhookEvent(endpoint_id=endpoint.id, kind="need.matched", subject_kind="lead", subject_id="x",
                                 happened_at=NOW)  # fmt: skip
            session.add(event)
            session.flush()
            session.add(WebhookAttempt(event_id=event.id, at=NOW + timedelta(days=days), milliseconds=1))
    assert after(city, days=180)["sign_in_logs"] == 0
    assert after(city, days=181)["sign_in_logs"] == 2, "an attempt and its event"
    assert after(city, days=182)["sign_in_logs"] == 2
    assert count(database, WebhookEvent) == 0


def test_uploads_with_their_faults_marked_go_after_thirty_days(city: Made) -> None:
    """What a tenant handed in is kept for mending it, no longer (PIPL 19)."""
    database, settings = city
    folder = settings.instance / "uploads"
    folder.mkdir()
    report = folder / "x.xlsx"
    report.write_bytes(b"x")
    os.utime(report, (NOW.timestamp(), NOW.timestamp()))
    assert after(city, days=30)["uploads"] == 0
    later = NOW + timedelta(days=31)
    assert run_retention(database, settings, actor=CLI, now=later, dry_run=True)["uploads"] == 1
    assert report.exists()
    assert after(city, days=31)["uploads"] == 1 and not report.exists()


def test_an_act_without_an_end_ended_as_it_occurred_but_a_listing_goes_on(city: Made) -> None:
    """CONTRACT.md section 3: counts while date < (ended_on, else occurred_on, else decided_on) + 60 months; an
    ABNORMAL_OPERATION whose end is blank goes on. What counts is never removed."""
    database, _ = city
    with database.writing(SYSTEM) as session:
        put(
            session,
            "credit-records",
            record(20, "PUBLIC", occurred_on="2021-11-24", decided_on="2021-12-31"),
            record(21, "PUBLIC", occurred_on="2021-11-25", decided_on="2021-12-31"),
            record(22, "PUBLIC", occurred_on="", decided_on="2021-11-24"),
            record(23, "PUBLIC", occurred_on="2015-01-01", decided_on="2015-01-01", ended_on="2021-11-25"),
            record(24, "PUBLIC", kind="ABNORMAL_OPERATION", occurred_on="2015-01-01", decided_on="2015-01-01"),
        )
    after(city)
    with database.reading(SYSTEM) as session:
        left = set(session.scalars(select(CreditRecord.record_no)))
    assert left & {f"C{number}" for number in range(20, 25)} == {"C21", "C23", "C24"}


def test_a_closed_account_leaves_nothing_personal(city: Made) -> None:
    database, settings = city
    given = consent(database, settings, groups=ALL)
    with database.writing(SYSTEM) as session:
        session.add(Person(login="e001@receiver.example", name="联系人E001", uscc=code_of(1), contact_no="E001",
                           phone="13812345678", created_at=NOW))  # fmt: skip
    with database.writing(CLI) as session:
        done = close_account(session, actor=CLI, uscc=code_of(1), settings=settings, now=NOW)
    assert (done.consents, done.needs, done.people, done.contacts) == (1, 1, 1, 1) and done.leads == 2
    with database.writing(CLI) as session:
        again = close_account(session, actor=CLI, uscc=code_of(1), settings=settings, now=NOW)
    assert set(asdict(again).values()) == {0}, "safe to repeat"
    assert after(city)["closed_accounts"] == 1
    with database.reading(SYSTEM) as session:
        held = session.scalars(select(Consent).where(Consent.public_id == given.public_id)).one()
        contact = session.scalars(select(Contact).where(Contact.contact_no == "E001")).one()
        assert held.withdrawn_at == NOW
        assert (contact.name, contact.email, contact.phone, str(contact.status)) == (CLOSED, None, None, "withdrawn")
        assert verify_chain(session)[1] == []
        said = "\n".join(everything(session))
    assert "e001@receiver.example" not in said and "联系人E001" not in said, "no table holds them any more"
    with as_(database, bank()) as session:
        _, found = open_lead(session, actor=bank(), public_id=lead_of(database, "B1"), channel="page", now=NOW,
                             zone=SHANGHAI)  # fmt: skip
        assert not found


def test_a_closed_account_sends_to_nobodys_system(city: Made) -> None:
    database, settings = city
    owner = enterprise()
    with as_(database, owner) as session:
        made, _ = create_endpoint(
            session,
            actor=owner,
            url="https://firm.example/hook",
            events=["consent.granted"],
            settings=settings,
            now=NOW,
        )
    with database.writing(CLI) as session:
        assert close_account(session, actor=CLI, uscc=code_of(1), settings=settings, now=NOW).endpoints == 1
    with database.reading(SYSTEM) as session:
        kept = session.get_one(WebhookEndpoint, made.id)
        assert (kept.disabled_why, kept.secret) == ("removed", "")


def test_a_dispute_is_answered_though_its_record_has_run_out(city: Made) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(10, "PUBLIC", ended_on="2021-12-01"))
        wrong = session.scalars(select(CreditRecord.public_id).where(CreditRecord.record_no == "C10")).one()
        made = dispute_record(
            session, actor=CLI, uscc=code_of(1), record=wrong, about="有误", settings=settings, now=NOW
        )
    after(city, days=14)
    with database.writing(CLI) as session:
        words = "该记录已满五年，已删除，不再展示。"
        answer_dispute(session, actor=CLI, public_id=made.public_id, outcome="done", answer=words, now=NOW)
    assert count(database, CreditRecord, CreditRecord.record_no == "C10") == 0
    assert count(database, SubjectRequest, SubjectRequest.state == "done") == 1


def everything(session: Any) -> Iterator[str]:
    """Every row of every table, as text."""
    for table in Base.metadata.sorted_tables:
        for row in session.execute(text(f'SELECT * FROM "{table.name}"')):
            yield str(tuple(row))


def test_the_audit_holds_ids_and_hashes_only(city: Made) -> None:
    database, settings = city
    consent(database, settings, groups=ALL)
    with database.writing(CLI) as session:
        close_account(session, actor=CLI, uscc=code_of(1), settings=settings, now=NOW)
    with database.reading(SYSTEM) as session:
        told = [f"{row.before} {row.after} {row.subject}" for row in session.scalars(select(AuditEvent))]
    assert told and not any("隐名" in one or "13812345678" in one for one in told)


def test_a_dry_run_counts_and_changes_nothing(city: Made) -> None:
    database, settings = city
    before = count(database, OutboxMessage, OutboxMessage.text.is_not(None))
    later = NOW + timedelta(days=400)
    dry = run_retention(database, settings, actor=CLI, now=later, dry_run=True)
    assert dry["message_bodies"] == before == count(database, OutboxMessage, OutboxMessage.text.is_not(None))
    assert count(database, AuditEvent, AuditEvent.action == "retention.applied") == 0
    assert run_retention(database, settings, actor=CLI, now=later) == dry
    assert count(database, AuditEvent, AuditEvent.action == "retention.applied") == 1


def test_a_copy_misses_no_table_that_names_an_enterprise() -> None:
    """A new table with a ``uscc`` column, or one that points at such a table, has to be thought of here."""
    copied = {part.model.__tablename__ for part in PARTS}
    naming = {
        table.name for table in Base.metadata.sorted_tables if {"uscc", "need_no", "contact_no"} & set(table.c.keys())
    }
    elsewhere = {"change", "invitation", "webhook_endpoint"}
    """Public ids of what is copied already; the token of an invitation; where the enterprise's own system listens."""
    assert naming - elsewhere <= copied


def test_days_to_answer_end_on_a_workday_and_are_never_more_than_the_law_gives() -> None:
    for start in (date(2026, 11, 24), date(2026, 12, 31), date(2027, 2, 1)):
        due = due_day("correction", start, Workdays())
        assert start < due <= start + timedelta(days=20) and Workdays().is_workday(due)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_each_rule_says_why(rule: Any) -> None:
    assert rule.label.zh and rule.label.en and rule.rule.en and rule.source.zh
    assert bool(rule.steps) == (rule.key != "guarantee_books"), "books are for the guarantor to appraise"


def test_the_commands(migrated_sqlite_url: str, tmp_path: Path) -> None:
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    database.dispose()
    run = create_app(settings, now=lambda: NOW).test_cli_runner().invoke
    copied = run(args=["privacy", "copy", code_of(1)])
    assert copied.exit_code == 0 and json.loads(copied.stdout)["parts"]["needs"][0]["need_no"] == "XQ-20261118-0001"
    assert run(args=["privacy", "copy", "91371000MA3C000016"]).exit_code == 4
    to_file = run(args=["privacy", "copy", code_of(1), str(tmp_path / "copy.json")])
    assert to_file.exit_code == 0 and (tmp_path / "copy.json").exists()
    for more in (["--dry-run"], []):
        said = run(args=["privacy", "correct", "信用中国/C1", "--about", "已撤销", *more])
        assert said.exit_code == 0, said.output
    database = Database(migrated_sqlite_url)
    assert count(database, SubjectRequest) == 1
    assert count(database, CreditRecord, CreditRecord.disputed.is_(True)) == 2
    assert run(args=["privacy", "delete", code_of(1), "--dry-run"]).exit_code == 0
    assert count(database, Contact, Contact.name == CLOSED) == 0
    done = run(args=["privacy", "delete", code_of(1), "--yes", "--json"])
    assert json.loads(done.stdout)["ended"]["contacts"] == 1
    kept = run(args=["privacy", "retention", "--json"])
    assert {one["rule"]: one["rows"] for one in json.loads(kept.stdout)["rules"]}["closed_accounts"] == 1
    assert run(args=["privacy", "retention", "--dry-run"]).exit_code == 0
    database.dispose()


@pytest.mark.postgres
def test_versions_are_removed_by_the_owner_where_the_application_may_not(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    name = postgres_server.create_database()
    postgres_server._admin("ALTER DATABASE {} OWNER TO {}", name, OWNER)
    owner, application = postgres_server.url(name, OWNER), postgres_server.url(name)
    settings = Settings(instance=tmp_path, database_url=application, migration_url=owner)
    upgraded = create_app(settings).test_cli_runner().invoke(args=["db", "upgrade"])
    assert upgraded.exit_code == 0, upgraded.output
    database = Database(application)
    fill(database, tmp_path)
    with database.writing(CLI) as session:
        close_account(session, actor=CLI, uscc=code_of(1), settings=settings, now=NOW)
    with pytest.raises(ConfigurationError):
        run_retention(database, Settings(instance=tmp_path), actor=CLI, now=NOW)
    assert run_retention(database, settings, actor=CLI, now=NOW)["closed_accounts"] == 1
    with database.reading(SYSTEM) as session:
        assert "e001@receiver.example" not in "\n".join(everything(session))
    database.dispose()
    postgres_server.drop_database(name)
