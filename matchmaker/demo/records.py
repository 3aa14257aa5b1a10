"""Sample credit records: some count against a clean record, some are repaired, run out, disputed or an honour."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from matchmaker.demo.rows import Row, row
from matchmaker.domain.terms import CreditKind, Disclosure, Severity


@dataclass(frozen=True, slots=True)
class _Case:
    """One sort of record. Days are before the demo day; a negative number of days lies after it, None is blank."""

    source: str
    authority: str
    kind: CreditKind
    severity: Severity
    summary: str
    occurred: int | None
    decided: int | None
    ended: int | None = None
    publish_until: int | None = None
    repaired: int | None = None
    disputed: bool | None = None
    disclosure: Disclosure = Disclosure.PUBLIC
    weight: int = 4


_CREDIT_CHINA = "信用中国"
_REGISTER = "企业信用信息公示系统"
_COURT = "执行信息公开网"
_TAX = "税务部门"
_SHARED = "政务数据共享"

_CASES = (
    _Case(_CREDIT_CHINA, "市场监督管理局", CreditKind.ADMIN_PENALTY, Severity.GENERAL,
          "产品标签不规范，罚款二万元，已缴纳", 120, 90, 85, -200, disputed=False),
    _Case(_CREDIT_CHINA, "市场监督管理局", CreditKind.ADMIN_PENALTY, Severity.GENERAL,
          "计量器具未按期检定，已完成信用修复", 300, 260, 250, -60, 40, False, weight=7),
    _Case(_CREDIT_CHINA, "应急管理局", CreditKind.ADMIN_PENALTY, Severity.SERIOUS,
          "特种作业无证上岗，公示期已满", 1500, 1460, 1450, 300, weight=5),
    _Case(_CREDIT_CHINA, "交通运输局", CreditKind.ADMIN_PENALTY, Severity.GENERAL,
          "车辆超限运输，企业已提出异议", 100, 70, 70, None, None, True),
    _Case(_CREDIT_CHINA, "消防救援支队", CreditKind.ADMIN_PENALTY, Severity.MINOR,
          "疏散通道堆物，当场改正，不予公示", 60, 55, 55, weight=6),
    _Case(_REGISTER, "市场监督管理局", CreditKind.ABNORMAL_OPERATION, Severity.GENERAL,
          "通过登记住所无法联系，列入经营异常名录", 45, 40, weight=3),
    _Case(_REGISTER, "市场监督管理局", CreditKind.ABNORMAL_OPERATION, Severity.GENERAL,
          "未按期报送年报，补报后移出", 400, 380, 330, weight=6),
    _Case(_COURT, "人民法院", CreditKind.JUDGMENT_DEBTOR, Severity.SERIOUS,
          "有履行能力而拒不履行买卖合同判决", 210, 180, weight=2),
    _Case(_COURT, "人民法院", CreditKind.JUDGMENT_DEBTOR, Severity.SERIOUS,
          "买卖合同纠纷，已履行完毕并撤出名单", 420, 390, 150, None, 150, weight=3),
    _Case(_CREDIT_CHINA, "人力资源和社会保障局", CreditKind.SERIOUS_LIST, Severity.SERIOUS,
          "拖欠农民工工资，列入严重失信主体名单", 300, 280, None, -800, weight=1),
    _Case(_SHARED, "生态环境局", CreditKind.ENVIRONMENT, Severity.GENERAL,
          "废气排放浓度超标，整改中", 80, 60, None, -240, disclosure=Disclosure.GOVERNMENT, weight=3),
    _Case(_SHARED, "社会保险经办机构", CreditKind.SOCIAL_INSURANCE, Severity.MINOR,
          "社保费迟缴一期，已补缴", 150, 140, 130, disclosure=Disclosure.AUTHORISED, weight=6),
    _Case(_SHARED, "供电公司", CreditKind.UTILITIES, Severity.NONE,
          "近十二个月电费按期缴纳", 20, 20, disclosure=Disclosure.AUTHORISED, weight=8),
    _Case(_TAX, "税务局", CreditKind.TAX_GRADE, Severity.NONE,
          "上一年度纳税信用评价结果", 210, 205, disclosure=Disclosure.PUBLIC, weight=8),
    _Case(_SHARED, "海关", CreditKind.CUSTOMS, Severity.NONE,
          "高级认证企业", 500, 480, disclosure=Disclosure.AUTHORISED, weight=4),
    _Case(_COURT, "人民法院", CreditKind.LAWSUIT, Severity.MINOR,
          "作为原告的加工合同纠纷，已调解", 250, 230, 200, weight=5),
    _Case(_COURT, "人民法院", CreditKind.LAWSUIT, Severity.GENERAL,
          "作为被告的货款纠纷，判决尚未作出", 90, None, weight=4),
    _Case(_CREDIT_CHINA, "工业和信息化局", CreditKind.HONOUR, Severity.NONE,
          "市级绿色工厂", 330, 320, weight=7),
    _Case(_CREDIT_CHINA, "人民政府", CreditKind.HONOUR, Severity.NONE,
          "市长质量奖提名", 700, 690, weight=3),
)  # fmt: skip


def record_rows(rng: Random, on: date, enterprises: list[Row]) -> list[Row]:
    """Records of about a quarter of ``enterprises``; dates move back by up to three weeks at random."""
    rows: list[Row] = []
    weights = [case.weight for case in _CASES]
    for firm in enterprises:
        if rng.random() < 0.24:
            for case in rng.choices(_CASES, weights, k=rng.choice((1, 1, 2))):
                rows.append(_record(on - timedelta(days=rng.randrange(21)), firm["uscc"], case, len(rows) + 1))
    return rows


def _record(day: date, uscc: str, case: _Case, number: int) -> Row:
    def before(days: int | None) -> date | None:
        return None if days is None else day - timedelta(days=days)

    return row(
        "credit-records", source=case.source, record_no=f"XY{number:07d}", uscc=uscc, authority=case.authority,
        kind=case.kind, severity=case.severity, occurred_on=before(case.occurred), decided_on=before(case.decided),
        ended_on=before(case.ended), publish_until=before(case.publish_until), repaired_on=before(case.repaired),
        disputed=case.disputed, disclosure=case.disclosure, summary=case.summary,
    )  # fmt: skip
