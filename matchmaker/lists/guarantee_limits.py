"""What guarantors may take on at most, and how balances are weighted, as registers. No limit is a constant of the code,
but that nobody may register a statutory one looser than the law."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from matchmaker.actor import Open
from matchmaker.db import Base
from matchmaker.domain.cells import CellFault
from matchmaker.domain.guarantee_terms import STATUTORY_MOST, GuarantorKind, LimitClass, LimitKind
from matchmaker.domain.kinds import Code, Codes, FreeText, KeyText, Money, Percent, Registered, Whole
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import SizeClass
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, Faults, column
from matchmaker.lists.guarantors import SOURCE


class GuaranteeLimit(Entry, Open, Base):
    """A bound on what guarantors may take on, with where it comes from. The strictest that fits holds."""

    __tablename__ = "guarantee_limit"
    kind_name: ClassVar[str] = "guarantee-limits"
    label: ClassVar[Text] = Text("担保限额", "guarantee limits")

    limit_no: Mapped[str] = column(KeyText(), "限额编号", "limit number", required=True, key=True)
    kind: Mapped[LimitKind] = column(Code(terms=LimitKind), "限额", "limit", required=True)
    limit_class: Mapped[LimitClass] = column(Code(terms=LimitClass), "性质", "class", required=True)
    guarantor_kind: Mapped[GuarantorKind | None] = column(
        Code(terms=GuarantorKind), "适用机构性质", "kind of guarantor", hint=Text("空白表示都适用", "blank means all")
    )
    org_code: Mapped[str | None] = column(
        Registered(register="guarantor"), "适用机构", "guarantor", hint=Text("空白表示都适用", "blank means all")
    )
    value_e6: Mapped[int | None] = column(
        Percent(), "比例(%)", "share (%)", code="value_pct", hint=Text("百分比的限额", "of limits in percent")
    )
    times: Mapped[int | None] = column(Whole(low=1, high=100), "倍数", "times", hint=Text("放大倍数", "of leverage"))
    amount_fen: Mapped[int | None] = column(Money(positive=True), "金额(万元)", "amount (10k CNY)")
    source: Mapped[str | None] = column(FreeText(limit=500), "来源", "source", hint=SOURCE)

    __table_args__ = (UniqueConstraint("limit_no"),)

    @classmethod
    def refused(cls, values: Mapping[str, Any]) -> Faults:
        """The one value that its kind is measured in must be given, and no other; a statutory one as the law has it."""
        kind, wanted = values["kind"], UNIT_OF[values["kind"]]
        if values[wanted] is None:
            return [(_CODES[wanted], CellFault("limit_value", _LIMIT_VALUE, label=kind.label))]
        most = STATUTORY_MOST.get(kind)
        if values["limit_class"] is LimitClass.STATUTORY and most is not None and values[wanted] > most:
            shown = f"{most // E6}%" if wanted == "value_e6" else f"{most}"
            return [(_CODES[wanted], CellFault("limit_statutory", _LIMIT_LOOSE, label=kind.label, most=shown))]
        return [
            (_CODES[other], CellFault("limit_unit", _LIMIT_UNIT, label=kind.label))
            for other in _CODES
            if other != wanted and values[other] is not None
        ]


UNIT_OF: dict[LimitKind, str] = {
    LimitKind.LEVERAGE: "times",
    LimitKind.LEVERAGE_SMALL: "times",
    LimitKind.CUSTOMER: "value_e6",
    LimitKind.GROUP: "value_e6",
    LimitKind.SMALL_SHARE: "value_e6",
    LimitKind.TICKET_SHARE: "value_e6",
    LimitKind.CITY_GROUP: "amount_fen",
}
"""Which attribute of a limit holds its value."""

_CODES = {"value_e6": "value_pct", "times": "times", "amount_fen": "amount_wan"}


class RiskWeight(Entry, Open, Base):
    """A regulatory weight of guaranteed balances; of those that fit the first by number holds."""

    __tablename__ = "risk_weight"
    kind_name: ClassVar[str] = "risk-weights"
    label: ClassVar[Text] = Text("担保责任权重", "risk weights")

    weight_no: Mapped[str] = column(KeyText(), "序号", "number", required=True, key=True)
    name: Mapped[str] = column(FreeText(), "适用情形", "when it holds", required=True)
    size_classes: Mapped[tuple[str, ...]] = column(
        Codes(terms=SizeClass), "企业规模", "size classes", hint=Text("空白表示不限", "blank means any")
    )
    customer_max_fen: Mapped[int | None] = column(
        Money(),
        "单户余额不超过(万元)",
        "customer's balance up to (10k CNY)",
        hint=Text("空白表示不限", "blank means any"),
    )
    weight_e6: Mapped[int] = column(Percent(), "权重(%)", "weight (%)", required=True, code="weight_pct")
    source: Mapped[str | None] = column(FreeText(limit=500), "来源", "source", hint=SOURCE)

    __table_args__ = (UniqueConstraint("weight_no"),)


_LIMIT_VALUE = Text(
    "「{label}」的数值还没有填写。填写这一格。", 'The value of "{label}" is missing. Fill in this cell.'
)
_LIMIT_UNIT = Text("「{label}」不用这一格。清空这一格。", '"{label}" does not use this cell. Clear it.')
_LIMIT_LOOSE = Text(
    "法定限额「{label}」最多为 {most}（《融资担保公司监督管理条例》第十五、十六条）。改为不超过它的数值。",
    'By law "{label}" is {most} at most (articles 15 and 16 of the Regulations). Write a value that is not above it.',
)
