"""Which policies an enterprise can have, for its need."""

from collections.abc import Sequence

from matchmaker.domain.terms import Verdict
from matchmaker.matching.facts import Market
from matchmaker.scoring.facts import Enterprise, Need, Policy
from matchmaker.scoring.verdict import judge_policy

PolicyVerdict = tuple[Policy, Verdict]


def policies_for(market: Market, need: Need) -> list[PolicyVerdict]:
    """The policies in force on the market's date with their verdict for ``need``, in the order of policy_no.

    ``needs_information`` means "to be checked": a fact is missing, or the policy has conditions that no criterion
    tests. Only ``eligible`` ones may be counted as sure.
    """
    return [
        (policy, judge_policy(need.enterprise, need, policy, market.on, market.reference).verdict)
        for policy in market.policies
    ]


def policies_for_enterprise(market: Market, enterprise: Enterprise) -> list[PolicyVerdict]:
    """The same for an enterprise without a need: what is asked of a need is unknown."""
    return [
        (policy, judge_policy(enterprise, None, policy, market.on, market.reference).verdict)
        for policy in market.policies
    ]


def of_verdict(judged: Sequence[PolicyVerdict], verdict: Verdict) -> tuple[Policy, ...]:
    """The policies with this verdict."""
    return tuple(policy for policy, found in judged if found is verdict)
