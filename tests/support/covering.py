"""Guarantors with schemes and limits, and cases to cover, for tests of the ledger."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.guarantee_terms import FeePayer, Grade, LossParty
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.terms import Side, SizeClass
from matchmaker.guarantee.ledger import services
from matchmaker.guarantee.ledger.capacity import Effect
from matchmaker.lists.defaults import load_defaults
from matchmaker.scoring.exposure import WHOLE_E6, Covered
from matchmaker.scoring.measures import Position
from tests.support.city import code_of, put

ON = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WAN = FEN_PER_WAN
BOOKER = Actor("person:u1", Side.GUARANTOR, orgs=("G1",), person_id=1, name="周审保")
E80 = {LossParty.GUARANTOR: 80 * 1_000_000, LossParty.BANK: 20 * 1_000_000}
"""8 : 2, as the model scheme has it for grade A."""


def guarantors(session: Any, *, schemes: Mapping[str, Any] | None = None, assets_wan: int = 10_000) -> None:
    """G1, a licensed company with scheme S1, and G2, a fund with scheme S2; each has net assets of 100 m CNY.

    The policy share of small tickets asks nothing, so that one large case can be looked at."""
    load_defaults(session, now=AT)
    orgs = [{"org_code": code, "kind": "GUARANTOR", "name": f"{code}担保"} for code in ("G1", "G2")]
    put(session, "organisations", *orgs, {"org_code": "B1", "kind": "BANK", "name": "甲银行"}, now=AT)
    row = {"net_assets_wan": assets_wan, "net_assets_on": "2026-09-30", "mainly_small": "否"}
    put(session, "guarantors", {"org_code": "G1", "kind": "COMPANY", **row}, {"org_code": "G2", "kind": "FUND", **row})
    put(session, "guarantee-limits", {"limit_no": "P-2", "value_pct": "0%"})
    for number in (1, 2):
        put(session, "schemes", scheme(f"S{number}", f"G{number}", **(schemes or {})))
        put(session, "scheme-grades", grade(f"S{number}"))


def scheme(code: str, org_code: str, **cells: Any) -> dict[str, Any]:
    """A scheme in use, without caps."""
    return {
        "scheme_code": code, "name": f"方案{code}", "org_code": org_code, "active": "是", "fee_pct_per_year": "0%",
        "fee_payer": "TREASURY", "four_eyes_above_wan": "0", "reservation_workdays": "10", "decision_workdays": "3",
        "letter_days": "90",
        "claim_after_days": "60", **cells,
    }  # fmt: skip


def grade(code: str, **cells: Any) -> dict[str, Any]:
    """Terms of grade A with a bound that no test reaches by accident."""
    plain = {"grade": "A", "amount_max_wan": "100000", "guarantor_pct": "80%", "bank_pct": "20%"}
    return {"scheme_code": code, **plain, **cells}


def case(number: int, wan: int = 100, *, firm: int | None = None, org: int = 1, **changes: Any) -> Covered:
    """The ``number``-th case: ``wan`` of a small enterprise of its own (or ``firm``) with guarantor ``org``."""
    plain = Covered(
        guarantee_no=f"DB-20261124-{number:06d}", org_code=f"G{org}", scheme_code=f"S{org}", bank_code="B1",
        uscc=code_of(firm or number), chain_code="C01", grade=Grade.A, size_class=SizeClass.SMALL, shares=E80,
        amount_fen=wan * WAN, fee_payer=FeePayer.TREASURY,
    )  # fmt: skip
    return replace(plain, **changes)


def shares(guarantor: int, bank: int, reguarantor: int = 0, treasury: int = 0) -> dict[LossParty, int]:
    """Shares in millionths of a percent."""
    given = zip(
        (LossParty.GUARANTOR, LossParty.BANK, LossParty.REGUARANTOR, LossParty.TREASURY),
        (guarantor, bank, reguarantor, treasury),
        strict=True,
    )
    assert guarantor + bank + reguarantor + treasury == WHOLE_E6
    return dict(given)


def reserve(database: Database, covered: Covered, on: date = ON) -> Effect:
    """Reserve in a transaction of its own."""
    with database.writing(SYSTEM) as session:
        return services.reserve_capacity(session, covered, on=on, actor=BOOKER, now=AT)


def booked(database: Database, verb: str, covered: Covered, on: date = ON, **values: Any) -> Position | None:
    """``drawdown``, ``repayment``, ``recovery`` (fen), ``compensation``, ``write_off``, ``fee`` or ``free`` (why)."""
    step = services.free_capacity if verb == "free" else getattr(services, f"book_{verb}")
    with database.writing(SYSTEM) as session:
        made: Position | None = step(session, covered, on=on, actor=BOOKER, now=AT, **values)
        return made


def standing(database: Database, covered: Covered) -> Position:
    """Where a case stands."""
    with database.reading(SYSTEM) as session:
        return services.position(session, covered.guarantee_no)
