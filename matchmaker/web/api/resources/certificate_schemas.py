"""Certificates of ratings (信用背书): as their enterprise and the bureau read them, what is agreed to, what is sent."""

from marshmallow import fields

from matchmaker.web.api.ids import id_pattern
from matchmaker.web.api.resources.schemas import TermSchema
from matchmaker.web.api.schemas import ApiSchema, JsonField, MomentField, text

LONGEST_REASON = 500


class CertificateSchema(ApiSchema):
    """A certificate of a rating. ``token`` is there for the enterprise alone, while it holds."""

    id = JsonField({"type": "string", "pattern": id_pattern("certificates")}, required=True)
    uscc = text()
    rating_no = text()
    grade = fields.Nested(TermSchema)
    as_of = text(format="date")
    valid_to = text(format="date")
    state = fields.Nested(TermSchema)
    token = JsonField({"type": ["string", "null"], "description": "signed (JWS): what is handed on"})
    verify_url = text(description="page on which anybody checks it")
    kid = text(description="key that signed it, in the JWK Set")
    evidence = text(description="the words that were agreed to")
    evidence_hash = text()
    issued_at = MomentField()
    expires_at = MomentField()
    revoked_at = MomentField(null=True)
    revoked_why = fields.Nested(TermSchema)
    revoked_note = JsonField({"type": ["string", "null"]})


class OfferSchema(ApiSchema):
    """What could be certified now: the standing rating and the words that the enterprise would agree to."""

    rating_no = text()
    grade = fields.Nested(TermSchema)
    as_of = text(format="date")
    valid_to = text(format="date")
    rules = JsonField({"type": ["string", "null"], "description": "version of the rules"})
    words = text(description="show them to whoever decides for the enterprise")
    digest = text(description="sent back as `words`: these were agreed to")


class AgreedSchema(ApiSchema):
    """That the enterprise agrees to the words of the offer."""

    words = JsonField(
        {"type": "string", "pattern": "^[0-9a-f]{64}$", "maxLength": 64, "description": "digest of the offer"},
        required=True,
    )


class RevokeSchema(ApiSchema):
    """Why it is revoked: of the bureau at least ten characters, which the enterprise reads."""

    reason = JsonField({"type": "string", "maxLength": LONGEST_REASON})
