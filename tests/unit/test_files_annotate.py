"""A faulty file comes back as the same workbook, can be mended and uploaded again."""

import shutil
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from matchmaker.domain.errors import RejectedError
from matchmaker.lists.faults import RowFault
from matchmaker.lists.files import Table, annotate, limits, read_table, write_template
from matchmaker.lists.models import Product
from tests.support.field_values import REGISTERS
from tests.unit.test_files_writing import PRODUCT

UPLOADS = Path(__file__).parents[1] / "data" / "uploads"
FAULTY = UPLOADS / "products_faulty.xlsx"


def fault(table: Table, row: int, code: str | None, message: str) -> RowFault:
    return RowFault(row, code, table.cell_name(row, code) if code else None, "some_code", message)


def test_the_same_workbook_with_each_fault_at_its_cell(tmp_path: Path) -> None:
    table = read_table(FAULTY, Product)
    faults = [
        fault(table, 5, "rate_min_pct", "「0.0345」可能是 3.45%。"),
        fault(table, 16, "bank_name", "必填。"),
        fault(table, 5, "purposes", "不认识。"),
        fault(table, 9, None, "整行有问题。"),
    ]
    assert annotate(FAULTY, tmp_path / "out.xlsx", table, faults, "zh") == ()
    before, after = (openpyxl.load_workbook(p)["产品清单"] for p in (FAULTY, tmp_path / "out.xlsx"))
    for row in before.iter_rows():
        for cell in row:
            assert after[cell.coordinate].value == cell.value
            assert after[cell.coordinate].number_format == cell.number_format
    assert after.merged_cells.ranges == before.merged_cells.ranges
    assert after["L5"].comment.text == "「0.0345」可能是 3.45%。"
    assert {c.coordinate for row in after.iter_rows() for c in row if c.comment} == {"L5", "M16", "D5"}
    assert {c.coordinate for row in after.iter_rows() for c in row if c.fill.fgColor.rgb == "FFFFB3B0"} == {
        "L5",
        "M16",
        "D5",
    }
    assert after["AF3"].value == "错误说明"
    assert after["AF5"].value == "最低年利率(%)：「0.0345」可能是 3.45%。\n用途：不认识。"
    assert after["AF9"].value == "整行有问题。"


