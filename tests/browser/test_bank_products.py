"""B-1 to B-4 in a real browser: the template, unknown columns, faulty rows, nothing before the word, the way back."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import func, select
from werkzeug.serving import make_server

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.models import Product
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of, sign_in_as
from tests.support.city import TUESDAY, product, put, small_city

pytestmark = pytest.mark.browser
PRODUCTS = 200
BAD = tuple(range(5, 205, 10))
"""Twenty rows of the file in which a cell is spoilt."""
WIDTHS = (1280, 390)


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    database = Database(migrated_sqlite_url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, firms=8)
        put(session, "products", *(product("B1", n, rate_max_pct="4.5") for n in range(1, PRODUCTS + 1)))
    database.dispose()
    settings = Settings(
        instance=tmp_path, secret_key=SECRET, database_url=migrated_sqlite_url, demo=True, products_review=False
    )
    made = create_app(settings, now=lambda: TUESDAY)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(browser: Browser, app: Flask, address: str) -> Iterator[Page]:
    """A product manager of B1, signed in."""
    cookie = sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B1").get_cookie("session")
    assert cookie is not None
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900}, accept_downloads=True)
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    yield context.new_page()
    context.close()


def versions(app: Flask) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(ListVersion)) or 0


def amounts(app: Flask) -> dict[str, Any]:
    with parts_of(app).database.reading(SYSTEM) as session:
        rows = session.execute(select(Product.product_code, Product.amount_max_fen, Product.status))
        return {code: (amount, str(status)) for code, amount, status in rows}


def download(page: Page, link: Locator, folder: Path, name: str) -> Path:
    """The file that a link hands out."""
    with page.expect_download() as waiting:
        link.click()
    path = folder / name
    waiting.value.save_as(path)
    return path


def template(page: Page, address: str, folder: Path) -> Path:
    """The template as the product library hands it out."""
    page.goto(f"{address}/products")
    return download(page, page.get_by_role("link", name="下载模板"), folder, "template.xlsx")


def hand_in(page: Page, address: str, path: Path) -> None:
    """From the first page: 我行产品 → 上传 Excel → 上传并检查."""
    page.goto(f"{address}/")
    page.get_by_role("navigation").get_by_role("link", name="我行产品").click()
    page.get_by_role("link", name="上传 Excel").click()
    page.get_by_label("文件（").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()


def edit(path: Path, to: Path, change: Any) -> Path:
    """A copy of a workbook with something done to its list's sheet; ``change``: (sheet, header → column letter)."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    columns = {str(cell.value): cell.column_letter for cell in sheet[1]}
    change(sheet, columns)
    book.save(to)
    return to


