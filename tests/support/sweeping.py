"""The sweep itself: asks for a viewer, and notes what is told that the viewer may not see."""

import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.support.canaries import Canary, words_of
from tests.support.canary_city import City
from tests.support.sweep import Door, Fill, Kept, Viewer, everything, fills, may_ask
from tests.support.sweep_bodies import bodies_of, queries_of

EACH_TIME = re.compile(
    r"\b[0-9a-f]{16}\b|name=\"csrf_token\" value=\"[^\"]+\"|<p class=\"done\" role=\"status\">[^<]*</p>"
)
"""What no two answers have alike: the request's id, the form's token, what an earlier request of one's own has said."""

Sees = Callable[[Viewer, Canary], bool]
"""Whether a viewer may see a canary, by the table of the test."""


@dataclass
class Sweep:
    """What was asked, and what came back that should not have."""

    city: City
    may_see: Sees
    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str, str], tuple[int, str]] = field(default_factory=dict)
    undo: bool = False
    """Whether what a request changes is undone after it."""

    def ask(self, door: Door, method: str, path: str, **sent: Any) -> TestResponse:
        """One request, looked through for what the viewer may not see; what it asked with itself does not count."""
        answer = door.open(method, path, **sent)
        self.requests[door.viewer.who] += 1
        self.statuses[answer.status_code] += 1
        said = self.city.canaries.seen_in(path, json.dumps(sent, default=str))
        said |= self.city.canaries.seen_in(*(text for link, text in self.city.behind if link in path))
        seen = self.city.canaries.seen_in(*everything(answer), *words_of(answer.data)) - said
        leaked = [one for one in seen if not self.may_see(door.viewer, one)]
        if leaked:
            self.faults.append(f"{door.viewer.who}: {method} {path} {sent or ''} tells {leaked[:4]}")
        if answer.status_code >= 500 and "readyz" not in path:
            self.faults.append(f"{door.viewer.who}: {method} {path} is {answer.status_code}")
        return answer

    def fill(self, door: Door, rule: Rule, method: str, fill: Fill) -> None:
        """All forms of one address; where it names what the viewer may not see, as if that were not there."""
        hidden = [name for name, one in fill.named.items() if one.kind != "link" and not self.may_see(door.viewer, one)]
        allowed = may_ask(self.city.app, door.viewer, rule, method)
        for sent in list(bodies_of(self.city, rule, method, door.viewer))[: None if allowed else 1]:
            answer = self.ask(door, method, fill.path, **sent)
            if hidden and allowed and method != "OPTIONS":  # which says the same of every address
                self.compare(door, method, fill, hidden, answer, sent)
            if self.undo and method != "OPTIONS":
                door.undo()

    def may_name(self, viewer: Viewer, fill: Fill) -> bool:
        """Whether all that an address names is the viewer's to see."""
        return all(self.may_see(viewer, one) for one in fill.named.values())

    def compare(
        self, door: Door, method: str, fill: Fill, hidden: list[str], answer: TestResponse, sent: dict[str, Any]
    ) -> None:
        """Another's id and one that nothing has are answered alike, and never with 403."""
        other = fill.without(hidden)
        key = (door.viewer.who, method, f"{other.path} {json.dumps(sent, default=str)}")
        if key not in self.answers:
            self.answers[key] = _form(door.open(method, other.path, **sent), other)
        found = _form(answer, fill)
        told = found[0] in (200, 201, 304, 403) and fill.rule.endpoint not in MAKES_OWN
        if found != self.answers[key] or told:
            self.faults.append(f"{door.viewer.who}: {method} {fill.path} {_difference(found, self.answers[key])}")


MAKES_OWN = {"asking.save"}
"""Under a number that is no draft of one's own, what is typed becomes one's own draft; another's is not touched."""


def _form(answer: TestResponse, fill: Fill) -> tuple[int, str]:
    text = EACH_TIME.sub("", answer.text)
    for value in sorted(map(str, fill.values.values()), key=len, reverse=True):
        text = text.replace(value, "ID")
    return answer.status_code, text


def _difference(one: tuple[int, str], other: tuple[int, str]) -> str:
    lines = zip(one[1].splitlines(), other[1].splitlines(), strict=False)
    differ = next((f"{a.strip()[:200]} | {b.strip()[:200]}" for a, b in lines if a != b), "the same words")
    return f"is {one[0]} for another's, {other[0]} for none: {differ}"


@contextmanager
def logged() -> Iterator[list[str]]:
    """Everything that is logged inside the block."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(kept)


def walk(sweep: Sweep, who: Sequence[Viewer], rules: Sequence[Rule], methods: Sequence[str]) -> None:
    """Each rule and method with each address; what the viewer's role may not take, with two of them."""
    for viewer in who:
        door = Door(sweep.city, viewer)
        if sweep.undo:
            door.kept = Kept(sweep.city)
        for rule in rules:
            for method in sorted((rule.methods or set()) & set(methods)):
                allowed = may_ask(sweep.city.app, viewer, rule, method)
                for fill in list(fills(sweep.city, rule))[: None if allowed else 2]:
                    sweep.fill(door, rule, method, fill)


def search(sweep: Sweep, who: Sequence[Viewer], rules: Sequence[Rule]) -> None:
    """Each query of each page and each parameter of each list of the API, with values of another's."""
    document: Any = sweep.city.app.test_client().get("/api/v1/openapi.json").json
    for viewer in who:
        door = Door(sweep.city, viewer)
        for rule in rules:
            if "GET" in (rule.methods or ()) and may_ask(sweep.city.app, viewer, rule, "GET"):
                fill = next(one for one in fills(sweep.city, rule) if sweep.may_name(viewer, one))
                for query in queries_of(sweep.city, rule, viewer, document):
                    sweep.ask(door, "GET", fill.path, query_string=query)
