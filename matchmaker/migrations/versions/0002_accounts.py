"""Accounts, consent and disclosure, the audit chain, the change feed, uploads, webhooks; public ids.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAMED = (
    "area", "chain", "contact", "credit_record", "enterprise", "industry", "lead",
    "lpr", "need", "organisation", "policy", "product", "size_rule", "workday",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_action"), "audit_event", ["action"], unique=False)
    op.create_index(op.f("ix_audit_event_subject"), "audit_event", ["subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    op.create_index("ix_change_org_code", "change", ["org_code", "id"], unique=False)
    op.create_index("ix_change_uscc", "change", ["uscc", "id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "registration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("enterprise_name", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'verified', 'refused')", name=op.f("ck_registration_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("public_id", name=op.f("uq_registration_public_id")),
    )
    op.create_index(op.f("ix_registration_uscc"), "registration", ["uscc"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_table(
        "import_job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('checked', 'written', 'rejected')", name=op.f("ck_import_job_state")),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_import_job_org_code")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_import_job_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_import_job_public_id")),
    )
    op.create_index("ix_import_job_file", "import_job", ["owner", "kind", "sha256"], unique=False)
    op.create_index(op.f("ix_import_job_org_code"), "import_job", ["org_code"], unique=False)
    op.create_index(op.f("ix_import_job_uscc"), "import_job", ["uscc"], unique=False)
    op.create_table(
        "subject_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('copy', 'correction', 'deletion')", name=op.f("ck_subject_request_kind")),
        sa.CheckConstraint("state IN ('open', 'done', 'refused')", name=op.f("ck_subject_request_state")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_subject_request_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_subject_request_public_id")),
    )
    op.create_index(op.f("ix_subject_request_uscc"), "subject_request", ["uscc"], unique=False)
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous_secret", sa.String(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_why", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_webhook_endpoint_org_code")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_webhook_endpoint_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
        sa.UniqueConstraint("public_id", name=op.f("uq_webhook_endpoint_public_id")),
    )
    op.create_index(op.f("ix_webhook_endpoint_org_code"), "webhook_endpoint", ["org_code"], unique=False)
    op.create_index(op.f("ix_webhook_endpoint_uscc"), "webhook_endpoint", ["uscc"], unique=False)
    waiting = sa.text("state = 'waiting' AND channel = 'webhook'")
    op.create_index(
        "ix_outbox_message_endpoint", "outbox_message", ["contact_no", "not_before", "id"], unique=False,
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip
    op.create_table(
        "approved_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("need_no", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("source_hash", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_no"], ["need.need_no"], name=op.f("fk_approved_text_need_no")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_approved_text_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approved_text")),
        sa.UniqueConstraint("need_no", "source_hash", name=op.f("uq_approved_text_need_no_source_hash")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("need_no", sa.String(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("evidence_hash", sa.String(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["need_no"], ["need.need_no"], name=op.f("fk_consent_need_no")),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_consent_org_code")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_consent_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("public_id", name=op.f("uq_consent_public_id")),
    )
    op.create_index("ix_consent_recipient", "consent", ["org_code", "uscc"], unique=False)
    op.create_index(op.f("ix_consent_uscc"), "consent", ["uscc"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("contact_no", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.String(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("oidc_subject", sa.String(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.CheckConstraint("org_code IS NULL OR uscc IS NULL", name=op.f("ck_person_one_owner")),
        sa.ForeignKeyConstraint(["contact_no"], ["contact.contact_no"], name=op.f("fk_person_contact_no")),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_person_org_code")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_person_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("contact_no", name=op.f("uq_person_contact_no")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_person_oidc_subject")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
    )
    op.create_index(op.f("ix_person_org_code"), "person", ["org_code"], unique=False)
    op.create_index(op.f("ix_person_uscc"), "person", ["uscc"], unique=False)
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_event_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint("public_id", name=op.f("uq_webhook_event_public_id")),
    )
    op.create_index(op.f("ix_webhook_event_endpoint_id"), "webhook_event", ["endpoint_id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_api_token_org_code")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_api_token_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_token_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_org_code"), "api_token", ["org_code"], unique=False)
    op.create_index(op.f("ix_api_token_uscc"), "api_token", ["uscc"], unique=False)
    op.create_table(
        "disclosure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("consent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_disclosure_consent_id")),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_disclosure_org_code")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_disclosure_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index("ix_disclosure_subject", "disclosure", ["uscc", "at"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("contact_no", sa.String(), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('invite', 'reset')", name=op.f("ck_invitation_kind")),
        sa.ForeignKeyConstraint(["contact_no"], ["contact.contact_no"], name=op.f("fk_invitation_contact_no")),
        sa.ForeignKeyConstraint(["org_code"], ["organisation.org_code"], name=op.f("fk_invitation_org_code")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invitation_person_id")),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_invitation_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_org_code"), "invitation", ["org_code"], unique=False)
    op.create_index(op.f("ix_invitation_uscc"), "invitation", ["uscc"], unique=False)
    op.create_table(
        "person_role",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_role_person_id")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_person_role")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_person_id"), "recovery_code", ["person_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sign_in_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_person_id"), "sign_in", ["person_id"], unique=False)
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["webhook_event.id"], name=op.f("fk_webhook_attempt_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index("ix_webhook_attempt_event", "webhook_attempt", ["event_id", "id"], unique=False)
    op.add_column("area", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_area_public_id"), "area", ["public_id"], unique=True)
    op.add_column("chain", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_chain_public_id"), "chain", ["public_id"], unique=True)
    op.add_column("contact", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_contact_public_id"), "contact", ["public_id"], unique=True)
    op.add_column("credit_record", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_credit_record_public_id"), "credit_record", ["public_id"], unique=True)
    op.add_column("enterprise", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_enterprise_public_id"), "enterprise", ["public_id"], unique=True)
    op.add_column("industry", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_industry_public_id"), "industry", ["public_id"], unique=True)
    op.add_column("lead", sa.Column("public_id", sa.String(), nullable=True))
    op.add_column("lead", sa.Column("card", sa.JSON(), nullable=True))
    op.add_column("lead", sa.Column("firm_version", sa.Integer(), nullable=True))
    op.add_column("lead", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_index(op.f("ix_lead_public_id"), "lead", ["public_id"], unique=True)
    op.add_column("lpr", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_lpr_public_id"), "lpr", ["public_id"], unique=True)
    op.add_column("need", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_need_public_id"), "need", ["public_id"], unique=True)
    op.add_column("organisation", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_organisation_public_id"), "organisation", ["public_id"], unique=True)
    op.add_column("policy", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_policy_public_id"), "policy", ["public_id"], unique=True)
    op.add_column("product", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_product_public_id"), "product", ["public_id"], unique=True)
    op.add_column("size_rule", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_size_rule_public_id"), "size_rule", ["public_id"], unique=True)
    op.add_column("workday", sa.Column("public_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_workday_public_id"), "workday", ["public_id"], unique=True)
    _name_rows()
    _keep_audit()


def _name_rows() -> None:
    """Rows of before get their public ids."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    made = "substr(replace(gen_random_uuid()::text, '-', ''), 1, 20)" if on_postgres else "lower(hex(randomblob(10)))"
    for table in NAMED:
        op.execute(f"UPDATE {table} SET public_id = {made} WHERE public_id IS NULL")  # noqa: S608  (our own names)


