"""Takes a picture of every page of every role, wide and as on a phone, and writes them to ``docs/pictures``.

    .venv/bin/python script/pictures.py

The pages are those of the menu and the first page that each list leads to, in Chinese, on the demo's lists.
"""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Need, Product
from tests.support.accounts import parts_of
from tests.support.demo import demo_app
from tests.support.screens import WIDTHS, served, signed_in

FOLDER = ROOT / "docs" / "pictures"
TALLEST = 1800
QUALITY = 60
ALSO = ("/components",)


def main() -> None:
    """Take them all and write the page that shows them."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.jpg"):
        old.unlink()
    taken: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        app = demo_app(Path(folder))
        with served(app) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for reader, (role, whose) in _readers(app).items():
                taken += _of_reader(browser, app, address, reader, role, whose)
            browser.close()
    rows = [f"| {reader} | `{path}` | {_links(name)} |" for reader, path, name in taken]
    head = "# Pictures of the pages 页面图片\n\nMade by `script/pictures.py` on the demo's lists.\n\n"
    table = "| reader | page | pictures |\n| --- | --- | --- |\n"
    (FOLDER / "README.md").write_text(head + table + "\n".join(rows) + "\n", encoding="utf-8")


def _readers(app: Flask) -> dict[str, tuple[Role, dict[str, str]]]:
    with parts_of(app).database.reading(SYSTEM) as session:
        bank = session.scalars(select(Product.bank_name).order_by(Product.id)).first() or ""
        uscc = session.scalars(select(Need.uscc).order_by(Need.id)).first() or ""
    return {
        "enterprise": (Role.FINANCE, {"uscc": uscc}),
        "bank": (Role.LEAD, {"org_code": bank}),
        "bureau": (Role.OPERATOR, {"org_code": "J01"}),
        "auditor": (Role.AUDITOR, {}),
        "security": (Role.SECURITY_ADMIN, {}),
    }


def _of_reader(
    browser: Browser, app: Flask, address: str, reader: str, role: Role, whose: dict[str, str]
) -> list[tuple[str, str, str]]:
    page = signed_in(browser, app, address, role, **whose).new_page()
    page.goto(address + "/account")
    paths = page.locator(".menu a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    taken = []
    for path in [*paths, *(ALSO if reader == "bureau" else ())]:
        page.goto(address + path)
        first = page.locator("tbody th.key a").first
        taken.append((reader, path, _take(page, reader, path)))
        if first.count():
            first.click()
            page.wait_for_load_state()
            taken.append((reader, f"{path} › 1", _take(page, reader, f"{path}-one")))
    page.context.close()
    return taken


def _take(page: Page, reader: str, path: str) -> str:
    name = f"{reader}-{re.sub('[^a-z]+', '-', path).strip('-') or 'workbench'}"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
        clip = {"x": 0, "y": 0, "width": width, "height": height}
        page.screenshot(path=FOLDER / f"{name}-{width}.jpg", type="jpeg", quality=QUALITY, full_page=True, clip=clip)  # type: ignore[arg-type]
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    return name


def _links(name: str) -> str:
    return " · ".join(f"[{width}]({name}-{width}.jpg)" for width in WIDTHS)


if __name__ == "__main__":
    main()
