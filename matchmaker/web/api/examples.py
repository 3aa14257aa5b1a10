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
CHANGES: dict[str, Any] = {
    "products": {"amount_max": "12000000.00", "rate_max": None},
    "needs": {"amount": "9000000.00", "max_rate": "4.5"},
    "policies": {"valid_to": "2027-12-31"},
    "enterprises": {"employees": 128, "revenue": "56000000.00"},
}
CONSENT: dict[str, Any] = {"organisation": "B001", "groups": ["identity", "business"], "purpose": "financing"}
REFUSAL: dict[str, Any] = {"reason": "SECURITY", "note": "抵押物不足"}
DECLINE: dict[str, Any] = {"reason": "COST"}
WEBHOOK: dict[str, Any] = {"url": "https://hooks.bank.example/matchmaker", "events": ["need.matched"]}
