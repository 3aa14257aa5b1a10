"""Coded terms of rating and guarantee (data/glossary.csv has the definitions)."""

from matchmaker.domain.rate import E6
from matchmaker.domain.terms import Coded


class Grade(Coded):
    """The platform's rating of an enterprise, the best first; C or better is called honest (诚信)."""

    A = "A", "A 级", "A"
    B = "B", "B 级", "B"
    C = "C", "C 级", "C"
    D = "D", "D 级", "D"

    @property
    def honest(self) -> bool:
        """Whether the enterprise is called honest (诚信): C or better (PRODUCT.md section 6)."""
        return self is not Grade.D


class RatingDimension(Coded):
    """The four sides from which a rating looks."""

    GOVERNMENT = "GOVERNMENT", "政务", "government"
    JUDICIAL = "JUDICIAL", "司法", "judicial"
    FINANCIAL = "FINANCIAL", "金融", "financial"
    ENTERPRISE = "ENTERPRISE", "企业", "enterprise"


class GuarantorKind(Coded):
    """A licensed company is under the regulation of 2017; a government fund is not."""

    COMPANY = "COMPANY", "融资担保公司", "licensed guarantee company"
    FUND = "FUND", "政府性基金", "government fund"


class RelationToGuarantor(Coded):
    """Who may not be guaranteed at all, and who not on better terms (《融资担保公司监督管理条例》 article 17)."""

    CONTROLLING_SHAREHOLDER = "CONTROLLING_SHAREHOLDER", "控股股东", "controlling shareholder"
    ACTUAL_CONTROLLER = "ACTUAL_CONTROLLER", "实际控制人", "actual controller"
    OTHER = "OTHER", "其他关联方", "other related party"


class FeePayer(Coded):
    """Who pays the guarantee fee."""

    TREASURY = "TREASURY", "财政", "the treasury"
    ENTERPRISE = "ENTERPRISE", "企业", "the enterprise"


class LossParty(Coded):
    """Who bears which part of a loss; the shares of a scheme add to exactly 100 %."""

    GUARANTOR = "GUARANTOR", "担保机构", "guarantor"
    BANK = "BANK", "银行", "bank"
    REGUARANTOR = "REGUARANTOR", "再担保机构", "re-guarantor"
    TREASURY = "TREASURY", "财政", "treasury"


class LimitClass(Coded):
    """Where a limit comes from; kept apart, for nobody may lift a statutory one."""

    STATUTORY = "STATUTORY", "法定", "statutory"
    POLICY = "POLICY", "政策", "policy"
    SCHEME = "SCHEME", "方案", "scheme"


class LimitKind(Coded):
    """What a limit bounds; the unit of its value follows from it."""

    LEVERAGE = "LEVERAGE", "担保责任余额÷净资产（倍）", "weighted liability over net assets (times)"
    LEVERAGE_SMALL = (
        "LEVERAGE_SMALL",
        "主要服务小微和三农的放大倍数（倍）",
        "the same, mainly small and farming (times)",
    )
    CUSTOMER = "CUSTOMER", "单户担保责任余额÷净资产（%）", "one customer over net assets (%)"
    GROUP = "GROUP", "单户及其关联方÷净资产（%）", "a customer with related parties over net assets (%)"
    SMALL_SHARE = "SMALL_SHARE", "小微和三农业务占比下限（%）", "least share of small and farming business (%)"
    TICKET_SHARE = "TICKET_SHARE", "单户500万元及以下占比下限（%）", "least share at or below 5 m CNY (%)"
    CITY_GROUP = (
        "CITY_GROUP",
        "关联企业在全市各担保机构合计（万元）",
        "related companies, all guarantors together (10k CNY)",
    )


STATUTORY_MOST: dict[LimitKind, int] = {
    LimitKind.LEVERAGE: 10,
    LimitKind.LEVERAGE_SMALL: 15,
    LimitKind.CUSTOMER: 10 * E6,
    LimitKind.GROUP: 15 * E6,
}
"""What 《融资担保公司监督管理条例》 articles 15 and 16 allow a licensed company at most: times its net assets, or
millionths of a percent of them. The register may be stricter, never looser."""


class GuaranteeState(Coded):
    """Where a guarantee stands; ``domain.guarantee_life`` has the steps."""

    APPLIED = "applied", "待审", "to be reviewed"
    WAITING = "waiting", "待补件", "waiting for papers"
    REVIEWED = "reviewed", "待审批", "to be approved"
    APPROVED = "approved", "已出函", "letter issued"
    IN_FORCE = "in_force", "在保", "in force"
    OVERDUE = "overdue", "逾期", "overdue"
    CLAIMED = "claimed", "待代偿", "claimed"
    COMPENSATED = "compensated", "已代偿", "compensated"
    RELEASED = "released", "已解保", "released"
    RECOVERED = "recovered", "已追回", "recovered"
    WRITTEN_OFF = "written_off", "已核销", "written off"
    DECLINED = "declined", "不通过", "declined"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    LAPSED = "lapsed", "已失效", "lapsed"
