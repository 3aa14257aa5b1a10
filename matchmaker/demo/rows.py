"""Rows of the sample lists as they would stand in a CSV file: every column of its list, all strings."""

from datetime import date
from functools import cache

from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import LISTS

Row = dict[str, str]
Rows = dict[str, list[Row]]


@cache
def columns(kind: str) -> tuple[str, ...]:
    """Column codes of a list, in the order of the contract."""
    return tuple(field.code for field in fields_of(LISTS[kind]))


def row(kind: str, /, **cells: object) -> Row:
    """A full row of ``kind``: None is a blank cell, dates are ISO, sequences are joined by ``;``, truth is 是/否."""
    codes = columns(kind)
    unknown = [code for code in cells if code not in codes]
    if unknown:
        raise KeyError(f"{kind} has no column {', '.join(unknown)}")
    return {code: _text(cells.get(code)) for code in codes}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return ";".join(_text(item) for item in value)
    return str(value)
