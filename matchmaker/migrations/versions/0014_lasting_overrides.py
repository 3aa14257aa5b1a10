"""Grades that people set outlive a rating, rule sets know every author.

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_OVERRIDE = "rating_override"
_STANDING = "uq_rating_override_standing"
_ASKED, _CONFIRMED = "uq_rating_override_asked", "uq_rating_override_confirmed"


def upgrade() -> None:
    """Add the columns; of grades that people had set only those of the ratings that stand go on."""
    op.add_column("rating", sa.Column("override", sa.String(), nullable=True))
    op.add_column("rating_rules", sa.Column("authors", sa.JSON(), server_default="[]", nullable=False))
    op.add_column(_OVERRIDE, sa.Column("valid_to", sa.Date(), nullable=True))
    op.add_column(_OVERRIDE, sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(_OVERRIDE, sa.Column("ended_why", sa.String(), nullable=True))
    op.execute(sa.text(
        "UPDATE rating_override SET valid_to = (SELECT rating.valid_to FROM rating "
        "WHERE rating.rating_no = rating_override.rating_no) WHERE state = 'confirmed'"
    ))  # fmt: skip
    op.execute(sa.text(
        "UPDATE rating_override SET ended_at = decided_at, ended_why = 'replaced' WHERE state = 'confirmed' "
        "AND rating_no NOT IN (SELECT rating_no FROM enterprise_rating)"
    ))  # fmt: skip
    op.drop_index(_STANDING, table_name=_OVERRIDE)
    _unique(_ASKED, "rating_no", "state = 'asked'")
    _unique(_CONFIRMED, "uscc", "state = 'confirmed' AND ended_at IS NULL")


def downgrade() -> None:
    """Take them away; of several for one rating the first stays."""
    op.execute(sa.text(
        "DELETE FROM rating_override WHERE state <> 'refused' AND id NOT IN "
        "(SELECT MIN(id) FROM rating_override WHERE state <> 'refused' GROUP BY rating_no)"
    ))  # fmt: skip
    op.drop_index(_CONFIRMED, table_name=_OVERRIDE)
    op.drop_index(_ASKED, table_name=_OVERRIDE)
    _unique(_STANDING, "rating_no", "state <> 'refused'")
    for name in ("ended_why", "ended_at", "valid_to"):
        op.drop_column(_OVERRIDE, name)
    op.drop_column("rating_rules", "authors")
    op.drop_column("rating", "override")


def _unique(name: str, column: str, where: str) -> None:
    text = sa.text(where)
    op.create_index(name, _OVERRIDE, [column], unique=True, sqlite_where=text, postgresql_where=text)
