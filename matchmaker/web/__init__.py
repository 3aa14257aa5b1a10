"""The only package that knows Flask: pages now, the API and the three sides' pages later."""

from flask import Flask

from matchmaker.app import Matchmaker
from matchmaker.web.api.app import add_api
from matchmaker.web.guard import add_guard, require_actions
from matchmaker.web.health import health
from matchmaker.web.pages import joining, second_factor  # noqa: F401  # routes of sign_in and account
from matchmaker.web.pages.account import account
from matchmaker.web.pages.audit import audit
from matchmaker.web.pages.behalf import behalf
from matchmaker.web.pages.components import components
from matchmaker.web.pages.consents import consent_pages
from matchmaker.web.pages.definitions import definitions
from matchmaker.web.pages.leads import leads
from matchmaker.web.pages.lists import lists
from matchmaker.web.pages.matches import matches
from matchmaker.web.pages.messages import messages
from matchmaker.web.pages.official import official
from matchmaker.web.pages.operations import operations
from matchmaker.web.pages.people import people
from matchmaker.web.pages.policies import policies
from matchmaker.web.pages.registers import registers
from matchmaker.web.pages.registrations import registrations
from matchmaker.web.pages.requests import subject_requests
from matchmaker.web.pages.review import review
from matchmaker.web.pages.sign_in import sign_in
from matchmaker.web.pages.start import start
from matchmaker.web.pages.tokens import token_pages
from matchmaker.web.pages.webhooks import webhooks
from matchmaker.web.safety import add_safety, require_loopback
from matchmaker.web.view import add_view


def add_pages(app: Flask) -> None:
    """Routes, headers, the guard and template helpers. The demo answers this machine only: its names are printed."""
    parts: Matchmaker = app.extensions["matchmaker"]
    if parts.settings.demo:
        app.before_request(require_loopback)
    add_guard(app, parts.settings)
    add_safety(app)
    add_view(app)
    for blueprint in (health, sign_in, account, audit, start, lists, matches, messages, people, registrations):
        app.register_blueprint(blueprint)
    for blueprint in (components, consent_pages, leads, subject_requests, token_pages, webhooks):
        app.register_blueprint(blueprint)
    for blueprint in (behalf, definitions, official, operations, policies, registers, review):
        app.register_blueprint(blueprint)
    add_api(app)
    require_actions(app)
