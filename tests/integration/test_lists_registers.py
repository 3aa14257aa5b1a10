"""The reference tables that come with the package, and what the engine reads from them."""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar
import pytest

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.kinds import find_in
from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import SizeClass
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.lookups import load_registers, registers_of
from matchmaker.lists.models import LISTS, REGISTERS
from matchmaker.lists.queries import load_workdays
from matchmaker.lists.schemas import read_row, schema_class
from matchmaker.matching.facts import load_reference
from matchmaker.matching.rows import Lists
from matchmaker.scoring.facts import Enterprise
from matchmaker.scoring.size import size_class
from tests.support.lists import LATER, NOW, count, fill_registers, put, stored, table, versions

ROWS = {"industries": 1971, "chains": 10, "areas": 97, "size-classes": 16, "lpr": 3}


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    yield made
    made.dispose()


def test_defaults_fill_empty_registers_once(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        loaded = load_defaults(session, NOW)
    assert loaded.keys() <= REGISTERS.keys()
    assert REGISTERS.keys() - loaded.keys() == {"guarantors", "guarantor-relations", "related-groups"}  # a city's own
    for kind, rows in loaded.items():
        assert rows == count(database, kind) == len(versions(database, kind)) == ROWS.get(kind, rows)
    with database.writing(SYSTEM) as session:
        assert load_defaults(session, LATER) == {}


def test_defaults_do_not_undo_an_operators_edit(database: Database) -> None:
    put(database, table("chains", "chain_code name_zh", ["QUANTUM", "量子链"]))
    with database.writing(SYSTEM) as session:
        assert "chains" not in load_defaults(session, NOW)
    assert count(database, "chains") == 1


def test_workdays_agree_with_the_calendar_on_every_day(database: Database) -> None:
    fill_registers(database)
    with database.reading(SYSTEM) as session:
        workdays = load_workdays(session)
    day, last = date(2004, 1, 1), date(2026, 12, 31)
    while day <= last:
        assert workdays.is_workday(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)
    assert all(is_workday != (day.weekday() < 5) for day, is_workday in workdays.days.items())
    assert workdays.covers(date(2026, 6, 1))
    assert not workdays.covers(date(2027, 6, 1))
    assert stored(database, "workdays", "2026-10-01").name == "国庆节"


def test_reference_of_the_engine(database: Database) -> None:
    fill_registers(database)
    with database.reading(SYSTEM) as session:
        reference = load_reference(Lists(session))
    rate = Rate(spread_bp=10)  # type: ignore[arg-type]
    assert reference.lpr.resolve(rate, date(2026, 11, 30), 60) == 3_100_000
    assert reference.lpr.resolve(rate, date(2024, 10, 20), 61) == 3_950_000
    assert reference.sections["35"] == "C"
    assert len(reference.sections) == 97
    assert reference.names["chain", "TACKLE"].zh == "钓具"
    assert reference.names["area", "371002"].zh == "环翠区"
    assert reference.names["area", "370000"].zh == "山东省"
    assert reference.names["industry", "2449"].zh


@pytest.mark.parametrize(
    ("industry", "employees", "revenue_wan", "assets_wan", "expected"),
    [
        ("3596", 300, 2000, None, SizeClass.MEDIUM),
        ("3596", 1000, 39_999, None, SizeClass.MEDIUM),
        ("3596", 1000, 40_000, None, SizeClass.LARGE),
        ("3596", 19, 400_000, None, SizeClass.MICRO),
        ("0111", None, 49, None, SizeClass.MICRO),
        ("4710", None, 6000, 5000, SizeClass.MEDIUM),
        ("70", 100, None, None, SizeClass.MEDIUM),
        ("7010", None, 1000, 5000, SizeClass.MEDIUM),
    ],
)
def test_size_rules_hold_fen(
    migrated_sqlite_url: str,
    industry: str,
    employees: int | None,
    revenue_wan: int | None,
    assets_wan: int | None,
    expected: SizeClass,
) -> None:
    database = Database(migrated_sqlite_url)
    fill_registers(database)
    with database.reading(SYSTEM) as session:
        reference = load_reference(Lists(session))
    database.dispose()
    enterprise = Enterprise(
        uscc="",
        industry_code=industry,
        employees=employees,
        revenue_fen=None if revenue_wan is None else revenue_wan * 1_000_000,
        total_assets_fen=None if assets_wan is None else assets_wan * 1_000_000,
    )
    assert size_class(enterprise, reference.size_rules, reference.sections) is expected


def test_lookups_know_codes_and_names(database: Database) -> None:
    fill_registers(database)
    put(database, table("organisations", "org_code kind name short_name", ["B1", "BANK", "威海（甲）银行", "甲行"]))
    with database.reading(SYSTEM) as session:
        registers = load_registers(session)
        assert registers.by_name.keys() == {
            "chain",
            "industry",
            "area",
            "bank",
            "organisation",
            "enterprise",
            "guarantor",
            "scheme",
        }
        for name, text, code in [
            ("chain", "钓具", "TACKLE"),
            ("chain", "Fishing tackle", "TACKLE"),
            ("industry", "2449", "2449"),
            ("area", "环翠区", "371002"),
            ("bank", "威海(甲)银行", "B1"),
            ("organisation", "甲行", "B1"),
            ("scheme", "WEIHAI-MODEL", "WEIHAI-MODEL"),
        ]:
            assert find_in(registers.by_name[name], text) == code
        with pytest.raises(CellFault) as unknown:
            find_in(registers.by_name["bank"], "威海甲银行")
        assert "威海（甲）银行" in unknown.value.text.say("zh", **unknown.value.values)


def test_only_the_registers_that_a_list_asks_are_read() -> None:
    assert registers_of(LISTS["needs"]) == {"enterprise"}
    assert registers_of(LISTS["organisations"]) == {"organisation", "area"}
    assert registers_of(LISTS["products"]) == {"bank", "chain", "industry", "area"}


def test_a_schema_takes_json_values_as_well_as_cells() -> None:
    schema = schema_class(LISTS["products"])(Registers())
    cells = {
        "name": "贷",
        "security": ["CREDIT", "抵押"],
        "first_loan_only": True,
        "amount_max_wan": 12,
        "chains": None,
    }
    row = read_row(schema, 1, cells)  # type: ignore[arg-type]
    assert row.faults == []
    assert [str(s) for s in row.values["security"]] == ["CREDIT", "MORTGAGE"]
    assert (row.values["first_loan_only"], row.values["amount_max_fen"], row.values["chains"]) == (True, 12_000_000, ())
    nested = read_row(schema, 1, {"name": {"zh": "贷"}})  # type: ignore[dict-item]
    assert [fault.code for _, fault in nested.faults] == ["type"]
    assert schema.load({"name": Cell("贷")}, partial=True) == {"name": "贷"}
