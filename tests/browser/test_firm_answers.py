"""An enterprise answers in a real browser: EXPERIENCE.md E-8."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Need, Product
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.city import code_of
from tests.support.consenting import NOW, fill
from tests.support.screens import follow, picture, served, signed_in

pytestmark = pytest.mark.browser


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


def test_e8_not_interested_asks_for_one_of_at_most_seven_reasons(
    browser: Browser, app: Flask, address: str, tmp_path: Path
) -> None:
    firm = signed_in(browser, app, address, Role.FINANCE, uscc=code_of(1)).new_page()
    firm.goto(f"{address}/referrals")
    picture(firm, tmp_path, "referrals")
    before = firm.get_by_role("link", name="不感兴趣").count()
    follow(firm.get_by_role("link", name="不感兴趣").first)
    labels = firm.locator("label.tick").all_inner_texts()
    assert len(labels) <= 7 and labels[-1] == "其他"
    picture(firm, tmp_path, "decline")
    firm.get_by_role("button", name="答复不感兴趣").click()
    expect(firm).to_have_title(re.compile("^错误："))
    expect(firm.locator("#trouble")).to_be_focused()
    firm.locator("#trouble a").click()
    expect(firm.locator("#reason")).to_be_focused()
    firm.get_by_label("综合成本偏高").check()
    firm.get_by_role("button", name="答复不感兴趣").click()
    expect(firm.get_by_role("status")).to_contain_text("不再推荐这个产品")
    assert firm.get_by_role("link", name="不感兴趣").count() == before - 1
    firm.get_by_role("button", name="撤销答复").click()
    firm.get_by_role("status").filter(has_text="已撤销").wait_for()
    expect(firm.get_by_role("link", name="不感兴趣")).to_have_count(before)


def test_a_product_is_declined_from_its_match_and_another_firms_need_is_not_there(
    browser: Browser, app: Flask, address: str
) -> None:
    with parts_of(app).database.reading(SYSTEM) as session:
        product = session.scalars(select(Product.product_code).where(Product.bank_name == "B2")).first()
        needs = dict(session.execute(select(Need.uscc, Need.need_no)).all())
    firm = signed_in(browser, app, address, Role.FINANCE, uscc=code_of(1)).new_page()
    firm.goto(f"{address}/referrals/decline/{needs[code_of(1)]}/{product}?lang=en")
    firm.get_by_label("the money comes too late").check()
    firm.get_by_role("button", name="Say so").click()
    expect(firm.get_by_role("status")).to_contain_text("not shown again")
    answer = firm.goto(f"{address}/referrals/decline/{needs[code_of(2)]}/{product}")
    assert answer is not None and answer.status == 404
