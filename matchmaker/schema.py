"""The schema: migrations, row policies, and what the application's own role may do."""

from typing import Any

from sqlalchemy.engine import make_url

from matchmaker import models  # noqa: F401  (registers every table)
from matchmaker.db import MIGRATIONS, clear_sentences, engine_for, newer_database
from matchmaker.tenancy import force, policies


def upgrade(url: str) -> None:
    """Create or migrate the database at ``url`` to the newest schema; safe to repeat."""
    from alembic import command
    from alembic.util.exc import CommandError

    try:
        with clear_sentences(url):
            command.upgrade(alembic_config(url), "head")
            _protect_rows(url)
    except CommandError as error:
        raise newer_database(error) from error


def _protect_rows(url: str) -> None:
    """Write the tables' rules as row policies, for the owner too until another role is named as the application's."""
    if make_url(url).get_backend_name() == "postgresql":
        with engine_for(url).begin() as connection:
            for statement in (*policies(), *force(True)):
                connection.exec_driver_sql(statement.replace("%", "%%"))


_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE UPDATE, DELETE ON list_version, audit_event, rating, ledger_entry, ledger_leg, alembic_version FROM {role}",
    "REVOKE INSERT ON alembic_version FROM {role}",
)


def grant_application(owner_url: str, application_url: str) -> None:
    """Let the application's own role, where it is not the schema's owner, use the tables but not change the schema.

    What was kept of a version stays as it was: the application may add to ``list_version``, never change it.
    """
    owner, application = make_url(owner_url), make_url(application_url)
    if owner.get_backend_name() != "postgresql" or owner.username == application.username:
        return
    with clear_sentences(owner_url), engine_for(owner_url).begin() as connection:
        role = connection.dialect.identifier_preparer.quote_identifier(application.username or "")
        for statement in _GRANTS:
            connection.exec_driver_sql(statement.format(role=role))
        for statement in force(False):
            connection.exec_driver_sql(statement)


def alembic_config(url: str) -> Any:
    """Alembic's configuration for ``url``; the scripts lie in the package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config
