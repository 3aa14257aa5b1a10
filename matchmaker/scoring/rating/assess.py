"""The rating itself: what every rule finds, the worst cap of all, how long it holds. A function of its input only."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import CreditKind, Result
from matchmaker.scoring.facts import Record
from matchmaker.scoring.rating.base import ONE_DAY, first_of
from matchmaker.scoring.rating.catalogue import RULES
from matchmaker.scoring.rating.facts import Facts, facts_json, facts_of
from matchmaker.scoring.rating.findings import Evidence, Finding, evidence_json, finding_json
from matchmaker.scoring.rating.ruleset import RuleSet, Setting, rules_json, worse
from matchmaker.scoring.records import KEPT_MONTHS

ALGORITHM = "sha256"
WITHDRAWN_CAP = Grade.C
"""What is left at best where a consent was withdrawn under which a record had counted, whatever a rule set says of
not knowing: withdrawing is everybody's right, but must not raise a grade that the record held down."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rules find. ``notes``: good things that are told but change no grade (recognitions, honours).

    ``valid_to``: the last day on which, unless somebody writes something, every rule still finds the same.
    """

    grade: Grade
    findings: tuple[Finding, ...]
    caps: Mapping[str, Grade | None]
    notes: tuple[Evidence, ...]
    valid_to: date


def assess(facts: Facts, rules: RuleSet, on: date) -> Assessment:
    """Rate one enterprise as of ``on``: A, unless a rule that is on leaves less."""
    used = [(rule, rules.settings[rule.key]) for rule in RULES if rules.settings[rule.key].on]
    findings = tuple(rule.judge(facts, setting.params, setting.fresh_days, on) for rule, setting in used)
    caps = {found.rule: cap_of(found, setting) for found, (_, setting) in zip(findings, used, strict=True)}
    turns = first_of(*(found.turns_on for found in findings), _consent_ends(facts, on))
    last = date.max if turns is None else turns - ONE_DAY
    valid_to = min(last, on + timedelta(days=rules.validity_days))
    return Assessment(_worst(caps), findings, caps, tuple(_notes(facts, on)), valid_to)


def _consent_ends(facts: Facts, on: date) -> date | None:
    """The day on which records that need a consent may no longer be read; at the earliest the next, for ``on`` they
    were."""
    return facts.consent_until and max(facts.consent_until, on + ONE_DAY)


def cap_of(found: Finding, setting: Setting) -> Grade | None:
    """The best grade that a finding leaves; None: any."""
    if found.result is Result.PASS:
        return None
    cap = setting.caps["unknown" if found.level is None else found.level]
    return WITHDRAWN_CAP if found.reason == "withdrawn" and worse(WITHDRAWN_CAP, cap) else cap


def _worst(caps: Mapping[str, Grade | None]) -> Grade:
    worst = Grade.A
    for cap in caps.values():
        if cap is not None and worse(cap, worst):
            worst = cap
    return worst


def grade_without(caps: Mapping[str, Grade | None], rule: str) -> Grade:
    """The grade if this one rule passed and everything else stayed."""
    return _worst({key: cap for key, cap in caps.items() if key != rule})


def _notes(facts: Facts, on: date) -> Iterator[Evidence]:
    for held in facts.tiers:
        if held.held_on(on):
            yield Evidence("fact", "tiers", held.tier.value, until=held.valid_to)
    for one in facts.records:
        record = one.record
        if record.kind is CreditKind.HONOUR and record.decided_on is not None and record.decided_on <= on:
            yield Evidence("record", record.kind.value, None, record.source, record.record_no, one.authority,
                           record.decided_on, disclosure=one.disclosure)  # fmt: skip


def results_json(found: Assessment) -> dict[str, Any]:
    """The assessment as JSON, as it is kept with a rating."""
    return {
        "grade": found.grade.value,
        "valid_to": found.valid_to.isoformat(),
        "findings": [{**finding_json(one), "cap": _code(found.caps[one.rule])} for one in found.findings],
        "notes": [evidence_json(one) for one in found.notes],
    }


def _code(grade: Grade | None) -> str | None:
    return None if grade is None else grade.value


def digest_of(facts: Facts, rules: RuleSet, on: date, found: Assessment) -> str:
    """SHA-256 (hexadecimal) over facts, rule set, day and results as canonical JSON (RELIABILITY.md rules 27, 28)."""
    told = {
        "facts": facts_json(facts),
        "rules": rules_json(rules),
        "as_of": on.isoformat(),
        "results": results_json(found),
    }
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def assess_again(facts: Mapping[str, Any], rules: RuleSet, on: date) -> str:
    """The digest that stored facts come to by ``rules`` on ``on``."""
    read = facts_of(facts)
    return digest_of(read, rules, on, assess(read, rules, on))


def erase_on(facts: Facts, on: date) -> date:
    """When a rating of ``on`` may no longer be kept: five years from the end of the first act in it, else from ``on``.

    《征信业管理条例》 article 16: adverse information is kept for five years from the end of the act.
    """
    ends = (_act_ended(one.record) for one in facts.records if one.record.kind is not CreditKind.HONOUR)
    return min(_later(day) for day in (*(day for day in ends if day is not None), on))


def _act_ended(record: Record) -> date | None:
    """Being listed for abnormal operation goes on until it is lifted; a blank end of others is read as usual."""
    if record.kind is CreditKind.ABNORMAL_OPERATION:
        return record.ended_on
    return record.ended_on or record.occurred_on or record.decided_on


def _later(day: date) -> date:
    return add_months(day, KEPT_MONTHS) if day.year + KEPT_MONTHS // 12 <= date.max.year else date.max
