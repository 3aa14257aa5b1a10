"""Bodies and answers as marshmallow schemas, derived from the fields that the models declare.

Every schema refuses members it does not know, and every field checks a value by the JSON Schema that it publishes.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from matchmaker.clock import local
from matchmaker.domain.fields import Field, Sensitivity
from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.entry import fields_of
from matchmaker.web.api.faults import MISSING, Fault, check
from matchmaker.web.api.ids import id_pattern, shown_id
from matchmaker.web.api.kinds import coded, coded_schema, form_of, given, json_name, nullable, taken
from matchmaker.web.view import current_lang, parts

REQUIRED = Fault("required", MISSING)
UNKNOWN = "unknown member"
"""Replaced by a fault that names the nearest, where the known ones are at hand (``body.faults_of``)."""
JSON = dict[str, Any]


class ApiSchema(Schema):
    """Base of all schemas of the API."""

    class Meta:
        unknown = RAISE

    error_messages: Any = {"unknown": UNKNOWN, "type": check({"type": "object"}, 0)}  # noqa: RUF012


class JsonField(fields.Field[Any]):
    """A member with the JSON Schema by which it is checked and published."""

    def __init__(self, schema: Mapping[str, Any], **kwargs: Any) -> None:
        """``schema``: words that ``faults.check`` knows, and description, format, example."""
        kwargs.setdefault("allow_none", "null" in str(schema.get("type")))
        told: Any = {"required": REQUIRED, "null": check(schema, None)}
        super().__init__(**kwargs, error_messages=told)
        self.schema = dict(schema)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if fault := check(self.schema, value):
            raise ValidationError([fault])
        return value


class CellField(JsonField):
    """A member of a body that is a field of a list: read as the cell that a person would have typed."""

    def __init__(self, declared: Field, *, required: bool) -> None:
        """``required``: the member must be there."""
        schema = taken(declared) | {"title": declared.label.en}
        super().__init__(schema, required=required, data_key=json_name(declared), attribute=declared.code)
        self.declared = declared

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return form_of(self.declared.kind).cell(super()._deserialize(value, attr, data, **kwargs))


class ShownField(JsonField):
    """A member of an answer that is a field of a list."""

    def __init__(self, declared: Field) -> None:
        super().__init__(given(declared) | {"title": declared.label.en}, attribute=declared.attribute)
        self.declared = declared

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if self.declared.is_blank(value):
            return [] if self.declared.blank == () else None
        return form_of(self.declared.kind).show(value, current_lang())


class IdField(JsonField):
    """The id of one of a collection."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        """``name``: the collection."""
        super().__init__({"type": "string", "pattern": id_pattern(name)}, attribute="public_id", **kwargs)
        self.collection = name

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return shown_id(self.collection, value)


class MomentField(JsonField):
    """A moment in the city's zone, RFC 3339 with its offset."""

    def __init__(self, *, null: bool = False, **kwargs: Any) -> None:
        """``null``: there may be none."""
        schema = {"type": "string", "format": "date-time"}
        super().__init__(nullable(schema) if null else schema, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return shown_moment(value)


class CodedField(JsonField):
    """A coded term with its name."""

    def __init__(self, terms: Any, *, null: bool = False, **kwargs: Any) -> None:
        """``null``: there may be none."""
        schema = coded_schema(tuple(term.value for term in terms))
        super().__init__(nullable(schema) if null else schema, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else coded(value, current_lang())


class ConstantField(JsonField):
    """A member that is always the same."""

    def __init__(self, value: str) -> None:
        super().__init__({"type": "string", "enum": [value]})
        self.value = value

    def serialize(self, attr: str, obj: Any, accessor: Any = None, **kwargs: Any) -> str:
        """The value."""
        return self.value


def shown_moment(value: Any) -> str | None:
    """A moment as the API writes it; None for none."""
    return None if value is None else local(value, parts().settings.zone).isoformat()


def text(**more: Any) -> JsonField:
    """A member of an answer that is text."""
    return JsonField({"type": "string", **more})


@cache
def entry_schema(name: str, model: Any) -> type[ApiSchema]:
    """Answers that are an entry of a list: its fields, and what every entry has."""
    declared: JSON = {json_name(f): ShownField(f) for f in fields_of(model)}
    common: JSON = {
        "id": IdField(name, required=True),
        "status": CodedField(EntryStatus),
        "version": JsonField({"type": "integer", "minimum": 1}),
        "created_at": MomentField(),
        "updated_at": MomentField(),
        "confirmed_at": MomentField(),
        "currency": ConstantField("CNY"),
    }
    return type(f"{model.__name__}EntrySchema", (ApiSchema,), common | declared)


@cache
def body_schema(model: Any, *, change: bool = False, draft: bool = False) -> type[ApiSchema]:
    """Bodies that make an entry or, with ``change``, alter some of its fields (its key stays).

    ``draft``: the body may say that the new entry waits for its owner to submit it.
    """
    declared: JSON = {
        f.attribute: CellField(f, required=f.required and not change and not _filled_in(f))
        for f in fields_of(model)
        if not (change and (f.key or f.attribute in _OWNERS))
    }
    if draft:
        declared["draft"] = JsonField({"type": "boolean", "description": "wait for the owner to submit it"})
    name = f"{model.__name__}{'Change' if change else 'Draft' if draft else 'Row'}Schema"
    return type(name, (ApiSchema,), declared)


_OWNERS = ("bank_name", "uscc")


def _filled_in(declared: Field) -> bool:
    """Whether the platform fills the field in where it is left out: whose it is, and the number of a new need."""
    return declared.attribute in (*_OWNERS, "need_no")


@cache
def page_schema(item: Any) -> type[ApiSchema]:
    """A page of a list."""
    name = item.__name__.removesuffix("Schema").removesuffix("Entry")
    members: JSON = {
        "data": fields.List(fields.Nested(item), required=True),
        "has_more": JsonField({"type": "boolean"}, required=True),
        "next_cursor": JsonField({"type": ["string", "null"]}, required=True),
        "total": JsonField({"type": "integer", "description": "with include=total"}),
    }
    return type(f"{name}PageSchema", (ApiSchema,), members)


def chosen_from(schema: Any, *, without: Collection[str] = ()) -> tuple[str, ...]:
    """The members of an answer that ``fields=`` may choose, in the order in which they stand there."""
    names = (field.data_key or name for name, field in schema._declared_fields.items())
    return tuple(name for name in names if name not in without)


class FaultSchema(ApiSchema):
    """One fault of a problem document."""

    pointer = text()
    code = text()
    detail = text()
    allowed = JsonField({"type": "array", "items": {"type": "string"}})


class SinceSchema(ApiSchema):
    """A version that was made since the one that a write was made for."""

    version = JsonField({"type": "integer"})
    by = text()
    at = MomentField()
    status = text()
    changed = JsonField({"type": "array", "items": {"type": "string"}, "description": "members of the entry"})


class ProblemSchema(ApiSchema):
    """A problem document (RFC 9457)."""

    type = JsonField({"type": "string", "format": "uri-reference"}, required=True)
    title = JsonField({"type": "string"}, required=True)
    status = JsonField({"type": "integer"}, required=True)
    detail = JsonField({"type": "string"}, required=True)
    instance = JsonField({"type": "string"}, required=True)
    code = JsonField({"type": "string"}, required=True)
    request_id = JsonField({"type": "string"}, required=True)
    errors = fields.List(fields.Nested(FaultSchema))
    id = text(description="of what is there already")
    location = text()
    current_version = JsonField({"type": "integer"})
    current = JsonField({"type": "object", "description": "how it stands, where an answer came too late"})
    changes = fields.List(fields.Nested(SinceSchema))


def readable(model: Any, seen: Collection[Sensitivity]) -> list[str]:
    """The members of an entry whose fields have one of these sensitivities, and what every entry has."""
    hidden = {json_name(f) for f in fields_of(model) if f.sensitivity not in seen}
    return [name for name in members_of(model) if name not in hidden]


@cache
def members_of(model: Any) -> tuple[str, ...]:
    """The members of an entry, in the order in which they stand in answers."""
    return tuple(entry_schema(model.kind_name, model)._declared_fields)
