"""Lists: filters, search, order and pages by cursor, all made from the fields that a model declares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.domain.text import Text
from matchmaker.web.api.cursors import CURSOR, make_cursor, read_cursor
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply

LIMIT, MOST = 50, 200

Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Order:
    """Something to sort by. ``key``: never NULL; ``to_json`` and ``from_json``: its value in a cursor."""

    key: ColumnElement[Any]
    to_json: Callable[[Any], Any] = lambda value: value
    from_json: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True)
class Listing:
    """How a collection is listed. ``base``: what there is; ``orders``: name → what to sort by, ``id`` among them, which
    is unique and ends every order; ``filters``: name → (parameter, condition). ``members``: those that ``fields=`` may
    choose; ``always``: the one that is there whatever was chosen."""

    base: Select[Any]
    orders: Mapping[str, Order]
    filters: Mapping[str, tuple[Param, Condition]] = field(default_factory=dict)
    search: Sequence[Any] = ()
    members: Sequence[str] = ()
    default: tuple[str, ...] = ("id",)
    always: str = "id"

    @property
    def params(self) -> dict[str, Param]:
        """The parameters, for the document and the check."""
        found = {"limit": LIMIT_PARAM, "cursor": CURSOR, "include": _INCLUDE, "sort": _sort(self.orders)}
        if self.members:
            found["fields"] = _fields(self.members)
        if self.search:
            found["q"] = _Q
        return found | {name: param for name, (param, _) in self.filters.items()}


def list_page(
    session: Session,
    listing: Listing,
    dump: Callable[[Sequence[Any], list[str] | None], list[dict[str, Any]]],
    more: Mapping[str, Any] | None = None,
) -> Response:
    """The page that this request asks for; ``dump``: rows and the chosen members → JSON; ``more``: members of the page.

    One row more than the page holds is read, to know whether there is another page.
    """
    asked = read_query(listing.params)
    limit, cursor = asked.pop("limit", LIMIT), asked.pop("cursor", None)
    total = "total" in asked.pop("include", ())
    chosen = asked.pop("fields", None)
    order = _order(listing, asked.pop("sort", listing.default))
    question = f"{request.path}?{sorted(asked.items())}&{order}"
    wanted = listing.base.where(*_conditions(listing, asked))
    orders = [listing.orders[name] for name, _ in order]
    page = wanted.add_columns(*(one.key.label(f"order_{n}") for n, one in enumerate(orders))).limit(limit + 1)
    page = page.order_by(*(o.key.desc() if down else o.key for o, (_, down) in zip(orders, order, strict=True)))
    if cursor:
        after = [o.from_json(v) for o, v in zip(orders, read_cursor(question, cursor), strict=True)]
        page = page.where(_after(orders, [down for _, down in order], after))
    rows = session.execute(page).all()
    goes_on, width = len(rows) > limit, len(orders)
    rows = rows[:limit]
    last = [o.to_json(v) for o, v in zip(orders, rows[-1][-width:], strict=True)] if goes_on else None
    found = [row[0] if len(row) == width + 1 else tuple(row[:-width]) for row in rows]
    body: dict[str, Any] = {
        "data": _narrowed(dump(found, chosen), chosen, listing),
        "has_more": goes_on,
        **(more or {}),
    }
    body["next_cursor"] = make_cursor(question, last) if last else None
    if total:
        body["total"] = session.scalar(select(func.count()).select_from(wanted.subquery()))
    return reply(body, headers=_next_link(body["next_cursor"]))


def _narrowed(data: list[dict[str, Any]], chosen: list[str] | None, listing: Listing) -> list[dict[str, Any]]:
    """The members that ``fields=`` chose, and the one that is always there."""
    if chosen is None:
        return data
    kept = {*chosen, listing.always}
    return [{name: value for name, value in one.items() if name in kept} for one in data]


def _conditions(listing: Listing, asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [listing.filters[name][1](value) for name, value in asked.items() if name != "q"]
    if "q" in asked:
        found.append(or_(*(column.icontains(asked["q"], autoescape=True) for column in listing.search)))
    return found


def _order(listing: Listing, written: Sequence[str]) -> list[tuple[str, bool]]:
    """(name, descending) of each key; the id comes last where it was not asked for."""
    order: dict[str, bool] = {}
    for one in written:
        order.setdefault(one.removeprefix("-"), one.startswith("-"))
    return list(({**order} if "id" in order else {**order, "id": False}).items())


def _after(orders: Sequence[Order], down: Sequence[bool], values: Sequence[Any]) -> ColumnElement[bool]:
    """Behind the row with these values: for each key, equal in the ones before it and further on in it."""
    steps = []
    for place, (order, descending, value) in enumerate(zip(orders, down, values, strict=True)):
        equal = [one.key == values[n] for n, one in enumerate(orders[:place])]
        steps.append(and_(*equal, order.key < value if descending else order.key > value))
    return or_(*steps)


def _next_link(cursor: str | None) -> dict[str, str]:
    if cursor is None:
        return {}
    query = request.args.to_dict() | {"cursor": cursor}
    return {"Link": f'<{request.path}?{urlencode(query)}>; rel="next"'}


LIMIT_PARAM = Param(
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}, Text("每页条数。", "Entries of a page.")
)
_INCLUDE = Param(
    {"type": "array", "items": {"type": "string", "enum": ["total"]}, "maxItems": 1},
    Text("total：同时给出总数。", "total: the number of all entries, too."),
)
_Q = Param(
    {"type": "string", "minLength": 1, "maxLength": 100},
    Text("名称、标题或编号中含有的文字。", "Text that the name, title or number contains."),
)


def _sort(orders: Mapping[str, Order]) -> Param:
    names = [sign + name for name in orders for sign in ("", "-")]
    schema = {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1, "maxItems": 3}
    return Param(schema, Text("排序，减号表示降序。", "Order; a minus means descending."))


def _fields(members: Sequence[str]) -> Param:
    schema = {"type": "array", "items": {"type": "string", "enum": list(members)}, "minItems": 1}
    return Param(schema, Text("只给出这些成员。", "Only these members."))
