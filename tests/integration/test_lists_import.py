"""An import brings a list to what a file says: matched by key, whole or not at all, every version kept."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, UsageError
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.lists.models import Organisation, Product
from matchmaker.lists.services import change_status, import_table, last_version_id
from matchmaker.lists.services.planning import plan_import
from matchmaker.lists.services.writing import write_plan
from tests.support.lists import (
    CONFORMANCE,
    KINDS_OF_CONFORMANCE,
    LATER,
    NOW,
    count,
    counts,
    faults,
    fill_registers,
    put,
    put_conformance,
    put_file,
    stored,
    table,
    versions,
)

ENTERPRISE = "91371002MA5782909D"
ORGANISATIONS = "org_code kind name short_name"
PRODUCTS = "product_code bank_name name product_type"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    yield made
    made.dispose()


@pytest.fixture
def banks(database: Database) -> Database:
    """A database with two banks."""
    put(database, table("organisations", ORGANISATIONS, ["B1", "BANK", "甲银行", "甲"], ["B2", "BANK", "乙银行", ""]))
    return database


def status_of(database: Database, kind: str, key: str) -> EntryStatus:
    status: EntryStatus = stored(database, kind, key).status
    return status


def step(database: Database, kind: str, key: str, *verbs: str) -> None:
    with database.writing(SYSTEM) as session:
        for verb in verbs:
            entry = session.merge(stored(database, kind, key))
            change_status(session, actor=Actor("operator:test", Side.TRUSTED), entry=entry, verb=verb, now=NOW)


# Conformance lists


def test_conformance_lists_are_new_then_unchanged(database: Database) -> None:
    put_conformance(database)
    for kind, rows in zip(KINDS_OF_CONFORMANCE, (27, 225, 70, 195, 75), strict=True):
        assert count(database, kind) == rows
        assert {(v.version, v.status) for v in versions(database, kind)} == {(1, EntryStatus.PUBLISHED)}
        assert len(versions(database, kind)) == rows
        again = put_file(database, kind, CONFORMANCE / f"{kind}.csv", now=LATER)
        assert counts(again) == (0, 0, rows, 0, 0)
        assert len(versions(database, kind)) == rows


def test_bank_is_stored_as_its_code(database: Database) -> None:
    put_conformance(database)
    assert stored(database, "products", "P0070000").bank_name == "B001"


# Columns and rows


def test_unchanged_row_confirms_without_a_version(banks: Database) -> None:
    again = put(banks, table("organisations", ORGANISATIONS, ["B1", "BANK", "甲银行", "甲"]), now=LATER)
    assert counts(again) == (0, 0, 1, 0, 0)
    one, other = stored(banks, "organisations", "B1"), stored(banks, "organisations", "B2")
    assert (one.confirmed_at, one.updated_at, one.version) == (LATER, NOW, 1)
    assert other.confirmed_at == NOW


def test_changed_row_makes_a_version_and_keeps_the_earlier(banks: Database) -> None:
    result = put(banks, table("organisations", ORGANISATIONS, ["B1", "BANK", "甲城银行", "甲"]), now=LATER)
    assert counts(result) == (0, 1, 0, 0, 1)
    entry = stored(banks, "organisations", "B1")
    assert (entry.version, entry.name, entry.updated_at, entry.confirmed_at) == (2, "甲城银行", LATER, LATER)
    kept = [(v.version, json.loads(v.data)["name"], v.actor, v.cause) for v in versions(banks, "organisations")]
    assert kept == [
        (1, "甲银行", "operator:test", "import"),
        (1, "乙银行", "operator:test", "import"),
        (2, "甲城银行", "operator:test", "import"),
    ]


def test_absent_column_keeps_and_blank_cell_clears(banks: Database) -> None:
    put(banks, table("organisations", "org_code kind name", ["B1", "BANK", "甲城银行"]))
    assert stored(banks, "organisations", "B1").short_name == "甲"
    put(banks, table("organisations", ORGANISATIONS, ["B1", "BANK", "甲城银行", " "]))
    assert stored(banks, "organisations", "B1").short_name is None


def test_row_absent_from_the_file_is_left_alone(banks: Database) -> None:
    put(banks, table("organisations", ORGANISATIONS, ["B3", "BANK", "丙银行", ""]), now=LATER)
    assert stored(banks, "organisations", "B1").confirmed_at == NOW
    assert count(banks, "organisations") == 3


def test_names_are_compared_by_nfkc_and_kept_as_they_are(banks: Database) -> None:
    put(banks, table("organisations", ORGANISATIONS, ["B9", "BANK", "威海（环翠）银行", ""]))
    again = put(banks, table("organisations", ORGANISATIONS, ["Ｂ９", "银行", "威海(环翠)银行 ", ""]))
    assert counts(again) == (0, 0, 1, 0, 0)
    assert stored(banks, "organisations", "B9").name == "威海（环翠）银行"


def test_two_part_key(database: Database) -> None:
    put(database, table("enterprises", "uscc name", [ENTERPRISE, "某公司"]))
    columns = "source record_no uscc kind severity"
    rows = [["信用中国（威海）", "1", ENTERPRISE, "OTHER", "MINOR"], ["海关", "1", ENTERPRISE, "CUSTOMS", "MINOR"]]
    assert put(database, table("credit-records", columns, *rows)).new == 2
    again = put(database, table("credit-records", columns, ["信用中国(威海)", "１", ENTERPRISE, "其他", "轻微"]))
    assert faults(again) in ([], [("E2", "unknown_code")])
    assert put(database, table("credit-records", columns, *rows)).unchanged == 2


# Faults


def test_a_faulty_row_keeps_everything_out(banks: Database) -> None:
    wanted = table("organisations", ORGANISATIONS, ["B3", "BANK", "丙银行", ""], ["B4", "SHOP", "丁银行", ""])
    result = put(banks, wanted)
    assert counts(result) == (1, 0, 0, 1, 0)
    assert faults(result) == [("B3", "unknown_code")]
    assert count(banks, "organisations") == 2


def test_partial_writes_the_good_rows(banks: Database) -> None:
    wanted = table("organisations", ORGANISATIONS, ["B3", "BANK", "丙银行", ""], ["B4", "SHOP", "丁银行", ""])
    assert counts(put(banks, wanted, partial=True)) == (1, 0, 0, 1, 1)
    assert count(banks, "organisations") == 3
    mended = table("organisations", ORGANISATIONS, ["B3", "BANK", "丙银行", ""], ["B4", "BANK", "丁银行", ""])
    assert counts(put(banks, mended)) == (1, 0, 1, 0, 1)


def test_thirty_seven_bad_rows_of_a_thousand(banks: Database) -> None:
    rows = [[f"X{i}", "SHOP" if i % 27 == 0 else "BANK", f"银行{i}", ""] for i in range(999)]
    assert counts(put(banks, table("organisations", ORGANISATIONS, *rows))) == (962, 0, 0, 37, 0)
    assert counts(put(banks, table("organisations", ORGANISATIONS, *rows), partial=True)) == (962, 0, 0, 37, 962)
    good = [[code, "BANK", name, short] for code, _, name, short in rows]
    assert counts(put(banks, table("organisations", ORGANISATIONS, *good))) == (37, 0, 962, 0, 37)


def test_dry_run_counts_and_writes_nothing(banks: Database) -> None:
    wanted = table("organisations", ORGANISATIONS, ["B1", "BANK", "新名", "甲"], ["B3", "BANK", "丙银行", ""])
    with banks.reading(SYSTEM) as session:
        tried = import_table(session, actor=Actor("me", Side.TRUSTED), table=wanted, now=LATER, dry_run=True)
        before = last_version_id(session)
    assert counts(tried) == (1, 1, 0, 0, 0)
    assert counts(put(banks, wanted)) == (1, 1, 0, 0, 2)
    with banks.reading(SYSTEM) as session:
        assert last_version_id(session) == before + 2


def test_every_fault_of_a_row_is_reported(banks: Database) -> None:
    wanted = table(
        "products",
        f"{PRODUCTS} amount_min_wan amount_max_wan valid_to",
        ["P1", "甲", "", "没有的", "-1", "五十", "2026-02-30"],
    )
    assert faults(put(banks, wanted)) == [
        ("C2", "required"),
        ("D2", "unknown_code"),
        ("E2", "negative"),
        ("F2", "number"),
        ("G2", "date"),
    ]


def test_blank_key_and_used_key(banks: Database) -> None:
    rows = [["", "BANK", "丙银行", ""], ["B7", "BANK", "庚", ""], ["Ｂ7", "BANK", "辛", ""]]
    result = put(banks, table("organisations", ORGANISATIONS, *rows))
    assert faults(result) == [("A2", "required"), ("A4", "key_used")]
    assert "第 3 行" in result.faults[1].message


@pytest.mark.parametrize(
    ("columns", "values", "cell"),
    [
        ("amount_min_wan amount_max_wan", ["101", "100"], "F2"),
        ("amount_max_wan amount_min_wan", ["100", "101"], "E2"),
        ("term_min_months term_max_months", ["13", "12"], "F2"),
        ("rate_min_pct rate_max_pct", ["4", "3.99"], "F2"),
        ("rate_min_pct rate_max_pct", ["LPR+60BP", "LPR+50BP"], "F2"),
        ("revenue_min_wan revenue_max_wan", ["2", "1"], "F2"),
        ("valid_from valid_to", ["2026-12-02", "2026-12-01"], "F2"),
    ],
)
def test_crossed_bounds_of_a_product(banks: Database, columns: str, values: list[str], cell: str) -> None:
    result = put(banks, table("products", f"{PRODUCTS} {columns}", ["P1", "甲", "贷", "OTHER", *values]))
    assert faults(result) == [(cell, "crossed")]


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("amount_min_wan amount_max_wan", ["100", "100"]),
        ("amount_min_wan amount_max_wan", ["", "100"]),
        ("rate_min_pct rate_max_pct", ["LPR+400BP", "3"]),
        ("valid_from valid_to", ["2026-12-01", "2026-12-01"]),
    ],
)
def test_bounds_that_are_not_crossed(banks: Database, columns: str, values: list[str]) -> None:
    result = put(banks, table("products", f"{PRODUCTS} {columns}", ["P1", "甲", "贷", "OTHER", *values]))
    assert counts(result) == (1, 0, 0, 0, 1)


@pytest.mark.parametrize("later", ["decided_on", "ended_on"])
def test_record_that_ends_before_it_occurred(database: Database, later: str) -> None:
    put(database, table("enterprises", "uscc name", [ENTERPRISE, "某公司"]))
    columns = f"source record_no uscc kind severity occurred_on {later}"
    row = ["海关", "1", ENTERPRISE, "OTHER", "MINOR", "2026-01-02", "2026-01-01"]
    assert faults(put(database, table("credit-records", columns, row))) == [("G2", "crossed")]


def test_a_bound_in_an_absent_column_is_not_compared(banks: Database) -> None:
    put(banks, table("products", f"{PRODUCTS} amount_max_wan", ["P1", "甲", "贷", "OTHER", "100"]))
    result = put(banks, table("products", f"{PRODUCTS} amount_min_wan", ["P1", "甲", "贷", "OTHER", "200"]))
    assert counts(result) == (0, 1, 0, 0, 1)


def test_codes_unknown_to_their_registers(database: Database) -> None:
    fill_registers(database)
    columns = "uscc name area_code industry_code chain_code tiers"
    rows = [
        ["91371002MA5782909E", "某公司", "", "", "", ""],
        [ENTERPRISE, "某公司", "990000", "9999", "QUANTUM", "SUPER"],
    ]
    result = put(database, table("enterprises", columns, *rows))
    assert faults(result) == [("A2", "uscc"), ("D3", "unknown_code"), ("E3", "unknown_code"), ("F3", "unknown_code")]


def test_area_outside_the_register_is_kept(database: Database) -> None:
    put(database, table("enterprises", "uscc name area_code", [ENTERPRISE, "某公司", "990000"]))
    assert stored(database, "enterprises", ENTERPRISE).area_code == "990000"


def test_need_of_an_enterprise_that_is_not_there(database: Database) -> None:
    columns = "need_no uscc amount_wan term_months purpose"
    result = put(database, table("needs", columns, ["N1", ENTERPRISE, "10", "12", "RND"]))
    assert faults(result) == [("B2", "unknown_enterprise")]


def test_nobody_acting_is_refused(banks: Database) -> None:
    with banks.writing(SYSTEM) as session, pytest.raises(UsageError):
        import_table(session, actor=Actor(" ", Side.TRUSTED), table=table("organisations", "org_code", ["B1"]), now=NOW)


# Products


def test_product_without_a_code_gets_the_banks_next_number(banks: Database) -> None:
    put(banks, table("products", PRODUCTS, ["B1-007", "甲", "旧贷", "OTHER"]))
    rows = [["", "甲", "新贷", "OTHER"], ["", "乙银行", "乙贷", "OTHER"], ["B1-009", "甲", "又贷", "OTHER"]]
    assert put(banks, table("products", PRODUCTS, *rows)).new == 3
    assert stored(banks, "products", "B1-010").name == "新贷"
    assert stored(banks, "products", "B2-001").name == "乙贷"
    assert counts(put(banks, table("products", PRODUCTS, *rows))) == (0, 0, 3, 0, 0)


def test_product_without_a_code_is_matched_by_bank_and_name(banks: Database) -> None:
    put(banks, table("products", f"{PRODUCTS} decision_days", ["P1", "甲", "快贷（一）", "OTHER", "5"]))
    result = put(banks, table("products", f"{PRODUCTS} decision_days", ["", "甲银行", "快贷(一)", "OTHER", "3"]))
    assert counts(result) == (0, 1, 0, 0, 1)
    entry = stored(banks, "products", "P1")
    assert (entry.decision_days, entry.name, entry.version) == (3, "快贷（一）", 2)


def test_code_column_may_be_absent(banks: Database) -> None:
    put(banks, table("products", PRODUCTS, ["P1", "甲", "快贷", "OTHER"]))
    assert put(banks, table("products", "bank_name name product_type", ["甲", "快贷", "OTHER"])).unchanged == 1


def test_another_banks_code_is_refused(banks: Database) -> None:
    put(banks, table("products", PRODUCTS, ["P1", "甲", "快贷", "OTHER"]))
    result = put(banks, table("products", PRODUCTS, ["P1", "乙银行", "快贷", "OTHER"]))
    assert faults(result) == [("A2", "unknown_code")]
    assert "甲" not in result.faults[0].message


@pytest.mark.parametrize("codes", [("", ""), ("P1", ""), ("", "P1")])
def test_bank_and_name_twice_in_a_file(banks: Database, codes: tuple[str, str]) -> None:
    rows = [[code, "甲", "快贷", "OTHER"] for code in codes]
    assert faults(put(banks, table("products", PRODUCTS, *rows))) == [("C3", "key_used")]


def test_two_codes_may_share_a_name_but_then_the_code_is_needed(banks: Database) -> None:
    rows = [[code, "甲", "快贷", "OTHER"] for code in ("P1", "P2")]
    assert put(banks, table("products", PRODUCTS, *rows)).new == 2
    result = put(banks, table("products", PRODUCTS, ["", "甲", "快贷", "OTHER"]))
    assert faults(result) == [("A2", "several")]


def test_row_by_name_and_row_by_code_of_the_same_product(banks: Database) -> None:
    put(banks, table("products", PRODUCTS, ["P1", "甲", "快贷", "OTHER"]))
    rows = [["P1", "甲", "改名贷", "OTHER"], ["", "甲", "快贷", "OTHER"]]
    assert faults(put(banks, table("products", PRODUCTS, *rows))) == [("C3", "key_used")]


# Contacts and organisations


def test_contact_belongs_to_exactly_one_side(banks: Database) -> None:
    put(banks, table("enterprises", "uscc name", [ENTERPRISE, "某公司"]))
    rows = [
        ["C1", ENTERPRISE, "", "张三"],
        ["C2", "", "B1", "李四"],
        ["C3", "", "", "王五"],
        ["C4", ENTERPRISE, "B1", "赵六"],
    ]
    result = put(banks, table("contacts", "contact_no uscc org_code name", *rows), partial=True)
    assert faults(result) == [("B4", "required"), ("C5", "two_owners")]
    assert result.written == 2
    moved = put(banks, table("contacts", "contact_no uscc name", ["C2", ENTERPRISE, "李四"]))
    assert faults(moved) == [("B2", "two_owners")]
    kept = put(banks, table("contacts", "contact_no name", ["C2", "李四"]))
    assert counts(kept) == (0, 0, 1, 0, 0)


def test_parent_from_the_same_file(database: Database) -> None:
    columns = "org_code kind name parent_org_code"
    rows = [["B1-1", "支行", "甲银行环翠支行", "甲银行"], ["B1", "BANK", "甲银行", ""]]
    assert put(database, table("organisations", columns, *rows)).new == 2
    assert stored(database, "organisations", "B1-1").parent_org_code == "B1"


def test_children_of_a_faulty_parent_are_kept_out_too(database: Database) -> None:
    columns = "org_code kind name parent_org_code"
    rows = [["A", "BANK", "", ""], ["A1", "BRANCH", "一", "A"], ["A11", "BRANCH", "二", "A1"], ["B", "BANK", "乙", ""]]
    result = put(database, table("organisations", columns, *rows), partial=True)
    assert faults(result) == [("C2", "required"), ("D3", "faulty_parent"), ("D4", "faulty_parent")]
    assert count(database, "organisations") == 1
    known = [["B", "BANK", "", ""], ["B1", "BRANCH", "三", "B"]]
    assert counts(put(database, table("organisations", columns, *known), partial=True)) == (1, 0, 0, 1, 1)


# Workflow


def test_draft_is_published_by_the_operators_changed_row(banks: Database) -> None:
    with banks.writing(SYSTEM) as session:
        entry = session.merge(stored(banks, "organisations", "B1"))
        entry.status = EntryStatus.DRAFT
    same = put(banks, table("organisations", "org_code kind name", ["B1", "BANK", "甲银行"]))
    assert counts(same) == (0, 0, 1, 0, 0)
    assert status_of(banks, "organisations", "B1") is EntryStatus.DRAFT
    result = put(banks, table("organisations", "org_code kind name", ["B1", "BANK", "甲城银行"]))
    assert counts(result) == (0, 1, 0, 0, 1)
    assert status_of(banks, "organisations", "B1") is EntryStatus.PUBLISHED


def test_suspended_entry_stays_suspended(banks: Database) -> None:
    step(banks, "organisations", "B1", "suspend")
    result = put(banks, table("organisations", "org_code kind name", ["B1", "BANK", "新名"]))
    assert result.changed == 1
    assert status_of(banks, "organisations", "B1") is EntryStatus.SUSPENDED


def test_withdrawn_entry_stays_so_when_unchanged_and_is_published_anew_when_changed(banks: Database) -> None:
    step(banks, "organisations", "B1", "withdraw")
    assert put(banks, table("organisations", "org_code kind name", ["B1", "BANK", "甲银行"])).unchanged == 1
    assert status_of(banks, "organisations", "B1") is EntryStatus.WITHDRAWN
    assert put(banks, table("organisations", "org_code kind name", ["B1", "BANK", "新名"])).changed == 1
    assert status_of(banks, "organisations", "B1") is EntryStatus.PUBLISHED
    assert [v.status for v in versions(banks, "organisations") if v.entry_id == 1] == [
        EntryStatus.PUBLISHED,
        EntryStatus.WITHDRAWN,
        EntryStatus.PUBLISHED,
    ]


# Two at once


def test_plan_that_was_overtaken_is_refused_whole(banks: Database) -> None:
    wanted = table("organisations", ORGANISATIONS, ["B1", "BANK", "我的名", "甲"], ["B8", "BANK", "新银行", ""])
    with banks.reading(SYSTEM) as session:
        plan = plan_import(session, Organisation, wanted.rows)
    put(banks, table("organisations", ORGANISATIONS, ["B1", "BANK", "先到的名", "甲"]))
    with pytest.raises(ConflictError), banks.writing(SYSTEM) as session:
        write_plan(session, Organisation, plan, actor=Actor("me", Side.TRUSTED), cause="import", now=LATER)
    assert stored(banks, "organisations", "B1").name == "先到的名"
    assert count(banks, "organisations") == 2


def test_new_entry_that_someone_else_made_meanwhile(banks: Database) -> None:
    wanted = table("products", PRODUCTS, ["", "甲", "快贷", "OTHER"])
    with banks.reading(SYSTEM) as session:
        plan = plan_import(session, Product, wanted.rows)
    put(banks, table("products", PRODUCTS, ["B1-001", "甲", "别的贷", "OTHER"]))
    with pytest.raises(ConflictError), banks.writing(SYSTEM) as session:
        write_plan(session, Product, plan, actor=Actor("me", Side.TRUSTED), cause="import", now=LATER)
    assert count(banks, "products") == 1


def test_imports_at_once_lose_nothing(banks: Database) -> None:
    def rename(number: int) -> int:
        try:
            return put(banks, table("organisations", ORGANISATIONS, ["B1", "BANK", f"名{number}", "甲"])).written
        except ConflictError:
            return 0

    with ThreadPoolExecutor(4) as pool:
        written = sum(pool.map(rename, range(8)))
    assert written >= 1
    entry = stored(banks, "organisations", "B1")
    kept = [v for v in versions(banks, "organisations") if v.entry_id == entry.id]
    assert entry.version == 1 + written
    assert [v.version for v in kept] == list(range(1, entry.version + 1))
    assert json.loads(kept[-1].data)["name"] == entry.name


def test_values_come_back_as_they_went_in(banks: Database) -> None:
    wanted = table(
        "products",
        f"{PRODUCTS} amount_max_wan rate_min_pct fee_pct security repayment"
        " valid_to first_loan_only excludes_dishonest",
        [
            "P1",
            "甲",
            "贷",
            "信用贷",
            "1.2亿",
            "LPR-10BP",
            "0.35%",
            "抵押、CREDIT",
            "随借随还",
            date(2027, 1, 2),
            "否",
            "",
        ],
    )
    put(banks, wanted)
    entry = stored(banks, "products", "P1")
    assert entry.amount_max_fen == 12_000_000_000
    assert str(entry.rate_min) == "LPR-10BP"
    assert entry.fee_pct_e6 == 350_000
    assert [str(s) for s in entry.security] == ["CREDIT", "MORTGAGE"]
    assert (entry.valid_to, entry.first_loan_only, entry.excludes_dishonest) == (date(2027, 1, 2), False, None)
