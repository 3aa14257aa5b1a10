"""Bodies and answers that are no entry of a list."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from matchmaker.domain.terms import ConsentPurpose, FieldGroup
from matchmaker.lists.models import CreditRecord, Product
from matchmaker.outbox.webhooks.events import EVENTS
from matchmaker.web.api.body import faults_of
from matchmaker.web.api.faults import check
from matchmaker.web.api.filters import MOMENT
from matchmaker.web.api.ids import id_pattern
from matchmaker.web.api.schemas import (
    REQUIRED,
    ApiSchema,
    JsonField,
    MomentField,
    ProblemSchema,
    body_schema,
    page_schema,
    text,
)

MOST_ROWS = 1000
"""Rows of one batch."""


class TermSchema(ApiSchema):
    """A code and its name."""

    code = JsonField({"type": "string"}, required=True)
    label = JsonField({"type": "string"}, required=True)


class MatchSchema(ApiSchema):
    """A product beside a need."""

    product = JsonField({"type": "string", "pattern": id_pattern("products")}, required=True)
    product_code = text()
    name = text()
    bank = fields.Nested(TermSchema)
    verdict = fields.Nested(TermSchema)
    score = JsonField({"type": ["string", "null"], "description": "0.0 to 100.0, of eligible ones"})
    rank = JsonField({"type": ["integer", "null"]})
    failed = fields.List(fields.Nested(TermSchema))
    not_known = fields.List(fields.Nested(TermSchema), data_key="unknown")


class MatchPageSchema(page_schema(MatchSchema)):  # type: ignore[misc]  # made from the item
    """A page of matches."""

    matched_on = JsonField({"type": ["string", "null"], "format": "date"}, required=True)


class ExplanationSchema(ApiSchema):
    """The explanation of a pair: criteria, points, repairs and cost."""

    need = JsonField({"type": "string", "pattern": id_pattern("needs")}, required=True)
    product = JsonField({"type": "string", "pattern": id_pattern("products")}, required=True)
    need_no = text()
    product_code = text()
    on = text(format="date")
    verdict = text()
    score = JsonField({"type": ["number", "null"]})
    components = JsonField({"type": "array", "items": {"type": "object"}})
    criteria = JsonField({"type": "array", "items": {"type": "object"}})
    repairs = JsonField({"type": "array", "items": {"type": "object"}})
    cost = JsonField({"type": ["object", "null"]})
    plan = JsonField({"type": ["object", "null"]})
    versions = JsonField({"type": "object"})


class ChangeSchema(ApiSchema):
    """Something that changed."""

    kind = JsonField({"type": "string"}, required=True)
    id = JsonField({"type": "string"}, required=True)
    gone = JsonField({"type": "boolean"}, required=True)
    at = MomentField()
    href = JsonField({"type": ["string", "null"]})


class FeedSchema(ApiSchema):
    """Changes, and where to go on."""

    data = fields.List(fields.Nested(ChangeSchema), required=True)
    has_more = JsonField({"type": "boolean"}, required=True)
    next_cursor = JsonField({"type": "string"}, required=True)


class InboxItemSchema(ApiSchema):
    """One thing told to a person."""

    id = JsonField({"type": "string"}, required=True)
    section = text()
    kind = text()
    window = text()
    content = JsonField({"type": "object"})
    created_at = MomentField()
    read_at = MomentField(null=True)


class RowsField(fields.List[Any]):
    """Rows of a batch. With ``mode`` partial, a row that is not of its form stands as the tuple of its faults."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list) or data.get("mode") != "partial":
            return super()._deserialize(value, attr, data, **kwargs)
        return [self._row(one) for one in value]

    def _row(self, one: Any) -> Any:
        assert isinstance(self.inner, fields.Nested)
        try:
            return self.inner.deserialize(one)
        except ValidationError as error:
            return tuple(faults_of(error.messages, self.inner.schema))


def _rows(model: Any) -> RowsField:
    return RowsField(
        fields.Nested(body_schema(model)),
        required=True,
        validate=validate.Length(1, MOST_ROWS),
        error_messages={"required": REQUIRED, "null": REQUIRED, "invalid": check({"type": "array"}, 0)},  # type: ignore[dict-item]
    )


class BatchSchema(ApiSchema):
    """Many products."""

    mode = JsonField({"type": "string", "enum": ["atomic", "partial"]})
    dry_run = JsonField({"type": "boolean"})
    rows = _rows(Product)


class CreditBatchSchema(BatchSchema):
    """Many credit records."""

    rows = _rows(CreditRecord)


_BATCHED = f"{id_pattern('products')}|{id_pattern('credit-records')}"


