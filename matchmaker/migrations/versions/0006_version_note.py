"""What was said with a step of the workflow: why an entry was returned, why an enterprise declined a need.

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; earlier versions have no note."""
    op.add_column("list_version", sa.Column("note", sa.String(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("list_version", "note")
