"""Credit records over the API: brought by the bureau's programmes, once; read by the enterprise they are about."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.provenance import origins
from matchmaker.lists.queries import history_of
from tests.support.accounts import parts_of
from tests.support.api import BANK, BUREAU, FIRM, OTHER_FIRM, Caller, api_app, caller

ROW = {
    "source": "信用中国", "record_no": "XZ-1", "uscc": FIRM, "kind": "ADMIN_PENALTY", "severity": "GENERAL",
    "decided_on": "2026-08-15", "disclosure": "PUBLIC",
}  # fmt: skip


@pytest.fixture
def app(conformance_url: str, tmp_path: Path) -> Iterator[Flask]:
    made = api_app(conformance_url, tmp_path)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def office(app: Flask) -> Caller:
    return caller(app, Role.OPERATOR, org_code=BUREAU)


def states(answer: Any) -> list[str]:
    assert answer.status_code == 207, answer.text
    return [one["state"] for one in answer.json["results"]]


def test_the_same_rows_again_change_nothing(app: Flask, office: Caller) -> None:
    first = office.post("/credit-records:batch", {"rows": [ROW, ROW | {"record_no": "XZ-2"}]})
    assert states(first) == ["new", "new"]
    again = office.post("/credit-records:batch", {"rows": [ROW, ROW | {"record_no": "XZ-2", "severity": "SERIOUS"}]})
    assert states(again) == ["unchanged", "changed"]
    assert [one["id"] for one in again.json["results"]] == [one["id"] for one in first.json["results"]]
    assert versions(app, "XZ-1") == [("api", 1)] and versions(app, "XZ-2") == [("api", 1), ("api", 2)]


def versions(app: Flask, number: str) -> list[tuple[str, int]]:
    with parts_of(app).database.reading(SYSTEM) as session:
        entry = session.scalars(select(CreditRecord.id).where(CreditRecord.record_no == number)).one()
        mine = (ListVersion.kind == "credit-records") & (ListVersion.entry_id == entry)
        kept = session.scalars(select(ListVersion).where(mine).order_by(ListVersion.version)).all()
        assert all(one.actor.startswith("token:") for one in kept)
        return [(one.cause, one.version) for one in kept]


def test_a_row_of_nobody_or_without_whose_it_is_is_told_and_all_are_kept_out(app: Flask, office: Caller) -> None:
    wrong = [ROW, {name: value for name, value in ROW.items() if name != "uscc"} | {"record_no": "XZ-3"}]
    refused = office.post("/credit-records:batch", {"rows": wrong})
    assert refused.status_code == 422 and refused.json["errors"][0]["pointer"].startswith("#/rows/1")
    partly = office.post("/credit-records:batch", {"mode": "partial", "rows": wrong})
    assert states(partly) == ["new", "rejected"]
    dry = office.post("/credit-records:batch", {"dry_run": True, "rows": [ROW | {"record_no": "XZ-4"}]})
    assert states(dry) == ["new"] and dry.json["results"][0]["id"] is None


def test_only_the_bureau_with_the_scope_brings_records(app: Flask, office: Caller) -> None:
    body = {"rows": [ROW]}
    assert caller(app, Role.OPERATOR, scopes=["lists:read"], org_code=BUREAU).post(
        "/credit-records:batch", body
    ).status_code == 403  # fmt: skip
    assert caller(app, Role.LEAD, org_code=BANK).post("/credit-records:batch", body).status_code == 403
    assert caller(app, Role.FINANCE, uscc=FIRM).post("/credit-records:batch", body).status_code == 403


def test_an_enterprise_reads_its_own_records_and_no_others(app: Flask, office: Caller) -> None:
    secret = ROW | {"record_no": "XZ-9", "disclosure": "GOVERNMENT"}
    office.post("/credit-records:batch", {"rows": [ROW, secret, ROW | {"record_no": "XZ-8", "uscc": OTHER_FIRM}]})
    mine = caller(app, Role.FINANCE, uscc=FIRM).get("/credit-records?limit=100").json["data"]
    assert {"XZ-1", "XZ-9"} <= {one["record_no"] for one in mine} and {one["uscc"] for one in mine} == {FIRM}
    theirs = caller(app, Role.FINANCE, uscc=OTHER_FIRM)
    assert "XZ-9" not in {one["record_no"] for one in theirs.get("/credit-records?limit=100").json["data"]}
    number = next(one["id"] for one in mine if one["record_no"] == "XZ-9")
    assert theirs.get(f"/credit-records/{number}").status_code == 404
    assert caller(app, Role.LEAD, org_code=BANK).get("/credit-records").status_code == 403


def test_a_file_over_the_api_is_named_in_the_history(app: Flask, office: Caller) -> None:
    text = f"source,record_no,uscc,kind,severity\n信用中国,XZ-5,{FIRM},OTHER,NONE\n"
    sent = office.app.test_client().post(
        "/api/v1/imports",
        data={"kind": "credit-records", "file": (io.BytesIO(text.encode()), "行政处罚.csv")},
        headers={"Authorization": f"Bearer {office.token}", "Idempotency-Key": "k"},
    )
    assert sent.status_code == 202 and sent.json["state"] == "written"
    with parts_of(app).database.reading(SYSTEM) as session:
        entry = session.scalars(select(CreditRecord).where(CreditRecord.record_no == "XZ-5")).one()
        (version,) = history_of(session, entry)
        came = origins(session, [version.cause, f"undo:{version.cause.partition(':')[2]}", "undo:none", "edit"])
    assert [text.zh for text in came.values()].count("文件「行政处罚.csv」") == 1
    assert {"撤销导入「行政处罚.csv」", "撤销导入", "人工维护"} <= {text.zh for text in came.values()}
