"""The application in a real browser: served on loopback, a person signed in, pictures at both widths."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from werkzeug.serving import make_server

from matchmaker.domain.terms import Role
from tests.support.accounts import sign_in_as

WIDTHS = (1280, 390)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the application on a port of its own; its settings have ``demo`` for cookies without TLS."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def signed_in(
    browser: Browser, app: Flask, address: str, role: Role, width: int = 1280, **whose: str
) -> BrowserContext:
    """A browser of its own in which a person of this role has signed in."""
    client = sign_in_as(app, role, **whose)
    cookie = client.get_cookie("session")
    assert cookie is not None
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    return context


def follow(link: Locator) -> None:
    """Press what leads to another page, and wait until that is loaded: a click alone returns before the browser leaves,
    and what is read next without ``expect`` is read of the page before."""
    with link.page.expect_navigation():
        link.click()


def picture(page: Page, folder: Path, name: str) -> None:
    """The page as it looks at both widths; nothing runs over the edge."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} px too wide at {width}"
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def small_targets(page: Page, selector: str, least: int = 44) -> list[str]:
    """What can be pressed and is lower or narrower than a finger needs (EXPERIENCE.md B-8)."""
    found = []
    for one in page.locator(selector).all():
        box = one.bounding_box()
        if box and (box["height"] < least or box["width"] < least):
            found.append(f"{one.inner_text()!r} {box['width']:.0f} x {box['height']:.0f}")
    return found
