"""Keeping every statement to the rows of its session's actor.

The rules are those of the tables (``visible``, ``owned``): here they are added to every ORM statement, and written as
row policies of PostgreSQL, which hold behind it for whatever goes another way.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, MetaData, event, false, or_, text, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, with_loader_criteria

from matchmaker.actor import SYSTEM, Actor, Bound, FromSettings, Ruled, settings_of
from matchmaker.domain.terms import Side


class Base(Ruled, DeclarativeBase):
    """Base of all tables; each says who sees its rows (``visible``) and who may write them (``owned``)."""

    __abstract__ = True

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ScopedSession(Session):
    """A session that belongs to an actor; ``tenancy`` makes every statement keep to that actor's rows."""

    def __init__(self, actor: Actor, bind: Any) -> None:
        """``bind``: an engine or a connection."""
        super().__init__(bind, expire_on_commit=False)
        self.actor = actor
        self._last: list[Callable[[ScopedSession], None]] = []

    def last(self, work: "Callable[[ScopedSession], None]") -> None:
        """Have ``work`` done as the last thing before the commit, once however often it is asked for."""
        if work not in self._last:
            self._last.append(work)

    def finish(self) -> None:
        """Do what was put off to the end."""
        self.flush()
        for work in self._last:
            with self.elevated():
                work(self)
                self.flush()

    @contextmanager
    def elevated(self) -> Iterator[None]:
        """Look across tenants inside this transaction.

        Only for the few places that decide what a tenant may know (an architecture test names them).
        """
        self.flush()
        before = self.actor
        self._act_as(SYSTEM)
        try:
            yield
            self.flush()
        finally:
            self._act_as(before)

    def _act_as(self, actor: Actor) -> None:
        self.actor = actor
        if self.in_transaction() and self.is_active:
            announce(self.connection(), actor)


def announce(connection: Connection, actor: Actor, *, lasting: bool = False) -> None:
    """Tell PostgreSQL who acts, until the transaction ends or for as long as the connection; row policies read it."""
    if connection.dialect.name == "postgresql":
        told = settings_of(actor)
        calls = ", ".join(f"set_config('{name}', :v{n}, :local)" for n, name in enumerate(told))
        values = {f"v{n}": value for n, value in enumerate(told.values())}
        connection.execute(text(f"SELECT {calls}"), values | {"local": not lasting})


class UnscopedError(RuntimeError):
    """A programming error: a statement whose rows cannot be kept to the actor's, or a write to what it does not own."""


@event.listens_for(ScopedSession, "after_begin")
def _say_who_acts(session: ScopedSession, _transaction: Any, connection: Connection) -> None:
    announce(connection, session.actor)


@event.listens_for(ScopedSession, "do_orm_execute")
def _keep_to_own_rows(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, ScopedSession)
    if session.actor.trusted or state.is_insert:
        return
    if not state.is_orm_statement:
        raise UnscopedError("only statements on mapped classes can be kept to a tenant's rows")
    viewer = Bound(session.actor.side, session.actor.orgs, session.actor.uscc)
    state.statement = state.statement.options(*_criteria(viewer, writes=state.is_update or state.is_delete))


@event.listens_for(ScopedSession, "before_flush")
def _write_own_tables_only(session: ScopedSession, _context: Any, _instances: Any) -> None:
    if session.actor.trusted:
        return
    viewer = Bound(session.actor.side, session.actor.orgs, session.actor.uscc)
    for entry in {*session.new, *session.dirty, *session.deleted}:
        touched = session.is_modified(entry) or entry in session.deleted
        if touched and isinstance(type(entry).owned(viewer), type(false())):
            raise UnscopedError(f"{session.actor.side} does not write {type(entry).__name__}")


@lru_cache(maxsize=1024)
def _criteria(viewer: Bound, *, writes: bool) -> tuple[Any, ...]:
    found = []
    for model in tenant_tables():
        rule = model.owned(viewer) if writes else model.visible(viewer)
        if not isinstance(rule, type(true())):
            found.append(with_loader_criteria(model, rule, include_aliases=True))
    return tuple(found)


def tenant_tables() -> list[type[Base]]:
    """Every mapped class, by table name."""
    return sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda model: str(model.__tablename__))


def policies() -> Iterator[str]:
    """The statements that put the rules into PostgreSQL; safe to repeat."""
    viewer = FromSettings()
    system = viewer.is_side(Side.TRUSTED)
    for model in tenant_tables():
        table = model.__tablename__
        reads, writes = (_sql(or_(system, rule)) for rule in (model.visible(viewer), model.owned(viewer)))
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        for name, clause in (
            ("reads", f"FOR SELECT USING ({reads})"),
            ("adds", f"FOR INSERT WITH CHECK ({writes})"),
            ("changes", f"FOR UPDATE USING ({writes})"),
            ("removes", f"FOR DELETE USING ({writes})"),
        ):
            yield f"DROP POLICY IF EXISTS tenant_{name} ON {table}"
            yield f"CREATE POLICY tenant_{name} ON {table} {clause}"


def force(owner_is_application: bool) -> Iterator[str]:
    """Whether the policies hold for the tables' owner too: only where the application works as the owner."""
    word = "FORCE" if owner_is_application else "NO FORCE"
    for model in tenant_tables():
        yield f"ALTER TABLE {model.__tablename__} {word} ROW LEVEL SECURITY"


def _sql(rule: ColumnElement[bool]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(rule.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
