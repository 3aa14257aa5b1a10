"""How fresh the credit records of each source are: what is old or was never loaded must not look clean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from matchmaker.clock import SHANGHAI, local
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import normal
from matchmaker.lists.credit_sources import CreditSource
from matchmaker.lists.models import CreditRecord

DEFAULT_DAYS = 30
"""How long records hold of a source that does not stand in the register."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """When a source was last loaded (local day; None: never), and for how many days that holds on the day ``on``."""

    last_loaded_on: date | None
    limit_days: int
    on: date

    @property
    def until(self) -> date | None:
        """The last day on which it is fresh."""
        return self.last_loaded_on and self.last_loaded_on + timedelta(days=self.limit_days)

    @property
    def stale(self) -> bool:
        """Whether what is there is older than its limit; where nothing was ever loaded nothing is old."""
        return self.until is not None and self.on > self.until


def freshness_of(session: ScopedSession, on: date, zone: ZoneInfo = SHANGHAI) -> Mapping[str, Freshness]:
    """Source → freshness on ``on``: of every source in the register, and of every other that records name.

    Loading means that a file or a programme brought a record of the source: new, changed or the same. A dispute or a
    repair is no loading. Of all enterprises, whoever asks: that a source holds nothing of one rests on all of them.
    """
    known = sources(session)
    with session.elevated():
        newest = select(CreditRecord.source, func.max(CreditRecord.confirmed_at)).group_by(CreditRecord.source)
        found = session.execute(newest.where(CreditRecord.status == EntryStatus.PUBLISHED)).all()
    loaded = {normal(source): local(at, zone).date() for source, at in found}
    return {
        name: Freshness(loaded.get(name), known[name].fresh_days if name in known else DEFAULT_DAYS, on)
        for name in (*known, *sorted(loaded.keys() - known.keys()))
    }


def sources(session: ScopedSession) -> Mapping[str, CreditSource]:
    """Source → its row in the register, in the register's order."""
    kept = select(CreditSource).where(CreditSource.status == EntryStatus.PUBLISHED).order_by(CreditSource.id)
    return {normal(one.source): one for one in session.scalars(kept)}
