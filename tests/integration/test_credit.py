"""Credit files: how fresh each source is, disputes by the stricter law, repairs in one transaction, and provenance."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent, SubjectRequest
from matchmaker.actor import CLI, SYSTEM
from matchmaker.clock import SHANGHAI
from matchmaker.db import Database
from matchmaker.domain.credit_terms import Deadline
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import ConsentPurpose, EntryStatus
from matchmaker.lists.credit import own_file, source_counts
from matchmaker.lists.disclosed import need_for
from matchmaker.lists.disputes import answer_dispute, answer_repair, ask_repair, dispute_record
from matchmaker.lists.freshness import DEFAULT_DAYS, Freshness, freshness_of
from matchmaker.lists.models import CreditRecord
from matchmaker.settings import Settings
from tests.support.city import code_of, put
from tests.support.consenting import ALL, NOW, as_, bank, consent, enterprise, fill, need_no, operator, record

TODAY = NOW.astimezone(SHANGHAI).date()
City = tuple[Database, Settings]
NAMED = "信用中国"


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[City]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def found(database: Database, number: str) -> CreditRecord:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(CreditRecord).where(CreditRecord.record_no == number)).one()


def fresh(database: Database, on: date = TODAY) -> dict[str, Freshness]:
    with database.reading(enterprise(2)) as session:
        return dict(freshness_of(session, on))


def test_a_source_is_fresh_until_its_days_are_over_and_never_loaded_is_said_so(city: City) -> None:
    """The asking enterprise has no record of its own: whether a source was loaded is told of the whole city."""
    database, _ = city
    now = fresh(database)
    assert (now[NAMED].last_loaded_on, now[NAMED].limit_days, now[NAMED].stale) == (TODAY, 30, False)
    assert now["执行信息公开网"].last_loaded_on is None and not now["执行信息公开网"].stale
    assert not fresh(database, TODAY + timedelta(days=30))[NAMED].stale
    assert fresh(database, TODAY + timedelta(days=31))[NAMED].stale


def test_the_same_rows_again_are_a_loading_and_a_dispute_is_none(city: City) -> None:
    database, settings = city
    later = NOW + timedelta(days=40)
    with as_(database, enterprise()) as session:
        wrong = found(database, "C1").public_id
        dispute_record(
            session, actor=enterprise(), uscc=code_of(1), record=wrong, about="有误", settings=settings, now=later
        )
    assert fresh(database, later.date())[NAMED].last_loaded_on == TODAY
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(2, "AUTHORISED"), now=later)
        put(session, "credit-records", record(7, "PUBLIC", source="海事局"), now=later)
    assert fresh(database, later.date())[NAMED].last_loaded_on == later.date()
    assert fresh(database, later.date())["海事局"].limit_days == DEFAULT_DAYS


def test_what_was_withdrawn_is_no_loading(city: City) -> None:
    database, _ = city
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(7, "PUBLIC", source="海事局"))
        session.scalars(
            select(CreditRecord).where(CreditRecord.source == "海事局")
        ).one().status = EntryStatus.WITHDRAWN
    assert "海事局" not in fresh(database)


def test_the_file_holds_every_source_and_every_record_of_ones_own(city: City) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(8, "PUBLIC", uscc=code_of(2)))
    with as_(database, enterprise()) as session:
        ask_repair(
            session, actor=enterprise(), uscc=code_of(1), record=found(database, "C1").public_id, about="已缴纳罚款",
            settings=settings, now=NOW,
        )  # fmt: skip
    with database.reading(enterprise()) as session:
        shown = {source.name: source for source in own_file(session, code_of(1), TODAY, SHANGHAI)}
    assert [one.record.record_no for one in shown[NAMED].records] == ["C1", "C2", "C3", "C4", "C5"]
    by_number = {one.record.record_no: one for one in shown[NAMED].records}
    assert "repair" in by_number["C1"].asked and by_number["C4"].disputed and not by_number["C2"].disputed
    assert by_number["C1"].standing.until == date(2027, 5, 1) and not by_number["C5"].standing.counts
    assert [version.version for version, _ in by_number["C1"].versions] == [1]
    assert not shown["税务部门"].records


def test_nobody_reads_anothers_file(city: City) -> None:
    database, _ = city
    with database.reading(enterprise(2)) as session:
        shown = own_file(session, code_of(1), TODAY, SHANGHAI)
    assert not any(source.records for source in shown)


def test_the_bureau_counts_by_source(city: City) -> None:
    database, settings = city
    with as_(database, enterprise()) as session:
        common = {"actor": enterprise(), "uscc": code_of(1), "about": "有误", "settings": settings, "now": NOW}
        made = dispute_record(session, record=found(database, "C1").public_id, **common)
        ask_repair(session, record=found(database, "C2").public_id, **common)
    with database.reading(operator()) as session:
        counted = {one.name: one for one in source_counts(session, TODAY, SHANGHAI)}
    one = counted[NAMED]
    assert (one.records, one.enterprises, one.disputes, one.repairs) == (5, 1, 1, 1)
    assert (one.decided_on, one.due_on) == (date(2026, 5, 1), made.due_on)
    assert (counted["税务部门"].records, counted["税务部门"].due_on) == (0, None)


@pytest.mark.parametrize(
    ("source", "rule", "due"),
    [
        (NAMED, Deadline.OTHERS, "2026-12-03"),
        ("人民银行征信中心", Deadline.AGENCY, "2026-12-14"),
        ("海事局", Deadline.OTHERS, "2026-12-03"),
    ],
)
def test_a_dispute_is_due_by_the_law_of_its_source(city: City, source: str, rule: Deadline, due: str) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(9, "PUBLIC", source=source))
    with as_(database, enterprise()) as session:
        made = dispute_record(
            session, actor=enterprise(), uscc=code_of(1), record=found(database, "C9").public_id, about="有误",
            settings=settings, now=NOW,
        )  # fmt: skip
        assert (made.due_on.isoformat(), made.due_rule) == (due, rule.value)


def test_a_dispute_stays_shown_although_a_later_file_says_nothing_of_it(city: City) -> None:
    database, settings = city
    consent(database, settings, groups=ALL)
    with as_(database, enterprise()) as session:
        made = dispute_record(
            session, actor=enterprise(), uscc=code_of(1), record=found(database, "C1").public_id, about="有误",
            settings=settings, now=NOW,
        )  # fmt: skip
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(1, "PUBLIC", disputed=""))
    assert seen_by_bank(database)["C1"]["disputed"] is True
    with as_(database, operator()) as session:
        answer_dispute(
            session, actor=operator(), public_id=made.public_id, outcome="refused", answer="经核查记录无误，不予更正。",
            now=NOW,
        )  # fmt: skip
    assert not seen_by_bank(database)["C1"]["disputed"]


def seen_by_bank(database: Database) -> dict[str, dict[str, object]]:
    with as_(database, bank()) as session:
        facts = need_for(
            session, actor=bank(), need_no=need_no(), org_code="B1", purpose=ConsentPurpose.FINANCING, channel="page",
            now=NOW, on=TODAY,
        ).facts  # fmt: skip
    return {str(one["record_no"]): dict(one) for one in facts["credit-records"]}


def test_what_only_the_government_uses_and_what_says_nothing_never_leaves(city: City) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(6, ""))
    consent(database, settings, groups=ALL)
    assert sorted(seen_by_bank(database)) == ["C1", "C2", "C4"]


def disputed(city: City) -> SubjectRequest:
    database, settings = city
    with as_(database, enterprise()) as session:
        return dispute_record(
            session, actor=enterprise(), uscc=code_of(1), record=found(database, "C1").public_id, about="有误",
            settings=settings, now=NOW,
        )  # fmt: skip


def right(city: City, made: SubjectRequest, *, withdraw: bool = False, hours: int = 2) -> None:
    """The bureau answers that the enterprise is right."""
    with as_(city[0], operator()) as session:
        answer_dispute(
            session, actor=operator(), public_id=made.public_id, outcome="done", answer="经核查记录有误，已更正。",
            withdraw=withdraw, now=NOW + timedelta(hours=hours),
        )  # fmt: skip


def test_nobody_is_told_corrected_of_a_record_that_stands_as_it_stood(city: City) -> None:
    """《征信业管理条例》 article 25: 应当予以更正."""
    database, _ = city
    made = disputed(city)
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(1, "PUBLIC"), now=NOW + timedelta(hours=1))
    with pytest.raises(RejectedError, match="C1") as caught:
        right(city, made)
    assert caught.value.code == "not_corrected"
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(SubjectRequest.state)).all() == ["open"]
    assert found(database, "C1").disputed


def test_a_dispute_is_right_once_the_record_was_corrected(city: City) -> None:
    database, _ = city
    made = disputed(city)
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(1, "PUBLIC", severity="NONE"), now=NOW + timedelta(hours=1))
    right(city, made)
    mended = found(database, "C1")
    assert (mended.severity.value, mended.disputed, mended.status) == ("NONE", False, EntryStatus.PUBLISHED)


def test_a_record_is_withdrawn_with_the_answer_and_counts_no_longer(city: City) -> None:
    database, _ = city
    right(city, disputed(city), withdraw=True)
    assert found(database, "C1").status is EntryStatus.WITHDRAWN
    with database.reading(enterprise()) as session:
        shown = own_file(session, code_of(1), TODAY, SHANGHAI)
    assert "C1" not in [one.record.record_no for source in shown for one in source.records]
    with database.reading(SYSTEM) as session:
        actions = session.scalars(select(AuditEvent.action)).all()
    assert {"correction.done", "record.undisputed", "entry.withdraw"} <= set(actions)
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(1, "PUBLIC"), now=NOW + timedelta(hours=3))
    assert found(database, "C1").status is EntryStatus.WITHDRAWN, "the same row again does not bring it back"


def repair(city: City, number: str = "C1") -> SubjectRequest:
    database, settings = city
    with as_(database, enterprise()) as session:
        return ask_repair(
            session, actor=enterprise(), uscc=code_of(1), record=found(database, number).public_id,
            about="罚款已缴，缴款书 0815", settings=settings, now=NOW,
        )  # fmt: skip


def test_a_repair_that_is_granted_stands_in_the_record_from_its_answer_on(city: City) -> None:
    database, settings = city
    made = repair(city)
    assert repair(city).public_id == made.public_id, "one wish at a time"
    assert (made.kind, made.due_on, made.due_rule) == ("repair", date(2026, 12, 3), Deadline.REPAIR.value)
    with as_(database, operator()) as session:
        answer_repair(
            session, actor=operator(), public_id=made.public_id, outcome="done", answer="经核实已缴清，同意修复。",
            repaired_on=date(2026, 11, 20), settings=settings, now=NOW,
        )  # fmt: skip
    mended = found(database, "C1")
    assert (mended.repaired_on, mended.version) == (date(2026, 11, 20), 2)
    with database.reading(enterprise()) as session:
        shown = own_file(session, code_of(1), TODAY, SHANGHAI)
        told = next(one for source in shown for one in source.records if one.record.record_no == "C1")
    assert not told.standing.counts and [text.zh for _, text in told.versions] == ["信用修复", "文件导入"]
    with database.reading(SYSTEM) as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert {"repair.requested", "repair.done", "record.repaired"} <= set(actions)
    with pytest.raises(ConflictError, match="2026-11-20"):
        repair(city)


@pytest.mark.parametrize("day", [None, date(2026, 4, 30), TODAY + timedelta(days=1)])
def test_a_repair_without_a_day_that_can_be_is_refused_and_nothing_is_written(city: City, day: date | None) -> None:
    database, settings = city
    made = repair(city)
    with pytest.raises(RejectedError, match="2026-05-01"), as_(database, operator()) as session:
        answer_repair(
            session, actor=operator(), public_id=made.public_id, outcome="done", answer="经核实已缴清，同意修复。",
            repaired_on=day, settings=settings, now=NOW,
        )  # fmt: skip
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(SubjectRequest.state)).all() == ["open"]
    assert found(database, "C1").version == 1


def test_an_answer_that_is_too_short_leaves_the_record_as_it_was(city: City) -> None:
    database, settings = city
    made = repair(city)
    with pytest.raises(RejectedError), as_(database, operator()) as session:
        answer_repair(
            session, actor=operator(), public_id=made.public_id, outcome="done", answer="同意",
            repaired_on=TODAY, settings=settings, now=NOW,
        )  # fmt: skip
    assert found(database, "C1").repaired_on is None


def test_a_repair_that_is_refused_changes_no_record(city: City) -> None:
    database, settings = city
    made = repair(city)
    with as_(database, operator()) as session:
        answer_repair(
            session, actor=operator(), public_id=made.public_id, outcome="refused", answer="材料未能证明已经缴清。",
            settings=settings, now=NOW,
        )  # fmt: skip
    assert found(database, "C1").version == 1
    assert repair(city).public_id != made.public_id, "it may be asked for again"


def test_a_repair_is_answered_though_its_record_is_gone(city: City) -> None:
    database, settings = city
    made = repair(city)
    with database.writing(SYSTEM) as session:
        session.delete(session.scalars(select(CreditRecord).where(CreditRecord.record_no == "C1")).one())
    with as_(database, operator()) as session:
        done = answer_repair(
            session, actor=operator(), public_id=made.public_id, outcome="done", answer="该记录已满五年，已删除。",
            repaired_on=TODAY, settings=settings, now=NOW,
        )  # fmt: skip
        assert done.state == "done"


def test_another_enterprises_record_is_not_found(city: City) -> None:
    database, settings = city
    other = enterprise(2)
    for service in (ask_repair, dispute_record):
        with pytest.raises(NotFoundError), as_(database, other) as session:
            service(
                session, actor=other, uscc=code_of(2), record=found(database, "C1").public_id, about="不是我的",
                settings=settings, now=NOW,
            )  # fmt: skip


def test_the_history_names_the_file(migrated_sqlite_url: str, tmp_path: Path) -> None:
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    database.dispose()
    file = tmp_path / "十一月信用中国.csv"
    file.write_text(f"source,record_no,uscc,kind,severity\n{NAMED},N1,{code_of(1)},OTHER,NONE\n", "utf-8")
    run = create_app(settings, now=lambda: NOW).test_cli_runner().invoke
    assert run(args=["lists", "import", "credit-records", str(file)]).exit_code == 0
    told = run(args=["lists", "history", "credit-records", f"{NAMED}/N1", "--json"])
    (version,) = json.loads(told.stdout)
    assert version["origin"] == "文件「十一月信用中国.csv」" and version["actor"] == CLI.who
    assert "文件「十一月信用中国.csv」" in run(args=["lists", "history", "credit-records", f"{NAMED}/N1"]).stdout
