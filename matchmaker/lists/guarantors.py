"""Guarantors and who is related to them or to each other, as registers (of the limits see ``guarantee_limits``)."""

from datetime import date
from typing import ClassVar

from sqlalchemy import ColumnElement, UniqueConstraint, or_
from sqlalchemy.orm import Mapped

from matchmaker.actor import Open, Viewer
from matchmaker.db import Base
from matchmaker.domain.guarantee_terms import GuarantorKind, RelationToGuarantor
from matchmaker.domain.kinds import Code, Day, FreeText, KeyText, Money, Registered, UsccCode, YesNo
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, column

SOURCE = Text("从哪里来：文件名、条款、日期", "where it is from: document, article, date")
"""What is asked for in the last column of each of these registers."""


class Guarantor(Entry, Open, Base):
    """What the limits of a guarantor are reckoned from; the organisation itself stands in the organisations."""

    __tablename__ = "guarantor"
    kind_name: ClassVar[str] = "guarantors"
    label: ClassVar[Text] = Text("担保机构", "guarantors")

    org_code: Mapped[str] = column(
        Registered(register="guarantor"), "机构编号", "organisation", required=True, key=True
    )
    kind: Mapped[GuarantorKind] = column(Code(terms=GuarantorKind), "性质", "kind", required=True)
    licence_no: Mapped[str | None] = column(
        FreeText(), "经营许可证号", "licence number", hint=Text("融资担保公司填写", "of licensed companies")
    )
    net_assets_fen: Mapped[int] = column(Money(positive=True), "净资产(万元)", "net assets (10k CNY)", required=True)
    net_assets_on: Mapped[date] = column(Day(), "净资产截至", "net assets as of", required=True)
    mainly_small: Mapped[bool | None] = column(
        YesNo(),
        "主要服务小微和三农",
        "mainly small and farming business",
        hint=Text("是：放大倍数按 15 倍", "yes: the leverage limit of 15 times holds"),
    )
    source: Mapped[str | None] = column(FreeText(limit=500), "来源", "source", hint=SOURCE)

    __table_args__ = (UniqueConstraint("org_code"),)


class GuarantorRelation(Entry, Base):
    """An enterprise that controls a guarantor or is otherwise related to it."""

    __tablename__ = "guarantor_relation"
    kind_name: ClassVar[str] = "guarantor-relations"
    label: ClassVar[Text] = Text("担保机构关联方", "related parties of guarantors")

    org_code: Mapped[str] = column(
        Registered(register="guarantor"), "机构编号", "organisation", required=True, key=True
    )
    uscc: Mapped[str] = column(UsccCode(), "统一社会信用代码", "USCC", required=True, key=True, sensitivity="identity")
    relation: Mapped[RelationToGuarantor] = column(Code(terms=RelationToGuarantor), "关系", "relation", required=True)
    source: Mapped[str | None] = column(FreeText(limit=500), "来源", "source", hint=SOURCE)

    __table_args__ = (UniqueConstraint("org_code", "uscc"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, and the guarantor whose related parties they are."""
        return or_(to.is_side(Side.BUREAU), to.owns(cls.org_code))


class RelatedGroup(Entry, Base):
    """Enterprises that count as one customer with its related parties (article 16 of the regulation)."""

    __tablename__ = "related_group"
    kind_name: ClassVar[str] = "related-groups"
    label: ClassVar[Text] = Text("关联企业组", "related companies")

    group_code: Mapped[str] = column(KeyText(), "关联组编号", "group code", required=True, key=True)
    uscc: Mapped[str] = column(
        UsccCode(), "统一社会信用代码", "USCC", required=True, key=True, sensitivity="identity", index=True
    )
    relation: Mapped[str | None] = column(FreeText(), "关联关系", "relation")
    source: Mapped[str | None] = column(FreeText(limit=500), "来源", "source", hint=SOURCE)

    __table_args__ = (UniqueConstraint("group_code", "uscc"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau; which company belongs to which is nobody else's to read as a list."""
        return to.is_side(Side.BUREAU)
