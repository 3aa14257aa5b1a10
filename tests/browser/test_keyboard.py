"""The five main flows without a mouse, and three of them without JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from matchmaker.domain.terms import Role
from tests.support.accounts import parts_of
from tests.support.bureau import bureau_app
from tests.support.city import code_of
from tests.support.keys import Keys
from tests.support.screens import served, signed_in
from tests.support.uploads import csv_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = bureau_app(sqlite_template, tmp_path_factory.mktemp("city"))
    yield made
    parts_of(made).database.dispose()


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with served(app) as found:
        yield found


def keys_of(browser: Browser, app: Flask, address: str, role: Role, path: str = "/", **whose: str) -> Keys:
    page = signed_in(browser, app, address, role, **whose).new_page()
    page.set_default_timeout(10_000)
    page.goto(address + path)
    return Keys(page)


def told(page: Page, sentence: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(sentence)


def test_an_enterprise_tells_a_need(browser: Browser, app: Flask, address: str) -> None:
    keys = keys_of(browser, app, address, Role.FINANCE, uscc=code_of(1))
    keys.press("Tab")
    assert keys.focused() == "跳到正文", "the first stop of every page"
    keys.press("Enter", "Tab")
    assert keys.page.evaluate("document.activeElement.closest('main') !== null"), "past the menu"
    keys.open("提交融资需求")
    keys.open("继续")
    expect(keys.page.locator("#trouble")).to_be_focused()
    keys.press("Tab")
    assert "融资金额" in keys.focused()
    keys.press("Enter")
    expect(keys.page.locator("#amount_wan")).to_be_focused()
    keys.page.keyboard.type("800")
    keys.choose("订单履约")
    keys.type("期限", "12")
    keys.open("继续")
    keys.tick("抵押")
    keys.type("可接受最高年利率", "4.5")
    keys.open("继续")
    keys.open("提交")
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("需求已提交")


def test_a_bank_takes_one_and_refuses_another(browser: Browser, app: Flask, address: str) -> None:
    keys = keys_of(browser, app, address, Role.ACCOUNT_MANAGER, "/leads?tab=overdue", org_code="B1")
    first = keys.page.locator("tbody th a").first.inner_text()
    keys.open(first)
    keys.open("接单")
    told(keys.page, "已接单")
    keys.page.goto(f"{address}/leads?tab=overdue")
    keys.open(keys.page.locator("tbody th a").first.inner_text())
    keys.to("不适合我行")
    keys.press("Enter")
    keys.open("答复不适合我行")
    expect(keys.page.locator("#trouble")).to_be_focused()
    switch = keys.page.get_by_role("link", name="English", exact=True).get_attribute("href") or ""
    assert "/refuse" not in switch, "an address that is only sent to cannot be opened"
    keys.press("Tab", "Enter", "Tab", "Space")
    keys.open("答复不适合我行")
    told(keys.page, "一分钟内可以撤销")


def test_a_bank_uploads_a_file(browser: Browser, app: Flask, address: str, tmp_path: Path) -> None:
    path = tmp_path / "产品.csv"
    row = {"product_code": "KEY1", "bank_name": "B2", "name": "键盘上传的产品", "product_type": "CREDIT_LOAN"}
    path.write_text(csv_of([row | {"amount_max_wan": "500", "rate_max_pct": "4.5"}]), "utf-8")
    keys = keys_of(browser, app, address, Role.PRODUCT_MANAGER, "/products", org_code="B2")
    keys.open("上传 Excel")
    keys.attach("文件", path)
    keys.open("上传并检查")
    keys.open("确认入库")
    told(keys.page, "已入库 1 条")


def test_the_bureau_publishes_in_review(browser: Browser, app: Flask, address: str) -> None:
    keys = keys_of(browser, app, address, Role.OPERATOR, org_code="J1")
    keys.open("审核")
    keys.page.goto(f"{address}/review?kind=policies")
    keys.open("退回勾选的条目")
    expect(keys.page.locator("#trouble")).to_be_focused()
    keys.tick("ZC-3")
    keys.press("Shift+Tab")
    while keys.focused() != "发布勾选的条目":
        keys.press("Shift+Tab")
    with keys.page.expect_event("load"):
        keys.press("Enter")
    told(keys.page, "已发布 1 条")


def test_an_enterprise_consents_and_withdraws(browser: Browser, app: Flask, address: str) -> None:
    keys = keys_of(browser, app, address, Role.FINANCE, uscc=code_of(4))
    keys.open("授权")
    keys.open("同意该银行查看企业名称")
    keys.open("同意并授权")
    told(keys.page, "已授权")
    keys.open("撤回")
    told(keys.page, "已撤回")


# Without JavaScript


def plain(browser: Browser, app: Flask, address: str, role: Role, path: str, **whose: str) -> Page:
    known = signed_in(browser, app, address, role, **whose)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(known.cookies())  # type: ignore[arg-type]
    known.close()
    page = context.new_page()
    page.goto(address + path)
    return page


def test_without_script_an_enterprise_tells_a_need(browser: Browser, app: Flask, address: str) -> None:
    page = plain(browser, app, address, Role.FINANCE, "/", uscc=code_of(2))
    page.get_by_role("link", name="提交融资需求").first.click()
    page.get_by_role("button", name="继续").click()
    expect(page).to_have_title(re.compile("^错误："))
    page.get_by_label("融资金额").fill("800")
    page.get_by_label("订单履约").check()
    page.get_by_label("期限").fill("12")
    for name in ("继续", "继续", "提交"):
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("需求已提交")


def test_without_script_a_bank_takes_a_need(browser: Browser, app: Flask, address: str) -> None:
    page = plain(browser, app, address, Role.ACCOUNT_MANAGER, "/leads?tab=overdue", org_code="B2")
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="接单").click()
    told(page, "已接单")


def test_without_script_the_bureau_publishes(browser: Browser, app: Flask, address: str) -> None:
    page = plain(browser, app, address, Role.OPERATOR, "/review?kind=needs", org_code="J1")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="发布勾选的条目").click()
    told(page, "已发布 1 条")
