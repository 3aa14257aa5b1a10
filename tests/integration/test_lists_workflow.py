"""Steps, confirmation, staleness and expiry of stored entries."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from matchmaker import create_app
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, NotFoundError, UsageError
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.lists.models import KINDS
from matchmaker.lists.queries import find_bank, find_entry, stale_entries
from matchmaker.lists.services import (
    change_status,
    confirm_entries,
    expire_entries,
    last_version_id,
    record_version,
)
from matchmaker.settings import Settings
from tests.support.lists import LATER, NOW, counts, put, stored, table, versions

USCC = "91371002MA5782909D"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """One bank, two products, two needs and a policy."""
    made = Database(migrated_url)
    put(made, table("organisations", "org_code kind name short_name", ["B1", "BANK", "甲银行", "甲"]))
    put(made, table("enterprises", "uscc name", [USCC, "某公司"]))
    products = [["P1", "甲", "一", "OTHER", "2026-11-30"], ["P2", "甲", "二", "OTHER", ""]]
    put(made, table("products", "product_code bank_name name product_type valid_to", *products))
    needs = [["N1", USCC, "1", "12", "RND", "2026-11-29"], ["N2", USCC, "1", "12", "RND", "2026-12-31"]]
    put(made, table("needs", "need_no uscc amount_wan term_months purpose latest_funding_on", *needs))
    policy = ["Z1", "政策", "NATIONAL", "REWARD", "2026-11-01"]
    put(made, table("policies", "policy_no title level instrument valid_to", policy))
    yield made
    made.dispose()


TESTER = Actor("operator:test", Side.TRUSTED)


def step(database: Database, kind: str, key: str, verb: str, actor: Actor = TESTER) -> None:
    with database.writing(SYSTEM) as session:
        change_status(session, actor=actor, entry=find_entry(session, KINDS[kind], key), verb=verb, now=LATER)


def test_a_step_makes_a_version(database: Database) -> None:
    step(database, "products", "P1", "suspend")
    entry = stored(database, "products", "P1")
    assert (entry.status, entry.version, entry.updated_at, entry.confirmed_at) == (
        EntryStatus.SUSPENDED,
        2,
        LATER,
        NOW,
    )
    kept = versions(database, "products")[-1]
    assert (kept.entry_id, kept.version, kept.status, kept.cause) == (entry.id, 2, EntryStatus.SUSPENDED, "suspend")
    assert json.loads(kept.data)["valid_to"] == "2026-11-30"


def test_a_step_the_table_does_not_have(database: Database) -> None:
    step(database, "products", "P1", "withdraw")
    with pytest.raises(ConflictError):
        step(database, "products", "P1", "suspend")
    with pytest.raises(UsageError):
        step(database, "products", "P2", "explode")
    with pytest.raises(UsageError):
        step(database, "products", "P2", "suspend", actor=Actor("", Side.TRUSTED))
    assert len(versions(database, "products")) == 3


def test_a_step_on_an_entry_that_has_moved_on(database: Database) -> None:
    seen = stored(database, "products", "P1")
    step(database, "products", "P1", "suspend")
    with database.writing(SYSTEM) as session:
        session.add(seen)
        with pytest.raises(ConflictError):
            change_status(session, actor=Actor("operator:test", Side.TRUSTED), entry=seen, verb="withdraw", now=LATER)
    assert stored(database, "products", "P1").status is EntryStatus.SUSPENDED


def test_expiry_by_the_nightly_job(database: Database) -> None:
    step(database, "policies", "Z1", "suspend")
    with database.writing(SYSTEM) as session:
        assert expire_entries(session, date(2026, 11, 30), LATER) == {"products": 0, "needs": 1, "policies": 1}
    assert stored(database, "needs", "N1").status is EntryStatus.EXPIRED
    assert stored(database, "needs", "N2").status is EntryStatus.PUBLISHED
    assert stored(database, "products", "P1").status is EntryStatus.PUBLISHED
    assert versions(database, "needs")[-1].actor == "system:nightly"
    with database.writing(SYSTEM) as session:
        assert expire_entries(session, date(2026, 12, 1), LATER) == {"products": 1, "needs": 0, "policies": 0}
        assert expire_entries(session, date(2026, 12, 1), LATER) == {"products": 0, "needs": 0, "policies": 0}


def test_no_import_expires_anything(database: Database) -> None:
    columns = "product_code bank_name name product_type valid_to"
    assert counts(put(database, table("products", columns, ["P1", "甲", "一", "OTHER", "2020-01-01"]))) == (
        0,
        1,
        0,
        0,
        1,
    )
    assert stored(database, "products", "P1").status is EntryStatus.PUBLISHED


def test_stale_until_confirmed(database: Database) -> None:
    day_90, day_91 = NOW + timedelta(days=90), NOW + timedelta(days=91)
    with database.reading(SYSTEM) as session:
        assert stale_entries(session, day_90, 90) == []
        assert len(stale_entries(session, day_91, 90)) == 5
    with database.writing(SYSTEM) as session:
        products = [find_entry(session, KINDS["products"], key) for key in ("P1", "P2")]
        needs = [find_entry(session, KINDS["needs"], "N1")]
        assert confirm_entries(session, actor=Actor("bank:B1", Side.TRUSTED), entries=products + needs, now=day_91) == 3
        assert products[0].confirmed_at == day_91
    with database.reading(SYSTEM) as session:
        assert [e.kind_name for e in stale_entries(session, day_91, 90)] == ["needs", "policies"]
    assert stored(database, "products", "P1").version == 1


def test_a_suspended_entry_is_not_stale(database: Database) -> None:
    step(database, "products", "P1", "suspend")
    with database.reading(SYSTEM) as session:
        found = stale_entries(session, NOW + timedelta(days=91), 90)
    assert [e.kind_name for e in found].count("products") == 1


def test_record_version_and_the_newest_id(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        before = last_version_id(session)
        entry = find_entry(session, KINDS["products"], "P1")
        entry.version += 1
        record_version(session, actor=Actor("operator:test", Side.TRUSTED), entry=entry, cause="edit", now=LATER)
        assert last_version_id(session) > before
    assert versions(database, "products")[-1].cause == "edit"


def test_entries_are_found_by_key_only(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        assert find_bank(session, " 甲 ") == "B1"
        for kind, key in (("products", "p1"), ("enterprises", "not a code"), ("credit-records", "1")):
            with pytest.raises(NotFoundError):
                find_entry(session, KINDS[kind], key)
        with pytest.raises(NotFoundError):
            find_bank(session, "丙")


def test_history_tells_who_changed_what(migrated_sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, database_url=migrated_sqlite_url))
    runner = app.test_cli_runner()
    for name, kind in (("陈一", "BANK"), ("陈二", "BANK")):
        (tmp_path / "o.csv").write_text(f"org_code,kind,name\nB1,{kind},{name}\n", "utf-8")
        assert runner.invoke(args=["lists", "import", "organisations", str(tmp_path / "o.csv")]).exit_code == 0
    told = json.loads(runner.invoke(args=["lists", "history", "organisations", "B1", "--json"]).stdout)
    assert [(v["version"], v["actor"], v["changes"]) for v in told] == [
        (2, "operator:cli", [{"field": "名称", "before": "陈一", "after": "陈二"}]),
        (1, "operator:cli", []),
    ]
    assert "陈一 → 陈二" in runner.invoke(args=["lists", "history", "organisations", "B1"]).stdout
    assert runner.invoke(args=["lists", "history", "organisations", "B9"]).exit_code == 4
