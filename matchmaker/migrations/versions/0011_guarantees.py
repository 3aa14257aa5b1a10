"""Guarantees: the case, what its bank reports, and what is said about it.

Revision: 0011
Follows: 0012 (0009, 0010 and 0012 are made beside it; whoever merges them points each at the one before)
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OPEN = "state NOT IN ('released', 'recovered', 'written_off', 'declined', 'withdrawn', 'lapsed')"
_STATES = (
    "state IN ('applied', 'waiting', 'reviewed', 'approved', 'in_force', 'overdue', 'claimed', 'compensated', "
    "'released', 'recovered', 'written_off', 'declined', 'withdrawn', 'lapsed')"
)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "guarantee",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("guarantee_no", sa.String(), nullable=False),
        sa.Column("need_no", sa.String(), nullable=True),
        sa.Column("product_code", sa.String(), nullable=True),
        sa.Column("scheme_code", sa.String(), nullable=False),
        sa.Column("scheme_version", sa.Integer(), nullable=False),
        sa.Column("rating_no", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("size_class", sa.String(), nullable=True),
        sa.Column("chain_code", sa.String(), nullable=True),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.Column("fee_e6", sa.BigInteger(), nullable=False),
        sa.Column("fee_payer", sa.String(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("four_eyes_above_fen", sa.BigInteger(), nullable=False),
        sa.Column("claim_after_days", sa.Integer(), nullable=False),
        sa.Column("interest_days", sa.Integer(), nullable=True),
        sa.Column("letter_days", sa.Integer(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("consent_id", sa.String(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter_no", sa.String(), nullable=True),
        sa.Column("letter_expires_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("overdue_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("claimed_on", sa.Date(), nullable=True),
        sa.Column("claim_principal_fen", sa.BigInteger(), nullable=True),
        sa.Column("claim_interest_fen", sa.BigInteger(), nullable=True),
        sa.Column("checked_by", sa.String(), nullable=True),
        sa.Column("compensated_by", sa.String(), nullable=True),
        sa.Column("compensated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.String(), nullable=True),
        sa.Column("written_off_by", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("bank_code", sa.String(), nullable=False),
        sa.CheckConstraint(_STATES, name=op.f("ck_guarantee_state")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_guarantee_amount")),
        sa.CheckConstraint(
            "approved_by IS NULL OR reviewed_by IS NULL OR approved_by <> reviewed_by "
            "OR amount_fen <= four_eyes_above_fen",
            name=op.f("ck_guarantee_four_eyes"),
        ),
        sa.CheckConstraint(
            "compensated_by IS NULL OR (checked_by IS NOT NULL AND compensated_by <> checked_by)",
            name=op.f("ck_guarantee_claim_eyes"),
        ),
        sa.CheckConstraint(
            "written_off_by IS NULL OR (proposed_by IS NOT NULL AND written_off_by <> proposed_by)",
            name=op.f("ck_guarantee_write_off_eyes"),
        ),
        sa.ForeignKeyConstraint(["need_no"], ["need.need_no"], name=op.f("fk_guarantee_need_no")),
        sa.ForeignKeyConstraint(["product_code"], ["product.product_code"], name=op.f("fk_guarantee_product_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee")),
        sa.UniqueConstraint("guarantee_no", name=op.f("uq_guarantee_guarantee_no")),
        sa.UniqueConstraint("letter_no", name=op.f("uq_guarantee_letter_no")),
        sa.UniqueConstraint("public_id", name=op.f("uq_guarantee_public_id")),
    )
    op.create_index(op.f("ix_guarantee_bank_code"), "guarantee", ["bank_code"], unique=False)
    op.create_index(
        "ix_guarantee_need",
        "guarantee",
        ["need_no"],
        unique=True,
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index(op.f("ix_guarantee_org_code"), "guarantee", ["org_code"], unique=False)
    op.create_index("ix_guarantee_queue", "guarantee", ["org_code", "state", "due_on"], unique=False)
    op.create_index(op.f("ix_guarantee_uscc"), "guarantee", ["uscc"], unique=False)
    op.create_table(
        "guarantee_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("guarantee_no", sa.String(), nullable=False),
        sa.Column("event_no", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.String(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("bank_code", sa.String(), nullable=False),
        sa.CheckConstraint("(state = 'parked') = (why IS NOT NULL)", name=op.f("ck_guarantee_event_why")),
        sa.CheckConstraint("state IN ('applied', 'parked', 'covered')", name=op.f("ck_guarantee_event_state")),
        sa.CheckConstraint("amount_fen >= 0 AND interest_fen >= 0", name=op.f("ck_guarantee_event_amounts")),
        sa.ForeignKeyConstraint(
            ["guarantee_no"], ["guarantee.guarantee_no"], name=op.f("fk_guarantee_event_guarantee_no")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_event")),
        sa.UniqueConstraint("bank_code", "event_no", name=op.f("uq_guarantee_event_bank_code_event_no")),
        sa.UniqueConstraint("public_id", name=op.f("uq_guarantee_event_public_id")),
    )
    op.create_index(op.f("ix_guarantee_event_bank_code"), "guarantee_event", ["bank_code"], unique=False)
    op.create_index(op.f("ix_guarantee_event_guarantee_no"), "guarantee_event", ["guarantee_no"], unique=False)
    op.create_index(op.f("ix_guarantee_event_org_code"), "guarantee_event", ["org_code"], unique=False)
    op.create_index(op.f("ix_guarantee_event_uscc"), "guarantee_event", ["uscc"], unique=False)
    op.create_table(
        "guarantee_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("guarantee_no", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("bank_code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guarantee_no"], ["guarantee.guarantee_no"], name=op.f("fk_guarantee_note_guarantee_no")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_note")),
        sa.UniqueConstraint("public_id", name=op.f("uq_guarantee_note_public_id")),
    )
    op.create_index(op.f("ix_guarantee_note_bank_code"), "guarantee_note", ["bank_code"], unique=False)
    op.create_index(op.f("ix_guarantee_note_guarantee_no"), "guarantee_note", ["guarantee_no"], unique=False)
    op.create_index(op.f("ix_guarantee_note_org_code"), "guarantee_note", ["org_code"], unique=False)
    op.create_index(op.f("ix_guarantee_note_uscc"), "guarantee_note", ["uscc"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_index(op.f("ix_guarantee_note_uscc"), table_name="guarantee_note")
    op.drop_index(op.f("ix_guarantee_note_org_code"), table_name="guarantee_note")
    op.drop_index(op.f("ix_guarantee_note_guarantee_no"), table_name="guarantee_note")
    op.drop_index(op.f("ix_guarantee_note_bank_code"), table_name="guarantee_note")
    op.drop_table("guarantee_note")
    op.drop_index(op.f("ix_guarantee_event_uscc"), table_name="guarantee_event")
    op.drop_index(op.f("ix_guarantee_event_org_code"), table_name="guarantee_event")
    op.drop_index(op.f("ix_guarantee_event_guarantee_no"), table_name="guarantee_event")
    op.drop_index(op.f("ix_guarantee_event_bank_code"), table_name="guarantee_event")
    op.drop_table("guarantee_event")
    op.drop_index(op.f("ix_guarantee_uscc"), table_name="guarantee")
    op.drop_index("ix_guarantee_queue", table_name="guarantee")
    op.drop_index(op.f("ix_guarantee_org_code"), table_name="guarantee")
    op.drop_index(
        "ix_guarantee_need", table_name="guarantee", sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN)
    )
    op.drop_index(op.f("ix_guarantee_bank_code"), table_name="guarantee")
    op.drop_table("guarantee")
