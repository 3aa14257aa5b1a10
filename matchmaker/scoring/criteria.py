"""The sixteen criteria of CONTRACT.md section 3, one row each, in the order of every display and file.

Adding a criterion of an existing kind is one row here (and its column in the lists); a new kind is one class in
``kinds``. The scalar path, the bulk path and the explanation all read this catalogue.
"""

from dataclasses import dataclass
from typing import Literal

from matchmaker.domain.terms import Result, Security
from matchmaker.domain.text import Text
from matchmaker.scoring.kinds import AtLeast, AtMost, Detail, Flag, Kind, OneOf, Overlap, Prefix, RateCap, Within
from matchmaker.scoring.prepared import AsksOn, NeedOn
from matchmaker.scoring.records import counts_on
from matchmaker.scoring.size import size_class, size_rule

__all__ = ["BY_KEY", "CRITERIA", "KEYS", "Criterion", "Move", "Unit", "counts_on", "size_class", "size_rule"]

Unit = Literal["code", "month", "fen", "pct_e6", "yes"]
Move = Literal["wait_until", "change_amount", "change_term", "accept_rate", "add_security", "public_guarantee"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One row of the catalogue.

    ``kind`` compares; ``unit`` is that of its values; ``facts`` are the facts of the enterprise or need whose absence
    makes it unknown; ``moves`` are what can repair a failure (empty: nothing can); ``reachable``, if given, must pass
    for a repair to be possible at all.
    """

    key: str
    label: Text
    kind: Kind
    unit: Unit
    facts: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    reachable: Kind | None = None

    def judge(self, need: NeedOn, asks: AsksOn) -> Result:
        """Pass, fail or unknown for one pair."""
        return self.kind.judge(need, asks)

    def detail(self, need: NeedOn, asks: AsksOn) -> Detail:
        """Required and actual value and the gap, in ``unit``."""
        return self.kind.detail(need, asks)

    def repairable(self, need: NeedOn, asks: AsksOn) -> bool:
        """Whether a failure of this pair could be repaired; says nothing about a criterion that did not fail."""
        if not self.moves:
            return False
        return self.reachable is None or self.reachable.judge(need, asks) is Result.PASS


CRITERIA: tuple[Criterion, ...] = (
    Criterion("chain", Text("产业链", "Industrial chain"), OneOf("chain", "chains", blank=Result.FAIL), "code"),
    Criterion(
        "industry",
        Text("所属行业", "Industry"),
        Prefix("industry", "industries", short_unknown=True),
        "code",
        facts=("industry_code",),
    ),
    Criterion(
        "area", Text("所在区域", "Area"), Prefix("area", "areas", short_unknown=False), "code", facts=("area_code",)
    ),
    Criterion("tier", Text("梯度认定", "Recognition"), Overlap("tiers", "tiers_any"), "code"),
    Criterion(
        "size",
        Text("企业规模", "Enterprise size"),
        OneOf("size", "size_classes"),
        "code",
        facts=("industry_code", "employees", "revenue_fen", "total_assets_fen"),
    ),
    Criterion(
        "age",
        Text("成立时间", "Time since founding"),
        AtLeast("age_months", "min_age_months"),
        "month",
        facts=("founded_on",),
        moves=("wait_until",),
        reachable=AtLeast("age_in_a_year", "min_age_months"),
    ),
    Criterion(
        "revenue_min",
        Text("最低营业收入", "Lowest revenue"),
        AtLeast("revenue_fen", "revenue_min_fen"),
        "fen",
        facts=("revenue_fen",),
    ),
    Criterion(
        "revenue_max",
        Text("最高营业收入", "Highest revenue"),
        AtMost("revenue_fen", "revenue_max_fen"),
        "fen",
        facts=("revenue_fen",),
    ),
    Criterion(
        "tax_grade",
        Text("纳税信用等级", "Tax credit grade"),
        OneOf("tax_grade", "tax_grades"),
        "code",
        facts=("tax_grade",),
    ),
    Criterion(
        "first_loan",
        Text("首贷户", "First-time borrower"),
        Flag("is_first_loan", "first_loan_only"),
        "yes",
        facts=("is_first_loan",),
    ),
    Criterion("clean_record", Text("无失信记录", "Clean record"), Flag("is_clean", "excludes_dishonest"), "yes"),
    Criterion(
        "amount",
        Text("融资金额", "Amount"),
        Within("amount_fen", "amount_min_fen", "amount_max_fen"),
        "fen",
        moves=("change_amount",),
    ),
    Criterion(
        "term",
        Text("融资期限", "Term"),
        Within("term_months", "term_min_months", "term_max_months"),
        "month",
        moves=("change_term",),
    ),
    Criterion("rate", Text("年利率", "Annual rate"), RateCap(), "pct_e6", moves=("accept_rate",)),
    Criterion(
        "security",
        Text("担保方式", "Security"),
        Overlap("offered", "security", known="offered_known", enough=Security.CREDIT),
        "code",
        facts=("security_offered",),
        moves=("add_security", "public_guarantee"),
    ),
    Criterion("purpose", Text("资金用途", "Purpose"), OneOf("purpose", "purposes"), "code", facts=("purpose",)),
)

KEYS: tuple[str, ...] = tuple(criterion.key for criterion in CRITERIA)
BY_KEY: dict[str, Criterion] = {criterion.key: criterion for criterion in CRITERIA}
