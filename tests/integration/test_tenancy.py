"""Whose rows a session sees and writes: the ORM, PostgreSQL's row policies and the rule in plain words agree.

The rules stand here a second time, in plain Python over plain rows, so that a mistake in the first is a difference.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import (
    delete,
    exists,
    func,
    insert,
    inspect,
    lateral,
    literal_column,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, aliased

from matchmaker.accounts.models import Consent, Disclosure, Person, PersonRole, SubjectRequest, Throttle
from matchmaker.actor import CLI, NOBODY, SYSTEM, Actor
from matchmaker.db import Database, ScopedSession
from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.models import Enterprise, Need, Organisation, Product
from matchmaker.lists.tenants import actor_of_person
from matchmaker.tenancy import Base, UnscopedError, tenant_tables
from tests.support.postgres import APPLICATION, OWNER, PostgresServer
from tests.support.twins import AT, ONE, OTHER, VIEWERS, twin_city

Row = dict[str, Any]
BANK_1 = next(one for one in VIEWERS if one.who == "bank 1")
BANK_2 = next(one for one in VIEWERS if one.who == "bank 2")
FIRM_1 = next(one for one in VIEWERS if one.who == "enterprise 1")
BUREAU = next(one for one in VIEWERS if one.who == "bureau")


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    with made.writing(SYSTEM) as session:
        twin_city(session)
    yield made
    made.dispose()


# The rules, said again


@dataclass(frozen=True, slots=True)
class Look:
    """A viewer, and all rows of the city by table to look things up in."""

    who: Actor
    city: dict[str, list[Row]]

    def side(self, *sides: Side) -> bool:
        return self.who.side in sides

    def mine(self, row: Row) -> bool:
        """Of one of the viewer's organisations, or of its enterprise."""
        by_org = row.get("org_code") is not None and row["org_code"] in self.who.orgs
        return by_org or (row.get("uscc") is not None and row["uscc"] == self.who.uscc)

    def find(self, table: str, **wanted: Any) -> list[Row]:
        return [row for row in self.city[table] if all(row[name] == value for name, value in wanted.items())]


Rule = Callable[[Row, Look], bool]
BUREAU_SIDE, BUSINESS = (Side.BUREAU,), (Side.BANK, Side.GUARANTOR, Side.ENTERPRISE)


def anyone(_row: Row, _look: Look) -> bool:
    return True


def nobody(_row: Row, _look: Look) -> bool:
    return False


def own_or(*sides: Side) -> Rule:
    """Own rows, and all for ``sides``."""
    return lambda row, look: look.mine(row) or look.side(*sides)


def only(*sides: Side) -> Rule:
    return lambda _row, look: look.side(*sides)


def _own_need(row: Row, look: Look) -> bool:
    return any(look.mine({"uscc": need["uscc"]}) for need in look.find("need", need_no=row["need_no"]))


def _owner_of_person(rule: Rule) -> Rule:
    return lambda row, look: any(rule(person, look) for person in look.find("person", id=row["person_id"]))


def _own_contact(row: Row, look: Look) -> bool:
    return any(look.mine(contact) for contact in look.find("contact", contact_no=row["contact_no"]))


def _product(row: Row, look: Look) -> bool:
    own = look.side(Side.BUREAU) or row["bank_name"] in look.who.orgs
    return own or (look.side(Side.ENTERPRISE, Side.GUARANTOR) and row["status"] == "published")


def _own_product(row: Row, look: Look) -> bool:
    return look.side(Side.BUREAU) or row["bank_name"] in look.who.orgs


def _policy(row: Row, look: Look) -> bool:
    return look.side(Side.BUREAU) or (look.side(*BUSINESS) and row["status"] == "published")


def _change(row: Row, look: Look) -> bool:
    everybodys = look.side(*BUSINESS) and row["org_code"] is None and row["uscc"] is None
    return own_or(Side.BUREAU)(row, look) or everybodys


