"""Credit files of the stories' firms: several sources, one record in dispute, one repaired, one source long not loaded.

None of these records counts on the demo day, so the stories stay as they are told. With them every kind of record that
a rating asks for is supplied by some source: without a source the absence of a record would say nothing.
"""

from datetime import date, timedelta

from matchmaker.demo.rows import Row, row
from matchmaker.demo.stories import firm_code
from matchmaker.domain.terms import CreditKind, Disclosure, Severity

OLD_SOURCE, OLD_DAYS = "市场信用信息", 130
"""A source, and how many days ago it was last loaded: more than its 90 days of the register.

What it supplies is of a kind that no rule of rating asks for: an old source would end everybody's rating."""

DISPUTED = "TS000001"
"""Number of the record that the first story's firm disputes."""


def told_records(on: date) -> list[Row]:
    """Records of the stories' firms on the demo day."""
    tackle, carbon, neighbour = firm_code("tackle"), firm_code("carbon"), firm_code("neighbour")
    return [
        _row(on, DISPUTED, tackle, "信用中国", "消防救援支队", CreditKind.ADMIN_PENALTY, Severity.MINOR, 70,
             "消防器材摆放不规范，当场改正，不予公示"),
        _row(on, "TS000002", tackle, "信用中国", "工业和信息化局", CreditKind.HONOUR, Severity.NONE, 240, "市级专精特新培育企业"),
        _row(on, "TS000003", tackle, "政务数据共享", "供电公司", CreditKind.UTILITIES, Severity.NONE, 20,
             "近十二个月电费按期缴纳", disclosure=Disclosure.AUTHORISED),
        _row(on, "TS000004", carbon, "信用中国", "生态环境局", CreditKind.ADMIN_PENALTY, Severity.GENERAL, 400,
             "危险废物标识不全，已改正并完成信用修复", repaired_on=on - timedelta(days=180)),
        _row(on, "TS000005", carbon, "税务部门", "税务局", CreditKind.TAX_GRADE, Severity.NONE, 205, "上一年度纳税信用评价结果为 A"),
        _row(on, "TS000006", carbon, "人民银行征信中心", "中国人民银行", CreditKind.OTHER, Severity.NONE, 25,
             "无逾期和欠息记录", disclosure=Disclosure.AUTHORISED),
        _row(on, "TS000007", carbon, OLD_SOURCE, "供应链平台", CreditKind.HONOUR, Severity.NONE, OLD_DAYS + 5,
             "近一年按期向供应商付款", disclosure=Disclosure.AUTHORISED),
        _row(on, "TS000008", neighbour, "信用中国", "人力资源和社会保障局", CreditKind.SERIOUS_LIST, Severity.SERIOUS, 700,
             "拖欠工资，已全部补发并移出名单", repaired_on=on - timedelta(days=420)),
    ]  # fmt: skip


def _row(
    on: date, number: str, uscc: str, source: str, authority: str, kind: CreditKind, severity: Severity, days: int,
    summary: str, **more: object,
) -> Row:  # fmt: skip
    """``days``: since it was decided."""
    decided = on - timedelta(days=days)
    facts: dict[str, object] = {
        "occurred_on": decided - timedelta(days=20), "decided_on": decided, "disputed": False,
        "disclosure": Disclosure.PUBLIC,
    }  # fmt: skip
    return row(
        "credit-records", source=source, record_no=number, uscc=uscc, authority=authority, kind=kind,
        severity=severity, summary=summary, **(facts | more),
    )  # fmt: skip
