"""Each scheme says within how many workdays its guarantor decides.

Revision: 0019
Follows: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TABLE, _COLUMN = "guarantee_scheme", "decision_workdays"


def upgrade() -> None:
    """Add the column; schemes that are there keep the 3 workdays that held for all."""
    op.add_column(_TABLE, sa.Column(_COLUMN, sa.BigInteger(), nullable=True))
    op.execute(sa.text("UPDATE guarantee_scheme SET decision_workdays = 3"))
    with op.batch_alter_table(_TABLE) as table:
        table.alter_column(_COLUMN, existing_type=sa.BigInteger(), nullable=False)


def downgrade() -> None:
    """Take the column away."""
    op.drop_column(_TABLE, _COLUMN)
