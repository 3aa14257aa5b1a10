"""Removing and blanking what may no longer be kept, by the table of rules.

The rules are run as the schema's owner where there is one: the application may not remove versions of list entries.
The audit keeps ids and hashes only and is not shortened.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import CursorResult, delete, update

from matchmaker.accounts.audit import record_event
from matchmaker.actor import Actor
from matchmaker.db import Database, ScopedSession
from matchmaker.push.privacy.rules import RULES, Files, Step
from matchmaker.settings import Settings

Erased = dict[str, int]
"""Rule → rows that were removed or blanked, and files that were removed."""


def apply_rules(session: ScopedSession, now: datetime) -> Erased:
    """Remove and blank what has run out by ``now``; how much by each rule. A session of the system's."""
    erased = {
        rule.key: sum(_apply(session, step, now.astimezone(UTC)) for step in rule.steps if isinstance(step, Step))
        for rule in RULES
    }
    session.expire_all()
    return erased


def _apply(session: ScopedSession, step: Step, now: datetime) -> int:
    over = step.over(now)
    act = update(step.model).values(dict.fromkeys(step.blank)) if step.blank else delete(step.model)
    done = session.execute(act.where(over).execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return done.rowcount


def _old_files(settings: Settings, now: datetime) -> dict[str, list[Path]]:
    """Rule → the files that have run out."""
    return {
        rule.key: [
            path
            for step in rule.steps
            if isinstance(step, Files)
            for path in (settings.instance / step.folder).glob("*")
            if path.is_file() and path.stat().st_mtime < (now - timedelta(days=step.days)).timestamp()
        ]
        for rule in RULES
    }


def run_retention(
    database: Database, settings: Settings, *, actor: Actor, now: datetime, dry_run: bool = False
) -> Erased:
    """Apply the rules in one transaction, as the schema's owner where ``migration_url`` names one.

    ``dry_run``: all is done and undone again, so the counts are those of the real run. Files go after the commit.
    """
    files = _old_files(settings, now)
    owner = Database(settings.migration_url) if settings.migration_url else database
    try:
        with owner.writing(actor) as session:
            rows = apply_rules(session, now)
            erased = {key: count + len(files[key]) for key, count in rows.items()}
            if dry_run:
                session.rollback()
            elif any(erased.values()):
                record_event(
                    session, actor=actor, action="retention.applied", subject="retention", now=now, after=dict(erased)
                )
    finally:
        if owner is not database:
            owner.dispose()
    for path in [] if dry_run else [path for found in files.values() for path in found]:
        path.unlink(missing_ok=True)
    return erased
