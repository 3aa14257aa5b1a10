"""Which events are told to whom, with nothing of an enterprise in them, and never what has ended meanwhile."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.accounts.consent import withdraw_consent
from matchmaker.accounts.models import AuditEvent, Person
from matchmaker.accounts.webhook_endpoints import send_delivery_again
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.models import Enterprise, Product
from matchmaker.lists.services import change_status
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.delivery import Hooks
from matchmaker.outbox.webhooks.endpoints import put_again
from matchmaker.outbox.webhooks.events import EVENTS
from matchmaker.outbox.webhooks.models import WebhookEndpoint, WebhookEvent, contact_of
from matchmaker.push.leads import end_lead
from matchmaker.push.models import Lead
from matchmaker.push.services import send_due
from matchmaker.push.webhooks import CHECKS, tell_expiring, tell_off
from matchmaker.settings import Settings
from tests.support.city import code_of, put, small_city
from tests.support.city import product as product_row
from tests.support.consenting import NOW, as_, bank, consent, enterprise, fill
from tests.support.http_sink import HttpSink, http_sink, reply
from tests.support.webhooks import add_endpoint, message_of, reread, send

HOOKS = Hooks(CHECKS, tell_off)


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as running:
        yield running


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    found = Database(migrated_url)
    yield found
    found.dispose()


def city(database: Database, folder: Path, sink: HttpSink) -> tuple[Settings, dict[str, WebhookEndpoint]]:
    """The small city with an endpoint of each bank and of the first enterprise, made before the leads are."""
    from matchmaker.lists.defaults import load_defaults

    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        small_city(session, firms=6, now=NOW)
    made = {name: add_endpoint(database, sink.url(f"/{name}"), org_code=name)[0] for name in ("B1", "B2")}
    made["E1"] = add_endpoint(database, sink.url("/E1"), uscc=code_of(1))[0]
    return fill(database, folder), made


def told(database: Database, endpoint: WebhookEndpoint) -> list[tuple[str, str]]:
    """(kind of event, state of its message) of an endpoint, the first one first."""
    with database.reading(SYSTEM) as session:
        rows = session.execute(
            select(WebhookEvent.kind, OutboxMessage.state)
            .join(OutboxMessage, OutboxMessage.window == WebhookEvent.public_id)
            .where(WebhookEvent.endpoint_id == endpoint.id, OutboxMessage.contact_no == contact_of(endpoint))
            .order_by(WebhookEvent.id)
        )
        return [tuple(row) for row in rows]


def test_leads_and_consents_are_told_to_those_concerned_without_any_identity(
    database: Database, sink: HttpSink, tmp_path: Path
) -> None:
    settings, endpoints = city(database, tmp_path, sink)
    made = consent(database, settings, "B1")
    with as_(database, enterprise()) as session:
        withdraw_consent(session, actor=enterprise(), public_id=made.public_id, now=NOW)
    assert send(database, at=NOW, hooks=HOOKS).sent > 0
    with database.reading(SYSTEM) as session:
        leads = {org: set(session.scalars(select(Lead.public_id).where(Lead.org_code == org))) for org in ("B1", "B2")}
        names = set(session.scalars(select(Enterprise.name))) | set(session.scalars(select(Enterprise.uscc)))
    bodies = {name: [json.loads(r.body) for r in sink.requests if r.path == f"/{name}"] for name in endpoints}
    for org in ("B1", "B2"):
        matched = {one["data"]["id"] for one in bodies[org] if one["type"] == "need.matched"}
        assert matched == {f"lead_{public_id}" for public_id in leads[org]} != set()
    about = f"cons_{made.public_id}"
    for name in ("B1", "E1"):
        consents = [(one["type"], one["data"]["id"]) for one in bodies[name] if one["data"]["kind"] == "consent"]
        assert consents == [("consent.withdrawn", about)], "a grant that no longer holds is not told"
    assert not [one for one in bodies["B2"] if one["data"]["kind"] == "consent"], "another bank's matter"
    sent = "".join(request.body + json.dumps(request.headers) for request in sink.requests)
    assert not [name for name in names if name in sent]


def test_a_replay_after_the_consent_was_withdrawn_is_closed(database: Database, sink: HttpSink, tmp_path: Path) -> None:
    settings, endpoints = city(database, tmp_path, sink)
    made = consent(database, settings, "B1")
    send(database, at=NOW, hooks=HOOKS)
    mine = (WebhookEvent.kind == "consent.granted") & (WebhookEvent.endpoint_id == endpoints["B1"].id)
    with database.reading(SYSTEM) as session:
        event = session.scalars(select(WebhookEvent.public_id).where(mine)).one()
    for withdrawn, copies in ((False, 2), (True, 2)):
        if withdrawn:
            with as_(database, enterprise()) as session:
                withdraw_consent(session, actor=enterprise(), public_id=made.public_id, now=NOW)
        with database.writing(SYSTEM) as session:
            put_again(session, reread(database, endpoints["B1"]), message_of(database, event), now=NOW)
        send(database, at=NOW, hooks=HOOKS)
        assert sink.ids().count(event) == copies
    message = message_of(database, event)
    assert (message.state, message.last_error) == ("sent", "nothing_left"), "what was sent is not made undone"
    endpoint = reread(database, endpoints["B1"])
    with database.writing(SYSTEM) as session, pytest.raises(ConflictError) as refused:
        send_delivery_again(session, actor=SYSTEM, endpoint=endpoint, event_id=event, checks=CHECKS, now=NOW)
    assert refused.value.code == "webhook_ended"
    after = message_of(database, event)
    assert (after.state, after.sent_at) == (message.state, message.sent_at)


def test_a_retry_after_the_lead_ended_is_closed(database: Database, sink: HttpSink, tmp_path: Path) -> None:
    sink.script = reply(503)
    _, endpoints = city(database, tmp_path, sink)
    send(database, at=NOW, hooks=HOOKS)
    sink.script = reply(200)
    sink.requests.clear()
    with database.writing(SYSTEM) as session:
        for lead in session.scalars(select(Lead)):
            end_lead(lead, NOW)
    send(database, at=NOW + timedelta(hours=1), hooks=HOOKS)
    assert not sink.requests
    assert {state for _, state in told(database, endpoints["B1"])} == {"dropped"}


def test_products_published_and_soon_at_their_end_are_told_once(
    database: Database, sink: HttpSink, tmp_path: Path
) -> None:
    settings, endpoints = city(database, tmp_path, sink)
    with database.writing(SYSTEM) as session:
        put(session, "products", product_row("B1", 7, valid_to="2026-12-20"), now=NOW)
        put(session, "products", product_row("B2", 8, valid_to="2027-12-20"), now=NOW)
    for _ in range(2):
        with database.writing(SYSTEM) as session:
            tell_expiring(session, settings=settings, now=NOW)
    kinds = {name: [kind for kind, _ in told(database, endpoint)] for name, endpoint in endpoints.items()}
    assert (kinds["B1"].count("product.published"), kinds["B1"].count("product.expiring")) == (1, 1)
    assert (kinds["B2"].count("product.published"), kinds["B2"].count("product.expiring")) == (1, 0)
    assert not [kind for kind in kinds["E1"] if kind.startswith("product")]
    with database.writing(SYSTEM) as session:
        for entry in session.scalars(select(Product).where(Product.name.is_not(None), Product.bank_name == "B1")):
            change_status(session, actor=SYSTEM, entry=entry, verb="suspend", now=NOW)
    send(database, at=NOW, hooks=HOOKS)
    assert {state for kind, state in told(database, endpoints["B1"]) if kind.startswith("product")} == {"dropped"}


def test_only_what_was_asked_for_is_told_and_nothing_to_one_that_is_off(
    database: Database, sink: HttpSink, tmp_path: Path
) -> None:
    from matchmaker.lists.defaults import load_defaults

    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        small_city(session, firms=6, now=NOW)
    chosen, _ = add_endpoint(database, sink.url(), org_code="B1", events=["consent.granted"])
    off, _ = add_endpoint(database, sink.url(), org_code="B1")
    with database.writing(SYSTEM) as session:
        session.get_one(WebhookEndpoint, off.id).disabled_at = NOW
    settings = fill(database, tmp_path)
    assert (told(database, chosen), told(database, off)) == ([], [])
    consent(database, settings, "B1")
    assert [kind for kind, _ in told(database, chosen)] == ["consent.granted"]


def publish_in_vain(database: Database) -> None:
    """Publishes every product anew and fails before the commit."""
    with database.writing(SYSTEM) as session:
        for entry in session.scalars(select(Product)):
            change_status(session, actor=SYSTEM, entry=entry, verb="suspend", now=NOW)
            change_status(session, actor=SYSTEM, entry=entry, verb="resume", now=NOW)
        raise RuntimeError


def test_what_is_undone_is_told_to_nobody(database: Database, sink: HttpSink, tmp_path: Path) -> None:
    _, endpoints = city(database, tmp_path, sink)
    before = told(database, endpoints["B1"])
    with pytest.raises(RuntimeError):
        publish_in_vain(database)
    assert told(database, endpoints["B1"]) == before


def test_the_maker_of_an_endpoint_that_was_switched_off_gets_a_mail(
    database: Database, sink: HttpSink, tmp_path: Path
) -> None:
    settings, endpoints = city(database, tmp_path, sink)
    with database.writing(SYSTEM) as session:
        person = Person(login="it@b1.example", name="周工", email="it@b1.example", org_code="B1", created_at=NOW)
        session.add(person)
        session.flush()
        session.get_one(WebhookEndpoint, endpoints["B1"].id).created_by = f"person:{person.public_id}"
    sink.by_path["/B1"] = reply(410)
    send(database, at=NOW, hooks=HOOKS)
    assert reread(database, endpoints["B1"]).disabled_why == "gone"
    send_due(database, settings, now=lambda: NOW + timedelta(days=1))
    with database.reading(SYSTEM) as session:
        mail = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "webhook_off")).one()
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "webhook.disabled"))
    assert (mail.state, mail.address) == ("sent", "it@b1.example")
    assert "410" in (mail.text or "") and f"/webhooks/{endpoints['B1'].public_id}" in (mail.text or "")
    assert event.subject == f"webhook:{endpoints['B1'].public_id}"


def test_quiet_hours_are_for_people_only(database: Database, sink: HttpSink, tmp_path: Path) -> None:
    settings, endpoints = city(database, tmp_path, sink)
    night = NOW.replace(hour=16)
    send_due(database, settings, now=lambda: night)
    assert {state for _, state in told(database, endpoints["B1"])} == {"waiting"}
    assert send(database, at=night, hooks=HOOKS).sent > 0


def test_every_event_is_offered_to_a_side_that_has_endpoints() -> None:
    actors = {Side.BANK: bank(), Side.ENTERPRISE: enterprise(), Side.GUARANTOR: Actor("g", Side.GUARANTOR)}
    assert all(set(kind.sides) <= set(actors) and kind.sides for kind in EVENTS.values())
    assert set(CHECKS) <= set(EVENTS)
    assert Role.PRODUCT_MANAGER.side is Side.BANK
