"""Schemes: under which terms a guarantor covers loans, and what each grade gets, as registers."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from matchmaker.actor import Open
from matchmaker.db import Base
from matchmaker.domain.cells import CellFault
from matchmaker.domain.guarantee_terms import FeePayer, Grade, LossParty
from matchmaker.domain.kinds import (
    AREA_PATTERN,
    Code,
    Codes,
    Day,
    FreeText,
    KeyText,
    Money,
    Percent,
    Registered,
    RegisteredMany,
    Whole,
    YesNo,
)
from matchmaker.domain.rate import E6
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, Faults, column
from matchmaker.lists.guarantors import SOURCE

WHOLE_E6 = 100 * E6
"""100 %."""


class Scheme(Entry, Open, Base):
    """The terms under which a guarantor covers loans; of amounts and shares by grade see :class:`SchemeGrade`."""

    __tablename__ = "guarantee_scheme"
    kind_name: ClassVar[str] = "schemes"
    label: ClassVar[Text] = Text("担保方案", "guarantee schemes")

    scheme_code: Mapped[str] = column(KeyText(), "方案编号", "scheme code", required=True, key=True)
    name: Mapped[str] = column(FreeText(), "方案名称", "name", required=True)
    org_code: Mapped[str | None] = column(
        Registered(register="guarantor"), "担保机构", "guarantor", hint=Text("启用前填写", "before it is put to use")
    )
    active: Mapped[bool | None] = column(YesNo(), "启用", "in use", hint=Text("空白表示未启用", "blank means not"))
    valid_from: Mapped[date | None] = column(Day(), "生效日期", "valid from")
    valid_to: Mapped[date | None] = column(Day(), "失效日期", "valid to")
    areas: Mapped[tuple[str, ...]] = column(
        RegisteredMany(register="area", pattern=AREA_PATTERN, unlisted=True), "适用区域", "areas"
    )
    chains: Mapped[tuple[str, ...]] = column(RegisteredMany(register="chain"), "适用产业链", "chains")
    banks: Mapped[tuple[str, ...]] = column(
        RegisteredMany(register="bank"), "合作银行", "cooperating banks", hint=Text("空白表示不限", "blank means all")
    )
    term_max_months: Mapped[int | None] = column(Whole(low=1, high=360), "最长期限(月)", "longest term (months)")
    fee_e6: Mapped[int] = column(Percent(), "年担保费率(%)", "fee a year (%)", required=True, code="fee_pct_per_year")
    fee_payer: Mapped[FeePayer] = column(Code(terms=FeePayer), "担保费承担方", "who pays the fee", required=True)
    cap_fen: Mapped[int | None] = column(Money(), "方案在保上限(万元)", "most guaranteed at a time (10k CNY)")
    budget_fen: Mapped[int | None] = column(
        Money(),
        "年度财政预算(万元)",
        "treasury's budget a year (10k CNY)",
        hint=Text("财政承担的担保费与代偿合计", "fees and losses that the treasury bears"),
    )
    compensation_cap_e6: Mapped[int | None] = column(
        Percent(), "代偿率上限(%)", "compensation-rate cap (%)", code="compensation_cap_pct"
    )
    four_eyes_above_fen: Mapped[int] = column(
        Money(),
        "双人审批起点(万元)",
        "two persons above (10k CNY)",
        required=True,
        hint=Text("超过这个金额，审查人不能是审批人；0 表示全部", "above it reviewer and approver differ; 0: always"),
    )
    reservation_workdays: Mapped[int] = column(
        Whole(low=1, high=250), "额度预留工作日", "capacity is reserved for (workdays)", required=True
    )
    decision_workdays: Mapped[int] = column(
        Whole(low=1, high=60), "审批时限(工作日)", "decided within (workdays)", required=True
    )
    letter_days: Mapped[int] = column(
        Whole(low=1, high=730), "意向函有效天数", "letter holds for (days)", required=True
    )
    automatic_max_fen: Mapped[int | None] = column(
        Money(),
        "见贷即保单户上限(万元)",
        "automatic cover up to (10k CNY)",
        hint=Text("空白表示不做见贷即保", "blank means no automatic cover"),
    )
    automatic_grades: Mapped[tuple[str, ...]] = column(
        Codes(terms=Grade), "见贷即保信用等级", "grades of automatic cover"
    )
    claim_after_days: Mapped[int] = column(
        Whole(low=0, high=365), "逾期满几天可申请代偿", "claim after days overdue", required=True
    )
    interest_days: Mapped[int | None] = column(
        Whole(low=0, high=365), "代偿含利息天数", "days of interest that are covered",
        hint=Text("空白表示只保本金", "blank: the principal only"),
    )  # fmt: skip
    interest_max_e6: Mapped[int | None] = column(
        Percent(), "代偿利息年利率上限(%)", "most interest a year in a claim (%)", code="interest_max_pct",
        hint=Text("空白按出函日一年期LPR的4倍", "blank: four times the 1-year LPR on the day of the letter"),
    )  # fmt: skip
    source: Mapped[str | None] = column(FreeText(limit=1000), "来源", "source", hint=SOURCE)

    __table_args__ = (UniqueConstraint("scheme_code"),)

    @classmethod
    def refused(cls, values: Mapping[str, Any]) -> Faults:
        """A scheme in use needs its guarantor."""
        if values["active"] and values["org_code"] is None:
            return [("org_code", CellFault("scheme_guarantor", _NO_GUARANTOR))]
        return []


class SchemeGrade(Entry, Open, Base):
    """What a scheme gives an enterprise of one grade: how much at most, and who bears which share of a loss."""

    __tablename__ = "scheme_grade"
    kind_name: ClassVar[str] = "scheme-grades"
    label: ClassVar[Text] = Text("担保方案分级条款", "terms of schemes by grade")

    scheme_code: Mapped[str] = column(Registered(register="scheme"), "方案编号", "scheme code", required=True, key=True)
    grade: Mapped[Grade] = column(Code(terms=Grade), "信用等级", "grade", required=True, key=True)
    amount_max_fen: Mapped[int] = column(
        Money(positive=True), "单户最高(万元)", "most a customer (10k CNY)", required=True
    )
    guarantor_e6: Mapped[int] = column(
        Percent(), "担保机构分担(%)", "guarantor's share (%)", required=True, code="guarantor_pct"
    )
    bank_e6: Mapped[int] = column(Percent(), "银行分担(%)", "bank's share (%)", required=True, code="bank_pct")
    reguarantor_e6: Mapped[int | None] = column(
        Percent(), "再担保分担(%)", "re-guarantor's share (%)", code="reguarantor_pct"
    )
    treasury_e6: Mapped[int | None] = column(Percent(), "财政分担(%)", "treasury's share (%)", code="treasury_pct")
    collateral: Mapped[str | None] = column(
        FreeText(), "反担保要求", "counter-guarantee", hint=Text("空白表示不要求", "blank means none")
    )
    source: Mapped[str | None] = column(FreeText(limit=500), "来源", "source", hint=SOURCE)

    __table_args__ = (
        UniqueConstraint("scheme_code", "grade"),
        CheckConstraint(
            f"guarantor_e6 + bank_e6 + COALESCE(reguarantor_e6, 0) + COALESCE(treasury_e6, 0) = {WHOLE_E6}",
            name="shares_are_whole",
        ),
    )

    @classmethod
    def refused(cls, values: Mapping[str, Any]) -> Faults:
        """Shares that do not add up to exactly 100 %, at the guarantor's share."""
        total = sum(values[name] or 0 for name in SHARES.values())
        if total == WHOLE_E6:
            return []
        told = f"{total / E6:.6f}".rstrip("0").rstrip(".")
        return [("guarantor_pct", CellFault("shares", _SHARES_OFF, total=told))]


SHARES: dict[LossParty, str] = {
    LossParty.GUARANTOR: "guarantor_e6",
    LossParty.BANK: "bank_e6",
    LossParty.REGUARANTOR: "reguarantor_e6",
    LossParty.TREASURY: "treasury_e6",
}
"""Who bears a loss → the attribute of :class:`SchemeGrade` that holds the share."""

_NO_GUARANTOR = Text(
    "启用的方案要有担保机构。填写机构编号，或把「启用」改为否。",
    "A scheme in use needs its guarantor. Fill in the organisation, or set it out of use.",
)
_SHARES_OFF = Text(
    "各方分担合计 {total}%，应正好是 100%。核对担保机构、银行、再担保和财政四格。",
    "The shares add up to {total} %, not to exactly 100 %. Check the four shares.",
)
