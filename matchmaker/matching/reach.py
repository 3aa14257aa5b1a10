"""How many enterprises a policy would reach, by the engine that judges it later."""

from dataclasses import dataclass, replace

from matchmaker.domain.terms import Verdict
from matchmaker.matching.shelf import Crowd
from matchmaker.scoring.facts import Policy
from matchmaker.scoring.prepared import prepare_asks
from matchmaker.scoring.verdict import verdict_of


@dataclass(frozen=True, slots=True)
class Reach:
    """Published enterprises: those that meet every condition, those of which a fact is missing, and all."""

    meets: int
    unknown: int
    published: int


def reach_of(crowd: Crowd, policy: Policy) -> Reach:
    """Judge every published enterprise on the crowd's day.

    What is asked of a need (the purpose) and what no criterion can test are left out: they are judged with the need.
    """
    asks = prepare_asks(replace(policy.asks, purposes=()), crowd.on, crowd.reference)
    found = [verdict_of(one, asks) for one in crowd.enterprises]
    return Reach(found.count(Verdict.ELIGIBLE), found.count(Verdict.NEEDS_INFORMATION), len(found))
