"""Values that nobody means well with, and a look at what comes back (RELIABILITY.md 3C R25, section 4)."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from werkzeug.test import TestResponse

from matchmaker.web.guard import API
from tests.support.canaries import words_of
from tests.support.sweep import Door

MARKUP = "<img src=x onerror=1>{{1787*7919}}"
COMPUTED = "14151253"
"""What the braces above come to where somebody works them out."""

TEXTS: tuple[str, ...] = (
    "a" * 28 + "!", "\0", "a\0b", "x\r\nX-Evil: 1", "%0d%0aX-Evil: 1", "\u2028x\u2029", "x\u0085y",
    "\x1b[31mred\x1b[0m",
    "\u202eevil", MARKUP, f'"><svg onload=1>{MARKUP}', "'\"\\;--", "' OR '1'='1", "%", "_", "(", "[", "\\",
    "１２３４５６", "٣٤٥", "²", "0", "-1", str(2**63), "9" * 400, "1e400", "NaN", "0.001", "true", "../../x", "CON",
    "javascript:alert(1)", "data:text/html,x", "//evil.example", "https://[::1", "http://127.0.0.1:99999999/",
    "=1+1", "@x", "\t=1", "＝1+1", "2026-02-31", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59Z", "", " ", "威海" * 5000,
)  # fmt: skip
WORST = ("a\0b", "x\r\nX-Evil: 1", MARKUP, "9" * 400, "威海" * 5000)
"""What no text field is spared."""
LONG = "x" * 1_000_000
LONG_IN_ADDRESSES = "x" * 8000
BROKEN_UTF8 = "%ed%a0%80"
"""Half of a surrogate pair, as an address or a form may carry it."""

LITERALS: tuple[str, ...] = (
    "null", "true", "0", "-1", str(2**63), "1e400", "NaN", "-Infinity", "0.001", '"1"', "[]", "{}", '["x"]', "[[]]",
    '{"a":1}', '"\\ud800"', '"\\u0000"', "9" * 5000,
)  # fmt: skip
"""JSON as it is written; what no library would write stands among it."""
HUGE: tuple[str, ...] = (
    "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000,
    json.dumps({f"k{n}": 1 for n in range(100_000)}), json.dumps(LONG),
)  # fmt: skip
FILE_NAMES = (
    '"x".csv', "x\r\nX-Evil: 1.csv", "../../x.csv", "CON.csv", "威海清单.csv", "x\0.csv", "a" * 300 + ".csv", "",
    f"{MARKUP}.csv", "x.html", "x.xlsx", "\u2028.csv",
)  # fmt: skip


SHARES = 8


class Turns:
    """Which values a field is given: all for the first of its kind, for each later one a share and the worst.

    The shares go round, so every value comes to a kind that has nine fields or more a second time.
    """

    def __init__(self) -> None:
        """Nothing was tried yet."""
        self._seen: Counter[str] = Counter()

    def of(self, kind: str, values: Sequence[str], worst: Sequence[str] = ()) -> Sequence[str]:
        """The values for the next field of a kind; ``worst``: those of them that no field is spared."""
        turn = self._seen[kind]
        self._seen[kind] += 1
        return values if turn == 0 else list(dict.fromkeys([*worst, *values[turn % SHARES :: SHARES]]))


class Dom(HTMLParser):
    """Elements that are none of ours: by what a hostile value would make of itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handlers, scripts, pictures from elsewhere, addresses that run."""
        for name, value in attrs:
            runs = (value or "").strip().lower().startswith(("javascript:", "data:text", "vbscript:", "//"))
            if name.startswith("on") or (name in ("src", "href", "action") and (runs or value == "x")):
                self.foreign.append(f"<{tag} {name}={value}>")
        if tag in ("script", "svg", "iframe") and not _is_ours(tag, dict(attrs)):
            self.foreign.append(f"<{tag}>")


def _is_ours(tag: str, attrs: dict[str, str | None]) -> bool:
    """Our own script comes from the static folder, our charts say their size."""
    return (tag == "script" and (attrs.get("src") or "").startswith("/static/")) or (
        tag == "svg" and "viewbox" in attrs
    )


@dataclass
class Attack:
    """What was sent, and what came back that never should."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    faults: list[str] = field(default_factory=list)

    def send(self, door: Door, method: str, path: str, told: str, **sent: Any) -> TestResponse:
        """One request; ``told``: what it carries where, for the report."""
        began = time.perf_counter()
        name = f"{door.viewer.who}: {method} {path[:120]} {told[:90]!r}"
        answer = door.open(method, path, **sent)
        self.slowest = max(self.slowest, (time.perf_counter() - began, name))
        self.requests += 1
        self.statuses[answer.status_code] += 1
        self.faults += [f"{name}: {fault}" for fault in faults_of(answer, path)]
        return answer


def faults_of(answer: TestResponse, path: str) -> Iterator[str]:
    """What is wrong with an answer, whatever was asked."""
    if answer.status_code >= 500 and not path.startswith("/readyz"):
        yield f"is {answer.status_code}"
    if "X-Evil" in answer.headers:
        yield "sets a header of the sender's"
    page = answer.mimetype == "text/html"
    if path.startswith(API):
        if page and "/docs" not in path:
            yield "answers with a page"
        if answer.status_code >= 400 and (
            answer.mimetype != "application/problem+json" or not (answer.json or {}).get("detail")
        ):
            yield f"is no problem document: {answer.mimetype}"
    elif page:
        if found := Dom(answer.text).foreign:
            yield f"has {found[:3]}"
        if answer.status_code >= 400 and not _sentence(answer.text):
            yield "says nothing"
    words = " ".join(words_of(answer.data))
    if COMPUTED in words or "Traceback" in words:
        yield "works the value out, or tells where it failed"


def _sentence(page: str) -> bool:
    """Whether the page says what is wrong: as its heading or at its form."""
    return "<h1>" in page or 'class="error' in page


def in_address(text: str) -> str:
    """Percent-encoded, with what no encoder takes as it is."""
    return quote(text, safe="")
