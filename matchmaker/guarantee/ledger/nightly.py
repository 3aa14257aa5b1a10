"""The nightly proof that cached balances are the sums of their legs (RELIABILITY.md section 1, rule 6)."""

from datetime import datetime

from matchmaker.accounts.audit import record_event
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.guarantee.ledger.checking import Checked, verify_ledger

SHOWN = 20


def check_ledger(database: Database, now: datetime) -> Checked:
    """Verify the ledger; a finding goes into the audit, with the first flaws. Nothing is repaired."""
    with database.reading(SYSTEM) as session:
        checked = verify_ledger(session)
    if checked.flaws:
        places = [f"{one.code} {one.place} {one.found} {one.expected}" for one in checked.flaws[:SHOWN]]
        with database.writing(SYSTEM) as session:
            found = {"flaws": len(checked.flaws), "first": places}
            record_event(session, actor=SYSTEM, action="ledger.mismatch", subject="ledger", now=now, after=found)
    return checked
