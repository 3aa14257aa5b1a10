"""How often the digest comes is its reader's choice: kept by real push runs, with nothing lost and nothing doubled."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.terms import DigestChoice, Role, Side
from matchmaker.lists import models as lists
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.services import change_status
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.choices import choices_of
from matchmaker.push.models import Lead, NoticeSetting, PushItem, PushRun
from matchmaker.push.notice_settings import OwnSettings, choose_digest, own_settings
from matchmaker.push.privacy.closing import close_account
from matchmaker.push.services import PushReport, run_push, send_due
from matchmaker.push.windows import parse_schedule, schedule_text
from matchmaker.settings import Settings
from tests.support.city import SHANGHAI, TUESDAY, code_of, contact, need, product, put, small_city
from tests.support.consenting import IDENTITY, consent
from tests.support.referring import answer
from tests.support.smtp import Sink, smtp_sink

WEEK = timedelta(days=7)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


@pytest.fixture
def settings(sink: Sink) -> Settings:
    return Settings(smtp_host="127.0.0.1", smtp_port=sink.port)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    found = Database(migrated_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=2, banks=2)
    yield found
    found.dispose()


@pytest.fixture
def city(migrated_sqlite_url: str) -> Iterator[Database]:
    found = Database(migrated_sqlite_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=2, banks=2)
    yield found
    found.dispose()


FIRM = Actor("person:e1", Side.ENTERPRISE, uscc=code_of(1), roles=frozenset({Role.FINANCE}), person_id=1,
             contact_no="E001")  # fmt: skip
BANK = Actor("person:b1", Side.BANK, orgs=("B1",), roles=frozenset({Role.ACCOUNT_MANAGER}), person_id=2,
             contact_no="B1-1")  # fmt: skip


def choose(database: Database, who: Actor, choice: str, *, at: datetime = TUESDAY - timedelta(hours=2)) -> OwnSettings:
    with database.writing(who) as session:
        return choose_digest(session, actor=who, choice=choice, settings=Settings(), now=at)


def shown(database: Database, who: Actor, at: datetime) -> OwnSettings | None:
    with database.reading(who) as session:
        return own_settings(session, actor=who, settings=Settings(), now=at)


def run(database: Database, settings: Settings, at: datetime, audience: Any) -> PushReport:
    return run_push(database, settings, now=lambda: at, audiences=[audience])


def change(database: Database, act: Callable[[Any], None]) -> None:
    with database.writing(SYSTEM) as session:
        act(session)


def told(database: Database, contact_no: str) -> Counter[str]:
    """The items that a contact was told, and how often."""
    with database.reading(SYSTEM) as session:
        return Counter(session.scalars(select(PushItem.item_key).where(PushItem.contact_no == contact_no)))


def digests(sink: Sink, contact_no: str) -> list[str]:
    """The texts that a contact got by mail."""
    found = []
    for _, mail in sink.mails:
        body = mail.get_body(("plain",))
        if f"{contact_no.lower()}@" in str(mail["To"]) and body is not None:
            found.append(body.get_content())
    return found


def left_out(database: Database) -> list[dict[str, str] | None]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(PushRun.left_out).order_by(PushRun.window_at)))


# What runs make of it


def test_who_wants_none_gets_no_digest_and_the_others_theirs(
    database: Database, settings: Settings, sink: Sink
) -> None:
    choose(database, FIRM, "none")
    report = run(database, settings, TUESDAY, "enterprise")
    assert [message.contact_no for message in report.messages] == ["E002"]
    assert told(database, "E001") == Counter() and told(database, "E002") and digests(sink, "E001") == []
    assert dict(report.windows[0].left_out) == {"E001": "none"}
    choose(database, FIRM, "every", at=TUESDAY + timedelta(hours=1))
    assert left_out(database) == [{"E001": "none"}], "what the run knew then, whatever was chosen since"
    run(database, settings, TUESDAY + WEEK, "enterprise")
    assert told(database, "E001") == told(database, "E001") & Counter(dict.fromkeys(told(database, "E001"), 1))
    assert len(told(database, "E001")) == 2 and len(digests(sink, "E001")) == 1


def test_notices_come_to_whoever_wants_no_digest(migrated_sqlite_url: str, tmp_path: Any, sink: Sink) -> None:
    """EXPERIENCE.md N-7: a consent and a taken need are told; the leads are there, with their due dates."""
    database = Database(migrated_sqlite_url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, now=TUESDAY)
        session.add(NoticeSetting(contact_no="B1-1", digest="none", changed_at=TUESDAY))
        session.add(NoticeSetting(contact_no="E001", digest="none", changed_at=TUESDAY))
    mailing = Settings(instance=tmp_path, smtp_host="127.0.0.1", smtp_port=sink.port, secret_key="x" * 32)
    run(database, mailing, TUESDAY, "bank")
    with database.reading(SYSTEM) as session:
        leads = set(session.scalars(select(Lead.org_code).where(Lead.ended_at.is_(None))))
    assert leads == {"B1", "B2"}, "a bank goes on being shown needs"
    assert digests(sink, "B1-1") == [] and len(digests(sink, "B2-1")) == 1
    consent(database, mailing, groups=IDENTITY)
    answer(database, mailing, "take")
    send_due(database, mailing, now=lambda: TUESDAY + timedelta(minutes=2))
    assert ["同意贵行查看" in text for text in digests(sink, "B1-1")] == [True]
    assert ["已接单" in text for text in digests(sink, "E001")] == [True]
    database.dispose()


def test_once_a_month_brings_all_that_is_new_once(database: Database, settings: Settings, sink: Sink) -> None:
    choose(database, FIRM, "monthly")
    run(database, settings, TUESDAY, "enterprise")
    assert len(digests(sink, "E001")) == 1
    for week in range(1, 7):  # 1, 8, 15, 22, 29 December and 5 January
        at = TUESDAY + week * WEEK
        change(
            database, lambda s, n=week, now=at: put(s, "products", product("B1", 10 + n, rate_min_pct="3.9"), now=now)
        )
        run(database, settings, at, "enterprise")
    first, december, january = digests(sink, "E001")
    assert "B1流贷11" in december and "B1流贷11" not in first
    assert "新匹配 5 个（另有 2 个可在平台查看）" in january, "what was left out since comes together, three and a link"
    assert len(digests(sink, "E002")) == 7
    assert told(database, "E001") == told_of(told(database, "E002")), "nothing lost, nothing doubled"
    assert [bool(one) for one in left_out(database)] == [False, False, True, True, True, True, False]


def told_of(other: Counter[str]) -> Counter[str]:
    """What the first enterprise would have been told by the same runs as the second."""
    return Counter({key.replace("-0002:", "-0001:"): count for key, count in other.items()})


def test_once_a_week_on_workday_windows(city: Database, settings: Settings, sink: Sink) -> None:
    wednesday = datetime(2026, 11, 25, 8, 30, tzinfo=SHANGHAI)
    choose(city, BANK, "weekly")
    run(city, settings, TUESDAY, "bank")
    change(city, lambda s: put(s, "enterprises", {"uscc": code_of(3), "name": "新厂", "area_code": "371002",
                                                  "industry_code": "3511", "founded_on": "2015-03-01"}))  # fmt: skip
    change(city, lambda s: put(s, "needs", need(3), now=wednesday))
    run(city, settings, wednesday, "bank")
    assert (len(digests(sink, "B1-1")), len(digests(sink, "B2-1"))) == (1, 2)
    run(city, settings, datetime(2026, 11, 30, 8, 30, tzinfo=SHANGHAI), "bank")
    assert len(digests(sink, "B1-1")) == 2 and told(city, "B1-1") == told(city, "B2-1")


def test_a_digest_that_was_dropped_before_it_left_uses_up_no_month(city: Database, settings: Settings) -> None:
    late = datetime(2026, 11, 17, 22, 0, tzinfo=SHANGHAI)
    choose(city, FIRM, "monthly", at=late - timedelta(days=1))
    run(city, settings, late, "enterprise")

    def turn(verb: str) -> Callable[[Any], None]:
        def act(session: Any) -> None:
            entry = session.scalars(select(lists.Need).where(lists.Need.uscc == code_of(1))).one()
            change_status(session, actor=SYSTEM, entry=entry, verb=verb, now=late)

        return act

    change(city, turn("suspend"))
    send_due(city, settings, now=lambda: late + timedelta(hours=12))
    with city.reading(SYSTEM) as session:
        mine = select(OutboxMessage.state).where(OutboxMessage.contact_no == "E001")
        assert session.scalars(mine).all() == ["dropped"]
    change(city, turn("resume"))
    report = run(city, settings, TUESDAY, "enterprise")
    assert "E001" in {message.contact_no for message in report.messages}


# The page's facts


def test_what_can_be_chosen_is_what_the_windows_keep() -> None:
    every, weekly, monthly, none = DigestChoice
    assert choices_of(parse_schedule("TUE 09:30")) == choices_of(parse_schedule("FIRST_WORKDAY 09:00"))
    assert choices_of(parse_schedule("TUE 09:30")) == (every, monthly, none)
    assert choices_of(parse_schedule("WORKDAY 08:30")) == (every, weekly, monthly, none)
    assert schedule_text(parse_schedule("TUE 09:30")).zh == "每周二 09:30"
    assert schedule_text(parse_schedule("FIRST_WORKDAY 09:00")).en == "the first workday of each week at 09:00"


def test_the_page_says_when_the_next_one_comes(city: Database, settings: Settings) -> None:
    at = TUESDAY - timedelta(hours=2)
    before = shown(city, FIRM, at)
    assert before is not None and (before.audience, before.choice, before.next_at) == ("enterprise", "every", TUESDAY)
    assert choose(city, FIRM, "monthly").next_at == TUESDAY, "none was sent this month"
    run(city, settings, TUESDAY, "enterprise")
    after = shown(city, FIRM, TUESDAY + timedelta(minutes=1))
    assert after is not None and after.next_at == TUESDAY + WEEK, "1 December: another month"
    run(city, settings, TUESDAY + WEEK, "enterprise")
    change(city, lambda s: put(s, "products", product("B1", 7), now=TUESDAY))
    run(city, settings, TUESDAY + WEEK, "enterprise")
    bank = choose(city, BANK, "weekly", at=TUESDAY - timedelta(hours=2))
    assert bank.next_at == TUESDAY.replace(hour=8, minute=30)
    assert choose(city, BANK, "none").next_at is None
    friday = datetime(2026, 9, 30, 12, 0, tzinfo=SHANGHAI)
    held = shown(city, FIRM, friday)
    assert held is not None and held.next_at is not None
    assert held.next_at > datetime(2026, 10, 7, 0, 0, tzinfo=SHANGHAI), "held over the national holiday"


def test_a_month_that_has_its_digest_is_followed_by_the_next(city: Database, settings: Settings) -> None:
    first = datetime(2026, 11, 3, 9, 30, tzinfo=SHANGHAI)
    choose(city, FIRM, "monthly", at=first - timedelta(hours=2))
    run(city, settings, first, "enterprise")
    found = shown(city, FIRM, first + timedelta(hours=1))
    assert found is not None and found.next_at == datetime(2026, 12, 1, 9, 30, tzinfo=SHANGHAI)


def test_a_choice_is_kept_once_and_stands_in_the_audit(database: Database) -> None:
    for choice in ("monthly", "monthly", "none"):
        choose(database, FIRM, choice)
    with database.reading(SYSTEM) as session:
        kept = session.scalars(select(NoticeSetting)).all()
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "notices.chosen")).all()
    assert [(one.contact_no, one.digest) for one in kept] == [("E001", "none")]
    assert [(one.before, one.after) for one in noted] == [
        ({"digest": "every"}, {"digest": "monthly"}), ({"digest": "monthly"}, {"digest": "none"}),
    ]  # fmt: skip
    assert {one.subject for one in noted} == {"person:e1"}


def test_a_closed_account_leaves_no_setting(city: Database) -> None:
    choose(city, FIRM, "none")
    choose(city, BANK, "none")
    with city.writing(SYSTEM) as session:
        close_account(session, actor=SYSTEM, uscc=code_of(1), settings=Settings(), now=TUESDAY)
    with city.reading(SYSTEM) as session:
        assert session.scalars(select(NoticeSetting.contact_no)).all() == ["B1-1"]


@pytest.mark.parametrize("choice", ["weekly", "daily", ""])
def test_what_is_not_offered_is_not_taken(city: Database, choice: str) -> None:
    with pytest.raises(RejectedError) as caught:
        choose(city, FIRM, choice)
    assert caught.value.code == "digest_choice"


def test_without_a_contact_of_ones_own_there_is_nothing_to_choose(database: Database) -> None:
    nobody = Actor("person:x", Side.ENTERPRISE, uscc=code_of(1), roles=frozenset({Role.FINANCE}), person_id=9)
    moved = Actor("person:y", Side.BANK, orgs=("B1",), roles=frozenset({Role.LEAD}), person_id=9, contact_no="B2-1",
                  second_factor=True)  # fmt: skip
    for who in (nobody, moved):
        assert shown(database, who, TUESDAY) is None
        with pytest.raises(NotFoundError):
            choose(database, who, "none")


def test_a_contact_whose_role_reads_no_digest_has_nothing_to_choose(city: Database) -> None:
    change(city, lambda s: put(s, "contacts", contact("B1-9", org_code="B1", role="LEAD", email="")))
    lead = Actor("person:l", Side.BANK, orgs=("B1",), roles=frozenset({Role.LEAD}), person_id=9, contact_no="B1-9",
                 second_factor=True)  # fmt: skip
    found = shown(city, lead, TUESDAY)
    assert found is not None and (found.audience, found.channels) == (None, {"inbox": None})
    with pytest.raises(NotFoundError):
        choose(city, lead, "none")
