"""Money is an integer number of fen; Decimal only where a person reads or writes it. Never a float."""

from decimal import ROUND_HALF_UP, Decimal

from matchmaker.domain.text import Lang

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
FEN_PER_YI = 10_000_000_000
MAX_FEN = 10**17
"""Upper bound of any amount: one trillion yuan (PostgreSQL and SQLite hold it in a BIGINT, JSON exactly as text)."""


def wan_text(fen: int) -> str:
    """Shortest exact decimal in 万元, as written into files: 80845000 fen (80.845 万元) → ``80.845``."""
    return plain(Decimal(fen) / FEN_PER_WAN)


def yuan_text(fen: int) -> str:
    """Yuan with two decimals, as in JSON: ``19607.09``."""
    return f"{Decimal(fen) / FEN_PER_YUAN:.2f}"


def plain(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_text(fen: int, lang: Lang) -> str:
    """An amount in prose. The unit is chosen after rounding: 99,999,999 元 is 1.00 亿元, never 10,000 万元.

    Whole amounts lose their decimals (800 万元); English says CNY 8.00 million.
    """
    if lang == "en":
        return _english(fen)
    sign, fen = ("−", -fen) if fen < 0 else ("", fen)
    wan = _two(Decimal(fen) / FEN_PER_WAN)
    if wan >= 10_000:
        return f"{sign}{_two(Decimal(fen) / FEN_PER_YI):,.2f} 亿元"
    if wan < 1:
        return f"{sign}{_two(Decimal(fen) / FEN_PER_YUAN):,.2f} 元"
    return f"{sign}{_trim(wan)} 万元"


def _two(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _english(fen: int) -> str:
    sign, fen = ("−", -fen) if fen < 0 else ("", fen)
    million = _two(Decimal(fen) / (100 * FEN_PER_WAN))
    if million >= 1000:
        return f"{sign}CNY {_two(million / 1000):,.2f} billion"
    if million < 1:
        return f"{sign}CNY {_two(Decimal(fen) / FEN_PER_YUAN):,.2f}"
    return f"{sign}CNY {million:,.2f} million"


def _trim(value: Decimal) -> str:
    text = f"{value:,.2f}"
    return text[:-3] if text.endswith(".00") else text
