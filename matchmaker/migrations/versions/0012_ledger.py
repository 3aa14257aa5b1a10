"""The books of guarantees: entries and legs that are only ever added to, and balances cached from them.

Revision: 0012
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ONCE = sa.text("kind IN ('reserve', 'fee', 'compensation', 'write_off')")
KEPT = ("ledger_entry", "ledger_leg")


def upgrade() -> None:
    """Add the tables, and have the databases refuse to change what was booked."""
    op.create_table(
        "guarantee_balance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("nominal", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("guaranteed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("retained", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("weighted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_nominal", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_guaranteed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_retained", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_weighted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("small", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ticket", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("compensated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("released", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("loss", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("treasury_loss", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_treasury", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_reserved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "scope = 'scheme_month' OR (retained >= 0 AND reserved_retained >= 0 AND weighted >= 0 AND "
            "reserved_weighted >= 0 AND small >= 0 AND ticket >= 0 AND compensated >= 0 AND released >= 0 "
            "AND loss >= 0 AND fee_treasury >= 0 AND fee_reserved >= 0)",
            name=op.f("ck_guarantee_balance_not_negative"),
        ),
        sa.CheckConstraint(
            "scope IN ('guarantor', 'scheme', 'scheme_month', 'scheme_customer', 'customer', 'group', "
            "'city_group', 'bank', 'chain', 'grade')",
            name=op.f("ck_guarantee_balance_scope"),
        ),
        sa.CheckConstraint(
            "guaranteed <= nominal AND retained <= guaranteed", name=op.f("ck_guarantee_balance_layers")
        ),
        sa.CheckConstraint(
            "reserved_guaranteed <= reserved_nominal AND reserved_retained <= reserved_guaranteed",
            name=op.f("ck_guarantee_balance_reserved"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_balance")),
        sa.UniqueConstraint("scope", "key", name=op.f("uq_guarantee_balance_scope_key")),
    )
    op.create_index(op.f("ix_guarantee_balance_org_code"), "guarantee_balance", ["org_code"], unique=False)
    op.create_index(op.f("ix_guarantee_balance_uscc"), "guarantee_balance", ["uscc"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guarantee_no", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "(seq = 1) = (kind = 'reserve') AND (seq = 1) = (terms IS NOT NULL)", name=op.f("ck_ledger_entry_begins")
        ),
        sa.CheckConstraint(
            "kind IN ('reserve', 'free', 'drawdown', 'repayment', 'compensation', 'recovery', 'write_off', 'fee')",
            name=op.f("ck_ledger_entry_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("event_id", name=op.f("uq_ledger_entry_event_id")),
        sa.UniqueConstraint("guarantee_no", "seq", name=op.f("uq_ledger_entry_guarantee_no_seq")),
    )
    op.create_index(op.f("ix_ledger_entry_happened_on"), "ledger_entry", ["happened_on"], unique=False)
    op.create_index(
        "ix_ledger_entry_once",
        "ledger_entry",
        ["guarantee_no", "kind"],
        unique=True,
        sqlite_where=ONCE,
        postgresql_where=ONCE,
    )
    op.create_index(op.f("ix_ledger_entry_org_code"), "ledger_entry", ["org_code"], unique=False)
    op.create_index(op.f("ix_ledger_entry_uscc"), "ledger_entry", ["uscc"], unique=False)
    op.create_table(
        "ledger_leg",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("guarantee_no", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "account IN ('reserved', 'headroom', 'outstanding', 'loan', 'loss', 'written_off', 'recourse', "
            "'fee', 'fee_due', 'fee_reserved', 'fee_budget', 'weighted', 'weighted_reserved', 'small', "
            "'ticket', 'memo')",
            name=op.f("ck_ledger_leg_account"),
        ),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_ledger_leg_amount_fen")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_leg_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_leg")),
        sa.UniqueConstraint(
            "entry_id",
            "guarantee_no",
            "account",
            "party",
            name=op.f("uq_ledger_leg_entry_id_guarantee_no_account_party"),
        ),
    )
    op.create_index(op.f("ix_ledger_leg_guarantee_no"), "ledger_leg", ["guarantee_no"], unique=False)
    for table in KEPT:
        _keep(table)


def _keep(table: str) -> None:
    """Whoever tries, a row of the ledger is never changed or removed; as for ``audit_event`` in 0002."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'permission denied: {table} is append-only'); END"
        )


def downgrade() -> None:
    """Take the tables away; their triggers go with them."""
    op.drop_index(op.f("ix_ledger_leg_guarantee_no"), table_name="ledger_leg")
    op.drop_table("ledger_leg")
    op.drop_index(op.f("ix_ledger_entry_uscc"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_org_code"), table_name="ledger_entry")
    op.drop_index("ix_ledger_entry_once", table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_happened_on"), table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_index(op.f("ix_guarantee_balance_uscc"), table_name="guarantee_balance")
    op.drop_index(op.f("ix_guarantee_balance_org_code"), table_name="guarantee_balance")
    op.drop_table("guarantee_balance")