def _endpoint(row: Row, look: Look) -> bool:
    return look.mine(row) or look.side(Side.SYSTEM)


def _webhook_event(row: Row, look: Look) -> bool:
    return any(_endpoint(one, look) for one in look.find("webhook_endpoint", id=row["endpoint_id"]))


def _webhook_attempt(row: Row, look: Look) -> bool:
    return any(_webhook_event(one, look) for one in look.find("webhook_event", id=row["event_id"]))


def _lead(row: Row, look: Look) -> bool:
    return look.side(Side.BUREAU) or _answers(row, look)


def _answers(row: Row, look: Look) -> bool:
    """The bank that was shown the need, and the enterprise whose need it is."""
    return row["org_code"] in look.who.orgs or _own_need(row, look)


def _side_of_contract(row: Row, look: Look) -> bool:
    """The enterprise, the bank that lends and the guarantor that covers."""
    bank = look.side(Side.BANK) and row["bank_code"] in look.who.orgs
    guarantor = look.side(Side.GUARANTOR) and row["org_code"] in look.who.orgs
    return bank or guarantor or look.mine({"uscc": row["uscc"]})


def _said_between(row: Row, look: Look) -> bool:
    """The guarantor, and the enterprise what was not said inside."""
    guarantor = look.side(Side.GUARANTOR) and row["org_code"] in look.who.orgs
    return guarantor or (look.mine({"uscc": row["uscc"]}) and not row["inside"])


def _party(row: Row, look: Look) -> bool:
    return look.side(Side.BUREAU) or _side_of_contract(row, look)


def _version(row: Row, look: Look) -> bool:
    """The bureau all; else whoever writes the entry."""
    table = {
        "needs": "need", "products": "product", "enterprises": "enterprise", "policies": "policy",
        "contacts": "contact", "credit-records": "credit_record",
    }.get(row["kind"])  # fmt: skip
    entries = look.find(table, id=row["entry_id"]) if table else []
    return look.side(Side.BUREAU) or any(WRITES[table](one, look) for one in entries if table)


def _of_guarantor(row: Row, look: Look) -> bool:
    """The bureau, and the organisation that it names; not the enterprise that it names too."""
    return look.side(Side.BUREAU) or row["org_code"] in look.who.orgs


