"""The table of a list, made from the fields that its model declares."""

from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import String, inspect, select, type_coerce
from sqlalchemy.orm import Session

from matchmaker.accounts.matrix import FIELDS
from matchmaker.actor import Actor
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import (
    AnnualRate,
    Code,
    Codes,
    Day,
    FreeText,
    KeyText,
    Money,
    Percent,
    Registered,
    RegisteredMany,
    Whole,
)
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.care import ENDING_DAYS, When, cares_of
from matchmaker.lists.entry import Entry, fields_of, key_fields
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import Organisation, Policy, Product
from matchmaker.lists.queries import MAINTAINED
from matchmaker.lists.readable import seen_of
from matchmaker.web.forms import OFFERED
from matchmaker.web.names import Names, show
from matchmaker.web.tables.filters import Between, Choice, Filter, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import current_day, linked, moment, tagged

SHOWN: dict[str, tuple[str, ...]] = {
    "policies": ("title", "level", "instrument", "fulfilment_mode", "valid_from", "valid_to"),
    "products": (
        "name", "bank_name", "product_type", "amount_max_wan", "term_max_months", "rate_min_pct", "rate_max_pct",
    ),
    "needs": ("uscc", "amount_wan", "term_months", "purpose", "max_rate_pct", "security_offered", "submitted_on"),
    "enterprises": ("name", "area_code", "industry_code", "chain_code", "founded_on", "tiers"),
    "organisations": ("name", "kind", "short_name"),
    "credit-records": ("uscc", "kind", "severity", "decided_on", "repaired_on"),
}  # fmt: skip
"""The columns that a table shows unasked; the reader may choose others. Contacts are nobody's reading matter."""

NARROWED: dict[str, tuple[str, ...]] = {
    "policies": ("level", "instrument", "chains", "valid_to"),
    "products": ("bank_name", "product_type", "security", "purposes", "chains", "amount_max_wan"),
    "needs": ("purpose", "security_offered", "amount_wan", "term_months", "submitted_on"),
    "enterprises": ("chain_code", "area_code", "size_class", "tax_grade", "founded_on"),
    "organisations": ("kind",),
    "credit-records": ("kind", "severity", "decided_on"),
}
"""The fields by which a table can be narrowed."""

_EVERYBODYS = (Product, Policy, Organisation)
"""Lists whose rows everybody sees: what is only for the owner can neither be sorted nor narrowed by."""
_ORDERED = (Money, Percent, Whole, Day)


def entry_table(
    session: Session, model: type[Entry], actor: Actor, names: Names, *, now: datetime, stale_days: int, link: Any
) -> Table:
    """The table of a list as ``actor`` may read it.

    ``names``: filled in once the rows are known; ``link``: entry → the address of its page.
    """
    kind = model.kind_name
    sides = FIELDS[actor.side]
    declared = [f for f in fields_of(model) if f.sensitivity in sides["own"] and f.sensitivity != "contact"]
    open_to = sides["other" if model in _EVERYBODYS else "own"]
    compared = [f for f in declared if f.sensitivity in open_to]
    columns = [_key_column(model, link)]
    columns += [_column(model, f, names, actor, f in compared) for f in declared if not f.key or f.code == "uscc"]
    columns += [_status_column(model, now, stale_days), _moment_column("confirmed_at", model.confirmed_at, _CONFIRMED)]
    return Table(
        base=select(model),
        columns=[_shown(column, kind) for column in columns],
        unique=model.id,
        filters=_filters(session, model, compared, now, stale_days),
        search=search_columns(model),
    )


def _shown(column: Column, kind: str) -> Column:
    always = ("key", "status")
    return Column(
        column.name, column.label, column.show, column.sort, column.form,
        shown=column.name in (*always, *SHOWN[kind]),
    )  # fmt: skip


def _key_column(model: type[Entry], link: Any) -> Column:
    declared = key_fields(model)
    last = inspect(model).columns[declared[-1].attribute]

    def told(entry: Any) -> Markup:
        key = " · ".join(str(getattr(entry, f.attribute)) for f in declared)
        return linked(link(entry), key)

    return Column("key", Text("编号", "Number"), told, last)


