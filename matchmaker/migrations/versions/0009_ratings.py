"""Rating: rule sets, ratings that are never changed, overrides, appeals.

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables; the application fills in the rules that come with the package."""
    op.create_table(
        "rating_rules",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('draft', 'released', 'retired')", name=op.f("ck_rating_rules_state")),
        sa.CheckConstraint("released_by IS NULL OR released_by <> made_by", name=op.f("ck_rating_rules_two_persons")),
        sa.CheckConstraint("(state = 'draft') = (released_by IS NULL)", name=op.f("ck_rating_rules_released")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_rules")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rating_rules_public_id")),
        sa.UniqueConstraint("rules_version", name=op.f("uq_rating_rules_rules_version")),
    )
    _one_at_a_time("uq_rating_rules_released", "rating_rules", "state", "state = 'released'")
    op.create_table(
        "rating",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("rating_no", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("erase_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_rating_grade")),
        sa.CheckConstraint("as_of <= valid_to", name=op.f("ck_rating_validity")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_rating_uscc")),
        sa.ForeignKeyConstraint(
            ["rules_version"], ["rating_rules.rules_version"], name=op.f("fk_rating_rules_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rating_public_id")),
        sa.UniqueConstraint("rating_no", name=op.f("uq_rating_rating_no")),
    )
    op.create_index("ix_rating_uscc_as_of", "rating", ["uscc", "as_of"], unique=False)
    op.create_index(op.f("ix_rating_erase_on"), "rating", ["erase_on"], unique=False)
    op.create_table(
        "rating_override",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("rating_no", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_rating_override_grade")),
        sa.CheckConstraint("state IN ('asked', 'confirmed', 'refused')", name=op.f("ck_rating_override_state")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> made_by", name=op.f("ck_rating_override_two_persons")),
        sa.CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name=op.f("ck_rating_override_decided")),
        sa.CheckConstraint("length(reason) >= 10", name=op.f("ck_rating_override_reason")),
        sa.ForeignKeyConstraint(["rating_no"], ["rating.rating_no"], name=op.f("fk_rating_override_rating_no")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_rating_override_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_override")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rating_override_public_id")),
    )
    op.create_index(op.f("ix_rating_override_uscc"), "rating_override", ["uscc"], unique=False)
    _one_at_a_time("uq_rating_override_standing", "rating_override", "rating_no", "state <> 'refused'")
    op.create_table(
        "rating_appeal",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("rating_no", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_rating_no", sa.String(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('open', 'adopted', 'refused')", name=op.f("ck_rating_appeal_state")),
        sa.CheckConstraint("(state = 'open') = (answered_by IS NULL)", name=op.f("ck_rating_appeal_answered")),
        sa.ForeignKeyConstraint(["rating_no"], ["rating.rating_no"], name=op.f("fk_rating_appeal_rating_no")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_rating_appeal_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_appeal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rating_appeal_public_id")),
    )
    op.create_index(op.f("ix_rating_appeal_uscc"), "rating_appeal", ["uscc"], unique=False)
    _one_at_a_time("uq_rating_appeal_open", "rating_appeal", "rating_no", "state = 'open'")
    _keep_ratings()


def _one_at_a_time(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _keep_ratings() -> None:
    """Whoever tries, a rating is never changed, as the audit is not. Its removal, when its time by law is over, is
    the owner's: the application's own role has no right to it (``schema._GRANTS``)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TRIGGER rating_kept BEFORE UPDATE ON rating FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(
            "CREATE TRIGGER rating_whole BEFORE TRUNCATE ON rating FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        "CREATE TRIGGER rating_no_update BEFORE UPDATE ON rating "
        "BEGIN SELECT RAISE(ABORT, 'permission denied: rating is append-only'); END"
    )


def downgrade() -> None:
    """Take them away."""
    for table in ("rating_appeal", "rating_override", "rating", "rating_rules"):
        op.drop_table(table)
