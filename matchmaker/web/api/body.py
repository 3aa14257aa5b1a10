"""Reading bodies: strict JSON, bounded in depth and size, with every fault told at once and at its place."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError, fields
from webargs import core
from webargs.flaskparser import FlaskParser

from matchmaker.domain.text import Text
from matchmaker.web.api.faults import MEMBER, ApiError, Fault, invalid_body, unknown_name
from matchmaker.web.api.limits import whole_body
from matchmaker.web.api.schemas import UNKNOWN

MOST_MEMBERS = 60_000
"""Members of all objects of one body; a batch of a thousand full rows has fewer."""


class BodyParser(FlaskParser):
    """Reads what ``Blueprint.arguments`` asks for."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body; 415 where it is no JSON, 400 where it is not well-formed."""
        if not core.is_json(req.mimetype):
            raise ApiError(415, _NO_JSON, code="content_type")
        return strict_json(whole_body())

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **_options: Any) -> NoReturn:
        """422 with all faults."""
        raise invalid_body(list(faults_of(error.messages_dict["json"], schema))) from error


def strict_json(raw: bytes) -> Any:
    """The value of a JSON text; 400 for what RFC 8259 advises against: doubled members, NaN, lone surrogates."""
    left = [MOST_MEMBERS]

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        left[0] -= len(pairs)
        found = dict(pairs)
        if left[0] < 0 or len(found) != len(pairs):
            raise ValueError("members")
        return found

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=members, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ApiError(400, _NOT_READ, code="json") from error
    return value


def _refuse(_word: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def faults_of(messages: Any, schema: Any) -> Iterator[Fault]:
    """The faults that marshmallow found, each at its place."""
    if isinstance(messages, Fault):
        yield messages
    elif isinstance(messages, Mapping):
        for name, inner in messages.items():
            if name == "_schema":
                yield from faults_of(inner, schema)
            else:
                yield from (fault.at(name) for fault in _inside(name, inner, schema))
    elif isinstance(messages, Sequence) and not isinstance(messages, str):
        for one in messages:
            yield from faults_of(one, schema)


def _inside(name: Any, inner: Any, schema: Any) -> Iterator[Fault]:
    members = schema.fields if isinstance(schema, Schema) else {}
    if inner == [UNKNOWN]:
        yield unknown_name(str(name), {field.data_key or key for key, field in members.items()}, what=MEMBER)
        return
    field = next((f for key, f in members.items() if (f.data_key or key) == name), None)
    if isinstance(field, fields.List):
        field = field.inner
    yield from faults_of(inner, field.schema if isinstance(field, fields.Nested) else schema)


_NO_JSON = Text(
    "请求内容应为 JSON。加上 Content-Type: application/json。",
    "The body has to be JSON: Content-Type: application/json.",
)
_NOT_READ = Text(
    "请求内容不是规范的 JSON：核对括号、重复的成员名和 NaN 之类的值。",
    "The body is no well-formed JSON. Look for brackets, members that stand twice, and values such as NaN.",
)
