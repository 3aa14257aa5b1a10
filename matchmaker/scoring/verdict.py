"""Judging a pair: all sixteen criteria, and the verdict they come to (CONTRACT.md section 3)."""

from dataclasses import dataclass, replace
from datetime import date

from matchmaker.domain.terms import Result, Verdict
from matchmaker.scoring.criteria import CRITERIA
from matchmaker.scoring.facts import Enterprise, Need, Policy, Reference
from matchmaker.scoring.prepared import (
    AsksOn,
    NeedOn,
    PolicyOn,
    prepare_enterprise,
    prepare_need,
    prepare_policy,
)

MOST_TO_MEND = 2
"""With a failure, more failures and unknowns than this are beyond a near miss."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Result of each criterion in the order of the catalogue, the verdict, and the keys that failed or are unknown."""

    results: tuple[Result, ...]
    verdict: Verdict
    failed: tuple[str, ...]
    unknown: tuple[str, ...]


def judge(need: NeedOn, asks: AsksOn) -> Judgement:
    """Judge a need (or an enterprise) against what a product or policy asks; every criterion is judged."""
    results = []
    failed = []
    unknown = []
    hopeless = False
    for criterion in CRITERIA:
        result = criterion.kind.judge(need, asks)
        results.append(result)
        if result is Result.FAIL:
            failed.append(criterion.key)
            hopeless = hopeless or not criterion.repairable(need, asks)
        elif result is Result.UNKNOWN:
            unknown.append(criterion.key)
    return Judgement(tuple(results), _verdict(hopeless, len(failed), len(unknown)), tuple(failed), tuple(unknown))


def verdict_of(need: NeedOn, asks: AsksOn) -> Verdict:
    """Only the verdict of :func:`judge`, given up at the first failure that cannot be repaired."""
    failed = unknown = 0
    for criterion in CRITERIA:
        result = criterion.kind.judge(need, asks)
        if result is Result.PASS:
            continue
        if result is Result.UNKNOWN:
            unknown += 1
        elif criterion.repairable(need, asks):
            failed += 1
        else:
            return Verdict.INELIGIBLE
    return _verdict(False, failed, unknown)


def _verdict(hopeless: bool, failed: int, unknown: int) -> Verdict:
    if hopeless or (failed and failed + unknown > MOST_TO_MEND):
        return Verdict.INELIGIBLE
    if failed:
        return Verdict.NEAR
    return Verdict.NEEDS_INFORMATION if unknown else Verdict.ELIGIBLE


def judge_policy(
    enterprise: Enterprise, need: Need | None, policy: Policy, on: date, reference: Reference
) -> Judgement:
    """Judge a policy for an enterprise, with its need where there is one.

    Without a need, what is asked of the need (the purpose) is unknown. Conditions that no criterion can test make it
    ``needs_information`` at best.
    """
    asking = prepare_enterprise(enterprise, on, reference) if need is None else prepare_need(need, on, reference)
    return judge_policy_on(asking, prepare_policy(policy, on, reference))


def judge_policy_on(need: NeedOn, policy: PolicyOn) -> Judgement:
    """:func:`judge_policy` for sides that are prepared already."""
    judgement = judge(need, policy)
    if judgement.verdict is Verdict.ELIGIBLE and policy.facts.conditions.strip():
        return replace(judgement, verdict=Verdict.NEEDS_INFORMATION)
    return judgement
