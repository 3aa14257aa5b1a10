"""What kind of data each column holds (OWASP ASVS 5.0 14.1.1): the page of it and the test of it come from here.

The fields of lists say it themselves, by their ``sensitivity``. All other columns stand here, by table; a column that
stands nowhere fails the build.
"""

from typing import Any, Literal

from matchmaker.domain.text import Text

DataClass = Literal["public", "business", "identity", "contact", "internal", "personal", "secret"]

MEANING: dict[DataClass, Text] = {
    "public": Text("公开信息，登录后均可见", "public; everyone who has signed in may read it"),
    "business": Text("企业经营数据，授权前只显示区间", "an enterprise's figures; in bands before consent"),
    "identity": Text("能认出企业的信息，授权后才显示", "tells which enterprise it is; after consent only"),
    "contact": Text("联系人与联系方式，授权后才显示", "people to contact and how; after consent only"),
    "internal": Text("系统运行所需，不出本单位", "workings of the platform; stays on its own side"),
    "personal": Text(
        "登录人员的个人信息，只给本人、本单位与安全管理员；确认重设的人看到姓名与登录名",
        "of people who sign in: them, their side, security; name and login: whoever confirms a reset",
    ),
    "secret": Text("密码、密钥的摘要或密文，任何人都读不到", "hashes and sealed secrets; nobody reads them"),
}
"""The classes, and who may read what is of them."""

COMMON = frozenset({"id", "public_id", "version", "status", "created_at", "updated_at", "confirmed_at"})
"""Columns of these names are *internal* in every table."""

