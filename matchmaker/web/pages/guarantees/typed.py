"""What is typed into forms of guarantees: amounts in 万元 and days, read as they are in files."""

from datetime import date
from typing import Any

from flask import request

from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.kinds import Day, Kind, Money
from matchmaker.domain.text import Text
from matchmaker.web.forms import as_text


def typed_fen(name: str, label: Text, *, blank: int | None = None) -> int:
    """The amount in an input (fen); ``blank``: what stands for an empty one. RejectedError with one sentence."""
    found: int | None = _read(Money(), name, label)
    if found is None and blank is None:
        raise RejectedError(_EMPTY, code="required", label=label)
    return blank or 0 if found is None else found


def typed_day(name: str, label: Text) -> date:
    """The day in an input; RejectedError where there is none."""
    found: date | None = _read(Day(), name, label)
    if found is None:
        raise RejectedError(_EMPTY, code="required", label=label)
    return found


def _read(kind: Kind, name: str, label: Text) -> Any:
    written = request.form.get(name, "").strip()[:100]
    if not written:
        return None
    try:
        return kind.read(Cell(written), Registers())
    except CellFault as fault:
        raise RejectedError(_ODD, code="cell", label=label, fault=as_text(fault)) from fault


_EMPTY = Text("「{label}」还没有填写。", '"{label}" is not filled in yet.')
_ODD = Text("{label}：{fault}", "{label}: {fault}")
