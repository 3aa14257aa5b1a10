"""The rules of rating: their versions, one of them in words, a draft's release by another person."""

from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.guarantee_terms import RatingDimension
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.models import RatingRules
from matchmaker.guarantee.rating.rules import find_rules, release_rules, rule_sets
from matchmaker.scoring.rating.ruleset import RuleSet, read_rules
from matchmaker.web.guard import action
from matchmaker.web.moved import people_in
from matchmaker.web.once import do_once
from matchmaker.web.pages.ratings.routes import ratings
from matchmaker.web.pages.ratings.rule_rows import rule_rows
from matchmaker.web.pages.ratings.typed import Fault, refusals
from matchmaker.web.view import actor, announce, page, parts, reading

STATES: Mapping[str, tuple[str, Text]] = {
    "draft": ("waiting", Text("草稿", "draft")),
    "released": ("pass", Text("现行", "in force")),
    "retired": ("out", Text("已停用", "retired")),
}
"""State of a rule set → its colour and its name."""


@ratings.get("/ratings/rules")
@action("ratings.read")
def versions() -> str:
    """All versions, the newest first; a handful."""
    with reading() as session:
        found = rule_sets(session)
        names = _people(session, *found)
    return page("rating_versions.html", found=found, states=STATES, names=names)


def _people(session: ScopedSession, *found: RatingRules) -> Mapping[str, str]:
    return people_in(session, [who for one in found for who in (one.made_by, one.released_by) if who])


@ratings.get("/ratings/rules/<rules_id>")
@action("ratings.read")
def one_version(rules_id: str) -> str:
    """One version in words; of a draft what is new in it, and its release."""
    return show_version(rules_id)


def show_version(rules_id: str, fault: Fault | None = None) -> str:
    """The page of a version, with what was wrong with a form that was sent from it."""
    with reading() as session:
        return page("rating_rules.html", fault=fault, **told_version(session, rules_id))


def told_version(session: ScopedSession, rules_id: str) -> dict[str, Any]:
    """What every page of a version shows."""
    found = find_rules(session, rules_id)
    read = read_rules(found.rules)
    before = _in_force(session) if found.state == "draft" else None
    return {
        "one": found,
        "state": STATES[found.state],
        "read": read,
        "before": before,
        "dimensions": [(one.label, rule_rows(one, read, before)) for one in RatingDimension],
        "names": _people(session, found),
        "mine": actor().who in (found.made_by, *found.authors),
    }


def _in_force(session: ScopedSession) -> RuleSet | None:
    released = next((one for one in rule_sets(session) if one.state == "released"), None)
    return None if released is None else read_rules(released.rules)


@ratings.post("/ratings/rules/<rules_id>/release")
@action("ratings.rules")
def release(rules_id: str) -> Any:
    """Put a draft in force, by another person than who drafted it, as that person saw it."""

    def work(session: ScopedSession) -> str:
        made = release_rules(
            session, actor=actor(), version=rules_id, stamp=request.form.get("stamp", type=int), now=parts().now()
        )
        announce(_RELEASED, version=made.rules_version)
        return url_for("ratings.one_version", rules_id=rules_id)

    def again(error: MatchmakerError) -> str:
        return show_version(rules_id, Fault.of("release", error))

    return refusals(again, lambda: do_once(work))


_RELEASED = Text(
    "版本 {version} 现在生效，今晚按它重新评级。",
    "Version {version} is in force now; enterprises are rated by it tonight.",
)
