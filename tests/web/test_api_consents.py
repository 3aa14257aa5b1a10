"""Leads, consents, inbox and webhook endpoints by the API: nothing of an enterprise before it consents, nor after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.models import Disclosure
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Contact, Need
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from tests.support.accounts import parts_of
from tests.support.api import Caller, caller
from tests.support.city import code_of
from tests.support.consenting import NOW, fill, lead_of

SECRETS = ("隐名1号", code_of(1), code_of(1)[8:17], "13812345678", "e001@receiver.example", "秘密订单")
WISH = {"organisation": "B1", "groups": ["identity", "business"], "purpose": "financing"}
HOOK = {"url": "https://127.0.0.1:8443/hook", "events": ["need.matched"]}


@pytest.fixture
def app(migrated_url: str, tmp_path: Path) -> Iterator[Flask]:
    from dataclasses import replace

    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    database.dispose()
    made = create_app(replace(settings, webhook_allow_nets="127.0.0.0/8"), now=lambda: NOW)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def firm(app: Flask) -> Caller:
    return caller(app, Role.FINANCE, uscc=code_of(1))


@pytest.fixture
def bank(app: Flask) -> Caller:
    return caller(app, Role.LEAD, org_code="B1")


def lead_id(app: Flask, org_code: str = "B1") -> str:
    return f"lead_{lead_of(parts_of(app).database, org_code)}"


def looks(app: Flask) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return len(session.scalars(select(Disclosure)).all())


def test_a_lead_names_nobody_before_consent_and_what_was_opened_after(app: Flask, firm: Caller, bank: Caller) -> None:
    mine = lead_id(app)
    for path in (f"/leads/{mine}", "/leads?limit=200", "/changes?limit=200", "/inbox?limit=200"):
        answer = bank.get(path)
        assert answer.status_code == 200
        assert not [secret for secret in SECRETS if secret in answer.text], path
    assert bank.get(f"/leads/{mine}").json["facts"] == {} and looks(app) == 0

    given = firm.post("/consents", WISH)
    assert given.status_code == 201 and given.json["active"] and given.json["uscc"] == code_of(1)
    seen = bank.get(f"/leads/{mine}").json
    (company,) = seen["facts"]["enterprises"]
    assert "隐名1号" in company["name"] and company["uscc"] == code_of(1) and company["revenue"].endswith(".00")
    assert seen["consent_until"] == given.json["expires_at"] and "contacts" not in seen["facts"]
    assert looks(app) == 1
    assert [one["consent_until"] for one in bank.get("/leads?limit=200").json["data"] if one["id"] == mine] == [
        given.json["expires_at"]
    ]

    ended = firm.post(f"/consents/{given.json['id']}:withdraw")
    assert ended.json["active"] is False
    closed = bank.get(f"/leads/{mine}")
    assert closed.json["facts"] == {} and not [secret for secret in SECRETS if secret in closed.text]
    assert looks(app) == 1


def test_a_lead_has_codes_bands_and_ids_for_programmes(app: Flask, bank: Caller) -> None:
    shown = bank.get(f"/leads/{lead_id(app)}", Accept_Language="en").json
    assert shown["verdict"] == {"code": "eligible", "label": "eligible"}
    product = bank.get(f"/products/{shown['product']['id']}").json
    assert (product["product_code"], product["name"]) == (shown["product"]["code"], shown["product"]["name"])
    with parts_of(app).database.reading(SYSTEM) as session:
        need = session.scalars(select(Need).where(Need.uscc == code_of(1))).one()
    wants, told = shown["wants"], shown["enterprise"]
    assert float(wants["amount"]["from"]) <= need.amount_fen / 100 < float(wants["amount"]["below"])
    assert (wants["term_months"], wants["purpose"]["code"]) == (need.term_months, need.purpose.value)
    assert [one["code"] for one in wants["security_offered"]] == [one.value for one in need.security_offered]
    assert set(told) == {"chain", "tier", "area", "revenue", "age_years"} and shown["currency"] == "CNY"
    listed = next(one for one in bank.get("/leads", Accept_Language="en").json["data"] if one["id"] == shown["id"])
    assert (listed["wants"], listed["product"]) == (wants, shown["product"])


def test_a_bank_reads_its_consents_without_the_name(app: Flask, firm: Caller, bank: Caller) -> None:
    given = firm.post("/consents", WISH).json
    seen = bank.get(f"/consents/{given['id']}")
    assert seen.json["groups"] == given["groups"] and not {"uscc", "need_no", "evidence"} & set(seen.json)
    assert not [secret for secret in SECRETS if secret in seen.text]
    other = caller(app, Role.LEAD, org_code="B2")
    assert other.get("/consents").json["data"] == []
    assert other.get(f"/consents/{given['id']}").status_code == 404
    assert bank.post("/consents", WISH).json["code"] == "role"
    assert caller(app, Role.FINANCE, uscc=code_of(2)).post(f"/consents/{given['id']}:withdraw").status_code == 404
    assert [one["id"] for one in bank.get("/consents?active=true").json["data"]] == [given["id"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"organisation": "NOBODY"},
        {"groups": ["business"]},
        {"until": "2020-01-01T00:00:00Z"},
        {"until": "2030-01-01T00:00:00Z"},
        {"until": "2026-02-30T00:00:00Z"},
        {"need": "need_00000000000000000000"},
        {"groups": []},
        {"groups": ["everything"]},
        {"uscc": code_of(2)},
    ],
)
def test_a_consent_that_makes_no_sense_is_refused(firm: Caller, wrong: dict[str, Any]) -> None:
    answer = firm.post("/consents", WISH | wrong)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_body") and answer.json["errors"]
    assert firm.get("/consents").json["data"] == []


@pytest.mark.parametrize(
    ("path", "chosen"), [("leads", "due_on"), ("consents", "active"), ("inbox", "section"), ("webhooks", "state")]
)
def test_fields_choose_members_of_every_collection(
    app: Flask, firm: Caller, bank: Caller, path: str, chosen: str
) -> None:
    firm.post("/consents", WISH)
    bank.post("/webhooks", HOOK)
    with parts_of(app).database.reading(SYSTEM) as session:
        contact = session.scalars(select(Contact).where(Contact.org_code == "B1")).first()
    assert contact is not None
    reader = caller(app, Role.LEAD, Role.ACCOUNT_MANAGER, org_code="B1", contact_no=contact.contact_no)
    found = reader.get(f"/{path}?fields={chosen}")
    assert found.status_code == 200 and found.json["data"]
    assert {frozenset(one) for one in found.json["data"]} == {frozenset({"id", chosen})}
    assert reader.get(f"/{path}?fields=nothing").json["code"] == "invalid_parameter"


def test_anothers_lead_is_not_there(app: Flask, bank: Caller) -> None:
    assert bank.get(f"/leads/{lead_id(app, 'B2')}").status_code == 404
    assert lead_id(app, "B2") not in bank.get("/leads?limit=200").text


def test_the_inbox_is_the_contacts_own(app: Flask, bank: Caller) -> None:
    assert bank.get("/inbox").json["data"] == []
    with parts_of(app).database.reading(SYSTEM) as session:
        contact = session.scalars(select(Contact).where(Contact.org_code == "B1")).first()
    assert contact is not None
    reader = caller(app, Role.ACCOUNT_MANAGER, org_code="B1", contact_no=contact.contact_no)
    found = reader.get("/inbox?limit=200")
    assert found.json["data"] and {item["section"] for item in found.json["data"]} <= {"lead", "policy"}
    assert not [secret for secret in SECRETS if secret in found.text]
    told = next(item["content"]["lead"] for item in found.json["data"] if item["section"] == "lead")
    assert reader.get(f"/leads/{told}").status_code == 200
    english = reader.get("/inbox?limit=1", Accept_Language="en").json["data"][0]["content"]
    assert "zh" not in str(english.keys())


def test_an_endpoint_shows_its_secret_once_and_is_its_owners(app: Flask, bank: Caller) -> None:
    made = bank.post("/webhooks", HOOK, Idempotency_Key="k")
    assert made.status_code == 201 and made.json["secret"].startswith("whsec_")
    assert bank.post("/webhooks", HOOK, Idempotency_Key="k").json == made.json
    path = f"/webhooks/{made.json['id']}"
    shown = bank.get(path)
    assert "secret" not in shown.json and "whsec_" not in bank.get("/webhooks").text
    other = caller(app, Role.LEAD, org_code="B2")
    assert other.get(path).status_code == other.post(f"{path}:test").status_code == 404
    assert bank.post(f"{path}:disable").json["state"] == "disabled"
    assert bank.post(f"{path}:test").json["code"] == "endpoint_off"
    assert bank.post(f"{path}:enable").json["state"] == "enabled"
    rotated = bank.post(f"{path}:rotate").json["secret"]
    assert rotated != made.json["secret"]
    assert bank.post(f"{path}:test").status_code == 200
    assert bank("DELETE", path).status_code == 428
    assert bank("DELETE", path, If_Match=shown.headers["ETag"]).status_code == 412
    assert bank("DELETE", path, If_Match=bank.get(path).headers["ETag"]).status_code == 204
    assert bank.get(path).status_code == 404
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(WebhookEndpoint.secret)).one() == ""


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"url": "https://10.0.0.1/hook"}, "#/url"),
        ({"url": "http://bank.example/hook"}, "#/url"),
        ({"url": "https://[::ffff:10.0.0.1]/hook"}, "#/url"),
        ({"events": ["consent.everything"]}, "#/events/0"),
        ({"secret": "mine"}, "#/secret"),
    ],
)
def test_an_endpoint_that_will_not_do_is_refused(bank: Caller, wrong: dict[str, Any], pointer: str) -> None:
    answer = bank.post("/webhooks", HOOK | wrong)
    assert answer.status_code == 422 and [fault["pointer"] for fault in answer.json["errors"]] == [pointer]
    assert bank.get("/webhooks").json["data"] == []
