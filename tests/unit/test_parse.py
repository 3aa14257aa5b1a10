"""Reading numbers, amounts, percentages, dates, yes and no."""

import contextlib
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain import parse
from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.rate import E6, Rate
from matchmaker.lists.entry import fields_of
from matchmaker.lists.registers import LprRow

READERS: tuple[Callable[[Cell], Any], ...] = (
    parse.read_decimal,
    parse.read_fen,
    parse.read_percent,
    parse.read_rate,
    parse.read_date,
    parse.read_yes_no,
    lambda cell: parse.read_int(cell, 0, 10**9),
)


@pytest.mark.parametrize(
    "written",
    [
        "800",
        "８００",
        "800万",
        "800万元",
        " 800 ",
        "8,000,000元",
        "８００万元",
        "800.0",
        "0.08亿",
        "0.08亿元",
        "¥800万",
        800,
        800.0,
    ],
)
def test_forms_of_eight_million_yuan(written: Any) -> None:
    assert parse.read_fen(Cell(written)) == 800_000_000


@pytest.mark.parametrize(
    ("written", "fen"),
    [("1.2亿", 12_000_000_000), ("0.000001", 1), (808.45, 808_450_000), ("0", 0), ("0.01元", 1), ("1,000", 10**9)],
)
def test_amounts(written: Any, fen: int) -> None:
    assert parse.read_fen(Cell(written)) == fen


@given(st.integers(0, 10**15))
def test_an_amount_kept_as_a_number_is_exact(fen: int) -> None:
    assert parse.read_fen(Cell(str(Decimal(fen) / 10**6))) == fen
    if fen < 10**15:
        assert parse.read_fen(Cell(fen / 10**6)) == fen


@pytest.mark.parametrize(
    "written", ["八百", "800千", "万", "", "1,00", "1e3", "８００亩", "0x10", "--1", "1.2.3", True, date(2026, 1, 1)]
)
def test_no_amount(written: Any) -> None:
    with pytest.raises(CellFault) as caught:
        parse.read_fen(Cell(written))
    assert caught.value.code == "number"


@pytest.mark.parametrize("written", ["-1", "−1", "－１", -1, -0.5, "-0"])
def test_negative(written: Any) -> None:
    for read in (parse.read_fen, parse.read_percent, parse.read_decimal):
        with pytest.raises(CellFault) as caught:
            read(Cell(written))
        assert caught.value.code == "negative"


@pytest.mark.parametrize(
    "cell", [Cell("3.45"), Cell("3.45%"), Cell("３．４５％"), Cell(3.45), Cell(0.0345, percent=True), Cell("3.45 %")]
)
def test_forms_of_a_percentage(cell: Cell) -> None:
    assert parse.read_percent(cell) == 3_450_000
    assert parse.read_rate(cell) == Rate(pct_e6=3_450_000)


@given(st.integers(0, 100 * E6))
def test_a_percent_cell_is_exact_to_six_decimals(e6: int) -> None:
    assert parse.read_percent(Cell(e6 / E6 / 100, percent=True)) == e6


def test_percent_cells_round_half_up() -> None:
    assert parse.read_percent(Cell(0.000000005, percent=True)) == 1
    assert parse.read_percent(Cell(0.000000004999, percent=True)) == 0


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        (Cell("0.49"), "percent_ambiguous"),
        (Cell(0.0345), "percent_ambiguous"),
        (Cell("0.49%"), 490_000),
        (Cell(0.0049, percent=True), 490_000),
        (Cell("0.5"), 500_000),
        (Cell("LPR"), "rate"),
        (Cell("LPR+5个点"), "rate"),
        (Cell("101"), "range"),
    ],
)
def test_rates_at_the_edge(cell: Cell, result: Any) -> None:
    if isinstance(result, str):
        with pytest.raises(CellFault) as caught:
            parse.read_rate(cell)
        assert caught.value.code == result
    else:
        assert parse.read_rate(cell) == Rate(pct_e6=result)


