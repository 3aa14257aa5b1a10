"""Coded terms: each value once, with its Chinese and English name (data/glossary.csv has the definitions)."""

from enum import Enum
from typing import Self

from matchmaker.domain.text import Text


class Coded(str, Enum):
    """A code with a label. Iteration order is the order of the contract and of every display."""

    label: Text

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = Text(zh, en)
        return member

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def of(cls, code: str) -> Self:
        """The member with this code; KeyError when there is none."""
        members: dict[str, Self] = cls._value2member_map_  # type: ignore[assignment]
        return members[code]


class OrganisationKind(Coded):
    """What an organisation is."""

    BANK = "BANK", "银行", "bank"
    BRANCH = "BRANCH", "支行", "branch"
    GUARANTOR = "GUARANTOR", "担保机构", "guarantor"
    BUREAU = "BUREAU", "主管部门", "bureau"


class ContactRole(Coded):
    """What a contact does; decides which digests the contact receives."""

    FINANCE = "FINANCE", "财务负责人", "finance officer"
    PRODUCT_MANAGER = "PRODUCT_MANAGER", "产品经理", "product manager"
    ACCOUNT_MANAGER = "ACCOUNT_MANAGER", "客户经理", "account manager"
    LEAD = "LEAD", "负责人", "branch lead"
    OPERATOR = "OPERATOR", "运营人员", "operator"
    UNDERWRITER = "UNDERWRITER", "审保人员", "underwriter"


class Side(Coded):
    """Which side of the platform someone acts for; decides whose rows a session sees."""

    TRUSTED = "trusted", "系统", "the system itself"
    BUREAU = "bureau", "主管部门", "bureau"
    BANK = "bank", "银行", "bank"
    GUARANTOR = "guarantor", "担保机构", "guarantor"
    ENTERPRISE = "enterprise", "企业", "enterprise"
    SYSTEM = "system", "系统管理", "system administration"
    SECURITY = "security", "安全管理", "security administration"
    AUDIT = "audit", "审计", "audit"
    ANYONE = "anyone", "未登录者", "someone not signed in"


class FieldGroup(Coded):
    """Groups of facts that an enterprise's consent opens, and no others."""

    IDENTITY = "identity", "企业名称与统一社会信用代码、需求说明", "name, USCC and the need's description"
    BUSINESS = "business", "经营数据（精确值）", "business figures as they are"
    CONTACT = "contact", "联系人与联系方式", "contacts"
    CREDIT = "credit", "信用记录", "credit records"


class ConsentPurpose(Coded):
    """What consented facts may be used for."""

    FINANCING = "financing", "办理融资对接", "dealing with the financing need"
    GUARANTEE = "guarantee", "办理担保审查", "reviewing a guarantee"
    CREDIT_CHECK = "credit_check", "查询信用信息", "looking at credit information"


class Role(Coded):
    """What a person who signs in may do; the matrix in ``accounts/matrix.py`` says what that is."""

    side: Side

    def __new__(cls, code: str, zh: str, en: str, side: Side) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = Text(zh, en)
        member.side = side
        return member

    FINANCE = "FINANCE", "企业财务负责人", "finance officer", Side.ENTERPRISE
    PRODUCT_MANAGER = "PRODUCT_MANAGER", "银行产品经理", "product manager", Side.BANK
    ACCOUNT_MANAGER = "ACCOUNT_MANAGER", "银行客户经理", "account manager", Side.BANK
    LEAD = "LEAD", "银行负责人", "bank lead", Side.BANK
    OPERATOR = "OPERATOR", "主管部门运营人员", "bureau operator", Side.BUREAU
    ANALYST = "ANALYST", "主管部门分析人员", "bureau analyst", Side.BUREAU
    UNDERWRITER = "UNDERWRITER", "审保人员", "underwriter", Side.GUARANTOR
    APPROVER = "APPROVER", "担保审批人", "guarantee approver", Side.GUARANTOR
    SYSTEM_ADMIN = "SYSTEM_ADMIN", "系统管理员", "system administrator", Side.SYSTEM
    SECURITY_ADMIN = "SECURITY_ADMIN", "安全管理员", "security administrator", Side.SECURITY
    AUDITOR = "AUDITOR", "审计管理员", "auditor", Side.AUDIT


