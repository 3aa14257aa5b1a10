"""Guarantees of the city of canaries: one of each enterprise, with words that its bank, or nobody else, may read."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.actor import SYSTEM
from matchmaker.guarantee.cases.holding import covered_of
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent, GuaranteeNote
from matchmaker.guarantee.ledger.services import reserve_capacity
from matchmaker.lists.models import Need
from tests.support.canary_city import BANKS, FIRMS, GUARANTOR, NOW, City
from tests.support.city import put
from tests.support.covering import grade, scheme
from tests.support.twins import add


def put_guarantees(session: Session, city: City) -> None:
    """An approved one of each enterprise, with a report of its bank and what was said to the enterprise and inside."""
    put(session, "guarantors", {
        "org_code": GUARANTOR, "kind": "COMPANY", "net_assets_wan": 10_000, "net_assets_on": "2026-09-30",
        "mainly_small": "否",
    }, now=NOW)  # fmt: skip
    put(session, "guarantee-limits", {"limit_no": "P-2", "value_pct": "0%"}, now=NOW)
    put(session, "schemes", scheme("S1", GUARANTOR), now=NOW)
    put(session, "scheme-grades", grade("S1"), now=NOW)
    for number, (uscc, bank) in enumerate(zip(FIRMS, BANKS, strict=True)):
        owners = (uscc, bank, GUARANTOR)
        need_no = session.scalar(select(Need.need_no).where(Need.uscc == uscc))
        whose = {"uscc": uscc, "bank_code": bank, "org_code": GUARANTOR}
        case = add(
            session, Guarantee, guarantee_no=f"DB-20261120-{city.canaries.word('guarantees', *owners)}",
            need_no=need_no, product_code=f"{bank}P1", scheme_code="S1", scheme_version=1, rating_no="PJ-1", grade="A",
            size_class="SMALL", groups=[], amount_fen=100_000_000, term_months=12, fee_e6=0, fee_payer="TREASURY",
            fee_fen=0, shares={"GUARANTOR": 80_000_000, "BANK": 20_000_000}, four_eyes_above_fen=0, claim_after_days=60,
            letter_days=90, state="approved", consent_id=f"c{number}", applied_at=NOW, applied_by="x",
            due_on=NOW.date(), expires_on=NOW.date() + timedelta(days=14), approved_at=NOW, letter_no=f"ZX-{number}",
            letter_expires_on=NOW.date() + timedelta(days=60), **whose,
        )  # fmt: skip
        reserve_capacity(session, covered_of(case), on=NOW.date(), actor=SYSTEM, now=NOW)
        city.name("guarantees", case.public_id, *owners)
        no = {"guarantee_no": case.guarantee_no, **whose}
        add(session, GuaranteeEvent, event_no=city.canaries.word("guarantees", *owners), kind="repayment",
            amount_fen=1, happened_on=NOW.date(), digest="x", state="parked", why="not_drawn", reported_at=NOW,
            reported_by="x", **no)  # fmt: skip
        for inside, readers in ((False, (uscc, GUARANTOR)), (True, (GUARANTOR,))):
            add(session, GuaranteeNote, verb="review" if inside else "ask", inside=inside, said_at=NOW, said_by="x",
                text=city.text("guarantee note", *readers), name="x", **no)  # fmt: skip
