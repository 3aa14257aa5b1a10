"""Stories of the sample lists: pairs of a need and a product whose verdict a person foresees and the tests assert."""

from dataclasses import dataclass
from datetime import date, timedelta

from matchmaker.demo.needs import need_no
from matchmaker.demo.rows import Row, Rows, row
from matchmaker.domain import uscc
from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import (
    CreditKind,
    Disclosure,
    ProductType,
    Purpose,
    Repayment,
    Security,
    Severity,
    SizeClass,
    TaxGrade,
    Tier,
    Verdict,
)
from matchmaker.domain.text import Text
from matchmaker.domain.tiers import TierHeld


@dataclass(frozen=True, slots=True)
class Pair:
    """One need and product of a story: the verdict on the demo day, the criteria that do not pass, what to look at."""

    need_no: str
    product_code: str
    verdict: Verdict
    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    look_at: Text


@dataclass(frozen=True, slots=True)
class Story:
    """A firm and its need, told in a sentence or two, and the pairs that show it."""

    key: str
    title: Text
    blurb: Text
    pairs: tuple[Pair, ...]


FIRST_FREE_NEED = 7
"""Number of the first need that belongs to no story."""

_FIRMS = {
    "tackle": ("371071", "MAGU0001"),
    "carbon": ("371073", "MAGU0002"),
    "ship": ("371082", "MAGU0003"),
    "seafood": ("371082", "MAGU0004"),
    "printer": ("371071", "MAGU0005"),
    "neighbour": ("370600", "MAGU0006"),
}
_DAYS_AGO = {"tackle": 12, "carbon": 9, "ship": 6, "seafood": 5, "printer": 4, "neighbour": 3}
NAMES = (
    "威海澜汀钓具有限公司",
    "威海砚川碳纤维科技有限公司",
    "荣成桅舫船舶配套有限公司",
    "荣成霁屿海洋食品有限公司",
    "威海翎松打印科技有限公司",
    "烟台琮楫电机有限公司",
)


def firm_code(key: str) -> str:
    """The USCC of a story's firm, the same whatever the day."""
    return uscc.make(*_FIRMS[key])


def firm_codes() -> frozenset[str]:
    """The USCCs of all firms of the stories."""
    return frozenset(map(firm_code, _FIRMS))


def _need_no(on: date, key: str) -> str:
    return need_no(on - timedelta(days=_DAYS_AGO[key]), list(_FIRMS).index(key) + 1)


