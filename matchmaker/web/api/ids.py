"""Ids as the API shows them: what the thing is, and its random public id (``need_0v8c…``)."""

from typing import Any

from werkzeug.routing import BaseConverter

LENGTH = 20

PREFIXES: dict[str, str] = {
    "products": "prod",
    "needs": "need",
    "policies": "pol",
    "enterprises": "ent",
    "organisations": "org",
    "credit-records": "rec",
    "leads": "lead",
    "referrals": "ref",
    "guarantees": "guar",
    "consents": "cons",
    "certificates": "cert",
    "requests": "req",
    "jobs": "job",
    "webhooks": "hook",
    "deliveries": "dlv",
}


def shown_id(name: str, public_id: str | None) -> str:
    """The id of one of ``name`` (a collection of the API)."""
    return f"{PREFIXES[name]}_{public_id}"


def id_pattern(name: str) -> str:
    """What such an id is like."""
    return f"^{PREFIXES[name]}_[0-9a-z]{{{LENGTH}}}$"


class PublicId(BaseConverter):
    """``<id("needs"):id>`` in a route: gives the public id; what is no such id is an address that does not exist."""

    def __init__(self, url_map: Any, name: str) -> None:
        """``name``: the collection."""
        super().__init__(url_map)
        self.name = name
        self.regex = f"{PREFIXES[name]}_[0-9a-z]{{{LENGTH}}}"

    def to_python(self, value: str) -> str:
        """Without the prefix."""
        return value.partition("_")[2]

    def to_url(self, value: str) -> str:
        """With it."""
        return shown_id(self.name, value)


def id_schema(converter: PublicId) -> dict[str, str]:
    """The schema of the path's parameter."""
    return {"type": "string", "pattern": id_pattern(converter.name)}
