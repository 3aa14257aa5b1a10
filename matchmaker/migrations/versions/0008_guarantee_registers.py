"""What guarantors work by (their terms, limits, weights, schemes) and the standing ratings.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the application fills them from the package (``load_defaults``)."""
    op.create_table(
        "enterprise_rating",
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("rating_no", sa.String(), nullable=False),
        sa.Column("rated_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_rating")),
        sa.UniqueConstraint("uscc", name=op.f("uq_enterprise_rating_uscc")),
    )
    op.create_index(op.f("ix_enterprise_rating_public_id"), "enterprise_rating", ["public_id"], unique=True)
    op.create_index(op.f("ix_enterprise_rating_status"), "enterprise_rating", ["status"], unique=False)
    op.create_table(
        "guarantee_limit",
        sa.Column("limit_no", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("limit_class", sa.String(), nullable=False),
        sa.Column("guarantor_kind", sa.String(), nullable=True),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("value_e6", sa.BigInteger(), nullable=True),
        sa.Column("times", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_limit")),
        sa.UniqueConstraint("limit_no", name=op.f("uq_guarantee_limit_limit_no")),
    )
    op.create_index(op.f("ix_guarantee_limit_public_id"), "guarantee_limit", ["public_id"], unique=True)
    op.create_index(op.f("ix_guarantee_limit_status"), "guarantee_limit", ["status"], unique=False)
    op.create_table(
        "guarantee_scheme",
        sa.Column("scheme_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("areas", sa.String(), nullable=True),
        sa.Column("chains", sa.String(), nullable=True),
        sa.Column("banks", sa.String(), nullable=True),
        sa.Column("term_max_months", sa.BigInteger(), nullable=True),
        sa.Column("fee_e6", sa.BigInteger(), nullable=False),
        sa.Column("fee_payer", sa.String(), nullable=False),
        sa.Column("cap_fen", sa.BigInteger(), nullable=True),
        sa.Column("budget_fen", sa.BigInteger(), nullable=True),
        sa.Column("compensation_cap_e6", sa.BigInteger(), nullable=True),
        sa.Column("four_eyes_above_fen", sa.BigInteger(), nullable=False),
        sa.Column("reservation_workdays", sa.BigInteger(), nullable=False),
        sa.Column("letter_days", sa.BigInteger(), nullable=False),
        sa.Column("automatic_max_fen", sa.BigInteger(), nullable=True),
        sa.Column("automatic_grades", sa.String(), nullable=True),
        sa.Column("claim_after_days", sa.BigInteger(), nullable=False),
        sa.Column("interest_days", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_scheme")),
        sa.UniqueConstraint("scheme_code", name=op.f("uq_guarantee_scheme_scheme_code")),
    )
    op.create_index(op.f("ix_guarantee_scheme_public_id"), "guarantee_scheme", ["public_id"], unique=True)
    op.create_index(op.f("ix_guarantee_scheme_status"), "guarantee_scheme", ["status"], unique=False)
    op.create_table(
        "guarantor",
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("licence_no", sa.String(), nullable=True),
        sa.Column("net_assets_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_assets_on", sa.Date(), nullable=False),
        sa.Column("mainly_small", sa.Boolean(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantor")),
        sa.UniqueConstraint("org_code", name=op.f("uq_guarantor_org_code")),
    )
    op.create_index(op.f("ix_guarantor_public_id"), "guarantor", ["public_id"], unique=True)
    op.create_index(op.f("ix_guarantor_status"), "guarantor", ["status"], unique=False)
    op.create_table(
        "guarantor_relation",
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantor_relation")),
        sa.UniqueConstraint("org_code", "uscc", name=op.f("uq_guarantor_relation_org_code_uscc")),
    )
    op.create_index(op.f("ix_guarantor_relation_public_id"), "guarantor_relation", ["public_id"], unique=True)
    op.create_index(op.f("ix_guarantor_relation_status"), "guarantor_relation", ["status"], unique=False)
    op.create_table(
        "related_group",
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_related_group")),
        sa.UniqueConstraint("group_code", "uscc", name=op.f("uq_related_group_group_code_uscc")),
    )
    op.create_index(op.f("ix_related_group_public_id"), "related_group", ["public_id"], unique=True)
    op.create_index(op.f("ix_related_group_status"), "related_group", ["status"], unique=False)
    op.create_index(op.f("ix_related_group_uscc"), "related_group", ["uscc"], unique=False)
    op.create_table(
        "risk_weight",
        sa.Column("weight_no", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size_classes", sa.String(), nullable=True),
        sa.Column("customer_max_fen", sa.BigInteger(), nullable=True),
        sa.Column("weight_e6", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_weight")),
        sa.UniqueConstraint("weight_no", name=op.f("uq_risk_weight_weight_no")),
    )
    op.create_index(op.f("ix_risk_weight_public_id"), "risk_weight", ["public_id"], unique=True)
    op.create_index(op.f("ix_risk_weight_status"), "risk_weight", ["status"], unique=False)
    op.create_table(
        "scheme_grade",
        sa.Column("scheme_code", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("amount_max_fen", sa.BigInteger(), nullable=False),
        sa.Column("guarantor_e6", sa.BigInteger(), nullable=False),
        sa.Column("bank_e6", sa.BigInteger(), nullable=False),
        sa.Column("reguarantor_e6", sa.BigInteger(), nullable=True),
        sa.Column("treasury_e6", sa.BigInteger(), nullable=True),
        sa.Column("collateral", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "guarantor_e6 + bank_e6 + COALESCE(reguarantor_e6, 0) + COALESCE(treasury_e6, 0) = 100000000",
            name=op.f("ck_scheme_grade_shares_are_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_grade")),
        sa.UniqueConstraint("scheme_code", "grade", name=op.f("uq_scheme_grade_scheme_code_grade")),
    )
    op.create_index(op.f("ix_scheme_grade_public_id"), "scheme_grade", ["public_id"], unique=True)
    op.create_index(op.f("ix_scheme_grade_status"), "scheme_grade", ["status"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_scheme_grade_status"), table_name="scheme_grade")
    op.drop_index(op.f("ix_scheme_grade_public_id"), table_name="scheme_grade")
    op.drop_table("scheme_grade")
    op.drop_index(op.f("ix_risk_weight_status"), table_name="risk_weight")
    op.drop_index(op.f("ix_risk_weight_public_id"), table_name="risk_weight")
    op.drop_table("risk_weight")
    op.drop_index(op.f("ix_related_group_uscc"), table_name="related_group")
    op.drop_index(op.f("ix_related_group_status"), table_name="related_group")
    op.drop_index(op.f("ix_related_group_public_id"), table_name="related_group")
    op.drop_table("related_group")
    op.drop_index(op.f("ix_guarantor_relation_status"), table_name="guarantor_relation")
    op.drop_index(op.f("ix_guarantor_relation_public_id"), table_name="guarantor_relation")
    op.drop_table("guarantor_relation")
    op.drop_index(op.f("ix_guarantor_status"), table_name="guarantor")
    op.drop_index(op.f("ix_guarantor_public_id"), table_name="guarantor")
    op.drop_table("guarantor")
    op.drop_index(op.f("ix_guarantee_scheme_status"), table_name="guarantee_scheme")
    op.drop_index(op.f("ix_guarantee_scheme_public_id"), table_name="guarantee_scheme")
    op.drop_table("guarantee_scheme")
    op.drop_index(op.f("ix_guarantee_limit_status"), table_name="guarantee_limit")
    op.drop_index(op.f("ix_guarantee_limit_public_id"), table_name="guarantee_limit")
    op.drop_table("guarantee_limit")
    op.drop_index(op.f("ix_enterprise_rating_status"), table_name="enterprise_rating")
    op.drop_index(op.f("ix_enterprise_rating_public_id"), table_name="enterprise_rating")
    op.drop_table("enterprise_rating")
