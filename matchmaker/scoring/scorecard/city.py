"""The scorecard of this city's own applicants: what it will look at, and what is said as long as there is none.

No fitted card is shipped: there is no history of this city's guarantees yet, and a card of another place and time would
be a guess in the dress of a figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from matchmaker.domain.periods import whole_months
from matchmaker.domain.terms import Result, TaxGrade
from matchmaker.domain.text import Text
from matchmaker.scoring.facts import Enterprise
from matchmaker.scoring.rating.catalogue import BY_KEY
from matchmaker.scoring.rating.findings import Finding
from matchmaker.scoring.rating.record_rules import RecordRule
from matchmaker.scoring.scorecard.card import Scorecard
from matchmaker.scoring.scorecard.explaining import INFORMS, Explanation, explain, filled
from matchmaker.scoring.scorecard.features import Feature, Row

COUNT = Text("条", "records")
WAN = Text("万元", "ten thousand yuan")
FEN_PER_WAN = 1_000_000
MOST_PCT = 1_000_000.0
"""Share of its revenue that an enterprise without any revenue asks for (%)."""
RECORDS_COST = Text("多一条仍计入的不良记录不应得分更高", "one more adverse record that counts must never earn points")
GRADES = tuple((grade.value, grade.label) for grade in TaxGrade)
"""A, B, M, C, D: safest first (国家税务总局公告 2018 年第 8 号 puts M, new taxpayers, between B and C)."""

CITY_FEATURES: tuple[Feature, ...] = (
    Feature(
        "age_months",
        Text("成立时间", "Age"),
        "number",
        1,
        Text("经营更久不应因此失分", "having been in business longer must never cost points"),
        Text("个月", "months"),
    ),
    Feature(
        "revenue_wan",
        Text("营业收入", "Revenue"),
        "number",
        1,
        Text("收入更高不应因此失分", "more revenue must never cost points"),
        WAN,
    ),
    Feature("employees", Text("从业人数", "Employees"), "number", unit=Text("人", "people")),
    Feature(
        "assets_wan",
        Text("资产总额", "Total assets"),
        "number",
        1,
        Text("资产更多不应因此失分", "more assets must never cost points"),
        WAN,
    ),
    Feature(
        "tax_grade",
        Text("纳税信用", "Tax credit grade"),
        "ordered",
        -1,
        Text("较低的纳税信用等级不应得分更高", "a lower tax credit grade must never earn points"),
        codes=GRADES,
    ),
    Feature(
        "tiers",
        Text("有效梯度认定", "Recognitions held"),
        "number",
        1,
        Text("多一项认定不应因此失分", "one more recognition must never cost points"),
        Text("项", "held"),
    ),
    Feature(
        "government_records", Text("政务类不良记录", "Adverse government records"), "number", -1, RECORDS_COST, COUNT
    ),
    Feature("judicial_records", Text("司法类不良记录", "Adverse judicial records"), "number", -1, RECORDS_COST, COUNT),
    Feature(
        "financial_records", Text("金融类不良记录", "Adverse financial records"), "number", -1, RECORDS_COST, COUNT
    ),
    Feature(
        "enterprise_records", Text("经营类不良记录", "Adverse business records"), "number", -1, RECORDS_COST, COUNT
    ),
    Feature(
        "amount_to_revenue_pct",
        Text("申请金额占营业收入", "Amount asked to revenue"),
        "number",
        -1,
        Text("相对收入借得更多不应得分更高", "borrowing more of one's revenue must never earn points"),
        Text("%", "%"),
    ),
    Feature("term_months", Text("期限", "Term"), "number", unit=Text("个月", "months")),
    Feature(
        "first_loan",
        Text("首贷户", "First loan"),
        "category",
        codes=(("N", Text("否", "no")), ("Y", Text("是", "yes"))),
    ),
)

DIMENSIONS = ("government", "judicial", "financial", "enterprise")

LEAST_CLOSED = 1_000
"""Closed cases: a range of 5 % then holds 50 of them, enough to see its share of failures within about 7 points."""

LEAST_FAILED = 10 * len(CITY_FEATURES)
"""Compensated cases: ten a feature is the usual least for logistic regression (Peduzzi et al. 1996)."""

NO_CARD = Text(
    "本市还没有用自己的已结案件拟合的评分卡：已结 {closed} 笔，需至少 {least_closed} 笔；其中代偿 {failed} 笔，需至少 "
    "{least_failed} 笔。核保以评级和案卷为准",
    "No scorecard is fitted on this city's own cases yet: {closed} of at least {least_closed} closed cases, {failed} "
    "of at least {least_failed} compensated ones. Rely on the rating and the case file",
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the underwriter reads beside the rating; ``explanation`` is None where no card is fitted."""

    explanation: Explanation | None
    text: Text


def underwriter_opinion(card: Scorecard | None, row: Row, *, closed: int, failed: int) -> Opinion:
    """The city card's explanation of an applicant, or how many of the cases are there that a card takes.

    ``closed``, ``failed``: the city's own closed guarantees, and those of them that were compensated.
    """
    if card is not None:
        return Opinion(explain(card, row), INFORMS)
    told = {"closed": closed, "least_closed": LEAST_CLOSED, "failed": failed, "least_failed": LEAST_FAILED}
    return Opinion(None, filled(NO_CARD, **told))


def city_row(
    enterprise: Enterprise, *, amount_fen: int, term_months: int, counting: Mapping[str, int], on: date
) -> Row:
    """An applicant's features on a day.

    ``counting``: adverse records that count on ``on`` by dimension of the rating (``DIMENSIONS``); a dimension whose
    sources are not loaded is left out and stays unknown. Money in fen.
    """
    revenue, assets = enterprise.revenue_fen, enterprise.total_assets_fen
    first = enterprise.is_first_loan
    return {
        "age_months": None if enterprise.founded_on is None else whole_months(enterprise.founded_on, on),
        "revenue_wan": None if revenue is None else revenue / FEN_PER_WAN,
        "employees": enterprise.employees,
        "assets_wan": None if assets is None else assets / FEN_PER_WAN,
        "tax_grade": enterprise.tax_grade and enterprise.tax_grade.value,
        "tiers": sum(tier.held_on(on) for tier in enterprise.tiers),
        **{f"{dimension}_records": counting.get(dimension) for dimension in DIMENSIONS},
        "amount_to_revenue_pct": None if revenue is None else _share_of_revenue(amount_fen, revenue),
        "term_months": term_months,
        "first_loan": None if first is None else "Y" if first else "N",
    }


def _share_of_revenue(amount_fen: int, revenue_fen: int) -> float:
    """Percent. Without any revenue the share is the highest, not unknown: else losing all of it would look better."""
    return min(100 * amount_fen / revenue_fen, MOST_PCT) if revenue_fen else MOST_PCT


def counting_of(findings: Iterable[Finding]) -> dict[str, int]:
    """Adverse records that count, by dimension (``DIMENSIONS``), as the rules of rating found them.

    A kind without a fresh source or without the consent that it needs says nothing. So where records were found they
    count, but a dimension is only said to have none where every kind of it is known; else it is left out.
    """
    found: dict[str, list[Finding]] = defaultdict(list)
    for one in findings:
        rule = BY_KEY[one.rule]
        if isinstance(rule, RecordRule):
            found[rule.dimension.value.lower()].append(one)
    counts = {key: sum(len(one.evidence) for one in some if one.result is Result.FAIL) for key, some in found.items()}
    clean = {key for key, some in found.items() if all(one.result is Result.PASS for one in some)}
    return {key: count for key, count in counts.items() if count or key in clean}
