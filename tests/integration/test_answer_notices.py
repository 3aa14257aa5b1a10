"""The enterprise reads how its appeal was answered; the bureau's operators hear in time of what they have to answer."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import select, update

from matchmaker.accounts.models import SubjectRequest
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Language
from matchmaker.guarantee.rating.appeals import answer_appeal, appeal_rating
from matchmaker.guarantee.rating.models import RatingAppeal
from matchmaker.guarantee.rating.notices import KIND as ANSWERED
from matchmaker.guarantee.rating.queries import find_rating
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.jobs.context import Context
from matchmaker.jobs.works import notify_due
from matchmaker.lists.disputes import answer_dispute, ask_repair, dispute_record
from matchmaker.lists.models import Contact, CreditRecord
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.appeal_notices import compose_appeal_notice
from matchmaker.push.audiences import DUE_KIND
from matchmaker.push.due_notices import compose_due_notice
from matchmaker.settings import Settings
from tests.support.city import code_of, contact, put
from tests.support.consenting import NOW, enterprise, fill, operator

ABOUT = "处罚对象是同名企业，见判决书"
WORDS = "已核实：处罚对象是 <同名企业>"
Made = tuple[Database, Settings]


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    with database.writing(CLI) as session:
        load_default_rules(session, actor=CLI, now=NOW)
    yield database, settings
    database.dispose()


def appeal(city: Made) -> RatingAppeal:
    """The first enterprise is rated and objects."""
    database, settings = city
    with database.writing(operator()) as session:
        rated = rate_enterprise(
            session, actor=operator(), uscc=code_of(1), as_of=NOW.date(), now=NOW, settings=settings
        )
    with database.writing(enterprise()) as session:
        return appeal_rating(
            session, actor=enterprise(), rating_no=rated.rating_no, about=ABOUT, now=NOW, settings=settings
        )


def answer(city: Made, made: RatingAppeal, outcome: Literal["adopted", "refused"]) -> RatingAppeal:
    database, settings = city
    with database.writing(operator()) as session:
        return answer_appeal(
            session, actor=operator(), public_id=made.public_id, outcome=outcome, answer=WORDS, now=NOW,
            settings=settings,
        )  # fmt: skip


def told(database: Database, kind: str) -> list[tuple[str, str]]:
    """(contact, window) of every message of a kind."""
    with database.reading(SYSTEM) as session:
        mine = select(OutboxMessage.contact_no, OutboxMessage.window).where(OutboxMessage.kind == kind)
        return [(number, window) for number, window in session.execute(mine.order_by(OutboxMessage.id))]


def composed(
    city: Made, kind: str, number: str, window: str, *, at: datetime = NOW, channel: str = "email"
) -> Body | Nothing:
    database, settings = city
    compose = {ANSWERED: compose_appeal_notice, DUE_KIND: compose_due_notice}[kind]
    with database.writing(SYSTEM) as session:
        return compose(settings, session, Claimed(1, 1, 0, number, channel, kind, window, "m"), at)


# The answer to an appeal


def test_the_enterprise_reads_outcome_words_and_its_new_rating(city: Made) -> None:
    database, _ = city
    made = appeal(city)
    assert told(database, ANSWERED) == []
    assert composed(city, ANSWERED, "E001", made.public_id) == Nothing("nothing_left"), "nobody has answered"
    answered = answer(city, made, "adopted")
    assert told(database, ANSWERED) == [("E001", made.public_id)]
    body = composed(city, ANSWERED, "E001", made.public_id)
    assert isinstance(body, Body) and body.address == "e001@receiver.example"
    assert answered.new_rating_no is not None
    with database.reading(SYSTEM) as session:
        grade = find_rating(session, answered.new_rating_no).grade
    for said in (made.rating_no, "已采纳", f"{answered.new_rating_no}，{grade} 级", "/ratings/mine"):
        assert said in body.text and said in body.html
    assert WORDS in body.text and "&lt;同名企业&gt;" in body.html and WORDS not in body.html


def test_an_appeal_that_was_refused_is_told_with_no_new_rating_and_in_the_readers_language(city: Made) -> None:
    database, _ = city
    made = answer(city, appeal(city), "refused")
    with database.writing(SYSTEM) as session:
        session.execute(update(Contact).where(Contact.contact_no == "E001").values(language=Language.en, name="Zhang"))
    body = composed(city, ANSWERED, "E001", made.public_id)
    assert isinstance(body, Body) and "not adopted" in body.text and "rated anew" not in body.text
    for part in (
        body.subject,
        body.text.replace(WORDS, ""),
        body.html.replace("已核实：处罚对象是 &lt;同名企业&gt;", ""),
    ):
        assert re.findall(r"[\u3000-\u9fff\uff00-\uffef]", part) == []


def test_the_answer_goes_to_nobody_else(city: Made) -> None:
    database, _ = city
    made = answer(city, appeal(city), "refused")
    assert composed(city, ANSWERED, "E002", made.public_id) == Nothing("contact_gone")
    assert composed(city, ANSWERED, "B1-1", made.public_id) == Nothing("contact_gone")
    assert composed(city, ANSWERED, "E001", made.public_id, channel="fax") == Nothing("no_address")
    assert told(database, ANSWERED) == [("E001", made.public_id)]


# What the bureau has to answer


def dispute(city: Made, record_no: str = "C1") -> str:
    """A dispute of the first enterprise, made on Tuesday; its public id."""
    database, settings = city
    with database.writing(enterprise()) as session:
        record = session.scalars(select(CreditRecord.public_id).where(CreditRecord.record_no == record_no)).one()
        return dispute_record(
            session, actor=enterprise(), uscc=code_of(1), record=record, about=ABOUT, settings=settings, now=NOW
        ).public_id


def wish_repair(city: Made, record_no: str) -> str:
    """The first enterprise asks for the repair of a record on Tuesday; the public id of its request."""
    database, settings = city
    with database.writing(enterprise()) as session:
        record = session.scalars(select(CreditRecord.public_id).where(CreditRecord.record_no == record_no)).one()
        return ask_repair(
            session, actor=enterprise(), uscc=code_of(1), record=record, about=ABOUT, settings=settings, now=NOW
        ).public_id


def remind(city: Made, at: datetime) -> list[tuple[str, str]]:
    """The job runs twice at that moment; every reminder so far."""
    database, settings = city
    for _ in range(2):
        notify_due(Context(database, settings, lambda: at))
    return told(database, DUE_KIND)


def on(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=NOW.tzinfo)


def test_operators_are_reminded_once_on_the_workday_before(city: Made) -> None:
    """Seven workdays from Tuesday, 24 November, are over on Thursday, 3 December, for the dispute and the appeal."""
    first, second, objected = dispute(city), dispute(city, "C2"), appeal(city)
    assert objected.due_on.isoformat() == "2026-12-03"
    for day in ("2026-11-24", "2026-11-27", "2026-12-01"):
        assert remind(city, on(day)) == []
    one = [("J1-1", "2026-12-03")]
    assert remind(city, on("2026-12-02")) == one
    body = composed(city, DUE_KIND, "J1-1", one[0][1], at=on("2026-12-02"))
    assert isinstance(body, Body)
    links = [f"/requests/answers/{first}", f"/requests/answers/{second}", f"/ratings/appeals/{objected.public_id}"]
    for said in ("3 项", *links, objected.rating_no, "12-03（周四，剩 1 个工作日）"):
        assert said in body.text and said in body.html
    for day in ("2026-12-03", "2026-12-04"):
        assert remind(city, on(day)) == one, "it has been told"


def test_a_wish_for_repair_is_among_what_is_due(city: Made) -> None:
    """《山东省社会信用条例》 article 41: its days are told as those of a dispute are."""
    database, _ = city
    wished = wish_repair(city, "C1")
    with database.reading(SYSTEM) as session:
        mine = select(SubjectRequest.due_on).where(SubjectRequest.public_id == wished)
        last = session.scalars(mine).one()
        before = max(
            day for day in (last - timedelta(days=n) for n in range(1, 12)) if load_workdays(session).is_workday(day)
        )
    assert remind(city, on(before.isoformat())) == [("J1-1", last.isoformat())]
    body = composed(city, DUE_KIND, "J1-1", last.isoformat(), at=on(before.isoformat()))
    assert isinstance(body, Body) and "申请信用修复" in body.text and f"/requests/answers/{wished}" in body.html


def test_what_is_answered_by_then_is_not_listed(city: Made) -> None:
    database, _ = city
    public_id, objected = dispute(city), appeal(city)
    with database.writing(operator()) as session:
        answer_dispute(
            session, actor=operator(), public_id=public_id, outcome="refused", answer=WORDS, now=on("2026-11-30")
        )
    ((number, window),) = remind(city, on("2026-12-02"))
    body = composed(city, DUE_KIND, number, window, at=on("2026-12-02"))
    assert isinstance(body, Body) and "1 项" in body.text and public_id not in body.text
    answer(city, objected, "refused")
    assert composed(city, DUE_KIND, number, window, at=on("2026-12-02")) == Nothing("nothing_left")


def test_nobody_is_reminded_where_all_is_answered(city: Made) -> None:
    answer(city, appeal(city), "refused")
    assert remind(city, on("2026-12-02")) == []


def test_a_reminder_that_no_process_planned_is_sent_on_the_day_itself(city: Made) -> None:
    dispute(city)
    assert remind(city, on("2026-12-03", hour=0)) == [("J1-1", "2026-12-03")]
    body = composed(city, DUE_KIND, "J1-1", "2026-12-03", at=on("2026-12-03"))
    assert isinstance(body, Body) and "今天到期" in body.text


@pytest.mark.parametrize(("due_on", "last"), [("2026-12-07", "2026-12-07"), ("2026-12-06", "2026-12-04")])
def test_days_off_lie_between(city: Made, due_on: str, last: str) -> None:
    """Due on Monday: told on Friday, not again at the weekend. Due on a Sunday: Friday is the last day to answer."""
    database, _ = city
    made = appeal(city)
    with database.writing(SYSTEM) as session:
        day = datetime.fromisoformat(due_on).date()
        session.execute(update(RatingAppeal).where(RatingAppeal.id == made.id).values(due_on=day))
    before = {"2026-12-07": "2026-12-04", "2026-12-04": "2026-12-03"}[last]
    assert remind(city, on(before) - timedelta(days=1)) == []
    for later in range(4):
        assert remind(city, on(before) + timedelta(days=later)) == [("J1-1", last)]


def test_only_operators_of_the_bureau_are_reminded_each_by_a_message_of_its_own(city: Made) -> None:
    database, _ = city
    dispute(city)
    with database.writing(SYSTEM) as session:
        put(session, "contacts", contact("J1-2", org_code="J1", role="OPERATOR"), now=NOW)
    assert remind(city, on("2026-12-02")) == [("J1-1", "2026-12-03"), ("J1-2", "2026-12-03")]
    assert composed(city, DUE_KIND, "B1-1", "2026-12-03") == Nothing("contact_gone")
    assert composed(city, DUE_KIND, "J1-1", "2026-12-03", channel="fax") == Nothing("no_address")
