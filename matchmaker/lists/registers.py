"""Reference tables that an operator imports and edits with the same commands as the lists."""

from datetime import date
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from matchmaker.actor import Open
from matchmaker.db import Base
from matchmaker.domain.kinds import INDUSTRY_PATTERN, Day, FreeText, KeyText, Percent, RegisteredMany, Whole, YesNo
from matchmaker.domain.rate import E6
from matchmaker.domain.text import Text
from matchmaker.lists.credit_sources import CreditSource
from matchmaker.lists.entry import Entry, column
from matchmaker.lists.guarantee_registers import GUARANTEE_REGISTERS


class Chain(Entry, Open, Base):
    """A landmark industrial chain; its industry codes only suggest membership."""

    __tablename__ = "chain"
    kind_name: ClassVar[str] = "chains"
    label: ClassVar[Text] = Text("产业链", "industrial chains")

    chain_code: Mapped[str] = column(KeyText(), "产业链代码", "chain code", required=True, key=True)
    name_zh: Mapped[str] = column(FreeText(), "中文名称", "Chinese name", required=True)
    name_en: Mapped[str | None] = column(FreeText(), "英文名称", "English name")
    industries: Mapped[tuple[str, ...]] = column(
        RegisteredMany(register="industry", pattern=INDUSTRY_PATTERN), "对应行业", "industry codes"
    )
    leaders: Mapped[str | None] = column(FreeText(limit=500), "链主企业", "chain leaders")
    basis: Mapped[str | None] = column(FreeText(limit=500), "依据", "basis")

    __table_args__ = (UniqueConstraint("chain_code"),)


class Industry(Entry, Open, Base):
    """A code of GB/T 4754-2017."""

    __tablename__ = "industry"
    kind_name: ClassVar[str] = "industries"
    label: ClassVar[Text] = Text("行业代码", "industry codes")

    code: Mapped[str] = column(KeyText(), "代码", "code", required=True, key=True)
    name: Mapped[str] = column(FreeText(), "名称", "name", required=True)
    level: Mapped[str] = column(KeyText(), "层级", "level", required=True)
    parent_code: Mapped[str | None] = column(KeyText(), "上级代码", "parent code")
    section: Mapped[str] = column(KeyText(), "门类", "section", required=True)

    __table_args__ = (UniqueConstraint("code"),)


class Area(Entry, Open, Base):
    """An administrative area."""

    __tablename__ = "area"
    kind_name: ClassVar[str] = "areas"
    label: ClassVar[Text] = Text("行政区划", "areas")

    code: Mapped[str] = column(KeyText(), "代码", "code", required=True, key=True)
    name: Mapped[str] = column(FreeText(), "名称", "name", required=True)
    level: Mapped[str | None] = column(KeyText(), "层级", "level")
    parent_code: Mapped[str | None] = column(KeyText(), "上级代码", "parent code")
    note: Mapped[str | None] = column(FreeText(limit=500), "备注", "note")

    __table_args__ = (UniqueConstraint("code"),)


class SizeRuleRow(Entry, Open, Base):
    """One industry group of the 2011 size classification; revenue and assets in 万元, employees in persons."""

    __tablename__ = "size_rule"
    kind_name: ClassVar[str] = "size-classes"
    label: ClassVar[Text] = Text("划型标准", "size classes")

    no: Mapped[str] = column(KeyText(), "序号", "number", required=True, key=True)
    industry_zh: Mapped[str] = column(FreeText(), "行业", "industry group", required=True)
    gbt4754_scope: Mapped[tuple[str, ...]] = column(RegisteredMany(), "行业范围", "GB/T 4754 scope")
    metric_1: Mapped[str] = column(KeyText(), "指标一", "first metric", required=True)
    metric_2: Mapped[str | None] = column(KeyText(), "指标二", "second metric")
    sme_below_1: Mapped[int] = column(Whole(), "中小微上限一", "large from (1)", required=True)
    sme_below_2: Mapped[int | None] = column(Whole(), "中小微上限二", "large from (2)")
    medium_from_1: Mapped[int] = column(Whole(), "中型下限一", "medium from (1)", required=True)
    medium_from_2: Mapped[int | None] = column(Whole(), "中型下限二", "medium from (2)")
    small_from_1: Mapped[int] = column(Whole(), "小型下限一", "small from (1)", required=True)
    small_from_2: Mapped[int | None] = column(Whole(), "小型下限二", "small from (2)")

    __table_args__ = (UniqueConstraint("no"),)


class LprRow(Entry, Open, Base):
    """Loan prime rates from a date on."""

    __tablename__ = "lpr"
    kind_name: ClassVar[str] = "lpr"
    label: ClassVar[Text] = Text("贷款市场报价利率", "loan prime rates")

    quoted_on: Mapped[date] = column(Day(), "日期", "date", required=True, key=True, code="date")
    lpr_1y_pct_e6: Mapped[int] = column(Percent(least_e6=E6 // 2), "一年期LPR(%)", "1-year LPR (%)", required=True)
    lpr_5y_pct_e6: Mapped[int] = column(Percent(least_e6=E6 // 2), "五年期以上LPR(%)", "5-year LPR (%)", required=True)
    source: Mapped[str | None] = column(FreeText(limit=500), "来源", "source")

    __table_args__ = (UniqueConstraint("quoted_on"),)


class Workday(Entry, Open, Base):
    """An exception of the workday calendar: a holiday on a weekday or a make-up workday on a weekend."""

    __tablename__ = "workday"
    kind_name: ClassVar[str] = "workdays"
    label: ClassVar[Text] = Text("工作日历", "workday calendar")

    day: Mapped[date] = column(Day(), "日期", "date", required=True, key=True, code="date")
    is_workday: Mapped[bool] = column(YesNo(), "是否工作日", "workday", required=True)
    name: Mapped[str | None] = column(FreeText(), "说明", "name")

    __table_args__ = (UniqueConstraint("day"),)


REGISTERS: dict[str, type[Entry]] = {
    **{model.kind_name: model for model in (Industry, Chain, Area, SizeRuleRow, LprRow, Workday)},
    **{model.kind_name: model for model in GUARANTEE_REGISTERS},
    CreditSource.kind_name: CreditSource,
}
"""The kinds of ``flask registers``, in the order in which they have to be imported."""
