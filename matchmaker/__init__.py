"""matchmaker: bank–enterprise financing matchmaking on three lists."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from matchmaker.clock import Now
    from matchmaker.settings import Settings

__version__ = "0.1.0"


def create_app(settings: "Settings | None" = None, now: "Now | None" = None) -> "Flask":
    """Put an application together: settings (default: instance folder and environment), database, commands, pages.

    Nothing is opened before it is used; importing this package has no side effects.
    """
    from flask import Flask

    from matchmaker.app import Matchmaker
    from matchmaker.cli.commands import COMMANDS
    from matchmaker.clock import system_now
    from matchmaker.db import Database
    from matchmaker.settings import load
    from matchmaker.web import add_pages

    settings = settings or load()
    folder = Path(__file__).parent / "web"
    app = Flask("matchmaker", root_path=str(folder), instance_path=str(settings.instance.resolve()))
    app.extensions["matchmaker"] = Matchmaker(settings, Database(settings.url), now or system_now)
    for command in COMMANDS:
        app.cli.add_command(command)
    add_pages(app)
    return app