def test_a_second_round_takes_the_marks_of_the_first_away(tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    table = read_table(FAULTY, Product)
    annotate(FAULTY, first, table, [fault(table, 5, "rate_min_pct", "一")], "zh")
    again = read_table(first, Product)
    assert (again.ignored, again.rows) == (table.ignored, table.rows)
    annotate(first, second, again, [fault(again, 6, "amount_max_wan", "two")], "en")
    sheet = openpyxl.load_workbook(second)["产品清单"]
    assert (sheet["L5"].comment, sheet["L5"].fill.fill_type, sheet["AF5"].value) == (None, None, None)
    assert (sheet["U6"].comment.text, sheet["AF3"].value, sheet["AF6"].value) == (
        "two",
        "What to mend",
        "highest amount (10,000 yuan): two",
    )
    assert sheet["AG3"].value is None


def test_validations_comments_and_looks_of_the_users_own_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "t.xlsx"
    write_template(source, Product, [PRODUCT], registers=REGISTERS)
    book = openpyxl.load_workbook(source)
    book.active["C2"].comment = Comment("我的批注", "张三")
    book.active["E2"].font = Font(bold=True)
    book.active["E2"].fill = PatternFill("solid", fgColor="FF00FF00")
    book.active.column_dimensions["C"].width = 33
    book.save(source)
    table = read_table(source, Product)
    annotate(
        source,
        tmp_path / "out.xlsx",
        table,
        [fault(table, 2, "name", "错"), fault(table, 2, "term_min_months", "错")],
        "zh",
    )
    before, after = openpyxl.load_workbook(source), openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert after.sheetnames == before.sheetnames
    assert after["选项"].sheet_state == "hidden"
    one, other = before.active, after.active
    assert {(str(v.sqref), v.formula1, v.prompt) for v in other.data_validations.dataValidation} == {
        (str(v.sqref), v.formula1, v.prompt) for v in one.data_validations.dataValidation
    }
    assert (other.freeze_panes, other.auto_filter.ref, other.print_title_rows) == (
        one.freeze_panes,
        one.auto_filter.ref,
        one.print_title_rows,
    )
    assert other["C2"].comment.text == "我的批注\n—— matchmaker ——\n错"
    assert (other["E2"].font.bold, other["E2"].fill.fgColor.rgb) == (True, "FF00FF00")
    assert other.column_dimensions["C"].width == 33
    assert read_table(tmp_path / "out.xlsx", Product).rows == table.rows


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_of_a_csv_the_report_is_a_workbook_with_the_same_places(tmp_path: Path, lang: str) -> None:
    source = tmp_path / "a.csv"
    source.write_text(
        "产品清单\n产品名称,银行,备注,产品类型,最低年利率\n'=甲,乙,x,信用贷,0.0345\n\n丙,,y,信用贷,3%\n", "gbk"
    )
    table = read_table(source, Product)
    faults = [fault(table, 3, "rate_min_pct", "看不清"), fault(table, 5, "bank_name", "必填")]
    annotate(source, tmp_path / "out.xlsx", table, faults, lang)
    again = read_table(tmp_path / "out.xlsx", Product)
    assert (again.rows, again.header_row, again.columns) == (table.rows, table.header_row, table.columns)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert (sheet["E3"].comment.text, sheet["B5"].fill.fgColor.rgb) == ("看不清", "FFFFB3B0")
    assert [c.value for c in sheet["C"]] == [None, "备注", "x", None, "y"]
    assert (sheet["A1"].value, sheet["A2"].value) == ("产品清单", "产品名称")
    assert sheet["F2"].value == ("错误说明" if lang == "zh" else "What to mend")
    assert sheet["F3"].value.endswith("看不清")


def test_a_large_workbook_comes_back_as_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANNOTATE_CELLS", 10)
    messy = UPLOADS / "products_messy.xlsx"
    table = read_table(messy, Product)
    annotate(messy, tmp_path / "out.xlsx", table, [fault(table, 5, "name", "错")], "zh")
    again = read_table(tmp_path / "out.xlsx", Product)
    assert [r.number for r in again.rows] == [r.number for r in table.rows]
    percent = {(r.number, c) for r in table.rows for c, cell in r.cells.items() if cell.percent}
    assert percent
    assert {(r.number, c) for r in again.rows for c, cell in r.cells.items() if cell.percent} == percent
    assert again.rows == table.rows


def test_an_earlier_round_of_a_new_workbook_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANNOTATE_CELLS", 10)
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    table = read_table(FAULTY, Product)
    annotate(FAULTY, first, table, [fault(table, 5, "rate_min_pct", "一")], "zh")
    again = read_table(first, Product)
    annotate(first, second, again, [fault(again, 6, "amount_max_wan", "二")], "zh")
    sheet = openpyxl.load_workbook(second).active
    assert [(c.row, c.value) for c in sheet["AF"] if c.value] == [(3, "错误说明"), (6, "最高额度(万元)：二")]
    assert sheet.max_column == 32


def test_a_comment_of_the_users_own_is_as_it_was_after_the_next_round(tmp_path: Path) -> None:
    source, first, second = (tmp_path / f"{n}.xlsx" for n in "abc")
    book = openpyxl.load_workbook(FAULTY)
    book["产品清单"]["L5"].comment = Comment("我的批注", "张三")
    book.save(source)
    table = read_table(source, Product)
    annotate(source, first, table, [fault(table, 5, "rate_min_pct", "看不清")], "zh")
    annotate(first, second, read_table(first, Product), [fault(table, 6, "amount_max_wan", "错")], "zh")
    one, other = (openpyxl.load_workbook(p)["产品清单"]["L5"].comment for p in (first, second))
    assert one.text.startswith("我的批注")
    assert one.text.endswith("看不清")
    assert (other.text, other.author) == ("我的批注", "张三")


def test_what_the_extended_form_loses_is_said(tmp_path: Path) -> None:
    import zipfile

    source, extended = tmp_path / "a.xlsx", tmp_path / "x14.xlsx"
    shutil.copy(FAULTY, source)
    ext = '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst>'
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(extended, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</worksheet>", ext.encode() + b"</worksheet>")
            new.writestr(name, content)
    table = read_table(extended, Product)
    lost = annotate(extended, tmp_path / "out.xlsx", table, [fault(table, 5, "name", "错")], "zh")
    assert [text.zh for text in lost] == ["部分下拉项（扩展格式）"]


def test_a_workbook_that_cannot_be_annotated_leaves_nothing_behind(tmp_path: Path) -> None:
    table = read_table(FAULTY, Product)
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(FAULTY.read_bytes()[:2000])
    with pytest.raises(RejectedError):
        annotate(broken, tmp_path / "out.xlsx", table, [fault(table, 5, "name", "错")], "zh")
    assert list(tmp_path.iterdir()) == [broken]
