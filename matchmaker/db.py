"""Engine, sessions and column types, the same for SQLite and PostgreSQL."""

import hashlib
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Integer,
    String,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from matchmaker.actor import Actor
from matchmaker.domain.errors import ConfigurationError, ConflictError, MatchmakerError
from matchmaker.domain.kinds import Kind
from matchmaker.domain.text import Text
from matchmaker.tenancy import Base, ScopedSession, tell_before_statements

_ROWS_AT_A_TIME = 500

__all__ = [
    "Base", "Database", "FieldType", "Id", "Limits", "Lock", "ScopedSession", "UtcTime", "clear_sentences",
    "engine_for", "insert_new", "lock_lists", "lock_name", "new_public_id", "newer_database", "safe_url",
]  # fmt: skip


class Lock(IntEnum):
    """Numbers of PostgreSQL's advisory locks. 20261002 is that of stored matchings (``matching/services.py``)."""

    LISTS = 20261001
    """Orders the writers of list versions, so that version ids are in the order of commit."""
    SENDERS = 20261003
    """Every sender shares it; who has it alone knows that all other senders are dead."""
    PUSH = 20261004
    """Held by the one process that plans pushes."""


MIGRATIONS = Path(__file__).parent / "migrations"


Id = BigInteger().with_variant(Integer, "sqlite")


def new_public_id() -> str:
    """A name for a row that tells nothing: 20 random letters and digits."""
    return "".join(secrets.choice(_SIGNS) for _ in range(20))


_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"


