"""Addresses of pages that may not be there: a link is shown only where it leads somewhere."""

from typing import Any

from flask import current_app, url_for
from werkzeug.routing import BuildError

APPLY = "guarantees.apply"
"""Where an enterprise applies for the public guarantee for a need and a product."""
RATE = "ratings.mine"
"""Where an enterprise sees its rating and asks for one."""


def address_if(endpoint: str, **values: Any) -> str | None:
    """The address of a page; None where this release has no such page."""
    if endpoint not in current_app.view_functions:
        return None
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None
