"""The upload files of the contract: what their cells mean, cell by cell (imports are tested with the database)."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest

from matchmaker.domain.cells import CellFault, Register, Registers
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.faults import check_trouble
from matchmaker.lists.files import Table, read_table, write_xlsx
from matchmaker.lists.models import LISTS, Need, Product

DATA = Path(__file__).parents[1] / "data"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def registers() -> Registers:
    """Banks of the conformance lists, chains and industries of the package."""
    with (DATA / "conformance" / "organisations.csv").open(encoding="utf-8") as file:
        banks = {row["org_code"]: (row["name"],) for row in csv.DictReader(file)}
    chains = json.loads((ROOT / "matchmaker/data/chains_default.json").read_text("utf-8"))["chains"]
    with (ROOT / "matchmaker/data/gbt4754_2017.csv").open(encoding="utf-8") as file:
        industries = {line.split(",")[0]: () for line in file}
    return Registers(
        {
            "bank": Register(Text("机构", "banks"), banks),
            "chain": Register(Text("产业链", "chains"), {c["chain_code"]: (c["name_zh"],) for c in chains}),
            "industry": Register(Text("行业", "industries"), industries),
        }
    )


def read_all(model: type[Entry], table: Table, registers: Registers) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Column code → value of each row, and cell name → code of each fault."""
    fields = {f.code: f for f in fields_of(model)}
    rows, faults = [], {}
    for row in table.rows:
        values: dict[str, Any] = {}
        for code, cell in row.cells.items():
            try:
                check_trouble(cell)
                values[code] = fields[code].blank if cell.value is None else fields[code].kind.read(cell, registers)
            except CellFault as fault:
                faults[table.cell_name(row.number, code) or ""] = fault.code
        rows.append(values)
    return rows, faults


def test_the_messy_workbook_means_what_the_conformance_list_says(registers: Registers) -> None:
    messy = read_table(DATA / "uploads" / "products_messy.xlsx", Product)
    plain = read_table(DATA / "conformance" / "products.csv", Product)
    assert (messy.header_row, messy.ignored) == (3, ("联系人",))
    found, faults = read_all(Product, messy, registers)
    expected = {row["product_code"]: row for row in read_all(Product, plain, registers)[0]}
    assert faults == {}
    assert len(found) == 70
    for row in found:
        for code, value in row.items():
            assert value == expected[row["product_code"]][code], (row["product_code"], code)


def test_the_faulty_workbook_has_nine_faulty_cells_and_two_that_only_the_list_shows(registers: Registers) -> None:
    document = json.loads((DATA / "uploads" / "products_faulty.json").read_text("utf-8"))
    table = read_table(DATA / "uploads" / document["file"], Product)
    rows, faults = read_all(Product, table, registers)
    assert len(table.rows) == document["rows"]
    assert faults == {
        "L5": "percent_ambiguous",
        "U6": "number",
        "H7": "number",
        "F9": "unknown_code",
        "G10": "date",
        "AD12": "unknown_code",
        "U13": "too_precise",
        "T15": "yes_no",
        "B18": "negative",
    }
    assert set(document["faulty_cells"]) - set(faults) == {"M16", "J20"}
    by_number = dict(zip((r.number for r in table.rows), rows, strict=True))
    assert by_number[16]["bank_name"] is None  # M16: a required cell that is blank
    assert by_number[20]["product_code"] == by_number[19]["product_code"]  # J20: a key used by an earlier row


def test_needs_in_gbk_are_the_conformance_needs() -> None:
    gbk = read_table(DATA / "uploads" / "needs_gbk.csv", Need)
    plain = read_table(DATA / "conformance" / "needs.csv", Need)
    assert gbk.rows == plain.rows
    assert len(gbk.rows) == 195


@pytest.mark.parametrize("kind", ["organisations", "enterprises", "products", "needs", "credit-records"])
def test_conformance_lists_have_every_column_and_no_faulty_cell(kind: str, registers: Registers) -> None:
    table = read_table(DATA / "conformance" / f"{kind}.csv", LISTS[kind])
    rows, faults = read_all(LISTS[kind], table, registers)
    assert (faults, table.ignored) == ({}, ())
    assert set(table.columns) == {f.code for f in fields_of(LISTS[kind])}
    assert len(rows) == len(table.rows) > 0


def test_the_nine_policies_have_no_faulty_cell(registers: Registers) -> None:
    table = read_table(ROOT / "matchmaker" / "data" / "policies.csv", LISTS["policies"])
    assert read_all(LISTS["policies"], table, registers)[1] == {}
    assert len(table.rows) == 9


def test_five_thousand_products_are_read_in_a_moment(tmp_path: Path, registers: Registers) -> None:
    few, _ = read_all(Product, read_table(DATA / "conformance" / "products.csv", Product), registers)
    write_xlsx(tmp_path / "a.xlsx", Product, (few[n % len(few)] for n in range(5000)), registers=registers)
    started = time.monotonic()
    table = read_table(tmp_path / "a.xlsx", Product)
    read = time.monotonic() - started
    rows, faults = read_all(Product, table, registers)
    print(f"5,000 × {len(table.columns)}: read in {read:.2f} s, checked after {time.monotonic() - started:.2f} s")
    assert (len(rows), faults) == (5000, {})
    assert time.monotonic() - started < 10