def stories(on: date) -> tuple[Story, ...]:
    """The six stories as they stand on the demo day ``on``; the numbers of their needs carry its dates."""
    grown_up = add_months(add_months(on, -35), 36)

    def pair(key: str, product: str, verdict: Verdict, look_at: Text, failed: str = "", unknown: str = "") -> Pair:
        fails, unknowns = ((failed,) if failed else ()), ((unknown,) if unknown else ())
        return Pair(_need_no(on, key), product, verdict, fails, unknowns, look_at)

    return (
        Story(
            "tackle",
            Text("差一个月的钓具厂", "The tackle maker one month too young"),
            Text(
                f"澜汀钓具成立满 35 个月，产品要求 36 个月。不必重来，等到 {grown_up} 就符合。",
                f"Lanting Tackle is 35 whole months old, the product asks 36. On {grown_up} it qualifies by itself.",
            ),
            (
                pair("tackle", "B01P0001", Verdict.NEAR, failed="age", look_at=Text(
                    "成立时间差 1 个月，只差等待", "founded one month too late; waiting is the repair")),
            ),
        ),
        Story(
            "carbon",
            Text("认定昨天到期的碳纤维企业", "The carbon-fibre firm whose recognition ended yesterday"),
            Text(
                "砚川碳纤维的专精特新认定昨天到期，专属产品不再符合；高新技术企业认定仍有效，另一产品正合适。",
                "Yanchuan's SRDI recognition ended yesterday, so the product made for it is out of reach; it is still "
                "a high-tech enterprise, and another product fits.",
            ),
            (
                pair("carbon", "B15P0001", Verdict.INELIGIBLE, failed="tier", look_at=Text(
                    "梯度认定已过期，不可通过改动需求补救",
                    "the recognition has ended; no change of the need repairs it")),
                pair("carbon", "B03P0001", Verdict.ELIGIBLE, look_at=Text(
                    "凭高新技术企业认定符合", "fits by the high-tech recognition")),
            ),
        ),
        Story(
            "ship",
            Text("没有抵押物的船厂供应商", "The shipyard supplier with nothing to pledge"),
            Text(
                "桅舫船配订单饱满，但厂房是租的，拿不出抵押物，银行要抵押或保证。它还没有信用评级：评为 A、B 或 C 级后，"
                "政府性担保就可用，担保费由财政承担，即符合。",
                "Weifang Marine has full order books and a rented hall, so nothing to pledge; the bank asks for a "
                "mortgage or a guaranty. It is not rated yet: with grade A, B or C the public guarantee can be had, the "
                "treasury bears its fee, and it qualifies.",
            ),
            (
                pair("ship", "B21P0001", Verdict.NEAR, failed="security", look_at=Text(
                    "只差担保：增加担保，或先取得信用评级再用政府性担保",
                    "only security is missing: add some, or be rated and have the public guarantee")),
            ),
        ),
        Story(
            "seafood",
            Text("修复了信用的海产品加工厂", "The seafood processor that mended its record"),
            Text(
                "霁屿食品四个月前因标签问题受罚，十天前完成信用修复，这条记录不再算数。",
                "Jiyu Foods was fined over labels four months ago and repaired its record ten days ago: it no longer "
                "counts.",
            ),
            (
                pair("seafood", "B22P0001", Verdict.ELIGIBLE, look_at=Text(
                    "信用记录已修复；十天前看则不符合", "the record is repaired; eleven days ago it still counted")),
            ),
        ),
        Story(
            "printer",
            Text("少填一格的打印机厂", "The printer maker with one blank cell"),
            Text(
                "翎松打印没有填纳税信用等级。未知不等于不符合：补上这一项即可判断。",
                "Lingsong Printing left its tax grade blank. Unknown is not no: one fact decides.",
            ),
            (
                pair("printer", "B06P0001", Verdict.NEEDS_INFORMATION, unknown="tax_grade", look_at=Text(
                    "纳税信用等级未填，A、B 级即符合", "tax grade is blank; A or B would do")),
            ),
        ),
        Story(
            "neighbour",
            Text("邻市来的电机厂", "The motor maker from the next city"),
            Text(
                "琮楫电机注册在烟台，为威海链主配套。只做威海的产品不符合，面向全省的产品符合。",
                "Congji Motors is registered in Yantai and supplies a Weihai chain leader. A product for Weihai does "
                "not fit, one for the whole province does.",
            ),
            (
                pair("neighbour", "B07P0001", Verdict.INELIGIBLE, failed="area", look_at=Text(
                    "注册地不在适用区域", "registered outside the product's area")),
                pair("neighbour", "B08P0001", Verdict.ELIGIBLE, look_at=Text(
                    "370000 覆盖全省", "370000 covers the whole province")),
            ),
        ),
    )  # fmt: skip


def story_rows(on: date) -> Rows:
    """The stories' own enterprises, products, needs and credit records on the demo day ``on``."""
    return {
        "enterprises": _enterprises(on),
        "products": _products(on),
        "needs": _needs(on),
        "credit-records": [_repaired(on)],
    }


