"""The only package that knows Flask: the pages of the three sides and the API."""

from flask import Flask

from matchmaker.app import Matchmaker
from matchmaker.web.api.app import add_api
from matchmaker.web.guard import add_guard, require_actions
from matchmaker.web.health import health
from matchmaker.web.pages import joining, second_factor  # noqa: F401  # routes of sign_in and account
from matchmaker.web.pages.account import account
from matchmaker.web.pages.analysis import analysis
from matchmaker.web.pages.audit import audit
from matchmaker.web.pages.behalf import behalf
from matchmaker.web.pages.checking import checking
from matchmaker.web.pages.components import components
from matchmaker.web.pages.consents import consent_pages
from matchmaker.web.pages.credit import credit
from matchmaker.web.pages.definitions import definitions
from matchmaker.web.pages.endorsements import endorsements
from matchmaker.web.pages.enterprise import profile
from matchmaker.web.pages.guarantees import guarantees
from matchmaker.web.pages.helping import helping
from matchmaker.web.pages.inbox import inbox
from matchmaker.web.pages.leads import leads
from matchmaker.web.pages.lists import lists
from matchmaker.web.pages.matches import matches
from matchmaker.web.pages.messages import messages
from matchmaker.web.pages.needs.asking import asking
from matchmaker.web.pages.needs.changing import changing
from matchmaker.web.pages.needs.mine import needs
from matchmaker.web.pages.notices import notices
from matchmaker.web.pages.official import official
from matchmaker.web.pages.operations import operations
from matchmaker.web.pages.own_policies import own_policy_pages
from matchmaker.web.pages.pairs import pairs
from matchmaker.web.pages.people import people
from matchmaker.web.pages.policies import policies
from matchmaker.web.pages.product_forms import product_forms
from matchmaker.web.pages.products import products
from matchmaker.web.pages.ratings import ratings
from matchmaker.web.pages.referrals import referral_pages
from matchmaker.web.pages.registers import registers
from matchmaker.web.pages.registrations import registrations
from matchmaker.web.pages.requests import subject_requests
from matchmaker.web.pages.resets import resets
from matchmaker.web.pages.review import review
from matchmaker.web.pages.sign_in import sign_in
from matchmaker.web.pages.start import start
from matchmaker.web.pages.tokens import token_pages
from matchmaker.web.pages.uploads import uploads
from matchmaker.web.pages.webhooks import webhooks
from matchmaker.web.safety import add_safety, require_loopback
from matchmaker.web.view import add_view

PAGES = (
    account,
    analysis,
    asking,
    audit,
    behalf,
    changing,
    checking,
    components,
    consent_pages,
    credit,
    definitions,
    endorsements,
    guarantees,
    health,
    helping,
    inbox,
    leads,
    lists,
    matches,
    messages,
    needs,
    notices,
    official,
    operations,
    own_policy_pages,
    pairs,
    people,
    policies,
    product_forms,
    products,
    profile,
    ratings,
    referral_pages,
    registers,
    registrations,
    resets,
    review,
    sign_in,
    start,
    subject_requests,
    token_pages,
    uploads,
    webhooks,
)
"""One line a subject, so that two who add pages do not meet."""


def add_pages(app: Flask) -> None:
    """Routes, headers, the guard and template helpers. The demo answers this machine only: its names are printed."""
    parts: Matchmaker = app.extensions["matchmaker"]
    if parts.settings.demo:
        app.before_request(require_loopback)
    add_guard(app, parts.settings)
    add_safety(app)
    add_view(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    add_api(app)
    require_actions(app)
