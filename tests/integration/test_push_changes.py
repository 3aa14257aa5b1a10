"""What changes between two windows, or between planning and sending: nothing lost, nothing to the wrong reader."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.terms import Side
from matchmaker.lists import models as lists
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.services import change_status
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.audiences import AUDIENCES, Audience
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.planning import plan_due
from matchmaker.push.services import PushReport, inbox_of, run_push, send_due
from matchmaker.settings import Settings
from tests.support.city import SHANGHAI, TUESDAY, code_of, contact, enterprise, need, product, put, small_city
from tests.support.smtp import Sink, free_port, smtp_sink

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
FIRST = "XQ-20261118-0001"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


@pytest.fixture
def city(migrated_url: str) -> Iterator[Database]:
    found = Database(migrated_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=6, banks=2)
    yield found
    found.dispose()


@pytest.fixture
def settings(sink: Sink) -> Settings:
    return Settings(smtp_host="127.0.0.1", smtp_port=sink.port)


def run(database: Database, settings: Settings, at: datetime, *audiences: Audience) -> PushReport:
    return run_push(database, settings, now=lambda: at, audiences=audiences or tuple(AUDIENCES))


def change(database: Database, act: Callable[[Any], None]) -> None:
    with database.writing(SYSTEM) as session:
        act(session)


def turn(database: Database, model: Any, key: Any, verb: str) -> None:
    def act(session: Any) -> None:
        entry = session.scalars(select(model).where(key)).one()
        change_status(session, actor=Actor("test", Side.TRUSTED), entry=entry, verb=verb, now=TUESDAY)

    change(database, act)


def plan(database: Database, settings: Settings, at: datetime, *audiences: Audience) -> None:
    change(database, lambda s: plan_due(s, settings=settings, now=at, audiences=audiences))


def open_leads(database: Database) -> set[tuple[str, str]]:
    with database.reading(SYSTEM) as session:
        return {(lead.need_no, lead.product_code) for lead in session.scalars(select(Lead)) if lead.ended_at is None}


def text_of(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def test_what_was_dropped_before_it_left_is_told_when_it_holds_again(
    city: Database, settings: Settings, sink: Sink
) -> None:
    of_b1 = lists.Product.product_code == "B1P1"
    plan(city, settings, TUESDAY, "enterprise", "bank")
    turn(city, lists.Product, of_b1, "suspend")
    send_due(city, settings, now=lambda: TUESDAY)
    assert not [mail for _, mail in sink.mails if "B1" in text_of(mail)]
    turn(city, lists.Product, of_b1, "resume")
    sink.mails.clear()
    run(city, settings, TUESDAY + DAY, "bank")
    run(city, settings, TUESDAY + WEEK, "enterprise")
    run(city, settings, TUESDAY + WEEK, "bank")
    recipients = [to[0] for to, _ in sink.mails]
    assert recipients == ["b1-1@receiver.example", *(f"e00{n}@receiver.example" for n in range(1, 7))]
    assert all("B1" in text_of(mail) for _, mail in sink.mails)
    with city.reading(SYSTEM) as session:
        assert {item.state for item in session.scalars(select(PushItem))} == {"told"}
        assert len(inbox_of(session, "E001")) == 2


def test_who_has_moved_does_not_read_what_was_planned_for_the_old_place(
    city: Database, settings: Settings, sink: Sink
) -> None:
    plan(city, settings, TUESDAY, "enterprise", "bank")
    change(city, lambda s: put(s, "contacts", contact("E001", uscc=code_of(2), role="FINANCE"),
                               contact("E003", uscc=code_of(3), role="LEAD"),
                               contact("B1-1", org_code="B2", role="ACCOUNT_MANAGER")))  # fmt: skip
    tally = send_due(city, settings, now=lambda: TUESDAY)
    assert tally.dropped == 3
    recipients = {to[0] for to, _ in sink.mails}
    assert recipients == {f"{who}@receiver.example" for who in ("e002", "e004", "e005", "e006", "b2-1")}
    sink.mails.clear()
    run(city, settings, TUESDAY + WEEK)
    told = {to[0].split("@")[0]: text_of(mail) for to, mail in sink.mails}
    assert "XQ-20261118-0002" in told["e001"]
    assert FIRST not in told["e001"]
    assert "B2流贷2" in told["b1-1"]
    assert "B1流贷1" not in told["b1-1"]


def test_a_lead_that_ended_while_the_mail_waited_is_not_sent(city: Database, settings: Settings, sink: Sink) -> None:
    with_no_server = Settings(smtp_host="127.0.0.1", smtp_port=free_port())
    run(city, with_no_server, TUESDAY, "bank")
    change(city, lambda s: put(s, "products", product("B1", 1, amount_max_wan="200")))
    plan(city, settings, TUESDAY + DAY, "bank")
    tally = send_due(city, settings, now=lambda: TUESDAY + DAY)
    assert (tally.sent, tally.dropped) == (1, 1)
    assert [to for to, _ in sink.mails] == [["b2-1@receiver.example"]]


def test_a_need_that_wants_fewer_banks_is_with_no_more(city: Database, settings: Settings) -> None:
    run(city, settings, TUESDAY, "bank")
    assert (FIRST, "B1P1") in open_leads(city)
    change(city, lambda s: put(s, "needs", need(1, banks_at_a_time="1"), now=TUESDAY + DAY))
    run(city, settings, TUESDAY + DAY, "bank")
    assert len([no for no, _ in open_leads(city) if no == FIRST]) == 1


def test_a_bank_that_nobody_can_be_reached_at_holds_no_place(city: Database, settings: Settings) -> None:
    change(city, lambda s: put(s, "needs", *(need(n, banks_at_a_time="1") for n in range(1, 7))))
    run(city, settings, TUESDAY, "bank")
    holder = dict(open_leads(city))[FIRST][:2]
    turn(city, lists.Contact, lists.Contact.contact_no == f"{holder}-1", "withdraw")
    run(city, settings, TUESDAY + DAY, "bank")
    assert {code[:2] for _, code in open_leads(city)} == {"B1", "B2"} - {holder}
    assert len(open_leads(city)) == 6


def test_a_lead_that_passes_to_another_product_counts_for_both(city: Database, settings: Settings) -> None:
    """Or a product would be shown more needs in a month than its bank wants."""
    turn(city, lists.Product, lists.Product.product_code == "B2P2", "withdraw")
    change(city, lambda s: put(s, "products", product("B1", 1, lead_capacity_month="2"),
                               product("B1", 9, rate_min_pct="8", lead_capacity_month="1")))  # fmt: skip
    run(city, settings, TUESDAY, "bank")
    first = {no for no, code in open_leads(city) if code == "B1P1"}
    assert len(first) == 2
    change(city, lambda s: put(s, "products", product("B1", 1, lead_capacity_month="2", amount_max_wan="200")))
    run(city, settings, TUESDAY + DAY, "bank")
    assert {code for _, code in open_leads(city)} == {"B1P9"}
    assert len(open_leads(city)) == 1
    change(city, lambda s: put(s, "products", product("B1", 1, lead_capacity_month="2")))
    for days in (2, 3):
        run(city, settings, TUESDAY + days * DAY, "bank")
    shown: dict[str, set[str]] = {}
    with city.reading(SYSTEM) as session:
        for item in session.scalars(select(PushItem).where(PushItem.section == "lead")):
            shown.setdefault(item.payload["product"]["code"], set()).add(item.payload["rests_on"]["need"])
    assert {code: len(needs) for code, needs in shown.items()} == {"B1P1": 2, "B1P9": 1}


def test_a_firm_s_birthday_is_no_news_and_tells_no_date(city: Database, settings: Settings, sink: Sink) -> None:
    birthday = TUESDAY.replace(year=2021) + 2 * DAY
    change(city, lambda s: put(s, "enterprises", *(enterprise(n, founded_on=f"{birthday:%Y-%m-%d}")
                                                   for n in range(1, 7))))  # fmt: skip
    run(city, settings, TUESDAY, "bank")
    assert "成立 2–5 年" in text_of(sink.mails[0][1])
    sink.mails.clear()
    change(city, lambda s: put(s, "contacts", contact("B1-2", org_code="B1", role="ACCOUNT_MANAGER")))
    run(city, settings, TUESDAY + 3 * DAY, "bank")
    assert [to for to, _ in sink.mails] == [["b1-2@receiver.example"]]
    assert "成立 2–5 年" in text_of(sink.mails[0][1])
    sink.mails.clear()
    change(city, lambda s: put(s, "enterprises", *(enterprise(n, founded_on="2016-12-02") for n in range(1, 7)),
                               now=TUESDAY + 4 * DAY))  # fmt: skip
    run(city, settings, TUESDAY + 6 * DAY, "bank")
    assert len(sink.mails) == 3, "a corrected fact is news"
    assert "成立 5–10 年" in text_of(sink.mails[0][1])
    run(city, settings, TUESDAY + 9 * DAY, "bank")
    assert len(sink.mails) == 3, "and its next birthday is none again"


def test_a_near_miss_that_reads_the_same_is_no_news(city: Database, settings: Settings, sink: Sink) -> None:
    change(city, lambda s: put(s, "products", product("B1", 1, security="PLEDGE"),
                               product("B2", 2, security="PLEDGE")))  # fmt: skip
    run(city, settings, TUESDAY, "enterprise")
    assert "差一点" in text_of(sink.mails[0][1])
    sink.mails.clear()
    change(city, lambda s: put(s, "products", product("B1", 1, security="PLEDGE", amount_max_wan="900"),
                               now=TUESDAY + DAY))  # fmt: skip
    run(city, settings, TUESDAY + WEEK, "enterprise")
    assert sink.mails == []


def test_what_could_not_be_sent_by_day_is_not_sent_at_night(city: Database, sink: Sink) -> None:
    port = free_port()
    settings = Settings(smtp_host="127.0.0.1", smtp_port=port)
    run(city, settings, TUESDAY, "enterprise")
    with smtp_sink(port) as back:
        for hour in (20, 23):
            report = run(city, settings, TUESDAY.replace(hour=hour), "enterprise")
            assert report.tally is not None
            assert (report.tally.sent, back.mails) == (0, [])
        morning = datetime(2026, 11, 25, 8, 30, tzinfo=SHANGHAI)
        assert send_due(city, settings, now=lambda: morning - timedelta(minutes=1)).sent == 0
        assert send_due(city, settings, now=lambda: morning).sent == 6
        assert len(back.ids()) == len(set(back.ids())) == 6
    with city.reading(SYSTEM) as session:
        assert {message.state for message in session.scalars(select(OutboxMessage))} == {"sent"}


def test_a_run_that_reaches_the_quiet_hours_stops(city: Database, settings: Settings, sink: Sink) -> None:
    plan(city, settings, TUESDAY, "enterprise")
    clock = iter([TUESDAY.replace(hour=19, minute=59)] * 12)
    send_due(city, settings, now=lambda: next(clock, TUESDAY.replace(hour=20, minute=1)))
    assert 0 < len(sink.mails) < 6


def test_a_due_date_beyond_the_calendar_is_flagged(city: Database, settings: Settings) -> None:
    def confirm(session: Any) -> None:
        for model in (lists.Product, lists.Need):
            session.execute(update(model).values(confirmed_at=TUESDAY + 30 * DAY))

    change(city, confirm)
    quiet = run(city, settings, datetime(2026, 12, 24, 8, 30, tzinfo=SHANGHAI), "bank")
    assert quiet.windows[0].calendar_warning is None
    flagged = run(city, settings, datetime(2026, 12, 30, 8, 30, tzinfo=SHANGHAI), "bank")
    assert flagged.windows[-1].calendar_warning == "2027"


@pytest.mark.postgres
def test_a_database_that_restarts_while_mail_is_sent_ends_no_run(
    migrated_postgres_url: str, settings: Settings, sink: Sink
) -> None:
    database = Database(migrated_postgres_url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=6, banks=2)

    def cut(_address: str) -> str:
        sink.on_rcpt = lambda _address: "250 OK"
        others = "pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()"
        with database.engine.connect() as connection:
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        return "250 OK"

    sink.on_rcpt = cut
    report = run(database, settings, TUESDAY)
    assert report.tally is not None
    assert report.tally.sent == len(sink.ids()) == len(set(sink.ids())) == 8
    database.dispose()
