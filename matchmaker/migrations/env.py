"""Alembic's environment: the database is the one that ``matchmaker.db.alembic_config`` names."""

from typing import Any, Literal

from alembic import context

from matchmaker import models  # noqa: F401  (registers every table)
from matchmaker.actor import SYSTEM
from matchmaker.db import Base, FieldType, UtcTime, engine_for
from matchmaker.tenancy import announce

_PLAIN = {"text": "sa.String()", "integer": "sa.BigInteger()", "date": "sa.Date()", "boolean": "sa.Boolean()"}


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as the plain types they are stored in, so that old migrations need no new code."""
    if kind == "type" and isinstance(item, FieldType):
        return _PLAIN[item.kind.storage]
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    return False


engine = engine_for(context.config.attributes["url"])
with engine.connect() as connection:
    with connection.begin():
        announce(connection, SYSTEM, lasting=True)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_item=render_item,
        render_as_batch=False,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
