"""Answers to what was recommended: a bank's to a lead, an enterprise's to a referral."""

from marshmallow import fields

from matchmaker.domain.terms import DeclineReason, RefusalReason
from matchmaker.referrals.services import LONGEST_NOTE
from matchmaker.web.api.ids import id_pattern
from matchmaker.web.api.resources.schemas import TermSchema
from matchmaker.web.api.schemas import ApiSchema, JsonField, MomentField, text


class AnswerSchema(ApiSchema):
    """The bank's answer to a lead and where it stands. Who answered is masked; reason and note are the bank's own."""

    state = fields.Nested(TermSchema)
    bank = fields.Nested(TermSchema)
    bank_at = MomentField(null=True)
    bank_by = JsonField({"type": ["string", "null"]})
    firm = fields.Nested(TermSchema)
    reason = fields.Nested(TermSchema)
    note = JsonField({"type": ["string", "null"]})
    undo_until = MomentField(null=True)
    steps = JsonField({"type": "array", "items": {"type": "string"}, "description": "what may be done now"})


def _note_field() -> JsonField:
    return JsonField({"type": ["string", "null"], "maxLength": LONGEST_NOTE})


class RefusalSchema(ApiSchema):
    """Why a need is not for the bank; the note stays inside it."""

    reason = JsonField({"type": "string", "enum": [reason.value for reason in RefusalReason]}, required=True)
    note = _note_field()


class DeclineSchema(ApiSchema):
    """Why an enterprise is not interested."""

    reason = JsonField({"type": "string", "enum": [reason.value for reason in DeclineReason]}, required=True)
    note = _note_field()


class ReferralSchema(ApiSchema):
    """A bank that an enterprise's need is recommended to, and both answers."""

    id = JsonField({"type": "string", "pattern": id_pattern("referrals")}, required=True)
    need_no = text()
    organisation = text(description="org_code of the bank")
    product_code = text()
    state = fields.Nested(TermSchema)
    sentence = text()
    bank = fields.Nested(TermSchema)
    bank_at = MomentField(null=True)
    firm = fields.Nested(TermSchema)
    firm_at = MomentField(null=True)
    reason = fields.Nested(TermSchema)
    note = JsonField({"type": ["string", "null"]})
    due_on = JsonField({"type": ["string", "null"], "format": "date"})
    undo_until = MomentField(null=True)
    steps = JsonField({"type": "array", "items": {"type": "string"}, "description": "what may be done now"})
    version = JsonField({"type": "integer"})
