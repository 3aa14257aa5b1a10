"""The seven lists of the contract, one line a field (CONTRACT.md section 2)."""

from datetime import date
from typing import ClassVar

from sqlalchemy import ColumnElement, UniqueConstraint, and_, or_, true
from sqlalchemy.orm import Mapped

from matchmaker.actor import Viewer
from matchmaker.db import Base
from matchmaker.domain.kinds import (
    AREA_PATTERN,
    INDUSTRY_PATTERN,
    AnnualRate,
    AreaCode,
    Code,
    Codes,
    Day,
    Email,
    FreeText,
    KeyText,
    Money,
    Percent,
    Registered,
    RegisteredMany,
    Tiers,
    Url,
    UsccCode,
    Whole,
    YesNo,
)
from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import (
    BenefitBase,
    ContactRole,
    CreditKind,
    Disclosure,
    EntryStatus,
    FulfilmentMode,
    Instrument,
    Language,
    OrganisationKind,
    PolicyLevel,
    ProductType,
    Purpose,
    Repayment,
    Security,
    Severity,
    Side,
    SizeClass,
    TaxGrade,
    Tier,
)
from matchmaker.domain.text import Text
from matchmaker.domain.tiers import TierHeld
from matchmaker.lists.entry import Entry, ListVersion, column
from matchmaker.lists.registers import REGISTERS, Area, Chain, Industry, LprRow, SizeRuleRow, Workday

INDUSTRIES = RegisteredMany(register="industry", pattern=INDUSTRY_PATTERN)
AREAS = RegisteredMany(register="area", pattern=AREA_PATTERN, unlisted=True)
BANK = Registered(register="bank", like=0.0)
"""An unknown bank always brings the nearest one there is."""
MONTHS = Whole(low=0, high=1200)


