"""信用背书: certificates of ratings, and the keys that sign them.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the first key is made with the first certificate."""
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=True),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("rating_no", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("evidence_hash", sa.String(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_why", sa.String(), nullable=True),
        sa.Column("revoked_note", sa.String(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_why IS NULL)", name=op.f("ck_certificate_revoked")),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_certificate_span")),
        sa.CheckConstraint("grade <> 'D'", name=op.f("ck_certificate_grade")),
        sa.ForeignKeyConstraint(["kid"], ["signing_key.kid"], name=op.f("fk_certificate_kid")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_certificate_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_public_id")),
    )
    op.create_index(op.f("ix_certificate_kid"), "certificate", ["kid"], unique=False)
    op.create_index(op.f("ix_certificate_uscc"), "certificate", ["uscc"], unique=False)
    op.create_index(
        "uq_certificate_valid",
        "certificate",
        ["rating_no"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("certificate")
    op.drop_table("signing_key")
