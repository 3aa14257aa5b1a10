"""The register of the sources of credit records: whose they are, how long they hold, on what law they rest."""

from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from matchmaker.actor import Open
from matchmaker.db import Base
from matchmaker.domain.credit_terms import CreditNature
from matchmaker.domain.guarantee_terms import RatingDimension
from matchmaker.domain.kinds import Code, FreeText, Whole
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, column


class CreditSource(Entry, Open, Base):
    """Where credit records come from; of a source that does not stand here records are taken all the same."""

    __tablename__ = "credit_source"
    kind_name: ClassVar[str] = "credit-sources"
    label: ClassVar[Text] = Text("信用来源", "credit sources")

    source: Mapped[str] = column(
        FreeText(limit=64), "来源", "source", required=True, key=True,
        hint=Text("与信用记录的「来源」一致", "as written in the records"),
    )  # fmt: skip
    authority: Mapped[str | None] = column(FreeText(), "提供单位", "provided by")
    nature: Mapped[CreditNature] = column(Code(terms=CreditNature), "性质", "nature", required=True)
    dimension: Mapped[RatingDimension] = column(Code(terms=RatingDimension), "评级维度", "dimension", required=True)
    fresh_days: Mapped[int] = column(
        Whole(low=1, high=3650), "有效天数", "fresh for (days)", required=True,
        hint=Text("超过这个天数没有再导入，视为已过期", "older than that without another import is out of date"),
    )  # fmt: skip
    basis: Mapped[str | None] = column(FreeText(limit=500), "依据", "legal basis")

    __table_args__ = (UniqueConstraint("source"),)
