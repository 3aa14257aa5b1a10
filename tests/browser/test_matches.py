"""E-5, Flow D and the printed explanation in a real browser, wide and at 390 px."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from matchmaker.demo.stories import firm_code
from matchmaker.domain.terms import Role
from tests.support.accounts import sign_in_as
from tests.support.demo import demo_app
from tests.support.screens import follow

pytestmark = pytest.mark.browser
NEED = "XQ-20261111-0001"
PAIR = f"/matches/{NEED}/B01P0001"


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


def officer(browser: Browser, app: Flask, address: str, width: int = 1280) -> Page:
    """A page in which the tackle maker's finance officer is signed in."""
    cookie = sign_in_as(app, Role.FINANCE, uscc=firm_code("tackle")).get_cookie("session")
    assert cookie is not None
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    return context.new_page()


def fens(page: Page, selector: str) -> list[int]:
    """The amounts of a sum, in fen, as the page shows them."""
    texts = page.locator(selector).all_inner_texts()
    return [round(float(text.replace(",", "").replace("−", "-")) * 100) for text in texts]


def test_e5_counts_are_rows_and_costs_add_up(browser: Browser, app: Flask, address: str) -> None:
    page = officer(browser, app, address)
    page.goto(f"{address}/matches/{NEED}")
    tabs = page.locator(".tabs a").all_inner_texts()
    assert [re.sub(r"\s*\d+$", "", tab) for tab in tabs] == ["符合", "差一点", "待核实", "不符合", "政府性担保"]
    for place, tab in enumerate(tabs):
        page.locator(".tabs a").nth(place).click()
        expect(page.locator(".tabs a").nth(place)).to_have_attribute("aria-current", "true")
        rows = page.locator("table.matched tbody tr")
        expect(rows).to_have_count(min(int(tab.split()[-1]), 50))
        for row in range(min(rows.count(), 5)):
            sums = rows.nth(row).locator("td.cost data")
            if sums.count():
                shown = [round(float(t.replace(",", "")) * 100) for t in sums.all_text_contents()]
                signed = [int(v or 0) for v in sums.evaluate_all("all => all.map(one => one.value)")]
                assert [abs(one) for one in signed] == shown
                assert sum(signed[:-1]) == signed[-1]
        if rows.count():
            expect(page.locator("main")).to_contain_text("不构成贷款承诺")
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_explanation_fits_and_its_ladders_add_up(
    browser: Browser, app: Flask, address: str, width: int, tmp_path: Path
) -> None:
    page = officer(browser, app, address, width)
    for path in (PAIR, f"/matches/{NEED}", f"{PAIR}/what-if?on=2026-12-23", "/policies/mine", "/matches"):
        page.goto(f"{address}{path}")
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} px too wide at {width}"
    page.goto(f"{address}{PAIR}")
    assert page.get_by_text("不构成贷款承诺").first.is_visible()
    for rate in ("#at_lowest", "#at_highest"):
        interest, fees, before, subsidy, total = fens(page, f"{rate} td.num data")
        assert interest + fees == before and before - subsidy == total
    small = page.evaluate(
        "[...document.querySelectorAll('main .button, main .act, main summary')]"
        ".filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 43.5).map(e => e.textContent)"
    )
    assert not small
    page.screenshot(path=tmp_path / f"pair-{width}.png", full_page=True)
    page.context.close()


def test_flow_d_what_is_missing_is_tried_and_seen_at_once(browser: Browser, app: Flask, address: str) -> None:
    page = officer(browser, app, address, 390)
    page.goto(f"{address}/matches/{NEED}?verdict=near")
    page.get_by_role("row").filter(has_text="高出上限").first.get_by_role("link").first.click()
    follow(page.get_by_role("link", name=re.compile("^补上这一项")).first)
    expect(page.locator("h1")).to_have_text("补上这一项：前后对比")
    assert page.locator("#after").inner_text().strip().endswith("符合")
    expect(page.get_by_role("link", name="按此修改需求")).to_have_count(1)
    page.context.close()


def test_the_print_has_every_row_and_no_buttons(browser: Browser, app: Flask, address: str, tmp_path: Path) -> None:
    page = officer(browser, app, address)
    page.goto(f"{address}{PAIR}")
    assert not page.get_by_text("打印于").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("打印于").is_visible()
    expect(page.locator("tr[data-result]:visible")).to_have_count(16)
    expect(page.locator(".button:visible, .menu:visible, button:visible")).to_have_count(0)
    assert page.pdf(path=tmp_path / "pair.pdf", format="A4").startswith(b"%PDF")
    page.context.close()
