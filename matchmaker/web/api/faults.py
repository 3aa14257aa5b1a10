"""What can be wrong with a request, and the small checker that finds it: by the JSON Schema that the document shows.

Only the words of JSON Schema that the document uses are known here, so that what is published is what is checked.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.text import Lang, Text

SHOWN = 50
"""So many faults of one request are told."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``pointer``: where in the body (RFC 6901, after ``#``); ``allowed``: the values that would do."""

    code: str
    text: Text
    values: Mapping[str, Any] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    pointer: str = ""

    def at(self, *places: object) -> "Fault":
        """The same fault, further in: ``places`` come before its pointer."""
        before = "".join(f"/{str(place).replace('~', '~0').replace('/', '~1')}" for place in places)
        return Fault(self.code, self.text, self.values, self.allowed, before + self.pointer)

    def to_json(self, lang: Lang) -> dict[str, Any]:
        """The object of a problem document."""
        said = {"pointer": f"#{self.pointer}", "code": self.code, "detail": self.text.say(lang, **self.values)}
        return said | ({"allowed": list(self.allowed)} if self.allowed else {})


class ApiError(MatchmakerError):
    """An error with a status of its own. ``faults`` stand in its problem document; so does what ``more`` says."""

    def __init__(
        self,
        status: int,
        text: Text,
        *,
        code: str,
        faults: Iterable[Fault] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        """``status``: of HTTP; ``headers``: what the answer has besides."""
        super().__init__(text, code=code, **values)
        self.status = status
        self.faults = tuple(faults)
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def invalid_body(faults: Sequence[Fault]) -> ApiError:
    """422: the body is JSON but not what the document asks for."""
    return ApiError(422, _INVALID, code="invalid_body", faults=faults[:SHOWN], count=len(faults))


def invalid_query(fault: Fault) -> ApiError:
    """400: a parameter is unknown, doubled or not of its form."""
    return ApiError(400, fault.text, code=fault.code, faults=[fault], **fault.values)


def unknown_name(name: str, known: Iterable[str], *, what: Text) -> Fault:
    """The fault of a name that is none of ``known``, with the nearest."""
    near = difflib.get_close_matches(name[:60], sorted(known), 1, cutoff=0.5)
    shown = {"name": name[:60], "what": what}
    if near:
        return Fault(f"unknown_{what.en}", _UNKNOWN_NEAR, {**shown, "near": near[0]}, (near[0],))
    return Fault(f"unknown_{what.en}", _UNKNOWN, shown)


def check(schema: Mapping[str, Any], value: Any) -> Fault | None:
    """The first fault of ``value`` by a JSON Schema of ours; None where there is none."""
    if value is None:
        return None if "null" in _types(schema) else _wrong_type(schema)
    kind = next((name for name in _types(schema) if name != "null"), "")
    if not _IS[kind](value):
        return _wrong_type(schema)
    if "enum" in schema and value not in schema["enum"]:
        choices = tuple(str(one) for one in schema["enum"] if one is not None)
        return Fault("unknown_code", _NO_CHOICE, {"choices": ", ".join(choices)}, choices)
    return _BY_TYPE[kind](schema, value)


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    written = schema.get("type", ())
    return (written,) if isinstance(written, str) else tuple(written)


def _wrong_type(schema: Mapping[str, Any]) -> Fault:
    kind = next(name for name in _types(schema) if name != "null")
    return Fault("type", _WRONG_TYPE, {"type": _TYPE_NAMES[kind]})


def _check_text(schema: Mapping[str, Any], value: str) -> Fault | None:
    longest = schema.get("maxLength")
    if longest is not None and len(value) > longest:
        return Fault("too_long", _TOO_LONG, {"limit": longest})
    if len(value) < schema.get("minLength", 0):
        return Fault("required", _EMPTY)
    if any(ord(c) < 32 and c not in "\n\t\r" for c in value):
        return Fault("control_character", _CONTROL)
    if "pattern" in schema and not _pattern(schema["pattern"]).search(value):
        return Fault("pattern", _NOT_OF_FORM, {"pattern": schema["pattern"]})
    return None


@cache
def _pattern(written: str) -> re.Pattern[str]:
    """A pattern as JSON Schema means it: digits are ASCII, and ``$`` is the end, not the last line's."""
    return re.compile(written.replace("$", r"\Z"), re.ASCII)


def _check_number(schema: Mapping[str, Any], value: int) -> Fault | None:
    low, high = schema.get("minimum"), schema.get("maximum")
    if (low is not None and value < low) or (high is not None and value > high):
        return Fault("range", _RANGE, {"low": low, "high": high})
    return None


def _check_array(schema: Mapping[str, Any], value: list[Any]) -> Fault | None:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 1000):
        return Fault("too_many", _TOO_MANY, {"limit": schema.get("maxItems", 1000)})
    for place, one in enumerate(value):
        if fault := check(schema["items"], one):
            return fault.at(place)
    if schema.get("uniqueItems") and any(one in value[:place] for place, one in enumerate(value)):
        return Fault("twice", _TWICE)
    return None


def _check_object(schema: Mapping[str, Any], value: dict[str, Any]) -> Fault | None:
    known = schema["properties"]
    for name, one in value.items():
        if name not in known:
            return unknown_name(name, known, what=MEMBER).at(name)
        if fault := check(known[name], one):
            return fault.at(name)
    missing = [name for name in schema.get("required", ()) if name not in value]
    return Fault("required", MISSING).at(missing[0]) if missing else None


def _is_whole(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


_IS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_whole,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_BY_TYPE: Mapping[str, Callable[[Any, Any], Fault | None]] = {
    "string": _check_text,
    "integer": _check_number,
    "boolean": lambda _schema, _value: None,
    "array": _check_array,
    "object": _check_object,
}
_TYPE_NAMES = {
    "string": Text("字符串", "a string"),
    "integer": Text("整数", "a whole number"),
    "boolean": Text("true 或 false", "true or false"),
    "array": Text("数组", "an array"),
    "object": Text("对象", "an object"),
}

MEMBER = Text("成员", "member")
PARAMETER = Text("参数", "parameter")

_INVALID = Text(
    "请求内容有 {count} 处错误，没有执行。逐条改正后重新提交。", "The body has {count} faults; nothing was done."
)
_UNKNOWN = Text("没有「{name}」这个{what}。去掉它。", 'There is no {what} "{name}". Leave it out.')
_UNKNOWN_NEAR = Text(
    "没有「{name}」这个{what}；最接近的是「{near}」。", 'There is no {what} "{name}"; the nearest is "{near}".'
)
_NO_CHOICE = Text("不在可选值中。可填：{choices}。", "None of the choices: {choices}.")
_WRONG_TYPE = Text("类型不符，应为{type}。", "Wrong type: this is {type}.")
_TOO_LONG = Text("太长，最多 {limit} 个字符。", "Too long: at most {limit} characters.")
_EMPTY = Text("太短，或是空字符串。", "It is empty or too short.")
_CONTROL = Text("含有不可见的控制字符。删去后再提交。", "It holds a control character. Remove it.")
_NOT_OF_FORM = Text("写法不符，应符合 {pattern}。", "Not of the form {pattern}.")
_RANGE = Text("超出范围，应在 {low} 到 {high} 之间。", "Out of range: from {low} to {high}.")
_TOO_MANY = Text("个数不符，最多 {limit} 个。", "Wrong number of items: at most {limit}.")
_TWICE = Text("同一个值出现了两次。", "The same value stands twice.")
MISSING = Text("缺少这一项，它是必填的。", "This member is required.")
