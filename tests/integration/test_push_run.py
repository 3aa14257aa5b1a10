"""A push run from lists to inbox and mail: nothing twice, nothing stale, nothing without news."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database, Lock
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.lists import models as lists
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.services import change_status
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.audiences import AUDIENCES, Audience
from matchmaker.push.models import Lead, PushItem, PushRun
from matchmaker.push.notices import plan_stale_notices
from matchmaker.push.planning import plan_due
from matchmaker.push.services import PushReport, inbox_of, preview_push, run_push, send_due
from matchmaker.settings import Settings
from tests.support.city import SHANGHAI, TUESDAY, code_of, contact, need, product, put, small_city
from tests.support.smtp import Sink, smtp_sink

WEEK = timedelta(days=7)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    found = Database(migrated_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=6, banks=2)
    yield found
    found.dispose()


@pytest.fixture
def city(migrated_sqlite_url: str) -> Iterator[Database]:
    found = Database(migrated_sqlite_url)
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


def count(database: Database, table: Any) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def change(database: Database, act: Callable[[Any], None]) -> None:
    with database.writing(SYSTEM) as session:
        act(session)


def test_everyone_concerned_is_told_once(database: Database, settings: Settings, sink: Sink) -> None:
    report = run(database, settings, TUESDAY)
    assert {w.audience: (w.state, w.messages) for w in report.windows} == {
        "enterprise": ("planned", 6),
        "bank": ("planned", 2),
        "bureau": ("skipped", 0),
    }
    assert report.tally is not None
    assert report.tally.sent == len(sink.mails) == 8
    items = count(database, PushItem)
    again = run(database, settings, TUESDAY + timedelta(minutes=5))
    assert again.windows == []
    assert len(sink.mails) == 8
    for days in (1, 2, 7):
        run(database, settings, TUESDAY + timedelta(days=days))
    assert count(database, PushItem) == items + count_weekly(database)
    assert len(sink.mails) == 8 + count_weekly(database)
    with database.reading(SYSTEM) as session:
        assert set(session.scalars(select(PushRun.match_run_id).where(PushRun.state == "planned"))) > set()
        assert {row.section for row in inbox_of(session, "E001")} == {"fit"}


def count_weekly(database: Database) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).where(PushItem.section == "weekly")) or 0


def test_a_changed_rate_is_news_and_a_new_description_is_none(city: Database, settings: Settings, sink: Sink) -> None:
    run(city, settings, TUESDAY, "enterprise")
    sink.mails.clear()
    later = TUESDAY + WEEK
    change(city, lambda s: put(s, "products", product("B1", 1, description="别的说法"), now=later))
    run(city, settings, later, "enterprise")
    assert sink.mails == []
    later += WEEK
    change(city, lambda s: put(s, "products", product("B1", 1, rate_min_pct="2.95"), now=later))
    report = run(city, settings, later, "enterprise")
    assert len(sink.mails) == 6
    assert {len(message.items) for message in report.messages} == {1}
    assert "年化综合成本 3.46% 起" in str(sink.mails[0][1]["Subject"])


def test_what_ended_between_planning_and_sending_is_not_sent(city: Database, settings: Settings, sink: Sink) -> None:
    """R18: a withdrawn product takes its items along; a closed need its whole message; a gone contact too."""
    with city.writing(SYSTEM) as session:
        plan_due(session, settings=settings, now=TUESDAY, audiences=("enterprise",))
    with city.writing(SYSTEM) as session:
        for entry in (
            session.scalars(select(lists.Product).where(lists.Product.product_code == "B1P1")).one(),
            session.scalars(select(lists.Need).where(lists.Need.need_no == "XQ-20261118-0003")).one(),
            session.scalars(select(lists.Contact).where(lists.Contact.contact_no == "E004")).one(),
        ):
            change_status(session, actor=Actor("test", Side.TRUSTED), entry=entry, verb="withdraw", now=TUESDAY)
    tally = send_due(city, settings, now=lambda: TUESDAY)
    assert (tally.sent, tally.dropped) == (4, 2)
    bodies = [mail.get_body(("plain",)).get_content() for _, mail in sink.mails]
    assert all("B2银行" in body and "B1银行" not in body for body in bodies)
    assert all("有 1 个产品符合" in str(mail["Subject"]) for _, mail in sink.mails)
    with city.reading(SYSTEM) as session:
        reasons = dict(session.execute(select(OutboxMessage.contact_no, OutboxMessage.last_error)).all())
        dropped = session.scalar(select(func.count()).where(PushItem.state == "dropped"))
        assert [item.item_key for item in inbox_of(session, "E001")] == ["match:XQ-20261118-0001:B2P2"]
    assert (reasons["E003"], reasons["E004"]) == ("nothing_left", "contact_gone")
    assert dropped == 4 + 2 + 2, "B1P1 of the others, both of the closed need, both of the contact who is gone"


def test_every_item_ended_drops_the_message(city: Database, settings: Settings, sink: Sink) -> None:
    with city.writing(SYSTEM) as session:
        plan_due(session, settings=settings, now=TUESDAY)
        session.execute(update(lists.Product).values(status=EntryStatus.SUSPENDED))
    tally = send_due(city, settings, now=lambda: TUESDAY)
    assert tally.sent == len(sink.mails) == 0
    assert tally.dropped == 8


def test_a_need_is_with_at_most_so_many_banks_at_once(city: Database, settings: Settings) -> None:
    def more(session: Any) -> None:
        banks = [{"org_code": f"B{n}", "kind": "BANK", "name": f"B{n}银行"} for n in range(3, 7)]
        put(session, "organisations", *banks)
        put(session, "products", *(product(f"B{n}", n) for n in range(3, 7)))
        put(session, "contacts", *(contact(f"B{n}-1", org_code=f"B{n}", role="PRODUCT_MANAGER") for n in range(3, 6)))
        put(session, "needs", need(1, banks_at_a_time="1"), need(2, banks_at_a_time="2"))

    change(city, more)
    run(city, settings, TUESDAY, "bank")
    with city.reading(SYSTEM) as session:
        leads = session.execute(select(Lead.need_no, Lead.org_code)).all()
    per_need = {no: sorted(bank for n, bank in leads if n == no) for no, _ in leads}
    assert len(per_need["XQ-20261118-0001"]) == 1
    assert len(per_need["XQ-20261118-0002"]) == 2
    assert {len(banks) for no, banks in per_need.items() if no[-1] in "3456"} == {3}
    assert "B6" not in {bank for _, bank in leads}, "nobody at B6 could read it"


def test_capacity_of_a_month_is_held_and_a_new_month_opens_it(city: Database, settings: Settings) -> None:
    change(city, lambda s: put(s, "products", product("B1", 1, lead_capacity_month="2"),
                               product("B2", 2, lead_capacity_month="0")))  # fmt: skip
    for day in range(4):
        run(city, settings, TUESDAY + timedelta(days=day), "bank")
    assert lead_needs(city) == {"B1": ["XQ-20261118-0001", "XQ-20261118-0002"]}
    run(city, settings, datetime(2026, 12, 1, 8, 30, tzinfo=SHANGHAI), "bank")
    assert lead_needs(city) == {"B1": [f"XQ-20261118-000{n}" for n in range(1, 5)]}


def lead_needs(database: Database) -> dict[str, list[str]]:
    with database.reading(SYSTEM) as session:
        rows = session.execute(
            select(Lead.org_code, Lead.need_no).where(Lead.ended_at.is_(None)).order_by(Lead.need_no)
        )
        found: dict[str, list[str]] = {}
        for bank, need_no in rows:
            found.setdefault(bank, []).append(need_no)
    return found


def test_an_ended_lead_frees_its_place_and_an_open_one_uses_no_more(city: Database, settings: Settings) -> None:
    def scarce(session: Any) -> None:
        put(session, "needs", need(1, banks_at_a_time="1"))
        put(session, "products", product("B1", 1, lead_capacity_month="6"))

    change(city, scarce)
    run(city, settings, TUESDAY, "bank")
    first = lead_needs(city)
    holder = next(bank for bank, needs in first.items() if "XQ-20261118-0001" in needs)
    other = {"B1": "B2", "B2": "B1"}[holder]
    code = {"B1": "B1P1", "B2": "B2P2"}[holder]

    def withdraw(session: Any) -> None:
        entry = session.scalars(select(lists.Product).where(lists.Product.product_code == code)).one()
        change_status(session, actor=Actor("test", Side.TRUSTED), entry=entry, verb="suspend", now=TUESDAY)

    change(city, withdraw)
    run(city, settings, TUESDAY + timedelta(days=1), "bank")
    assert "XQ-20261118-0001" in lead_needs(city)[other]
    assert holder not in lead_needs(city)


def test_stale_entries_hold_back_a_push(city: Database, settings: Settings, sink: Sink) -> None:
    long_ago = TUESDAY - timedelta(days=settings.stale_days + 1)

    def age(session: Any) -> None:
        session.execute(update(lists.Product).where(lists.Product.product_code == "B1P1").values(confirmed_at=long_ago))
        session.execute(update(lists.Need).where(lists.Need.uscc == code_of(1)).values(confirmed_at=long_ago))

    change(city, age)
    report = run(city, settings, TUESDAY)
    assert "E001" not in {message.contact_no for message in report.messages}
    assert {key for message in report.messages for key in message.items if key.endswith("B1P1")} == set()
    assert lead_needs(city) == {"B2": [f"XQ-20261118-000{n}" for n in range(2, 7)]}
    assert len(sink.mails) == 6


def test_the_branch_and_a_newcomer_see_what_their_bank_sees(city: Database, settings: Settings) -> None:
    run(city, settings, TUESDAY, "bank")

    def join(session: Any) -> None:
        put(session, "organisations", {"org_code": "Z1", "kind": "BRANCH", "name": "支行", "parent_org_code": "B1"})
        put(session, "contacts", contact("Z1-1", org_code="Z1", role="ACCOUNT_MANAGER", email=""),
            contact("B1-9", org_code="B1", role="LEAD"))  # fmt: skip

    change(city, join)
    report = run(city, settings, TUESDAY + timedelta(days=1), "bank")
    (message,) = report.messages
    assert (message.contact_no, message.channel, message.state) == ("Z1-1", "inbox", "sent")
    with city.reading(SYSTEM) as session:
        keys = {c: {i.item_key for i in inbox_of(session, c)} for c in ("Z1-1", "B1-1", "B1-9")}
    assert keys["Z1-1"] == keys["B1-1"] != set()
    assert keys["B1-9"] == set()


def test_quiet_hours_hold_a_caught_up_window_until_morning(city: Database, settings: Settings, sink: Sink) -> None:
    report = run(city, settings, datetime(2026, 11, 24, 22, 0, tzinfo=SHANGHAI), "enterprise")
    assert {message.state for message in report.messages} == {"waiting"}
    assert sink.mails == []
    send_due(city, settings, now=lambda: datetime(2026, 11, 25, 8, 29, tzinfo=SHANGHAI))
    assert sink.mails == []
    send_due(city, settings, now=lambda: datetime(2026, 11, 25, 8, 30, tzinfo=SHANGHAI))
    assert len(sink.mails) == 6


def test_make_up_saturday_sends_and_sunday_holds(city: Database, settings: Settings, sink: Sink) -> None:
    """N-1, with the calendar that is shipped."""
    saturday = datetime(2026, 5, 9, 8, 30, tzinfo=SHANGHAI)
    confirmed(city, saturday)
    assert run(city, settings, saturday, "bank").windows[0].calendar_warning is None
    assert len(sink.mails) == 2
    sunday = datetime(2026, 5, 10, 8, 0, tzinfo=SHANGHAI)
    assert run(city, settings, sunday, "bank").windows == []


def test_a_window_caught_up_on_a_sunday_is_held_until_monday(city: Database, settings: Settings, sink: Sink) -> None:
    sunday = datetime(2026, 5, 10, 8, 15, tzinfo=SHANGHAI)
    confirmed(city, sunday)
    report = run(city, settings, sunday, "bank")
    assert report.windows[0].not_before == datetime(2026, 5, 11, 8, 30, tzinfo=SHANGHAI)
    assert sink.mails == []


def test_beyond_the_calendar_monday_to_friday_counts_and_is_flagged(
    city: Database, settings: Settings, sink: Sink
) -> None:
    """N-2."""
    monday = datetime(2027, 1, 4, 8, 30, tzinfo=SHANGHAI)
    confirmed(city, monday)
    report = run(city, settings, monday, "bank")
    assert len(sink.mails) == 2
    assert report.windows[0].calendar_warning == "2027"
    assert "2027" in report.to_json(settings, "zh")["windows"][0]["calendar_warning"]
    with city.reading(SYSTEM) as session:
        assert session.scalars(select(PushRun.calendar_warning)).all() == ["2027"]


def confirmed(database: Database, at: datetime) -> None:
    def act(session: Any) -> None:
        for model in (lists.Product, lists.Need, lists.Policy):
            session.execute(update(model).values(confirmed_at=at))

    change(database, act)


def test_several_missed_windows_become_one(city: Database, settings: Settings, sink: Sink) -> None:
    late = Settings(smtp_host="127.0.0.1", smtp_port=sink.port, bank_digest="DAILY 08:30", catch_up_hours=48)
    run(city, late, datetime(2026, 11, 20, 8, 30, tzinfo=SHANGHAI), "bank")
    report = run(city, late, datetime(2026, 11, 25, 8, 30, tzinfo=SHANGHAI), "bank")
    assert [w.state for w in report.windows] == ["skipped", "skipped", "merged", "merged", "planned"]
    assert report.to_json(late, "zh")["windows"][0]["reason"] == "已过去超过 48 小时，不再补发"
    assert report.to_json(late, "en")["windows"][2]["reason"] == "merged into the window of 2026-11-25T08:30"


def test_preview_says_what_run_would_send_and_keeps_nothing(city: Database, settings: Settings, sink: Sink) -> None:
    shown = preview_push(city, settings, now=lambda: TUESDAY)
    assert {count(city, table) for table in (PushItem, PushRun, OutboxMessage, Lead)} == {0}
    assert sink.mails == []
    done = run(city, settings, TUESDAY)
    assert [(m.contact_no, m.subject, m.items) for m in shown.messages] == [
        (m.contact_no, m.subject, m.items) for m in done.messages
    ]
    texts = {f"{m.contact_no.lower()}@receiver.example": m.text for m in shown.messages}
    for recipients, mail in sink.mails:
        sent = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert sent == texts[recipients[0]]


@pytest.mark.postgres
def test_a_second_run_at_the_same_time_is_a_conflict(migrated_postgres_url: str, settings: Settings) -> None:
    database = Database(migrated_postgres_url)
    with database.writing(SYSTEM) as session:
        session.execute(select(func.pg_advisory_xact_lock(Lock.PUSH.value)))
        with pytest.raises(ConflictError) as caught:
            run(database, settings, TUESDAY)
    database.dispose()
    assert caught.value.code == "push_running"


def test_bureau_reads_the_week_in_figures(city: Database, settings: Settings, sink: Sink) -> None:
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
    confirmed(city, monday)
    change(city, lambda s: put(s, "needs", need(5, submitted_on="2026-11-18"), need(6, submitted_on="2026-11-22"),
                               now=monday))  # fmt: skip
    run(city, settings, monday, "bureau")
    (_, mail), *others = sink.mails
    assert others == []
    text = mail.get_body(("plain",)).get_content()
    assert str(mail["Subject"]) == "【融资撮合】第 47 周：新增需求 2 笔 600 万元"
    assert "第 47 周（11-16～11-22）" in text
    assert "需求 2 → 有符合产品 2" in text
    assert "需求在库 6" in text
    assert "日历数据到 2026-12-31（剩 38 天，导入下一年的日历）" in text
    run(city, settings, monday + timedelta(hours=1), "bureau")
    assert len(sink.mails) == 1


def test_stale_notices_come_14_and_3_days_before_and_once_each(city: Database, settings: Settings) -> None:
    change(city, lambda s: put(s, "contacts", contact("B1-2", org_code="B1", role="PRODUCT_MANAGER")))
    counts = {}
    for day in range(70, 95):
        at = TUESDAY + timedelta(days=day)
        with city.writing(SYSTEM) as session:
            counts[day] = plan_stale_notices(session, settings=settings, now=at)
    told = {day: items for day, (items, _) in counts.items() if items}
    assert told == {76: 7, 87: 7}, "six needs and the product whose bank has a product manager"


def test_mail_without_a_server_lies_in_the_instance_folder(city: Database, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    report = run(city, settings, TUESDAY)
    assert report.tally is not None
    assert len(list(settings.mail_dir.glob("*.eml"))) == report.tally.sent == 8
