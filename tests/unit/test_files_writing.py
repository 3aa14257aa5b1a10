"""Exports and templates: what is written is read back as equal, looks as people expect, and is never a formula."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import ProductType, Purpose
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.files import Table, read_table, write_csv, write_template, write_xlsx
from matchmaker.lists.models import KINDS, Enterprise, Product
from tests.support.field_values import CODES, REGISTERS, rows_of

SAVED = settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
PRODUCT: dict[str, Any] = {
    "product_code": "P001",
    "bank_name": "B001",
    "name": "渔具贷",
    "product_type": ProductType.CREDIT_LOAN,
    "amount_max_wan": 80_845_000,
    "rate_min_pct": Rate(pct_e6=3_450_000),
    "rate_max_pct": Rate(spread_bp=50),
    "purposes": (Purpose.RND, Purpose.ORDER),
    "chains": ("SHIP", "TACKLE"),
    "decision_days": 5,
    "valid_from": date(2026, 11, 22),
    "excludes_dishonest": True,
    "description": "=HYPERLINK(1)",
}


def read_values(model: type[Entry], table: Table) -> list[dict[str, Any]]:
    """The values of a table's cells, as an import reads them."""
    fields = {f.code: f for f in fields_of(model)}
    return [
        {
            c: fields[c].blank if cell.value is None else fields[c].kind.read(cell, REGISTERS)
            for c, cell in row.cells.items()
        }
        for row in table.rows
    ]


@pytest.mark.parametrize("model", KINDS.values(), ids=list(KINDS))
@given(data=st.data())
@SAVED
def test_every_list_is_read_back_as_it_was_written(model: type[Entry], tmp_path: Path, data: st.DataObject) -> None:
    rows = data.draw(rows_of(fields_of(model), most=12))
    for headers in ("zh", "code"):
        write_xlsx(tmp_path / "a.xlsx", model, rows, headers=headers, registers=REGISTERS)
        assert read_values(model, read_table(tmp_path / "a.xlsx", model)) == rows
        write_csv(tmp_path / "a.csv", model, rows, headers=headers, registers=REGISTERS)
        assert read_values(model, read_table(tmp_path / "a.csv", model)) == rows
    write_template(tmp_path / "t.xlsx", model, rows, registers=REGISTERS)
    assert read_values(model, read_table(tmp_path / "t.xlsx", model)) == rows


def test_an_export_is_what_a_bank_expects_to_open(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert write_xlsx(path, Product, [PRODUCT], registers=REGISTERS, note="张三 & 李四 2026-11-23 10:00") == 1
    sheet = openpyxl.load_workbook(path).active
    cells = {sheet.cell(1, n).value: sheet.cell(2, n) for n in range(1, sheet.max_column + 1)}
    assert sheet.title == "信贷产品"
    assert (cells["最高额度(万元)"].value, cells["最高额度(万元)"].number_format) == (80.845, "#,##0.00")
    assert (cells["最低年利率(%)"].value, cells["最低年利率(%)"].data_type) == (3.45, "n")
    assert cells["最高年利率(%)"].value == "LPR+50BP"
    assert cells["银行"].value == "示例银行1"
    assert cells["产品类型"].value == "信用贷"
    assert cells["用途"].value == "研发、订单履约"
    assert cells["适用产业链"].value == "SHIP、渔具"  # 「船舶、海工」 holds a separator, so its code stands
    assert (cells["生效日期"].is_date, cells["生效日期"].number_format) == (True, "yyyy-mm-dd")
    assert (cells["产品说明"].value, cells["产品说明"].data_type) == ("=HYPERLINK(1)", "s")
    assert cells["产品编号"].number_format == "@"
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(2, sheet.max_column).coordinate}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$1", "$A:$A")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (2, 0)  # 30 columns on one page: unreadable
    assert sheet.oddFooter.left.text == "张三 && 李四 2026-11-23 10:00"


def test_no_green_triangles(tmp_path: Path) -> None:
    import zipfile

    write_xlsx(tmp_path / "a.xlsx", Enterprise, [{"uscc": CODES[1], "name": "123"}])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert '<ignoredError sqref="A1:L2" numberStoredAsText="1"' in xml


def test_csv_is_neutral_and_opens_in_chinese(tmp_path: Path) -> None:
    rows = [{**PRODUCT, "name": name} for name in ("=1+1", "+86", "@x", "-x", "＝1", "'=1", "普通")]
    write_csv(tmp_path / "a.csv", Product, rows, headers="code")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [record["name"] for record in csv.DictReader(file)]
    assert names == ["'=1+1", "'+86", "'@x", "'-x", "'＝1", "''=1", "普通"]
    assert [v["name"] for v in read_values(Product, read_table(tmp_path / "a.csv", Product))] == [
        r["name"] for r in rows
    ]


def test_a_template_has_drop_downs_blank_rows_and_notes(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_template(path, Product, [PRODUCT], registers=REGISTERS)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["信贷产品", "填写说明", "选项"]
    assert book["选项"].sheet_state == "hidden"
    sheet = book["信贷产品"]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    bank = rules["B2:B202"]
    assert (bank.type, bank.formula1) == ("list", "'选项'!$A$1:$A$4")
    assert {book["选项"].cell(n, 1).value for n in range(1, 5)} == {"示例银行1", "示例银行2", "B003", "B004"}
    kinds = rules["D2:D202"]
    assert kinds.type == "list"
    assert kinds.errorStyle == "warning"
    codes = [f.code for f in fields_of(Product)]
    purposes = rules[f"{letter(codes.index('purposes'))}2:{letter(codes.index('purposes'))}202"]
    assert purposes.type is None  # several values: a message, no drop-down
    assert "流动资金（WORKING_CAPITAL）" in purposes.prompt
    notes = [[cell.value for cell in row] for row in book["填写说明"].iter_rows()]
    described = next(row for row in notes if row[0] == "产品类型")
    assert described[1:2] + described[4:7] == ["必填", "product_type", "product type", "required"]
    assert "信用贷（CREDIT_LOAN）" in described[3]
    assert sum(row[4] in codes for row in notes) == len(codes)


def letter(index: int) -> str:
    return openpyxl.utils.get_column_letter(index + 1)


def test_nothing_half_written(tmp_path: Path) -> None:
    def rows() -> Any:
        yield PRODUCT
        raise RuntimeError("the database went away")

    path = tmp_path / "a.xlsx"
    path.write_bytes(b"before")
    for write in (write_xlsx, write_csv):
        with pytest.raises(RuntimeError):
            write(path, Product, rows())
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_absent_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        write_csv(tmp_path / "no" / "a.csv", Product, [])
    assert "a.csv" in caught.value.say("zh")
