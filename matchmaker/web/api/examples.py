"""Bodies that stand in the document as examples; a test sends each of them."""

from typing import Any

BODIES: dict[str, Any] = {
    "products": {
        "name": "制造业流水贷",
        "product_type": "WORKING_CAPITAL_LOAN",
        "amount_min": "500000.00",
        "amount_max": "10000000.00",
        "term_min_months": 6,
        "term_max_months": 36,
        "rate_min": "LPR+20BP",
        "rate_max": "4.35",
        "fee_pct": "0",
        "security": ["CREDIT", "GUARANTEE"],
        "purposes": ["WORKING_CAPITAL"],
        "decision_days": 7,
    },
    "needs": {
        "amount": "8000000.00",
        "term_months": 24,
        "purpose": "WORKING_CAPITAL",
        "max_rate": "4.2",
        "security_offered": ["CREDIT"],
        "banks_at_a_time": 2,
    },
    "policies": {
        "policy_no": "ZC-2026-101",
        "title": "制造业中长期贷款贴息",
        "level": "MUNICIPAL",
        "instrument": "INTEREST_SUBSIDY",
        "benefit_rate_pct": "1",
        "benefit_base": "PRINCIPAL",
        "benefit_months": 12,
        "benefit_cap": "500000.00",
    },
}
CREDIT_RECORD: dict[str, Any] = {
    "source": "信用中国",
    "record_no": "XZ-2026-0815",
    "uscc": "91371000MA3C00003Y",
    "kind": "ADMIN_PENALTY",
    "severity": "GENERAL",
    "authority": "市场监督管理局",
    "decided_on": "2026-08-15",
    "disclosure": "PUBLIC",
}
"""A row of a batch."""
CHANGES: dict[str, Any] = {
    "products": {"amount_max": "12000000.00", "rate_max": None},
    "needs": {"amount": "9000000.00", "max_rate": "4.5"},
    "policies": {"valid_to": "2027-12-31"},
    "enterprises": {"employees": 128, "revenue": "56000000.00"},
}
CONSENT: dict[str, Any] = {"organisation": "B001", "groups": ["identity", "business"], "purpose": "financing"}
REFUSAL: dict[str, Any] = {"reason": "SECURITY", "note": "抵押物不足"}
DECLINE: dict[str, Any] = {"reason": "COST"}
REPORT: dict[str, Any] = {
    "event_no": "FK-20261124-001", "kind": "drawdown", "happened_on": "2026-11-24", "amount": "1000000.00",
}  # fmt: skip
VOID: dict[str, Any] = {"event_no": "HK-20261124-002"}
REVIEW: dict[str, Any] = {"opinion": "approve", "reason": "核对了合同、流水与评级依据，情况属实"}
DECLINED: dict[str, Any] = {"reason": "资金用途与申请不一致，补件后仍无法核实"}
CLAIM_CHECK: dict[str, Any] = {"reason": "逾期已满约定天数，本金与台账一致"}
CLAIM_REFUSAL: dict[str, Any] = {"reason": "利息超出合同约定，核对后重新申请"}
RECOVERY: dict[str, Any] = {"amount": "250000.01", "recovered_on": "2027-03-04", "note": "处置抵押物所得"}
WRITE_OFF: dict[str, Any] = {"reason": "法院已终结本次执行，无可供执行财产"}
CERTIFICATE: dict[str, Any] = {"words": "5d41402abc4b2a76b9719d911017c592ae2b1f0c6d1e8e0b3a7f4c9d2e6b8a10"}
REVOCATION: dict[str, Any] = {"reason": "企业名称登记有误，已通知更正"}
WEBHOOK: dict[str, Any] = {"url": "https://hooks.bank.example/matchmaker", "events": ["need.matched"]}
