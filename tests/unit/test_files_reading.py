"""What each kind of cell in a workbook or a .csv means."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import RejectedError
from matchmaker.lists.files import read_table
from matchmaker.lists.models import CreditRecord, Enterprise, Need, Product
from tests.support import books


def cells_of(path: Path, xml: str, after: str = "", **parts: str) -> dict[str, Cell]:
    """The cells of row 2, whose need_no is given."""
    row = f'<row r="2"><c r="A2" t="inlineStr"><is><t>N1</t></is></c>{xml}</row>'
    names = {"workbook": "xl/workbook.xml", "strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
    extra = {names[name]: text for name, text in parts.items()}
    header = books.header_row("need_no", "amount_wan", "max_rate_pct", "submitted_on", "description", *REQUIRED_TOO)
    return (
        read_table(books.write_book(path / "a.xlsx", books.sheet_xml(header + row, after), extra), Need).rows[0].cells
    )


REQUIRED_TOO = ("uscc", "term_months", "purpose")


@pytest.mark.parametrize(
    ("stored", "means"),
    [
        ("808.45000000000005", 808.45),
        ("0.30000000000000004", 0.3),
        ("800", 800),
        ("8E2", 800.0),
        ("1.0000000000000001E-2", 0.01),
    ],
)
def test_a_number_means_what_the_spreadsheet_shows(tmp_path: Path, stored: str, means: float) -> None:
    assert cells_of(tmp_path, f'<c r="B2"><v>{stored}</v></c>')["amount_wan"] == Cell(means)


def test_percent_format_is_told(tmp_path: Path) -> None:
    cells = cells_of(tmp_path, '<c r="B2"><v>3</v></c><c r="C2" s="1"><v>3.4500000000000003E-2</v></c>')
    assert cells["max_rate_pct"] == Cell(0.0345, percent=True)
    assert not cells["amount_wan"].percent


def test_a_quoted_percent_sign_is_no_percent_format(tmp_path: Path) -> None:
    styles = books.styles_xml("0.00&quot;%&quot;")
    assert cells_of(tmp_path, '<c r="C2" s="1"><v>3.45</v></c>', styles=styles)["max_rate_pct"] == Cell(3.45)


@pytest.mark.parametrize(
    "pattern",
    ["yyyy\\-mm\\-dd", "[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", "m/d/yy", "[DBNum1]yyyy年m月"],
)
def test_date_formats(tmp_path: Path, pattern: str) -> None:
    cells = cells_of(tmp_path, '<c r="D2" s="1"><v>46348</v></c>', styles=books.styles_xml(pattern))
    assert cells["submitted_on"] == Cell(date(2026, 11, 22))


@pytest.mark.parametrize(
    "pattern", ["#,##0.00_ ;[Red]\\-#,##0.00", "0.00_);\\(0.00\\)", "General", "0&quot;day&quot;", "@"]
)
def test_formats_that_are_no_date(tmp_path: Path, pattern: str) -> None:
    cells = cells_of(tmp_path, '<c r="B2" s="1"><v>46348</v></c>', styles=books.styles_xml(pattern))
    assert cells["amount_wan"] == Cell(46348)


def test_the_epoch_of_1904(tmp_path: Path) -> None:
    workbook = books.workbook_xml(date1904=True)
    cells = cells_of(tmp_path, '<c r="D2" s="2"><v>44886</v></c>', workbook=workbook)
    assert cells["submitted_on"] == Cell(date(2026, 11, 22))


def test_a_time_of_day_is_kept_so_that_it_can_be_refused(tmp_path: Path) -> None:
    read = cells_of(tmp_path, '<c r="D2" s="2"><v>46348.5</v></c>')["submitted_on"].value
    assert read == datetime.fromisoformat("2026-11-22T12:00:00")


@pytest.mark.parametrize(
    ("xml", "trouble"),
    [
        ('<c r="B2"><f>1+1</f></c>', "formula"),
        ('<c r="B2"><f>1+1</f><v/></c>', "formula"),
        ('<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "error_value"),
        ('<c r="B2" t="e"><v>#N/A</v></c>', "error_value"),
        ('<c r="B2"><v>9.1371000712345677E+17</v></c>', "lost_digits"),
        ('<c r="B2"><v>913710007123456789</v></c>', "lost_digits"),
    ],
)
def test_cells_whose_value_cannot_be_had(tmp_path: Path, xml: str, trouble: str) -> None:
    assert cells_of(tmp_path, xml)["amount_wan"].trouble == trouble


def test_a_formula_with_a_stored_value_is_that_value(tmp_path: Path) -> None:
    cells = cells_of(tmp_path, '<c r="B2"><f>400*2</f><v>800</v></c><c r="E2" t="str"><f>""</f><v></v></c>')
    assert cells["amount_wan"] == Cell(800)
    assert cells["description"] == Cell()


def test_shared_strings_leave_phonetic_hints_out_and_undo_escapes(tmp_path: Path) -> None:
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>山东</t></r><r><t>省</t></r>'
        "<rPh><t>さん</t></rPh></si><si><t>一_x000A_二_x005F_x0041_</t></si></sst>"
    )
    cells = cells_of(tmp_path, '<c r="E2" t="s"><v>0</v></c>', strings=strings)
    assert cells["description"] == Cell("山东省")
    cells = cells_of(tmp_path, '<c r="E2" t="s"><v>1</v></c>', strings=strings)
    assert cells["description"] == Cell("一\n二_x0041_")


def test_prefixed_elements_and_cells_without_names(tmp_path: Path) -> None:
    header = "".join(f'<x:c t="str"><x:v>{n}</x:v></x:c>' for n in ("uscc", "name"))
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        f'<x:row>{header}</x:row><x:row><x:c t="str"><x:v>91371000MA0TE5T16Y</x:v></x:c>'
        '<x:c t="str"><x:v>示例</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    table = read_table(books.write_book(tmp_path / "a.xlsx", sheet), Enterprise)
    assert [(r.number, r.cells["name"].value) for r in table.rows] == [(2, "示例")]


def test_merged_data_cells_are_in_trouble_but_not_merged_titles(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["企业清单"],
        ["uscc", "name", "area_code"],
        ["A", "甲", 371002],
        ["B", None, 371002],
        [None, None, None],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("B3:B4")
    sheet.merge_cells("A5:C5")
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx", Enterprise)
    troubles = {
        table.cell_name(r.number, c): cell.trouble for r in table.rows for c, cell in r.cells.items() if cell.trouble
    }
    assert troubles == {"B3": "merged", "B4": "merged"}


def test_hidden_sheets_our_own_notes_and_sheets_without_a_header_are_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "封面"
    book.active.append(["说明"])
    for title, value, state in (("旧表", "旧", "hidden"), ("填写说明", "注", "visible"), ("清单", "新", "visible")):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        sheet.append(["uscc", "name"])
        sheet.append(["X", value])
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx", Enterprise)
    assert (table.sheet, table.rows[0].cells["name"].value) == ("清单", "新")


def test_blank_rows_are_skipped_and_numbers_are_the_spreadsheets(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeff标题\n\nuscc,name,序号\n,,1\nA,"两\n行",2\n,  ,3\nB,乙,4\n', "utf-8")
    table = read_table(path, Enterprise)
    assert table.header_row == 3
    assert [(r.number, r.cells["name"].value) for r in table.rows] == [(5, "两\n行"), (7, "乙")]
    assert table.ignored == ("序号",)
    assert table.cell_name(7, "name") == "B7"
    assert table.cell_name(7, "area_code") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_encodings_and_separators(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        delimiter.join(("企业名称", "统一社会信用代码")) + "\r\n" + delimiter.join(("甲公司", "A")), encoding
    )
    table = read_table(path, Enterprise)
    assert {code: cell.value for code, cell in table.rows[0].cells.items()} == {"name": "甲公司", "uscc": "A"}


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"uscc,name\nA,\xe7\x94\xb2\nB,\xff\xff\xff\n", "encoding", "3"),
        (b"uscc,name\nA,a\0b\n", "nul", "2"),
        (b'uscc,name\nA,"b\n', "csv_form", "2"),
        (b"uscc,name\nA," + b"x" * 200_000, "csv_form", "2"),
        ("uscc,name\nA,b".encode("utf-16"), "utf16", "UTF-16"),
    ],
)
def test_csv_that_cannot_be_read_names_the_row(tmp_path: Path, content: bytes, code: str, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(RejectedError) as caught:
        read_table(path, Enterprise)
    assert caught.value.code == code
    assert says in caught.value.say("zh")
    assert says in caught.value.say("en")


def test_a_row_with_an_undecodable_byte_far_down_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    line = "91371000MA0TE5T16Y,威海示例\n".encode()
    path.write_bytes(b"uscc,name\n" + line * 60_000 + b"\xff\xff\n")
    with pytest.raises(RejectedError) as caught:
        read_table(path, Enterprise)
    assert caught.value.values["row"] == 60_002


def test_products_without_a_code_column_and_keys_of_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("产品清单,,\n银行,产品名称,产品类型\n甲,乙,信用贷\n", "utf-8")
    assert read_table(path, Product).header_row == 2
    path.write_text("记录编号,uscc,来源,类别,程度\n1,A,法院,OTHER,NONE\n", "utf-8")
    assert set(read_table(path, CreditRecord).columns) == {"record_no", "uscc", "source", "kind", "severity"}
