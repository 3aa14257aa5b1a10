"""Banks' files of reports and of loans: read as every list is (.xlsx or .csv, UTF-8 or GB18030), rows typed.

A cell that cannot be read refuses the whole file before any row of it counts: a file that is half understood is mended
and sent again. What a row asks for is judged later, row by row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from matchmaker.domain.cells import CellFault, Registers
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import Day, KeyText, Kind, UsccCode, Whole, Yuan
from matchmaker.domain.text import LANGS, Text
from matchmaker.guarantee.cases.covering import Loan
from matchmaker.guarantee.cases.report_rules import LONGEST_NO
from matchmaker.guarantee.cases.reports import Reported
from matchmaker.lists.entry import Form, Readable, fields_of
from matchmaker.lists.files import Table, read_table
from matchmaker.lists.schemas import read_row, schema_class

LONGEST_TERM = 600
"""Months; no loan runs longer than fifty years."""


def _field(attribute: str, kind: Kind, zh: str, en: str, *, key: bool = False, required: bool = True) -> Field:
    return Field(kind.code_of(attribute), attribute, kind, Text(zh, en), required=required, key=key)


_EVENT_NO = _field("event_no", KeyText(limit=LONGEST_NO), "事件编号", "event number", key=True)


class ReportForm(Form):
    """One report a row; what has no amount leaves the cell blank."""

    kind_name: ClassVar[str] = "guarantee-events"
    label: ClassVar[Text] = Text("担保事件", "reports on guarantees")
    fields: ClassVar[tuple[Field, ...]] = (
        _EVENT_NO,
        _field("guarantee_no", KeyText(), "担保编号", "guarantee number"),
        _field("kind", KeyText(), "事件种类", "kind of event"),
        _field("happened_on", Day(), "发生日", "day it happened"),
        _field("amount_fen", Yuan(), "金额(元)", "amount (yuan)", required=False),
        _field("interest_fen", Yuan(), "利息(元)", "interest (yuan)", required=False),
    )


class LoanForm(Form):
    """One loan a row that is to be covered automatically."""

    kind_name: ClassVar[str] = "guarantee-loans"
    label: ClassVar[Text] = Text("见贷即保的贷款", "loans to cover automatically")
    fields: ClassVar[tuple[Field, ...]] = (
        _EVENT_NO,
        _field("scheme_code", KeyText(), "方案编号", "scheme code"),
        _field("uscc", UsccCode(), "统一社会信用代码", "USCC"),
        _field("amount_fen", Yuan(), "金额(元)", "amount (yuan)"),
        _field("term_months", Whole(high=LONGEST_TERM), "期限(月)", "term (months)"),
    )


FORMS: Mapping[str, type[Form]] = {form.kind_name: form for form in (ReportForm, LoanForm)}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of a file of reports; ``row`` is the spreadsheet's own number."""

    row: int
    guarantee_no: str
    reported: Reported


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A row of a file of loans."""

    row: int
    loan: Loan


def read_reports(path: Path) -> tuple[Table, list[ReportRow]]:
    """The reports of a file. Errors are those of ``read_table``, and RejectedError for a cell that cannot be read."""
    table = read_table(path, ReportForm)
    return table, [
        ReportRow(
            number, found["guarantee_no"],
            Reported(
                event_no=found["event_no"], kind=found["kind"], happened_on=found["happened_on"],
                amount_fen=found.get("amount_fen") or 0, interest_fen=found.get("interest_fen") or 0,
            ),
        )
        for number, found in _rows(table, ReportForm)
    ]  # fmt: skip


def read_loans(path: Path) -> tuple[Table, list[LoanRow]]:
    """The loans of a file; errors as of :func:`read_reports`."""
    table = read_table(path, LoanForm)
    return table, [LoanRow(number, Loan(**found)) for number, found in _rows(table, LoanForm)]


def _rows(table: Table, form: Readable) -> list[tuple[int, Mapping[str, Any]]]:
    """(row, attribute → value) of each row, where all cells can be read."""
    schema = schema_class(form)(Registers())
    read = [read_row(schema, row.number, row.cells) for row in table.rows]
    faulty = [(row.number, *fault) for row in read for fault in row.faults]
    if faulty:
        raise _unreadable(table, form, *faulty[0], len(faulty))
    return [(row.number, row.values) for row in read]


def _unreadable(table: Table, form: Readable, row: int, column: str, fault: CellFault, faults: int) -> RejectedError:
    """The first cell that cannot be read, and how many there are."""
    label = next(Text(f.label.zh, f.code) for f in fields_of(form) if f.code == column)
    why = Text(*(fault.text.say(lang, **fault.values) for lang in LANGS))
    cell = table.cell_name(row, column)
    return RejectedError(_CELL, code="cell", row=row, cell=cell, label=label, why=why, faults=faults)


_CELL = Text(
    "第 {row} 行 {cell}「{label}」：{why}整份没有办理，共 {faults} 格读不懂，改正后重发。",
    'Row {row}, {cell} "{label}": {why} Nothing of the file was taken; {faults} cells cannot be read. Mend them.',
)
