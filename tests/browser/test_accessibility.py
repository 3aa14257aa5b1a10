"""WCAG 2.2 A and AA on every page: axe and focus at 1280 and 320 px, fingers at 390, text at 200 %.

The pages come from the routes (tests/support/pages.py): a new one is looked at, or the first test says how to reach it.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.accounts import parts_of
from tests.support.canary_city import City
from tests.support.looking import WIDE, look_at
from tests.support.pages import DAILY, WALKERS, Visit, client_for, imports, put_work, visits, walked_city
from tests.support.screens import served

pytestmark = pytest.mark.browser
ELSEWHERE = {
    "/account/oidc", "/sign-in/oidc", "/sign-in/oidc/callback", "/sign-in/code", "/imports/<public_id>/report.xlsx",
    "/imports/<public_id>/progress", "/guarantees/apply/<need_no>/<product_code>",
}  # fmt: skip
"""Routes without a page of their own: they lead on to another site or page, or hand out a file. The form of an
application needs a need that the public guarantee covers: ``test_guarantees.py`` looks at it on its way."""

EMPTY = {
    "stranger": ["/sign-in", "/register"],
    "enterprise": ["/needs/new", "/account/password"],
    "bank": ["/products/new", "/imports/new"],
    "bureau": ["/policies/new", "/behalf/new", "/registers/chains/new", "/review?kind=needs"],
}
"""Forms that are sent as they are, with nothing filled in."""


@dataclass(slots=True)
class Walk:
    """The city, its address, every page and what else is worth a look."""

    city: City
    address: str
    visits: list[Visit]
    opened: set[str]
    states: dict[str, list[str]]

    def looked_at(self) -> list[str]:
        """Addresses of states that are there."""
        return [path for paths in self.states.values() for path in paths if not path.endswith("nowhere")]


@pytest.fixture(scope="module")
def walk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    copyfile(sqlite_template, folder / "matchmaker.db")
    city = walked_city(f"sqlite:///{folder / 'matchmaker.db'}", folder)
    work, opened = put_work(city), set[str]()
    found = list(visits(city, opened))
    pair = next(one.path for one in found if one.endpoint == "pairs.pair")
    states = {
        "stranger": ["/nowhere"],
        "enterprise": [
            work["entered"],
            work["checked"],
            "/consents/new?org=B1",
            f"{pair}/what-if?on=2026-12-23",
            "/needs/nowhere",
            "/matches?fits=none",
            "/lists/products?q=nothing",
        ],
        "bank": [*imports(city).values(), "/leads?tab=closed", "/leads/nowhere"],
        "bureau": ["/review?kind=products", "/lists/products?q=nothing", "/lists/needs?columns=need_no", "/nowhere"],
    }
    with served(city.app) as address:
        yield Walk(city, address, found, opened, states)
    parts_of(city.app).database.dispose()


def browser_for(browser: Browser, walk: Walk, who: str) -> BrowserContext:
    """Somebody's browser."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900})
    cookie = client_for(walk.city, who).get_cookie("session")
    if cookie is not None:
        context.add_cookies([{"name": "session", "value": cookie.value, "url": walk.address}])
    return context


