"""The three lists as the official tables that are printed and passed on: title, date, numbered rows, A4 across."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from matchmaker.domain.cells import Registers
from matchmaker.domain.kinds import Day
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.files.saving import replacing
from matchmaker.lists.files.shown import Shown
from matchmaker.lists.files.written import BOOK_OPTIONS, pattern_of, put_text
from matchmaker.lists.models import Need, Policy, Product


@dataclass(frozen=True, slots=True)
class OfficialColumn:
    """A column: its field's code, its width in a workbook, and its label where the field's own is too long."""

    code: str
    width: int
    label: Text | None = None


@dataclass(frozen=True, slots=True)
class Official:
    """The official form of one list. ``code``: how the number of an issue begins."""

    code: str
    model: type[Entry]
    title: Text
    columns: tuple[OfficialColumn, ...]

    def number(self, on: date) -> str:
        """The number of the issue of a day: ``CP-20261202``."""
        return f"{self.code}-{on:%Y%m%d}"


OFFICIAL: Mapping[str, Official] = {
    "policies": Official(
        "ZC",
        Policy,
        Text("政府金融政策清单", "List of government finance policies"),
        (
            OfficialColumn("policy_no", 14),
            OfficialColumn("title", 34),
            OfficialColumn("doc_no", 18),
            OfficialColumn("issuer", 18),
            OfficialColumn("instrument", 12),
            OfficialColumn("beneficiaries", 30),
            OfficialColumn("benefit_rate_pct", 11),
            OfficialColumn("benefit_cap_wan", 12),
            OfficialColumn("fulfilment_mode", 12),
            OfficialColumn("valid_to", 12),
            OfficialColumn("phone", 14),
        ),
    ),
    "products": Official(
        "CP",
        Product,
        Text("银行信贷产品清单", "List of bank credit products"),
        (
            OfficialColumn("bank_name", 20),
            OfficialColumn("name", 22),
            OfficialColumn("product_type", 16),
            OfficialColumn("amount_min_wan", 12),
            OfficialColumn("amount_max_wan", 12),
            OfficialColumn("term_max_months", 11),
            OfficialColumn("rate_min_pct", 12),
            OfficialColumn("rate_max_pct", 12),
            OfficialColumn("security", 24),
            OfficialColumn("chains", 26),
            OfficialColumn("valid_to", 12),
        ),
    ),
    "needs": Official(
        "XQ",
        Need,
        Text("企业融资需求清单", "List of enterprises' financing needs"),
        (
            OfficialColumn("need_no", 22),
            OfficialColumn("uscc", 30, Text("企业", "enterprise")),
            OfficialColumn("amount_wan", 14),
            OfficialColumn("term_months", 10),
            OfficialColumn("purpose", 14),
            OfficialColumn("max_rate_pct", 14),
            OfficialColumn("security_offered", 24),
            OfficialColumn("latest_funding_on", 13),
            OfficialColumn("submitted_on", 13),
        ),
    ),
}
_PLAIN = Shown("zh", Registers())
Say = Callable[[Any, Any], str]
"""(field, entry) → what is shown of it; blank where the reader may not see it."""


def columns_of(official: Official) -> list[tuple[Any, OfficialColumn]]:
    """Field and column, in the order of the form."""
    declared = {field.code: field for field in fields_of(official.model)}
    return [(declared[column.code], column) for column in official.columns]


def write_official(
    path: Path, official: Official, entries: Iterable[Any], *, say: Say, on: date, issuer: str, note: str
) -> int:
    """Write the workbook of a form (always in Chinese); gives the number of rows.

    Row 1 is the title, row 2 says who made it, when and in which unit, row 3 is the header; all three repeat on each
    printed page. ``say``: blank is what the reader may not see. ``note``: stands in the footer.
    """
    columns = columns_of(official)
    with (
        replacing(path) as beside,
        xlsxwriter.Workbook(str(beside), {**BOOK_OPTIONS, "constant_memory": False}) as book,
    ):
        sheet = book.add_worksheet(official.title.zh)
        last = len(columns)
        big = {"align": "center", "valign": "vcenter"}
        sheet.merge_range(0, 0, 0, last, official.title.zh, book.add_format({**big, "bold": True, "font_size": 16}))
        line = f"编号：{official.number(on)}　　编制单位：{issuer}　　日期：{on.isoformat()}　　单位：万元"
        sheet.merge_range(1, 0, 1, last, line, book.add_format({"align": "right"}))
        count = _rows(book, sheet, columns, entries, say)
        _set_up(sheet, columns, count, note)
    return count


def _rows(book: Any, sheet: Any, columns: Sequence[tuple[Any, OfficialColumn]], entries: Any, say: Say) -> int:
    header = book.add_format(
        {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "align": "center", "valign": "vcenter"}
    )
    styles = {
        field.code: book.add_format(
            {"border": 1, "text_wrap": True, "valign": "vcenter", "num_format": pattern_of(field)}
        )
        for field, _ in columns
    }
    number, plain = book.add_format({"border": 1, "align": "center", "valign": "vcenter"}), book.add_format({})
    sheet.write_string(2, 0, "序号", header)
    for at, (field, column) in enumerate(columns, 1):
        sheet.write_string(2, at, (column.label or field.label).zh, header)
    count = 0
    for count, entry in enumerate(entries, 1):
        sheet.write_number(count + 2, 0, count, number)
        for at, (field, _) in enumerate(columns, 1):
            _put(sheet, count + 2, at, field, entry, say(field, entry), styles[field.code], plain)
    return count


def _put(sheet: Any, row: int, at: int, field: Any, entry: Any, shown: str, style: Any, plain: Any) -> None:
    value = getattr(entry, field.attribute)
    if not shown:
        sheet.write_blank(row, at, None, style)
    elif (number := _PLAIN.number(field, value)) is not None:
        sheet.write_number(row, at, number, style)
    elif isinstance(field.kind, Day):
        sheet.write_datetime(row, at, value, style)
    else:
        put_text(sheet, row, at, shown, style, plain)


def _set_up(sheet: Any, columns: Sequence[tuple[Any, OfficialColumn]], count: int, note: str) -> None:
    last = len(columns)
    sheet.set_column(0, 0, 6)
    for at, (_, column) in enumerate(columns, 1):
        sheet.set_column(at, at, column.width)
    sheet.set_row(0, 30)
    sheet.set_row(2, 32)
    sheet.freeze_panes(3, 2)
    sheet.autofilter(2, 0, max(count + 2, 3), last)
    sheet.ignore_errors({"number_stored_as_text": f"A1:Z{count + 10}"})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 2)
    sheet.print_area(0, 0, max(count + 2, 3), last)
    sheet.set_footer(f"&L{note.replace('&', '&&')[:200]}&C第 &P 页，共 &N 页")
