"""The most interest a year that a claim may ask for, and reports that a bank takes back.

Revision: 0017
Follows: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE, _CHECK = "guarantee_event", "ck_guarantee_event_state"
_BEFORE = "state IN ('applied', 'parked', 'covered')"
_AFTER = "state IN ('applied', 'parked', 'voided', 'covered')"


def upgrade() -> None:
    """Add the ceiling to schemes and cases, and the state to reports."""
    for table in ("guarantee_scheme", "guarantee"):
        op.add_column(table, sa.Column("interest_max_e6", sa.BigInteger(), nullable=True))
    _allow(_AFTER)


def downgrade() -> None:
    """Take them away; what was taken back was never booked, so it goes."""
    op.execute(sa.text("DELETE FROM guarantee_event WHERE state = 'voided'"))
    _allow(_BEFORE)
    for table in ("guarantee", "guarantee_scheme"):
        op.drop_column(table, "interest_max_e6")


def _allow(states: str) -> None:
    """SQLite changes no constraint, so there the table is written anew."""
    with op.batch_alter_table(_TABLE) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), states)