SEES: dict[str, Rule] = {
    "api_token": own_or(Side.SECURITY),
    "approved_text": own_or(Side.BUREAU),
    "area": anyone,
    "audit_event": only(Side.AUDIT),
    "audit_head": anyone,
    "certificate": own_or(Side.BUREAU),
    "chain": anyone,
    "change": _change,
    "consent": own_or(Side.BUREAU),
    "contact": own_or(Side.BUREAU),
    "credit_record": own_or(Side.BUREAU),
    "disclosure": own_or(Side.BUREAU, Side.AUDIT),
    "enterprise": own_or(Side.BUREAU),
    "enterprise_rating": own_or(Side.BUREAU),
    "form_draft": lambda row, look: look.mine({"uscc": row["uscc"]}),
    "credit_source": anyone,
    "guarantee_balance": _of_guarantor,
    "guarantee": _party,
    "guarantee_event": _party,
    "guarantee_limit": anyone,
    "guarantee_note": lambda row, look: look.side(Side.BUREAU) or _said_between(row, look),
    "guarantee_scheme": anyone,
    "guarantor": anyone,
    "guarantor_relation": _of_guarantor,
    "idempotency_key": nobody,
    "import_job": own_or(Side.BUREAU),
    "industry": anyone,
    "invitation": own_or(Side.SECURITY, Side.BUREAU),
    "lead": _lead,
    "ledger_entry": _of_guarantor,
    "ledger_leg": _of_guarantor,
    "list_version": _version,
    "lpr": anyone,
    "match_pair": lambda row, look: look.side(Side.BUREAU) or (look.side(Side.ENTERPRISE) and _own_need(row, look)),
    "match_run": only(Side.BUREAU, Side.ENTERPRISE),
    "need": own_or(Side.BUREAU),
    "notice_setting": _own_contact,
    "organisation": anyone,
    "outbox_message": only(Side.BUREAU),
    "person": own_or(Side.SECURITY, Side.BUREAU),
    "person_role": _owner_of_person(own_or(Side.SECURITY, Side.BUREAU)),
    "policy": _policy,
    "product": _product,
    "push_item": _own_contact,
    "push_run": only(Side.BUREAU),
    "rating": own_or(Side.BUREAU),
    "rating_appeal": own_or(Side.BUREAU),
    "rating_override": lambda row, look: (
        look.side(Side.BUREAU) or (look.mine({"uscc": row["uscc"]}) and row["state"] == "confirmed")
    ),
    "rating_rules": lambda row, look: look.side(Side.BUREAU) or (look.side(*BUSINESS) and row["state"] != "draft"),
    "recovery_code": nobody,
    "referral": _lead,
    "registration": only(Side.BUREAU),
    "related_group": only(Side.BUREAU),
    "reset_request": only(Side.SECURITY, Side.SYSTEM),
    "risk_weight": anyone,
    "scheduler_heartbeat": anyone,
    "scheme_grade": anyone,
    "scorecard": lambda row, look: look.side(Side.BUREAU) or (look.side(Side.GUARANTOR) and row["state"] != "draft"),
    "sign_in": nobody,
    "signing_key": nobody,
    "size_rule": anyone,
    "subject_request": own_or(Side.BUREAU),
    "throttle": nobody,
    "webhook_attempt": _webhook_attempt,
    "webhook_endpoint": _endpoint,
    "webhook_event": _webhook_event,
    "workday": anyone,
}
WRITES: dict[str, Rule] = {
    **dict.fromkeys(SEES, nobody),
    "api_token": own_or(Side.SECURITY),
    "approved_text": lambda row, look: look.mine({"uscc": row["uscc"]}),
    "change": own_or(Side.BUREAU),
    "consent": lambda row, look: look.mine({"uscc": row["uscc"]}),
    "contact": own_or(Side.BUREAU),
    "credit_record": only(Side.BUREAU),
    "enterprise": own_or(Side.BUREAU),
    "form_draft": lambda row, look: look.mine({"uscc": row["uscc"]}),
    "guarantee": _side_of_contract,
    "guarantee_event": _side_of_contract,
    "guarantee_note": _said_between,
    "import_job": own_or(Side.BUREAU),
    "invitation": own_or(Side.SECURITY, Side.BUREAU),
    "list_version": _version,
    "need": own_or(Side.BUREAU),
    "notice_setting": _own_contact,
    "person": own_or(Side.SECURITY),
    "person_role": _owner_of_person(own_or(Side.SECURITY)),
    "policy": only(Side.BUREAU),
    "product": _own_product,
    "push_item": _own_contact,
    "rating_appeal": own_or(Side.BUREAU),
    "rating_override": only(Side.BUREAU),
    "rating_rules": only(Side.BUREAU),
    "referral": _answers,
    "registration": only(Side.BUREAU),
    "reset_request": only(Side.SECURITY, Side.SYSTEM),
    "scorecard": only(Side.BUREAU),
    "subject_request": own_or(Side.BUREAU),
    "webhook_endpoint": lambda row, look: look.mine(row),
}


def test_every_table_has_its_rule_here_and_a_row_of_its_own(database: Database) -> None:
    tables = {str(model.__tablename__) for model in tenant_tables()}
    assert set(SEES) == tables, "say in SEES and WRITES who sees and who writes the new table"
    city = rows_of_city(database)
    assert [table for table in sorted(tables) if not city[table]] == []


def rows_of_city(database: Database) -> dict[str, list[Row]]:
    """All rows of all tables, plain."""
    with database.reading(SYSTEM) as session:
        return {
            str(model.__tablename__): [
                dict(row)
                for row in session.connection().execute(text(f"SELECT * FROM {model.__tablename__}")).mappings()
            ]
            for model in tenant_tables()
        }


