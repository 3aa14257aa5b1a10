"""What is past its last day is not pushed, though the nightly job has not ended it; nor does the bureau count it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import EntryStatus
from matchmaker.lists import models as lists
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.queries import load_workdays
from matchmaker.lists.registers import Chain
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.notices import plan_stale_notices
from matchmaker.push.planning import plan_due
from matchmaker.push.scene import load_scene
from matchmaker.push.services import run_push, send_due
from matchmaker.reports.weekly import FIGURES, find_gaps, load_week
from matchmaker.settings import Settings
from tests.support.city import TUESDAY, product, put, small_city

DAY = timedelta(days=1)
TODAY = TUESDAY.date()
FIRST, SECOND = "XQ-20261118-0001", "XQ-20261118-0002"


@pytest.fixture
def city(migrated_sqlite_url: str) -> Iterator[Database]:
    found = Database(migrated_sqlite_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=3, banks=2)
        put(
            session,
            "policies",
            {"policy_no": "ZC1", "title": "贴息办法", "level": "MUNICIPAL", "instrument": "INTEREST_SUBSIDY"},
        )
    yield found
    found.dispose()


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(instance=tmp_path)


def put_last_day(database: Database, model: Any, key: Any, **dates: Any) -> None:
    with database.writing(SYSTEM) as session:
        session.execute(update(model).where(key).values(**dates))


def told_about(database: Database) -> set[str]:
    """Numbers of entries that items rest on, of items that stand as told."""
    with database.reading(SYSTEM) as session:
        items = session.scalars(select(PushItem).where(PushItem.state == "told")).all()
        return {number for item in items for number in item.payload["rests_on"].values()}


def test_a_need_past_its_last_day_is_pushed_to_nobody(city: Database, settings: Settings) -> None:
    put_last_day(city, lists.Need, lists.Need.need_no == FIRST, latest_funding_on=TODAY - DAY)
    put_last_day(city, lists.Need, lists.Need.need_no == SECOND, latest_funding_on=TODAY)
    run_push(city, settings, now=lambda: TUESDAY, audiences=("enterprise", "bank"))
    assert FIRST not in told_about(city)
    assert SECOND in told_about(city), "on its last day it still is"
    with city.reading(SYSTEM) as session:
        assert FIRST not in session.scalars(select(Lead.need_no)).all()
        status = session.scalars(select(lists.Need.status).where(lists.Need.need_no == FIRST)).one()
        assert status is EntryStatus.PUBLISHED, "the nightly job has not run"


def test_a_lead_ends_with_the_last_day_of_its_need(city: Database, settings: Settings) -> None:
    run_push(city, settings, now=lambda: TUESDAY, audiences=("bank",))
    put_last_day(city, lists.Need, lists.Need.need_no == FIRST, latest_funding_on=TODAY)
    run_push(city, settings, now=lambda: TUESDAY + DAY, audiences=("bank",))
    with city.reading(SYSTEM) as session:
        ended = {lead.need_no: lead.ended_at for lead in session.scalars(select(Lead)) if lead.ended_at}
    assert ended == {FIRST: TUESDAY + DAY}


def test_what_ended_while_its_mail_waited_is_not_sent(city: Database, settings: Settings) -> None:
    with city.writing(SYSTEM) as session:
        plan_due(session, settings=settings, now=TUESDAY, audiences=("enterprise",))
    put_last_day(city, lists.Need, lists.Need.need_no == FIRST, latest_funding_on=TODAY)
    tally = send_due(city, settings, now=lambda: TUESDAY + DAY)
    assert (tally.sent, tally.dropped) == (2, 1)
    with city.reading(SYSTEM) as session:
        dropped = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "dropped")).one()
    assert (dropped.contact_no, dropped.last_error) == ("E001", "nothing_left")


@pytest.mark.parametrize("model", [lists.Product, lists.Policy])
def test_a_product_or_policy_past_its_validity_is_pushed_to_nobody(
    city: Database, settings: Settings, model: Any
) -> None:
    put_last_day(city, model, model.status == EntryStatus.PUBLISHED, valid_to=TODAY - DAY)
    run_push(city, settings, now=lambda: TUESDAY, audiences=("enterprise", "bank"))
    told = told_about(city)
    gone = {"B1P1", "B2P2"} if model is lists.Product else {"ZC1"}
    assert told
    assert not told & gone


def test_nobody_is_asked_to_confirm_what_is_past_its_last_day(city: Database, settings: Settings) -> None:
    put_last_day(city, lists.Need, lists.Need.need_no != FIRST, latest_funding_on=TODAY)
    with city.writing(SYSTEM) as session:
        assert plan_stale_notices(session, settings=settings, now=TUESDAY + 80 * DAY) == (1, 1)


def test_the_bureau_counts_what_is_in_force(city: Database, settings: Settings) -> None:
    before = figures(city, settings)
    assert (before["needs_open"], before["products"], before["policies"]) == (3, 2, 1)
    put_last_day(city, lists.Need, lists.Need.need_no == FIRST, latest_funding_on=TODAY - DAY, submitted_on=None)
    put_last_day(city, lists.Product, lists.Product.product_code == "B1P1", valid_to=TODAY - DAY)
    put_last_day(city, lists.Policy, lists.Policy.policy_no == "ZC1", valid_from=TODAY + DAY)
    after = figures(city, settings)
    assert (after["needs_open"], after["products"], after["policies"]) == (2, 1, 0)
    assert (after["products_new"], after["policies_new"]) == (1, 0)
    with city.writing(SYSTEM) as session:
        put(session, "products", *(product(f"B{n}", n, security="PLEDGE") for n in (1, 2)))
    nothing = figures(city, settings)
    assert nothing["needs_unserved"] == nothing["gaps"] == 2, "the need past its day is none of them"


def figures(database: Database, settings: Settings) -> dict[str, Any]:
    """The figures of the week that TUESDAY lies in."""
    with database.writing(SYSTEM) as session:
        workdays = load_workdays(session)
        session.execute(update(lists.Enterprise).values(chain_code=session.scalars(select(Chain.chain_code)).first()))
        scene = load_scene(session, settings=settings, now=TUESDAY, workdays=workdays)
        monday = TODAY - timedelta(days=TODAY.weekday())
        week = load_week(session, scene.market, scene.run.id, monday, TUESDAY, workdays, settings)
        found: dict[str, Any] = {figure.key: figure.query(week) for figure in FIGURES}
        return {**found, "gaps": sum(gap.needs for gap in find_gaps(week))}
