"""Filters and orders of the lists, from the fields that their models declare."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, String, func, inspect, literal, or_, type_coerce

from matchmaker.db import UtcTime
from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import (
    AreaCode,
    Code,
    Codes,
    Day,
    FreeText,
    KeyText,
    Money,
    Percent,
    Registered,
    RegisteredMany,
    UsccCode,
    Whole,
    YesNo,
)
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import LANGS, Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.web.api.faults import Fault, invalid_query
from matchmaker.web.api.kinds import Schema, form_of, json_name
from matchmaker.web.api.listing import Condition, Order
from matchmaker.web.api.query import MOST, Param

Filters = dict[str, tuple[Param, Condition]]
MOMENT = r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+ -]\d{2}:\d{2})$"
_COMPARED: tuple[tuple[str, Callable[[Any, Any], Any], Text], ...] = (
    (".gte", ge, Text("不小于", "at least")),
    (".gt", gt, Text("大于", "above")),
    (".lte", le, Text("不大于", "at most")),
    (".lt", lt, Text("小于", "below")),
)
_SEVERAL = (Codes, RegisteredMany)
_ONE_OF = (Code, Registered, AreaCode, KeyText, UsccCode)
_ORDERED = (Money, Percent, Whole, Day)
_LAST = date(9999, 12, 31)


def filters_of(model: type[Entry]) -> Filters:
    """Filters by the state, the times and every field that all who see an entry may read."""
    found: Filters = {"status": (_one_of(_STATUS_SCHEMA, _STATUS), partial(_has_status, model.status))}
    for name, column in (("updated", model.updated_at), ("created", model.created_at)):
        for ending, compare, said in _COMPARED:
            about = Text(f"{said.zh}该时刻。", f"{said.en.capitalize()} this moment.")
            found[name + ending] = (Param(_MOMENT_SCHEMA, about), partial(_moment, compare, column))
    for declared in fields_of(model):
        if declared.sensitivity not in ("internal", "contact"):
            found |= dict(_of_field(model, declared))
    return found


def _of_field(model: type[Entry], declared: Field) -> Iterator[tuple[str, tuple[Param, Condition]]]:
    name, kind, column = json_name(declared), declared.kind, inspect(model).columns[declared.attribute]
    schema = form_of(kind).taken(kind)
    if isinstance(kind, _SEVERAL):
        yield name, (_one_of(schema["items"], declared.label), partial(_holds_any, column))
    elif isinstance(kind, _ONE_OF):
        yield name, (_one_of(schema, declared.label), partial(_is_any, column, declared))
    elif isinstance(kind, YesNo):
        yield name, (Param({"type": "boolean"}, declared.label), partial(_is, column))
    elif isinstance(kind, _ORDERED):
        yield name, (Param(schema, declared.label), partial(_compare, _equal, column, declared))
        for ending, compare, said in _COMPARED:
            about = Text(f"{declared.label.zh}{said.zh}。", f"{declared.label.en}: {said.en}.")
            yield name + ending, (Param(schema, about), partial(_compare, compare, column, declared))


def _one_of(items: Schema, about: Text) -> Param:
    """One of several values: an enumeration as an array, free ones as a text with commas."""
    if "enum" in items:
        return Param({"type": "array", "items": items, "minItems": 1, "maxItems": MOST}, about)
    one = items.get("pattern", f"^[^,]{{1,{items['maxLength']}}}$").strip("^$")
    return Param({"type": "string", "pattern": f"^{one}(,{one}){{0,{MOST - 1}}}$"}, about, items)


def _has_status(column: Any, written: list[str]) -> ColumnElement[bool]:
    return column.in_([EntryStatus.of(one) for one in written])  # type: ignore[no-any-return]


def _equal(column: Any, value: Any) -> Any:
    return column == value


def _value(declared: Field, written: Any) -> Any:
    """The value that a parameter names; 400 where its kind cannot read it."""
    try:
        return declared.kind.read(Cell(form_of(declared.kind).cell(written)), Registers())
    except CellFault as fault:
        why = Text(*(fault.text.say(lang, **fault.values) for lang in LANGS))
        raise invalid_query(Fault("invalid_parameter", _WRONG, {"name": json_name(declared), "why": why})) from fault


def _compare(compare: Callable[[Any, Any], Any], column: Any, declared: Field, written: Any) -> ColumnElement[bool]:
    return compare(column, _value(declared, written))  # type: ignore[no-any-return]


def _is_any(column: Any, declared: Field, written: list[str]) -> ColumnElement[bool]:
    return column.in_([_value(declared, one) for one in written])  # type: ignore[no-any-return]


def _is(column: Any, value: bool) -> ColumnElement[bool]:
    return column == value  # type: ignore[no-any-return]


def _holds_any(column: Any, written: list[str]) -> ColumnElement[bool]:
    """One of several values that are kept as ``A;B;C``."""
    kept = literal(";").concat(type_coerce(column, String)).concat(";")
    return or_(*(kept.contains(f";{one};", autoescape=True) for one in written))


def _moment(compare: Callable[[Any, Any], Any], column: Any, written: str) -> ColumnElement[bool]:
    """A ``+`` that was not encoded arrives as a blank."""
    try:
        moment = datetime.fromisoformat(written.replace(" ", "+")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid_query(Fault("invalid_parameter", _NO_MOMENT, {"value": written})) from error
    return compare(column, moment)  # type: ignore[no-any-return]


def orders_of(model: type[Entry]) -> dict[str, Order]:
    """What the list can be sorted by: the id, the times, and every number and date; the blank ones come last."""
    found = {"id": Order(type_coerce(model.public_id, String))}
    for name, column in (("updated", model.updated_at), ("created", model.created_at)):
        found[name] = Order(type_coerce(column, UtcTime), lambda value: value.isoformat(), datetime.fromisoformat)
    for declared in fields_of(model):
        if declared.sensitivity in ("internal", "contact"):
            continue
        column = inspect(model).columns[declared.attribute]
        if isinstance(declared.kind, Day):
            found[json_name(declared)] = Order(func.coalesce(type_coerce(column, Date), _LAST), str, date.fromisoformat)
        elif isinstance(declared.kind, _ORDERED):
            found[json_name(declared)] = Order(func.coalesce(type_coerce(column, BigInteger), _HIGHEST))
    return found


def search_of(model: type[Entry]) -> list[Any]:
    """The columns that ``q`` looks into: names, titles and numbers."""
    found = []
    for declared in fields_of(model):
        name = declared.attribute in ("name", "short_name", "title", "doc_no")
        if name or (declared.key and isinstance(declared.kind, KeyText | FreeText)):
            found.append(type_coerce(inspect(model).columns[declared.attribute], String))
    return found


_HIGHEST = 2**62
_STATUS_SCHEMA: Schema = {"type": "string", "enum": [status.value for status in EntryStatus]}
_STATUS = Text("状态。", "State.")
_MOMENT_SCHEMA: Schema = {"type": "string", "format": "date-time", "maxLength": 40, "pattern": MOMENT}
_WRONG = Text("参数「{name}」：{why}", "{name}: {why}")
_NO_MOMENT = Text(
    "「{value}」不是时刻。写成 2026-11-23T08:30:00+08:00。", '"{value}" is no moment: 2026-11-23T08:30:00+08:00.'
)