def key_of(model: type[Base], row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in inspect(model).primary_key)


def expected(model: type[Base], rules: dict[str, Rule], look: Look) -> set[tuple[Any, ...]]:
    table = str(model.__tablename__)
    return {key_of(model, row) for row in look.city[table] if rules[table](row, look)}


# The three agree


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: one.who)
def test_a_side_sees_what_the_rule_says_through_the_orm_and_through_sql(database: Database, viewer: Actor) -> None:
    look = Look(viewer, rows_of_city(database))
    with database.reading(viewer) as session:
        for model in tenant_tables():
            told = expected(model, SEES, look)
            primary = inspect(model).primary_key
            asked = select(*(inspect(model).get_property_by_column(column).class_attribute for column in primary))
            assert {tuple(row) for row in session.execute(asked)} == told, model
            assert session.scalar(select(func.count()).select_from(model)) == len(told), model
            if session.get_bind().dialect.name == "postgresql":
                names = ", ".join(column.name for column in primary)
                raw = session.connection().execute(text(f"SELECT {names} FROM {model.__tablename__}"))
                assert {tuple(row) for row in raw} == told, model


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: one.who)
def test_a_side_changes_and_removes_its_own_rows_only(database: Database, viewer: Actor) -> None:
    look = Look(viewer, rows_of_city(database))
    for model in tenant_tables():
        told = expected(model, WRITES, look)
        assert told <= expected(model, SEES, look), f"{model} is written by someone who does not see it"
        column = inspect(model).primary_key[0]
        kept = model.__tablename__ in ("audit_event", "ledger_entry", "ledger_leg")
        found = touched(database, viewer, update(model).values({column.name: column}))
        assert found == len(told) or (kept and found == "refused"), model
        assert touched(database, viewer, delete(model)) in (len(told), "refused"), model
        if database.engine.dialect.name == "postgresql" and not kept:
            statement = text(f"UPDATE {model.__tablename__} SET {column.name} = {column.name}")
            assert touched(database, viewer, statement) == len(told), model


class _UndoneError(Exception):
    pass


def touched(database: Database, viewer: Actor, statement: Any) -> int | str:
    """How many rows the statement would touch; nothing is kept. ``refused``: others refer to them, or append-only."""
    found: list[int] = []
    try:
        with database.writing(viewer) as session:
            orm = not hasattr(statement, "text")
            done: Any = session.execute(statement) if orm else session.connection().execute(statement)
            found.append(done.rowcount)
            raise _UndoneError
    except _UndoneError:
        return found[0]
    except (IntegrityError, ConfigurationError):
        return "refused"


# Every form of a query


