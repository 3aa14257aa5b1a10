"""The only package that knows Flask: pages now, the API and the three sides' pages later."""

from flask import Flask

from matchmaker.app import Matchmaker
from matchmaker.web.health import health
from matchmaker.web.pages.lists import lists
from matchmaker.web.pages.matches import matches
from matchmaker.web.pages.messages import messages
from matchmaker.web.pages.start import start
from matchmaker.web.safety import add_safety, require_loopback
from matchmaker.web.view import add_view


def add_pages(app: Flask) -> None:
    """Routes, headers and template helpers.

    Until there are accounts the overview is served in demo mode only (on loopback): it shows names.
    """
    add_safety(app)
    add_view(app)
    app.register_blueprint(health)
    parts: Matchmaker = app.extensions["matchmaker"]
    if parts.settings.demo:
        app.before_request(require_loopback)
        for blueprint in (start, lists, matches, messages):
            app.register_blueprint(blueprint)
