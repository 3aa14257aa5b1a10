"""An enterprise's own credit file: every source with how fresh it is, every record with how it stands today.

《山东省社会信用条例》 articles 21 and 37, 《征信业管理条例》 article 17: whoever it is about may read it, with where it
is from and why it changed, records that only the government uses included.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from matchmaker.accounts.models import SubjectRequest
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text, normal
from matchmaker.lists.credit_sources import CreditSource
from matchmaker.lists.freshness import Freshness, freshness_of, sources
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.provenance import origin_of
from matchmaker.lists.queries import KeptVersion, history_of
from matchmaker.scoring.facts import Record
from matchmaker.scoring.standing import Standing, standing_on


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One record. ``asked``: kind of request → the one that is open; ``versions``: the newest first, each with what
    it came with."""

    record: CreditRecord
    standing: Standing
    asked: Mapping[str, SubjectRequest]
    versions: Sequence[tuple[KeptVersion, Text]] = ()

    @property
    def disputed(self) -> bool:
        """Whether it is in dispute, also where a later file has not said so."""
        return bool(self.record.disputed) or "correction" in self.asked


@dataclass(frozen=True, slots=True)
class OwnSource:
    """One source. ``known``: its row in the register, None for a source that does not stand there."""

    name: str
    known: CreditSource | None
    freshness: Freshness
    records: Sequence[OwnRecord]


def own_file(session: ScopedSession, uscc: str, on: date, zone: ZoneInfo) -> list[OwnSource]:
    """The file of one enterprise on ``on``, by source in the register's order, its records the newest first."""
    kept = (CreditRecord.uscc == uscc) & (CreditRecord.status == EntryStatus.PUBLISHED)
    newest = select(CreditRecord).where(kept).order_by(CreditRecord.decided_on.desc(), CreditRecord.record_no)
    asked = open_requests(session, uscc)
    by_source: dict[str, list[OwnRecord]] = defaultdict(list)
    for record in session.scalars(newest).all():
        by_source[normal(record.source)].append(_shown(session, record, asked, on))
    known = sources(session)
    return [
        OwnSource(name, known.get(name), freshness, by_source[name])
        for name, freshness in freshness_of(session, on, zone).items()
    ]


def open_requests(session: ScopedSession, uscc: str) -> Mapping[str, Mapping[str, SubjectRequest]]:
    """Public id of a record → kind → the request about it that waits for its answer."""
    waiting = (SubjectRequest.uscc == uscc) & (SubjectRequest.state == "open") & SubjectRequest.record.is_not(None)
    found: dict[str, dict[str, SubjectRequest]] = defaultdict(dict)
    for one in session.scalars(select(SubjectRequest).where(waiting)):
        found[one.record or ""][one.kind] = one
    return found


def _shown(
    session: ScopedSession, record: CreditRecord, asked: Mapping[str, Mapping[str, SubjectRequest]], on: date
) -> OwnRecord:
    """The versions are the bureau's to write, and the enterprise's to read of its own records: looked up across."""
    with session.elevated():
        versions = history_of(session, record)
    told = [(version, origin_of(version.cause)) for version in versions]
    return OwnRecord(record, standing_on(as_record(record), on), asked.get(record.public_id, {}), told)


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What the bureau holds of one source. ``due_on``: by when the first open request about its records is due."""

    name: str
    known: CreditSource | None
    freshness: Freshness
    records: int = 0
    enterprises: int = 0
    decided_on: date | None = None
    disputes: int = 0
    repairs: int = 0
    due_on: date | None = None


def source_counts(session: ScopedSession, on: date, zone: ZoneInfo) -> list[SourceCount]:
    """Every source as the bureau sees it on ``on``, in the register's order."""
    held, asked = _held(session), _asked(session)
    known = sources(session)
    return [
        SourceCount(name, known.get(name), fresh, *held.get(name, ()), **asked.get(name, {}))
        for name, fresh in freshness_of(session, on, zone).items()
    ]


def _held(session: ScopedSession) -> Mapping[str, tuple[int, int, date | None]]:
    """Source → its records, the enterprises that they are of, and the newest decision."""
    firms = func.count(CreditRecord.uscc.distinct())
    counted = select(CreditRecord.source, func.count(CreditRecord.id), firms, func.max(CreditRecord.decided_on))
    kept = counted.where(CreditRecord.status == EntryStatus.PUBLISHED).group_by(CreditRecord.source)
    return {normal(source): (records, firms, newest) for source, records, firms, newest in session.execute(kept)}


def _asked(session: ScopedSession) -> Mapping[str, dict[str, Any]]:
    """Source → how many disputes and repairs wait for their answer, and the first day that one is due."""
    about = select(CreditRecord.source, SubjectRequest.kind, SubjectRequest.due_on)
    waiting = about.join(SubjectRequest, SubjectRequest.record == CreditRecord.public_id)
    found: dict[str, dict[str, Any]] = {}
    for source, kind, due_on in session.execute(waiting.where(SubjectRequest.state == "open")):
        told = found.setdefault(normal(source), {"disputes": 0, "repairs": 0, "due_on": due_on})
        told["disputes" if kind == "correction" else "repairs"] += 1
        told["due_on"] = min(told["due_on"], due_on)
    return found


def as_record(record: CreditRecord) -> Record:
    """A stored record as the rules of counting see it."""
    return Record(**{name: getattr(record, name) for name in Record.__dataclass_fields__})
