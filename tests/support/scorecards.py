"""A synthetic history of the city's guarantees with known outcomes, written straight into the table."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.scoring.scorecard.city import CITY_FEATURES
from tests.support.city import code_of

NEWEST = date(2026, 6, 30)
"""The last day on which one of :func:`add_history` was approved."""


def add_history(
    session: Session, count: int = 1100, *, newest: date = NEWEST, days: int = 720, name: str = "H", **cells: Any
) -> None:
    """``count`` closed cases of so many ``days`` up to ``newest``: younger firms that ask for more fail more often.

    ``cells``: columns that are the same in all. More than every fifth fails.
    """
    chance = random.Random(7)
    rows = [_case(chance, f"{name}{number:05d}", newest - timedelta(days=number % days)) for number in range(count)]
    session.execute(insert(Guarantee), [row | cells for row in rows])


def _case(chance: random.Random, number: str, on: date) -> dict[str, Any]:
    row = features(chance)
    risk = row["amount_to_revenue_pct"] / 25 - row["age_months"] / 80 + chance.gauss(0, 1)
    at = datetime.combine(on, time(4), UTC)
    failed = risk > 0
    return {
        "public_id": number, "guarantee_no": number, "uscc": code_of(1), "org_code": "G2", "bank_code": "B2",
        "scheme_code": "S1", "scheme_version": 1, "rating_no": "PJ-1", "grade": "A", "groups": [], "shares": {},
        "amount_fen": 100, "term_months": 12, "fee_e6": 0, "fee_payer": "TREASURY", "fee_fen": 0,
        "four_eyes_above_fen": 0, "claim_after_days": 60, "letter_days": 90, "automatic": False,
        "state": "compensated" if failed else "released", "version": 1, "consent_id": "C", "applied_at": at,
        "applied_by": "person:1", "due_on": at.date(), "expires_on": at.date(), "approved_at": at,
        "compensated_at": at + timedelta(days=100) if failed else None, "checked_by": "person:1",
        "compensated_by": "person:2", "features": row, "features_until": date(2031, 1, 1),
    }  # fmt: skip


def features(chance: random.Random) -> dict[str, Any]:
    """What was known of one applicant; two of the facts bear on how it ends."""
    row: dict[str, Any] = {feature.key: None for feature in CITY_FEATURES}
    return row | {
        "age_months": chance.randrange(6, 240), "employees": chance.randrange(1, 300),
        "revenue_wan": chance.uniform(100, 9000), "tax_grade": chance.choice("ABMC"), "term_months": 12,
        "amount_to_revenue_pct": chance.uniform(1, 80), "judicial_records": 0, "first_loan": chance.choice("YN"),
    }  # fmt: skip