class Language(Coded):
    """Language a contact reads."""

    zh = "zh", "中文", "Chinese"
    en = "en", "英文", "English"


class Tier(Coded):
    """A dated recognition; never computed from thresholds."""

    TECH_SME = "TECH_SME", "科技型中小企业", "technology-based SME"
    INNOVATIVE_SME = "INNOVATIVE_SME", "创新型中小企业", "innovative SME"
    SRDI_SME = "SRDI_SME", "专精特新中小企业", "SRDI SME"
    LITTLE_GIANT = "LITTLE_GIANT", "专精特新“小巨人”", "SRDI little giant"
    HNTE = "HNTE", "高新技术企业", "high and new technology enterprise"
    CHAMPION = "CHAMPION", "单项冠军", "manufacturing single-product champion"
    ABOVE_SCALE = "ABOVE_SCALE", "规上工业企业", "industrial enterprise above designated size"


class TaxGrade(Coded):
    """Tax credit grade."""

    A = "A", "A级", "grade A"
    B = "B", "B级", "grade B"
    M = "M", "M级", "grade M"
    C = "C", "C级", "grade C"
    D = "D", "D级", "grade D"


class SizeClass(Coded):
    """Size by the 2011 rule (工信部联企业〔2011〕300号); the order is ascending."""

    MICRO = "MICRO", "微型", "micro"
    SMALL = "SMALL", "小型", "small"
    MEDIUM = "MEDIUM", "中型", "medium"
    LARGE = "LARGE", "大型", "large"


class Security(Coded):
    """Security a product accepts or a need offers; NONE stands in needs only."""

    CREDIT = "CREDIT", "信用", "unsecured"
    GUARANTEE = "GUARANTEE", "保证", "guaranty"
    MORTGAGE = "MORTGAGE", "抵押", "mortgage"
    PLEDGE = "PLEDGE", "质押", "pledge"
    RECEIVABLES = "RECEIVABLES", "应收账款质押", "receivables pledge"
    IP_PLEDGE = "IP_PLEDGE", "知识产权质押", "IP pledge"
    NONE = "NONE", "无", "none"


class Purpose(Coded):
    """What the money is for."""

    WORKING_CAPITAL = "WORKING_CAPITAL", "流动资金", "working capital"
    FIXED_ASSET = "FIXED_ASSET", "固定资产", "fixed assets"
    TECH_UPGRADE = "TECH_UPGRADE", "技术改造", "technical upgrade"
    RND = "RND", "研发", "research and development"
    ORDER = "ORDER", "订单履约", "order fulfilment"
    REFINANCING = "REFINANCING", "续贷转贷", "refinancing"


class Repayment(Coded):
    """How a loan is repaid."""

    EQUAL_INSTALMENT = "EQUAL_INSTALMENT", "等额本息", "equal instalments"
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL", "等额本金", "equal principal"
    INTEREST_ONLY = "INTEREST_ONLY", "先息后本", "interest first, principal at maturity"
    BULLET = "BULLET", "到期一次还本付息", "bullet"
    REVOLVING = "REVOLVING", "随借随还", "revolving"


class ProductType(Coded):
    """Type of a credit product."""

    WORKING_CAPITAL_LOAN = "WORKING_CAPITAL_LOAN", "流动资金贷款", "working-capital loan"
    FIXED_ASSET_LOAN = "FIXED_ASSET_LOAN", "固定资产贷款", "fixed-asset loan"
    TECH_UPGRADE_LOAN = "TECH_UPGRADE_LOAN", "技改贷", "technical-upgrade loan"
    CREDIT_LOAN = "CREDIT_LOAN", "信用贷", "unsecured loan"
    TAX_BASED = "TAX_BASED", "税易贷", "tax-based loan"
    RECEIVABLES_FINANCE = "RECEIVABLES_FINANCE", "应收账款融资", "receivables finance"
    ORDER_FINANCE = "ORDER_FINANCE", "订单融资", "order financing"
    IP_PLEDGE_LOAN = "IP_PLEDGE_LOAN", "知识产权质押贷", "IP pledge loan"
    GUARANTEED_LOAN = "GUARANTEED_LOAN", "担保贷", "guaranteed loan"
    SCITECH_LOAN = "SCITECH_LOAN", "科技贷", "sci-tech loan"
    FINANCE_LEASE = "FINANCE_LEASE", "融资租赁", "finance lease"
    BILL_DISCOUNT = "BILL_DISCOUNT", "票据贴现", "bill discounting"
    OTHER = "OTHER", "其他", "other"


