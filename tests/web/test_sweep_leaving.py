"""What a consent opens and for how long; what mail and webhooks tell: nothing of others (RELIABILITY.md R29, R30)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Contact
from matchmaker.outbox.webhooks.events import Happening, put_events
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from matchmaker.push.models import Lead
from matchmaker.push.services import run_push
from matchmaker.push.webhooks import deliver_webhooks
from tests.support.accounts import parts_of
from tests.support.api import Caller
from tests.support.canaries import words_of
from tests.support.canary_building import canary_city, consented
from tests.support.canary_city import FIRMS, NOW, City
from tests.support.http_sink import HttpSink, http_sink
from tests.support.may_see import FROM_START, OPENED, Granted, may_see, opened, prepared, viewer_of, viewers
from tests.support.sweep import Door, Viewer, fills
from tests.support.sweeping import Sweep, walk
from tests.web.test_sweep import report

ALL = tuple(OPENED)


def withdraw(city: City, consent: str) -> None:
    """The first enterprise ends it."""
    firm = Caller(city.app, city.tokens[city.people[(FIRMS[0], Role.FINANCE)]])
    assert firm.post(f"/consents/cons_{consent}:withdraw").status_code == 200


@pytest.mark.slow
def test_a_consent_opens_its_groups_to_its_bank_alone_and_closes_at_once(
    migrated_sqlite_url: str, tmp_path: Path
) -> None:
    city = prepared(migrated_sqlite_url, tmp_path)
    worker = replace(city, app=create_app(parts_of(city.app).settings, now=lambda: NOW))
    worker.app.config["WTF_CSRF_METHODS"] = []
    one, other = (viewer_of(city, bank, Role.LEAD) for bank in ("B1", "B2"))
    rules = [
        rule for rule in city.app.url_map.iter_rules() if "lead" in rule.endpoint and "GET" in (rule.methods or ())
    ]
    for groups in (("identity",), ("identity", "business"), ("identity", "contact"), ALL):
        consent = consented(city, groups)
        kinds = {kind for _, _, kind in opened("B1", FIRMS[0], *groups)}
        assert facts_told(city, one, rules) == facts_told(worker, one, rules) == kinds, groups
        assert facts_told(city, other, rules) == set(), groups
    sweep = Sweep(worker, may_see(FROM_START | opened("B1", FIRMS[0], *ALL)))
    walk(sweep, viewers(city), rules, ("GET",))
    report(sweep, rules)
    withdraw(city, consent)
    assert facts_told(worker, one, rules) == facts_told(city, one, rules) == set()
    for made in (city, worker):
        parts_of(made.app).database.dispose()


def facts_told(city: City, viewer: Viewer, rules: Sequence[Rule]) -> set[str]:
    """The kinds of facts of the first enterprise that stand on pages, in the export and in answers of the API."""
    door = Door(city, viewer)
    answers = (door.open("GET", fill.path) for rule in rules for fill in fills(city, rule))
    seen = city.canaries.seen_in(*(text for answer in answers for text in words_of(answer.data)))
    mine = {kind for kinds in OPENED.values() for kind in kinds.split()} | {"government"}
    return {one.kind for one in seen if FIRMS[0] in one.owners} & mine


@pytest.mark.slow
def test_mail_and_webhooks_tell_their_receivers_nothing_of_others(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """Digests, notices and events: before a consent, under it, and after it ended."""
    with http_sink() as sink:
        city = canary_city(migrated_sqlite_url, tmp_path, hook=sink.url("/"))
        consent = consented(city, ALL)
        first = require_own(city, [*leaving(city, sink, 1)], opened("B1", FIRMS[0], *ALL))
        assert {"B1", "B2", *FIRMS} <= first
        withdraw(city, consent)
        assert {"B1", FIRMS[0]} <= require_own(city, [*leaving(city, sink, 2)], frozenset())
    parts_of(city.app).database.dispose()


def leaving(city: City, sink: HttpSink, days: int) -> Iterator[tuple[str, str]]:
    """(owner, text) of every mail and webhook that leaves ``days`` days later; events about all leads among them."""
    parts, later = parts_of(city.app), NOW + timedelta(days=days)
    with parts.database.writing(SYSTEM) as session:
        leads = session.scalars(select(Lead)).all()
        endpoints = session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.org_code.is_not(None))).all()
        about = [(Happening("need.matched", "lead", lead.public_id), one)
                 for one in endpoints for lead in leads if lead.org_code == one.org_code]  # fmt: skip
        put_events(session, about, now=later)
    run_push(parts.database, parts.settings, now=lambda: later)
    deliver_webhooks(parts.database, parts.settings, now=lambda: later)
    yield from _mails(city)
    while sink.requests:
        request = sink.requests.pop()
        (endpoint,) = (one for one in city.canaries.seen_in(request.path) if one.kind == "webhook")
        yield next(iter(endpoint.owners)), f"{request.headers} {request.body}"


def _mails(city: City) -> Iterator[tuple[str, str]]:
    with parts_of(city.app).database.reading(SYSTEM) as session:
        owners = {one.email: one.org_code or one.uscc or "" for one in session.scalars(select(Contact))}
    for path in parts_of(city.app).settings.mail_dir.glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        path.unlink()
        to = str(mail["To"].addresses[0].addr_spec)
        bodies = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
        yield owners[to], " ".join([str(mail.items()), *bodies])


def require_own(city: City, told: Sequence[tuple[str, str]], granted: Granted) -> set[str]:
    """What went to each owner holds nothing that its people may not see; the owners that were told something."""
    sees, people = may_see(granted), {one.home: one for one in viewers(city)}
    for owner, words in told:
        seen = city.canaries.seen_in(words)
        assert owner not in people or not [one for one in seen if not sees(people[owner], one)], (owner, words[:400])
    print(f"{len(told)} mails and webhooks")
    return {owner for owner, _ in told}
