"""A demo city on SQLite: lists loaded, matched and pushed at one fixed moment."""

from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.outbox.models import OutboxMessage
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def demo_app(folder: Path) -> Flask:
    """An application in demo mode on ``folder``, after ``flask demo run --once``."""
    app = create_app(Settings(instance=folder, demo=True, secret_key=SECRET), now=lambda: NOW)
    done = app.test_cli_runner().invoke(args=["demo", "run", "--once"])
    assert done.exit_code == 0, done.output
    return app


def message_page(app: Flask) -> str:
    """The address of the first message of the outbox."""
    with parts_of(app).database.reading(SYSTEM) as session:
        return f"/outbox/{session.scalars(select(OutboxMessage.message_id).order_by(OutboxMessage.id)).first()}"
