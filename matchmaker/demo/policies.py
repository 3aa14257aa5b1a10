"""Two invented city policies that leave nothing to be checked, so that the demo shows a cost after subsidy.

The real ones carry conditions that no criterion can test; they are shown as "to be checked" and never counted as sure.
"""

from datetime import date, timedelta

from matchmaker.demo.rows import Row, row


def policy_rows(on: date) -> list[Row]:
    """Rows of the sample policies, in force on ``on``."""
    begun, ends = on - timedelta(days=200), on + timedelta(days=340)
    return [
        row(
            "policies", policy_no="YS-JGTX", title="（演示）技术改造贷款市级贴息", level="MUNICIPAL",
            issuer="威海市工业和信息化局（演示）", instrument="INTEREST_SUBSIDY", areas="371000",
            purposes="TECH_UPGRADE;FIXED_ASSET", excludes_dishonest=True, benefit_rate_pct="1", benefit_base="PRINCIPAL",
            benefit_cap_wan="50", benefit_months="24", fulfilment_mode="NO_APPLICATION", budget_wan="3000",
            valid_from=begun, valid_to=ends, beneficiaries="本市技术改造、固定资产贷款", time_limit_days="30",
        ),
        row(
            "policies", policy_no="YS-XWTX", title="（演示）小微企业流动资金贷款贴息", level="MUNICIPAL",
            issuer="威海市工业和信息化局（演示）", instrument="INTEREST_SUBSIDY", areas="371000",
            size_classes="MICRO;SMALL", purposes="WORKING_CAPITAL;ORDER", tax_grades="A;B;M", excludes_dishonest=True,
            benefit_rate_pct="25", benefit_base="INTEREST_PAID", benefit_cap_wan="10", benefit_months="12",
            excludes="YS-JGTX", fulfilment_mode="INSTANT_APPLICATION", budget_wan="2000", valid_from=begun,
            valid_to=ends, beneficiaries="本市小型、微型企业", time_limit_days="20",
        ),
    ]  # fmt: skip
