"""Parameters after the question mark: declared once for the document and the check, and read strictly.

An unknown or doubled parameter is an error, for a filter that is passed over hands out what nobody asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from matchmaker.domain.text import Text
from matchmaker.web.api.faults import PARAMETER, Fault, check, invalid_query, unknown_name
from matchmaker.web.api.kinds import Schema

_SPLIT = {"style": "form", "explode": False}


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter. ``schema``: of its value; an array is written with commas. ``items``: of each of several free
    values, which are a text with commas in the document, for any text is one of them."""

    schema: Schema
    about: Text
    items: Schema | None = None

    def documented(self, name: str) -> dict[str, Any]:
        """The parameter object of the document."""
        said = {"name": name, "in": "query", "schema": self.schema, "description": f"{self.about.zh} {self.about.en}"}
        return said | (_SPLIT if self.schema["type"] == "array" else {})


MOST = 20
"""Values of one filter."""

Params = Mapping[str, Param]


def documented(params: Params) -> list[dict[str, Any]]:
    """The parameter objects of the document."""
    return [param.documented(name) for name, param in params.items()]


def read_query(params: Params) -> dict[str, Any]:
    """The parameters of this request that were given; 400 for what is unknown, doubled or not of its form."""
    found = {}
    for name, values in request.args.lists():
        if name not in params:
            raise invalid_query(unknown_name(name, params, what=PARAMETER))
        if len(values) > 1:
            raise invalid_query(Fault("doubled_parameter", _DOUBLED, {"name": name}))
        found[name] = _read(name, params[name], values[0])
    return found


def _read(name: str, param: Param, written: str) -> Any:
    schema: Schema = param.schema if param.items is None else {"type": "array", "items": param.items, "maxItems": MOST}
    value = [_convert(schema["items"], one) for one in written.split(",")] if schema["type"] == "array" else (
        _convert(schema, written)
    )  # fmt: skip
    if fault := check(schema, value):
        why = Text(*(fault.text.say(lang, **fault.values) for lang in ("zh", "en")))
        raise invalid_query(Fault("invalid_parameter", _WRONG, {"name": name, "why": why}, fault.allowed))
    return value


def _convert(schema: Schema, written: str) -> Any:
    """Text → what the schema speaks of, where it is written as that; anything else fails the check."""
    if schema["type"] == "integer" and re.fullmatch(r"-?[0-9]{1,15}", written):
        return int(written)
    if schema["type"] == "boolean" and written in ("true", "false"):
        return written == "true"
    return written


_DOUBLED = Text("参数「{name}」出现了两次。只留一个。", 'The parameter "{name}" stands twice. Keep one.')
_WRONG = Text("参数「{name}」：{why}", "{name}: {why}")
