"""A-1: a page is whole with the network off, and small: its assets come from this host and weigh little as sent."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchmaker.domain.terms import Role
from tests.support.accounts import sign_in_as
from tests.web.test_pages import PAGES

MOST = 100_000
"""Bytes of all assets of a page, as they are sent."""
VIEWER = "/api/v1/docs"
"""The document of the API is drawn by a packaged viewer (Swagger UI), for programmers; it is larger."""
ASSETS = re.compile(r'<(?:link|script|img|iframe|object|embed|source)\b[^>]*?\b(?:href|src|data)="([^"]+)"')
FROM_CSS = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)")


@pytest.fixture
def client(demo: Flask) -> FlaskClient:
    return sign_in_as(demo, Role.OPERATOR, org_code="J01")


def assets_of(client: FlaskClient, path: str) -> dict[str, bytes]:
    """Address → bytes as sent, of what a browser fetches for the page; pictures in the page itself are not fetched."""
    found = {at for at in ASSETS.findall(client.get(path).text) if not at.startswith("data:")}
    sent = {}
    for at in found:
        answer = client.get(at, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, f"{path} asks for {at}"
        sent[at] = answer.data
    return sent


@pytest.mark.parametrize("path", [*PAGES, VIEWER])
def test_a1_nothing_comes_from_another_host(client: FlaskClient, path: str) -> None:
    sent = assets_of(client, path)
    assert [at for at in sent if not at.startswith("/") or at.startswith("//")] == []
    styles = [body.decode() for at, body in sent.items() if at.partition("?")[0].endswith(".css")]
    within = [one or other for text in styles for one, other in FROM_CSS.findall(text)]
    assert [at for at in within if not at.startswith(("data:", "#"))] == []


@pytest.mark.parametrize("path", PAGES)
def test_a1_the_assets_of_a_page_are_small(client: FlaskClient, path: str) -> None:
    sent = assets_of(client, path)
    assert sum(map(len, sent.values())) < MOST, {at: len(body) for at, body in sent.items()}