class Organisation(Entry, Base):
    """A bank, branch, guarantor or bureau."""

    __tablename__ = "organisation"
    kind_name: ClassVar[str] = "organisations"
    label: ClassVar[Text] = Text("机构", "organisations")

    org_code: Mapped[str] = column(KeyText(), "机构编号", "organisation code", required=True, key=True)
    kind: Mapped[OrganisationKind] = column(Code(terms=OrganisationKind), "类别", "kind", required=True)
    name: Mapped[str] = column(FreeText(), "名称", "name", required=True)
    short_name: Mapped[str | None] = column(FreeText(), "简称", "short name")
    parent_org_code: Mapped[str | None] = column(Registered(register="organisation"), "上级机构", "parent organisation")
    area_code: Mapped[str | None] = column(AreaCode(), "区划代码", "area code")

    __table_args__ = (UniqueConstraint("org_code"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Everybody knows the organisations."""
        return true()


class Contact(Entry, Base):
    """A person who receives pushes, of an enterprise or of an organisation."""

    __tablename__ = "contact"
    kind_name: ClassVar[str] = "contacts"
    label: ClassVar[Text] = Text("联系人", "contacts")

    contact_no: Mapped[str] = column(KeyText(), "联系人编号", "contact number", required=True, key=True)
    uscc: Mapped[str | None] = column(
        UsccCode(register="enterprise"),
        "统一社会信用代码",
        "USCC",
        refers_to="enterprise.uscc",
        index=True,
        hint=Text("与机构编号二选一", "either this or the organisation code"),
    )
    org_code: Mapped[str | None] = column(
        Registered(register="organisation"), "机构编号", "organisation code", refers_to="organisation.org_code"
    )
    name: Mapped[str] = column(FreeText(), "姓名", "name", required=True, sensitivity="contact")
    email: Mapped[str | None] = column(Email(), "邮箱", "e-mail", sensitivity="contact")
    phone: Mapped[str | None] = column(KeyText(limit=40), "电话", "phone", sensitivity="contact")
    role: Mapped[ContactRole | None] = column(
        Code(terms=ContactRole), "角色", "role", hint=Text("决定收到哪种摘要", "decides which digest is received")
    )
    language: Mapped[Language | None] = column(Code(terms=Language), "语言", "language")

    __table_args__ = (UniqueConstraint("contact_no"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, and each side its own people."""
        return or_(to.is_side(Side.BUREAU), to.owns(cls.org_code), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau, and each side its own people."""
        return cls.visible(by)


class Enterprise(Entry, Base):
    """An enterprise and the facts that criteria test."""

    __tablename__ = "enterprise"
    kind_name: ClassVar[str] = "enterprises"
    label: ClassVar[Text] = Text("企业", "enterprises")

    uscc: Mapped[str] = column(UsccCode(), "统一社会信用代码", "USCC", required=True, key=True, sensitivity="identity")
    name: Mapped[str] = column(FreeText(), "企业名称", "enterprise name", required=True, sensitivity="identity")
    area_code: Mapped[str | None] = column(AreaCode(), "区划代码", "area code", sensitivity="business")
    industry_code: Mapped[str | None] = column(
        Registered(register="industry", pattern=INDUSTRY_PATTERN), "行业代码", "industry code", sensitivity="business"
    )
    chain_code: Mapped[str | None] = column(
        Registered(register="chain"), "产业链", "chain", hint=Text("空白表示不在任何产业链", "blank means in none")
    )
    founded_on: Mapped[date | None] = column(Day(), "成立日期", "founded on", sensitivity="business")
    employees: Mapped[int | None] = column(Whole(), "从业人数", "employees", sensitivity="business")
    revenue_fen: Mapped[int | None] = column(Money(), "营业收入(万元)", "revenue (10,000 yuan)", sensitivity="business")
    total_assets_fen: Mapped[int | None] = column(
        Money(), "资产总额(万元)", "total assets (10,000 yuan)", sensitivity="business"
    )
    tiers: Mapped[tuple[TierHeld, ...]] = column(
        Tiers(),
        "梯度认定",
        "tiers held",
        sensitivity="business",
        hint=Text(
            "认定代码或名称，@ 后可加有效期至，如 HNTE@2028-09-01；空白表示没有",
            "code or name, with @valid-to where known: HNTE@2028-09-01; blank means none held",
        ),
    )
    tax_grade: Mapped[TaxGrade | None] = column(
        Code(terms=TaxGrade), "纳税信用等级", "tax credit grade", sensitivity="business"
    )
    is_first_loan: Mapped[bool | None] = column(YesNo(), "是否首贷户", "first-time borrower", sensitivity="business")

    __table_args__ = (UniqueConstraint("uscc"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself; what a bank learns goes through ``accounts.disclosure``."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself."""
        return cls.visible(by)


class Product(Entry, Base):
    """A bank's credit product."""

    __tablename__ = "product"
    kind_name: ClassVar[str] = "products"
    label: ClassVar[Text] = Text("信贷产品", "credit products")

    product_code: Mapped[str] = column(
        KeyText(),
        "产品编号",
        "product code",
        key=True,
        hint=Text(
            "可空：按银行和产品名称认出已有产品，否则自动编号",
            "may be blank: the row is then found by bank and name, or gets a number",
        ),
    )
    bank_name: Mapped[str] = column(
        BANK,
        "银行",
        "bank",
        required=True,
        refers_to="organisation.org_code",
        index=True,
        hint=Text("机构清单中银行的名称或简称", "name or short name of a bank in the list of organisations"),
    )
    name: Mapped[str] = column(FreeText(), "产品名称", "product name", required=True)
    product_type: Mapped[ProductType] = column(Code(terms=ProductType), "产品类型", "product type", required=True)
    amount_min_fen: Mapped[int | None] = column(Money(), "最低额度(万元)", "lowest amount (10,000 yuan)")
    amount_max_fen: Mapped[int | None] = column(Money(), "最高额度(万元)", "highest amount (10,000 yuan)")
    term_min_months: Mapped[int | None] = column(MONTHS, "最短期限(月)", "shortest term (months)")
    term_max_months: Mapped[int | None] = column(MONTHS, "最长期限(月)", "longest term (months)")
    rate_min: Mapped[Rate | None] = column(
        AnnualRate(),
        "最低年利率(%)",
        "lowest annual rate (%)",
        hint=Text(
            "固定利率或 LPR 加减点；期限上限超过 60 个月用五年期 LPR",
            "fixed, or a spread on LPR; above 60 months of longest term the five-year LPR counts",
        ),
    )
    rate_max: Mapped[Rate | None] = column(AnnualRate(), "最高年利率(%)", "highest annual rate (%)")
    fee_pct_e6: Mapped[int | None] = column(Percent(), "一次性费用(%)", "one-off fee (%)")
    security: Mapped[tuple[Security, ...]] = column(
        Codes(terms=Security, leave_out=("NONE",)), "担保方式", "security accepted"
    )
    purposes: Mapped[tuple[Purpose, ...]] = column(Codes(terms=Purpose), "用途", "purposes")
    repayment: Mapped[tuple[Repayment, ...]] = column(Codes(terms=Repayment), "还款方式", "repayment methods")
    chains: Mapped[tuple[str, ...]] = column(RegisteredMany(register="chain"), "适用产业链", "chains")
    industries: Mapped[tuple[str, ...]] = column(INDUSTRIES, "适用行业", "industries")
    areas: Mapped[tuple[str, ...]] = column(AREAS, "适用区域", "areas")
    tiers_any: Mapped[tuple[Tier, ...]] = column(
        Codes(terms=Tier),
        "梯度要求",
        "one of these tiers",
        hint=Text("持有其中任一即可；认定之间互不包含", "one of them is enough; they do not imply each other"),
    )
    size_classes: Mapped[tuple[SizeClass, ...]] = column(Codes(terms=SizeClass), "企业规模", "enterprise size")
    min_age_months: Mapped[int | None] = column(MONTHS, "最短成立月数", "least age (months)")
    revenue_min_fen: Mapped[int | None] = column(Money(), "最低营业收入(万元)", "least revenue (10,000 yuan)")
    revenue_max_fen: Mapped[int | None] = column(Money(), "最高营业收入(万元)", "highest revenue (10,000 yuan)")
    tax_grades: Mapped[tuple[TaxGrade, ...]] = column(Codes(terms=TaxGrade), "纳税信用要求", "tax credit grades")
    first_loan_only: Mapped[bool | None] = column(YesNo(), "仅限首贷户", "first-time borrowers only")
    excludes_dishonest: Mapped[bool | None] = column(
        YesNo(),
        "排除失信",
        "excludes dishonest enterprises",
        hint=Text(
            "是：有计入的失信记录（一般、严重处罚，失信被执行人，严重失信，经营异常）即不符合",
            "yes: any counting adverse record (general or serious) excludes",
        ),
    )
    decision_days: Mapped[int | None] = column(Whole(high=365), "审批天数", "decision days")
    lead_capacity_month: Mapped[int | None] = column(
        Whole(high=1_000_000),
        "每月线索额度",
        "lead capacity a month",
        sensitivity="internal",
        hint=Text(
            "每月最多接收多少条新需求；空：用系统默认值",
            "how many new needs a month it may be shown; blank: the default setting",
        ),
    )
    valid_from: Mapped[date | None] = column(Day(), "生效日期", "valid from")
    valid_to: Mapped[date | None] = column(Day(), "失效日期", "valid to")
    description: Mapped[str | None] = column(FreeText(limit=2000), "产品说明", "description")

    __table_args__ = (UniqueConstraint("product_code"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, the bank itself, and of what is published those who look for finance or secure it."""
        reader = to.is_side(Side.ENTERPRISE, Side.GUARANTOR)
        return or_(to.is_side(Side.BUREAU), to.owns(cls.bank_name), and_(reader, cls.status == EntryStatus.PUBLISHED))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau and the bank itself."""
        return or_(by.is_side(Side.BUREAU), by.owns(cls.bank_name))


class Need(Entry, Base):
    """A financing need of an enterprise."""

    __tablename__ = "need"
    kind_name: ClassVar[str] = "needs"
    label: ClassVar[Text] = Text("融资需求", "financing needs")

    need_no: Mapped[str] = column(KeyText(), "需求编号", "need number", required=True, key=True)
    uscc: Mapped[str] = column(
        UsccCode(register="enterprise"),
        "统一社会信用代码",
        "USCC",
        required=True,
        sensitivity="identity",
        refers_to="enterprise.uscc",
        index=True,
    )
    amount_fen: Mapped[int] = column(
        Money(positive=True), "融资金额(万元)", "amount (10,000 yuan)", required=True, sensitivity="business"
    )
    term_months: Mapped[int] = column(Whole(low=1, high=1200), "期限(月)", "term (months)", required=True)
    purpose: Mapped[Purpose] = column(Code(terms=Purpose), "用途", "purpose", required=True)
    latest_funding_on: Mapped[date | None] = column(
        Day(),
        "最晚到账日",
        "latest funding date",
        hint=Text("过了这一天，需求由夜间任务结束", "after this day the nightly job closes the need"),
    )
    max_rate: Mapped[Rate | None] = column(
        AnnualRate(),
        "可接受最高年利率(%)",
        "highest acceptable annual rate (%)",
        sensitivity="business",
        hint=Text("不含费用的年利率；综合成本另行列出", "before fees; the all-in cost is shown beside it"),
    )
    security_offered: Mapped[tuple[Security, ...]] = column(
        Codes(terms=Security, alone="NONE"),
        "可提供担保",
        "security offered",
        hint=Text("不能提供任何担保填「无」；空白表示未知", "NONE when nothing can be offered; blank means unknown"),
    )
    repayment: Mapped[Repayment | None] = column(Code(terms=Repayment), "还款方式", "repayment wish")
    banks_at_a_time: Mapped[int | None] = column(
        Whole(low=1, high=3),
        "同时对接银行数",
        "banks at a time",
        hint=Text("1 至 3；空白按 3", "1 to 3; blank counts as 3"),
    )
    submitted_on: Mapped[date | None] = column(Day(), "提交日期", "submitted on")
    description: Mapped[str | None] = column(FreeText(limit=2000), "需求说明", "description", sensitivity="identity")

    __table_args__ = (UniqueConstraint("need_no"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself; what a bank learns goes through ``accounts.disclosure``."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself."""
        return cls.visible(by)


class Policy(Entry, Base):
    """A government finance policy that the machine can test."""

    __tablename__ = "policy"
    kind_name: ClassVar[str] = "policies"
    label: ClassVar[Text] = Text("金融政策", "finance policies")

    policy_no: Mapped[str] = column(KeyText(), "政策编号", "policy number", required=True, key=True)
    title: Mapped[str] = column(FreeText(limit=300), "标题", "title", required=True)
    doc_no: Mapped[str | None] = column(FreeText(), "文号", "document number")
    level: Mapped[PolicyLevel] = column(Code(terms=PolicyLevel), "级别", "level", required=True)
    issuer: Mapped[str | None] = column(FreeText(), "发文机关", "issuer")
    instrument: Mapped[Instrument] = column(Code(terms=Instrument), "支持方式", "instrument", required=True)
    chains: Mapped[tuple[str, ...]] = column(RegisteredMany(register="chain"), "适用产业链", "chains")
    industries: Mapped[tuple[str, ...]] = column(INDUSTRIES, "适用行业", "industries")
    areas: Mapped[tuple[str, ...]] = column(AREAS, "适用区域", "areas")
    tiers_any: Mapped[tuple[Tier, ...]] = column(Codes(terms=Tier), "梯度要求", "one of these tiers")
    size_classes: Mapped[tuple[SizeClass, ...]] = column(Codes(terms=SizeClass), "企业规模", "enterprise size")
    purposes: Mapped[tuple[Purpose, ...]] = column(Codes(terms=Purpose), "用途", "purposes")
    min_age_months: Mapped[int | None] = column(MONTHS, "最短成立月数", "least age (months)")
    tax_grades: Mapped[tuple[TaxGrade, ...]] = column(Codes(terms=TaxGrade), "纳税信用要求", "tax credit grades")
    excludes_dishonest: Mapped[bool | None] = column(YesNo(), "排除失信", "excludes dishonest enterprises")
    benefit_rate_pct_e6: Mapped[int | None] = column(Percent(), "支持比例(%)", "benefit rate (%)")
    benefit_base: Mapped[BenefitBase | None] = column(
        Code(terms=BenefitBase),
        "计算基数",
        "benefit base",
        hint=Text(
            "按贷款本金且填了支持月数时为每年的比例，否则为一次性",
            "PRINCIPAL is per year when months are given, once otherwise",
        ),
    )
    benefit_cap_fen: Mapped[int | None] = column(Money(), "封顶(万元)", "benefit cap (10,000 yuan)")
    benefit_months: Mapped[int | None] = column(MONTHS, "支持月数", "benefit months")
    excludes: Mapped[tuple[str, ...]] = column(
        RegisteredMany(),
        "不可叠加",
        "cannot be combined with",
        hint=Text("不能同时享受的政策编号", "numbers of policies it cannot be combined with"),
    )
    fulfilment_mode: Mapped[FulfilmentMode | None] = column(Code(terms=FulfilmentMode), "兑现方式", "fulfilment")
    budget_fen: Mapped[int | None] = column(Money(), "预算(万元)", "budget (10,000 yuan)", sensitivity="internal")
    valid_from: Mapped[date | None] = column(Day(), "生效日期", "valid from")
    valid_to: Mapped[date | None] = column(Day(), "失效日期", "valid to")
    beneficiaries: Mapped[str | None] = column(FreeText(limit=1000), "惠及对象", "beneficiaries")
    conditions: Mapped[str | None] = column(
        FreeText(limit=2000),
        "其他条件",
        "other conditions",
        hint=Text(
            "机器不能判断的条件写在这里：政策将显示为「待核实」",
            "what no criterion can test: it makes the policy needs-information",
        ),
    )
    time_limit_days: Mapped[int | None] = column(Whole(high=3650), "兑现时限", "time limit (days)")
    address: Mapped[str | None] = column(FreeText(), "受理地址", "address")
    phone: Mapped[str | None] = column(KeyText(limit=60), "咨询电话", "phone")
    source_url: Mapped[str | None] = column(Url(), "来源网址", "source address")

    __table_args__ = (UniqueConstraint("policy_no"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau; everybody what is published."""
        business = to.is_side(Side.BANK, Side.GUARANTOR, Side.ENTERPRISE)
        return or_(to.is_side(Side.BUREAU), and_(business, cls.status == EntryStatus.PUBLISHED))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau."""
        return by.is_side(Side.BUREAU)


class CreditRecord(Entry, Base):
    """One record about an enterprise, from one source."""

    __tablename__ = "credit_record"
    kind_name: ClassVar[str] = "credit-records"
    label: ClassVar[Text] = Text("信用记录", "credit records")

    source: Mapped[str] = column(FreeText(limit=64), "来源", "source", required=True, key=True)
    record_no: Mapped[str] = column(KeyText(), "记录编号", "record number", required=True, key=True)
    uscc: Mapped[str] = column(
        UsccCode(register="enterprise"),
        "统一社会信用代码",
        "USCC",
        required=True,
        sensitivity="identity",
        refers_to="enterprise.uscc",
        index=True,
    )
    authority: Mapped[str | None] = column(FreeText(), "认定机关", "authority", sensitivity="business")
    kind: Mapped[CreditKind] = column(Code(terms=CreditKind), "类别", "kind", required=True, sensitivity="business")
    severity: Mapped[Severity] = column(
        Code(terms=Severity),
        "程度",
        "severity",
        required=True,
        sensitivity="business",
        hint=Text(
            "失信被执行人和严重失信一律按严重计", "judgment debtors and the serious list always count as serious"
        ),
    )
    occurred_on: Mapped[date | None] = column(Day(), "发生日期", "occurred on", sensitivity="business")
    decided_on: Mapped[date | None] = column(Day(), "决定日期", "decided on", sensitivity="business")
    ended_on: Mapped[date | None] = column(Day(), "终止日期", "ended on", sensitivity="business")
    publish_until: Mapped[date | None] = column(Day(), "公示截止", "published until", sensitivity="business")
    repaired_on: Mapped[date | None] = column(
        Day(),
        "修复日期",
        "repaired on",
        sensitivity="business",
        hint=Text("修复之日起不再计入", "from this day on it no longer counts"),
    )
    disputed: Mapped[bool | None] = column(YesNo(), "异议", "disputed", sensitivity="business")
    disclosure: Mapped[Disclosure | None] = column(Code(terms=Disclosure), "披露方式", "disclosure")
    summary: Mapped[str | None] = column(FreeText(limit=1000), "摘要", "summary", sensitivity="identity")

    __table_args__ = (UniqueConstraint("source", "record_no"),)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau and the enterprise itself; what a bank learns goes through ``accounts.disclosure``."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau."""
        return by.is_side(Side.BUREAU)


LISTS: dict[str, type[Entry]] = {
    model.kind_name: model for model in (Organisation, Contact, Enterprise, Product, Need, Policy, CreditRecord)
}
"""The kinds of ``flask lists``, in the order in which they have to be imported."""

KINDS: dict[str, type[Entry]] = {**REGISTERS, **LISTS}

__all__ = [
    "KINDS",
    "LISTS",
    "REGISTERS",
    "Area",
    "Chain",
    "Contact",
    "CreditRecord",
    "Enterprise",
    "Industry",
    "ListVersion",
    "LprRow",
    "Need",
    "Organisation",
    "Policy",
    "Product",
    "SizeRuleRow",
    "Workday",
]
