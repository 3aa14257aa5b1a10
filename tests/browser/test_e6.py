"""E-6 in a real browser: an enterprise's name, code, contact and address, before, with and after its consent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.city import code_of
from tests.support.consenting import NOW, fill, lead_of
from tests.support.screens import picture, served, signed_in

pytestmark = pytest.mark.browser
SECRETS = ("隐名1号", code_of(1), code_of(1)[8:17], "13812345678", "e001@receiver.example", "秘密订单")


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
    with served(app) as found:
        yield found


def leaks(page: Page, address: str, paths: list[str]) -> list[str]:
    """Which secrets stand in the page, its title or its address, on any of the paths."""
    found = []
    for path in paths:
        answer = page.goto(address + path)
        assert answer is not None and answer.status == 200
        read = f"{page.content()} {page.title()} {page.url}"
        found += [secret for secret in SECRETS if secret in read]
        assert not any(secret in f"{page.title()} {page.url}" for secret in SECRETS)
    return found


def test_e6_the_name_is_seen_by_the_bank_that_was_let_in_and_no_longer(
    browser: Browser, app: Flask, address: str, tmp_path: Path
) -> None:
    firm = signed_in(browser, app, address, Role.FINANCE, uscc=code_of(1)).new_page()
    bank = signed_in(browser, app, address, Role.ACCOUNT_MANAGER, org_code="B1").new_page()
    other = signed_in(browser, app, address, Role.ACCOUNT_MANAGER, org_code="B2").new_page()
    database = parts_of(app).database
    mine, others = ([f"/leads/{lead_of(database, one)}", "/leads", "/consents"] for one in ("B1", "B2"))
    assert leaks(bank, address, mine) == []

    firm.goto(f"{address}/consents")
    picture(firm, tmp_path, "consents-before")
    firm.get_by_role("row", name="B1银行").get_by_role("link", name="同意该银行查看企业名称").click()
    firm.get_by_label("联系人与联系方式").check()
    firm.get_by_role("button", name="更新上面的授权内容").click()
    expect(firm.locator(".words")).to_contain_text("联系人与联系方式")
    picture(firm, tmp_path, "consent-new")
    firm.get_by_role("button", name="同意并授权").click()
    expect(firm.get_by_role("status")).to_contain_text("已授权")

    assert set(leaks(bank, address, mine)) == set(SECRETS)
    bank.goto(address + mine[0])
    picture(bank, tmp_path, "lead")
    bank.goto(f"{address}/leads")
    picture(bank, tmp_path, "leads")
    assert leaks(other, address, others) == []

    firm.goto(f"{address}/consents")
    picture(firm, tmp_path, "consents-after")
    bank.goto(address + mine[0])
    firm.get_by_role("button", name="撤回").click()
    expect(firm.get_by_role("status")).to_contain_text("已撤回")
    bank.reload()
    assert not any(secret in bank.content() for secret in SECRETS), "hidden at the next request"
    assert leaks(bank, address, mine) == []
    with database.reading(SYSTEM) as session:
        actions = session.scalars(select(AuditEvent.action)).all()
    assert "consent.granted" in actions and "consent.withdrawn" in actions


def test_pages_of_rights_look_right(browser: Browser, app: Flask, address: str, tmp_path: Path) -> None:
    firm = signed_in(browser, app, address, Role.FINANCE, uscc=code_of(1)).new_page()
    for name, path in (("requests", "/requests"), ("preview", "/needs/XQ-20261118-0001/preview")):
        for lang in ("zh", "en"):
            firm.goto(f"{address}{path}?lang={lang}")
            expect(firm.locator("h1")).to_have_count(1)
            picture(firm, tmp_path, f"{name}-{lang}")
