"""The pages in a real browser: nothing runs over the edge, nothing fails to load, headings are in order."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from tests.support.demo import demo_app

pytestmark = pytest.mark.browser
PAGES = ["/", "/lists/products", "/lists/products/B01P0001", "/matches", "/matches/XQ-20261111-0001",
         "/matches/XQ-20261111-0001/B01P0001", "/outbox", "/outbox/1"]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, demo_app(tmp_path_factory.mktemp("demo")), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_fit_their_window(browser: Browser, address: str, width: int, lang: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.on("request", lambda r: None if r.url.startswith((address, "data:")) else troubles.append(f"outside: {r.url}"))
    for path in PAGES:
        answer = page.goto(f"{address}{path}?lang={lang}")
        assert answer is not None and answer.status == 200
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} px too wide at {width}"
        assert page.locator("h1").count() == 1
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


def test_images_of_the_docs_can_be_made(browser: Browser, address: str, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 720})
    page.goto(f"{address}/matches/XQ-20261111-0001/B01P0001?lang=en")
    picture = page.screenshot(path=tmp_path / "pair.png")
    assert picture.startswith(b"\x89PNG") and len(picture) > 20_000
    page.close()
