"""Databases of before: each lead gets a referral with what is known of it, and the way back loses nothing else."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from alembic import command
from sqlalchemy import select, text

from matchmaker.accounts.models import Consent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.push.models import Lead
from matchmaker.push.services import run_push
from matchmaker.schema import alembic_config, upgrade
from tests.support.consenting import NOW, consent, fill, lead_of
from tests.support.referring import stands


def test_leads_of_before_get_their_referrals(migrated_url: str, tmp_path: Path) -> None:
    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    given = consent(database, settings, number=2)
    with database.writing(SYSTEM) as session:
        session.get_one(Consent, given.id).expires_at = datetime.now(UTC) + timedelta(days=9)
        ended = lead_of(database, "B2", 3)
        session.scalars(select(Lead).where(Lead.public_id == ended)).one().ended_at = NOW
    database.dispose()
    command.downgrade(alembic_config(migrated_url), "0004-1")
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(Lead)).all()) == 12
    upgrade(migrated_url)
    assert stands(database) == ("none", "none", "open", True)
    assert stands(database, number=2) == ("none", "consented", "open", True)
    assert stands(database, "B2", 3) == ("none", "none", "closed", False)
    with database.reading(SYSTEM) as session:
        rows = session.connection().execute(text("SELECT public_id, due_on, created_at FROM referral")).all()
    assert len({row.public_id for row in rows}) == 12 and all(len(row.public_id) == 20 for row in rows)
    assert {str(row.due_on) for row in rows} == {str(date(2026, 11, 27))}
    run_push(database, settings, now=lambda: NOW + timedelta(days=1), audiences=("bank",))
    assert stands(database, "B2", 3) == ("none", "none", "open", True), "it goes on from there"
    database.dispose()
