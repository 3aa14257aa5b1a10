"""Resets of what another person signs in with, which a second person confirms.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "reset_request",
        sa.Column("id", number, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("person_id", number, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('password', 'second_factor')", name=op.f("ck_reset_request_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reset_request_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reset_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reset_request_public_id")),
    )
    op.create_index(op.f("ix_reset_request_person_id"), "reset_request", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_reset_request_person_id"), table_name="reset_request")
    op.drop_table("reset_request")