@pytest.mark.parametrize(
    ("written", "spread"),
    [("LPR+50BP", 50), ("lpr - 10 bp", -10), ("ＬＰＲ＋１２．５ＢＰ", Decimal("12.5")), ("LPR-0BP", 0)],
)
def test_spreads(written: str, spread: Any) -> None:
    rate = parse.read_rate(Cell(written))
    assert rate.spread_bp == spread
    assert parse.read_rate(Cell(str(rate))) == rate


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22",
        "2026/11/22",
        "2026年11月22日",
        "20261122",
        "２０２６－１１－２２",
        20261122,
        date(2026, 11, 22),
        datetime.fromisoformat("2026-11-22T00:00:00"),
    ],
)
def test_forms_of_a_date(written: Any) -> None:
    assert parse.read_date(Cell(written)) == date(2026, 11, 22)


@pytest.mark.parametrize(
    "written",
    ["2026-13-01", "2026-02-29", "22/11/2026", "明天", 46348.5, True, datetime.fromisoformat("2026-11-22T09:00:00")],
)
def test_no_date(written: Any) -> None:
    with pytest.raises(CellFault) as caught:
        parse.read_date(Cell(written))
    assert caught.value.code == "date"


@pytest.mark.parametrize(
    ("yes", "no"), [("是", "否"), ("Y", "n"), ("1", "0"), (1, 0), (True, False), ("TRUE", "false"), ("ｙ", "Ｎ")]
)
def test_yes_and_no(yes: Any, no: Any) -> None:
    assert parse.read_yes_no(Cell(yes)) is True
    assert parse.read_yes_no(Cell(no)) is False


@given(st.text("'=+-@＝＋－＠a中\t ", max_size=8))
def test_the_guard_against_formulas_is_taken_off_again(text: str) -> None:
    guarded = parse.guarded(text)
    assert parse.unguarded(guarded) == text
    assert (
        guarded.lstrip()[:1] not in {"=", "+", "-", "@", "＝", "＋", "－", "＠"} or text != guarded or text[:1] in "\t "
    )


@pytest.mark.parametrize("text", ["=1+1", "+86", "-x", "@a", "＝1", "＠a", "\t=1", "\rx", "\0"])
def test_what_could_be_a_formula_is_guarded(text: str) -> None:
    assert parse.guarded(text) == "'" + text


def test_a_quotation_mark_of_ones_own_stays() -> None:
    assert parse.cell_text(Cell("'90后'创业贷")) == "'90后'创业贷"
    assert parse.cell_text(Cell("'=1+1")) == "=1+1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (12.0, "12"),
        (12.5, "12.5"),
        (7, "7"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime.fromisoformat("2026-01-02T00:00:00"), "2026-01-02"),
        (datetime.fromisoformat("2026-01-02T03:04:05"), "2026-01-02 03:04:05"),
    ],
)
def test_a_cell_as_text(value: Any, text: str) -> None:
    assert parse.cell_text(Cell(value)) == text


def test_separators_of_several_values() -> None:
    assert parse.split_values("a;b；c、d,e，f|g;;") == list("abcdefg")


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "text", ["9" * 10**6, "1," * 500_000, "LPR+" + "1" * 10**6, "1" + " " * 10**6 + "x", "万" * 10**6, "." * 10**6]
)
def test_a_megabyte_is_refused_at_once(read: Callable[[Cell], Any], text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(CellFault):
        read(Cell(text))
    assert time.process_time() - started < 0.5


@given(st.text(max_size=60) | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.dates())
def test_whatever_stands_in_a_cell_is_read_or_refused(value: Any) -> None:
    for read in READERS:
        for percent in (False, True):
            fault = fault_of(read, Cell(value, percent=percent))
            assert fault is None or (fault.text.say("zh", **fault.values) and fault.text.say("en", **fault.values))


def fault_of(read: Callable[[Cell], Any], cell: Cell) -> CellFault | None:
    try:
        read(cell)
    except CellFault as fault:
        return fault
    return None


def test_an_lpr_below_half_a_percent_is_asked_back() -> None:
    one_year = next(f for f in fields_of(LprRow) if f.code == "lpr_1y_pct")
    with pytest.raises(CellFault) as fault:
        one_year.kind.read(Cell(0.029), Registers())
    assert fault.value.code == "range"
    assert one_year.kind.read(Cell("2.9"), Registers()) == 2_900_000
    assert one_year.kind.read(Cell(0.029, percent=True), Registers()) == 2_900_000
