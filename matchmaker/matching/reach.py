"""How many enterprises a policy would reach, by the engine that judges it later."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.domain.terms import Verdict
from matchmaker.matching.facts import load_enterprises
from matchmaker.scoring.facts import Policy
from matchmaker.scoring.prepared import prepare_asks, prepare_enterprise
from matchmaker.scoring.verdict import verdict_of


@dataclass(frozen=True, slots=True)
class Reach:
    """Published enterprises: those that meet every condition, those of which a fact is missing, and all."""

    meets: int
    unknown: int
    published: int


def reach_of(session: Session, policy: Policy, on: date) -> Reach:
    """Judge every published enterprise on a day.

    What is asked of a need (the purpose) and what no criterion can test are left out: they are judged with the need.
    """
    enterprises, reference = load_enterprises(session)
    asks = prepare_asks(replace(policy.asks, purposes=()), on, reference)
    found = [verdict_of(prepare_enterprise(one, on, reference), asks) for one in enterprises.values()]
    return Reach(found.count(Verdict.ELIGIBLE), found.count(Verdict.NEEDS_INFORMATION), len(found))
