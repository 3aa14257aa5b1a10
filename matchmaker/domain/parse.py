"""Reading what people type into cells: numbers, amounts, rates, dates, yes and no (CONTRACT.md section 2)."""

import re
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from matchmaker.domain.cells import Cell, CellFault
from matchmaker.domain.money import FEN_PER_WAN, FEN_PER_YUAN, MAX_FEN
from matchmaker.domain.rate import E6, Rate
from matchmaker.domain.text import Text, normal

SEPARATORS = re.compile(r"[;；、,，|]")
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|[+-]?\.\d+")
_PLAIN = re.compile(r"\d{1,15}(\.\d{1,10})?")
_UNITS = {"万": FEN_PER_WAN, "万元": FEN_PER_WAN, "元": FEN_PER_YUAN, "亿": 10**10, "亿元": 10**10}
_LPR = re.compile(r"LPR\s*([+-])\s*(\d{1,4}(?:\.\d{1,2})?)\s*BP", re.IGNORECASE)
_DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_YES_NO = {"是": True, "Y": True, "YES": True, "1": True, "TRUE": True}
_YES_NO |= {"否": False, "N": False, "NO": False, "0": False, "FALSE": False}
FORMULA_STARTS = frozenset("=+-@\t\r\0")
AMBIGUOUS_BELOW = Decimal("0.5")
_LONGEST = 28
"""No number or date a person means is longer; longer text is refused before any pattern looks at it. Decimal computes
exactly with so many digits."""


def _starts_formula(text: str) -> bool:
    """Whether a spreadsheet program could take the text, or the text behind quotation marks, for a formula."""
    first = text.lstrip("'")[:1]
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in FORMULA_STARTS


def guarded(text: str) -> str:
    """With a ``'`` in front where a spreadsheet program could take it for a formula, full-width forms included."""
    return "'" + text if _starts_formula(text) else text


def unguarded(text: str) -> str:
    """Without the one ``'`` that :func:`guarded` put there."""
    return text[1:] if text.startswith("'") and _starts_formula(text) else text