class RowResultSchema(ApiSchema):
    """What became of a row."""

    index = JsonField({"type": "integer"}, required=True)
    status = JsonField({"type": "integer", "enum": [200, 201, 422]}, required=True)
    state = JsonField({"type": "string", "enum": ["new", "changed", "unchanged", "rejected"]}, required=True)
    id = JsonField({"type": ["string", "null"], "pattern": _BATCHED}, required=True)
    problem = fields.Nested(ProblemSchema)


class BatchResultSchema(ApiSchema):
    """What became of each row."""

    dry_run = JsonField({"type": "boolean"}, required=True)
    results = fields.List(fields.Nested(RowResultSchema), required=True)


class CountsSchema(ApiSchema):
    """Rows of a file, and entries that were written."""

    new = JsonField({"type": "integer"})
    changed = JsonField({"type": "integer"})
    unchanged = JsonField({"type": "integer"})
    rejected = JsonField({"type": "integer"})
    written = JsonField({"type": "integer"})


class RowErrorSchema(ApiSchema):
    """A fault in a file; row and cell are the spreadsheet's own."""

    row = JsonField({"type": "integer"})
    column = JsonField({"type": ["string", "null"]})
    cell = JsonField({"type": ["string", "null"]})
    code = text()
    message = text()


class JobSchema(ApiSchema):
    """An import of a file."""

    id = JsonField({"type": "string", "pattern": id_pattern("jobs")}, required=True)
    kind = text()
    file_name = text()
    sha256 = text()
    size = JsonField({"type": "integer"})
    state = JsonField({"type": "string", "enum": ["running", "checked", "written", "rejected"]}, required=True)
    progress = JsonField({"type": "integer", "minimum": 0, "maximum": 100})
    counts = fields.Nested(CountsSchema)
    errors = fields.List(fields.Nested(RowErrorSchema))
    ignored_columns = JsonField({"type": "array", "items": {"type": "string"}})
    report_url = JsonField({"type": ["string", "null"]})
    already_imported = text(description="this file was imported before, and when")
    created_at = MomentField()
    finished_at = MomentField(null=True)


class ConsentSchema(ApiSchema):
    """A consent. What names the enterprise is there for the enterprise and the bureau only."""

    id = JsonField({"type": "string", "pattern": id_pattern("consents")}, required=True)
    organisation = text()
    groups = fields.List(fields.Nested(TermSchema))
    purpose = fields.Nested(TermSchema)
    active = JsonField({"type": "boolean"})
    granted_at = MomentField()
    expires_at = MomentField()
    withdrawn_at = MomentField(null=True)
    version = JsonField({"type": "integer"})
    uscc = text()
    need_no = JsonField({"type": ["string", "null"]})
    evidence = text()
    evidence_hash = text()


class GrantSchema(ApiSchema):
    """What an enterprise consents to."""

    organisation = JsonField(
        {"type": "string", "minLength": 1, "maxLength": 64, "description": "org_code of a bank or guarantor"},
        required=True,
    )
    groups = JsonField(
        {
            "type": "array",
            "items": {"type": "string", "enum": [group.value for group in FieldGroup]},
            "minItems": 1,
            "maxItems": 4,
            "uniqueItems": True,
        },
        required=True,
    )
    purpose = JsonField({"type": "string", "enum": [purpose.value for purpose in ConsentPurpose]})
    need = JsonField({"type": ["string", "null"], "pattern": id_pattern("needs"), "description": "none: any need"})
    until = JsonField({"type": ["string", "null"], "format": "date-time", "maxLength": 40, "pattern": MOMENT})


class EndpointSchema(ApiSchema):
    """A webhook endpoint."""

    id = JsonField({"type": "string", "pattern": id_pattern("webhooks")}, required=True)
    url = text()
    events = JsonField({"type": "array", "items": {"type": "string"}})
    state = JsonField({"type": "string", "enum": ["enabled", "disabled", "failing"]})
    disabled_why = JsonField({"type": ["string", "null"]})
    secret = text(description="only where it was made just now")
    created_at = MomentField()
    version = JsonField({"type": "integer"})


class EndpointDraftSchema(ApiSchema):
    """A new webhook endpoint."""

    url = JsonField(
        {"type": "string", "minLength": 9, "maxLength": 2000, "pattern": "^https?://[!-~]+$", "format": "uri"},
        required=True,
    )
    events = JsonField(
        {
            "type": "array",
            "items": {"type": "string", "enum": list(EVENTS)},
            "minItems": 1,
            "maxItems": len(EVENTS),
            "uniqueItems": True,
        },
        required=True,
    )
