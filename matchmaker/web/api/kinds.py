"""How each kind of field stands in JSON: its schema for the document, and the way in and out.

The kinds themselves are declared in ``domain/kinds``; what goes in becomes the cell that a person would have typed,
so that a body and a file are checked by one mechanism.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import (
    AnnualRate,
    AreaCode,
    Code,
    Codes,
    Day,
    Email,
    FreeText,
    KeyText,
    Kind,
    Money,
    Percent,
    Registered,
    RegisteredMany,
    Tiers,
    Url,
    UsccCode,
    Whole,
    YesNo,
)
from matchmaker.domain.money import yuan_text
from matchmaker.domain.terms import Coded, Tier
from matchmaker.domain.text import Lang

Schema = dict[str, Any]
MONEY = r"^\d{1,13}(\.\d{1,2})?$"
DATE = r"^\d{4}-\d{2}-\d{2}$"
_PERCENT = r"^\d{1,2}(\.\d{1,6})?$|^100$"
_RATE = r"^(\d{1,2}(\.\d{1,6})?|LPR[+-]\d{1,4}(\.\d{1,2})?BP)$"
_ONE_CODE = r"^[^\s;；、,，|]{1,64}$"
_MOST = 200

_RENAMED = {"bank_name": "bank"}


def json_name(field: Field) -> str:
    """A field's name in JSON: that of the model without its unit in code."""
    name = _RENAMED.get(field.attribute, field.attribute)
    return name.removesuffix("_fen").removesuffix("_e6")


@dataclass(frozen=True, slots=True)
class Form:
    """A kind's form in JSON. ``taken`` and ``given``: schemas of what goes in and out; ``cell``: what goes in → the
    value of a cell; ``show``: value → JSON."""

    taken: Callable[[Any], Schema]
    given: Callable[[Any], Schema]
    cell: Callable[[Any], Any]
    show: Callable[[Any, Lang], Any]


def form_of(kind: Kind) -> Form:
    """The form of a kind."""
    return next(FORMS[base] for base in type(kind).__mro__ if base in FORMS)


def taken(field: Field) -> Schema:
    """The schema of a field in a body; null clears what is not required."""
    schema = form_of(field.kind).taken(field.kind)
    return schema if field.required else nullable(schema)


def given(field: Field) -> Schema:
    """The schema of a field in an answer."""
    schema = form_of(field.kind).given(field.kind)
    return schema if field.required or schema.get("type") == "array" else nullable(schema)


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    wider = {**schema, "type": [schema["type"], "null"]}
    return {**wider, "enum": [*schema["enum"], None]} if "enum" in schema else wider


def coded(term: Coded, lang: Lang) -> dict[str, str]:
    """A coded term: its code and its name in the language asked for."""
    return {"code": term.value, "label": term.label.say(lang)}


def coded_schema(codes: tuple[str, ...]) -> Schema:
    """The schema of :func:`coded`."""
    members = {"code": {"type": "string", "enum": list(codes)}, "label": {"type": "string"}}
    return {"type": "object", "properties": members, "required": ["code", "label"], "additionalProperties": False}


def _text(limit: int, pattern: str | None = None, **more: Any) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": limit, **({"pattern": pattern} if pattern else {}), **more}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items, "maxItems": _MOST, "uniqueItems": True}


def _codes(kind: Any) -> tuple[str, ...]:
    return tuple(term.value for term in kind.choices())


def _unit(value: Any, unit: str) -> dict[str, str]:
    return {"value": value, "unit": unit}


def _unit_schema(*units: str) -> Schema:
    members = {"value": {"type": "string"}, "unit": {"type": "string", "enum": list(units)}}
    return {"type": "object", "properties": members, "required": ["value", "unit"], "additionalProperties": False}


def _show_rate(value: Any, _lang: Lang) -> dict[str, str]:
    return _unit(str(value), "percent_per_year" if value.pct_e6 is not None else "lpr_spread")


_TIER = tuple(tier.value for tier in Tier)
_HELD: Mapping[str, Any] = {
    "code": {"type": "string", "enum": list(_TIER)},
    "valid_to": {"type": ["string", "null"], "pattern": DATE, "format": "date"},
}


def _tier_cell(held: Mapping[str, Any]) -> str:
    until = held.get("valid_to")
    return f"{held['code']}@{until}" if until else str(held["code"])


def _show_tier(held: Any, lang: Lang) -> dict[str, Any]:
    return {**coded(held.tier, lang), "valid_to": held.valid_to.isoformat() if held.valid_to else None}


