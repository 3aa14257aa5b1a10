"""A guarantee scheme and a rating under which it can be had, for tests that need both."""

from datetime import date
from typing import Any

from matchmaker.domain.guarantee_terms import FeePayer, Grade
from matchmaker.scoring.schemes import Scheme, SchemeGrade, Standing

WAN = 1_000_000
STANDING = Standing(Grade.A, "PJ-1", date(2026, 1, 1), date(2026, 12, 31))


def terms(grade: Grade = Grade.A, most: int = 500 * WAN, **more: Any) -> SchemeGrade:
    """What a scheme gives one grade, fen."""
    return SchemeGrade(grade, most, 80_000_000, 20_000_000, **more)


def scheme(*grades: SchemeGrade, **more: Any) -> Scheme:
    """A scheme whose fee the treasury bears; grades A and B up to 5 m CNY unless others are given."""
    facts: dict[str, Any] = {
        "scheme_code": "S1", "name": "示例方案", "org_code": "D01", "fee_e6": 0, "fee_payer": FeePayer.TREASURY,
        "grades": grades or (terms(), terms(Grade.B)),
    }  # fmt: skip
    return Scheme(**facts | more)