def forms(session: Session) -> dict[str, Callable[[], Any]]:
    """Ways to ask for the numbers of needs; a bank sees none, whichever way it asks."""
    other = aliased(Need)
    in_from = union_all(select(Need.need_no.label("n")), select(Need.need_no)).subquery()
    wrapped = aliased(Need, select(Need).subquery())
    outer = select(Need.need_no).select_from(Organisation).outerjoin(Need, true())
    counted = select(func.count(Need.id)).scalar_subquery()
    ask = session.execute
    found: dict[str, Callable[[], Any]] = {
        "entity": lambda: ask(select(Need)).all(),
        "column": lambda: ask(select(Need.need_no)).all(),
        "label": lambda: ask(select(func.upper(Need.need_no).label("x"))).all(),
        "alias": lambda: ask(select(other.need_no)).all(),
        "self join": lambda: ask(select(other.need_no).join(Need, Need.uscc == other.uscc)).all(),
        "join": lambda: ask(select(Need.need_no).select_from(Organisation).join(Need, true())).all(),
        "outer join": lambda: [x for x in ask(outer) if x[0]],
        "implicit join": lambda: ask(select(Organisation.name, Need.uscc).where(Need.uscc != Organisation.name)).all(),
        "subquery": lambda: ask(select(select(Need.need_no).subquery().c.need_no)).all(),
        "aliased subquery": lambda: ask(select(wrapped)).all(),
        "cte": lambda: ask(select(select(Need.need_no).cte().c.need_no)).all(),
        "union": lambda: ask(union_all(select(Need.need_no), select(Need.need_no))).all(),
        "union in from": lambda: ask(select(in_from.c.n)).all(),
        "in": lambda: ask(select(Organisation.org_code).where(exists(select(Need.id)))).all(),
        "compared": lambda: ask(select(Organisation.org_code).where(counted > 0)).all(),
        "exists": lambda: session.scalar(select(exists(select(Need.id)))),
        "count": lambda: session.scalar(select(func.count()).select_from(Need)),
        "count of column": lambda: session.scalar(select(func.count(Need.id))),
        "sum": lambda: session.scalar(select(func.sum(Need.term_months))),
        "scalar subquery": lambda: session.scalar(select(counted).select_from(Organisation).limit(1)),
        "query": lambda: session.query(Need.need_no).all(),
        "query count": lambda: session.query(Need).count(),
        "query union": lambda: session.query(Need.need_no).union(session.query(Need.need_no)).all(),
        "get": lambda: session.get(Need, 1),
        "stream": lambda: list(session.execute(select(Need).execution_options(yield_per=1)).scalars()),
        "for update": lambda: ask(select(Need.need_no).with_for_update()).all(),
        "update": lambda: ask(update(Need).values(term_months=1)).rowcount,
        "update where": lambda: ask(update(Need).where(Need.uscc == ONE).values(term_months=1)).rowcount,
        "delete": lambda: ask(delete(Need)).rowcount,
    }  # fmt: skip
    if session.get_bind().dialect.name == "postgresql":
        beside = lateral(select(Need.need_no))
        found["lateral"] = lambda: ask(select(Organisation.org_code, beside.c.need_no).join(beside, true())).all()
        found["raw sql"] = lambda: session.connection().execute(text("SELECT need_no FROM need")).all()
    return found


def test_no_form_of_a_query_reaches_beyond_the_scope(database: Database) -> None:
    with database.writing(BANK_1) as session:
        for name, ask in forms(session).items():
            assert not ask(), name
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Need).where(Need.term_months == 12)) == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.execute(text("SELECT need_no FROM need")),
        lambda s: s.execute(select(Need.__table__)),
        lambda s: s.execute(select(literal_column("1"))),
        lambda s: s.scalars(select(Need).from_statement(text("SELECT * FROM need"))),
        lambda s: s.execute(insert(Throttle), [{"key": "x", "failures": 1, "since": AT}]),
        lambda s: s.execute(insert(Throttle.__table__), {"key": "x", "failures": 1, "since": AT}),
        lambda s: s.execute(update(Need), [{"id": 1, "term_months": 1}]),
        lambda s: s.execute(update(Need.__table__).values(term_months=1)),
        lambda s: s.execute(delete(Need.__table__)),
    ],
    ids=["text", "core", "literal", "from_statement", "insert", "core insert", "by key", "core update", "core delete"],
)  # fmt: skip
def test_what_cannot_be_kept_to_the_scope_is_refused(database: Database, ask: Callable[[Any], Any]) -> None:
    with pytest.raises(UnscopedError), database.writing(BANK_1) as session:
        ask(session)


# Writing objects


def test_a_tenant_adds_for_itself_only(database: Database) -> None:
    request = {"uscc": ONE, "kind": "copy", "about": "", "due_on": AT.date(), "made_by": "x", "created_at": AT}
    with database.writing(FIRM_1) as session:
        session.add(SubjectRequest(**request))
    with pytest.raises((UnscopedError, DBAPIError)), database.writing(FIRM_1) as session:
        session.add(SubjectRequest(**{**request, "uscc": OTHER}))
    with pytest.raises(UnscopedError), database.writing(BANK_1) as session:
        session.add(Throttle(key="x", failures=1, since=AT))
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(SubjectRequest)) == 3