def fits(page: Page, folder: Path, name: str) -> None:
    """Nothing runs over the edge at either width."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} px too wide at {width}"
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def test_b1_the_template_unchanged_writes_nothing_and_a_file_twice_neither(
    page: Page, app: Flask, address: str, tmp_path: Path
) -> None:
    path = template(page, address, tmp_path)
    before = versions(app)
    for _ in range(2):
        hand_in(page, address, path)
        expect(page.locator("main")).to_contain_text(f"无变化 {PRODUCTS}，未写入任何数据")
        expect(page.get_by_role("button", name="确认入库")).to_have_count(0)
    fits(page, tmp_path, "unchanged")
    assert versions(app) == before

    changed = edit(
        path, tmp_path / "changed.xlsx", lambda sheet, at: sheet.__setitem__(f"{at['最高额度(万元)']}2", 888)
    )
    hand_in(page, address, changed)
    page.get_by_role("button", name="确认入库").click()
    expect(page.get_by_role("status").first).to_contain_text("已入库 1 条")
    hand_in(page, address, changed)
    expect(page.locator("main")).to_contain_text(f"无变化 {PRODUCTS}，未写入任何数据")
    assert versions(app) == before + 1


def test_b2_a_wrong_column_name_is_asked_about_before_any_cell(
    page: Page, app: Flask, address: str, tmp_path: Path
) -> None:
    def spoil(sheet: Any, at: dict[str, str]) -> None:
        sheet[f"{at['最高年利率(%)']}1"] = "年利率上限"
        sheet[f"{at['最高额度(万元)']}7"] = "八百"

    path = edit(template(page, address, tmp_path), tmp_path / "other.xlsx", spoil)
    hand_in(page, address, path)
    asked = page.locator("main").inner_text()
    assert "没有找到列「最高年利率(%)」；文件中有「年利率上限」，是否就是它？" in asked
    expect(page.locator("td.faulty")).to_have_count(0)
    assert "八百" not in asked
    expect(page).to_have_title(re.compile("^错误："))
    choice = page.get_by_label("文件中的列「年利率上限」")
    expect(choice).to_have_value("rate_max_pct")
    fits(page, tmp_path, "columns")
    page.get_by_role("button", name="按此检查").click()
    expect(page.locator("td.faulty")).to_have_count(1)
    expect(page.locator("td.faulty")).to_contain_text("八百")

    hand_in(page, address, path)
    assert page.locator("td.faulty").count() == 1, "the answer is remembered for the next file"


def test_b3_only_faulty_rows_and_the_same_workbook_annotated(
    page: Page, app: Flask, address: str, tmp_path: Path
) -> None:
    def spoil(sheet: Any, at: dict[str, str]) -> None:
        for row in BAD:
            sheet[f"{at['最高额度(万元)']}{row}"] = "八百"

    original = template(page, address, tmp_path)
    path = edit(original, tmp_path / "bad.xlsx", spoil)
    before = versions(app)
    hand_in(page, address, path)
    rows = page.locator("table.faults tbody tr")
    assert [int(rows.nth(n).locator("th").inner_text()) for n in range(rows.count())] == list(BAD)
    cell = rows.first.locator("td.faulty")
    expect(cell).to_contain_text("八百")
    expect(cell.locator(".fault")).to_contain_text("800")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        box = page.get_by_label("改好后重新上传").bounding_box()
        assert box is not None and 0 <= box["y"] <= 844 - box["height"], "the box to upload again stays in view"
    fits(page, tmp_path, "faulty")

    marked = download(page, page.get_by_role("link", name="下载错误标注"), tmp_path, "marked.xlsx")
    book, first = openpyxl.load_workbook(marked), openpyxl.load_workbook(path)
    assert book.sheetnames == first.sheetnames
    sheet, source = book.worksheets[0], first.worksheets[0]
    columns = {str(found.value): found.column_letter for found in sheet[1]}
    assert sheet.cell(1, sheet.max_column).value == "错误说明"
    for row in range(2, PRODUCTS + 2):
        found = sheet[f"{columns['最高额度(万元)']}{row}"]
        assert (found.comment is not None) == (row in BAD)
        assert (found.fill.fgColor.rgb == "FFFFB3B0") == (row in BAD)
        assert bool(sheet[f"{columns['错误说明']}{row}"].value) == (row in BAD)
    rules = [{(str(r.sqref), r.type, r.formula1) for r in s.data_validations.dataValidation} for s in (sheet, source)]
    assert rules[0] == rules[1] and rules[0]

    def mend(sheet: Any, at: dict[str, str]) -> None:
        for row in BAD:
            sheet[f"{at['最高额度(万元)']}{row}"] = 800

    mended = edit(marked, tmp_path / "mended.xlsx", mend)
    page.get_by_label("改好后重新上传").set_input_files(mended)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^核对后确认入库"))
    assert versions(app) == before


def test_b4_nothing_before_the_word_each_change_shown_and_the_way_back(
    page: Page, app: Flask, address: str, tmp_path: Path
) -> None:
    def change(sheet: Any, at: dict[str, str]) -> None:
        sheet[f"{at['最高额度(万元)']}2"] = 888
        row = PRODUCTS + 2
        sheet[f"{at['产品名称']}{row}"], sheet[f"{at['产品类型']}{row}"] = "新开的产品", "信用贷"
        sheet[f"{at['银行']}{row}"] = "B1银行"

    before = amounts(app)
    code = sorted(code for code in before if code.startswith("B1"))[0]
    hand_in(page, address, edit(template(page, address, tmp_path), tmp_path / "new.xlsx", change))
    assert amounts(app) == before
    told = page.locator("main").inner_text()
    assert "还没有写入任何数据" in told and "新开的产品" in told
    cells = page.get_by_role("row").filter(has_text="最高额度").locator("td")
    expect(cells.nth(2)).to_contain_text("1,000")
    expect(cells.nth(3)).to_contain_text("888")
    fits(page, tmp_path, "check")
    page.get_by_role("button", name="确认入库").click()
    after = amounts(app)
    assert after[code][0] == 888 * 1_000_000 and len(after) == len(before) + 1
    page.goto(f"{address}/imports")
    fits(page, tmp_path, "imports")
    page.get_by_role("link", name="new.xlsx").first.click()
    fits(page, tmp_path, "written")
    page.get_by_role("button", name="撤销这次导入").click()
    expect(page.get_by_role("status").first).to_contain_text("恢复 1 条，撤回 1 条新增")
    undone = amounts(app)
    assert {code: undone[code] for code in before} == before
    assert [undone[code][1] for code in undone.keys() - before.keys()] == ["withdrawn"]
    fits(page, tmp_path, "undone")
