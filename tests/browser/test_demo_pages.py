"""The pages in a real browser: nothing runs over the edge, nothing fails to load, headings are in order."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect
from werkzeug.serving import make_server

from matchmaker.domain.terms import Role
from tests.support.accounts import sign_in_as
from tests.support.browsing import PASSWORD, add_user, code_of
from tests.support.demo import demo_app, message_page

pytestmark = pytest.mark.browser
PAGES = ["/", "/lists/products", "/lists/products/B01P0001", "/matches", "/matches/XQ-20261111-0001",
         "/matches/XQ-20261111-0001/B01P0001", "/matches/XQ-20261111-0001/B01P0001/what-if?on=2026-12-23",
         "/analysis", "/analysis/needs", "/outbox", "/inbox", "/account", "/account/notices",
         "/account/confirm", "/account/password", "/account/second-factor", "/people", "/registrations", "/sign-in",
         "/register"]  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return demo_app(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def let_in(app: Flask, context: BrowserContext, address: str) -> None:
    """Sign the operator in without the forms."""
    cookie = sign_in_as(app, Role.OPERATOR, org_code="J01").get_cookie("session")
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])


@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_fit_their_window(browser: Browser, app: Flask, address: str, width: int, lang: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    let_in(app, context, address)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.on("request", lambda r: None if r.url.startswith((address, "data:")) else troubles.append(f"outside: {r.url}"))
    for path in (*PAGES, message_page(app)):
        answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer is not None and answer.status == 200
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} px too wide at {width}"
        expect(page.locator("h1")).to_have_count(1)
        small = page.evaluate(
            "[...document.querySelectorAll('.menu a, .tabs a, .pager a, summary, .switch')]"
            ".filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 43.5).map(e => e.textContent)"
        )
        assert not small, f"{path}: targets below 44 px: {small}"
        if width >= 1200:
            tall = page.evaluate(
                "Math.max(0, ...[...document.querySelectorAll('tbody tr')].map(e => e.getBoundingClientRect().height))"
            )
            assert tall < 100, f"{path}: a row is {tall} px tall, so a column is squeezed"
    assert not troubles
    context.close()


def test_images_of_the_docs_can_be_made(browser: Browser, app: Flask, address: str, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 720})
    let_in(app, context, address)
    page = context.new_page()
    page.goto(f"{address}/matches/XQ-20261111-0001/B01P0001?lang=en")
    picture = page.screenshot(path=tmp_path / "pair.png")
    assert picture.startswith(b"\x89PNG") and len(picture) > 20_000
    context.close()


def test_someone_signs_in_with_both_factors_and_out(browser: Browser, app: Flask, address: str) -> None:
    add_user(app, Role.OPERATOR, login="browser.operator", org_code="J01", factor=True)
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/lists/needs?lang=en")
    page.get_by_label("Login").fill("browser.operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(code_of(app, "browser.operator"))
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile(f"^{address}/lists/needs"))
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{address}/sign-in")
    page.goto(f"{address}/lists/needs")
    assert "/sign-in" in page.url
    context.close()
