"""E-1 to E-4, E-7 and E-9 in a real browser: an enterprise tells a need, on a wide screen and on a phone."""

import re
import threading
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select, update
from werkzeug.serving import make_server

from matchmaker import create_app
from matchmaker.accounts.models import SignIn
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Need
from matchmaker.lists.queries import load_workdays
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, client_of, parts_of
from tests.support.browsing import PASSWORD, add_user
from tests.support.city import code_of
from tests.support.consenting import NOW, fill

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)
LOGIN = "finance@firm.example"


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    database = Database(migrated_sqlite_url)
    fill(database, tmp_path)
    database.dispose()
    settings = Settings(instance=tmp_path, secret_key=SECRET, database_url=migrated_sqlite_url, demo=True)
    made = create_app(settings, now=lambda: NOW)
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


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, app: Flask, address: str) -> Iterator[Page]:
    """The workbench of a finance officer, who has just signed in."""
    client = client_of(app, add_user(app, Role.FINANCE, login=LOGIN, uscc=code_of(1)))
    cookie = client.get_cookie("session")
    assert cookie is not None
    context: BrowserContext = browser.new_context(viewport={"width": request.param, "height": 900})
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    opened = context.new_page()
    opened.goto(f"{address}/")
    yield opened
    context.close()


class Counted:
    """Clicks and typed fields of a task, and the pages that it loads."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.fields, self.loads = page, 0, 0, 0
        page.on("domcontentloaded", lambda _: self._loaded())

    def _loaded(self) -> None:
        self.loads += 1

    def click(self, role: str, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]

    def type(self, name: str, text: str) -> None:
        self.fields += 1
        self.page.locator(f"#{name}").fill(text)


def first_page(counted: Counted, amount: str = "800") -> None:
    counted.type("amount_wan", amount)
    counted.page.get_by_label("订单履约").check()
    counted.fields += 1
    counted.type("term_months", "12")
    counted.click("button", "继续")


def check_page(page: Page, amount: str = "800") -> Counted:
    """From the workbench to the check page."""
    counted = Counted(page)
    counted.click("link", "提交融资需求")
    first_page(counted, amount)
    counted.page.get_by_label("抵押", exact=True).check()
    counted.fields += 1
    counted.type("max_rate_pct", "4.5")
    counted.click("button", "继续")
    expect(page.get_by_role("heading", level=1)).to_contain_text("核对信息")
    return counted


def not_too_wide(page: Page) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} runs {over} px over the edge"


def needs(app: Flask) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Need).where(Need.uscc == code_of(1))) or 0


def test_e1_a_need_is_told_with_few_fields_clicks_and_pages(page: Page, app: Flask, tmp_path: Path) -> None:
    counted = check_page(page)
    not_too_wide(page)
    page.screenshot(path=tmp_path / "check.png", full_page=True)
    counted.click("button", "提交")
    expect(page.get_by_role("heading", level=1)).to_have_text("需求已提交")
    assert counted.fields <= 8 and counted.clicks <= 6 and counted.loads <= 4, vars(counted)
    assert re.fullmatch(r"XQ-\d{8}-\d{4,}", page.locator(".number").inner_text())
    due = date.fromisoformat(page.locator("strong time").get_attribute("datetime") or "")
    with parts_of(app).database.reading(SYSTEM) as session:
        assert load_workdays(session).is_workday(due) and due > NOW.date()
    not_too_wide(page)
    link = page.get_by_role("link", name="下载 PDF").get_attribute("href")
    paper = page.request.get(page.url.split("/needs")[0] + (link or ""))
    assert paper.status == 200 and paper.headers["content-type"] == "application/pdf"
    assert "800 万元" in pypdf.PdfReader(BytesIO(paper.body())).pages[0].extract_text()


def test_e2_what_is_missing_is_listed_and_each_entry_leads_to_its_field(page: Page) -> None:
    page.get_by_role("link", name="提交融资需求").click()
    page.locator("#latest_funding_on").fill("昨天")
    page.get_by_role("button", name="继续").click()
    expect(page).to_have_title(re.compile("^错误："))
    expect(page.locator("#trouble")).to_be_focused()
    expect(page.locator("#trouble h2")).to_have_text("有 4 处需要修改")
    links = page.locator("#trouble a")
    for at in range(links.count()):
        name = (links.nth(at).get_attribute("href") or "")[1:]
        beside = page.locator(f"#{name}-fault").inner_text().strip().removeprefix("错误：").strip()
        assert links.nth(at).inner_text() == beside
        links.nth(at).click()
        expect(page.locator(f"#{name}")).to_be_focused()
    expect(links).to_have_count(4)
    expect(page.locator("#latest_funding_on")).to_have_value("昨天")
    assert page.evaluate("document.querySelector('form.form').noValidate")
    not_too_wide(page)


@pytest.mark.parametrize("typed", ["８００万元", "800万", "8,000,000元", "800.0"])
def test_e3_an_amount_is_understood_however_it_is_written(page: Page, typed: str) -> None:
    check_page(page, typed)
    expect(page.locator("#a-amount_wan dd").first).to_have_text("800 万元")


def test_e3_an_amount_in_words_is_answered_with_how_to_write_it(page: Page) -> None:
    counted = Counted(page)
    counted.click("link", "提交融资需求")
    first_page(counted, "八百")
    fault = page.locator("#amount_wan-fault").inner_text()
    assert "融资金额" in fault and "例如 800" in fault
    expect(page.locator("#amount_wan")).to_have_value("八百")


def test_e4_a_changed_answer_leads_straight_back_to_its_row(page: Page) -> None:
    check_page(page)
    expect(page.locator("dd", has_text="未填写")).to_have_count(3)
    page.locator("#a-repayment").get_by_role("link", name="修改").click()
    page.locator("#repayment").select_option(label="随借随还")
    page.get_by_role("button", name="继续").click()
    expect(page).to_have_url(re.compile("/check#a-repayment$"))
    row = page.locator("#a-repayment")
    expect(row.locator("dd").first).to_have_text("随借随还")
    expect(row).to_be_in_viewport()


def test_e7_a_double_click_and_going_back_make_one_need(page: Page, app: Flask) -> None:
    before = needs(app)
    check_page(page)
    page.get_by_role("button", name="提交").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("需求已提交")
    number = page.locator(".number").inner_text()
    page.go_back()
    if page.get_by_role("button", name="提交").count():
        page.get_by_role("button", name="提交").click()
    expect(page.locator(".number")).to_have_text(number)
    assert needs(app) == before + 1


def test_e9_the_draft_outlives_the_session(page: Page, app: Flask, address: str) -> None:
    counted = Counted(page)
    counted.click("link", "提交融资需求")
    first_page(counted)
    page.get_by_label("抵押", exact=True).check()
    page.locator("#description").fill("用于备料，三个月内到账为好")
    expect(page.locator("#saved")).to_have_text("草稿已于 09:30 保存", timeout=5000)
    page.wait_for_timeout(1200)  # what was typed last goes a moment later
    with parts_of(app).database.writing(SYSTEM) as session:
        session.execute(update(SignIn).values(ended_at=NOW, ended_why="idle"))
    page.get_by_role("button", name="继续").click()
    page.locator("#login").fill(LOGIN)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("#password")).to_have_count(0)
    page.goto(f"{address}/")
    expect(page.locator("main")).to_contain_text("草稿已于 09:30 保存")
    page.get_by_role("link", name=re.compile("继续填写融资需求")).click()
    expect(page.locator("#amount_wan")).to_have_value("800")
    expect(page.locator("#saved")).to_have_text("草稿已于 09:30 保存")
    page.get_by_role("button", name="继续").click()
    expect(page.locator("#description")).to_have_value("用于备料，三个月内到账为好")
    expect(page.get_by_label("抵押", exact=True)).to_be_checked()


def test_the_same_in_english(page: Page, address: str) -> None:
    page.goto(f"{address}/needs/new?lang=en")
    page.locator("#amount_wan").fill("800")
    page.get_by_label("order fulfilment").check()
    page.locator("#term_months").fill("12")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#a-amount_wan dd").first).to_have_text("CNY 8.00 million")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The need was sent")
    for path in ("/", "/needs", "/enterprise", "/enterprise/change"):
        page.goto(address + path)
        not_too_wide(page)


def test_the_switch_of_language_keeps_a_half_filled_form(page: Page) -> None:
    page.get_by_role("link", name="提交融资需求").click()
    page.locator("#amount_wan").fill("八百")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tell a need")
    expect(page.locator("#amount_wan")).to_have_value("八百")
