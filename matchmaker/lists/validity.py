"""Whether a published entry still counts on a day, also where the nightly job has not ended it yet."""

from datetime import date
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, or_

from matchmaker.lists.models import Need


class Dated(Protocol):
    """A need as the engine's facts tell it."""

    @property
    def latest_funding_on(self) -> date | None:
        """The last day on which the money is of use."""


def is_wanted(need: Dated, on: date) -> bool:
    """Whether the money is still of use on ``on``. Matching does not ask; a push and a report do."""
    return need.latest_funding_on is None or not is_past(need.latest_funding_on, on)


def is_past(last: date, on: date) -> bool:
    """Whether a last day has gone by on ``on``."""
    return last < on


def in_force(model: Any, on: date) -> ColumnElement[bool]:
    """Condition on rows of needs (not past ``latest_funding_on``), products or policies (within their validity)."""
    if model is Need:
        return _until(Need.latest_funding_on, on)
    return and_(or_(model.valid_from.is_(None), model.valid_from <= on), _until(model.valid_to, on))


def _until(last: Any, on: date) -> ColumnElement[bool]:
    return or_(last.is_(None), last >= on)
