"""A guarantor with a scheme in use, and standing ratings, in a database."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.lists.services.writing import record_version
from tests.support.city import TUESDAY, put

SCHEME = "WH-TEST"


def open_scheme(session: Session, *, now: datetime = TUESDAY, **cells: Any) -> None:
    """A scheme in use whose fee the treasury bears: grades A and B, up to 500 万元."""
    put(session, "organisations", {"org_code": "D9", "kind": "GUARANTOR", "name": "威海示例信用保证基金"}, now=now)
    put(session, "schemes", {
        "scheme_code": SCHEME, "name": "示例方案", "org_code": "D9", "active": "是", "fee_pct_per_year": "0%",
        "fee_payer": "TREASURY", "four_eyes_above_wan": "0", "reservation_workdays": "10", "decision_workdays": "3",
        "letter_days": "90",
        "claim_after_days": "60", **cells,
    }, now=now)  # fmt: skip
    put(session, "scheme-grades", *(
        {"scheme_code": SCHEME, "grade": grade, "amount_max_wan": "500", "guarantor_pct": "80%", "bank_pct": "20%"}
        for grade in ("A", "B")
    ), now=now)  # fmt: skip


def rate(session: Session, uscc: str, grade: Grade = Grade.A, *, valid_to: date = date.max, **more: Any) -> None:
    """Give an enterprise a standing rating, as a version of its own."""
    moments = dict.fromkeys(("created_at", "updated_at", "confirmed_at"), TUESDAY)
    facts: dict[str, Any] = {"rating_no": f"PJ-{uscc[-6:]}", "rated_on": date(2026, 1, 1), "valid_to": valid_to}
    entry = EnterpriseRating(uscc=uscc, grade=grade, status=EntryStatus.PUBLISHED, **facts | more | moments)
    session.add(entry)
    session.flush()
    record_version(session, actor=Actor("test", Side.TRUSTED), entry=entry, cause="rating", now=TUESDAY)
