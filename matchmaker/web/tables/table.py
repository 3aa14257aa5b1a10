"""One table: its columns, filters and order, and the view of it that an address asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from matchmaker.domain.text import LANGS, Text
from matchmaker.web.tables.filters import Filter, Unread
from matchmaker.web.view import page_number

ROWS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``show``: row → what stands in the cell; ``sort``: what to order by, None for an unsortable one.

    ``form``: ``num`` (right-aligned), ``day``, ``long`` or nothing; ``shown``: whether it is there unasked.
    ``value``: row → what stands in a workbook's cell (number, date, text) where that is not what is shown.
    ``exported``: whether a workbook has it; buttons stand on pages only.
    """

    name: str
    label: Text
    show: Callable[[Any], Any]
    sort: Any = None
    form: str = ""
    shown: bool = True
    value: Callable[[Any], Any] | None = None
    exported: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """What can be asked of a list. ``base``: the statement of the rows; ``unique``: ends every order, so that no two
    pages overlap."""

    base: Any
    columns: Sequence[Column]
    unique: Any
    filters: Sequence[Filter] = ()
    search: Sequence[Any] = ()
    default_sort: str = ""


@dataclass(slots=True)
class View:
    """A table as one address shows it."""

    table: Table
    rows: Sequence[Any]
    total: int
    number: int
    pages: int
    sort: str
    columns: list[Column]
    narrowed: bool
    faults: dict[str, Text] = field(default_factory=dict)

    def chosen(self, name: str, value: str) -> bool:
        """Whether a control of the filters holds this value."""
        return value in request.args.getlist(name)

    def typed(self, name: str) -> str:
        """What stands in a control of the filters."""
        return request.args.get(name, "")

    def uses(self, filters: Sequence[Filter]) -> bool:
        """Whether any control of these filters holds something."""
        return any(self.typed(name) for one in filters for name in one.names)

    def order_of(self, column: Column) -> str:
        """``ascending``, ``descending`` or ``none``, for ``aria-sort``."""
        if self.sort.removeprefix("-") != column.name:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"

    def sorted_by(self, column: Column) -> str:
        """The address of this view in the order of a column; a second press turns it round."""
        return address(sort=f"-{column.name}" if self.sort == column.name else column.name, page=None)

    def kept(self, *without: str) -> list[tuple[str, str]]:
        """The state as hidden inputs, but for ``without`` and the page."""
        return [(k, v) for k, v in request.args.items(multi=True) if k not in (*without, "page") and v]

    @property
    def filter_names(self) -> list[str]:
        """The parameters of all filters."""
        return [name for one in self.table.filters for name in one.names]

    def cleared(self) -> str:
        """The address without filters."""
        return address(page=None, **dict.fromkeys([*self.filter_names, "q"]))


def look(session: Session, table: Table, *, every_row: bool = False) -> View:
    """The page of the table that the address asks for; ``every_row``: all of them, for a workbook.

    What a filter cannot read narrows nothing and is told beside its control.
    """
    query, narrowed, faults = _narrowed(table, request.args)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    sort, order = _order(table)
    query = query.order_by(*order)
    pages = max(-(-total // ROWS_A_PAGE), 1)
    number = min(page_number(), pages)
    if not every_row:
        query = query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)
    found = session.execute(query)
    rows = found.scalars().all() if len(table.base.column_descriptions) == 1 else found.all()
    return View(table, rows, total, number, pages, sort, _columns(table), narrowed, faults)


def count_rows(session: Session, table: Table, asked: Mapping[str, str]) -> int:
    """How many rows the table has when an address asks for this."""
    query, _, _ = _narrowed(table, MultiDict(asked))
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def _narrowed(table: Table, asked: "MultiDict[str, str]") -> tuple[Any, bool, dict[str, Text]]:
    """The rows that are asked for, whether those are fewer than all, and what could not be read."""
    faults: dict[str, Text] = {}
    query, narrowed = table.base, False
    for one in table.filters:
        try:
            condition = one.condition(asked)
        except Unread as unread:
            fault = unread.fault
            faults[unread.name] = Text(*(fault.text.say(lang, **fault.values) for lang in LANGS))
            continue
        if condition is not None:
            query, narrowed = query.where(condition), True
    words = asked.get("q", "").strip()[:100]
    if words and table.search:
        query, narrowed = query.where(or_(*(c.icontains(words, autoescape=True) for c in table.search))), True
    return query, narrowed, faults


def _order(table: Table) -> tuple[str, list[Any]]:
    """The order asked for, blanks last, and always a whole one."""
    wanted = request.args.get("sort", table.default_sort)
    column = next((c for c in table.columns if c.name == wanted.removeprefix("-")), None)
    if column is None or column.sort is None:
        return "", [table.unique]
    directed = column.sort.desc() if wanted.startswith("-") else column.sort.asc()
    return wanted, [directed.nulls_last(), table.unique]


def _columns(table: Table) -> list[Column]:
    wanted = request.args.getlist("columns")
    found = [c for c in table.columns if c.name in wanted] if wanted else []
    return found or [c for c in table.columns if c.shown]


def address(**changes: str | None) -> str:
    """This page's address with some of its parameters replaced; None takes one out."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in changes]
    kept += [(k, v) for k, v in changes.items() if v is not None]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path
