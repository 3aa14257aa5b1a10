"""The register of credit sources, wishes for repair, and the rule by which an answer is due.

Revision: 0013
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLE, _CHECK = "subject_request", "ck_subject_request_kind"
_BEFORE = "kind IN ('copy', 'correction', 'deletion')"
_AFTER = "kind IN ('copy', 'correction', 'repair', 'deletion')"


def upgrade() -> None:
    """Add the table (the application fills it from the package) and what a request may be for."""
    op.create_table(
        "credit_source",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=True),
        sa.Column("nature", sa.String(), nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("fresh_days", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_source")),
        sa.UniqueConstraint("source", name=op.f("uq_credit_source_source")),
    )
    op.create_index(op.f("ix_credit_source_public_id"), "credit_source", ["public_id"], unique=True)
    op.create_index(op.f("ix_credit_source_status"), "credit_source", ["status"], unique=False)
    op.add_column(_TABLE, sa.Column("due_rule", sa.String(), nullable=True))
    _allow(_AFTER)


def downgrade() -> None:
    """Take the table away; wishes for repair go with their kind."""
    op.execute(sa.text("DELETE FROM subject_request WHERE kind = 'repair'"))
    _allow(_BEFORE)
    op.drop_column(_TABLE, "due_rule")
    op.drop_index(op.f("ix_credit_source_status"), table_name="credit_source")
    op.drop_index(op.f("ix_credit_source_public_id"), table_name="credit_source")
    op.drop_table("credit_source")


def _allow(kinds: str) -> None:
    """SQLite changes no constraint, so there the table is written anew."""
    with op.batch_alter_table(_TABLE) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), kinds)
