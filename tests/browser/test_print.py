"""An explanation with its costs on A4 paper, as Chromium prints it."""

import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO

import pypdf
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from matchmaker.demo.stories import firm_code
from matchmaker.domain.terms import Role
from tests.support.demo import demo_app
from tests.support.screens import served, signed_in

pytestmark = pytest.mark.browser
NEED, PRODUCT = "XQ-20261111-0001", "B01P0001"
A4 = (595, 842)
"""Width and height in points."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return demo_app(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with served(app) as found:
        yield found


def squeezed(text: str) -> str:
    """Without spaces and line ends; Chromium writes some signs as radicals like them (⼾, 戶, for 户)."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("戶", "户")


def on_paper(page: Page) -> list[pypdf.PageObject]:
    """The sheets that come out of the printer."""
    return list(pypdf.PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages)


@pytest.fixture(params=["zh", "en"])
def page(request: pytest.FixtureRequest, browser: Browser, app: Flask, address: str) -> Iterator[Page]:
    context = signed_in(browser, app, address, Role.FINANCE, uscc=firm_code("tackle"))
    opened = context.new_page()
    opened.goto(f"{address}/matches/{NEED}/{PRODUCT}?lang={request.param}")
    yield opened
    context.close()


def test_every_sheet_is_a4_and_says_what_it_is_when_and_which_of_how_many(page: Page) -> None:
    sheets = on_paper(page)
    texts = [squeezed(sheet.extract_text()) for sheet in sheets]
    assert len(sheets) > 1
    for number, (sheet, text) in enumerate(zip(sheets, texts, strict=True), 1):
        assert (round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) == A4
        assert f"{number}/{len(sheets)}" in text
        assert NEED in text and PRODUCT in text and "2026-11-23" in text, f"sheet {number} does not say whose it is"


def test_the_paper_has_all_criteria_and_costs_and_nothing_to_press(page: Page) -> None:
    labels = page.locator("tr[data-result] th").all_text_contents()
    costs = page.locator("table.cost td.num").all_text_contents()
    pressed = page.locator(".menu a, main .button, main .act, .tabs a, button").all_text_contents()
    text = squeezed("".join(sheet.extract_text() for sheet in on_paper(page)))
    assert len(labels) == 16 and len(costs) >= 10
    assert [one for one in [*labels, *costs] if squeezed(one) not in text] == []
    page.emulate_media(media="print")
    expect(page.locator("nav:visible, button:visible, form:visible, .button:visible, .act:visible")).to_have_count(0)
    assert len(pressed) > 5


def test_no_row_is_cut_between_two_sheets(page: Page) -> None:
    texts = [squeezed(sheet.extract_text()) for sheet in on_paper(page)]
    page.emulate_media(media="print")
    rows = page.locator("tbody tr:visible").all()
    cut = []
    for row in rows:
        cells = [squeezed(one) for one in row.locator("th, td").all_inner_texts()]
        first, *_, last = [one for one in cells if one]
        if not any(first[:12] in text and last[-12:] in text for text in texts):
            cut.append((first, last))
    assert len(rows) > 20 and cut == []
