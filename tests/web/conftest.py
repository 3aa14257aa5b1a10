"""The demo city, made once for all tests of pages."""

import pytest
from flask import Flask

from tests.support.demo import demo_app


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application with sample lists, matches and messages."""
    return demo_app(tmp_path_factory.mktemp("demo"))
