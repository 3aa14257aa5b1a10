"""Who is sending: a lock that dies with its process tells at once that a lease's holder is gone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from matchmaker.actor import SYSTEM
from matchmaker.db import Database, Lock
from matchmaker.outbox.services import release_leases


@contextmanager
def sending(database: Database) -> Iterator[None]:
    """Count as a sender inside the block. Whoever finds itself the only one frees the leases that dead ones left.

    Without it a message in flight at a crash would wait until its lease runs out; the lease remains the safety net
    for a holder that is alive but stuck.
    """
    if database.engine.dialect.name == "postgresql":
        with _sending_postgresql(database):
            yield
    else:
        with _sending_sqlite(database):
            yield


@contextmanager
def _sending_postgresql(database: Database) -> Iterator[None]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"key": Lock.SENDERS.value}
        alone = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one()
        try:
            if alone:
                _free(database)
            connection.execute(text("SELECT pg_advisory_lock_shared(:key)"), key)
            if alone:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
            yield
        finally:
            with suppress(DBAPIError):  # where the server went away, so did the locks, and another error says it better
                connection.execute(text("SELECT pg_advisory_unlock_all()"))


@contextmanager
def _sending_sqlite(database: Database) -> Iterator[None]:
    path = database.engine.url.database
    assert path
    with Path(f"{path}.senders").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            _free(database)
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _free(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        release_leases(session, orphaned=True)
