"""What people choose to receive, what a run left out by it, and when a message was read.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and two columns; nobody has chosen and nothing counts as read yet."""
    op.create_table(
        "notice_setting",
        sa.Column("contact_no", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("digest IN ('every', 'weekly', 'monthly', 'none')", name=op.f("ck_notice_setting_digest")),
        sa.ForeignKeyConstraint(["contact_no"], ["contact.contact_no"], name=op.f("fk_notice_setting_contact_no")),
        sa.PrimaryKeyConstraint("contact_no", name=op.f("pk_notice_setting")),
    )
    op.add_column("push_run", sa.Column("left_out", sa.JSON(), nullable=True))
    op.add_column("outbox_message", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("outbox_message", "read_at")
    op.drop_column("push_run", "left_out")
    op.drop_table("notice_setting")
