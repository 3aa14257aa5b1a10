"""Referrals: the two answers to a recommended need; one for each lead there is.

Revision: 0004
Follows: 0003
"""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"


def upgrade() -> None:
    op.create_table(
        "referral",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("need_no", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("product_code", sa.String(), nullable=False),
        sa.Column("bank_answer", sa.String(), server_default="none", nullable=False),
        sa.Column("bank_reason", sa.String(), nullable=True),
        sa.Column("bank_note", sa.String(), nullable=True),
        sa.Column("bank_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bank_by", sa.String(), nullable=True),
        sa.Column("bank_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("firm_answer", sa.String(), server_default="none", nullable=False),
        sa.Column("firm_reason", sa.String(), nullable=True),
        sa.Column("firm_note", sa.String(), nullable=True),
        sa.Column("firm_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("bank_answer IN ('none', 'taken', 'refused')", name=op.f("ck_referral_bank_answer")),
        sa.CheckConstraint(
            "firm_answer IN ('none', 'consented', 'declined', 'withdrawn')", name=op.f("ck_referral_firm_answer")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name=op.f("ck_referral_ended")),
        sa.ForeignKeyConstraint(["need_no"], ["need.need_no"], name=op.f("fk_referral_need_no")),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_referral_org_code")),
        sa.ForeignKeyConstraint(["product_code"], ["product.product_code"], name=op.f("fk_referral_product_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("need_no", "org_code", name=op.f("uq_referral_need_no_org_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_referral_public_id")),
    )
    op.create_index(
        "ix_referral_open",
        "referral",
        ["org_code", "due_on"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    _refer_leads()


_LEADS = sa.text("SELECT need_no, org_code, product_code, due_on, shown_at, ended_at FROM lead ORDER BY id").columns(
    due_on=sa.Date(), shown_at=sa.DateTime(timezone=True), ended_at=sa.DateTime(timezone=True)
)
_CONSENTS = sa.text(
    "SELECT need.need_no, consent.org_code, consent.granted_at FROM consent JOIN need ON need.uscc = consent.uscc "
    "WHERE consent.purpose = 'financing' AND consent.withdrawn_at IS NULL AND consent.expires_at > :now "
    "AND (consent.need_no IS NULL OR consent.need_no = need.need_no) ORDER BY consent.granted_at DESC"
).columns(granted_at=sa.DateTime(timezone=True))


def _refer_leads() -> None:
    """A referral for each lead: unanswered by the bank, consented where a consent holds, closed where it has ended."""
    connection, now = op.get_bind(), sa.bindparam("now", datetime.now(UTC), sa.DateTime(timezone=True))
    agreed = {(one.need_no, one.org_code): one.granted_at for one in connection.execute(_CONSENTS.bindparams(now))}
    rows = [
        {
            "public_id": "".join(secrets.choice(_SIGNS) for _ in range(20)),
            "need_no": lead.need_no,
            "org_code": lead.org_code,
            "product_code": lead.product_code,
            "due_on": lead.due_on,
            "bank_answer": "none",
            "firm_answer": "consented" if (lead.need_no, lead.org_code) in agreed else "none",
            "firm_at": agreed.get((lead.need_no, lead.org_code)),
            "ended_at": lead.ended_at,
            "ended_why": "closed" if lead.ended_at is not None else None,
            "version": 1,
            "created_at": lead.shown_at,
        }
        for lead in connection.execute(_LEADS)
    ]
    if rows:
        op.bulk_insert(_referral, rows)


_referral = sa.table(
    "referral",
    *(sa.column(name, sa.String()) for name in ("public_id", "need_no", "org_code", "product_code")),
    *(sa.column(name, sa.String()) for name in ("bank_answer", "firm_answer", "ended_why")),
    *(sa.column(name, sa.DateTime(timezone=True)) for name in ("firm_at", "ended_at", "created_at")),
    sa.column("due_on", sa.Date()),
    sa.column("version", sa.Integer()),
)


def downgrade() -> None:
    op.drop_index("ix_referral_open", table_name="referral")
    op.drop_table("referral")