CLASSES: dict[str, dict[DataClass, str]] = {
    "api_token": {
        "secret": "token_hash",
        "identity": "uscc",
        "internal": "name prefix person_id scopes expires_at last_used_on revoked_at org_code",
    },
    "approved_text": {"identity": "need_no uscc shown", "internal": "source_hash approved_by approved_at"},
    "audit_event": {
        "personal": "who address",
        "identity": "subject before after",
        "internal": "seq at side action request_id algorithm previous hash",
    },
    "audit_head": {"internal": "seq hash"},
    "certificate": {
        "identity": "uscc token evidence",
        "business": "grade rating_no",
        "internal": "as_of valid_to kid status_index issued_at expires_at evidence_hash issued_by revoked_at "
        "revoked_why revoked_note revoked_by",
    },
    "change": {"identity": "uscc", "internal": "kind gone org_code at"},
    "consent": {
        "identity": "uscc need_no evidence",
        "internal": "org_code groups purpose granted_at expires_at evidence_hash granted_by withdrawn_at withdrawn_by",
    },
    "disclosure": {
        "identity": "uscc about",
        "personal": "who",
        "internal": "at org_code purpose fields channel basis consent_id request_id",
    },
    "form_draft": {"identity": "uscc data", "internal": "person_id form led_to"},
    "guarantee": {
        "identity": "uscc need_no",
        "business": "grade rating_no amount_fen term_months size_class chain_code groups limits reason features",
        "internal": "guarantee_no org_code bank_code product_code scheme_code scheme_version shares fee_e6 fee_payer "
        "fee_fen four_eyes_above_fen claim_after_days interest_days interest_max_e6 letter_days automatic state "
        "consent_id applied_at applied_by due_on expires_on reviewed_by reviewed_at opinion approved_by approved_at "
        "letter_no letter_expires_on overdue_on closed_on claimed_on claim_principal_fen claim_interest_fen checked_by "
        "compensated_by compensated_at proposed_by written_off_by ended_at features_until",
    },
    "guarantee_event": {
        "identity": "uscc",
        "business": "amount_fen interest_fen",
        "internal": "org_code bank_code guarantee_no event_no kind happened_on digest state why reported_at "
        "reported_by applied_at",
    },
    "guarantee_note": {
        "identity": "uscc text",
        "personal": "name",
        "internal": "org_code bank_code guarantee_no verb inside said_at said_by",
    },
    "idempotency_key": {"identity": "body headers", "internal": "owner key request_hash"},
    "import_job": {
        "identity": "uscc file_name result",
        "internal": "owner org_code kind sha256 size state made_by finished_at",
    },
    "invitation": {
        "secret": "token_hash",
        "personal": "name email",
        "identity": "uscc",
        "internal": "kind role contact_no person_id made_by expires_at used_at org_code",
    },
    "lead": {
        "business": "card need_no",
        "internal": "org_code firm_version product_code month shown_at due_on push_run_id ended_at",
    },
    "guarantee_balance": {
        "identity": "key uscc",
        "business": "nominal guaranteed retained weighted reserved_nominal reserved_guaranteed reserved_retained "
        "reserved_weighted small ticket compensated released loss treasury_loss fee_treasury fee_reserved",
        "internal": "scope org_code",
    },
    "ledger_entry": {
        "identity": "uscc",
        "business": "terms",
        "personal": "actor",
        "internal": "guarantee_no seq kind happened_on booked_at event_id note org_code",
    },
    "ledger_leg": {"business": "account party amount_fen", "internal": "entry_id org_code guarantee_no"},
    "list_version": {"contact": "data note", "internal": "kind entry_id actor cause recorded_at"},
    "match_pair": {
        "business": "need_no verdict failed unknown",
        "internal": "run_id product_code score_tenths rank_for_need rank_for_product need_version product_version "
        "enterprise_version",
    },
    "match_run": {
        "internal": "on_date started_at finished_at seconds rules_version ranker text_weights top_k last_version_id "
        "needs products pairs eligible near needs_information ineligible digest origin"
    },
    "notice_setting": {"internal": "contact_no digest changed_at"},
    "outbox_message": {
        "contact": "name address subject text html",
        "internal": "contact_no channel kind window state not_before lease_until attempt failures message_id sent_at "
        "read_at last_error",
    },
    "person": {
        "secret": "password_hash totp_secret",
        "personal": "login name email phone language oidc_subject",
        "identity": "uscc",
        "internal": "contact_no password_set_at totp_confirmed_at totp_step disabled_at org_code",
    },
    "person_role": {"internal": "person_id role granted_by granted_at"},
    "push_item": {
        "business": "payload",
        "internal": "contact_no item_key item_version section position push_run_id kind window state read_at",
    },
    "push_run": {"internal": "audience window_at state reason match_run_id planned_at left_out calendar_warning"},
    "recovery_code": {"secret": "code_hash", "internal": "person_id used_at"},
    "referral": {
        "business": "need_no firm_reason firm_note",
        "personal": "bank_by",
        "internal": "org_code product_code bank_answer bank_reason bank_note bank_person_id bank_at firm_answer "
        "firm_at due_on ended_at ended_why",
    },
    "registration": {
        "secret": "password_hash",
        "personal": "login name phone",
        "identity": "uscc enterprise_name evidence",
        "internal": "state why decided_at decided_by",
    },
    "reset_request": {"internal": "person_id kind asked_by asked_at decided_by decided_at"},
    "rating": {
        "identity": "uscc",
        "business": "grade facts results",
        "internal": "rating_no as_of valid_to rules_version digest algorithm consent cause erase_on made_by override",
    },
    "rating_appeal": {
        "identity": "uscc about answer",
        "internal": "rating_no due_on state answered_by answered_at new_rating_no made_by",
    },
    "rating_override": {
        "identity": "uscc",
        "business": "grade reason",
        "internal": "rating_no state made_by made_at decided_by decided_at valid_to ended_at ended_why",
    },
    "rating_rules": {
        "internal": "rules_version state rules note made_by authors made_at released_by released_at retired_at"
    },
    "scheduler_heartbeat": {"internal": "name started_at beat_at"},
    "scorecard": {"internal": "card_version state document made_by made_at released_by released_at retired_at"},
    "sign_in": {
        "secret": "token_hash",
        "personal": "address agent",
        "internal": "person_id seen_at fresh_at second_factor ended_at ended_why",
    },
    "signing_key": {
        "secret": "sealed",
        "internal": "kid algorithm public_jwk active_from retired_at",
    },
    "subject_request": {
        "identity": "uscc about record answer",
        "internal": "kind state due_on due_rule made_by answered_at answered_by",
    },
    "throttle": {"personal": "key", "internal": "failures since until"},
    "webhook_attempt": {"internal": "event_id at milliseconds fault answer"},
    "webhook_endpoint": {
        "secret": "secret previous_secret",
        "identity": "uscc",
        "internal": "org_code url events previous_until created_by failing_since paused_until disabled_at disabled_why",
    },
    "webhook_event": {"internal": "endpoint_id kind subject_kind subject_id happened_at"},
}
"""Table → class → columns."""

_BY_COLUMN: dict[tuple[str, str], DataClass] = {
    (table, name): kind
    for table, classes in CLASSES.items()
    for kind, names in classes.items()
    for name in names.split()
}


def class_of(column: Any) -> DataClass | None:
    """The class of a mapped column; None where nobody has said it."""
    if "sensitivity" in column.info:
        return column.info["sensitivity"]  # type: ignore[no-any-return]
    if column.name in COMMON:
        return "internal"
    return _BY_COLUMN.get((column.table.name, column.name))
