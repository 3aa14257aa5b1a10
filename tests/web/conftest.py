"""The demo city, made once for all tests of pages; a city under attack, made for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.accounts import parts_of
from tests.support.attackers import Attackers
from tests.support.canary_building import consented
from tests.support.demo import demo_app
from tests.support.may_see import prepared


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application with sample lists, matches and messages."""
    return demo_app(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def attackers(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Attackers]:
    """Those who send hostile values, in a city of their own."""
    city = prepared(migrated_sqlite_url, tmp_path)
    consented(city, ("identity",))
    yield Attackers(city=city)
    parts_of(city.app).database.dispose()
