"""A-2: ``/healthz`` says that the process lives, ``/readyz`` that it can work; ``flask doctor`` says the same, with
remedies."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Flask

from matchmaker import create_app
from matchmaker.accounts.models import Person
from matchmaker.actor import CLI, SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.guarantee.endorsement.keys import rotate_key
from matchmaker.push.models import SchedulerHeartbeat
from matchmaker.settings import Settings
from matchmaker.vault import seal
from tests.support.accounts import SECRET, add_person, parts_of
from tests.support.api import BANK
from tests.support.stock import NOW, put
from tests.support.webhooks import add_endpoint


def doctor(app: Flask) -> dict[str, dict[str, str]]:
    done = app.test_cli_runner().invoke(args=["doctor", "--json", "--lang", "en"])
    return {found["key"]: found for found in json.loads(done.stdout)["findings"]}


def app_on(url: str, folder: Path) -> Flask:
    return create_app(Settings(instance=folder, database_url=url, secret_key=SECRET), now=lambda: NOW)


def test_a2_a_ready_service_says_what_it_looked_at(conformance_url: str, tmp_path: Path) -> None:
    app = app_on(conformance_url, tmp_path)
    with parts_of(app).database.writing(SYSTEM) as session:
        session.add(SchedulerHeartbeat(name="here", started_at=NOW, beat_at=NOW))
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.mimetype, ready.json["status"]) == (200, "application/json", "ok")
    checks = ready.json["checks"]
    assert {name: checks[name] for name in ("database", "calendar", "scheduler")} == {
        "database": "ok", "calendar": "warning", "scheduler": "ok",
    }  # fmt: skip
    assert ready.json["calendar_days_left"] == 31
    told = doctor(app)
    assert {key: found["state"] for key, found in told.items()} == checks
    assert "flask registers import workdays" in told["calendar"]["remedy"]
    assert str(tmp_path) not in ready.text
    parts_of(app).database.dispose()


def test_a2_a_silent_scheduler_is_seen(conformance_sqlite_url: str, tmp_path: Path) -> None:
    app = app_on(conformance_sqlite_url, tmp_path)
    with parts_of(app).database.writing(SYSTEM) as session:
        session.add(SchedulerHeartbeat(name="here", started_at=NOW, beat_at=NOW - timedelta(minutes=30)))
    assert app.test_client().get("/readyz").json["checks"]["scheduler"] == "warning"
    assert "flask scheduler run" in doctor(app)["scheduler"]["remedy"]
    parts_of(app).database.dispose()


def test_secrets_that_no_key_opens_are_counted_and_the_setting_is_named(conformance_url: str, tmp_path: Path) -> None:
    app = app_on(conformance_url, tmp_path)
    person = add_person(app, Role.OPERATOR)
    settings = parts_of(app).settings
    with parts_of(app).database.writing(SYSTEM) as session:
        session.get_one(Person, person).totp_secret = seal(settings, "JBSWY3DP", "second factor")
    add_endpoint(parts_of(app).database, "https://bank.example/hook", settings=settings)
    assert (doctor(app)["kept_secrets"]["state"], doctor(app)["kept_secrets"]["seen"]) == ("ok", "all open")
    parts_of(app).database.dispose()
    changed = replace(settings, secret_key="another secret that is long enough, too")
    found = doctor(create_app(changed, now=lambda: NOW))["kept_secrets"]
    assert (found["state"], "1 people" in found["seen"], "1 webhook" in found["seen"]) == ("warning", True, True)
    assert "secret_key_previous" in found["remedy"]
    both = replace(changed, secret_key_previous=SECRET)
    assert doctor(create_app(both, now=lambda: NOW))["kept_secrets"]["state"] == "ok"


def test_a_signing_key_that_no_secret_opens_is_told_with_both_ways_out(conformance_url: str, tmp_path: Path) -> None:
    app = app_on(conformance_url, tmp_path)
    settings = parts_of(app).settings
    assert (doctor(app)["signing_key"]["state"], doctor(app)["signing_key"]["remedy"]) == ("ok", "")
    with parts_of(app).database.writing(CLI) as session:
        rotate_key(session, actor=CLI, settings=settings, now=NOW)
    assert doctor(app)["signing_key"]["state"] == "ok"
    parts_of(app).database.dispose()
    changed = replace(settings, secret_key="another secret that is long enough, too")
    other = create_app(changed, now=lambda: NOW)
    found = doctor(other)["signing_key"]
    assert (found["state"], found["seen"]) == ("warning", "closed: nothing can be certified")
    assert "secret_key_previous" in found["remedy"] and "flask certificate keys rotate" in found["remedy"]
    assert (
        doctor(create_app(replace(changed, secret_key_previous=SECRET), now=lambda: NOW))["signing_key"]["state"]
        == "ok"
    )
    assert other.test_cli_runner().invoke(args=["certificate", "keys", "rotate"]).exit_code == 0
    assert doctor(other)["signing_key"]["state"] == "ok"
    parts_of(other).database.dispose()


def test_people_who_are_no_contacts_are_counted(conformance_url: str, tmp_path: Path) -> None:
    app = app_on(conformance_url, tmp_path)
    put(parts_of(app).database, "contacts", contact_no="C1", org_code=BANK, role="ACCOUNT_MANAGER", name="张",
        email="Zhang@Bank.example")  # fmt: skip
    add_person(app, Role.ACCOUNT_MANAGER, org_code=BANK, contact_no="C1")
    assert doctor(app)["contacts"]["state"] == "ok"
    same, other, auditor = (add_person(app, role, org_code=home) for role, home in (
        (Role.ACCOUNT_MANAGER, BANK), (Role.PRODUCT_MANAGER, BANK), (Role.AUDITOR, None)
    ))  # fmt: skip
    with parts_of(app).database.writing(SYSTEM) as session:
        session.get_one(Person, same).email = "zhang@bank.example"
    found = doctor(app)["contacts"]
    assert (found["state"], found["seen"]) == ("warning", "1 people are no contacts and get no push")
    assert "flask lists import contacts" in found["remedy"]
    pushed = app.test_cli_runner().invoke(args=["push", "run", "--json", "--lang", "en"])
    assert json.loads(pushed.stdout)["people_without_contact"] == 1 and "lacks them: 1" in pushed.stderr
    chinese = app.test_cli_runner().invoke(args=["push", "preview", "--audience", "bank", "--lang", "zh"])
    assert "1 位用户收不到推送" in chinese.stderr
    with parts_of(app).database.writing(SYSTEM) as session:
        session.get_one(Person, other).disabled_at = NOW
        assert session.get_one(Person, auditor).disabled_at is None
    assert doctor(app)["contacts"]["state"] == "ok"


def test_a2_a_database_that_is_not_migrated_is_not_ready(sqlite_url: str, tmp_path: Path) -> None:
    app = app_on(sqlite_url, tmp_path)
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.json["checks"]["database"]) == (503, "error")
    assert app.test_client().get("/healthz").status_code == 200
    assert "flask db upgrade" in doctor(app)["database"]["seen"]
    parts_of(app).database.dispose()
