"""What tests of accounts look up."""

from flask import Flask
from sqlalchemy import select

from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from tests.support.accounts import parts_of


def audited(app: Flask, action: str) -> list[AuditEvent]:
    """The links of the audit chain about an action, oldest first."""
    with parts_of(app).database.reading(SYSTEM) as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.seq)))
