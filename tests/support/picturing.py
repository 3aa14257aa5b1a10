"""Pictures of the pages as their readers meet them: what links lead to, and forms on their way."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page

from tests.support.linking import Sight, follow_links
from tests.support.screens import WIDTHS

TALLEST = 1600
"""A picture ends here, in px: the rest of a long list is more of the same."""
QUALITY = 55


@dataclass(frozen=True, slots=True)
class Book:
    """Where pictures are put; without a folder none is taken."""

    folder: Path | None

    def add(self, page: Page, reader: str, name: str) -> str:
        """The page as it is open now, at each width; its name in the book."""
        named = f"{reader}-{name}"
        for width in WIDTHS if self.folder else ():
            assert self.folder is not None
            (self.folder / f"{named}-{width}.webp").write_bytes(_taken(page, width))
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        return named


def linked_pages(page: Page, app: Flask, address: str) -> Iterator[Sight]:
    """Open every page that links lead to from the first one: one of each route and kind."""

    def links_of(path: str) -> list[str] | None:
        answer = page.request.get(address + path)
        if answer.status != 200 or "text/html" not in answer.headers["content-type"]:
            return None
        page.goto(address + path)
        found: list[str] = page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        return found

    return follow_links(app, links_of)


def _taken(page: Page, width: int) -> bytes:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("scrollTo(0, 0)")
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    asked = {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True}
    return base64.b64decode(page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)["data"])


Steps = Callable[[Page, str], Iterator[str]]
"""What somebody does, given a page and the address: stops where there is something to see, and names it."""


def tell_a_need(page: Page, address: str) -> Iterator[str]:
    """An enterprise's need: its pages, one of them with faults, and the confirmation."""
    page.goto(f"{address}/")
    page.get_by_role("link", name="提交融资需求").first.click()
    page.get_by_role("button", name="继续").click()
    yield "need-faults"
    page.locator("#amount_wan").fill("800")
    page.get_by_label("订单履约").check()
    page.locator("#term_months").fill("12")
    yield "need-first"
    page.get_by_role("button", name="继续").click()
    page.get_by_label("抵押", exact=True).check()
    page.locator("#max_rate_pct").fill("4.5")
    yield "need-second"
    page.get_by_role("button", name="继续").click()
    yield "need-check"
    page.get_by_role("button", name="提交").click()
    yield "need-submitted"


def upload_products(page: Page, address: str) -> Iterator[str]:
    """A bank's file: its check with what is new and what is faulty."""
    head = "product_code,name,product_type,amount_max_wan,rate_max_pct"
    rows = "\n".join([head, "N1,船链贷,CREDIT_LOAN,500,4.5", "N2,订单贷,CREDIT_LOAN,八百,4.2"])
    page.goto(f"{address}/imports/new?kind=products")
    page.locator("input[type=file]").set_input_files(
        {"name": "产品.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.get_by_role("button", name="检查").click()
    yield "upload-check"


def write_a_policy(page: Page, address: str) -> Iterator[str]:
    """The bureau's editor, with what the conditions say and whom they reach."""
    page.goto(f"{address}/policies/new")
    page.locator("#title").fill("先进装备链首贷贴息")
    page.locator("#min_age_months").fill("24")
    page.wait_for_timeout(800)
    yield "policy-reach"


def read_in_english(page: Page, address: str) -> Iterator[str]:
    """The explanation of a pair in the other language."""
    page.goto(f"{address}/matches")
    for _ in range(2):
        page.locator("main a[href^='/matches/']").first.click()
    page.get_by_role("link", name="English", exact=True).click()
    yield "explanation-en"


STEPS: dict[str, tuple[Steps, ...]] = {
    "enterprise": (tell_a_need, read_in_english),
    "bank": (upload_products,),
    "bureau": (write_a_policy,),
}