def _tier_given(_kind: Any) -> Schema:
    schema = coded_schema(_TIER)
    schema["properties"]["valid_to"] = _HELD["valid_to"]
    schema["required"] = ["code", "label", "valid_to"]
    return {"type": "array", "items": schema}


def _same(value: Any) -> Any:
    return value


def _plain(value: Any, _lang: Lang) -> Any:
    return value


def _one(pattern: str | None) -> str:
    return f"^{pattern}$" if pattern else _ONE_CODE


def _free(kind: Any) -> Schema:
    return _text(kind.limit)


def _answered(_kind: Any) -> Schema:
    return {"type": "string"}


def is_named(field: Field) -> bool:
    """Whether the field's codes have names in a register, which stand beside them in answers (``api/labels.py``).

    An enterprise's code is no such code: it says who it is.
    """
    register = "area" if isinstance(field.kind, AreaCode) else getattr(field.kind, "register", None)
    return not field.key and register not in (None, "enterprise")


def _named(_kind: Any = None) -> Schema:
    members = {"code": {"type": "string"}, "label": {"type": "string"}}
    return {"type": "object", "properties": members, "required": ["code", "label"], "additionalProperties": False}


def _several_named(kind: Any) -> Schema:
    return {"type": "array", "items": _named() if kind.register else {"type": "string"}}


_AREA = r"^\d{6}$"
_USCC = r"^[0-9A-HJ-NPQRTUWXY]{18}$"

FORMS: dict[type[Kind], Form] = {
    Money: Form(
        lambda _k: _text(16, MONEY, description="yuan, at most two decimals"),
        lambda _k: {"type": "string", "pattern": r"^\d+\.\d{2}$"},
        lambda v: f"{v}元",
        lambda v, _lang: yuan_text(v),
    ),
    Percent: Form(
        lambda _k: _text(9, _PERCENT, description="percent"),
        lambda _k: _unit_schema("percent"),
        lambda v: f"{v}%",
        lambda v, _lang: _unit(Percent().write(v), "percent"),
    ),
    AnnualRate: Form(
        lambda _k: _text(20, _RATE, description="percent a year, or a spread on LPR: LPR+50BP"),
        lambda _k: _unit_schema("percent_per_year", "lpr_spread"),
        lambda v: v if v.startswith("LPR") else f"{v}%",
        _show_rate,
    ),
    Whole: Form(
        lambda k: {"type": "integer", "minimum": k.low, "maximum": k.high},
        lambda _k: {"type": "integer"},
        int,
        _plain,
    ),
    Day: Form(
        lambda _k: _text(10, DATE, format="date"),
        lambda _k: {"type": "string", "format": "date"},
        _same,
        lambda v, _lang: v.isoformat(),
    ),
    YesNo: Form(lambda _k: {"type": "boolean"}, lambda _k: {"type": "boolean"}, _same, _plain),
    Code: Form(
        lambda k: {"type": "string", "enum": list(_codes(k))},
        lambda k: coded_schema(tuple(term.value for term in k.terms)),
        _same,
        coded,
    ),
    Codes: Form(
        lambda k: _array({"type": "string", "enum": list(_codes(k))}),
        lambda k: {"type": "array", "items": coded_schema(tuple(term.value for term in k.terms))},
        _same,
        lambda v, lang: [coded(term, lang) for term in v],
    ),
    Registered: Form(lambda k: _text(64, _one(k.pattern)), _named, _same, _plain),
    RegisteredMany: Form(lambda k: _array(_text(64, _one(k.pattern))), _several_named, _same, lambda v, _lang: list(v)),
    AreaCode: Form(lambda _k: _text(6, _AREA), _named, _same, _plain),
    Tiers: Form(
        lambda _k: _array(
            {"type": "object", "properties": dict(_HELD), "required": ["code"], "additionalProperties": False}
        ),
        _tier_given,
        lambda v: [_tier_cell(held) for held in v],
        lambda v, lang: [_show_tier(held, lang) for held in v],
    ),
    UsccCode: Form(lambda _k: _text(18, _USCC), _answered, _same, _plain),
    FreeText: Form(_free, _answered, _same, _plain),
    KeyText: Form(_free, _answered, _same, _plain),
    Email: Form(lambda k: _text(k.limit, format="email"), _answered, _same, _plain),
    Url: Form(lambda k: _text(k.limit, r"^https?://[^\s/]+", format="uri"), _answered, _same, _plain),
}
"""Every kind of field."""
