"""Nobody approves what nobody reviewed, and an approval keeps the limits as it found them.

Revision: 0016
Follows: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NAME = "ck_guarantee_four_eyes"
_BEFORE = (
    "approved_by IS NULL OR reviewed_by IS NULL OR approved_by <> reviewed_by OR amount_fen <= four_eyes_above_fen"
)
_AFTER = (
    "approved_by IS NULL OR automatic OR (reviewed_by IS NOT NULL "
    "AND (approved_by <> reviewed_by OR amount_fen <= four_eyes_above_fen))"
)


def upgrade() -> None:
    """Add the column and ask for a reviewer of every manual case."""
    op.add_column("guarantee", sa.Column("limits", sa.JSON(), nullable=True))
    _ask(_BEFORE, _AFTER)


def downgrade() -> None:
    """Ask as before; what approvals found is lost."""
    _ask(_AFTER, _BEFORE)
    op.drop_column("guarantee", "limits")


def _ask(before: str, after: str) -> None:
    """SQLite changes no constraint, and writing the table anew would cut off the rows that refer to it: there the
    text of its definition is changed in place, as SQLite's manual has it for checks (lang_altertable, section 7)."""
    if op.get_context().dialect.name != "sqlite":
        op.drop_constraint(op.f(_NAME), "guarantee", type_="check")
        op.create_check_constraint(op.f(_NAME), "guarantee", after)
        return
    bind = op.get_bind()
    version = bind.execute(sa.text("PRAGMA schema_version")).scalar_one()
    change = "UPDATE sqlite_schema SET sql = replace(sql, :before, :after) WHERE type = 'table' AND name = 'guarantee'"
    bind.execute(sa.text("PRAGMA writable_schema = ON"))
    bind.execute(sa.text(change), {"before": before, "after": after})
    bind.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    bind.execute(sa.text("PRAGMA writable_schema = OFF"))
