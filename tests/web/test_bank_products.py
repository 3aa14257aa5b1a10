"""The bank's own products on pages: the library, a change against its version, steps, what is still right, what-if."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import EntryStatus, Role
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.models import Product
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of, sign_in_as
from tests.support.browsing import token_on
from tests.support.city import TUESDAY, need, product, put, small_city


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.moment = TUESDAY

    def __call__(self) -> Any:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(migrated_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    settings = Settings(
        instance=tmp_path, secret_key=SECRET, database_url=migrated_url, demo=True, products_review=False
    )
    made = create_app(settings, now=clock)
    with parts_of(made).database.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, firms=8)
        put(session, "products", product("B1", 2), product("B1", 3))
        put(session, "needs", *(need(n, amount_wan=100 * n) for n in range(1, 9)))
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def bank(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B1")


def stored(app: Flask, code: str) -> Product:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(Product).where(Product.product_code == code)).one()


def page_of(app: Flask, code: str, more: str = "") -> str:
    return f"/products/{stored(app, code).public_id}{more}"


def form_on(client: FlaskClient, path: str) -> dict[str, Any]:
    """What a browser would send of the form on a page, as it is filled in."""
    text = client.get(path).text
    text = text[text.index('<form class="form wide"') :]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]+>", text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        kept = 'type="checkbox"' not in tag or " checked" in tag
        if name and value and kept and value[1]:
            found.setdefault(name[1], []).append(unescape(value[1]))
    for name, options in re.findall(r'<select id="(\w+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def shown(answer: TestResponse) -> str:
    return unescape(re.sub(r"<[^>]+>", "", answer.text))


def test_the_library_holds_ones_own_products_only_and_marks_what_wants_care(
    app: Flask, bank: FlaskClient, clock: Clock
) -> None:
    listed = bank.get("/products").text
    assert all(code in listed for code in ("B1P1", "B1P2", "B1P3")) and "B2P2" not in listed
    assert bank.get(page_of(app, "B2P2")).status_code == 404 and bank.get("/products/nothing").status_code == 404
    clock.moment += timedelta(days=91)
    bank = sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B1")
    assert bank.get("/products?care=stale").text.count("tag stale") == 3
    token = token_on(bank.get("/products"))
    picked = [stored(app, code).public_id for code in ("B1P1", "B1P2")] + [stored(app, "B2P2").public_id]
    done = bank.post("/products/confirm", data={"csrf_token": token, "picked": picked}, follow_redirects=True)
    assert "已确认 2 个产品仍然正确" in done.text and done.text.count("tag stale") == 1
    assert stored(app, "B2P2").confirmed_at < clock.moment, "another bank's is left alone"
    none = bank.post("/products/confirm", data={"csrf_token": token}, follow_redirects=True)
    assert "没有勾选产品" in none.text


def test_a_change_is_saved_once_and_stands_in_the_log_with_who_and_when(app: Flask, bank: FlaskClient) -> None:
    path = page_of(app, "B1P2", "/change")
    form = form_on(bank, path) | {"amount_max_wan": "８００万"}
    first = bank.post(path, data=form)
    again = bank.post(path, data=form)
    assert first.status_code == again.status_code == 303
    assert stored(app, "B1P2").version == 2
    log = shown(bank.get(page_of(app, "B1P2")))
    assert "最高额度(万元)：1000 → 800" in log and "Person" in log


def test_a_fault_keeps_what_was_typed_and_says_where(app: Flask, bank: FlaskClient) -> None:
    path = page_of(app, "B1P2", "/change")
    answer = bank.post(path, data=form_on(bank, path) | {"amount_max_wan": "八百", "amount_min_wan": "5"})
    assert answer.status_code == 422 and "<title>错误：" in answer.text
    assert 'value="八百"' in answer.text and 'href="#amount_max_wan"' in answer.text and 'value="5"' in answer.text
    assert stored(app, "B1P2").version == 1


def test_a_stale_form_says_who_changed_what_and_keeps_what_was_typed(app: Flask, bank: FlaskClient) -> None:
    path = page_of(app, "B1P2", "/change")
    mine = form_on(bank, path)
    other = sign_in_as(app, Role.LEAD, org_code="B1")
    assert other.post(path, data=form_on(other, path) | {"fee_pct": "0.9"}).status_code == 303
    answer = bank.post(path, data=mine | {"amount_max_wan": "777"})
    assert answer.status_code == 409
    assert "一次性费用(%) 0.5 → 0.9" in shown(answer) and 'value="777"' in answer.text
    name = re.search(r"</time> (Person \d+)：", answer.text)
    assert name and name[1] not in shown(bank.get("/account")), "the colleague by name"
    assert stored(app, "B1P2").version == 2
    again = mine | {"amount_max_wan": "777", "version": "2", "once": "another"}
    assert bank.post(path, data=again).status_code == 303
    assert stored(app, "B1P2").amount_max_fen == 777_000_000


def test_a_new_product_never_overwrites_one_of_the_same_name(app: Flask, bank: FlaskClient) -> None:
    form = form_on(bank, "/products/new") | {"name": "B1流贷2", "product_type": "CREDIT_LOAN"}
    refused = bank.post("/products/new", data=form)
    assert refused.status_code == 422 and "已有同名产品" in refused.text and stored(app, "B1P2").version == 1
    made = bank.post("/products/new", data=form | {"name": "新开的产品", "once": "2"}, follow_redirects=True)
    assert made.status_code == 200 and "新开的产品" in made.text and "B1-001" in made.text


def test_steps_are_asked_about_and_taken(app: Flask, bank: FlaskClient) -> None:
    for verb, state in (("suspend", "suspended"), ("resume", "published"), ("withdraw", "withdrawn")):
        path = page_of(app, "B1P3", f"/{verb}")
        assert f"/{verb}" in bank.get(page_of(app, "B1P3")).text
        token = token_on(bank.get(path))
        assert bank.post(path, data={"csrf_token": token, "once": verb}).status_code == 303
        assert stored(app, "B1P3").status is EntryStatus(state)
    assert bank.get(page_of(app, "B1P3", "/change")).status_code == 409
    assert "/suspend" not in bank.get(page_of(app, "B1P3")).text


def test_the_effect_of_a_threshold_is_told_before_it_is_saved(app: Flask, bank: FlaskClient) -> None:
    """Eight needs of 100 to 800 万元: an upper bound of 250 loses six of them, of 450 four."""
    path = page_of(app, "B1P2", "/change")
    lost = shown(bank.post(path, data=form_on(bank, path) | {"amount_max_wan": "250", "do": "effect"}))
    assert re.search(r"不再合适的需求\s*6 笔，合计约 3,300 万元", lost), lost
    few = shown(bank.post(path, data=form_on(bank, path) | {"amount_max_wan": "450", "do": "effect"}))
    assert re.search(r"不再合适的需求\s*少于 5 笔（<5）", few) and "万元\n" not in few.split("不再合适")[1][:60]
    assert stored(app, "B1P2").version == 1


def test_an_account_manager_reads_products_and_changes_none(app: Flask) -> None:
    reader = sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1")
    answer = reader.get("/products")
    assert answer.status_code == 200 and "新增产品" not in answer.text and "picked" not in answer.text
    assert reader.get(page_of(app, "B1P2", "/change")).status_code == 403
    assert reader.get("/imports/new").status_code == 403


def hand_in(client: FlaskClient, raw: bytes, name: str = "产品.csv", kind: str = "products") -> TestResponse:
    token = token_on(client.get("/imports/new"))
    data = {"csrf_token": token, "once": name, "list": kind, "file": (io.BytesIO(raw), name)}
    return client.post("/imports", data=data, content_type="multipart/form-data")


@pytest.mark.parametrize(
    ("raw", "name", "said"),
    [
        (b"", "", "还没有选择文件"),
        (b"", "a.xlsx", "空文件"),
        (b"PK\x03\x04 broken", "a.xlsx", "已损坏"),
        (b"x", "a.pdf", "不是 .xlsx 或 .csv"),
        ("备注\n一\n".encode(), "a.csv", "没有找到表头"),
        ("产品编号,银行,产品名称\nX,B1,甲\n".encode(), "a.csv", "没有找到列「产品类型」"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_above_the_box(bank: FlaskClient, raw: bytes, name: str, said: str) -> None:
    answer = hand_in(bank, raw, name)
    assert answer.status_code in (400, 422) and said in answer.text and 'type="file"' in answer.text
    assert "<title>错误：" in answer.text


def test_a_file_of_another_list_or_of_another_bank_is_not_there(app: Flask, bank: FlaskClient) -> None:
    assert hand_in(bank, b"x", kind="enterprises").status_code == 404
    assert bank.get("/imports/template/needs.xlsx").status_code == 404
    made = hand_in(bank, "产品编号,银行,产品名称,产品类型\nB1P2,B1,B1流贷2,信用贷\n".encode())
    assert made.status_code == 303
    other = sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B2")
    assert other.get(made.location).status_code == 404
    for verb in ("confirm", "undo", "columns"):
        token = token_on(other.get("/imports/new"))
        assert other.post(f"{made.location}/{verb}", data={"csrf_token": token}).status_code == 404
    assert stored(app, "B1P2").version == 1


def test_the_same_upload_confirmed_twice_is_written_once(app: Flask, bank: FlaskClient) -> None:
    where = hand_in(bank, "产品编号,银行,产品名称,产品类型\nB1P2,B1,B1流贷2,信用贷\n".encode()).location
    token = token_on(bank.get(where))
    for number in ("1", "1", "2"):
        assert bank.post(f"{where}/confirm", data={"csrf_token": token, "once": number}).status_code == 303
    assert stored(app, "B1P2").version == 2
    told = {"csrf_token": token, "header": "x", "code": ""}
    assert bank.post(f"{where}/columns", data=told).status_code in (404, 409), "a written file is not checked again"
    for number, status in (("3", 303), ("3", 303), ("4", 409)):
        assert bank.post(f"{where}/undo", data={"csrf_token": token, "once": number}).status_code == status
    assert stored(app, "B1P2").version == 3
    assert "已撤销" in bank.get(f"{where}?lang=en").text or "Undone" in bank.get(f"{where}?lang=en").text


def test_the_template_holds_ones_own_products(bank: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(bank.get("/imports/template/products.xlsx").data))
    sheet = book.worksheets[0]
    assert [sheet.cell(row, 1).value for row in range(2, 6)] == ["B1P1", "B1P2", "B1P3", None]


def test_the_workbench_says_how_long_there_is(app: Flask, clock: Clock, tmp_path: Path) -> None:
    from matchmaker.push.services import run_push

    parts = parts_of(app)
    run_push(parts.database, parts.settings, now=clock, audiences=("bank",))
    lead = sign_in_as(app, Role.LEAD, org_code="B1")
    assert "剩 3 个工作日" in lead.get("/").text, "due on Friday"
    clock.moment += timedelta(days=1)
    fresh = sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1").get("/")
    assert "剩 2 个工作日" in fresh.text and "隐名" not in fresh.text and "产品与文件" not in fresh.text
    clock.moment += timedelta(days=5)
    assert "已超时 1 个工作日" in sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1").get("/").text


def test_uploads_are_listed_and_counted_without_their_rows(app: Flask, bank: FlaskClient) -> None:
    """A result of a large file is some hundred kB: its counts and its state are told without it."""
    hand_in(bank, "产品编号,银行,产品名称,产品类型\nB1P2,B1,新名称,信用贷\n".encode(), "1.csv")
    hand_in(bank, "产品编号,银行,产品的名称,产品类型\nB1P2,B1,新名称,信用贷\n".encode(), "2.csv")
    hand_in(bank, "产品编号,银行,产品名称,产品类型\nB1P2,B1,新名称,无\n".encode(), "3.csv")
    said: list[str] = []
    engine = parts_of(app).database.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    listed, first = bank.get("/imports").text, bank.get("/").text
    event.remove(engine, "before_cursor_execute", note)
    cells = re.findall(r'class="tag[^"]*">([^<]+)</span></td>\s*' + r"<td[^>]*>(\d+)</td>\s*" * 4, listed)
    assert cells == [
        ("待确认入库", "0", "1", "0", "0"), ("待确认列名", "0", "0", "0", "0"), ("有错误，未入库", "0", "0", "0", "1"),
    ]  # fmt: skip
    assert "上传后还没有确认入库的文件" in first and "2 项" in first
    assert not [one for one in said if re.search(r"(?<!\()import_job\.result(?! *->)", one)]
    other = sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B2")
    assert "1.csv" not in other.get("/imports").text and "2 项" not in other.get("/").text


def test_a_file_that_changes_nothing_can_confirm_all_of_it(app: Flask, clock: Clock) -> None:
    clock.moment += timedelta(days=40)
    bank = sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B1")
    template = bank.get("/imports/template/products.xlsx").data
    page = hand_in(bank, template, "模板.xlsx").headers["Location"]
    shown = bank.get(page)
    assert "未写入任何数据" in shown.text and "全部确认无变化" in shown.text
    once = re.findall(r'name="once" value="([^"]+)"', shown.text.partition("/confirm")[2])[0]
    answer = bank.post(f"{page}/confirm", data={"csrf_token": token_on(shown), "once": once}, follow_redirects=True)
    assert "已确认 3 条仍然有效" in answer.text
    with parts_of(app).database.reading(SYSTEM) as session:
        mine = session.scalars(select(Product).where(Product.bank_name == "B1")).all()
        assert {one.confirmed_at for one in mine} == {clock.moment} and {one.version for one in mine} == {1}