class PolicyLevel(Coded):
    """Level of government that issued a policy."""

    NATIONAL = "NATIONAL", "国家级", "national"
    PROVINCIAL = "PROVINCIAL", "省级", "provincial"
    MUNICIPAL = "MUNICIPAL", "市级", "municipal"
    COUNTY = "COUNTY", "区县级", "county"


class Instrument(Coded):
    """How a policy helps."""

    INTEREST_SUBSIDY = "INTEREST_SUBSIDY", "贴息", "interest subsidy"
    SUBSIDY = "SUBSIDY", "补贴", "subsidy"
    REWARD = "REWARD", "奖励", "reward"
    RISK_COMPENSATION = "RISK_COMPENSATION", "风险补偿", "risk compensation"
    FEE_SUBSIDY = "FEE_SUBSIDY", "保费补贴", "fee subsidy"
    BRIDGE = "BRIDGE", "转贷", "bridge refinancing"
    GUARANTEE_PROGRAMME = "GUARANTEE_PROGRAMME", "担保计划", "guarantee programme"
    EQUITY = "EQUITY", "股权", "equity"
    INSURANCE = "INSURANCE", "保险", "insurance"


class BenefitBase(Coded):
    """What a policy's rate is taken of."""

    INTEREST_PAID = "INTEREST_PAID", "已付利息", "interest paid"
    PRINCIPAL = "PRINCIPAL", "贷款本金", "principal"
    GUARANTEE_FEE = "GUARANTEE_FEE", "担保费", "guarantee fee"
    EQUIPMENT = "EQUIPMENT", "设备投入", "equipment investment"
    FIXED_SUM = "FIXED_SUM", "定额", "fixed sum"


class FulfilmentMode(Coded):
    """How an entitled enterprise gets the money."""

    NO_APPLICATION = "NO_APPLICATION", "免申即享", "no application"
    INSTANT_APPLICATION = "INSTANT_APPLICATION", "即申即享", "short form"
    ORDINARY = "ORDINARY", "一般申报", "ordinary application"


class CreditKind(Coded):
    """Kind of a credit record."""

    TAX_GRADE = "TAX_GRADE", "纳税信用", "tax credit"
    ADMIN_PENALTY = "ADMIN_PENALTY", "行政处罚", "administrative penalty"
    JUDGMENT_DEBTOR = "JUDGMENT_DEBTOR", "失信被执行人", "dishonest judgment debtor"
    SERIOUS_LIST = "SERIOUS_LIST", "严重失信主体名单", "list of seriously dishonest entities"
    ABNORMAL_OPERATION = "ABNORMAL_OPERATION", "经营异常名录", "list of abnormal operations"
    ENVIRONMENT = "ENVIRONMENT", "环保信用", "environmental credit"
    CUSTOMS = "CUSTOMS", "海关信用", "customs credit"
    SOCIAL_INSURANCE = "SOCIAL_INSURANCE", "社保缴纳", "social insurance"
    UTILITIES = "UTILITIES", "水电气缴费", "utilities"
    LAWSUIT = "LAWSUIT", "涉诉信息", "lawsuit"
    HONOUR = "HONOUR", "荣誉表彰", "honour"
    OTHER = "OTHER", "其他", "other"


class Severity(Coded):
    """How serious a credit record is."""

    NONE = "NONE", "无", "none"
    MINOR = "MINOR", "轻微", "minor"
    GENERAL = "GENERAL", "一般", "general"
    SERIOUS = "SERIOUS", "严重", "serious"


