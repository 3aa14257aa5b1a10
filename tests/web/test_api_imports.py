"""Files by the API: each fault at its cell, a file once, nothing of another's, and nothing half-written."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import Product
from tests.support.accounts import parts_of
from tests.support.api import BANK, FIRM, OTHER_BANK, Caller, api_app, caller

HEADER = "product_code,bank_name,name,product_type,amount_max_wan\n"
GOOD = "".join(f",{BANK},产品{n},CREDIT_LOAN,{n}\n" for n in range(1, 21))


@pytest.fixture
def app(conformance_url: str, tmp_path: Path) -> Iterator[Flask]:
    made = api_app(conformance_url, tmp_path)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def bank(app: Flask) -> Caller:
    return caller(app, Role.PRODUCT_MANAGER, org_code=BANK)


def hand_in(who: Caller, text: str | bytes, name: str = "products.csv", key: str = "k", **form: str) -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return who.app.test_client().post(
        "/api/v1/imports",
        data={"kind": "products", **form, "file": (io.BytesIO(raw), name)},
        headers={"Authorization": f"Bearer {who.token}", "Idempotency-Key": key},
    )


def products(app: Flask) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Product)) or 0


def test_a_file_is_imported_and_its_job_tells_so(app: Flask, bank: Caller) -> None:
    before = products(app)
    done = hand_in(bank, HEADER + GOOD)
    assert done.status_code == 202 and done.headers["Location"] == f"/api/v1/jobs/{done.json['id']}"
    job = bank.get(f"/jobs/{done.json['id']}").json
    assert job["state"] == "written" and job["counts"] == {
        "new": 20, "changed": 0, "unchanged": 0, "rejected": 0, "written": 20,
    }  # fmt: skip
    assert products(app) == before + 20
    assert bank.get(f"/jobs/{done.json['id']}/report").status_code == 404


def test_r22_the_same_file_again_writes_nothing(app: Flask, bank: Caller) -> None:
    first = hand_in(bank, HEADER + GOOD, key="1").json
    count = products(app)
    again = hand_in(bank, HEADER + GOOD, name="another name.csv", key="2")
    assert again.json["id"] == first["id"] and "2026-11-30 09:00" in again.json["already_imported"]
    other_order = HEADER + "".join(reversed(GOOD.splitlines(keepends=True)))
    assert hand_in(bank, other_order, key="3").json["counts"]["unchanged"] == 20
    assert products(app) == count


def test_r22_two_uploads_at_once_make_no_doubles(app: Flask, bank: Caller) -> None:
    before = products(app)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda n: hand_in(bank, HEADER + GOOD, key=str(n)), range(2)))
    assert {answer.status_code for answer in answers} <= {202, 409, 503}
    assert products(app) == before + 20


def test_r23_all_or_nothing_or_the_good_rows_with_each_fault_at_its_cell(app: Flask, bank: Caller) -> None:
    before = products(app)
    bad = HEADER + GOOD + f",{BANK},坏,NO_SUCH_TYPE,x\n"
    refused = hand_in(bank, bad, key="1").json
    assert refused["state"] == "rejected" and products(app) == before
    assert {(e["cell"], e["code"]) for e in refused["errors"]} == {("D22", "unknown_code"), ("E22", "number")}
    report = bank.get(refused["report_url"].removeprefix("/api/v1"))
    assert report.headers["Content-Disposition"] == f"attachment; filename={refused['id']}.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(report.data)).active
    assert sheet is not None and sheet["D22"].comment is not None
    done = hand_in(bank, bad, key="2", mode="partial").json
    assert done["state"] == "written" and done["counts"]["written"] == 20 and products(app) == before + 20
    mended = hand_in(bank, bad.replace("NO_SUCH_TYPE,x", "OTHER,3"), key="3").json
    assert (mended["counts"]["new"], mended["counts"]["unchanged"]) == (1, 20)


def test_a_trial_writes_nothing_and_does_not_count_as_imported(app: Flask, bank: Caller) -> None:
    before = products(app)
    assert hand_in(bank, HEADER + GOOD, key="1", dry_run="true").json["state"] == "checked"
    assert products(app) == before
    assert hand_in(bank, HEADER + GOOD, key="2").json["state"] == "written"


def test_another_banks_rows_and_jobs_stay_its_own(app: Flask, bank: Caller) -> None:
    theirs = hand_in(bank, HEADER + f",{OTHER_BANK},产品,CREDIT_LOAN,5\n", key="1").json
    assert [e["code"] for e in theirs["errors"]] == ["not_yours"]
    other = caller(app, Role.PRODUCT_MANAGER, org_code=OTHER_BANK)
    for path in (f"/jobs/{theirs['id']}", f"/jobs/{theirs['id']}/report"):
        assert other.get(path).json["code"] == "not_found"


@pytest.mark.parametrize(
    ("raw", "name", "form", "status"),
    [
        (b"", "a.csv", {}, 422),
        (b"PK\x03\x04 not a zip", "a.xlsx", {}, 422),
        (b"<html></html>", "a.xlsx", {}, 422),
        (HEADER.encode(), "a.exe", {}, 415),
        (HEADER.encode(), "../../x", {}, 415),
        (HEADER.encode(), "CON", {}, 415),
        (HEADER.encode(), "x" * 300 + ".csv", {}, 422),
        (b"a,b\n1,2\n", "a.csv", {}, 422),
        (HEADER.encode() + GOOD.encode(), "a.csv", {"kind": "contacts"}, 422),
        (HEADER.encode() + GOOD.encode(), "a.csv", {"mode": "some"}, 422),
        (HEADER.encode() + GOOD.encode(), "a.csv", {"status": "published"}, 422),
        (HEADER.encode() + GOOD.encode(), "a.csv", {"kind": "needs"}, 403),
    ],
)
def test_a_file_that_will_not_do_is_refused_whole(
    app: Flask, bank: Caller, raw: bytes, name: str, form: dict[str, str], status: int
) -> None:
    before = products(app)
    answer = hand_in(bank, raw, name, **form)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert products(app) == before
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(ImportJob)).all() == []


def test_a_retry_with_the_same_key_is_the_same_import(app: Flask, bank: Caller) -> None:
    first, again = (hand_in(bank, HEADER + GOOD) for _ in range(2))
    assert again.headers["Idempotent-Replayed"] == "true" and again.json == first.json
    assert hand_in(bank, HEADER + GOOD + ",,,,\n").json["code"] == "idempotency_reused"


def test_an_enterprise_imports_its_needs(app: Flask) -> None:
    firm = caller(app, Role.FINANCE, uscc=FIRM)
    text = "需求编号,统一社会信用代码,融资金额(万元),期限(月),用途\n,,800,24,流动资金\n"
    done = hand_in(firm, text, "需求.csv", kind="needs").json
    assert done["counts"]["new"] == 1, done


def test_a_pages_upload_is_running_until_it_is_checked(app: Flask, bank: Caller) -> None:
    job = hand_in(bank, HEADER + GOOD, dry_run="true").json
    with parts_of(app).database.writing(SYSTEM) as session:
        mine = session.scalars(select(ImportJob)).one()
        checking = {"stage": "comparing", "since": parts_of(app).now().isoformat(), "rows": 6000}
        mine.state, mine.finished_at, mine.result = "rejected", None, mine.result | {"checking": checking}
    seen = bank.get(f"/jobs/{job['id']}").json
    assert (seen["state"], seen["progress"], seen["finished_at"]) == ("running", 40, None)
