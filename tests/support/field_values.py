"""Strategies for the values of fields, and small registers to check them against."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from matchmaker.domain import uscc
from matchmaker.domain.cells import Register, Registers
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
from matchmaker.domain.money import MAX_FEN
from matchmaker.domain.rate import E6, Rate
from matchmaker.domain.terms import Tier
from matchmaker.domain.text import Text, normal
from matchmaker.domain.tiers import TierHeld

CODES = tuple(uscc.make("371002", body) for body in ("MA0TE5T1", "12345678", "MA3A0001"))
REGISTERS = Registers(
    {
        "chain": Register(
            Text("产业链", "chains"), {"TACKLE": ("渔具", "fishing tackle"), "SHIP": ("船舶、海工", "ships")}
        ),
        "industry": Register(Text("行业", "industries"), {"24": ("文教",), "244": ("体育",), "2442": ("专项",)}),
        "area": Register(Text("区划", "areas"), {"371002": ("环翠区",), "371000": ("威海市",)}),
        "bank": Register(
            Text("机构", "banks"),
            {"B001": ("示例银行1", "一行"), "B002": ("示例银行2",), "B003": ("同名",), "B004": ("同名",)},
        ),
        "organisation": Register(Text("机构", "organisations"), {"B001": ("示例银行1",), "B002": ("示例银行2",)}),
        "guarantor": Register(Text("担保机构", "guarantors"), {"G001": ("示例担保",)}),
        "scheme": Register(Text("担保方案", "schemes"), {"S001": ("示例方案",)}),
        "enterprise": Register(Text("企业", "enterprises"), dict.fromkeys(CODES, ())),
    }
)

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t\r"), max_size=60) | st.text(
    "'=+-@＝＋－＠<r>/;；、,\"'中文\n", max_size=12
)
_KEY = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf", "Co", "Cn")), min_size=1, max_size=20
)


def _key(text: str) -> bool:
    return normal(text) == text and text.isprintable() and not text.startswith("'")


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Values of a kind that are not blank."""
    simple: dict[type[Kind], st.SearchStrategy[Any]] = {
        FreeText: _TEXT.map(str.strip).filter(bool),
        KeyText: _KEY.filter(_key),
        Email: st.from_regex(r"[a-z0-9]{1,8}@[a-z0-9]{1,8}\.(com|cn)", fullmatch=True),
        Url: st.from_regex(r"https?://[a-z]{1,8}\.cn/[a-z?=&]{0,8}", fullmatch=True),
        UsccCode: st.sampled_from(CODES),
        AreaCode: st.from_regex(r"[0-9]{6}", fullmatch=True),
        Day: st.dates(date(1000, 1, 1), date(9999, 12, 31)),
        YesNo: st.booleans(),
        AnnualRate: st.integers(0, 100 * E6).map(lambda e6: Rate(pct_e6=e6))
        | st.decimals(-500, 500, places=2).map(lambda bp: Rate(spread_bp=bp.normalize() + 0)),
        Tiers: st.dictionaries(
            st.sampled_from(list(Tier)), st.none() | st.dates(date(2000, 1, 1), date(2099, 1, 1)), min_size=1
        ).map(lambda held: tuple(TierHeld(t, held[t]) for t in Tier if t in held)),
    }
    if isinstance(kind, Money):
        return st.integers(1 if kind.positive else 0, MAX_FEN) | st.integers(1, 10**9)
    if isinstance(kind, Percent):
        return st.integers(kind.least_e6, 100 * E6)
    if isinstance(kind, Whole):
        return st.integers(kind.low, kind.high)
    if isinstance(kind, Codes):
        several = st.sets(st.sampled_from(kind.choices()), min_size=1).map(
            lambda s: tuple(t for t in kind.terms if t in s)
        )
        return several.map(lambda found: (kind.terms.of(kind.alone),) if kind.alone in found else found)
    if isinstance(kind, Code):
        return st.sampled_from(kind.choices())
    if isinstance(kind, Registered):
        return st.sampled_from(sorted(_known(kind.register)))
    if isinstance(kind, RegisteredMany):
        known = _known(kind.register) if kind.register else {"371000", "371002", "370000"}
        return st.sets(st.sampled_from(sorted(known)), min_size=1).map(lambda s: tuple(sorted(s)))
    return simple[type(kind)]


def _known(register: str) -> set[str]:
    found = REGISTERS.get(register)
    assert found is not None
    return set(found.names)


def rows_of(fields: tuple[Field, ...], *, most: int = 3) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of a list: column code → value, any of the columns that are not required blank."""
    row = st.fixed_dictionaries(
        {f.code: values_of(f.kind) if f.required or f.key else st.just(f.blank) | values_of(f.kind) for f in fields}
    )
    return st.lists(row, min_size=1, max_size=most)
