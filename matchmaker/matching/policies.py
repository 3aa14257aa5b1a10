"""Which policies an enterprise can have, with its need or without."""

from collections.abc import Sequence

from matchmaker.domain.terms import Verdict
from matchmaker.matching.facts import Market
from matchmaker.scoring.facts import Enterprise, Need, Policy
from matchmaker.scoring.prepared import NeedOn, prepare_enterprise, prepare_need, prepare_policy
from matchmaker.scoring.verdict import judge_policy_on

PolicyVerdict = tuple[Policy, Verdict]


def policies_for(market: Market, need: Need) -> list[PolicyVerdict]:
    """The policies in force on the market's date with their verdict for ``need``, in the order of policy_no.

    ``needs_information`` means "to be checked": a fact is missing, or the policy has conditions that no criterion
    tests. Only ``eligible`` ones may be counted as sure.
    """
    return _judged(market, prepare_need(need, market.on, market.reference))


def policies_for_enterprise(market: Market, enterprise: Enterprise) -> list[PolicyVerdict]:
    """The same for an enterprise without a need: what is asked of a need is unknown."""
    return _judged(market, prepare_enterprise(enterprise, market.on, market.reference))


def _judged(market: Market, asking: NeedOn) -> list[PolicyVerdict]:
    return [
        (policy, judge_policy_on(asking, prepare_policy(policy, market.on, market.reference)).verdict)
        for policy in market.policies
    ]


def of_verdict(judged: Sequence[PolicyVerdict], verdict: Verdict) -> tuple[Policy, ...]:
    """The policies with this verdict."""
    return tuple(policy for policy, found in judged if found is verdict)
