"""The rows behind the numbers of the analysis: open or submitted needs, and products, narrowed as the charts count."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select

from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise, Need, Product
from matchmaker.push.funnel import STAGES, in_week, reached, was_published, week_name
from matchmaker.reports.coverage import CALLED_FOR, is_offered, is_open, of_chain, open_to
from matchmaker.web.tables.filters import Choice, Filter, Flag
from matchmaker.web.tables.matches import NO_CHAIN
from matchmaker.web.tables.table import Table

Conditions = dict[str, tuple[Text, ColumnElement[bool]]]
IN_NONE = "none"
"""How an address names the enterprises of no chain."""

_CHAIN, _TYPE = Text("产业链", "Chain"), Text("适用产品类型", "Type of product called for")


def needs_table(
    table: Table, chains: Mapping[str, Text], weeks: list[date], run_id: int, day: date, zone: Any
) -> Table:
    """``table`` (of needs) over all that were ever published, with the filters that the charts link by."""
    states = next(one for one in table.filters if one.name == "status")
    filters: list[Filter] = [
        Flag("chain", _CHAIN, _chains(chains, of_chain)),
        states,
        Flag("open", Text("在库", "Open"), {"yes": (Text("在库需求", "open needs"), is_open(day))}),
        Flag("type", _TYPE, {kind.value: (kind.label, condition) for kind, condition in CALLED_FOR.items()}),
        Flag("stage", Text("走到", "Came to"), {s.key: (s.label, reached(s.key, run_id)) for s in STAGES}),
        Flag("week", Text("提交周", "Week"), {week_name(m): (_week(m), in_week(m, zone)) for m in weeks}),
    ]
    base = select(Need).join(Enterprise, Enterprise.uscc == Need.uscc).where(was_published())
    return replace(table, base=base, filters=filters)


def products_table(table: Table, chains: Mapping[str, Text], day: date) -> Table:
    """``table`` (of products) over those in force."""
    types = next(one for one in table.filters if isinstance(one, Choice) and one.name == "product_type")
    filters: list[Filter] = [Flag("chain", _CHAIN, _chains(chains, open_to)), types]
    return replace(table, base=select(Product).where(is_offered(day)), filters=filters)


def _chains(chains: Mapping[str, Text], condition: Any) -> Conditions:
    found = {code: (name, condition(code)) for code, name in chains.items()}
    return {**found, IN_NONE: (NO_CHAIN, condition(None))}


def _week(monday: date) -> Text:
    return Text(f"{week_name(monday)}（{monday:%m-%d} 起）", f"{week_name(monday)} (from {monday:%m-%d})")
