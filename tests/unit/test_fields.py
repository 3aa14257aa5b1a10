"""Kinds of fields: what is written is read back, what cannot be read is refused with its code."""

import contextlib
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.cells import Cell, CellFault, Register, Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import (
    AREA_PATTERN,
    INDUSTRY_PATTERN,
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
    find_in,
)
from matchmaker.domain.parse import guarded
from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import ProductType, Purpose, Security, TaxGrade, Tier
from matchmaker.domain.text import Text
from matchmaker.domain.tiers import TierHeld
from tests.support.field_values import CODES, REGISTERS, values_of

KINDS: tuple[Kind, ...] = (
    FreeText(),
    KeyText(),
    Email(),
    Url(),
    UsccCode(),
    UsccCode(register="enterprise"),
    Code(terms=ProductType),
    Codes(terms=Purpose),
    Codes(terms=Security, alone="NONE"),
    Registered(register="bank"),
    RegisteredMany(register="industry", pattern=r"\d{2,4}"),
    RegisteredMany(register="area", pattern=AREA_PATTERN, unlisted=True),
    AreaCode(),
    Tiers(),
    Money(),
    Money(positive=True),
    Percent(),
    AnnualRate(),
    Whole(low=1, high=1200),
    Day(),
    YesNo(),
)


def fault_of(kind: Kind, value: Any, *, percent: bool = False) -> str:
    with pytest.raises(CellFault) as caught:
        kind.read(Cell(value, percent=percent), REGISTERS)
    for lang in ("zh", "en"):
        assert caught.value.text.say(lang, **caught.value.values)  # both sentences can be said
    return caught.value.code


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: type(k).__name__)
@given(data=st.data())
def test_what_is_written_is_read_back(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values_of(kind))
    text = kind.write(value)
    assert kind.read(Cell(guarded(text)), REGISTERS) == value
    assert kind.load(text) == value
    assert kind.from_db(kind.to_db(value)) == value
    assert kind.same(value, value)
    assert kind.show(value, "zh")
    assert kind.show(value, "en")


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: type(k).__name__)
@pytest.mark.parametrize(
    "text", ["9" * 1_000_000, "a" * 28 + "!", " " * 999_999 + "x", ";" * 1_000_000, "1," * 500_000, "@" * 10**6]
)
def test_huge_text_is_answered_at_once(kind: Kind, text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(CellFault):
        kind.read(Cell(text), REGISTERS)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (FreeText(limit=3), "四个字呀", "too_long"),
        (FreeText(), "a\x07b", "control_character"),
        (KeyText(limit=3), "1234", "too_long"),
        (KeyText(), "A\u200bB", "control_character"),
        (Email(), "nobody", "email"),
        (Email(), "a@b", "email"),
        (Email(), "a b@c.cn", "email"),
        (Email(), "a@.cn", "email"),
        (Url(), "javascript:alert(1)", "url"),
        (UsccCode(), "91371000MA0TE5T16", "uscc"),
        (UsccCode(), "91371000MA0TE5T16Z", "uscc"),
        (UsccCode(), "91371000MA0TE5T17Y", "uscc"),
        (UsccCode(), CODES[0][:17] + ("0" if CODES[0][17] != "0" else "1"), "uscc"),
        (UsccCode(), 9.1371000712345677e17, "lost_digits"),
        (UsccCode(), "9.13710007123457E+17", "lost_digits"),
        (UsccCode(register="enterprise"), "91371000MA0TE5T16Y", "unknown_enterprise"),
        (Code(terms=TaxGrade), "E", "unknown_code"),
        (Code(terms=ProductType), "信用货", "unknown_code"),
        (Codes(terms=Purpose), "研发;养老", "unknown_code"),
        (Codes(terms=Security, alone="NONE"), "无、信用", "alone"),
        (Codes(terms=Security, leave_out=("NONE",)), "无", "unknown_code"),
        (Registered(register="bank"), "示例银行", "unknown_code"),
        (Registered(register="bank"), "同名", "unknown_code"),
        (RegisteredMany(register="industry", pattern=r"\d{2,4}"), "C", "code"),
        (RegisteredMany(register="industry", pattern=r"\d{2,4}"), "99", "unknown_code"),
        (RegisteredMany(register="area", pattern=AREA_PATTERN, unlisted=True), "3710", "area"),
        (RegisteredMany(register="area", pattern=AREA_PATTERN, unlisted=True), "371002;无此区", "area"),
        (AreaCode(), "3710", "area"),
        (Tiers(), "SRDI_SME@某日", "date"),
        (Tiers(), "SRDI_SME@2026-01-01;专精特新中小企业@2027-01-01", "twice"),
        (Money(), "八百", "number"),
        (Money(), "-1", "negative"),
        (Money(), "100.0000001", "too_precise"),
        (Money(), "100000001亿", "range"),
        (Money(positive=True), "0", "zero"),
        (Percent(), "101", "range"),
        (Percent(), "0.1234567", "too_precise"),
        (AnnualRate(), "0.0345", "percent_ambiguous"),
        (AnnualRate(), 0.0345, "percent_ambiguous"),
        (AnnualRate(), "LPR加点", "rate"),
        (Whole(low=1, high=3), "4", "range"),
        (Whole(), "1.5", "whole_number"),
        (Whole(), True, "number"),
        (Day(), "2026年13月1日", "date"),
        (YesNo(), "也许", "yes_no"),
        (Kind(), "x", "unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_code(kind: Kind, value: Any, code: str) -> None:
    assert fault_of(kind, value) == code


@pytest.mark.parametrize(
    ("kind", "value", "means"),
    [
        (Code(terms=ProductType), " ｃｒｅｄｉｔ_loan ", ProductType.CREDIT_LOAN),
        (Code(terms=ProductType), "信用贷", ProductType.CREDIT_LOAN),
        (Codes(terms=Purpose), "研发，ORDER|流动资金；研发", (Purpose.WORKING_CAPITAL, Purpose.RND, Purpose.ORDER)),
        (Registered(register="bank"), "一行", "B001"),
        (Registered(register="bank"), "b001", "B001"),
        (AreaCode(), "环翠区", "371002"),
        (AreaCode(), "999999", "999999"),
        (AreaCode(), 371002, "371002"),
        (RegisteredMany(register="area", pattern=AREA_PATTERN, unlisted=True), "环翠区、999999", ("371002", "999999")),
        (Tiers(), "高新技术企业@2027/1/2、TECH_SME", (TierHeld(Tier.TECH_SME), TierHeld(Tier.HNTE, date(2027, 1, 2)))),
        (UsccCode(), "91371000ma0te5t16y", "91371000MA0TE5T16Y"),
        (FreeText(), "  （威海）公司 ", "（威海）公司"),
        (KeyText(), "Ｐ００１（甲）", "P001(甲)"),
        (KeyText(), 12.0, "12"),
    ],
)
def test_forms_that_are_read(kind: Kind, value: Any, means: Any) -> None:
    assert kind.read(Cell(value), REGISTERS) == means


def test_without_a_register_nothing_is_looked_up() -> None:
    assert Registered(register="bank").read(Cell("新银行"), Registers()) == "新银行"
    assert RegisteredMany(register="chain").read(Cell("B;A"), Registers()) == ("A", "B")
    with pytest.raises(CellFault):
        AreaCode().read(Cell("环翠区"), Registers())


def test_an_unknown_code_names_the_nearest() -> None:
    register = Register(Text("机构", "banks"), {"B1": ("威海农商银行",), "B2": ("中国银行",)})
    with pytest.raises(CellFault) as caught:
        find_in(register, "威海农村商业银行")
    assert "威海农商银行" in caught.value.text.say("zh", **caught.value.values)


def test_industries_are_two_to_four_digits_though_the_register_holds_sections_too() -> None:
    known = Registers({"industry": Register(Text("行业", "industries"), {"C": ("制造业",), "35": ("专用设备制造业",)})})
    one = Registered(register="industry", pattern=INDUSTRY_PATTERN)
    many = RegisteredMany(register="industry", pattern=INDUSTRY_PATTERN)
    assert (one.read(Cell("35"), known), many.read(Cell("专用设备制造业"), known)) == ("35", ("35",))
    for kind in (one, many):
        for text in ("C", "制造业"):
            with pytest.raises(CellFault) as caught:
                kind.read(Cell(text), known)
            assert caught.value.code == "code"
            assert "GB/T 4754" in caught.value.text.say("zh", value=text)


def test_an_unknown_bank_names_the_nearest_however_unlike() -> None:
    known = Registers({"bank": Register(Text("机构", "banks"), {"B1": ("威海农商银行",)})})
    with pytest.raises(CellFault) as caught:
        Registered(register="bank", like=0.0).read(Cell("XYZ"), known)
    assert caught.value.values["near"] == "威海农商银行"
    with pytest.raises(CellFault) as caught:
        Registered(register="bank").read(Cell("XYZ"), known)
    assert "near" not in caught.value.values


def test_wrong_values_of_a_large_register_are_answered_fast() -> None:
    register = Register(Text("行业", "industries"), {f"{n:04d}": (f"第{n}号制造业",) for n in range(2000)})
    started = time.process_time()
    for n in range(100):
        with pytest.raises(CellFault):
            find_in(register, f"某制造业{n}")
    assert time.process_time() - started < 0.4


def test_names_mean_the_same_by_their_nfkc_form() -> None:
    assert FreeText().same("（威海）Ａ公司", "(威海)A公司")
    assert not FreeText().same("甲公司", "乙公司")


def test_codes_of_columns_follow_from_attributes() -> None:
    assert Money().code_of("amount_max_fen") == "amount_max_wan"
    assert AnnualRate().code_of("rate_min") == "rate_min_pct"
    assert Percent().code_of("fee_pct_e6") == "fee_pct"
    assert Day().code_of("valid_to") == "valid_to"


def test_a_low_rate_is_written_so_that_it_is_read_back() -> None:
    assert AnnualRate().write(Rate(pct_e6=300_000)) == "0.3%"
    assert AnnualRate().write(Rate(pct_e6=500_000)) == "0.5"


@pytest.mark.parametrize("kind", [Codes(terms=Purpose), Money(), FreeText()])
def test_blank_fields(kind: Kind) -> None:
    field = Field("code", "attribute", kind, Text("列", "column"))
    assert field.is_blank(field.blank)
    assert field.load(field.write(field.blank)) == field.blank
    assert field.same(field.blank, None)
    assert not field.same(field.blank, 1)
    assert field.show(field.blank, "zh") == "--"


def test_a_field_writes_loads_compares_and_shows_as_its_kind_does() -> None:
    field = Field("amount_wan", "amount_fen", Money(), Text("金额", "amount"))
    assert (field.write(80_845_000), field.load("80.845")) == ("80.845", 80_845_000)
    assert (field.show(80_845_000, "zh"), field.show(10**11, "en")) == ("80.85", "100,000.00")
    assert field.same(1, 1)
