"""A demo city on SQLite: lists loaded, matched and pushed at one fixed moment."""

from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from matchmaker import create_app
from matchmaker.settings import Settings
from tests.support.accounts import SECRET

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def demo_app(folder: Path) -> Flask:
    """An application in demo mode on ``folder``, after ``flask demo run --once``."""
    app = create_app(Settings(instance=folder, demo=True, secret_key=SECRET), now=lambda: NOW)
    done = app.test_cli_runner().invoke(args=["demo", "run", "--once"])
    assert done.exit_code == 0, done.output
    return app
