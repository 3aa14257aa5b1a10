"""From list rows to the facts of a rating, in bulk: a few statements however many enterprises there are.

Records that need the enterprise's consent are read only where it gave one to the bureau, for looking at credit
information (《征信业管理条例》 article 18); without it only their kind is noted. Records without a say in a rating
(repaired, run out, never adverse) are not taken over.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from matchmaker.accounts.models import Consent
from matchmaker.clock import local
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import CreditKind, Disclosure, EntryStatus, OrganisationKind
from matchmaker.domain.text import normal
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.consented import credit_consents
from matchmaker.guarantee.rating.models import Rating
from matchmaker.lists.freshness import Freshness, freshness_of
from matchmaker.lists.models import CreditRecord, Enterprise, Organisation
from matchmaker.scoring.facts import Record
from matchmaker.scoring.rating.facts import FACTS, Covered, Fact, Facts, Filed, Loaded
from matchmaker.scoring.rating.record_rules import may_count
from matchmaker.settings import Settings

_OF_RECORD = ("source", "record_no", "kind", "severity", "occurred_on", "decided_on", "ended_on", "publish_until",
              "repaired_on", "disputed")  # fmt: skip
READ = tuple(f"{CreditRecord.kind_name}.{name}" for name in ("authority", *_OF_RECORD))
"""What is read of a credit record, as the page of disclosures names it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An enterprise to be rated. ``consent``: the one under which records were read that need it; None: none were."""

    facts: Facts
    chain_code: str | None
    consent: Consent | None


@dataclass(frozen=True, slots=True)
class Background:
    """What is the same for all enterprises: which kinds of records are supplied, and who the bureau is."""

    covered: Mapping[CreditKind, Covered]
    bureaus: tuple[str, ...]
    now: datetime
    settings: Settings


def load_background(session: ScopedSession, *, now: datetime, settings: Settings) -> Background:
    """Read it once a run. A session of the system's, or elevated.

    How fresh a source is says ``lists.freshness``, as for the page of the sources: by its newest record of any kind,
    for the days of the register.
    """
    fresh = freshness_of(session, local(now, settings.zone).date(), settings.zone)
    supplied = select(CreditRecord.kind, CreditRecord.source).where(CreditRecord.status == EntryStatus.PUBLISHED)
    kinds: dict[CreditKind, set[str]] = defaultdict(set)
    for kind, source in session.execute(supplied.distinct()):
        kinds[kind].add(normal(source))
    covered = {kind: tuple(_loaded(name, fresh[name]) for name in sorted(names)) for kind, names in kinds.items()}
    bureau = (Organisation.kind == OrganisationKind.BUREAU) & (Organisation.status == EntryStatus.PUBLISHED)
    codes = tuple(session.scalars(select(Organisation.org_code).where(bureau).order_by(Organisation.org_code)))
    return Background(covered, codes, now, settings)


def _loaded(source: str, fresh: Freshness) -> Loaded:
    assert fresh.last_loaded_on is not None  # it has records
    return Loaded(source, fresh.last_loaded_on, fresh.limit_days)


def published_enterprises(session: ScopedSession) -> Sequence[str]:
    """The codes of all enterprises that are rated, sorted."""
    known = select(Enterprise.uscc).where(Enterprise.status == EntryStatus.PUBLISHED)
    return session.scalars(known.order_by(Enterprise.uscc)).all()


def load_subjects(
    session: ScopedSession, usccs: Collection[str], on: date, background: Background
) -> dict[str, Subject]:
    """The facts of these enterprises as of ``on``, by code; one that is not published is left out.

    Four statements. A session of the system's, or elevated.
    """
    consents = credit_consents(session, usccs, background.bureaus, background.now)
    found = _records(session, usccs, on, consents)
    before = _counted_before(session, [uscc for uscc, one in found.items() if one.left_out])
    names = ("uscc", "chain_code", "tiers", "confirmed_at", *FACTS)
    mine = Enterprise.uscc.in_(usccs) & (Enterprise.status == EntryStatus.PUBLISHED)
    subjects: dict[str, Subject] = {}
    for row in session.execute(select(*(getattr(Enterprise, name) for name in names)).where(mine)).mappings():
        uscc, day = row["uscc"], local(row["confirmed_at"], background.settings.zone).date()
        records, consent = found[uscc], consents.get(uscc) if found[uscc].by_consent else None
        facts = Facts(
            uscc=uscc,
            known={name: Fact(row[name], day) for name in FACTS if row[name] is not None},
            tiers=tuple(row["tiers"]),
            records=tuple(sorted(records.kept, key=lambda one: (one.record.source, one.record.record_no))),
            covered=background.covered,
            left_out=frozenset(records.left_out),
            withdrawn=frozenset(records.left_out & before.get(uscc, set())),
            consent=consent.public_id if consent else None,
            consent_until=local(consent.expires_at, background.settings.zone).date() if consent else None,
        )
        subjects[uscc] = Subject(facts, row["chain_code"], consent)
    return subjects


@dataclass(slots=True)
class _Records:
    """Of one enterprise. ``left_out``: kinds that may not be read; ``by_consent``: whether some were under one."""

    kept: list[Filed] = field(default_factory=list)
    left_out: set[CreditKind] = field(default_factory=set)
    by_consent: bool = False


def _records(
    session: ScopedSession, usccs: Collection[str], on: date, consents: Mapping[str, Consent]
) -> dict[str, _Records]:
    found: dict[str, _Records] = defaultdict(_Records)
    for row in session.execute(_of(usccs)).mappings():
        mine, authorised = found[row["uscc"]], row["disclosure"] is Disclosure.AUTHORISED
        if authorised and row["uscc"] not in consents:
            mine.left_out |= {row["kind"]} - {CreditKind.HONOUR}
            continue
        mine.by_consent |= authorised
        mine.kept += _told(row, on)
    return found


def _counted_before(session: ScopedSession, usccs: Collection[str]) -> dict[str, set[CreditKind]]:
    """Enterprise → kinds of which a record that needs consent counted in the rating that stands, or was withdrawn from
    it already."""
    query = select(Rating.uscc, Rating.facts, Rating.results).where(Rating.uscc.in_(usccs))
    stands = EnterpriseRating.status == EntryStatus.PUBLISHED
    standing = query.join(EnterpriseRating, EnterpriseRating.rating_no == Rating.rating_no).where(stands)
    return {
        uscc: {CreditKind.of(kind) for kind in (*facts["withdrawn"], *_counted(results))}
        for uscc, facts, results in session.execute(standing)
    }


def _counted(results: Mapping[str, Any]) -> Iterator[str]:
    for found in results["findings"]:
        for one in found["evidence"] if found["reason"] == "counting" else ():
            if one["disclosure"] == Disclosure.AUTHORISED.value:
                yield one["name"]


def _of(usccs: Collection[str]) -> Select[Any]:
    names = ("uscc", "authority", "disclosure", *_OF_RECORD)
    mine = CreditRecord.uscc.in_(usccs) & (CreditRecord.status == EntryStatus.PUBLISHED)
    return select(*(getattr(CreditRecord, name) for name in names)).where(mine)


def _told(row: Mapping[Any, Any], on: date) -> Iterator[Filed]:
    record = Record(**{name: row[name] for name in _OF_RECORD})
    if record.kind is CreditKind.HONOUR or may_count(record, on):
        yield Filed(record, row["authority"], row["disclosure"])
