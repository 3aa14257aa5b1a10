"""Shapes of the sample credit products: the limits, prices and conditions that each of the 13 types usually has."""

from dataclasses import dataclass

from matchmaker.domain.terms import ProductType, Purpose, Repayment, Security, Tier

_WC, _FA, _TU = Purpose.WORKING_CAPITAL, Purpose.FIXED_ASSET, Purpose.TECH_UPGRADE
_RND, _ORDER, _RE = Purpose.RND, Purpose.ORDER, Purpose.REFINANCING
_CREDIT, _GUARANTEE, _MORTGAGE = Security.CREDIT, Security.GUARANTEE, Security.MORTGAGE
_PLEDGE, _RECEIVABLES, _IP = Security.PLEDGE, Security.RECEIVABLES, Security.IP_PLEDGE
_EI, _EP, _IO = Repayment.EQUAL_INSTALMENT, Repayment.EQUAL_PRINCIPAL, Repayment.INTEREST_ONLY
_BULLET, _REV = Repayment.BULLET, Repayment.REVOLVING


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of product. Amounts in 万元, terms in months, ``spread`` the lowest basis points on LPR, fee in percent.

    ``ages``, ``limits`` and the like are drawn from; an empty tuple asks nothing. ``small_only``: MICRO and SMALL only.
    ``chain_share``: how many of a hundred are made for named chains.
    """

    product_type: ProductType
    names: tuple[str, ...]
    floors: tuple[int, ...]
    limits: tuple[int, ...]
    shortest: int
    longest: tuple[int, ...]
    spread: tuple[int, int]
    security: tuple[Security, ...]
    purposes: tuple[Purpose, ...]
    repayment: tuple[Repayment, ...]
    days: tuple[int, int]
    text: str
    fees: tuple[str, ...] = ()
    ages: tuple[int, ...] = (6, 12, 12, 24)
    tiers: tuple[Tier, ...] = ()
    grades: str = ""
    revenue_min: tuple[int, ...] = ()
    revenue_max: tuple[int, ...] = ()
    small_only: bool = False
    first_loan: bool = False
    chain_share: int = 35
    weight: int = 6


SHAPES = (
    Shape(
        ProductType.WORKING_CAPITAL_LOAN, ("流贷通", "流动资金贷", "备料贷"), (10, 50), (500, 1000, 2000, 5000), 3,
        (12, 24, 36), (20, 110), (_GUARANTEE, _MORTGAGE, _PLEDGE), (_WC, _ORDER), (_IO, _REV), (4, 12),
        "用于原材料采购、工资和水电费等日常周转，一次授信、循环使用，随借随还。", revenue_min=(200, 500), weight=12,
    ),
    Shape(
        ProductType.WORKING_CAPITAL_LOAN, ("产业链流贷", "链上周转贷"), (50, 100), (1000, 3000), 6, (12, 24), (10, 80),
        (_GUARANTEE, _MORTGAGE, _RECEIVABLES), (_WC, _ORDER, _RE), (_IO, _EI), (5, 10),
        "面向标志性产业链上下游，依据链主订单和结算流水核定流动资金额度。", grades="ABM", chain_share=90, weight=8,
    ),
    Shape(
        ProductType.FIXED_ASSET_LOAN, ("厂房贷", "固定资产贷", "设备购置贷"), (20, 50, 100), (3000, 5000, 10000), 12,
        (60, 84, 120), (-20, 70), (_MORTGAGE, _GUARANTEE), (_FA,), (_EP, _EI), (10, 20),
        "支持新建厂房和购置设备，中长期分期还款，宽限期最长十二个月，须提供项目备案文件。", ages=(12, 24, 36),
        revenue_min=(200, 500, 1000), weight=8,
    ),
    Shape(
        ProductType.TECH_UPGRADE_LOAN, ("技改贷", "设备更新贷", "智造升级贷"), (10, 50), (1000, 2000, 5000), 6,
        (36, 60), (-30, 50), (_CREDIT, _MORTGAGE, _GUARANTEE), (_TU, _FA), (_EP, _EI), (6, 15),
        "支持自动化、数字化、绿色化改造和设备更新，可与设备更新贴息政策配合使用。", ages=(12, 24), grades="ABM",
        weight=8,
    ),
    Shape(
        ProductType.CREDIT_LOAN, ("小微信用贷", "经营快贷", "结算信用贷"), (1, 10), (100, 200, 300, 500), 3,
        (12, 24, 36), (40, 150), (_CREDIT,), (_WC, _ORDER), (_IO, _REV, _EI), (1, 4),
        "纯信用、免抵押，依据结算流水和纳税数据线上审批，普惠小微企业专享。", ages=(12, 24, 24), grades="ABM",
        small_only=True, chain_share=15, weight=10,
    ),
    Shape(
        ProductType.TAX_BASED, ("税易贷", "税信贷", "银税互动贷"), (5, 10), (100, 200, 300), 3, (12, 24), (30, 120),
        (_CREDIT,), (_WC, _ORDER), (_IO, _REV), (1, 3),
        "以近两年纳税信用和纳税额核定额度，银税数据直连，全程线上。", ages=(24, 24, 36), grades="AB",
        revenue_min=(100, 200), chain_share=10, weight=8,
    ),
    Shape(
        ProductType.RECEIVABLES_FINANCE, ("应收账款贷", "链主保理贷", "账期融"), (20, 50), (500, 1000, 3000), 3,
        (6, 12), (10, 90), (_RECEIVABLES,), (_WC, _ORDER), (_BULLET, _IO), (3, 8),
        "以对链主企业的应收账款作质押，在中征平台登记，按确权金额八成放款。", chain_share=50, weight=6,
    ),
    Shape(
        ProductType.ORDER_FINANCE, ("订单贷", "外贸订单融", "中标贷"), (10, 20), (300, 500, 1000), 1, (6, 9, 12),
        (20, 110), (_CREDIT, _RECEIVABLES), (_ORDER,), (_BULLET, _IO), (2, 6),
        "凭真实订单或中标通知书放款，用于备料和生产，回款专户管理。", fees=("0.1", "0.2"), weight=6,
    ),
    Shape(
        ProductType.IP_PLEDGE_LOAN, ("知识产权质押贷", "专利贷", "知识价值贷"), (20, 50), (500, 1000), 6, (12, 24, 36),
        (-10, 80), (_IP,), (_RND, _TU, _WC), (_IO, _EI), (8, 15),
        "以发明专利、商标专用权质押，可申请质押登记费和评估费补助。", fees=("0.3", "0.5"), chain_share=100, weight=6,
    ),
    Shape(
        ProductType.GUARANTEED_LOAN, ("银担快贷", "政府担保贷", "见贷即保贷"), (10, 20), (300, 500, 1000), 6,
        (12, 24, 36), (0, 70), (_GUARANTEE,), (_WC, _TU, _RE), (_IO, _EI), (4, 9),
        "由政府性融资担保机构担保，银担风险分担二八开，免抵押物。", fees=("0.5", "0.8", "1"), small_only=True,
        grades="ABMC", weight=8,
    ),
    Shape(
        ProductType.SCITECH_LOAN, ("科技成长贷", "专精特新贷", "研发贷"), (10, 50), (1000, 2000), 6, (24, 36),
        (-30, 50), (_CREDIT, _GUARANTEE), (_RND, _WC, _TU), (_IO, _EI), (3, 8),
        "面向科技型企业，不看抵押看技术，依据研发投入、专利和人才核定额度，投贷联动。",
        tiers=(Tier.TECH_SME, Tier.INNOVATIVE_SME, Tier.SRDI_SME, Tier.LITTLE_GIANT, Tier.HNTE), weight=8,
    ),
    Shape(
        ProductType.FINANCE_LEASE, ("设备直租", "售后回租", "生产线租赁"), (50, 100), (2000, 5000), 12, (36, 48, 60),
        (120, 210), (_GUARANTEE, _MORTGAGE), (_FA, _TU), (_EI, _EP), (5, 12),
        "以租赁物所有权为保障，直租或售后回租，期末一元留购。", fees=("1", "1.5"), weight=4,
    ),
    Shape(
        ProductType.BILL_DISCOUNT, ("票据秒贴", "银票贴现"), (1, 5), (1000, 3000), 1, (6, 12), (-130, -60), (_PLEDGE,),
        (_WC, _ORDER), (_BULLET,), (1, 2), "电子银行承兑汇票线上贴现，资金当日到账，按期限计息。", ages=(),
        chain_share=0, weight=4,
    ),
    Shape(
        ProductType.OTHER, ("首贷通", "首贷扶持贷"), (5, 10), (100, 200), 6, (12, 24), (50, 130), (_CREDIT, _GUARANTEE),
        (_WC, _ORDER, _TU), (_IO, _EI), (2, 6), "专为从未获得银行贷款的小微企业设立，首贷服务中心陪同办理。",
        ages=(6, 12), small_only=True, first_loan=True, revenue_max=(1000, 2000), chain_share=0, weight=5,
    ),
    Shape(
        ProductType.OTHER, ("无还本续贷", "转贷直通车"), (10, 50), (1000, 2000), 6, (12, 36), (20, 100),
        (_MORTGAGE, _GUARANTEE, _CREDIT), (_RE,), (_IO, _EI), (2, 6),
        "到期前一个月申请，无须先还后贷，经营正常、无欠息即可续做。",
        ages=(24,), revenue_min=(300,), chain_share=0, weight=6,
    ),
)  # fmt: skip
