"""The pictures of the docs are of pages that there are, and one command takes them anew: ``script/pictures``."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.demo.organisations import FUND
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Need, Product
from tests.support.accounts import parts_of
from tests.support.demo import demo_app
from tests.support.picturing import STEPS, Book, linked_pages
from tests.support.screens import served, signed_in

pytestmark = pytest.mark.browser
DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "pictures"
SAME = ("account-", "api-docs-", "sign-in-", "helping-")
"""Pages that look alike for everybody: one picture is enough."""
SHOWN = re.compile(r"pictures/([a-z0-9-]+)-(?:1280|390)\.webp")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    app = demo_app(tmp_path_factory.mktemp("pictures"))
    with served(app) as address:
        yield app, address
    parts_of(app).database.dispose()


def readers(app: Flask) -> dict[str, tuple[Role, dict[str, str]]]:
    with parts_of(app).database.reading(SYSTEM) as session:
        bank = session.scalars(select(Product.bank_name).order_by(Product.id)).first() or ""
        uscc = session.scalars(select(Need.uscc).order_by(Need.id)).first() or ""
    return {
        "enterprise": (Role.FINANCE, {"uscc": uscc}),
        "bank": (Role.LEAD, {"org_code": bank}),
        "bureau": (Role.OPERATOR, {"org_code": "J01"}),
        "guarantor": (Role.UNDERWRITER, {"org_code": FUND}),
        "auditor": (Role.AUDITOR, {}),
        "security": (Role.SECURITY_ADMIN, {}),
    }


def test_the_docs_show_pages_as_they_are(browser: Browser, city: tuple[Flask, str]) -> None:
    app, address = city
    taking = os.environ.get("TAKE_PICTURES") == "1"
    book = Book(FOLDER if taking else None)
    if taking:
        for old in FOLDER.glob("*.webp"):
            old.unlink()
    taken: list[tuple[str, str, str]] = []
    for reader, (role, whose) in readers(app).items():
        page = signed_in(browser, app, address, role, **whose).new_page()
        taken += _pages_of(reader, page, app, address, book)
        page.context.close()
    if taking:
        _write_index(taken)
    names = {name for _, _, name in taken}
    assert len(names) > 60
    assert not {(path.name, name) for path, name in shown_in_docs() if name not in names}, "say script/pictures"
    assert not [name for _, name in shown_in_docs() if not (FOLDER / f"{name}-1280.webp").exists()]


def _pages_of(reader: str, page: Page, app: Flask, address: str, book: Book) -> Iterator[tuple[str, str, str]]:
    for name, path in linked_pages(page, app, address):
        if reader == "enterprise" or not name.startswith(SAME):
            yield reader, path, book.add(page, reader, name)
    for steps in STEPS.get(reader, ()):
        for name in steps(page, address):
            yield reader, page.url.removeprefix(address), book.add(page, reader, name)


def shown_in_docs() -> list[tuple[Path, str]]:
    """Guide or README, and each picture that it shows."""
    pages = [*DOCS.glob("guides/*.md"), *DOCS.glob("tutorial/*.md"), *DOCS.parent.glob("README*.md")]
    return [(page, name) for page in pages for name in SHOWN.findall(page.read_text("utf-8"))]


def _write_index(taken: list[tuple[str, str, str]]) -> None:
    rows = [
        f"| {reader} | `{path.partition('?')[0]}` | [1280]({name}-1280.webp) · [390]({name}-390.webp) |"
        for reader, path, name in taken
    ]
    head = "# Pictures of the pages 页面图片\n\nTaken by `script/pictures` on the demo's lists.\n\n"
    table = "| reader | page | pictures |\n| --- | --- | --- |\n"
    (FOLDER / "README.md").write_text(head + table + "\n".join(rows) + "\n", encoding="utf-8")
