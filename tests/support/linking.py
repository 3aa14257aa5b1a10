"""The pages that links lead to, for whoever looks at all of them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from flask import Flask
from werkzeug.exceptions import HTTPException

KINDS = ("kind", "verb", "wanted", "number")
"""Arguments of an address that make it another page; the others say whose page it is."""
TRIES = 3
"""So many addresses of a kind are tried until one is a page: others are workbooks, or not this reader's."""
Sight = tuple[str, str]
"""The name of a page and its address without the host."""


def follow_links(app: Flask, links_of: Callable[[str], list[str] | None]) -> Iterator[Sight]:
    """One page of each route and kind, from the workbench and the account on.

    ``links_of`` opens a path and gives its links; None where it is no page.
    """
    waiting, tried = ["/", "/account"], Counter[str]()
    while waiting:
        path = waiting.pop(0)
        name = name_of(app, path)
        if name is None or tried[name] >= TRIES:
            continue
        tried[name] += 1
        found = links_of(path)
        if found is not None:
            tried[name] = TRIES
            yield name, path
            waiting += found


def name_of(app: Flask, path: str) -> str | None:
    """What the page at a path is called; None for what is no route."""
    try:
        endpoint, values = app.url_map.bind("localhost").match(path.partition("?")[0].partition("#")[0])
    except HTTPException:
        return None
    parts = [*endpoint.split("."), *(str(values[name]) for name in KINDS if name in values)]
    return re.sub("[^a-z0-9]+", "-", "-".join(dict.fromkeys(parts)).lower())
