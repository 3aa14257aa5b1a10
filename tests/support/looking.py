"""A page as its readers meet it, at each width: axe, and what axe does not say (look.js)."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
LOOK = Path(__file__).with_name("look.js").read_text("utf-8")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""WCAG 2.0, 2.1 and 2.2, levels A and AA; wcag22aa has the size of targets."""
OTHERS = ".swagger-ui"
"""The viewer of the API's document is a package: axe looks at our page around it."""
WIDE, PHONE, SMALL = 1280, 390, 320
FINGER = 44
"""EXPERIENCE.md section 5, Mobile: the least height and width of what is pressed on a phone, in px."""


def look_at(page: Page, lang: str) -> list[str]:
    """All faults of the page that is open, each with the width at which it shows."""
    page.evaluate(AXE)
    page.evaluate(LOOK)
    faults = [*_said(page, lang), *at_width(page, WIDE, "unseenFocus", "overlaps", "outside")]
    page.evaluate("looking.bigText(true)")
    faults += at_width(page, WIDE, "runsOver", "overlaps", "cut", note="text at 200 %", axe=False)
    page.evaluate("looking.bigText(false)")
    faults += at_width(page, PHONE, "runsOver", f"smallTargets({FINGER})", "zoomedIn", axe=False)
    faults += at_width(page, SMALL, "runsOver", "overlaps", "cut", "unseenFocus")
    page.set_viewport_size({"width": WIDE, "height": 900})
    return faults


def at_width(page: Page, width: int, *looks: str, note: str = "", axe: bool = True) -> list[str]:
    """What these functions of look.js, and axe, say of the page at a width."""
    page.set_viewport_size({"width": width, "height": 900})
    if "unseenFocus" in looks:
        page.keyboard.press("Tab")  # from here on the browser shows the focus
    calls = [look if look.endswith(")") else f"{look}()" for look in looks]
    found: list[str] = page.evaluate(f"[{', '.join(f'...looking.{call}' for call in calls)}]")
    return [
        f"{width} px {note}: {fault}" for fault in [*found, *(violations(page, contrast=width == WIDE) if axe else ())]
    ]


def violations(page: Page, *, contrast: bool) -> list[str]:
    """What axe finds, with the first places of each. ``contrast``: of colours, too, which takes most of the time.

    Once a page is enough: the style sheet gives no width colours of its own.
    """
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {"color-contrast": {"enabled": contrast}},
        "resultTypes": ["violations"],
    }
    told: Any = page.evaluate("([hidden, options]) => axe.run({ exclude: [hidden] }, options)", [OTHERS, options])
    return [
        f"axe {one['id']}: {one['help']}: {', '.join(str(node['target']) for node in one['nodes'][:3])}"
        f" ({one['nodes'][0]['failureSummary'].splitlines()[-1].strip()})"
        for one in told["violations"]
    ]


def _said(page: Page, lang: str) -> list[str]:
    """Language, heading and title."""
    wanted = {"zh": "zh-CN", "en": "en"}[lang]
    found = page.locator("html").get_attribute("lang")
    headings = page.locator(f"h1:not({OTHERS} *)").count()
    return [
        *([] if found == wanted else [f"lang is {found}"]),
        *([] if headings == 1 else [f"{headings} h1"]),
        *([] if page.title().partition(" · ")[0].strip() else ["the title does not say the page"]),
    ]
