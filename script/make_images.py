#!/usr/bin/env python3
"""Make the pictures of the docs from a demo city in a temporary folder: ``script/make_images.py`` (needs Chromium)."""

import shutil
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from matchmaker.demo.stories import stories
from tests.conftest import CHROMIUM_FLAGS
from tests.support.demo import NOW, demo_app

FOLDER = ROOT / "docs" / "images"


def main() -> None:
    """One picture for each language."""
    pair = stories(NOW.date())[0].pairs[0]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = make_server("127.0.0.1", 0, demo_app(Path(folder)), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1000, "height": 760})
        for lang in ("zh", "en"):
            address = f"http://127.0.0.1:{server.server_port}/matches/{pair.need_no}/{pair.product_code}?lang={lang}"
            page.goto(address)
            page.screenshot(path=FOLDER / f"pair-{lang}.png")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