def _column(model: type[Entry], declared: Field, names: Names, actor: Actor, compared: bool) -> Column:
    """``compared``: may be sorted by, which tells as much as reading it of every row would."""
    column = inspect(model).columns[declared.attribute]
    one_code = isinstance(declared.kind, Code) and not isinstance(declared.kind, Codes)
    sortable = compared and (one_code or isinstance(declared.kind, (*_ORDERED, FreeText, KeyText)))
    numeric = declared.kind.storage == "integer" or isinstance(declared.kind, AnnualRate)
    form = "num" if numeric else "day" if isinstance(declared.kind, Day) else ""

    def told(entry: Any) -> str:
        return show(declared, entry, names) if declared.sensitivity in seen_of(actor, entry) else "--"

    return Column(declared.code, declared.label, told, column if sortable else None, form)


def _status_column(model: type[Entry], now: datetime, stale_days: int) -> Column:
    before = now - timedelta(days=stale_days)

    def told(entry: Any) -> Markup:
        found = tagged(entry.status.value, entry.status.label)
        if model in MAINTAINED and entry.status is EntryStatus.PUBLISHED and entry.confirmed_at < before:
            found += " " + tagged("stale", _STALE)
        if model in (Product, Policy) and entry.status is EntryStatus.PUBLISHED and _is_ending(entry.valid_to, now):
            found += " " + tagged("near", _ENDING)
        return found

    return Column("status", Text("状态", "State"), told, type_coerce(model.status, String))


def _is_ending(day: date | None, now: datetime) -> bool:
    return day is not None and now.date() <= day <= now.date() + timedelta(days=ENDING_DAYS)


def _moment_column(name: str, column: Any, label: Text) -> Column:
    return Column(name, label, lambda entry: moment(getattr(entry, name)), column, "day")


def _filters(
    session: Session, model: type[Entry], declared: list[Field], now: datetime, stale_days: int
) -> list[Filter]:
    states = [(state.value, state.label) for state in EntryStatus]
    found: list[Filter] = [Choice("status", Text("状态", "State"), model.status, states, load=EntryStatus.of)]
    wanted = NARROWED[model.kind_name]
    registers = load_registers(session, OFFERED)
    for field in declared:
        if field.code in wanted and (made := _filter(model, field, registers.by_name)):
            found.append(made)
    if cares_of(model):
        found.append(_care(model, now, stale_days))
    return found


def _filter(model: type[Entry], declared: Field, registers: Any) -> Filter | None:
    kind, column = declared.kind, inspect(model).columns[declared.attribute]
    if isinstance(kind, _ORDERED):
        return Between(declared.code, declared.label, column, kind)
    several = isinstance(kind, Codes | RegisteredMany)
    if isinstance(kind, Registered | RegisteredMany):
        names = registers[kind.register].names if kind.register in OFFERED else {}
        options = [(code, Text(known[0], known[-1])) for code, known in names.items() if known]
        return Choice(declared.code, declared.label, column, options, several) if options else None
    if kind.choices():
        options = [(term.value, term.label) for term in kind.choices()]
        of = type(kind.choices()[0]).of
        return Choice(declared.code, declared.label, column, options, several, load=of)
    return None


def _care(model: type[Entry], now: datetime, stale_days: int) -> Flag:
    """What needs somebody's attention (``lists.care``)."""
    when = When(now, current_day(), stale_days)
    conditions = {care.name: (care.label, care.condition(model, when)) for care in cares_of(model)}
    return Flag("care", Text("需要处理", "Needs care"), conditions)


def search_columns(model: type[Entry]) -> list[Any]:
    """The columns that a search looks into: names, titles and keys."""
    found = []
    for declared in fields_of(model):
        named = declared.attribute in ("name", "short_name", "title", "doc_no")
        if named or (declared.key and isinstance(declared.kind, KeyText | FreeText)):
            found.append(type_coerce(inspect(model).columns[declared.attribute], String))
    return found


_CONFIRMED = Text("最近确认", "Last confirmed")
_STALE = Text("待确认", "to be confirmed")
_ENDING = Text("30 日内到期", "ends within 30 days")
