"""A bank answers its needs in a real browser: EXPERIENCE.md B-5, B-6, B-7, B-8, B-9."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from matchmaker import create_app
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.city import code_of
from tests.support.consenting import NOW, fill, lead_of
from tests.support.screens import follow, picture, served, signed_in, small_targets

pytestmark = pytest.mark.browser


@dataclass
class Clock:
    """A clock that a test turns."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    database = Database(migrated_sqlite_url)
    fill(database, tmp_path)
    database.dispose()
    settings = Settings(instance=tmp_path, secret_key=SECRET, database_url=migrated_sqlite_url, demo=True)
    made = create_app(settings, now=clock)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as found:
        yield found


def test_b5_the_inbox_has_the_first_due_first_and_says_how_many_workdays_are_left(
    browser: Browser, app: Flask, address: str, clock: Clock, tmp_path: Path
) -> None:
    clock.now = NOW + timedelta(days=1)
    page = signed_in(browser, app, address, Role.ACCOUNT_MANAGER, org_code="B1").new_page()
    page.goto(f"{address}/leads")
    expect(page.locator("tbody tr").first).to_contain_text("剩 2 个工作日")
    due = page.locator("tbody tr time").evaluate_all("all => all.map(one => one.dateTime)")
    assert due == sorted(due) and len(due) == page.locator("tbody tr").count()
    count = int(page.locator('.tabs [aria-current="true"]').inner_text().split()[-1])
    assert count == len(due)
    picture(page, tmp_path, "inbox")
    clock.now = NOW + timedelta(days=10)
    page = signed_in(browser, app, address, Role.ACCOUNT_MANAGER, org_code="B1").new_page()
    page.goto(f"{address}/leads?tab=overdue&lang=en")
    expect(page.locator("tbody tr").first).to_contain_text("workdays overdue")
    picture(page, tmp_path, "inbox-overdue-en")


def test_b6_of_two_managers_at_once_one_takes_it_and_the_other_reads_who(
    browser: Browser, app: Flask, address: str
) -> None:
    path = f"{address}/leads/{lead_of(parts_of(app).database, 'B1')}"
    one, other = (signed_in(browser, app, address, Role.ACCOUNT_MANAGER, org_code="B1").new_page() for _ in range(2))
    for page in (one, other):
        page.goto(path)
    one.get_by_role("button", name="接单").click()
    other.get_by_role("button", name="接单").click()
    expect(one.get_by_role("status")).to_contain_text("已接单")
    expect(other.get_by_role("status")).to_contain_text("已由")
    expect(other.get_by_role("status")).to_contain_text("接单")
    assert other.url == path, "no page of errors"


def test_b7_and_b9_a_refusal_needs_a_reason_and_nobody_else_learns_it(
    browser: Browser, app: Flask, address: str, clock: Clock
) -> None:
    path = f"{address}/leads/{lead_of(parts_of(app).database, 'B1')}"
    bank = signed_in(browser, app, address, Role.ACCOUNT_MANAGER, org_code="B1").new_page()
    bank.goto(path)
    bank.get_by_text("不适合我行").first.click()
    bank.get_by_role("button", name="答复不适合我行").click()
    expect(bank).to_have_title(re.compile("^错误："))
    expect(bank.locator("#trouble")).to_contain_text("选择一个原因")
    expect(bank.locator("#trouble")).to_be_focused()
    bank.get_by_label("担保方式不足").check()
    bank.get_by_label("说明").fill("内部意见甲乙丙")
    bank.get_by_role("button", name="答复不适合我行").click()
    expect(bank.get_by_role("status")).to_contain_text("一分钟内可以撤销")
    assert "担保方式不足" in bank.content() and "内部意见甲乙丙" in bank.content()

    firm = signed_in(browser, app, address, Role.FINANCE, uscc=code_of(1)).new_page()
    other = signed_in(browser, app, address, Role.ACCOUNT_MANAGER, org_code="B2").new_page()
    for page, paths in ((firm, ("/consents", "/matches")), (other, ("/leads", "/leads?tab=closed"))):
        for at in paths:
            page.goto(address + at)
            assert "内部意见甲乙丙" not in page.content()
            expect(page.locator("main")).not_to_contain_text("担保方式不足")
    answer = other.goto(path)
    assert answer is not None and answer.status == 404

    bank.get_by_role("button", name="撤销答复").click()
    expect(bank.get_by_role("status")).to_contain_text("已撤销")
    bank.get_by_role("button", name="接单").click()
    expect(bank.get_by_role("status")).to_contain_text("已接单")
    clock.now = NOW + timedelta(minutes=2)
    bank.reload()
    expect(bank.get_by_role("button", name="撤销答复")).to_have_count(0)


def test_b8_a_need_is_taken_on_a_phone_with_one_hand(
    browser: Browser, app: Flask, address: str, tmp_path: Path
) -> None:
    phone = signed_in(browser, app, address, Role.ACCOUNT_MANAGER, width=390, org_code="B1").new_page()
    phone.goto(f"{address}/leads")
    follow(phone.locator("tbody a").first)
    assert phone.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert small_targets(phone, "main button, main summary, .menu a") == []
    phone.get_by_role("button", name="接单").click()
    expect(phone.get_by_role("status")).to_contain_text("已接单")
    picture(phone, tmp_path, "taken")
