"""帮助 is at the same place on every page, says first what one does on the page one came from, and misses no page."""

import re

from flask import Flask

from matchmaker import create_app
from matchmaker.domain.terms import Role
from matchmaker.settings import Settings
from matchmaker.web.help import HELP
from matchmaker.web.menu import MENU
from tests.support.accounts import SECRET, sign_in_as


def test_every_page_of_the_menu_has_its_help_and_nothing_else_has() -> None:
    assert set(HELP) == {item.path for item in MENU}
    assert all(one.zh.endswith("。") for sentences in HELP.values() for one in sentences)


def test_the_link_asks_for_the_page_one_is_on(demo: Flask) -> None:
    operator = sign_in_as(demo, Role.OPERATOR, org_code="J01")
    (link,) = re.findall(r'class="help" href="([^"]+)"', operator.get("/registers/areas").text)
    told = operator.get(link).text
    assert told.index("这一页：基础数据") < told.index("各页能做什么")
    assert "先核对产业链" in told.partition("各页能做什么")[0]


def test_help_speaks_of_the_readers_own_pages_only(demo: Flask) -> None:
    told = sign_in_as(demo, Role.ACCOUNT_MANAGER, org_code="B01").get("/help?at=/nowhere").text
    assert 'href="/leads"' in told and 'href="/review"' not in told and "这一页" not in told


def test_who_cannot_sign_in_yet_reads_how_and_whom_to_ask(migrated_url: str) -> None:
    app = create_app(Settings(database_url=migrated_url, secret_key=SECRET, bureau_contact="0631-1234567"))
    told = app.test_client().get("/help").text
    assert "0631-1234567" in told and "登录与注册" in told
    assert "Signing in" in app.test_client().get("/help?lang=en").text
