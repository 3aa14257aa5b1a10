"""Answers by the API: once, with how it stands where one came too late, and to nobody whose matter it is not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from matchmaker import create_app
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.web.api.examples import DECLINE, REFUSAL
from tests.support.accounts import parts_of
from tests.support.api import Caller, caller
from tests.support.city import code_of
from tests.support.consenting import NOW, fill, lead_of
from tests.support.referring import referral, stands


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(migrated_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    database.dispose()
    made = create_app(settings, now=clock)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def bank(app: Flask) -> Caller:
    return caller(app, Role.ACCOUNT_MANAGER, org_code="B1")


@pytest.fixture
def firm(app: Flask) -> Caller:
    return caller(app, Role.FINANCE, uscc=code_of(1))


def lead_id(app: Flask, org_code: str = "B1") -> str:
    return f"lead_{lead_of(parts_of(app).database, org_code)}"


def referral_id(app: Flask, org_code: str = "B1") -> str:
    return f"ref_{referral(parts_of(app).database, org_code).public_id}"


def test_a_bank_takes_and_undoes(app: Flask, bank: Caller, clock: Clock) -> None:
    lead = lead_id(app)
    before = bank.get(f"/leads/{lead}").json["answer"]
    assert (before["bank"]["code"], before["steps"], before["undo_until"]) == ("none", ["take", "refuse"], None)
    taken = bank.post(f"/leads/{lead}:take")
    assert taken.status_code == 200 and taken.json["state"] == "open"
    said = taken.json["answer"]
    assert (said["bank"]["code"], said["bank_by"], said["steps"]) == ("taken", "P*", ["undo"])
    assert said["undo_until"] == "2026-11-24T09:31:00+08:00"
    assert next(one for one in bank.get("/leads").json["data"] if one["id"] == lead)["answer"] == said
    clock.moment = NOW + timedelta(seconds=59)
    assert bank.post(f"/leads/{lead}:undo").json["answer"]["bank"]["code"] == "none"
    clock.moment = NOW + timedelta(hours=1)
    bank.post(f"/leads/{lead}:take")
    clock.moment += timedelta(seconds=61)
    late = bank.post(f"/leads/{lead}:undo")
    assert (late.status_code, late.json["code"]) == (409, "undo_too_late")
    assert late.json["current"]["bank"]["code"] == "taken" and late.json["current"]["steps"] == []


def test_b6_a_colleague_reads_who_was_first_and_how_it_stands(app: Flask, bank: Caller) -> None:
    other = caller(app, Role.LEAD, org_code="B1")
    assert bank.post(f"/leads/{lead_id(app)}:take").status_code == 200
    second = other.post(f"/leads/{lead_id(app)}:take")
    assert (second.status_code, second.json["code"]) == (409, "already_answered")
    assert second.json["detail"] == "已由P* 于 09:30 接单。"
    assert second.json["current"]["bank"]["code"] == "taken"
    english = other.post(f"/leads/{lead_id(app)}:refuse", REFUSAL, Accept_Language="en")
    assert english.json["detail"] == "Taken by P* at 09:30."


def test_b7_a_refusal_with_its_note_stays_inside_the_bank(app: Flask, bank: Caller, firm: Caller) -> None:
    refused = bank.post(f"/leads/{lead_id(app)}:refuse", REFUSAL)
    assert refused.json["state"] == "ended" and refused.json["answer"]["reason"]["code"] == "SECURITY"
    assert refused.json["answer"]["note"] == REFUSAL["note"]
    for text in (firm.get("/referrals").text, firm.get(f"/referrals/{referral_id(app)}").text):
        assert "refused" in text and "没有合适的安排" in text
        assert not [word for word in ("SECURITY", "担保方式", REFUSAL["note"], "P*") if word in text]
    stranger = caller(app, Role.ACCOUNT_MANAGER, org_code="B2")
    assert REFUSAL["note"] not in stranger.get("/leads").text
    assert stranger.get(f"/leads/{lead_id(app)}").status_code == 404


@pytest.mark.parametrize("body", [{}, {"reason": "COST"}, {"reason": "OTHER", "note": "长" * 501}, {"reason": None}])
def test_a_refusal_without_a_reason_is_422(app: Flask, bank: Caller, body: dict[str, Any]) -> None:
    refused = bank.post(f"/leads/{lead_id(app)}:refuse", body)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_body")
    assert stands(parts_of(app).database) == ("none", "none", "open", True)


def test_an_enterprise_declines_and_undoes(app: Flask, bank: Caller, firm: Caller, clock: Clock) -> None:
    mine = referral_id(app)
    listed = firm.get("/referrals?include=total").json
    assert listed["total"] == 2 and {one["organisation"] for one in listed["data"]} == {"B1", "B2"}
    said = firm.post(f"/referrals/{mine}:decline", DECLINE).json
    assert (said["state"]["code"], said["firm"]["code"], said["reason"]["code"]) == ("declined", "declined", "COST")
    seen = bank.get(f"/leads/{lead_id(app)}").json
    assert seen["state"] == "ended" and seen["answer"]["state"]["code"] == "declined"
    assert "COST" not in str(seen) and "reason" not in seen["answer"]
    took = bank.post(f"/leads/{lead_id(app)}:take")
    assert (took.status_code, took.json["code"]) == (409, "illegal_transition")
    assert took.json["current"]["state"]["code"] == "declined"
    assert firm.post(f"/referrals/{mine}:undo").json["state"]["code"] == "open"
    assert stands(parts_of(app).database) == ("none", "none", "open", True)
    assert firm.get("/referrals?open=false").json["data"] == []


def test_b9_what_is_anothers_is_not_there(app: Flask, bank: Caller, firm: Caller) -> None:
    other_bank, other_firm = lead_id(app, "B2"), caller(app, Role.FINANCE, uscc=code_of(2))
    for verb, body in (("take", None), ("refuse", REFUSAL), ("undo", None)):
        assert bank.post(f"/leads/{other_bank}:{verb}", body).status_code == 404
        assert firm.post(f"/leads/{lead_id(app)}:{verb}", body).status_code == 403
    for verb, body in (("decline", DECLINE), ("undo", None)):
        assert other_firm.post(f"/referrals/{referral_id(app)}:{verb}", body).status_code == 404
        assert bank.post(f"/referrals/{referral_id(app)}:{verb}", body).status_code == 403
    assert other_firm.get(f"/referrals/{referral_id(app)}").status_code == 404
    assert bank.get("/referrals").status_code == 403
    assert stands(parts_of(app).database) == ("none", "none", "open", True)


def test_a_consent_by_the_api_is_the_enterprises_yes_and_its_withdrawal_the_end(app: Flask, firm: Caller) -> None:
    database = parts_of(app).database
    given = firm.post("/consents", {"organisation": "B1", "groups": ["identity"]}).json
    assert stands(database) == ("none", "consented", "open", True)
    firm.post(f"/consents/{given['id']}:withdraw")
    assert stands(database) == ("none", "withdrawn", "withdrawn", False)


def test_sent_twice_with_one_key_is_answered_once(app: Flask, bank: Caller) -> None:
    first = bank.post(f"/leads/{lead_id(app)}:take", Idempotency_Key="one")
    again = bank.post(f"/leads/{lead_id(app)}:take", Idempotency_Key="one")
    assert again.json == first.json and again.headers["Idempotent-Replayed"] == "true"
    assert referral(parts_of(app).database).version == 2


def test_the_feed_tells_both_sides(app: Flask, bank: Caller, firm: Caller) -> None:
    bank.post(f"/leads/{lead_id(app)}:take")
    told = firm.get("/changes?limit=200").json["data"][-1]
    assert told["kind"] == "referral" and firm.get(told["href"].removeprefix("/api/v1")).json["bank"]["code"] == "taken"
    assert bank.get("/changes?limit=200").json["data"][-1]["id"] == lead_id(app)
