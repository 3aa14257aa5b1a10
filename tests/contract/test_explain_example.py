"""The example of ``flask match explain --json`` in the reference is what the engine really says."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import BenefitBase, Instrument, ProductType, Purpose, Repayment, Security, TaxGrade, Tier
from matchmaker.domain.text import Text
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring.criteria import KEYS
from matchmaker.scoring.explain import explain_pair
from matchmaker.scoring.facts import Asks, Enterprise, Need, Policy, Product
from tests.contract.conformance_lists import reference

EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "reference" / "examples" / "match-explain.json"

ON = date(2026, 11, 30)
WAN = 1_000_000
NAMES = {
    ("chain", "TACKLE"): Text("钓具", "Fishing tackle"),
    ("area", "371000"): Text("威海市", "Weihai"),
    ("area", "371002"): Text("环翠区", "Huancui"),
    ("industry", "2449"): Text("其他体育用品制造", "Other sports goods"),
}
TACKLE_MAKER = Enterprise(
    uscc="91371002MA0000000X",
    area_code="371002",
    industry_code="2449",
    chain_code="TACKLE",
    founded_on=date(2024, 2, 20),
    employees=48,
    revenue_fen=2600 * WAN,
    tiers=(TierHeld(Tier.INNOVATIVE_SME, date(2027, 12, 31)),),
    tax_grade=TaxGrade.B,
    is_first_loan=True,
)
NEED = Need(
    need_no="XQ-20261130-70000",
    enterprise=TACKLE_MAKER,
    amount_fen=800 * WAN,
    term_months=12,
    purpose=Purpose.WORKING_CAPITAL,
    max_rate=Rate(pct_e6=4_000_000),
    security_offered=(Security.CREDIT,),
    repayment=Repayment.INTEREST_ONLY,
)
PRODUCT = Product(
    "P0070003",
    "B001",
    "钓具产业贷",
    ProductType.WORKING_CAPITAL_LOAN,
    asks=Asks(
        chains=("TACKLE",),
        areas=("371000",),
        tiers_any=(Tier.INNOVATIVE_SME, Tier.SRDI_SME),
        min_age_months=36,
        tax_grades=(TaxGrade.A, TaxGrade.B),
        excludes_dishonest=True,
        amount_max_fen=1000 * WAN,
        term_max_months=36,
        rate_min=Rate(pct_e6=3_450_000),
        security=(Security.CREDIT, Security.GUARANTEE),
        purposes=(Purpose.WORKING_CAPITAL, Purpose.ORDER),
    ),
    rate_max=Rate(pct_e6=3_950_000),
    fee_pct_e6=0,
    repayment=(Repayment.INTEREST_ONLY,),
)
SUBSIDY = Policy(
    "POL-1",
    "中小微企业贷款贴息",
    Instrument.INTEREST_SUBSIDY,
    asks=Asks(purposes=(Purpose.WORKING_CAPITAL,)),
    benefit_rate_pct_e6=1_000_000,
    benefit_base=BenefitBase.PRINCIPAL,
    benefit_months=12,
)


def explained() -> dict[str, Any]:
    return explain_pair(
        NEED,
        PRODUCT,
        ON,
        replace(reference(), names=NAMES),
        policies=(SUBSIDY,),
        lang="zh",
        versions={"need": 1, "product": 2, "enterprise": 1},
        credit_sources=("信用中国", "市场监管局"),
    )


def test_the_example_is_what_the_engine_says() -> None:
    assert EXAMPLE.read_text("utf-8") == json.dumps(explained(), ensure_ascii=False, indent=2) + "\n"


def test_the_example_shows_the_contract() -> None:
    """The contract's own row, its repair and all sixteen criteria."""
    example = json.loads(EXAMPLE.read_text("utf-8"))
    assert (example["verdict"], example["score"], example["components"]) == ("near", None, [])
    assert [row["key"] for row in example["criteria"]] == list(KEYS)
    (age,) = [row for row in example["criteria"] if row["result"] != "pass"]
    assert age["text"] == "产品要求满 36 个月，您已 33 个月，2027-02-20 起符合"
    (repair,) = example["repairs"]
    wait = {"kind": "wait_until", "field": "founded_on", "from": None, "to": None, "on": "2027-02-20"}
    assert (repair["moves"], repair["verdict_after"]) == ([wait], "eligible")
