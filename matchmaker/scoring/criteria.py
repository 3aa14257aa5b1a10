"""The sixteen criteria of CONTRACT.md section 3, one row each, in the order of every display and file.

The scalar path, the bulk path and the explanation all read this catalogue; what a row names elsewhere (labels of its
facts, their supply, its moves) is complete by ``tests/contract/test_catalogue.py``. How to add one is told in
``docs/how-to/README.md``; a new kind is one class in ``kinds``.
"""

from dataclasses import dataclass
from typing import Literal

from matchmaker.domain.terms import Result, Security
from matchmaker.domain.text import Text
from matchmaker.scoring import sentences as say
from matchmaker.scoring.kinds import AtLeast, AtMost, Detail, Flag, Kind, OneOf, Overlap, Prefix, RateCap, Within
from matchmaker.scoring.moves import Mending
from matchmaker.scoring.prepared import AsksOn, NeedOn

Unit = Literal["code", "month", "fen", "pct_e6", "yes"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One row of the catalogue.

    ``says`` are its sentences; ``kind`` compares; ``unit`` is that of its values; ``facts`` are the facts of the
    enterprise or need whose absence makes it unknown; ``moves`` are what can repair a failure (empty: nothing can);
    ``reachable``, if given, must pass for a repair to be possible at all. ``asked`` says what a single bound or a yes
    asks for (codes and two bounds say it themselves), ``blank`` what a blank fact is called, ``below`` and ``above``
    the gap where there is less or more than would pass.
    """

    key: str
    label: Text
    says: say.Says
    kind: Kind
    unit: Unit
    facts: tuple[str, ...] = ()
    moves: tuple[Mending, ...] = ()
    reachable: Kind | None = None
    asked: Text | None = None
    blank: Text = say.NOT_KNOWN
    below: Text = say.SHORT_BY
    above: Text = say.ABOVE_BY

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
    Criterion(
        "chain",
        Text("产业链", "Industrial chain"),
        say.CHAIN_SAYS,
        OneOf("chain", "chains", blank=Result.FAIL),
        "code",
        blank=say.NO_CHAIN,
    ),
    Criterion(
        "industry",
        Text("所属行业", "Industry"),
        say.INDUSTRY_SAYS,
        Prefix("industry", "industries", short_unknown=True),
        "code",
        facts=("industry_code",),
    ),
    Criterion(
        "area",
        Text("所在区域", "Area"),
        say.AREA_SAYS,
        Prefix("area", "areas", short_unknown=False),
        "code",
        facts=("area_code",),
    ),
    Criterion("tier", Text("梯度认定", "Recognition"), say.TIER_SAYS, Overlap("tiers", "tiers_any"), "code"),
    Criterion(
        "size",
        Text("企业规模", "Enterprise size"),
        say.SIZE_SAYS,
        OneOf("size", "size_classes"),
        "code",
        facts=("industry_code", "employees", "revenue_fen", "total_assets_fen"),
    ),
    Criterion(
        "age",
        Text("成立时间", "Time since founding"),
        say.AGE_SAYS,
        AtLeast("age_months", "min_age_months"),
        "month",
        facts=("founded_on",),
        moves=("wait_until",),
        reachable=AtLeast("age_in_a_year", "min_age_months"),
        asked=say.FULL_MONTHS,
    ),
    Criterion(
        "revenue_min",
        Text("最低营业收入", "Lowest revenue"),
        say.REVENUE_MIN_SAYS,
        AtLeast("revenue_fen", "revenue_min_fen"),
        "fen",
        facts=("revenue_fen",),
        asked=say.AT_LEAST,
    ),
    Criterion(
        "revenue_max",
        Text("最高营业收入", "Highest revenue"),
        say.REVENUE_MAX_SAYS,
        AtMost("revenue_fen", "revenue_max_fen"),
        "fen",
        facts=("revenue_fen",),
        asked=say.AT_MOST,
    ),
    Criterion(
        "tax_grade",
        Text("纳税信用等级", "Tax credit grade"),
        say.TAX_GRADE_SAYS,
        OneOf("tax_grade", "tax_grades"),
        "code",
        facts=("tax_grade",),
    ),
    Criterion(
        "first_loan",
        Text("首贷户", "First-time borrower"),
        say.FIRST_LOAN_SAYS,
        Flag("is_first_loan", "first_loan_only"),
        "yes",
        facts=("is_first_loan",),
        asked=say.FIRST_LOAN_ONLY,
    ),
    Criterion(
        "clean_record",
        Text("无失信记录", "Clean record"),
        say.CLEAN_RECORD_SAYS,
        Flag("is_clean", "excludes_dishonest"),
        "yes",
        asked=say.CLEAN_ONLY,
    ),
    Criterion(
        "amount",
        Text("融资金额", "Amount"),
        say.AMOUNT_SAYS,
        Within("amount_fen", "amount_min_fen", "amount_max_fen"),
        "fen",
        moves=("change_amount",),
        below=say.BELOW_BY,
        above=say.OVER_BY,
    ),
    Criterion(
        "term",
        Text("融资期限", "Term"),
        say.TERM_SAYS,
        Within("term_months", "term_min_months", "term_max_months"),
        "month",
        moves=("change_term",),
        below=say.SHORTER_BY,
        above=say.LONGER_BY,
    ),
    Criterion(
        "rate",
        Text("年利率", "Annual rate"),
        say.RATE_SAYS,
        RateCap(),
        "pct_e6",
        moves=("accept_rate",),
        asked=say.LOWEST,
        blank=say.NO_HIGHEST,
        below=say.ABOVE_BY,
    ),
    Criterion(
        "security",
        Text("担保方式", "Security"),
        say.SECURITY_SAYS,
        Overlap("offered", "security", known="offered_known", enough=Security.CREDIT),
        "code",
        facts=("security_offered",),
        moves=("add_security", "public_guarantee"),
    ),
    Criterion(
        "purpose",
        Text("资金用途", "Purpose"),
        say.PURPOSE_SAYS,
        OneOf("purpose", "purposes"),
        "code",
        facts=("purpose",),
    ),
)

KEYS: tuple[str, ...] = tuple(criterion.key for criterion in CRITERIA)
BY_KEY: dict[str, Criterion] = {criterion.key: criterion for criterion in CRITERIA}
