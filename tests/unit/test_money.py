"""Amounts in prose and in files."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.money import FEN_PER_WAN, MAX_FEN, amount_text, plain, wan_text, yuan_text


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (9_999_999_900, "1.00 亿元", "CNY 100.00 million"),  # the unit is chosen after rounding
        (9_999_940_000, "9,999.94 万元", "CNY 100.00 million"),
        (800 * FEN_PER_WAN, "800 万元", "CNY 8.00 million"),
        (80_845 * 10_000, "808.45 万元", "CNY 8.08 million"),
        (1234, "12.34 元", "CNY 12.34"),
        (0, "0.00 元", "CNY 0.00"),
        (-800 * FEN_PER_WAN, "−800 万元", "−CNY 8.00 million"),
        (2_360_000_000_00, "23.60 亿元", "CNY 2.36 billion"),
        (1_000_500_00, "100.05 万元", "CNY 1.00 million"),
        (125 * FEN_PER_WAN // 100 * 100, "125 万元", "CNY 1.25 million"),
    ],
)
def test_amounts_in_prose(fen: int, zh: str, en: str) -> None:
    assert amount_text(fen, "zh") == zh
    assert amount_text(fen, "en") == en


def test_half_a_cent_rounds_up() -> None:
    assert amount_text(100_005 * 1_000, "zh") == "100.01 万元"


@given(st.integers(0, MAX_FEN))
def test_file_text_is_exact(fen: int) -> None:
    assert Decimal(wan_text(fen)) * FEN_PER_WAN == fen
    assert Decimal(yuan_text(fen)) * 100 == fen
    assert "E" not in wan_text(fen)


def test_plain_has_no_trailing_zeros() -> None:
    assert [plain(Decimal(x)) for x in ("3.450000", "10", "1E+2", "0.000")] == ["3.45", "10", "100", "0"]