def _remove(session: Session, product: Product) -> None:
    session.delete(product)


def _change_name(_session: Session, product: Product) -> None:
    product.name = "改"


def _give_away(_session: Session, product: Product) -> None:
    product.bank_name = "B2"


@pytest.mark.parametrize(("act", "bank"), [(_remove, "B2"), (_change_name, "B2"), (_give_away, "B1")])
def test_a_tenant_changes_its_own_objects_only(
    database: Database, act: Callable[[Session, Product], None], bank: str
) -> None:
    with database.writing(BANK_1) as session:
        with session.elevated():
            product = session.scalars(select(Product).where(Product.bank_name == bank)).first()
        assert product is not None
        act(session, product)
        with pytest.raises((UnscopedError, DBAPIError)):
            session.flush()
        session.rollback()
    with database.reading(SYSTEM) as session:
        assert set(session.execute(select(Product.bank_name, Product.name))) == {("B1", "流贷"), ("B2", "流贷")}


def test_the_bureau_reads_people_of_others_but_changes_only_its_own(database: Database) -> None:
    def rename(org_code: str) -> None:
        with database.writing(BUREAU) as session:
            session.scalars(select(Person).where(Person.org_code == org_code)).one().name = "改"

    rename("J1")
    with pytest.raises((UnscopedError, DBAPIError)):
        rename("B1")


# Looking across tenants


def test_what_was_seen_across_tenants_is_gone_again(database: Database) -> None:
    with database.writing(BANK_1) as session:
        with session.elevated():
            needs = session.scalars(select(Need)).all()
        assert len(needs) == 2 and session.get(Need, needs[0].id) is None
        assert session.scalars(select(Need)).all() == []


def test_the_scope_comes_back_whatever_happens_inside(database: Database) -> None:
    with database.writing(BANK_1) as session:
        for cause in (lambda: 1 / 0, lambda: session.add(Throttle(key="x"))):
            with pytest.raises((ZeroDivisionError, IntegrityError)), session.begin_nested(), session.elevated():
                cause()
            assert_scope(session, BANK_1, needs=0)
        with session.elevated():
            with session.elevated():
                assert_scope(session, SYSTEM, needs=2)
            assert_scope(session, SYSTEM, needs=2)
            with pytest.raises(ZeroDivisionError), session.begin_nested():
                raise ZeroDivisionError
            assert_scope(session, SYSTEM, needs=2)
        assert_scope(session, BANK_1, needs=0)


def test_a_savepoint_begun_across_tenants_does_not_bring_that_back(database: Database) -> None:
    with database.writing(BANK_1) as session:
        with session.elevated():
            savepoint = session.begin_nested()
        savepoint.rollback()
        assert_scope(session, BANK_1, needs=0)


