"""G-1, G-2, G-4 and G-6 in a real browser: the bureau's day, in Chinese and in English, at a desk and on a phone."""

import re
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from matchmaker.domain.terms import Role
from matchmaker.reports.indicators import BY_KEY
from tests.support.accounts import parts_of, sign_in_as
from tests.support.bureau import bureau_app
from tests.support.city import code_of
from tests.support.screens import follow

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390, 320)


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    made = bureau_app(sqlite_template, tmp_path)
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


def page_of(browser: Browser, app: Flask, address: str, role: Role, *, script: bool = True, **whose: str) -> Page:
    """A page of a browser in which a person of this role has signed in."""
    cookie = sign_in_as(app, role, **whose).get_cookie("session")
    assert cookie is not None
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=script)
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def desk(browser: Browser, app: Flask, address: str, *, script: bool = True) -> Page:
    return page_of(browser, app, address, Role.OPERATOR, script=script, org_code="J1")


def test_g1_each_number_leads_to_as_many_rows(browser: Browser, app: Flask, address: str) -> None:
    page = desk(browser, app, address)
    for key in BY_KEY:
        page.goto(address)
        card = page.locator(f'[data-indicator="{key}"]')
        number = int(card.locator(".figure").inner_text().replace(",", ""))
        follow(card.get_by_role("link"))
        assert page.locator("table.list tbody tr").count() == number, key


def test_g2_a_number_says_how_it_is_made_where_it_stands(browser: Browser, app: Flask, address: str) -> None:
    page = desk(browser, app, address, script=False)
    page.goto(f"{address}/?lang=en")
    card = page.locator('[data-indicator="products_stale"]')
    card.locator("summary").click()
    told = card.locator("details").inner_text()
    assert "5 days" in told and "Asia/Shanghai" in told and "Last refresh: 2026-12-02" in told


def test_g4_the_count_follows_what_is_typed_and_zero_is_a_warning(browser: Browser, app: Flask, address: str) -> None:
    page = desk(browser, app, address)
    page.goto(f"{address}/policies/new")
    page.get_by_label("标题").fill("七家企业的政策")
    page.get_by_label("级别").select_option("MUNICIPAL")
    page.get_by_label("支持方式").select_option("INTEREST_SUBSIDY")
    page.get_by_label("适用区域").fill("371002")
    expect(page.locator("#reached")).to_contain_text("将命中 7 家")
    page.get_by_label("适用区域").fill("371083")
    expect(page.locator("#reached .warning")).to_contain_text("将命中 0 家")
    page.get_by_role("button", name="继续").click()
    expect(page.locator(".warning")).to_contain_text("将命中 0 家")
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("status")).to_contain_text("政策已发布")


def test_g4_without_script_a_button_counts(browser: Browser, app: Flask, address: str) -> None:
    page = desk(browser, app, address, script=False)
    page.goto(f"{address}/policies/new?lang=en")
    page.get_by_label("Title").fill("half written")
    page.get_by_role("button", name="Count whom it reaches").click()
    expect(page.locator("#reached")).to_contain_text("7 enterprises meet this")
    expect(page.get_by_label("Title")).to_have_value("half written")


def test_g6_the_official_list_is_downloaded_from_its_page(browser: Browser, app: Flask, address: str) -> None:
    page = desk(browser, app, address)
    page.goto(f"{address}/lists/products")
    follow(page.get_by_role("link", name="官方表格（打印）"))
    with page.expect_download() as download:
        page.get_by_role("link", name="下载工作簿（Excel）").click()
    sheet = openpyxl.load_workbook(BytesIO(Path(download.value.path()).read_bytes())).worksheets[0]
    assert sheet["A1"].value == "银行信贷产品清单"
    assert sheet.max_row - 3 == page.locator("table.official tbody tr").count()


def test_review_by_ticking_rows(browser: Browser, app: Flask, address: str) -> None:
    page = desk(browser, app, address)
    page.goto(f"{address}/review?kind=needs")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="退回勾选的条目").click()
    expect(page).to_have_title(re.compile("^错误："))
    expect(page.locator("#trouble")).to_be_focused()
    assert page.get_by_role("checkbox", checked=True).count() == 2, "nothing that was ticked is lost"
    page.get_by_role("button", name="发布勾选的条目").click()
    expect(page.get_by_role("status")).to_contain_text("已发布 2 条")
    assert "全部办完" in page.inner_text("main")


def test_a_need_entered_after_a_visit_is_confirmed_by_its_enterprise(
    browser: Browser, app: Flask, address: str
) -> None:
    page = desk(browser, app, address)
    page.goto(f"{address}/lists/enterprises")
    page.locator("table.list tbody tr").nth(4).locator("th a").click()
    page.get_by_role("link", name="代这家企业填写需求").click()
    code = page.get_by_label("统一社会信用代码").input_value()
    page.get_by_label("融资金额(万元)").fill("８００万元")
    page.get_by_label("期限(月)").fill("12")
    page.get_by_label("用途").select_option("WORKING_CAPITAL")
    page.get_by_role("button", name="保存，等企业确认").click()
    expect(page.get_by_role("status")).to_contain_text("等待企业确认")
    firm = page_of(browser, app, address, Role.FINANCE, uscc=code)
    firm.goto(f"{address}/behalf")
    firm.get_by_role("link", name="800 万元").click()
    firm.get_by_role("button", name="确认，提交这条需求").click()
    expect(firm.get_by_role("status")).to_contain_text("您已确认这条需求")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_keep_to_the_width_and_have_one_heading(
    browser: Browser, app: Flask, address: str, tmp_path: Path, lang: str
) -> None:
    page = desk(browser, app, address)
    paths = [
        "/", "/definitions", "/review?kind=products", "/policies/new", "/registers/chains", "/registers/chains/new",
        "/registers/workdays", "/behalf/new", "/responses", "/runs/pushes", "/outbox?state=failed",
        "/lists/needs/official", "/lists/products/official", "/lists/policies/official",
    ]  # fmt: skip
    wide = {}
    for path in paths:
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={lang}")
        assert page.locator("h1").count() == 1, path
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            wide |= {(path, width): over} if over > 0 else {}
        page.set_viewport_size({"width": 1280, "height": 900})
    assert wide == {}, "runs over the edge by so many px"
    firm = page_of(browser, app, address, Role.FINANCE, uscc=code_of(3))
    firm.set_viewport_size({"width": 390, "height": 900})
    firm.goto(f"{address}/behalf?lang={lang}")
    follow(firm.locator(".tasks a"))
    assert firm.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    firm.screenshot(path=tmp_path / f"behalf-{lang}.png", full_page=True)
