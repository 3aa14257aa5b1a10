"""Scorecards of the city, and with each guarantee what was known when it was applied for.

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_RELEASED = sa.text("state = 'released'")


def upgrade() -> None:
    """Add the table and the columns; of earlier guarantees nothing was kept, so theirs stay blank."""
    op.create_table(
        "scorecard",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("card_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'released', 'retired')", name=op.f("ck_scorecard_state")),
        sa.CheckConstraint("released_by IS NULL OR released_by <> made_by", name=op.f("ck_scorecard_two_persons")),
        sa.CheckConstraint("(state = 'draft') = (released_by IS NULL)", name=op.f("ck_scorecard_released")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard")),
        sa.UniqueConstraint("public_id", name=op.f("uq_scorecard_public_id")),
        sa.UniqueConstraint("card_version", name=op.f("uq_scorecard_card_version")),
    )
    op.create_index(
        "uq_scorecard_released", "scorecard", ["state"], unique=True, sqlite_where=_RELEASED, postgresql_where=_RELEASED
    )
    op.add_column("guarantee", sa.Column("features", sa.JSON(), nullable=True))
    op.add_column("guarantee", sa.Column("features_until", sa.Date(), nullable=True))
    op.create_index(op.f("ix_guarantee_features_until"), "guarantee", ["features_until"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_guarantee_features_until"), table_name="guarantee")
    op.drop_column("guarantee", "features_until")
    op.drop_column("guarantee", "features")
    op.drop_table("scorecard")
