"""What a need asks of an enterprise: eight questions on two pages, and their answers as a page shows them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.domain.cells import Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import Money
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Need
from matchmaker.lists.validity import is_past
from matchmaker.web.forms import Form, Question, check, questions_of
from matchmaker.web.view import current_lang, money, t

PAGES: tuple[tuple[str, ...], ...] = (
    ("amount_wan", "purpose", "term_months", "latest_funding_on"),
    ("security_offered", "max_rate_pct", "repayment", "description"),
)
"""Column codes asked on each page."""

ALL = tuple(code for codes in PAGES for code in codes)

LABELS: Mapping[str, Text] = {
    "amount_wan": Text("融资金额", "Amount"),
    "purpose": Text("用途", "Purpose"),
    "term_months": Text("期限", "Term"),
    "latest_funding_on": Text("最晚到账日", "Latest funding date"),
    "security_offered": Text("可提供的担保方式", "Security you can offer"),
    "max_rate_pct": Text("可接受最高年利率", "Highest acceptable annual rate"),
    "repayment": Text("还款方式", "Repayment"),
    "description": Text("说明", "Description"),
}
HINTS: Mapping[str, Text] = {
    "amount_wan": Text(
        "单位万元，例如 800；也可以写 800万 或 8,000,000元", "in 10,000 yuan, for example 800; or write 8,000,000元"
    ),
    "term_months": Text("单位月，例如 12", "in months, for example 12"),
    "latest_funding_on": Text(
        "例如 2026-12-31；过了这一天，需求自动结束", "for example 2026-12-31; after this day the need ends by itself"
    ),
    "security_offered": Text(
        "可多选；不能提供任何担保请选「无」", "as many as apply; NONE where you can offer nothing"
    ),
    "max_rate_pct": Text("不含费用，例如 4.5 或 LPR+50BP", "before fees, for example 4.5 or LPR+50BP"),
    "description": Text(
        "200 字以内为宜。请勿写企业名称、联系人和电话：您授权之前，银行只看到隐去这些内容的文字",
        "Best within 200 characters. Leave out names, people and phone numbers: until you consent, banks read it "
        "without them",
    ),
}


def need_questions(codes: Iterable[str] = ALL) -> list[Question]:
    """These questions, in this order."""
    return questions_of(Need, codes, Registers(), radios=("purpose",), labels=LABELS, hints=HINTS)


def check_need(session: Session, form: Form, on: date) -> dict[str, Any]:
    """Attribute → value of what could be read; a funding date before ``on`` is a fault too."""
    values = check(session, Need, form, Registers())
    latest = values.get("latest_funding_on")
    if latest is not None and is_past(latest, on):
        form.faults.append(("latest_funding_on", _PAST))
        order = [q.name for q in form.questions]
        form.faults.sort(key=lambda fault: order.index(fault[0]))
    return values


def page_of(code: str) -> int:
    """The page that asks a question, counted from 1."""
    return next(number for number, codes in enumerate(PAGES, 1) if code in codes)


def told(declared: Field, value: Any) -> str:
    """An answer for a person, with its unit; empty where the question was left open."""
    if declared.is_blank(value):
        return ""
    if isinstance(declared.kind, Money):
        return money(value)
    if declared.code == "term_months":
        return t("{n} 个月", "{n} months", n=value)
    return declared.show(value, current_lang())


def answers_of(values: Mapping[str, Any]) -> list[tuple[str, Text, str]]:
    """(column code, label, answer) of every question; ``values``: attribute → value."""
    declared = {f.code: f for f in fields_of(Need)}
    return [(code, LABELS[code], told(declared[code], values.get(declared[code].attribute))) for code in ALL]


_PAST = Text(
    "最晚到账日已经过去。填写今天或以后的日期，或留空。",
    "The latest funding date is past. Give today or a later day, or leave it open.",
)
