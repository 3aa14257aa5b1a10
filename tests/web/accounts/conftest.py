"""An application in production mode on the conformance lists with offices, and a clock that tests move."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from matchmaker import create_app
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.moving import MovingClock
from tests.support.offices import add_offices


@pytest.fixture
def clock() -> MovingClock:
    """The clock of ``app``."""
    return MovingClock()


@pytest.fixture
def more_settings() -> Mapping[str, Any]:
    """Settings that a test module wants otherwise."""
    return {}


@pytest.fixture
def new_app(
    conformance_url: str, tmp_path: Path, clock: MovingClock, more_settings: Mapping[str, Any]
) -> Callable[[], Flask]:
    """Makes an application as a worker has it: its own engine and memory, the same database and clock."""
    url = add_offices(conformance_url)
    settings = Settings(instance=tmp_path, database_url=url, secret_key=SECRET, **more_settings)
    return lambda: create_app(settings, now=clock)


@pytest.fixture
def app(new_app: Callable[[], Flask]) -> Flask:
    """One such application."""
    return new_app()
