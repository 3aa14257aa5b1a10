"""Keeping every statement to the rows of its session's actor.

The rules are those of the tables (``visible``, ``owned``): here they are added to every ORM statement, and written as
row policies of PostgreSQL, which hold behind it for whatever goes another way.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Delete,
    Engine,
    MetaData,
    Select,
    Table,
    Update,
    and_,
    event,
    false,
    func,
    inspect,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql import visitors

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
        self.used: Connection | None = None
        self._last: dict[Callable[[ScopedSession], None], int] = {}

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """As ever, but a tenant's row is asked for anew: what an elevated look has loaded is not its own by that."""
        if not self.actor.trusted:
            options["populate_existing"] = True
        return super().get(entity, ident, **options)

    def last(self, work: "Callable[[ScopedSession], None]", turn: int = 1) -> None:
        """Have ``work`` done as the last thing before the commit, once however often it is asked for.

        What takes a lock that all writers take belongs here: the shorter it is held, the more get through. ``turn``:
        the same order in every transaction, so that no two wait for each other.
        """
        self._last.setdefault(work, turn)

    def finish(self) -> None:
        """Do what was put off to the end, the lower turns first."""
        self.flush()
        with self.elevated():
            while self._last:
                work = min(self._last, key=self._last.__getitem__)
                del self._last[work]
                work(self)
                self.flush()

    def refuse_put_off(self) -> None:
        """UnscopedError where something waits for a commit that a reading session never makes."""
        if self._last:
            raise UnscopedError("a reading session cannot write, so nothing can be recorded in it")

    @contextmanager
    def elevated(self) -> Iterator[None]:
        """Look across tenants inside this transaction.

        Only for the few places that decide what a tenant may know (an architecture test names them). What raises
        inside is passed on; the session is the tenant's again in any case.
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
        """Also of a transaction that has failed: after its savepoint is undone, statements run again."""
        self.actor = actor
        if self.used is not None and not self.used.closed:
            self.used.info[_DUE] = settings_of(actor)


_SAVEPOINTS = ("SAVEPOINT", "ROLLBACK TO", "RELEASE")
_DUE, _TOLD = "actor due", "actor told"
"""What PostgreSQL is to be told before the next statement, and what it was told in this transaction."""


def tell_before_statements(engine: Engine) -> None:
    """Have whoever acts told just before the first statement that needs it: a gate that asks nothing costs nothing.

    What PostgreSQL was told ends with its transaction or savepoint, and what is due with the session's use of the
    connection: the next one who takes it from the pool acts for nobody.
    """

    @event.listens_for(engine, "before_cursor_execute")
    def _tell(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        due = connection.info.get(_DUE)
        if due is not None and due != connection.info.get(_TOLD) and not statement.startswith(_SAVEPOINTS):
            connection.info[_TOLD] = due
            calls = ", ".join(f"set_config('{name}', %s, true)" for name in due)
            plain = connection.connection.cursor()  # the statement's own may be one on the server
            plain.execute(f"SELECT {calls}", list(due.values()))
            plain.close()

    @event.listens_for(engine, "begin")
    @event.listens_for(engine, "rollback_savepoint")
    def _forget_told(connection: Connection, *_: Any) -> None:
        connection.info.pop(_TOLD, None)

    @event.listens_for(engine, "checkin")
    def _forget_due(_connection: Any, record: Any) -> None:
        record.info.pop(_DUE, None)


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
    session.used = connection
    connection.info[_DUE] = settings_of(session.actor)


@event.listens_for(ScopedSession, "do_orm_execute")
def _keep_to_own_rows(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, ScopedSession)
    if session.actor.trusted:
        return
    if not (state.is_orm_statement and isinstance(state.statement, _KEPT)) or isinstance(state.parameters, list):
        raise UnscopedError("only SELECT, UPDATE and DELETE on mapped classes can be kept to a tenant's rows")
    criteria = criteria_for(_viewer(session), tables_in(state.statement), writes=state.is_update or state.is_delete)
    state.statement = state.statement.options(*criteria)


_KEPT = (Select, CompoundSelect, Update, Delete)
"""Neither text (``from_statement``) nor INSERT: a tenant adds objects, which are looked at as they are written."""


@event.listens_for(ScopedSession, "before_flush")
def _write_to_own_rows_only(session: ScopedSession, _context: Any, _instances: Any) -> None:
    """What is changed or removed was the actor's own before, and its kind is one that its side writes at all."""
    if session.actor.trusted:
        return
    viewer, touched = _viewer(session), _touched(session)
    for entry in (*session.new, *touched):
        if isinstance(type(entry).owned(viewer), type(false())):
            raise UnscopedError(f"{session.actor.side} does not write {type(entry).__name__}")
    _require_owned(session, ((type(entry), inspect(entry).identity) for entry in touched))