def in_language(path: str, lang: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={lang}"


def test_every_route_is_walked(walk: Walk) -> None:
    pages = {rule.rule for rule in walk.city.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    routes = walk.city.app.url_map.bind("localhost")
    states = {routes.match(path.partition("?")[0], return_rule=True)[0].rule for path in walk.looked_at()}
    missing = {one for one in pages - walk.opened - states if not one.startswith(("/api/", "/static/"))}
    assert missing == ELSEWHERE, "say in tests/support/pages.py how to open it"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("who", WALKERS)
def test_pages(browser: Browser, walk: Walk, who: str, lang: str) -> None:
    context = browser_for(browser, walk, who)
    page, faults, titles, begun = context.new_page(), [], dict[str, set[str]](), time.monotonic()
    page.on(
        "console", lambda message: faults.append(f"{page.url}: {message.text}") if message.type == "error" else None
    )
    mine = [visit for visit in walk.visits if visit.who == who]
    for visit in mine:
        page.goto(walk.address + in_language(visit.path, lang))
        titles.setdefault(page.title(), set()).add(visit.endpoint.partition(".")[0])
        faults += [f"{visit.path} {fault}" for fault in look_at(page, lang)]
    faults += [f"{sorted(pages)} are all called {title!r}" for title, pages in titles.items() if len(pages) > 1]
    print(f"{who} {lang}: {len(mine)} pages in {time.monotonic() - begun:.0f} s")
    context.close()
    assert not faults, report(faults)


def report(faults: list[str]) -> str:
    """The faults, those of most pages last."""
    kinds = Counter(fault.partition(" ")[2] for fault in faults)
    return "\n".join([*faults, "", *(f"{count} x {kind}" for kind, count in reversed(kinds.most_common(40)))])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("who", ["stranger", *DAILY])
def test_states(browser: Browser, walk: Walk, who: str, lang: str) -> None:
    """Errors, empty lists, uploads in each state, pages that are not there."""
    context = browser_for(browser, walk, who)
    page, faults = context.new_page(), []
    for path in walk.states[who]:
        page.goto(walk.address + in_language(path, lang))
        faults += [f"{path} {fault}" for fault in look_at(page, lang)]
    for path in EMPTY[who]:
        page.goto(walk.address + in_language(path, lang))
        faults += [f"{path} {fault}" for fault in sent_empty(page, lang)]
        faults += [f"{path} sent empty {fault}" for fault in look_at(page, lang)]
    context.close()
    assert not faults, report(faults)


def sent_empty(page: Page, lang: str) -> list[str]:
    """EXPERIENCE.md E-2: the title says it, and the focus is in what lists the faults."""
    with page.expect_event("load"):
        page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    said = {"zh": "错误：", "en": "Error: "}[lang]
    return [
        *([] if page.title().startswith(said) else [f"is called {page.title()!r}"]),
        *([] if page.evaluate("document.activeElement.id") == "trouble" else ["does not put the focus on its faults"]),
    ]


SPOILT = """() => {
  document.querySelector("main").insertAdjacentHTML("beforeend", `<h1>again</h1><input type="text" name="nameless">
    <button type="button" id="small">x</button><p id="wide">wide</p><p id="over">over the others</p>`);
  const spoil = (id, style) => Object.assign(document.getElementById(id).style, style);
  spoil("small", { minHeight: "20px", height: "20px", padding: "0", outline: "none" });
  spoil("wide", { width: "2000px" });
  spoil("over", { marginTop: "-40px", color: "#ccc" });
  spoil("login", { fontSize: "12px" });
  document.documentElement.lang = "fr";
}"""

WRONG = (
    "axe label", "axe color-contrast", "2 h1", "lang is fr", "scrolls sideways", "lies over", "<button> x is",
    "zooms in", "<button> x has the focus, unseen",
)  # fmt: skip


def test_a_page_on_which_things_are_wrong_is_told_of(browser: Browser, walk: Walk) -> None:
    page = browser.new_page(viewport={"width": WIDE, "height": 900})
    page.goto(f"{walk.address}/sign-in")
    page.evaluate(SPOILT)
    found = "\n".join(look_at(page, "zh"))
    page.close()
    for told in WRONG:
        assert told in found, (told, found)


TYPED = "main form[method=post] :is(input[type=text], input[type=email], input[type=tel], textarea):visible"


@pytest.mark.parametrize("who", ["stranger", *DAILY])
def test_a_half_filled_form_survives_the_switch_of_language(browser: Browser, walk: Walk, who: str) -> None:
    """Every form of every page: what was typed stands there in the other language."""
    context = browser_for(browser, walk, who)
    page, lost, forms = context.new_page(), [], 0
    for visit in [one for one in walk.visits if one.who == who]:
        page.goto(walk.address + in_language(visit.path, "zh"))
        for closed in page.locator("main details:has(form) > summary").all():
            closed.click()
        inputs = page.locator(TYPED).all()
        for number, one in enumerate(inputs):
            one.fill(f"半{number}")
        if not inputs:
            continue
        forms += 1
        with page.expect_event("load"):
            page.get_by_role("link", name="English", exact=True).click()
        kept = [one.input_value() for one in page.locator(TYPED).all()]
        if page.locator("html").get_attribute("lang") != "en" or kept != [f"半{n}" for n in range(len(inputs))]:
            lost.append((visit.path, kept))
    context.close()
    assert forms and lost == []