def _enterprises(on: date) -> list[Row]:
    def firm(key: str, industry: str, chain: str, months: int, people: int, revenue: int, **more: object) -> Row:
        facts: dict[str, object] = {
            "uscc": firm_code(key), "name": NAMES[list(_FIRMS).index(key)], "area_code": _FIRMS[key][0],
            "industry_code": industry, "chain_code": chain, "founded_on": add_months(on, -months),
            "employees": people, "revenue_wan": revenue, "total_assets_wan": revenue, "tax_grade": TaxGrade.B,
            "is_first_loan": False,
        }  # fmt: skip
        return row("enterprises", **(facts | more))

    held = [
        TierHeld(Tier.SRDI_SME, on - timedelta(days=1)),
        TierHeld(Tier.HNTE, on + timedelta(days=400)),
        TierHeld(Tier.ABOVE_SCALE),
    ]
    return [
        firm("tackle", "2449", "TACKLE", 35, 46, 1280, tax_grade=TaxGrade.M, is_first_loan=True),
        firm("carbon", "2659", "CARBON", 112, 186, 9600, tiers=held, tax_grade=TaxGrade.A),
        firm("ship", "3734", "SHIP", 78, 92, 3400),
        firm("seafood", "1361", "SEAFOOD", 140, 118, 5200, tax_grade=TaxGrade.A),
        firm("printer", "3913", "PRINT", 64, 58, 1750, tax_grade=None),
        firm("neighbour", "3812", "MOTOR", 96, 74, 4100),
    ]


def _needs(on: date) -> list[Row]:
    def need(key: str, amount: int, months: int, purpose: Purpose, offered: Security, text: str, **more: object) -> Row:
        return row(
            "needs", need_no=_need_no(on, key), uscc=firm_code(key), amount_wan=amount, term_months=months,
            purpose=purpose, security_offered=offered, submitted_on=on - timedelta(days=_DAYS_AGO[key]),
            latest_funding_on=on + timedelta(days=120), description=text, **more,
        )  # fmt: skip

    working, order, research = Purpose.WORKING_CAPITAL, Purpose.ORDER, Purpose.RND
    return [
        need("tackle", 150, 12, working, Security.CREDIT, "采购碳布和轮座，备足春季钓竿订单的原料，回款后归还。",
             max_rate_pct="4.20", repayment=Repayment.INTEREST_ONLY),
        need("carbon", 800, 24, research, Security.CREDIT, "T800级预浸料中试阶段的原丝、检测与人员费用。",
             max_rate_pct="3.80", repayment=Repayment.INTEREST_ONLY, banks_at_a_time=2),
        need("ship", 500, 12, order, Security.NONE, "已签六套船用舱口盖合同，需先行采购船用钢板，交货后回款。",
             max_rate_pct="4.50"),
        need("seafood", 600, 12, working, Security.MORTGAGE, "鱿鱼汛期集中收购原料，加工冷冻后春节前后销售。",
             max_rate_pct="4.00", repayment=Repayment.REVOLVING),
        need("printer", 200, 12, working, Security.CREDIT, "采购陶瓷基板和控制芯片，用于票据打印机生产。"),
        need("neighbour", 300, 12, working, Security.GUARANTEE,
             "为链主配套永磁电机，垫付硅钢片和磁钢货款，账期约九十天。",
             max_rate_pct="4.30", banks_at_a_time=3),
    ]  # fmt: skip


