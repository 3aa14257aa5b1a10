"""Messages and notification settings in a real browser, wide and on a phone (EXPERIENCE.md 2.4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from matchmaker import create_app
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.push.services import run_push
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.city import code_of
from tests.support.consenting import NOW, fill
from tests.support.screens import WIDTHS, follow, picture, served, signed_in, small_targets

pytestmark = pytest.mark.browser


@pytest.fixture
def address(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    run_push(database, settings, now=lambda: NOW, audiences=("enterprise",))
    database.dispose()
    demo = Settings(instance=tmp_path, secret_key=SECRET, database_url=migrated_sqlite_url, demo=True)
    app = create_app(demo, now=lambda: NOW)
    with served(app) as found:
        yield app, found
    parts_of(app).database.dispose()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_message_is_read_and_the_next_digests_are_chosen(
    browser: Browser, address: tuple[Flask, str], tmp_path: Path, width: int
) -> None:
    app, base = address
    whose = {"uscc": code_of(1), "contact_no": "E001"}
    page = signed_in(browser, app, base, Role.FINANCE, width, **whose).new_page()
    page.goto(f"{base}/")
    follow(page.get_by_role("link", name="您有 1 条未读消息"))
    picture(page, tmp_path, "inbox")
    page.set_viewport_size({"width": width, "height": 900})
    follow(page.locator("table tbody a").first)
    expect(page.locator("h1")).to_contain_text("产品符合贵企业需求")
    picture(page, tmp_path, "message")
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("button", name="标为已读").click()
    expect(page.get_by_role("status")).to_have_text("1 条消息已标为已读。")
    expect(page.locator("table .tag")).to_have_count(0)
    expect(page.locator(".menu .tag")).to_have_count(0)
    follow(page.locator("table tbody a").first)
    follow(page.locator("pre a").last)
    expect(page.locator("h1")).to_have_text("通知设置")
    page.get_by_label("每月至多一封").check()
    picture(page, tmp_path, "notices")
    page.set_viewport_size({"width": width, "height": 900})
    if width < WIDTHS[0]:
        assert small_targets(page, "main button, main label.tick") == []
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已保存")
    assert page.get_by_label("每月至多一封").is_checked()
    expect(page.locator("form.form")).to_contain_text("2026-12-01 09:30")
