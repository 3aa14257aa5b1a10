"""``guarantee.decided``: to the three whose contract it is, once per decision, by the public id alone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError
from matchmaker.guarantee.cases.covering import Loan, cover_batch
from matchmaker.guarantee.cases.lapsing import lapse_due
from matchmaker.lists.models import Enterprise
from matchmaker.outbox.webhooks.delivery import Hooks
from matchmaker.push.webhooks import CHECKS, tell_off
from tests.support.city import code_of
from tests.support.consenting import bank, let_cover
from tests.support.guaranteeing import LONG, WAN, Play, approver, guaranteed_city
from tests.support.http_sink import HttpSink, http_sink
from tests.support.webhooks import add_endpoint, send

HOOKS = Hooks(CHECKS, tell_off)
PARTIES, STRANGERS = {"E1", "B1", "G1"}, {"E2", "B2", "G2"}


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as running:
        yield running


@pytest.fixture
def play(migrated_url: str, tmp_path: Path, sink: HttpSink) -> Iterator[Play]:
    """A case whose parties listen, and so do an enterprise, a bank and a guarantor that are none."""
    database = Database(migrated_url)
    made = Play(database, guaranteed_city(database, tmp_path))
    for name in PARTIES | STRANGERS:
        owner = {"uscc": code_of(int(name[1]))} if name.startswith("E") else {"org_code": name}
        add_endpoint(database, sink.url(f"/{name}"), **owner)
    yield made
    database.dispose()


def told(play: Play, sink: HttpSink) -> dict[str, list[Any]]:
    """What each endpoint hears of guarantees now: its name → the bodies."""
    sink.requests.clear()
    assert not send(play.database, at=play.at, hooks=HOOKS).failed
    heard: dict[str, list[Any]] = {}
    for request in sink.requests:
        body = json.loads(request.body)
        if body["type"] == "guarantee.decided":
            heard.setdefault(request.path.removeprefix("/"), []).append(body)
    return heard


def test_each_party_hears_of_a_decision_once_and_nobody_else(play: Play, sink: HttpSink) -> None:
    play.apply()
    play.review()
    assert told(play, sink) == {}, "an application and an opinion decide nothing"
    play.step("approve", approver())
    with pytest.raises(ConflictError):
        play.step("approve", approver(82))
    heard = told(play, sink)
    assert {name: len(bodies) for name, bodies in heard.items()} == dict.fromkeys(PARTIES, 1)
    assert told(play, sink) == {}, "once is enough"
    play.later(120)
    assert len(lapse_due(play.database, settings=play.settings, now=play.at)) == 1
    assert {name: len(bodies) for name, bodies in told(play, sink).items()} == dict.fromkeys(PARTIES, 1)


def test_the_body_is_the_public_id_and_where_to_read_what_one_may_see(play: Play, sink: HttpSink) -> None:
    play.apply()
    play.step("decline", approver(), reason=LONG)
    heard = told(play, sink)
    assert set(heard) == PARTIES
    case = play.case
    for (body,) in heard.values():
        assert body["data"]["id"] == f"guar_{play.public_id}" and body["data"]["kind"] == "guarantee"
        assert body["data"]["link"].endswith(f"/api/v1/guarantees/guar_{play.public_id}")
    with play.database.reading(SYSTEM) as session:
        names = {value for row in session.execute(select(Enterprise.name, Enterprise.uscc)) for value in row}
    sent = "".join(request.body + json.dumps(request.headers) for request in sink.requests)
    for secret in (*names, case.need_no, case.guarantee_no, case.rating_no, LONG, "3000000", "declined"):
        assert str(secret) not in sent.replace(play.public_id, ""), secret


def test_a_loan_that_is_covered_automatically_is_decided_once_however_often_it_is_sent(
    play: Play, sink: HttpSink
) -> None:
    let_cover(play.database, play.settings, now=play.at)
    loan = Loan(event_no="L1", scheme_code="S1", uscc=code_of(1), amount_fen=100 * WAN, term_months=12)
    for expected in (dict.fromkeys(PARTIES, 1), {}):
        cover_batch(play.database, actor=bank(), loans=[loan], settings=play.settings, now=play.at)
        assert {name: len(bodies) for name, bodies in told(play, sink).items()} == expected
        play.at += timedelta(minutes=1)
