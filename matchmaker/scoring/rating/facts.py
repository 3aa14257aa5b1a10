"""What a rating rests on: dated facts with their source, written as JSON so that it can be judged again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from matchmaker.domain.terms import CreditKind, Disclosure, Severity, TaxGrade, Tier
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring.facts import Record

FACTS = ("tax_grade", "founded_on", "revenue_fen", "employees", "is_first_loan")
"""The facts of the enterprise's own entry that rules look at; of a blank one there is nothing."""

_DAYS = ("occurred_on", "decided_on", "ended_on", "publish_until", "repaired_on")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the enterprise's entry. ``on``: when its owner last said that it is right."""

    value: Any
    on: date


@dataclass(frozen=True, slots=True)
class Filed:
    """A credit record with what a reader must know of it. ``authority``: whom a repair is asked of."""

    record: Record
    authority: str | None = None
    disclosure: Disclosure | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A source of records. ``on``: when it last was loaded; ``days``: how long that holds by the register of sources
    (``lists.freshness``), None: no limit of its own."""

    source: str
    on: date
    days: int | None = None


Covered = tuple[Loaded, ...]
"""The sources that supply records of one kind, by name.

Without any the absence of a record says nothing; neither does it while one of them is out of date (CONTRACT.md
section 3: a clean record never looks better informed than it is).
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one enterprise. ``left_out``: kinds with records that may not be read without consent.

    ``withdrawn``: those of them of which a record counted in the rating before, under a consent that is gone.
    ``consent``: public id of the consent under which records were read that need one; ``consent_until``: the day on
    which that consent ends.
    """

    uscc: str
    known: Mapping[str, Fact] = field(default_factory=dict)
    tiers: tuple[TierHeld, ...] = ()
    records: tuple[Filed, ...] = ()
    covered: Mapping[CreditKind, Covered] = field(default_factory=dict)
    left_out: frozenset[CreditKind] = frozenset()
    withdrawn: frozenset[CreditKind] = frozenset()
    consent: str | None = None
    consent_until: date | None = None


def facts_json(facts: Facts) -> dict[str, Any]:
    """The facts as JSON, in a fixed order; :func:`facts_of` reads it."""
    return {
        "uscc": facts.uscc,
        "known": {
            name: {"value": _written(f.value), "on": f.on.isoformat()} for name, f in sorted(facts.known.items())
        },
        "tiers": [{"tier": held.tier.value, "valid_to": _written(held.valid_to)} for held in facts.tiers],
        "records": [_record_json(one) for one in facts.records],
        "covered": {
            kind.value: [{"source": one.source, "on": one.on.isoformat(), "days": one.days} for one in loaded]
            for kind, loaded in sorted(facts.covered.items())
        },
        "left_out": sorted(kind.value for kind in facts.left_out),
        "withdrawn": sorted(kind.value for kind in facts.withdrawn),
        "consent": facts.consent,
        "consent_until": _written(facts.consent_until),
    }


def facts_of(told: Mapping[str, Any]) -> Facts:
    """The facts that :func:`facts_json` wrote."""
    return Facts(
        uscc=told["uscc"],
        known={name: Fact(_read(name, f["value"]), date.fromisoformat(f["on"])) for name, f in told["known"].items()},
        tiers=tuple(TierHeld(Tier.of(held["tier"]), _day(held["valid_to"])) for held in told["tiers"]),
        records=tuple(_filed(one) for one in told["records"]),
        covered={
            CreditKind.of(kind): tuple(Loaded(c["source"], date.fromisoformat(c["on"]), c["days"]) for c in loaded)
            for kind, loaded in told["covered"].items()
        },
        left_out=frozenset(CreditKind.of(kind) for kind in told["left_out"]),
        withdrawn=frozenset(CreditKind.of(kind) for kind in told["withdrawn"]),
        consent=told["consent"],
        consent_until=_day(told["consent_until"]),
    )


def _written(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, TaxGrade) else value


def _read(name: str, value: Any) -> Any:
    if name == "tax_grade":
        return TaxGrade.of(value)
    return date.fromisoformat(value) if name == "founded_on" else value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _record_json(one: Filed) -> dict[str, Any]:
    record = one.record
    days = {name: _written(getattr(record, name)) for name in _DAYS}
    return {
        "source": record.source,
        "record_no": record.record_no,
        "kind": record.kind.value,
        "severity": record.severity.value,
        **days,
        "disputed": record.disputed,
        "authority": one.authority,
        "disclosure": one.disclosure.value if one.disclosure else None,
    }


def _filed(told: Mapping[str, Any]) -> Filed:
    record = Record(
        source=told["source"],
        record_no=told["record_no"],
        kind=CreditKind.of(told["kind"]),
        severity=Severity.of(told["severity"]),
        disputed=told["disputed"],
        **{name: _day(told[name]) for name in _DAYS},
    )
    disclosure = told["disclosure"]
    return Filed(record, told["authority"], Disclosure.of(disclosure) if disclosure else None)