def _products(on: date) -> list[Row]:
    def product(code: str, bank: str, name: str, kind: ProductType, **more: object) -> Row:
        facts: dict[str, object] = {
            "product_code": code, "bank_name": bank, "name": name, "product_type": kind, "amount_min_wan": 10,
            "amount_max_wan": 1000, "term_min_months": 3, "term_max_months": 36, "rate_min_pct": "3.45",
            "rate_max_pct": "4.15", "repayment": (Repayment.INTEREST_ONLY, Repayment.REVOLVING),
            "areas": "371000", "excludes_dishonest": True, "decision_days": 5, "lead_capacity_month": 10,
            "valid_from": on - timedelta(days=200),
        }  # fmt: skip
        return row("products", **(facts | more))

    sme = (SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM)
    working = (Purpose.WORKING_CAPITAL, Purpose.ORDER)
    credit_loan, flow = ProductType.CREDIT_LOAN, ProductType.WORKING_CAPITAL_LOAN
    return [
        product("B01P0001", "鸥洲银行", "渔具之都信用贷", credit_loan, amount_max_wan=300, security=Security.CREDIT,
                purposes=working, chains=("TACKLE", "TEXTILE"), size_classes=sme, min_age_months=36,
                tax_grades="A;B;M", description="面向钓具和纺织服装产业链，纯信用，依据出口报关和结算流水核定额度。"),
        product("B15P0001", "银杏科创银行", "专精特新专属贷", ProductType.SCITECH_LOAN, amount_max_wan=1500,
                rate_min_pct="LPR-10BP", rate_max_pct="LPR+60BP", security=(Security.CREDIT, Security.GUARANTEE),
                purposes=(Purpose.RND, Purpose.WORKING_CAPITAL), tiers_any=(Tier.SRDI_SME, Tier.LITTLE_GIANT),
                min_age_months=24, description="仅限有效期内的专精特新企业，免抵押，按研发投入核定额度。"),
        product("B03P0001", "潮信银行", "高企研发贷", ProductType.SCITECH_LOAN, rate_min_pct="LPR+15BP",
                rate_max_pct="LPR+80BP", security=(Security.CREDIT, Security.IP_PLEDGE), chains=("CARBON", "MEDDEV"),
                purposes=(Purpose.RND, Purpose.TECH_UPGRADE), tiers_any=(Tier.HNTE, Tier.TECH_SME),
                tax_grades="A;B", description="面向高新技术企业和科技型中小企业，支持新材料研发、中试和检测投入。"),
        product("B21P0001", "渔灯农商行", "船配流动资金贷", flow, rate_min_pct="LPR+80BP", rate_max_pct="LPR+160BP",
                security=(Security.MORTGAGE, Security.GUARANTEE), purposes=working, chains="SHIP", areas="371082",
                min_age_months=12, description="服务荣成船舶与海工配套企业，凭船厂订单核定流动资金，须抵押或保证。"),
        product("B22P0001", "海草房农商行", "海味周转贷", flow, rate_min_pct="LPR+70BP", rate_max_pct="LPR+150BP",
                security=(Security.MORTGAGE, Security.PLEDGE), purposes=working, chains="SEAFOOD",
                areas=("371082", "371083"), size_classes=sme, description="汛期收购海产原料专用，冷库和存货可作担保。"),
        product("B06P0001", "晴川银行", "税信通", ProductType.TAX_BASED, amount_max_wan=300, security=Security.CREDIT,
                purposes=working, tax_grades="A;B", min_age_months=24,
                description="以纳税信用和近两年纳税额核定额度，银税数据直连，全程线上。"),
        product("B07P0001", "丹崖银行", "威海链主配套贷", flow, security=(Security.GUARANTEE, Security.RECEIVABLES),
                purposes=working, chains=("MOTOR", "AUTO"), description="服务在威海注册的电机、汽车产业链配套企业。"),
        product("B08P0001", "望屿银行", "胶东配套贷", flow, rate_min_pct="LPR+60BP", rate_max_pct="LPR+130BP",
                security=(Security.GUARANTEE, Security.RECEIVABLES), purposes=working, chains=("MOTOR", "AUTO", "RV"),
                areas="370000", description="服务全省为威海链主供货的配套企业，凭合同和应收账款核定额度。"),
    ]  # fmt: skip


def _repaired(on: date) -> Row:
    return row(
        "credit-records", source="信用中国", record_no="XYGS000001", uscc=firm_code("seafood"), authority="市场监督管理局",
        kind=CreditKind.ADMIN_PENALTY, severity=Severity.GENERAL, occurred_on=on - timedelta(days=150),
        decided_on=on - timedelta(days=120), ended_on=on - timedelta(days=115),
        publish_until=on + timedelta(days=245), repaired_on=on - timedelta(days=10), disputed=False,
        disclosure=Disclosure.PUBLIC, summary="产品标签不规范，罚款二万元，已缴纳并完成信用修复",
    )  # fmt: skip
