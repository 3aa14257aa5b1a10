"""Who is to be rated anew: what the rules say by now, beside the rating that stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.facts import Subject
from matchmaker.guarantee.rating.models import Rating
from matchmaker.scoring.rating.assess import Assessment, results_json
from matchmaker.scoring.rating.facts import Facts
from matchmaker.scoring.rating.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules in force say of one enterprise; nothing is written yet."""

    subject: Subject
    result: Assessment

    @property
    def facts(self) -> Facts:
        """What it rests on."""
        return self.subject.facts


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is known of the rating that stands."""

    rules_version: str
    as_of: date
    valid_to: date
    results: dict[str, Any]


def due_of(session: ScopedSession, found: Sequence[Found], rules: RuleSet, on: date) -> list[Found]:
    """Who has no rating, one that ends on the day, was made by other rules or would come out differently by now."""
    columns = (Rating.uscc, Rating.rules_version, Rating.as_of, Rating.valid_to, Rating.results)
    stands = EnterpriseRating.status == EntryStatus.PUBLISHED
    query = select(*columns).join(EnterpriseRating, EnterpriseRating.rating_no == Rating.rating_no).where(stands)
    mine = query.where(EnterpriseRating.uscc.in_([one.facts.uscc for one in found]))
    standing = {uscc: _Standing(*others) for uscc, *others in session.execute(mine)}
    return [one for one in found if _is_due(standing.get(one.facts.uscc), one, rules, on)]


def _is_due(standing: _Standing | None, found: Found, rules: RuleSet, on: date) -> bool:
    if standing is None:
        return True
    if standing.as_of > on:
        return False
    if standing.rules_version != rules.version or (standing.valid_to <= on and standing.as_of < on):
        return True
    return _essence(standing.results) != _essence(results_json(found.result))


def _essence(results: dict[str, Any]) -> list[Any]:
    """What makes two results differ for those concerned: not the day on which a fact was confirmed once more."""
    told = [
        (one["rule"], one["reason"], one["level"], one["cap"],
         [(e["name"], e["value"], e["number"], e["until"]) for e in one["evidence"]])
        for one in results["findings"]
    ]  # fmt: skip
    return [*told, [(e["name"], e["value"], e["number"]) for e in results["notes"]]]
