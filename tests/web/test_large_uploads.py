"""A file of more than 5,000 rows is checked by a worker: its page says how far that is, and it can be cancelled."""

import io
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker import create_app
from matchmaker.accounts.models import Person
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import new_public_id
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.files.kept import source_path
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import Product
from matchmaker.lists.services.checks import AT_ONCE, LOST_SECONDS, maker_of
from matchmaker.settings import Settings
from matchmaker.web import checks
from tests.support.accounts import SECRET, actor_for, add_person, parts_of, sign_in_as
from tests.support.browsing import token_on
from tests.support.city import TUESDAY, small_city

HEAD = ("产品编号", "产品名称", "产品类型", "最高额度(万元)", "最低年利率(%)", "担保方式")
PATIENCE = 120


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(
        instance=tmp_path, secret_key=SECRET, database_url=migrated_sqlite_url, demo=True, products_review=False
    )
    made = create_app(settings, now=lambda: TUESDAY)
    with parts_of(made).database.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, firms=2)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def bank(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B1")


def workbook(rows: int, *, faulty: int = 0, head: tuple[str, ...] = HEAD) -> bytes:
    """A real workbook of products, ``faulty`` of them with an amount that cannot be read."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw, {"in_memory": True}) as book:
        sheet = book.add_worksheet("产品")
        sheet.write_row(0, 0, head)
        for n in range(1, rows + 1):
            amount = "很多" if n <= faulty else 500
            sheet.write_row(n, 0, (f"L{n:05d}", f"大文件产品{n}", "流动资金贷款", amount, 3.5, "信用"))
    return raw.getvalue()


def hand_in(client: FlaskClient, raw: bytes, once: str = "one") -> Any:
    data = {"csrf_token": token_on(client.get("/imports/new")), "once": once, "list": "products",
            "file": (io.BytesIO(raw), "产品.xlsx")}  # fmt: skip
    return client.post("/imports", data=data, content_type="multipart/form-data")


def wait(client: FlaskClient, where: str) -> str:
    """The page once the check has ended, asked for as a browser does."""
    end = time.monotonic() + PATIENCE
    while client.get(f"{where}/progress").status_code == 200:
        assert time.monotonic() < end, "the check does not end"
        time.sleep(0.1)
    return str(client.get(where).text)


def job_of(app: Flask) -> ImportJob:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(ImportJob)).one()


def held(app: Flask, made_by: str = "person:x", **result: Any) -> ImportJob:
    """An upload of bank B1 that nobody checks."""
    with parts_of(app).database.writing(SYSTEM) as session:
        job = ImportJob(
            public_id=new_public_id(), owner="B1", org_code="B1", kind="products", file_name="a.xlsx", sha256="x",
            size=1, state="rejected", made_by=made_by, created_at=TUESDAY,
            result={"counts": {}, "errors": [], "report": False, "ignored_columns": [], "headers": {}, **result},
        )  # fmt: skip
        session.add(job)
    return job


def at(stage: str, since: Any = TUESDAY) -> dict[str, Any]:
    return {"checking": {"stage": stage, "since": since.isoformat(), "rows": 6000}}


def test_6000_rows_are_checked_by_a_worker_then_confirmed(app: Flask, bank: FlaskClient) -> None:
    raw = workbook(6_000)
    sent = hand_in(bank, raw)
    assert sent.status_code == 303
    assert hand_in(bank, raw).location == sent.location, "pressed twice"
    done = wait(bank, sent.location)
    assert "核对后确认入库" in done and re.search(r"6,?000", done)
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count(Product.id)).where(Product.product_code.like("L%"))) == 0
    confirmed = bank.post(f"{sent.location}/confirm", data={"csrf_token": token_on(bank.get(sent.location)),
                                                            "once": "c"})  # fmt: skip
    assert confirmed.status_code == 303
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count(Product.id)).where(Product.product_code.like("L%"))) == 6_000


def test_faulty_rows_of_a_large_file_come_back_annotated(app: Flask, bank: FlaskClient) -> None:
    where = hand_in(bank, workbook(AT_ONCE + 60, faulty=3)).location
    shown = wait(bank, where)
    assert "有错误的行" in shown and "很多" in shown
    report = openpyxl.load_workbook(io.BytesIO(bank.get(f"{where}/report.xlsx").data)).worksheets[0]
    assert report["D2"].comment is not None and report["D5"].comment is None


def test_up_to_5000_rows_the_answer_is_the_result(app: Flask, bank: FlaskClient) -> None:
    where = hand_in(bank, workbook(AT_ONCE)).location
    assert "checking" not in job_of(app).result and job_of(app).state == "checked"
    assert bank.get(f"{where}/progress").status_code == 204


def test_what_is_wrong_with_a_large_file_is_said_on_its_page(app: Flask, bank: FlaskClient) -> None:
    renamed = (*HEAD[:1], "产品的名称", *HEAD[2:])
    shown = wait(bank, hand_in(bank, workbook(AT_ONCE + 60, head=renamed)).location)
    assert "先确认列名" in shown and "产品的名称" in shown


def test_the_page_of_a_check_says_how_far_it_is_without_a_script(app: Flask, bank: FlaskClient) -> None:
    job = held(app, **at("comparing"))
    where = f"/imports/{job.public_id}"
    for lang, said in (("zh", "正在与清单逐行比较"), ("en", "comparing each row")):
        shown = bank.get(f"{where}?lang={lang}").text
        assert said in shown and 'value="40"' in shown and "6,000" in shown
        assert f'data-polls="{where}/progress"' in shown and f'href="{where}"' in shown
    assert said in bank.get(f"{where}/progress").text
    assert "being checked" in bank.get("/imports").text
    for verb in ("confirm", "columns"):
        answer = bank.post(f"{where}/{verb}", data={"csrf_token": token_on(bank.get(where)), "partial": "yes"})
        assert (answer.status_code, answer.location) == (303, where), "there is nothing to confirm yet"
    other = sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B2")
    assert other.get(f"{where}/progress").status_code == 404


def test_a_check_is_cancelled_and_its_file_goes(app: Flask, bank: FlaskClient) -> None:
    job = held(app, **at("reading"))
    where, kept = f"/imports/{job.public_id}", source_path(parts_of(app).settings, job.public_id, job.file_name)
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(b"x")
    cancelled = bank.post(f"{where}/cancel", data={"csrf_token": token_on(bank.get(where))})
    assert cancelled.location == where and not kept.exists()
    shown = bank.get(where).text
    assert "已取消，没有写入任何数据" in shown and 'type="file"' in shown
    again = bank.post(f"{where}/cancel", data={"csrf_token": token_on(bank.get(where))})
    assert again.location == where and "announce" not in again.text


def test_a_check_that_was_lost_with_its_process_is_begun_again(app: Flask, bank: FlaskClient) -> None:
    job = held(app, **at("reading", TUESDAY - timedelta(seconds=LOST_SECONDS + 1)))
    where = f"/imports/{job.public_id}"
    assert "没有检查完" in wait(bank, where), "its page stayed open; its file is gone, and that is said"


def test_whatever_breaks_the_owner_is_told(app: Flask, bank: FlaskClient) -> None:
    job = held(app, **at("reading", TUESDAY - timedelta(seconds=LOST_SECONDS + 1)))
    path = source_path(parts_of(app).settings, job.public_id, job.file_name)
    path.mkdir(parents=True)
    where = f"/imports/{job.public_id}"
    bank.get(where)
    assert "没有检查完" in wait(bank, where)


def test_an_upload_is_its_owners_alone_and_a_lost_check_is_resumed_as_its_maker(app: Flask, bank: FlaskClient) -> None:
    """B1's file names a product of B2: neither the bureau that looks nor a colleague lends it more rights."""
    maker = add_person(app, Role.PRODUCT_MANAGER, org_code="B1")
    with parts_of(app).database.reading(SYSTEM) as session:
        public_id = session.get_one(Person, maker).public_id
    lost = at("reading", TUESDAY - timedelta(seconds=LOST_SECONDS + 1))
    job = held(app, f"person:{public_id}", **lost)
    where, office = f"/imports/{job.public_id}", sign_in_as(app, Role.OPERATOR, org_code="J1")
    for address in (where, f"{where}/progress", f"{where}/report.xlsx"):
        assert office.get(address).status_code == 404
    token = token_on(office.get("/imports/new"))
    for verb in ("cancel", "columns", "confirm", "undo"):
        assert office.post(f"{where}/{verb}", data={"csrf_token": token}).status_code == 404
    now, other = parts_of(app).now(), Actor("person:other", Side.BANK, orgs=("B1",))
    assert maker_of(parts_of(app).database, job, other, now) == replace(actor_for(app, maker), second_factor=True)
    moved = add_person(app, Role.PRODUCT_MANAGER, org_code="B2")
    with parts_of(app).database.reading(SYSTEM) as session:
        job.made_by = f"person:{session.get_one(Person, moved).public_id}"
    assert maker_of(parts_of(app).database, job, other, now) is other


def test_a_process_has_one_worker_however_many_ask_first_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(parts: Any) -> object:
        time.sleep(0.05)
        return object()

    def worker(_: int) -> object:
        with app.app_context():
            return checks._checks()

    monkeypatch.setattr(checks, "Checks", slow)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(worker, range(8)))) == 1
