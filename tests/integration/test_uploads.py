"""Files that are checked first, written at a word, and undone within a day, on both databases."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import ConflictError, NotAllowedError, RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.entry import ListVersion, values_of
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS, Product
from matchmaker.lists.services.owned import OwnRow, step_own, write_own
from matchmaker.lists.services.undoing import undo_import
from matchmaker.lists.services.uploads import Asked, make_out
from matchmaker.lists.services.writing import confirm
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import TUESDAY, product, put, small_city
from tests.support.consenting import operator
from tests.support.uploads import csv_of, manager, upload, write

LATER = TUESDAY + timedelta(hours=2)
State = dict[str, tuple[EntryStatus, dict[str, Any], int]]


@pytest.fixture
def settings(tmp_path: Path, migrated_url: str) -> Settings:
    return Settings(instance=tmp_path, secret_key=SECRET, database_url=migrated_url, products_review=False)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    with made.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, firms=1)
        put(session, "products", *(product("B1", n) for n in range(2, 9)))
    yield made
    made.dispose()


def row(number: int, **cells: Any) -> dict[str, Any]:
    """A product of B1 as a file has it."""
    return {"product_code": f"B1P{number}", "name": f"B1流贷{number}", "product_type": "WORKING_CAPITAL_LOAN",
            "amount_max_wan": 1000, **cells}  # fmt: skip


def state(database: Database) -> State:
    with database.reading(SYSTEM) as session:
        rows = session.scalars(select(Product))
        return {one.product_code: (one.status, values_of(one), one.version) for one in rows}


def count_versions(database: Database) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(ListVersion)) or 0


def undo(database: Database, job: ImportJob, **options: Any) -> Any:
    who = options.pop("actor", manager())
    with database.writing(who) as session:
        found = session.scalars(select(ImportJob).where(ImportJob.public_id == job.public_id)).one()
        return undo_import(session, actor=who, job=found, now=options.get("now", LATER))


def test_b4_nothing_is_written_before_the_word_and_what_is_then_was_shown(
    database: Database, settings: Settings
) -> None:
    before, versions = state(database), count_versions(database)
    job = upload(database, settings, csv_of([row(2, amount_max_wan=800), row(3), row(90, name="新品")]))
    assert job.state == "checked" and state(database) == before and count_versions(database) == versions
    assert {k: job.result["counts"][k] for k in ("new", "changed", "unchanged", "rejected")} == {
        "new": 1, "changed": 1, "unchanged": 1, "rejected": 0,
    }  # fmt: skip
    (changed,) = job.result["rows"]["changed"]
    assert changed == {"row": 2, "name": "B1流贷2", "fields": [["amount_max_wan", "1000", "800"]]}
    done = write(database, settings, job)
    after = state(database)
    assert done.state == "written" and done.result["counts"]["written"] == 2
    assert after["B1P2"][1]["amount_max_fen"] == 800 * 1_000_000 and "B1P90" in after
    with database.reading(SYSTEM) as session:
        assert "import.written" in session.scalars(select(AuditEvent.action)).all()
    with pytest.raises(ConflictError, match="already"):
        write(database, settings, job)


def test_the_list_has_moved_on_since_the_check(database: Database, settings: Settings) -> None:
    job = upload(database, settings, csv_of([row(2, amount_max_wan=800)]))
    with database.writing(manager()) as session:
        step_own(session, actor=manager(), entry=find(session, "B1P2"), verb="suspend", now=LATER)
    versions = count_versions(database)
    with pytest.raises(ConflictError) as refused:
        write(database, settings, job)
    assert refused.value.code == "checked_otherwise" and count_versions(database) == versions


def find(session: Any, code: str) -> Product:
    return session.scalars(select(Product).where(Product.product_code == code)).one()  # type: ignore[no-any-return]


def test_faulty_rows_keep_all_from_being_written_unless_the_good_ones_are_asked_for(
    database: Database, settings: Settings
) -> None:
    job = upload(database, settings, csv_of([row(2, amount_max_wan="八百"), row(3, amount_max_wan=700)]))
    assert job.state == "rejected"
    (faulty,) = job.result["rows"]["faulty"]
    assert faulty["row"] == 2 and faulty["cells"]["amount_max_wan"][0] == "八百"
    with pytest.raises(ConflictError):
        write(database, settings, job)
    write(database, settings, job, partial=True)
    after = state(database)
    assert after["B1P3"][1]["amount_max_fen"] == 700 * 1_000_000 and after["B1P2"][2] == 1


def test_b2_an_unknown_header_is_asked_about_and_remembered(database: Database, settings: Settings) -> None:
    columns = ("product_code", "bank_name", "name", "product_type", "最高额度上限")
    text = csv_of([row(2) | {"最高额度上限": "八百"}], columns)
    job = upload(database, settings, text)
    assert job.state == "rejected" and job.result["errors"] == [] and "rows" not in job.result
    assert job.result["asked"]["likely"] == {"最高额度上限": "amount_max_wan"}
    path = settings.instance / "sent.csv"
    told = make_out(path, Product, {"最高额度上限": "amount_max_wan"}, manager())
    assert not isinstance(told, Asked) and told.columns["amount_max_wan"] == "E"
    assert not isinstance(make_out(path, Product, {"最高额度上限": ""}, manager()), Asked)


def test_a_banks_own_file_need_not_name_the_bank(database: Database, settings: Settings) -> None:
    columns = ("product_code", "name", "product_type", "amount_max_wan")
    write(database, settings, upload(database, settings, csv_of([row(2, amount_max_wan=5)], columns)))
    assert state(database)["B1P2"][1]["amount_max_fen"] == 5 * 1_000_000
    with pytest.raises(RejectedError, match="bank_name"):
        upload(database, settings, csv_of([row(2)], columns), actor=operator())


def test_b4_undo_gives_back_what_was_there_and_withdraws_what_was_new(database: Database, settings: Settings) -> None:
    before, versions = state(database), count_versions(database)
    rows = [row(n, amount_max_wan=500 + n) for n in (2, 3)] + [row(90, name="新品")]
    job = write(database, settings, upload(database, settings, csv_of(rows)))
    done = undo(database, job)
    after = state(database)
    assert (done.restored, done.withdrawn, done.left) == (2, 1, ())
    assert {code: one[:2] for code, one in after.items() if code in before} == {c: one[:2] for c, one in before.items()}
    assert after["B1P90"][0] is EntryStatus.WITHDRAWN
    assert count_versions(database) == versions + 6, "each entry got a version by the import and one by its undoing"
    with database.reading(SYSTEM) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "import.undone")).one()
    assert event.who == "person:B1" and event.after["restored"] == 2
    with pytest.raises(ConflictError, match="undone already"):
        undo(database, job)


def test_undo_leaves_what_was_changed_since_and_ends_after_a_day(database: Database, settings: Settings) -> None:
    job = write(database, settings, upload(database, settings, csv_of([row(n, amount_max_wan=9) for n in (2, 3)])))
    with pytest.raises(ConflictError, match="24"):
        undo(database, job, now=TUESDAY + timedelta(hours=24, seconds=1))
    with database.writing(manager()) as session:
        step_own(session, actor=manager(), entry=find(session, "B1P2"), verb="suspend", now=LATER)
    done = undo(database, job, now=TUESDAY + timedelta(hours=24))
    after = state(database)
    assert done.left == ("B1P2",) and done.restored == 1
    assert after["B1P2"][0] is EntryStatus.SUSPENDED and after["B1P2"][1]["amount_max_fen"] == 9 * 1_000_000
    assert after["B1P3"][1]["amount_max_fen"] == 1000 * 1_000_000


@pytest.mark.parametrize("said_right_after", [0, 20])
def test_undo_neither_says_that_all_is_right_nor_forgets_who_said_so(
    database: Database, settings: Settings, said_right_after: int
) -> None:
    with database.writing(SYSTEM) as session:
        entry = find(session, "B1P2")
        before = entry.confirmed_at + timedelta(days=said_right_after)
        assert confirm(session, Product, [(entry.id, entry.version)], before) == 1
    month = TUESDAY + timedelta(days=30)
    job = upload(database, settings, csv_of([row(2, amount_max_wan=9)]), now=month)
    job = write(database, settings, job, now=month)
    undo(database, job, now=month + timedelta(hours=1))
    with database.reading(SYSTEM) as session:
        assert find(session, "B1P2").confirmed_at == before


def test_another_banks_upload_is_not_found_and_another_role_may_not(database: Database, settings: Settings) -> None:
    job = write(database, settings, upload(database, settings, csv_of([row(2, amount_max_wan=9)])))
    with database.reading(manager("B2")) as session:
        assert session.scalars(select(ImportJob).where(ImportJob.public_id == job.public_id)).all() == []
    from tests.support.consenting import bank

    with pytest.raises(NotAllowedError):
        undo(database, job, actor=bank("B1"))


def test_the_bureau_imports_and_undoes_every_list(database: Database, settings: Settings) -> None:
    lines = "org_code,kind,name\nB9,BANK,新银行\nJ1,BUREAU,市工信局\n"
    job = upload(database, settings, lines, actor=operator(), kind="organisations")
    assert {k: v for k, v in job.result["counts"].items() if v} == {"new": 1, "changed": 1}
    job = write(database, settings, job, actor=operator())
    assert undo(database, job, actor=operator()).withdrawn == 1
    with database.reading(SYSTEM) as session:
        names = dict(session.execute(select(LISTS["organisations"].org_code, LISTS["organisations"].name)).all())
    assert names["J1"] == "市工业和信息化局"


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_undo_leaves_untouched_entries_as_they_were(
    database: Database, settings: Settings, seed: int
) -> None:
    """Rounds of: an import of random rows, random work of others on some of them, and the import undone."""
    chance = random.Random(seed)
    now = TUESDAY
    for turn in range(4):
        now += timedelta(minutes=10)
        before = state(database)
        rows = [row(n, amount_max_wan=chance.randint(1, 999)) for n in range(2, 9) if chance.random() < 0.6]
        rows += [row(100 + 10 * turn + n, name=f"新{turn}-{n}") for n in range(chance.randint(0, 3))]
        rows += [row(100 + 10 * (turn - 1), name="again", amount_max_wan=turn)] if turn else []
        job = write(database, settings, upload(database, settings, csv_of(rows), now=now), now=now)
        written = state(database)
        touched = {code for code, one in written.items() if code.startswith("B1") and chance.random() < 0.3}
        touched = {code for code in touched if work_on(database, settings, code, chance, now)}
        middle = state(database)
        if not job.result["counts"]["written"]:
            continue
        done = undo(database, job, now=now + timedelta(minutes=5))
        after = state(database)
        made = {code for code, one in written.items() if code not in before or one[2] != before[code][2]}
        assert set(done.left) == made & touched, f"seed {seed}"
        for code, one in after.items():
            if code in touched:
                assert one == middle[code], f"seed {seed}: {code}"
            elif code in before:
                assert one[:2] == before[code][:2], f"seed {seed}: {code}"
            else:
                assert one[0] is EntryStatus.WITHDRAWN, f"seed {seed}: {code}"


def work_on(database: Database, settings: Settings, code: str, chance: random.Random, now: Any) -> bool:
    """Somebody changes a product: by a step, or a field of it; False where nothing came of it."""
    with database.writing(manager()) as session:
        entry = find(session, code)
        if entry.status is EntryStatus.PUBLISHED and chance.random() < 0.5:
            step_own(session, actor=manager(), entry=entry, verb="suspend", now=now)
            return True
        cells = {"product_code": Cell(code), "fee_pct": Cell(str(chance.randint(1, 9) / 10))}
        (done,) = write_own(
            session, actor=manager(), model=Product, rows=[OwnRow(1, cells)], settings=settings, now=now
        )
        return done.state == "changed"
