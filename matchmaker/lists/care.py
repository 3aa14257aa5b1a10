"""What in a list needs somebody's attention: one declaration for pages, workbooks, indicators and the API."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists

from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, ListVersion
from matchmaker.lists.models import Contact, Enterprise, Need, Policy, Product

ENDING_DAYS = 30
ON_BEHALF = "on_behalf"
"""Cause of the first version of a need that the bureau entered after a visit."""


@dataclass(frozen=True, slots=True)
class When:
    """The moment that conditions are asked for. ``today``: its day in the city; ``stale_days``: the setting."""

    now: datetime
    today: date
    stale_days: int


@dataclass(frozen=True, slots=True)
class Care:
    """One named condition on the rows of ``models``."""

    name: str
    label: Text
    models: tuple[type[Entry], ...]
    condition: Callable[[Any, When], ColumnElement[bool]]


def cares_of(model: type[Entry]) -> tuple[Care, ...]:
    """The conditions that a list can be narrowed by, in the order of their urgency."""
    return tuple(care for care in CARES if model in care.models)


def _stale(model: Any, when: When) -> ColumnElement[bool]:
    late: ColumnElement[bool] = model.confirmed_at < when.now - timedelta(days=when.stale_days)
    return _published(model) & late


def _ending(model: Any, when: When) -> ColumnElement[bool]:
    last = when.today + timedelta(days=ENDING_DAYS)
    return and_(_published(model), model.valid_to >= when.today, model.valid_to <= last)


def _ended(model: Any, when: When) -> ColumnElement[bool]:
    return and_(_published(model), model.valid_to < when.today)


def _without_contact(model: Any, _when: When) -> ColumnElement[bool]:
    known = (Contact.uscc == model.uscc) & (Contact.status == EntryStatus.PUBLISHED)
    return _published(model) & ~exists().where(known).correlate(model)


def awaits_enterprise(model: Any, _when: When | None = None) -> ColumnElement[bool]:
    """Needs that the bureau entered after a visit and the enterprise has not confirmed yet."""
    first = (ListVersion.kind == Need.kind_name) & (ListVersion.entry_id == model.id) & (ListVersion.version == 1)
    draft: ColumnElement[bool] = model.status == EntryStatus.DRAFT
    return draft & exists().where(first, ListVersion.cause == ON_BEHALF).correlate(model)


def _published(model: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = model.status == EntryStatus.PUBLISHED
    return found


CARES: tuple[Care, ...] = (
    Care("stale", Text("待确认", "to be confirmed"), (Product, Need, Policy), _stale),
    Care("ending", Text("30 日内到期", "ends within 30 days"), (Product, Policy), _ending),
    Care("ended", Text("已过有效期", "past its end"), (Product, Policy), _ended),
    Care("no_contact", Text("没有联系人", "without a contact"), (Enterprise,), _without_contact),
    Care("awaits_enterprise", Text("代填，待企业确认", "awaits the enterprise"), (Need,), awaits_enterprise),
)
