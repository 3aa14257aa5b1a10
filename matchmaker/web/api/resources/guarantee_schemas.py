"""Guarantees: the case as its parties read it, what a bank reports, and what a guarantor decides."""

from marshmallow import fields

from matchmaker.domain.guarantee_life import BANK_EVENTS
from matchmaker.guarantee.cases.deciding import OPINIONS
from matchmaker.guarantee.cases.holding import LONGEST_NOTE
from matchmaker.guarantee.cases.report_rules import LONGEST_NO
from matchmaker.web.api.ids import id_pattern
from matchmaker.web.api.kinds import DATE, MONEY
from matchmaker.web.api.resources.schemas import TermSchema
from matchmaker.web.api.schemas import ApiSchema, JsonField, MomentField, text

_DAY_OR_NONE = {"type": ["string", "null"], "format": "date"}


class ShareSchema(ApiSchema):
    """Who bears which part of a loss: percent, and of the whole amount in yuan; the parts add up to it."""

    party = fields.Nested(TermSchema)
    percent = text()
    amount = text()


class GuaranteeSchema(ApiSchema):
    """A guarantee: its terms as agreed, where it stands, and the steps that the caller may take."""

    id = JsonField({"type": "string", "pattern": id_pattern("guarantees")}, required=True)
    guarantee_no = text()
    need_no = JsonField({"type": ["string", "null"]})
    product_code = JsonField({"type": ["string", "null"]})
    uscc = JsonField({"type": ["string", "null"]})
    bank = text(description="org_code of the bank")
    guarantor = text(description="org_code of the guarantor")
    scheme_code = text()
    grade = fields.Nested(TermSchema, allow_none=True)
    rating_no = JsonField({"type": ["string", "null"], "description": "like the grade: for a bank from the letter on"})
    amount = text(description="yuan")
    currency = text()
    term_months = JsonField({"type": "integer"})
    shares = fields.List(fields.Nested(ShareSchema))
    fee = text(description="yuan, of the whole term")
    fee_payer = fields.Nested(TermSchema)
    state = fields.Nested(TermSchema)
    automatic = JsonField({"type": "boolean"})
    letter_no = JsonField({"type": ["string", "null"]})
    letter_expires_on = JsonField(_DAY_OR_NONE)
    due_on = JsonField(_DAY_OR_NONE)
    overdue_on = JsonField(_DAY_OR_NONE)
    drawn = text(description="yuan, ever drawn")
    outstanding = text(description="yuan, principal owed")
    unrecovered = text(description="yuan, compensated and neither recovered nor written off")
    written_off = text(description="yuan")
    applied_at = MomentField()
    steps = JsonField({"type": "array", "items": {"type": "string"}, "description": "what may be done now"})
    version = JsonField({"type": "integer"})


class ReportSchema(ApiSchema):
    """What a bank reports of a covered loan, once per number of its own."""

    event_no = JsonField({"type": "string", "minLength": 1, "maxLength": LONGEST_NO}, required=True)
    kind = JsonField({"type": "string", "enum": list(BANK_EVENTS)}, required=True)
    happened_on = JsonField({"type": "string", "format": "date", "pattern": DATE}, required=True)
    amount = JsonField(
        {"type": "string", "pattern": MONEY, "description": "yuan: principal; of close all that was ever drawn"}
    )
    interest = JsonField({"type": "string", "pattern": MONEY, "description": "yuan, of a claim"})


class ReportedSchema(ApiSchema):
    """What became of a report. ``repeated``: it was there already, and nothing was done now."""

    event_no = text()
    state = JsonField({"type": "string", "enum": ["applied", "parked", "voided", "covered"]})
    why = JsonField({"type": ["string", "null"], "description": "why it waits"})
    repeated = JsonField({"type": "boolean"})
    guarantee = fields.Nested(GuaranteeSchema)


class VoidSchema(ApiSchema):
    """Which of the bank's reports is taken back."""

    event_no = JsonField({"type": "string", "minLength": 1, "maxLength": LONGEST_NO}, required=True)


class ReviewSchema(ApiSchema):
    """An opinion with its reason of at least ten characters."""

    opinion = JsonField({"type": "string", "enum": list(OPINIONS)}, required=True)
    reason = JsonField({"type": "string", "maxLength": LONGEST_NOTE}, required=True)


class ReasonSchema(ApiSchema):
    """A reason of at least ten characters."""

    reason = JsonField({"type": "string", "maxLength": LONGEST_NOTE}, required=True)


class RecoverySchema(ApiSchema):
    """What came back from the borrower on a day."""

    amount = JsonField({"type": "string", "pattern": MONEY, "description": "yuan, above zero"}, required=True)
    recovered_on = JsonField({"type": "string", "format": "date", "pattern": DATE}, required=True)
    note = JsonField({"type": ["string", "null"], "maxLength": LONGEST_NOTE})


class NoteSchema(ApiSchema):
    """What is said with a step, if anything."""

    note = JsonField({"type": ["string", "null"], "maxLength": LONGEST_NOTE})
