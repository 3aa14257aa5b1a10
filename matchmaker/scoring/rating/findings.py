"""What a rule finds: passed, failed or not known, with the evidence it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from matchmaker.domain.terms import Disclosure, Result

Reason = Literal["met", "below", "counting", "blank", "stale", "no_source", "source_stale", "unauthorised", "withdrawn"]
"""Why a result is what it is: a fact meets the rule or is below it, a record counts; or why nothing can be said."""

Level = Literal["fail", "serious"]
What = Literal["fact", "record", "source"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a finding rests on: a fact of the entry, a record, or that records are supplied.

    ``name``: the fact, or the kind of record. ``on``: the fact's own day (a record: decided on; a source: last loaded).
    ``value``: of a source for how many days its loading holds. ``until``: the first day on which a record no longer
    counts. ``stale``: too old, so not used.
    """

    what: What
    name: str
    value: str | int | bool | None = None
    source: str | None = None
    number: str | None = None
    authority: str | None = None
    on: date | None = None
    until: date | None = None
    disclosure: Disclosure | None = None
    disputed: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one enterprise on one day.

    ``level``: how bad a failure is. ``turns_on``: the first later day on which time alone may change the finding.
    ``better_on``: the day from which it passes without anybody doing anything, where there is one.
    """

    rule: str
    result: Result
    reason: Reason
    level: Level | None = None
    evidence: tuple[Evidence, ...] = ()
    turns_on: date | None = None
    better_on: date | None = None


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON, all its parts in a fixed order; :func:`finding_of` reads it."""
    told = {f.name: _written(getattr(finding, f.name)) for f in fields(Finding) if f.name != "evidence"}
    return {**told, "evidence": [evidence_json(one) for one in finding.evidence]}


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """One piece of evidence as JSON."""
    return {f.name: _written(getattr(evidence, f.name)) for f in fields(Evidence)}


def finding_of(told: Mapping[str, Any]) -> Finding:
    """The finding that :func:`finding_json` wrote."""
    return Finding(
        rule=told["rule"],
        result=Result.of(told["result"]),
        reason=told["reason"],
        level=told["level"],
        evidence=tuple(evidence_of(one) for one in told["evidence"]),
        turns_on=_day(told["turns_on"]),
        better_on=_day(told["better_on"]),
    )


def evidence_of(told: Mapping[str, Any]) -> Evidence:
    """The evidence that :func:`evidence_json` wrote."""
    disclosure = told["disclosure"]
    read = {
        "on": _day(told["on"]),
        "until": _day(told["until"]),
        "disclosure": Disclosure.of(disclosure) if disclosure else None,
    }
    return Evidence(**{**told, **read})


def _written(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Result | Disclosure) else value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