def test_a_failed_statement_inside_keeps_its_own_error(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing(BANK_1) as session, session.elevated():
        session.execute(insert(Throttle), [{"key": "x", "failures": 1, "since": AT}] * 2)


def assert_scope(session: ScopedSession, actor: Actor, *, needs: int) -> None:
    assert session.actor is actor
    assert len(session.scalars(select(Need.id)).all()) == needs
    if session.get_bind().dialect.name == "postgresql":
        assert len(session.connection().execute(text("SELECT id FROM need")).all()) == needs


def test_nothing_is_recorded_in_a_session_that_only_reads(database: Database) -> None:
    with pytest.raises(UnscopedError), database.reading(BANK_1) as session:
        session.last(lambda _session: None)


# PostgreSQL


@pytest.fixture
def postgres(migrated_postgres_url: str) -> Iterator[Database]:
    made = Database(migrated_postgres_url)
    with made.writing(SYSTEM) as session:
        twin_city(session)
    yield made
    made.dispose()


@pytest.mark.postgres
def test_the_tests_work_as_the_application_does(postgres: Database) -> None:
    with postgres.reading(SYSTEM) as session:
        found = session.connection().execute(
            text("SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        )
        assert tuple(found.one()) == (APPLICATION, False, False, False)
        tables = session.connection().execute(
            text("SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r' "
                 "AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'")
        )  # fmt: skip
        protected = {name: (on, forced) for name, on, forced in tables}
    assert protected == {str(model.__tablename__): (True, True) for model in tenant_tables()}


@pytest.mark.postgres
def test_a_transaction_in_which_nobody_acts_sees_no_row(postgres: Database) -> None:
    """A new connection has no setting: an error. One that was used before has an empty one: no row."""
    with postgres.engine.connect() as connection:  # its settings ended with the transactions that made them
        for model in tenant_tables():
            assert seen_by_nobody(connection, str(model.__tablename__)) in ("refused", 0), model
    postgres.dispose()
    with postgres.engine.connect() as connection:
        for model in tenant_tables():
            assert seen_by_nobody(connection, str(model.__tablename__)) == "refused", model


def seen_by_nobody(connection: Any, table: str) -> int | str:
    try:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
    except DBAPIError:
        return "refused"
    finally:
        connection.rollback()


@pytest.mark.postgres
def test_a_pooled_connection_forgets_who_acted(postgres: Database) -> None:
    for actor in (SYSTEM, BANK_1, BUREAU):
        with postgres.writing(actor), postgres.reading(actor):
            pass
    for _ in range(3):
        with postgres.engine.connect() as connection:
            said = connection.execute(
                text("SELECT current_setting('app.side', true), current_setting('app.orgs', true)")
            )
            assert {part or "" for part in said.one()} == {""}


@pytest.mark.postgres
def test_owner_and_application_as_two_roles(postgres_server: PostgresServer) -> None:
    """The policies hold for the application; the owner, who migrates and restores, is not held by them."""
    from matchmaker import schema

    name = postgres_server.create_database()
    postgres_server._admin("ALTER DATABASE {} OWNER TO {}", name, OWNER)
    owner, application = postgres_server.url(name, OWNER), postgres_server.url(name)
    schema.upgrade(owner)
    schema.grant_application(owner, application)
    database, as_owner = Database(application), Database(owner)
    try:
        with as_owner.writing(CLI) as session:
            twin_city(session)
        with as_owner.engine.connect() as connection:
            forced = connection.execute(text("SELECT count(*) FROM pg_class WHERE relforcerowsecurity"))
            assert forced.scalar_one() == 0
        with database.writing(BANK_1) as session:
            for _, ask in forms(session).items():
                assert not ask()
        with database.engine.connect() as connection:
            assert seen_by_nobody(connection, "chain") in ("refused", 0)
    finally:
        database.dispose()
        as_owner.dispose()
        postgres_server.drop_database(name)


# Who is who


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, None])
def test_an_administrator_with_a_banks_code_has_nothing_of_the_banks(database: Database, role: Role | None) -> None:
    """Whatever stands in the person's row: without a role of business there are no rows of one's own."""
    with database.reading(SYSTEM) as session:
        for person in session.scalars(select(Person)):
            actor = actor_of_person(session, person, frozenset([role] if role else []))
            assert (actor.orgs, actor.uscc) == ((), None)


def test_a_branchs_people_see_to_their_banks_matters_and_to_no_others(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        person = session.scalars(select(Person).where(Person.org_code == "B1-1")).one()
        actor = actor_of_person(session, person, frozenset([Role.ACCOUNT_MANAGER]))
    assert (actor.side, actor.orgs) == (Side.BANK, ("B1", "B1-1"))


def test_someone_without_a_side_sees_nothing_of_anybodys(database: Database) -> None:
    with database.reading(NOBODY) as session:
        for model in (Enterprise, Need, Product, Person, PersonRole, Consent, Disclosure):
            assert session.scalars(select(model)).all() == []
