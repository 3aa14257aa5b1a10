"""Which rules there are, in four dimensions. Each rests on facts that matchmaker has; none is invented."""

from collections.abc import Mapping

from matchmaker.domain.guarantee_terms import RatingDimension
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.terms import CreditKind
from matchmaker.domain.text import Text
from matchmaker.scoring.rating.base import Rule
from matchmaker.scoring.rating.fact_rules import AgeRule, KnownRule, LeastRule, TaxGradeRule
from matchmaker.scoring.rating.record_rules import ConsentRule, RecordRule

_GOV, _COURT = RatingDimension.GOVERNMENT, RatingDimension.JUDICIAL
_MONEY, _FIRM = RatingDimension.FINANCIAL, RatingDimension.ENTERPRISE

RULES: tuple[Rule, ...] = (
    TaxGradeRule("tax_grade", _GOV, Text("纳税信用等级", "tax credit grade")),
    RecordRule(CreditKind.TAX_GRADE, _GOV, Text("没有计入的涉税失信记录", "no tax record that counts")),
    RecordRule(CreditKind.ADMIN_PENALTY, _GOV, Text("没有计入的行政处罚", "no administrative penalty that counts")),
    RecordRule(CreditKind.ABNORMAL_OPERATION, _GOV, Text("不在经营异常名录", "not listed for abnormal operation")),
    RecordRule(CreditKind.ENVIRONMENT, _GOV, Text("没有计入的环保失信记录", "no environmental record that counts")),
    RecordRule(CreditKind.CUSTOMS, _GOV, Text("没有计入的海关失信记录", "no customs record that counts")),
    RecordRule(
        CreditKind.SOCIAL_INSURANCE, _GOV, Text("没有计入的社保失信记录", "no social-insurance record that counts")
    ),
    RecordRule(CreditKind.JUDGMENT_DEBTOR, _COURT, Text("不是失信被执行人", "no dishonest judgment debtor")),
    RecordRule(
        CreditKind.SERIOUS_LIST, _COURT, Text("不在严重失信主体名单", "not on the list of seriously dishonest entities")
    ),
    RecordRule(CreditKind.LAWSUIT, _COURT, Text("没有计入的涉诉失信记录", "no lawsuit record that counts")),
    RecordRule(
        CreditKind.UTILITIES, _MONEY, Text("没有计入的水电气欠费记录", "no record of unpaid utilities that counts")
    ),
    KnownRule("first_loan", _MONEY, Text("是否首贷户已知", "whether it is a first-time borrower is known"),
              "is_first_loan"),
    ConsentRule("consent", _MONEY, Text("需授权的信用信息都已授权核查", "all records that need consent may be read")),
    AgeRule("age", _FIRM, Text("成立时间", "age of the enterprise")),
    LeastRule("revenue", Text("营业收入", "revenue"), "revenue_fen",
              Text("最低营业收入（万元）", "least revenue (10,000 yuan)"), FEN_PER_WAN),
    LeastRule("employees", Text("从业人数", "employees"), "employees", Text("最少从业人数", "least employees")),
    RecordRule(CreditKind.OTHER, _FIRM, Text("没有计入的其他失信记录", "no other record that counts")),
)  # fmt: skip
"""By dimension, in the order of display."""

BY_KEY: Mapping[str, Rule] = {rule.key: rule for rule in RULES}