class FieldType(TypeDecorator[Any]):
    """A column whose values are read and written by a field's kind; blank is NULL."""

    impl = String
    cache_ok = True
    _impls: ClassVar[dict[str, TypeEngine[Any]]] = {
        "text": String(),
        "integer": BigInteger(),
        "date": Date(),
        "boolean": Boolean(),
    }

    def __init__(self, kind: Kind, blank: Any = None) -> None:
        super().__init__()
        self.kind = kind
        self.blank = blank

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(self._impls[self.kind.storage])

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None or value == () or value == "" else self.kind.to_db(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return self.blank if value is None else self.kind.from_db(value)


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds a process waits for its database: for one statement, a lock, its own next step in a
    transaction, a connection; and how many connections it holds."""

    statement: int = 600
    lock: int = 15
    idle: int = 3600
    connect: int = 15
    connections: int = 10

    @classmethod
    def of_requests(cls, seconds: int) -> "Limits":
        """For a process that answers requests: a connection and a lock take ``seconds`` at most, together."""
        half = max(seconds // 2, 1)
        return cls(statement=seconds, lock=half, idle=3 * seconds, connect=half)


def engine_for(url: str, limits: Limits = Limits()) -> Engine:
    """An engine for ``sqlite:///…`` or ``postgresql+psycopg://…`` with the time-outs and locking this product needs.

    Its errors never show the values of a statement: they may be names and addresses.
    """
    if _backend(url) == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": limits.lock})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    told = {
        "statement_timeout": limits.statement * 1000,
        "lock_timeout": limits.lock * 1000,
        "idle_in_transaction_session_timeout": limits.idle * 1000,
        "timezone": "UTC",
    }
    engine = create_engine(
        url,
        pool_size=limits.connections // 2,
        max_overflow=limits.connections - limits.connections // 2,
        pool_timeout=limits.connect,
        hide_parameters=True,
        connect_args={
            "options": " ".join(f"-c {name}={value}" for name, value in told.items()),
            "connect_timeout": limits.connect,
        },
    )
    tell_before_statements(engine)
    event.listen(engine, "checkin", _remember_use)
    event.listen(engine, "checkout", _ask_after_rest)
    return engine


RESTED_SECONDS = 1.0


def _remember_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _ask_after_rest(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that has rested may have died with its server: ask before it is used, and take a new one then.

    One that was in use a moment ago is not asked: two more journeys to the server at every request are a fifth of it.
    """
    if time.monotonic() - record.info.get("used", time.monotonic()) > RESTED_SECONDS:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except Exception as error:
            raise DisconnectionError from error


def _backend(url: str) -> str:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername in ("sqlite", "postgresql+psycopg"):
        return parsed.get_backend_name()
    raise ConfigurationError(
        Text(
            "数据库地址读不懂。MATCHMAKER_DATABASE_URL 写成 sqlite:///文件 或 postgresql+psycopg://角色@主机/库名。",
            "The database address cannot be used. Write MATCHMAKER_DATABASE_URL as sqlite:///FILE or "
            "postgresql+psycopg://ROLE@HOST/NAME.",
        ),
        code="database_url",
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers begin with IMMEDIATE: a transaction that reads first and writes later would fail with "locked"."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Database:
    """One engine and the two ways to use it."""

    def __init__(self, url: str) -> None:
        """``url``: a SQLAlchemy URL; nothing is opened yet."""
        self.url = url
        self.engine = engine_for(url)
        self._known = False

    def limit(self, limits: Limits) -> None:
        """From here on wait for the database no longer than this; before the first statement of a process."""
        self.engine.dispose()
        self.engine = engine_for(self.url, limits)

    @contextmanager
    def writing(self, actor: Actor) -> Iterator["ScopedSession"]:
        """A session of ``actor`` whose work is committed when the block ends and undone when it raises."""
        with clear_sentences(self.url), ScopedSession(actor, self.engine) as session, session.begin():
            self._refuse_newer(session)
            yield session
            session.finish()

    @contextmanager
    def reading(self, actor: Actor) -> Iterator["ScopedSession"]:
        """A session of ``actor`` that sees one state and cannot write."""
        if self.engine.dialect.name == "postgresql":
            options = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        else:
            options = {"reading": True}
        with (
            clear_sentences(self.url),
            self.engine.connect().execution_options(**options) as connection,
            ScopedSession(actor, connection) as session,
        ):
            self._refuse_newer(session)
            yield session
            session.refuse_put_off()
            session.expunge_all()
            session.rollback()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _refuse_newer(self, session: Session) -> None:
        """ConfigurationError where a newer programme has migrated the database; looked at once."""
        if self._known:
            return
        found = session.connection().execute(text("SELECT version_num FROM alembic_version"))
        unknown = set(found.scalars()) - _revisions()
        if unknown:
            raise newer_database(", ".join(sorted(unknown)))
        self._known = True


def newer_database(why: object) -> ConfigurationError:
    """The error of a database that a newer programme has migrated."""
    return ConfigurationError(
        Text(
            "数据库的版本比程序新（{why}）。升级程序，或恢复升级前的备份。",
            "The database is newer than the programme ({why}). Upgrade the programme, or restore a backup.",
        ),
        code="database_newer",
        why=why,
    )


def _revisions() -> set[str]:
    """The migrations this programme knows: what their file names begin with."""
    return {path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[!_]*.py")}


_BUSY = Text(
    "数据库太忙，这一步没有完成。稍后再试。", "The database is too busy; this step was not done. Try again later."
)
_SAID: tuple[tuple[str, type[MatchmakerError], str, Text], ...] = (
    (
        r"no such table|no such column|(relation|column) \S+ does not exist",
        ConfigurationError,
        "database_schema",
        Text(
            "数据库还没有建好或版本过旧。运行 flask db upgrade。",
            "The database is not set up or too old. Run flask db upgrade.",
        ),
    ),
    (
        r"locked|lock timeout",
        ConflictError,
        "database_locked",
        Text("数据库正被另一个任务占用。稍后再试。", "The database is in use by another task. Try again later."),
    ),
    (
        r"deadlock detected",
        ConflictError,
        "database_deadlock",
        Text(
            "与另一项同时进行的操作互相等待，这一步已撤销，没有写入。再试一次即可。",
            "This step and another one waited for each other, so it was undone and nothing was written. Try again.",
        ),
    ),
    (
        r"statement timeout|idle-in-transaction",
        ConflictError,
        "database_busy",
        _BUSY,
    ),
    (
        r"readonly|read-only|permission denied|must be owner",
        ConfigurationError,
        "database_permission",
        Text(
            "没有写数据库的权限（{why}）。检查文件或角色的权限；结构另有所有者时，写明 MATCHMAKER_MIGRATION_URL。",
            "The database cannot be written ({why}). Check the rights of the file or role; where the schema has an "
            "owner of its own, name it in MATCHMAKER_MIGRATION_URL.",
        ),
    ),
    (
        r"disk is full|no space left",
        ConfigurationError,
        "database_full",
        Text("数据库所在磁盘已满。清理后再试，没有写入任何内容。", "The database's disk is full. Nothing was written."),
    ),
    (
        r"not a database|malformed",
        ConfigurationError,
        "database_damaged",
        Text(
            "数据库文件已损坏，或不是数据库（{why}）。恢复备份，或换一个数据目录。",
            "The database file is damaged, or no database ({why}). Restore a backup, or use another instance folder.",
        ),
    ),
)
"""What databases say, and what is said of it here: first match."""

_UNREACHABLE = Text(
    "打不开数据库 {url}（{why}）。检查 MATCHMAKER_DATABASE_URL 与服务是否已启动。",
    "The database {url} cannot be reached ({why}). Check MATCHMAKER_DATABASE_URL and the server.",
)


@contextmanager
def clear_sentences(url: str) -> Iterator[None]:
    """Turn what a database says when it is absent, old, locked or full into one sentence with the way out."""
    try:
        yield
    except PoolTimeout as error:
        raise ConflictError(_BUSY, code="database_busy") from error
    except DBAPIError as error:
        said = (str(error.orig).splitlines() or [type(error.orig).__name__])[0]
        for pattern, kind, code, text in _SAID:
            if re.search(pattern, said, re.IGNORECASE):
                raise kind(text, code=code, why=said) from error
        if isinstance(error, OperationalError):
            raise ConfigurationError(_UNREACHABLE, code="database_unreachable", url=safe_url(url), why=said) from error
        raise


def safe_url(url: str) -> str:
    """The URL without its password."""
    return make_url(url).render_as_string(hide_password=True)


def lock_lists(session: Session) -> None:
    """Hold the writers' lock of the lists until the transaction ends (SQLite's writers are serial anyway)."""
    _lock(session, Lock.LISTS.value)


def lock_name(session: Session, name: str) -> None:
    """Hold the lock of this name until the transaction ends: one who numbers something after the other."""
    _lock(session, int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True))


def _lock(session: Session, number: int) -> None:
    held = session.info.setdefault("locks", set())
    if number not in held and session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
        held.add(number)


def insert_new(session: Session, table: Any, rows: Sequence[dict[str, Any]], returned: Any) -> list[Any]:
    """INSERT … ON CONFLICT DO NOTHING; the ``returned`` column of each row that was new.

    Any number of rows: they go in by some hundreds, for databases limit the values of one statement.
    """
    build: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new: list[Any] = []
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        some = build(table).values(list(rows[start : start + _ROWS_AT_A_TIME]))
        new += session.scalars(some.on_conflict_do_nothing().returning(returned))
    return new