class Disclosure(Coded):
    """Who may see a credit record."""

    PUBLIC = "PUBLIC", "公开", "public"
    AUTHORISED = "AUTHORISED", "授权查询", "with authorisation"
    GOVERNMENT = "GOVERNMENT", "政务共享", "government only"


class Verdict(Coded):
    """What a pair comes to (CONTRACT.md section 3); the order is the order of display."""

    ELIGIBLE = "eligible", "符合", "eligible"
    NEAR = "near", "差一点", "near"
    NEEDS_INFORMATION = "needs_information", "待核实", "needs information"
    INELIGIBLE = "ineligible", "不符合", "ineligible"


class Result(Coded):
    """What one criterion says of a pair."""

    PASS = "pass", "满足", "pass"
    FAIL = "fail", "不满足", "fail"
    UNKNOWN = "unknown", "未知", "unknown"


class EntryStatus(Coded):
    """Where a list entry stands; transitions are in domain.lifecycle."""

    DRAFT = "draft", "草稿", "draft"
    SUBMITTED = "submitted", "待审核", "submitted"
    PUBLISHED = "published", "已发布", "published"
    SUSPENDED = "suspended", "已暂停", "suspended"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    EXPIRED = "expired", "已到期", "expired"


class BankAnswer(Coded):
    """A bank's answer to a need that it was shown."""

    NONE = "none", "待响应", "waiting for an answer"
    TAKEN = "taken", "已接单", "taken"
    REFUSED = "refused", "不适合我行", "not for this bank"


class FirmAnswer(Coded):
    """An enterprise's answer to a bank that was shown its need."""

    NONE = "none", "待企业答复", "waiting for the company"
    CONSENTED = "consented", "已同意", "consented"
    DECLINED = "declined", "不感兴趣", "not interested"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class ReferralState(Coded):
    """What a referral comes to as a whole; ``domain.lifecycle.referral_state`` derives it from the two answers."""

    OPEN = "open", "对接中", "open"
    WITHDRAWN = "withdrawn", "企业已撤回授权", "the company withdrew its consent"
    DECLINED = "declined", "企业不感兴趣", "the company is not interested"
    REFUSED = "refused", "不适合该银行", "not for the bank"
    CLOSED = "closed", "已关闭", "closed"


class RefusalReason(Coded):
    """Why a need is not for a bank; for the bank and the bureau, never for the enterprise or another bank."""

    AMOUNT = "AMOUNT", "金额不合适", "the amount does not suit"
    TERM = "TERM", "期限不合适", "the term does not suit"
    INDUSTRY = "INDUSTRY", "行业或区域不在准入范围", "the industry or area is outside the bank's rules"
    SECURITY = "SECURITY", "担保方式不足", "the security is not enough"
    CREDIT = "CREDIT", "信用或经营情况未达要求", "credit standing or business is below what is asked"
    CAPACITY = "CAPACITY", "额度或人手不足", "no lending quota or staff left"
    OTHER = "OTHER", "其他", "other"


class DeclineReason(Coded):
    """Why an enterprise is not interested (EXPERIENCE.md E-8: at most six and OTHER)."""

    COST = "COST", "综合成本偏高", "it costs too much"
    AMOUNT = "AMOUNT", "额度或期限不合适", "amount or term does not suit"
    SECURITY = "SECURITY", "担保要求做不到", "the security asked for cannot be given"
    SPEED = "SPEED", "到账太慢", "the money comes too late"
    KNOWN = "KNOWN", "已与该银行有往来", "already in touch with this bank"
    SETTLED = "SETTLED", "资金已经解决", "the money has been found"
    OTHER = "OTHER", "其他", "other"


class DigestChoice(Coded):
    """How often a person wants the digest of recommendations; the first is what everyone has until they choose."""

    EVERY = "every", "每次有新内容", "whenever there is news"
    WEEKLY = "weekly", "每周至多一封", "at most once a week"
    MONTHLY = "monthly", "每月至多一封", "at most once a month"
    NONE = "none", "不收", "not at all"
