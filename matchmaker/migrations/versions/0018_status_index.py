"""Each certificate holds a place in the list of revoked ones.

Revision: 0018
Follows: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INDEX = "ix_certificate_status_index"


def upgrade() -> None:
    """Add the column. No release issued certificates before: those of trials end, for no list can tell of them."""
    op.add_column("certificate", sa.Column("status_index", sa.Integer(), nullable=True))
    op.create_index(op.f(_INDEX), "certificate", ["status_index"], unique=True)
    op.execute(
        sa.text(
            "UPDATE certificate SET revoked_at = issued_at, revoked_why = 'REPLACED', revoked_by = 'system' "
            "WHERE revoked_at IS NULL"
        )
    )


def downgrade() -> None:
    """Take the column away."""
    op.drop_index(op.f(_INDEX), table_name="certificate")
    op.drop_column("certificate", "status_index")
