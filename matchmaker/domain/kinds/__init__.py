"""Kinds of fields: each knows how a cell is read, how a value is written, and which values it may take.

A list's model declares a field with one of these kinds; spreadsheet column, template, schema, form, docs and API
follow from it.
"""

from matchmaker.domain.kinds.base import Kind, Storage
from matchmaker.domain.kinds.coded import (
    AREA_PATTERN,
    INDUSTRY_PATTERN,
    AreaCode,
    Code,
    Codes,
    Registered,
    RegisteredMany,
    Tiers,
    find_in,
)
from matchmaker.domain.kinds.numbers import AnnualRate, Day, Money, Percent, Whole, YesNo, Yuan
from matchmaker.domain.kinds.texts import Email, FreeText, KeyText, Url, UsccCode, lost_digits

__all__ = [
    "AREA_PATTERN",
    "INDUSTRY_PATTERN",
    "AnnualRate",
    "AreaCode",
    "Code",
    "Codes",
    "Day",
    "Email",
    "FreeText",
    "KeyText",
    "Kind",
    "Money",
    "Percent",
    "Registered",
    "RegisteredMany",
    "Storage",
    "Tiers",
    "Url",
    "UsccCode",
    "Whole",
    "YesNo",
    "Yuan",
    "find_in",
    "lost_digits",
]