def cell_text(cell: Cell) -> str:
    """The cell as trimmed text; numbers without a float's tail, dates as ISO."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return unguarded(value.strip())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def split_values(text: str) -> list[str]:
    """The values of a cell that holds several, trimmed, without empty ones."""
    return [part for part in (p.strip() for p in SEPARATORS.split(text)) if part]


def _not_a_number(shown: str) -> CellFault:
    return CellFault(
        "number",
        Text(
            "「{value}」读不出数字。用阿拉伯数字填写，例如 800 或 12.5。",
            '"{value}" cannot be read as a number. Write digits, for example 800 or 12.5.',
        ),
        value=shown[:30],
    )


def read_decimal(cell: Cell) -> Decimal:
    """A plain decimal, thousands separators allowed; refuses negatives and anything that is not digits."""
    if isinstance(cell.value, bool | date):
        raise _not_a_number(cell_text(cell))
    text = normal(cell_text(cell)).replace(" ", "").replace("−", "-")
    if isinstance(cell.value, float) and re.fullmatch(r"-?\d+(\.\d+)?e[+-]?\d+", text):
        text = f"{Decimal(text):f}"
    return _decimal(text, shown=cell_text(cell))


def _decimal(text: str, *, shown: str) -> Decimal:
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise _not_a_number(shown)
    value = Decimal(text.replace(",", ""))
    if value < 0 or text.startswith("-"):
        raise CellFault(
            "negative",
            Text("「{value}」是负数。填写 0 或正数。", '"{value}" is negative. Write zero or a positive number.'),
            value=shown,
        )
    return value


def read_int(cell: Cell, low: int, high: int) -> int:
    """A whole number within ``low`` … ``high``."""
    value = read_decimal(cell)
    if value != value.to_integral_value():
        raise CellFault(
            "whole_number",
            Text("「{value}」不是整数。填写整数。", '"{value}" is not a whole number. Write a whole number.'),
            value=cell_text(cell),
        )
    if not low <= value <= high:
        raise out_of_range(cell, str(low), str(high))
    return int(value)


def out_of_range(cell: Cell, low: str, high: str) -> CellFault:
    """The fault of a number outside ``low`` … ``high``."""
    return CellFault(
        "range",
        Text(
            "「{value}」超出范围。填写 {low} 到 {high} 之间的数。",
            '"{value}" is out of range. Write a number from {low} to {high}.',
        ),
        value=cell_text(cell),
        low=low,
        high=high,
    )


def read_fen(cell: Cell, bare: int = FEN_PER_WAN) -> int:
    """An amount in fen; ``元``, ``万``, ``万元``, ``亿``, ``亿元`` after it say what is meant, else ``bare`` (fen)."""
    if not isinstance(cell.value, str):
        value, factor = read_decimal(cell), bare
    else:
        shown = cell_text(cell)
        text = normal(shown).replace(" ", "").replace("−", "-").removeprefix("¥").removeprefix("人民币")
        number = text.rstrip("万亿元")
        unit = text[len(number) :]
        units = {"": bare, **_UNITS}
        if unit not in units:
            raise _not_a_number(shown)
        value, factor = _decimal(number, shown=shown), units[unit]
    fen = value * factor
    if fen != fen.to_integral_value():
        raise CellFault(
            "too_precise",
            Text(
                "「{value}」比一分钱还细。最多精确到分（0.000001 万元）。",
                '"{value}" is finer than one fen. Give at most one fen (0.000001 of 10,000 yuan).',
            ),
            value=cell_text(cell),
        )
    if fen > MAX_FEN:
        raise out_of_range(cell, "0", "100,000,000 万元")
    return int(fen)


def _percent_to_e6(value: Decimal) -> int:
    return int((value * E6).quantize(Decimal(1), ROUND_HALF_UP))


def read_percent(cell: Cell, *, ambiguous_below_half: bool = False) -> int:
    """A percentage in millionths of a percent: ``3.45``, ``3.45%`` and a percent cell holding 0.0345 all mean 3.45.

    With ``ambiguous_below_half`` a bare number below 0.5 (it could be a fraction) is refused.
    """
    if cell.percent and not isinstance(cell.value, str):
        value = read_decimal(cell) * 100
        if value <= 100:
            value = Decimal(_percent_to_e6(value)) / E6
    else:
        text = normal(cell_text(cell)).replace(" ", "").replace("−", "-")
        marked = isinstance(cell.value, str) and text.endswith("%")
        if not isinstance(cell.value, str):
            value = read_decimal(cell)
        else:
            value = _decimal(text.removesuffix("%"), shown=cell_text(cell))
        if ambiguous_below_half and not marked and value < AMBIGUOUS_BELOW:
            raise CellFault(
                "percent_ambiguous",
                Text(
                    "「{value}」可能是 {as_fraction}%，也可能是 {as_percent}%。写成带百分号的数，例如 {as_fraction}%。",
                    '"{value}" could mean {as_fraction}% or {as_percent}%. Write it with a percent sign.',
                ),
                value=cell_text(cell),
                as_fraction=f"{(value * 100).normalize():f}",
                as_percent=f"{value.normalize():f}",
            )
    if value > 100:
        raise out_of_range(cell, "0%", "100%")
    e6 = value * E6
    if e6 != e6.to_integral_value():
        raise CellFault(
            "too_precise",
            Text("「{value}」小数过多。最多保留 6 位小数。", '"{value}" has too many decimals. Give at most six.'),
            value=cell_text(cell),
        )
    return int(e6)


def read_rate(cell: Cell) -> Rate:
    """A fixed annual rate or a spread on LPR such as ``LPR+50BP``."""
    if isinstance(cell.value, str):
        text = normal(cell_text(cell)).replace(" ", "").replace("−", "-")
        match = _LPR.fullmatch(text) if len(text) <= _LONGEST else None
        if match:
            return Rate(spread_bp=Decimal(match[1] + match[2]) + 0)
        if text.upper().startswith("LPR"):
            raise CellFault(
                "rate",
                Text(
                    "「{value}」读不出加点。写成 LPR+50BP 或 LPR-10BP。",
                    'The spread in "{value}" cannot be read. Write it as LPR+50BP or LPR-10BP.',
                ),
                value=cell_text(cell)[:30],
            )
    return Rate(pct_e6=read_percent(cell, ambiguous_below_half=True))


def read_date(cell: Cell) -> date:
    """A date cell, or one of the four written forms; a time of day other than midnight is refused."""
    value = cell.value
    if isinstance(value, datetime):
        if value.time() == datetime.min.time():
            return value.date()
    elif isinstance(value, date):
        return value
    elif value is not None and not isinstance(value, bool):
        text = normal(cell_text(cell))
        for pattern in _DATES if len(text) <= _LONGEST else ():
            if match := pattern.fullmatch(text):
                try:
                    return date(int(match[1]), int(match[2]), int(match[3]))
                except ValueError:
                    break
    raise CellFault(
        "date",
        Text(
            "「{value}」不是一个日期。写成 2026-11-22。",
            '"{value}" is not a date. Write it as 2026-11-22.',
        ),
        value=cell_text(cell)[:30],
    )


def read_yes_no(cell: Cell) -> bool:
    """是/否, Y/N, 1/0, true/false."""
    answer = _YES_NO.get(normal(cell_text(cell)).upper())
    if answer is None:
        raise CellFault(
            "yes_no",
            Text("「{value}」读不出是或否。填写 是 或 否。", '"{value}" is neither yes nor no. Write 是 or 否.'),
            value=cell_text(cell)[:30],
        )
    return answer
