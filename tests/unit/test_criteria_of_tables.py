"""The rules put on a statement are those of the tables in it; they say the same as the rules of all tables would."""

from typing import Any

import pytest
from sqlalchemy import delete, exists, func, literal, select, true, union, union_all, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

import matchmaker.models  # noqa: F401 - every table has to be known
from matchmaker.accounts.models import Consent
from matchmaker.actor import Bound
from matchmaker.domain.terms import Side
from matchmaker.lists.models import Need, Product
from matchmaker.push.models import Lead
from matchmaker.tenancy import criteria_for, tables_in, tenant_tables

ALL = frozenset(str(model.__tablename__) for model in tenant_tables())
VIEWERS = (Bound(Side.ENTERPRISE, (), "91370000000000000X"), Bound(Side.BANK, ("B001", "B001-01"), None))

other = aliased(Need)
told = select(Lead.need_no).where(Lead.org_code == "B001").cte("told")
SHAPES = {
    "plain": select(Need),
    "alias": select(other),
    "count": select(func.count()).select_from(Lead),
    "join": select(Need.id).join(Lead, Lead.need_no == Need.need_no),
    "outer join": select(Need, Lead).outerjoin(Lead, true()),
    "exists": select(Need).where(exists().where(Lead.need_no == Need.need_no)),
    "cte": select(told.c.need_no),
    "cte in where": select(Need.id).where(Need.need_no.in_(select(told.c.need_no))),
    "union": union(select(Need.id), select(Lead.id)),
    "from union": select(union_all(select(Need.id), select(Consent.id)).subquery()),
    "derived": select(func.count()).select_from(select(Lead.id, Lead.need_no).subquery()),
    "scalar": select(literal(1), select(func.max(Lead.id)).scalar_subquery()),
    "self": select(Need.id).where(Need.id == select(func.max(other.id)).scalar_subquery()),
    "order": select(Product).order_by(select(func.count()).where(Lead.product_code == Product.product_code).label("n")),
    "update": update(Need).values(description="").where(Need.need_no.in_(select(Lead.need_no))),
    "delete": delete(Consent).where(Consent.need_no.in_(select(Need.need_no))),
}


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: str(viewer.side))
@pytest.mark.parametrize("shape", SHAPES)
def test_the_rules_of_its_tables_are_the_rules_of_all(shape: str, viewer: Bound) -> None:
    statement = SHAPES[shape]
    writes = shape in ("update", "delete")
    narrow = criteria_for(viewer, tables_in(statement), writes=writes)
    every = criteria_for(viewer, ALL, writes=writes)
    assert len(narrow) < len(every)
    assert _sql(statement.options(*narrow)) == _sql(statement.options(*every))
    assert _sql(statement.options(*narrow)) != _sql(statement)


def test_a_statement_without_a_table_gets_every_rule() -> None:
    assert tables_in(select(literal(1))) == ALL


def _sql(statement: Any) -> tuple[str, list[str]]:
    made = statement.compile(dialect=postgresql.dialect())
    return str(made), sorted(map(repr, made.params.values()))
