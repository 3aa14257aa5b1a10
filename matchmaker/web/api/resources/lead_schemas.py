"""Answers about leads: what a bank knows of a need before consent, in codes and bands, and what consent opens."""

from typing import Any

from marshmallow import fields

from matchmaker.web.api.ids import id_pattern
from matchmaker.web.api.resources.answer_schemas import AnswerSchema
from matchmaker.web.api.resources.schemas import TermSchema
from matchmaker.web.api.schemas import ApiSchema, ConstantField, JsonField, MomentField, text


def _band(kind: str, what: str) -> dict[str, Any]:
    bound = {"type": [kind, "null"]}
    return {
        "type": ["object", "null"],
        "description": f"{what}: from (inclusive) and below; null: open, or not told",
        "properties": {"from": bound, "below": bound},
    }


class FirmTraitsSchema(ApiSchema):
    """The enterprise behind a lead, in kinds and bands; null: unknown, or left out so that nobody is singled out."""

    chain = fields.Nested(TermSchema, allow_none=True)
    tier = fields.Nested(TermSchema, allow_none=True)
    area = fields.Nested(TermSchema, allow_none=True)
    revenue = JsonField(_band("string", "yuan"))
    age_years = JsonField(_band("integer", "years since it was founded"))


class WantsSchema(ApiSchema):
    """What the enterprise behind a lead needs."""

    amount = JsonField(_band("string", "yuan"))
    term_months = JsonField({"type": "integer"})
    purpose = fields.Nested(TermSchema)
    security_offered = fields.List(fields.Nested(TermSchema))


class LeadProductSchema(ApiSchema):
    """The bank's product that a need was recommended for."""

    id = JsonField({"type": ["string", "null"], "pattern": id_pattern("products")}, required=True)
    code = text()
    name = text()


class LeadSchema(ApiSchema):
    """A need as a bank sees it."""

    id = JsonField({"type": "string", "pattern": id_pattern("leads")}, required=True)
    reference = text()
    state = JsonField({"type": "string", "enum": ["open", "ended"]})
    card = JsonField({"type": "object", "description": "the same as enterprise and wants, in sentences"})
    enterprise = fields.Nested(FirmTraitsSchema, allow_none=True)
    wants = fields.Nested(WantsSchema, allow_none=True)
    currency = ConstantField("CNY")
    verdict = fields.Nested(TermSchema)
    product = fields.Nested(LeadProductSchema)
    why = JsonField({"type": "array", "items": {"type": "string"}})
    shown_at = MomentField()
    due_on = text(format="date")
    consent_until = MomentField(null=True)
    answer = fields.Nested(AnswerSchema)
    version = JsonField({"type": "integer"})


class LeadWithFactsSchema(LeadSchema):
    """The same, and what its enterprise consented to."""

    text = JsonField({"type": ["string", "null"], "description": "approved by the enterprise"})
    facts = JsonField({"type": "object"})
