"""What a scorecard may look at: features known at application, one a line; anything else is refused by name."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text

Value = float | str | None
Row = Mapping[str, Value]
"""Feature key → a number, a code, or None where it is not known."""

Kind = Literal["number", "ordered", "category"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature known at application.

    ``kind``: ``number``; ``ordered`` codes, safest first; ``category``, codes without an order. ``direction``: +1 where
    more must never cost points, -1 where more must never earn points, 0 free; ``why`` gives the reason. ``codes`` names
    the codes, all of them (in order) for ``ordered``.
    """

    key: str
    label: Text
    kind: Kind
    direction: int = 0
    why: Text = Text("", "")
    unit: Text = Text("", "")
    codes: tuple[tuple[str, Text], ...] = ()


LEAKING = ("term_LEAKY", "default", "charge_off_amount", "charge_off_date", "paid_in_full_on", "compensated_fen")
"""Columns that are written or overwritten after the outcome; so is any whose name says that it leaks.

``term_LEAKY``: ../shared/data/README.md, the loan's term is overwritten for failed loans.
"""

LEAKS = Text(
    "列 {column} 要到结果出来以后才知道（信息泄漏），评分卡不用它；从特征中去掉 {column} 后再拟合",
    "Column {column} is known only after the outcome, so it leaks: take {column} out of the features and fit again",
)
UNDECLARED = Text(
    "列 {column} 不在申请时可知的特征之列；去掉它，或先在特征表中写明它的含义与方向",
    "Column {column} is no declared feature known at application: take it out, or declare its meaning and direction",
)
ABSENT = Text(
    "第 {row} 笔没有特征 {column}；不知道的值写成空值",
    "Case {row} lacks the feature {column}; write an empty value where it is not known",
)
NO_NUMBER = Text(
    "第 {row} 笔的 {column} 是“{value}”，这里要一个有限的数字或空值",
    "{column} of case {row} is “{value}”: it takes a finite number or an empty value",
)
NO_CODE = Text(
    "第 {row} 笔的 {column} 是“{value}”，这里只用代码 {codes} 或空值",
    "{column} of case {row} is “{value}”: it takes one of the codes {codes} or an empty value",
)


def leaks(column: str) -> bool:
    """Whether the name is one of ``LEAKING`` or says itself that it leaks."""
    folded = column.casefold()
    return "leak" in folded or folded in {name.casefold() for name in LEAKING}


def check_columns(columns: Iterable[str], features: Sequence[Feature]) -> None:
    """Refuse, by name, the first column that leaks, else the first that is not declared.

    Raises RejectedError ``leaking_column`` or ``undeclared_column``.
    """
    names = sorted(set(columns))
    for column in names:
        if leaks(column):
            raise RejectedError(LEAKS, code="leaking_column", column=column)
    declared = {feature.key for feature in features}
    for column in names:
        if column not in declared:
            raise RejectedError(UNDECLARED, code="undeclared_column", column=column)


def check_rows(rows: Sequence[Row], features: Sequence[Feature]) -> None:
    """Refuse columns as ``check_columns`` does, then the first value that its feature cannot hold.

    Rows are counted from 1. Raises RejectedError ``absent_feature``, ``no_number``, ``no_code`` too.
    """
    check_columns({*(key for row in rows for key in row), *(feature.key for feature in features)}, features)
    for number, row in enumerate(rows, 1):
        for feature in features:
            _check_value(feature, row, number)


def _check_value(feature: Feature, row: Row, number: int) -> None:
    told = {"row": number, "column": feature.key}
    if feature.key not in row:
        raise RejectedError(ABSENT, code="absent_feature", **told)
    value = row[feature.key]
    if value is None:
        return
    if feature.kind == "number":
        if isinstance(value, str) or not math.isfinite(value):
            raise RejectedError(NO_NUMBER, code="no_number", value=value, **told)
    elif not isinstance(value, str) or (feature.kind == "ordered" and value not in dict(feature.codes)):
        codes = ", ".join(code for code, _ in feature.codes) or "…"
        raise RejectedError(NO_CODE, code="no_code", value=value, codes=codes, **told)


def measure(feature: Feature, value: float | str) -> float:
    """A known number as it is, an ordered code as its place (0 the safest)."""
    if feature.kind == "ordered":
        return float([code for code, _ in feature.codes].index(str(value)))
    return float(value)