def _keep_audit() -> None:
    """Whoever tries, an audit row is never changed or removed."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'permission denied: % is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_event_no_{verb.lower()} BEFORE {verb} ON audit_event "
            "BEGIN SELECT RAISE(ABORT, 'permission denied: audit_event is append-only'); END"
        )


def downgrade() -> None:
    _forget_audit()
    op.drop_index(op.f("ix_workday_public_id"), table_name="workday")
    op.drop_column("workday", "public_id")
    op.drop_index(op.f("ix_size_rule_public_id"), table_name="size_rule")
    op.drop_column("size_rule", "public_id")
    op.drop_index(op.f("ix_product_public_id"), table_name="product")
    op.drop_column("product", "public_id")
    op.drop_index(op.f("ix_policy_public_id"), table_name="policy")
    op.drop_column("policy", "public_id")
    op.drop_index(op.f("ix_organisation_public_id"), table_name="organisation")
    op.drop_column("organisation", "public_id")
    op.drop_index(op.f("ix_need_public_id"), table_name="need")
    op.drop_column("need", "public_id")
    op.drop_index(op.f("ix_lpr_public_id"), table_name="lpr")
    op.drop_column("lpr", "public_id")
    op.drop_index(op.f("ix_lead_public_id"), table_name="lead")
    op.drop_column("lead", "version")
    op.drop_column("lead", "firm_version")
    op.drop_column("lead", "card")
    op.drop_column("lead", "public_id")
    op.drop_index(op.f("ix_industry_public_id"), table_name="industry")
    op.drop_column("industry", "public_id")
    op.drop_index(op.f("ix_enterprise_public_id"), table_name="enterprise")
    op.drop_column("enterprise", "public_id")
    op.drop_index(op.f("ix_credit_record_public_id"), table_name="credit_record")
    op.drop_column("credit_record", "public_id")
    op.drop_index(op.f("ix_contact_public_id"), table_name="contact")
    op.drop_column("contact", "public_id")
    op.drop_index(op.f("ix_chain_public_id"), table_name="chain")
    op.drop_column("chain", "public_id")
    op.drop_index(op.f("ix_area_public_id"), table_name="area")
    op.drop_column("area", "public_id")
    op.drop_index("ix_webhook_attempt_event", table_name="webhook_attempt")
    op.drop_table("webhook_attempt")
    op.drop_index(op.f("ix_sign_in_person_id"), table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_index(op.f("ix_recovery_code_person_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_table("person_role")
    op.drop_index(op.f("ix_invitation_uscc"), table_name="invitation")
    op.drop_index(op.f("ix_invitation_org_code"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index("ix_disclosure_subject", table_name="disclosure")
    op.drop_table("disclosure")
    op.drop_index(op.f("ix_api_token_uscc"), table_name="api_token")
    op.drop_index(op.f("ix_api_token_org_code"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_webhook_event_endpoint_id"), table_name="webhook_event")
    op.drop_table("webhook_event")
    op.drop_index(op.f("ix_person_uscc"), table_name="person")
    op.drop_index(op.f("ix_person_org_code"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_consent_uscc"), table_name="consent")
    op.drop_index("ix_consent_recipient", table_name="consent")
    op.drop_table("consent")
    op.drop_table("approved_text")
    op.drop_index("ix_outbox_message_endpoint", table_name="outbox_message")
    op.drop_index(op.f("ix_webhook_endpoint_uscc"), table_name="webhook_endpoint")
    op.drop_index(op.f("ix_webhook_endpoint_org_code"), table_name="webhook_endpoint")
    op.drop_table("webhook_endpoint")
    op.drop_index(op.f("ix_subject_request_uscc"), table_name="subject_request")
    op.drop_table("subject_request")
    op.drop_index(op.f("ix_import_job_uscc"), table_name="import_job")
    op.drop_index(op.f("ix_import_job_org_code"), table_name="import_job")
    op.drop_index("ix_import_job_file", table_name="import_job")
    op.drop_table("import_job")
    op.drop_table("throttle")
    op.drop_index(op.f("ix_registration_uscc"), table_name="registration")
    op.drop_table("registration")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index("ix_change_uscc", table_name="change")
    op.drop_index("ix_change_org_code", table_name="change")
    op.drop_table("change")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_audit_event_subject"), table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_action"), table_name="audit_event")
    op.drop_table("audit_event")


def _forget_audit() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_event_kept ON audit_event")
        op.execute("DROP FUNCTION refuse_change()")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_event_no_{verb}")
