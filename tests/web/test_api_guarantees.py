"""Guarantees by the API: reported on by banks, decided by guarantors, read by whose they are and by nobody else."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from matchmaker import create_app
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.web.api.examples import CLAIM_CHECK, CLAIM_REFUSAL, DECLINED, RECOVERY, REPORT, REVIEW, WRITE_OFF
from tests.support.accounts import parts_of
from tests.support.api import Caller, caller
from tests.support.city import code_of
from tests.support.guaranteeing import NOW, Play, approver, guaranteed_city, kept


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
    settings = guaranteed_city(database, tmp_path)
    database.dispose()
    made = create_app(settings, now=clock)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def play(app: Flask) -> Play:
    made = Play(parts_of(app).database, parts_of(app).settings)
    made.apply()
    return made


@pytest.fixture
def approvers(app: Flask) -> tuple[Caller, Caller]:
    first, second = (caller(app, Role.APPROVER, Role.UNDERWRITER, org_code="G1") for _ in range(2))
    return first, second


def test_from_review_to_release_by_programmes(
    app: Flask, play: Play, approvers: tuple[Caller, Caller], clock: Clock
) -> None:
    maker, checker = approvers
    bank, place = caller(app, Role.ACCOUNT_MANAGER, org_code="B1"), f"/guarantees/guar_{play.public_id}"
    assert [one["steps"] for one in maker.get("/guarantees").json["data"]] == [["ask", "review", "decline"]]
    assert maker.post(f"{place}:review", REVIEW).json["state"]["code"] == "reviewed"
    before = kept(play.database)
    refused = maker.post(f"{place}:approve", {})
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")
    assert refused.json["current"]["state"]["code"] == "reviewed" and kept(play.database) == before
    early = bank.get(place).json
    assert early["grade"] is None and early["rating_no"] is None, "a bank reads the rating in the letter"
    approved = checker.post(f"{place}:approve", {}).json
    assert (approved["grade"]["code"], approved["rating_no"]) == ("A", bank.get(place).json["rating_no"])
    assert approved["letter_no"] and approved["fee"] == "30000.00"
    assert [(one["party"]["code"], one["percent"], one["amount"]) for one in approved["shares"]] == [
        ("GUARANTOR", "80", "2400000.00"), ("BANK", "20", "600000.00"),
    ]  # fmt: skip
    drawn = bank.post(f"{place}/events", REPORT)
    assert (drawn.status_code, drawn.json["state"], drawn.json["guarantee"]["drawn"]) == (200, "applied", "1000000.00")
    again = bank.post(f"{place}/events", REPORT)
    assert again.json["repeated"] and again.json["guarantee"]["drawn"] == "1000000.00"
    early = {"event_no": "HK-9", "kind": "cure", "happened_on": "2026-11-24"}
    parked = bank.post(f"{place}/events", early).json
    assert (parked["state"], parked["why"]) == ("parked", "对应的逾期还没有报来")
    for body, code in (({"event_no": "HK-9"}, "voided"), ({"event_no": "HK-9"}, "voided")):
        assert bank.post(f"{place}:void_report", body).json["state"] == code
    assert bank.post(f"{place}:void_report", {"event_no": REPORT["event_no"]}).json["code"] == "report_counts"
    assert bank.post(f"{place}:void_report", {"event_no": "none"}).status_code == 404
    assert maker.post(f"{place}:void_report", {"event_no": "HK-9"}).status_code == 403
    for body, code in (
        ({**REPORT, "amount": "5.00"}, "event_reused"),
        ({**REPORT, "event_no": "N1", "happened_on": "2026-02-30"}, "no_such_day"),
        ({**REPORT, "event_no": "N1", "kind": "claim"}, "illegal_transition"),
    ):
        answer = bank.post(f"{place}/events", body)
        assert answer.status_code in (409, 422) and answer.json["code"] == code, answer.json


def claimed(play: Play, clock: Clock, fen: int) -> str:
    """The address of a case whose bank has claimed so much."""
    play.review()
    play.step("approve", approver())
    play.later(100).report("drawdown", fen, day=1)
    play.report("overdue", day=2)
    play.report("claim", fen, day=62)
    clock.moment = play.at
    return f"/guarantees/guar_{play.public_id}"


def test_a_claim_is_checked_and_paid_by_two(app: Flask, play: Play, clock: Clock) -> None:
    place = claimed(play, clock, 100)
    maker, checker = (caller(app, Role.APPROVER, Role.UNDERWRITER, org_code="G1") for _ in range(2))
    assert maker.post(f"{place}:check_claim", CLAIM_CHECK).status_code == 200
    assert maker.post(f"{place}:compensate", {}).json["code"] == "same_person"
    assert checker.post(f"{place}:compensate", {}).json["state"]["code"] == "compensated"


def test_what_comes_back_is_booked_and_the_rest_written_off_by_two(app: Flask, play: Play, clock: Clock) -> None:
    place = claimed(play, clock, 100_000_001)
    maker, checker = (caller(app, Role.APPROVER, Role.UNDERWRITER, org_code="G1") for _ in range(2))
    assert maker.post(f"{place}:recover", RECOVERY).json["code"] == "illegal_transition", "nothing was paid yet"
    maker.post(f"{place}:check_claim", CLAIM_CHECK)
    assert checker.post(f"{place}:compensate", {}).json["unrecovered"] == "1000000.01"
    booked = maker.post(f"{place}:recover", RECOVERY, Idempotency_Key="zc-1")
    assert (booked.status_code, booked.json["unrecovered"]) == (200, "750000.00")
    again = maker.post(f"{place}:recover", RECOVERY, Idempotency_Key="zc-1")
    assert again.json == booked.json, "the same request is answered, not booked again"
    before = kept(play.database)
    for body, code, status in (
        ({**RECOVERY, "amount": "750000.01"}, "recovery_above", 409),
        ({**RECOVERY, "amount": "0"}, "recovery_positive", 422),
        ({**RECOVERY, "recovered_on": "2026-11-24"}, "recovery_day", 422),
        ({**RECOVERY, "recovered_on": "2026-02-30"}, "no_such_day", 422),
        ({"amount": "1.00"}, "invalid_body", 422),
    ):
        refused = maker.post(f"{place}:recover", body)
        assert (refused.status_code, refused.json["code"]) == (status, code), refused.json
        assert refused.mimetype == "application/problem+json"
    assert maker.post(f"{place}:write_off", {}).json["code"] == "write_off_unproposed"
    assert kept(play.database) == before
    assert "write_off" not in maker.post(f"{place}:propose_write_off", WRITE_OFF).json["steps"]
    assert maker.post(f"{place}:write_off", {}).json["code"] == "same_person"
    ended = checker.post(f"{place}:write_off", {"note": "董事会决议"}).json
    assert (ended["state"]["code"], ended["unrecovered"], ended["written_off"]) == ("written_off", "0.00", "750000.00")


def test_losses_are_the_guarantors_own_and_each_step_its_roles(app: Flask, play: Play, clock: Clock) -> None:
    place = claimed(play, clock, 100)
    underwriter = caller(app, Role.UNDERWRITER, org_code="G1")
    before = kept(play.database)
    bodies = {"refuse_claim": CLAIM_REFUSAL, "recover": RECOVERY, "propose_write_off": WRITE_OFF, "write_off": {}}
    for step, body in bodies.items():
        for one, status in (
            (caller(app, Role.LEAD, org_code="B1"), 403), (caller(app, Role.FINANCE, uscc=code_of(1)), 403),
            (caller(app, Role.APPROVER, Role.UNDERWRITER, org_code="G2"), 404),
        ):  # fmt: skip
            assert one.post(f"{place}:{step}", body).status_code == status, step
    for step in ("refuse_claim", "write_off"):
        assert underwriter.post(f"{place}:{step}", bodies[step]).status_code == 403, "an approver's step"
    assert kept(play.database) == before
    refused = caller(app, Role.APPROVER, org_code="G1").post(f"{place}:refuse_claim", CLAIM_REFUSAL)
    assert refused.json["state"]["code"] == "overdue"


def test_declined_and_seen_by_its_parties_only(app: Flask, play: Play, approvers: tuple[Caller, Caller]) -> None:
    place = f"/guarantees/guar_{play.public_id}"
    parties = [
        caller(app, Role.FINANCE, uscc=code_of(1)), caller(app, Role.LEAD, org_code="B1"),
        caller(app, Role.OPERATOR, org_code="J1"),
    ]  # fmt: skip
    strangers = [
        caller(app, Role.FINANCE, uscc=code_of(2)), caller(app, Role.LEAD, org_code="B2"),
        caller(app, Role.APPROVER, org_code="G2"),
    ]  # fmt: skip
    assert approvers[0].post(f"{place}:decline", DECLINED).json["state"]["code"] == "declined"
    for one in parties:
        assert one.get(place).json["state"]["code"] == "declined" and len(one.get("/guarantees").json["data"]) == 1
    told = [(one.get(place).json["uscc"], one.get(place).json["need_no"]) for one in (*parties, approvers[0])]
    assert told[0] == told[2] != (None, None) and told[1] == told[3] == (None, None), "whose it is takes a consent"
    for one in strangers:
        assert one.get(place).status_code == 404 and one.get("/guarantees?state=declined").json["data"] == []
    assert parties[1].post(f"{place}:approve", {}).status_code == 403
