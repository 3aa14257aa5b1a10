"""The reference tables that come with the package, loaded once into an empty register."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.domain.cells import Cell
from matchmaker.domain.parse import split_values
from matchmaker.domain.terms import Side
from matchmaker.lists.entry import fields_of
from matchmaker.lists.files import SheetRow, Table
from matchmaker.lists.models import REGISTERS
from matchmaker.lists.services import import_table

ACTOR = Actor("system:defaults", Side.TRUSTED)
FIRST_YEAR = 2004
"""The first year that the calendar's package knows."""

Record = dict[str, Any]
_DATA = files("matchmaker") / "data"
_PROVINCE = {"code": "370000", "name": "山东省", "level": "province"}


def load_defaults(session: Session, now: datetime) -> dict[str, int]:
    """Fill each register that is empty with what the package brings, if anything; gives kind → rows loaded.

    A register that holds anything is left alone, so an operator's edits are never undone.
    """
    loaded = {}
    for kind, source in _SOURCES.items():
        model = REGISTERS[kind]
        if session.scalar(select(model.id).limit(1)) is None:
            result = import_table(session, actor=ACTOR, table=_table(kind, source()), now=now, cause="defaults")
            loaded[kind] = result.written
    return loaded


def _table(kind: str, records: Iterable[Record]) -> Table:
    codes = [f.code for f in fields_of(REGISTERS[kind])]
    rows = [
        SheetRow(number, {code: Cell(record[code]) for code in codes if code in record})
        for number, record in enumerate(records, start=2)
    ]
    return Table(kind=kind, format="csv", header_row=1, columns={}, ignored=(), rows=rows)


def _records(name: str) -> Iterator[Record]:
    """Rows of a table in the package; a comma too many belongs to the last column."""
    header, *lines = csv.reader((_DATA / name).read_text("utf-8").splitlines())
    last = len(header) - 1
    for line in lines:
        yield dict(zip(header, [*line[:last], ",".join(line[last:])], strict=True))


def _areas() -> Iterable[Record]:
    """The province, its cities and the areas of the city."""
    cities = ({**city, "level": "city", "parent_code": _PROVINCE["code"]} for city in _records("shandong_cities.csv"))
    by_code = {area["code"]: area for area in (_PROVINCE, *cities)}
    for area in _records("weihai_areas.csv"):
        by_code[area["code"]] = {**by_code.get(area["code"], {}), **area}
    return by_code.values()


def _chains() -> Iterator[Record]:
    """The ten default chains; the official ten are not known, which is what their basis says."""
    document = json.loads((_DATA / "chains_default.json").read_text("utf-8"))
    for chain in document["chains"]:
        yield {
            "chain_code": chain["chain_code"],
            "name_zh": chain["name_zh"],
            "name_en": chain["name_en"],
            "industries": ";".join(industry["code"] for industry in chain["gbt4754"]),
            "leaders": "、".join(chain["example_leaders"]),
            "basis": "; ".join(part for part in (chain["basis"], chain.get("note")) if part),
        }


def _size_classes() -> Iterator[Record]:
    for record in _records("sme_size_classes_2011_300.csv"):
        yield {**record, "gbt4754_scope": ";".join(split_values(record["gbt4754_scope"]))}


def _workdays() -> Iterator[Record]:
    """Holidays on weekdays and workdays on weekends, from ``FIRST_YEAR`` to the last year that is known."""
    day = date(FIRST_YEAR, 1, 1)
    while _known(day):
        is_workday = chinese_calendar.is_workday(day)
        if is_workday != (day.weekday() < 5):
            name = chinese_calendar.get_holiday_detail(day)[1]
            yield {"date": day, "is_workday": is_workday, "name": _holiday_name(name, is_workday)}
        day += timedelta(days=1)


def _known(day: date) -> bool:
    """Whether the package knows the year; it raises for the others."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def _holiday_name(name: str | None, is_workday: bool) -> str | None:
    known = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    if name is None:
        return "调休上班" if is_workday else None
    return f"{known[name]}调休上班" if is_workday else str(known[name])


_SOURCES: dict[str, Callable[[], Iterable[Record]]] = {
    "industries": lambda: _records("gbt4754_2017.csv"),
    "chains": _chains,
    "areas": _areas,
    "size-classes": _size_classes,
    "lpr": lambda: _records("lpr.csv"),
    "workdays": _workdays,
    "guarantee-limits": lambda: _records("guarantee_limits.csv"),
    "risk-weights": lambda: _records("risk_weights.csv"),
    "schemes": lambda: _records("schemes.csv"),
    "scheme-grades": lambda: _records("scheme_grades.csv"),
    "credit-sources": lambda: _records("credit_sources.csv"),
}