@event.listens_for(ScopedSession, "after_flush")
def _leave_own_rows_only(session: ScopedSession, _context: Any) -> None:
    """What was added or changed is the actor's own now: the same that PostgreSQL's policies check."""
    if not session.actor.trusted:
        left = (entry for entry in (*session.new, *_touched(session)) if entry not in session.deleted)
        _require_owned(session, ((type(e), inspect(e).mapper.primary_key_from_instance(e)) for e in left))


def _touched(session: ScopedSession) -> list[Any]:
    return [*(entry for entry in session.dirty if session.is_modified(entry)), *session.deleted]


def _require_owned(session: ScopedSession, keys: "Iterable[tuple[type[Base], Any]]") -> None:
    def name(one: tuple[type[Base], Any]) -> str:
        return one[0].__name__

    for _, some in groupby(sorted(keys, key=name), key=name):
        group = list(some)
        model = group[0][0]
        primary = inspect(model).primary_key
        named = or_(*(and_(*(c == v for c, v in zip(primary, key, strict=True))) for _, key in group))
        own = select(func.count()).select_from(model).where(named, model.owned(_viewer(session)))
        if session.connection().execute(own).scalar_one() != len(group):
            raise UnscopedError(f"{session.actor.who} does not own every {model.__name__} it writes")


def _viewer(session: ScopedSession) -> Bound:
    return session.actor.viewer


def tables_in(statement: Any) -> frozenset[str]:
    """Names of the tables that a statement or a rule speaks of, wherever in it; of all tables where none is found."""
    return frozenset(_named_in(statement)) or frozenset(model.__tablename__ for model in tenant_tables())


@lru_cache(maxsize=4096)
def criteria_for(viewer: Bound, tables: frozenset[str], *, writes: bool) -> tuple[Any, ...]:
    """The rules of these tables and of those that their rules ask in turn, as options of a statement.

    All tables' rules would say the same, but each one costs every statement a little.
    """
    models = {model.__tablename__: model for model in tenant_tables()}
    found: dict[str, Any] = {}
    ahead = sorted(tables)
    while ahead:
        name = ahead.pop(0)
        if name in found or name not in models:
            continue
        rule = models[name].owned(viewer) if writes else models[name].visible(viewer)
        found[name] = None if isinstance(rule, type(true())) else rule
        ahead += sorted(_named_in(rule))
    return tuple(
        with_loader_criteria(models[name], rule, include_aliases=True)
        for name, rule in sorted(found.items())
        if rule is not None
    )


def _named_in(rule: Any) -> set[str]:
    return {part.name for part in visitors.iterate(rule) if isinstance(part, Table)}


def tenant_tables() -> list[type[Base]]:
    """Every mapped class, by table name."""
    return sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda model: str(model.__tablename__))


def policies() -> Iterator[str]:
    """The statements that put the rules into PostgreSQL; safe to repeat.

    A transaction in which nobody acts sees no row of any table: the setting is missing, an error, or empty, once
    another transaction of the connection had one.
    """
    viewer = FromSettings()
    system = viewer.is_side(Side.TRUSTED)
    somebody = literal_column("(SELECT current_setting('app.side'))") != literal_column("''")
    for model in tenant_tables():
        table = model.__tablename__
        reads = _sql(and_(somebody, or_(system, model.visible(viewer))))
        writes = _sql(or_(system, model.owned(viewer)))
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
