"""The table of a register, made from the fields that its model declares."""

from typing import Any

from sqlalchemy import String, inspect, select, type_coerce

from matchmaker.domain.fields import MULTIPLE, Field
from matchmaker.domain.kinds import Day
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.credit_sources import CreditSource
from matchmaker.lists.entry import fields_of, key_fields
from matchmaker.lists.guarantee_registers import (
    GuaranteeLimit,
    Guarantor,
    GuarantorRelation,
    RelatedGroup,
    RiskWeight,
    Scheme,
    SchemeGrade,
)
from matchmaker.lists.registers import Area, Chain, Industry, SizeRuleRow, Workday
from matchmaker.web.tables.filters import Between, Choice, Filter
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import current_lang, linked

SEARCHED: dict[Any, tuple[str, ...]] = {
    Chain: ("chain_code", "name_zh", "name_en", "leaders"),
    Industry: ("code", "name"),
    Area: ("code", "name"),
    SizeRuleRow: ("industry_zh",),
    Workday: ("name",),
    Scheme: ("scheme_code", "name", "org_code"),
    CreditSource: ("source", "authority"),
    SchemeGrade: ("scheme_code",),
    Guarantor: ("org_code",),
    GuaranteeLimit: ("limit_no", "source"),
    RiskWeight: ("name",),
    GuarantorRelation: ("org_code", "uscc"),
    RelatedGroup: ("group_code", "uscc"),
}
UNASKED: dict[Any, tuple[str, ...]] = {
    Scheme: ("scheme_code", "name", "org_code", "active", "valid_from", "valid_to", "fee_pct_per_year", "fee_payer"),
}
"""Of a register with many columns, those that are shown without being asked for."""
LEVELS = (
    ("section", Text("门类", "section")),
    ("division", Text("大类", "division")),
    ("group", Text("中类", "group")),
    ("class", Text("小类", "class")),
)


def register_table(model: Any, *, link: Any) -> Table:
    """The rows that are kept. ``link``: row → the address of its page, or None where it has none."""
    columns = [_column(model, field, link if at == 0 else None) for at, field in enumerate(fields_of(model))]
    newest = f"-{key_fields(model)[0].code}" if isinstance(key_fields(model)[0].kind, Day) else ""
    return Table(
        base=select(model).where(model.status == EntryStatus.PUBLISHED),
        columns=columns,
        unique=inspect(model).columns[key_fields(model)[-1].attribute],
        filters=_filters(model),
        search=[type_coerce(getattr(model, name), String) for name in SEARCHED.get(model, ())],
        default_sort=newest,
    )


def _column(model: Any, declared: Field, link: Any) -> Column:
    stored = inspect(model).columns[declared.attribute]
    form = "num" if declared.kind.storage == "integer" else "day" if isinstance(declared.kind, Day) else ""

    def told(row: Any) -> Any:
        shown = declared.show(getattr(row, declared.attribute), current_lang())
        return linked(link(row), shown) if link else shown

    sort = None if isinstance(declared.kind, MULTIPLE) else stored
    shown = declared.code in UNASKED.get(model, (declared.code,))
    return Column(declared.code, declared.label, told, sort, form, shown)


def _filters(model: Any) -> list[Filter]:
    if model is Industry:
        return [Choice("level", Text("层级", "Level"), Industry.level, LEVELS)]
    if model is Workday:
        day = next(f for f in fields_of(Workday) if f.key)
        yes_no = (("1", Text("上班", "workday")), ("0", Text("休息", "day off")))
        return [
            Between("date", Text("日期", "Date"), Workday.day, day.kind),
            Choice(
                "is_workday", Text("是否上班", "Workday"), Workday.is_workday, yes_no, load=lambda code: code == "1"
            ),
        ]
    return []
