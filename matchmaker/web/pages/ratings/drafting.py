"""Drafting rules of rating: a form over the declared parameters of every rule, from the version in force or a draft."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.guarantee_terms import Grade, RatingDimension
from matchmaker.domain.terms import TaxGrade
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.models import LEAST_REASON, RatingRules
from matchmaker.guarantee.rating.rules import draft_rules, find_rules, released_rules, rule_sets
from matchmaker.scoring.rating.base import Rule
from matchmaker.scoring.rating.catalogue import RULES
from matchmaker.scoring.rating.ruleset import FORMAT, LONGEST_DAYS
from matchmaker.web.forms import switched
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.ratings.routes import ratings
from matchmaker.web.pages.ratings.rule_rows import CAPS, FRESH, NONE
from matchmaker.web.pages.ratings.typed import Fault, refusals, typed
from matchmaker.web.view import actor, announce, current_day, page, parts, reading

Values = Mapping[str, str]
"""Field of the form → what stands in it; a box that is ticked says "yes"."""


@ratings.get("/ratings/rules/new")
@action("ratings.rules")
def draft() -> str:
    """The rules in force to be changed into a draft, or a draft (``?from=``) to be changed further."""
    with reading() as session:
        wanted = request.args.get("from", "")
        found = find_rules(session, wanted) if wanted else released_rules(session)
        return _form(_values(found, next_version(rule_sets(session), current_day())))


def _form(values: Values, fault: Fault | None = None) -> str:
    rules = [(one.label, [rule for rule in RULES if rule.dimension is one]) for one in RatingDimension]
    return page(
        "rating_draft.html", values=values, fault=fault, dimensions=rules, caps=CAPS, fresh=FRESH, no_cap=NONE,
        grades=tuple(Grade), tax_grades=tuple(TaxGrade), least=LEAST_REASON, most=LONGEST_DAYS,
    )  # fmt: skip


def next_version(found: Sequence[RatingRules], day: date) -> str:
    """Year, month and the next number that is free: ``2026.11.2``."""
    taken = {one.rules_version for one in found}
    number = 1
    while (name := f"{day.year}.{day.month}.{number}") in taken:
        number += 1
    return name


def _values(found: RatingRules, version: str) -> Values:
    """The form of a rule set: a draft goes on as it is, of any other a new version is made."""
    told = found.rules
    going_on = found.state == "draft"
    values = {
        "version": found.rules_version if going_on else version,
        "stamp": str(found.version) if going_on else "0",
        "note": found.note if going_on else "",
        "validity_days": str(told["validity_days"]),
    }
    for rule in RULES:
        for name, value in told["rules"][rule.key].items():
            written = ("yes" if value else "") if name == "on" else "" if value is None else str(value)
            values[f"{rule.key}.{name}"] = written
    return values


@ratings.post("/ratings/rules")
@action("ratings.rules")
def keep() -> Any:
    """Keep the draft; what is wrong with it comes back with what was typed."""

    def work(session: ScopedSession) -> str:
        told = {"format": FORMAT, "version": typed("version").strip(), "validity_days": _number("validity_days"),
                "rules": {rule.key: _rule(rule) for rule in RULES}}  # fmt: skip
        stamp = request.form.get("stamp", 0, type=int)
        made = draft_rules(session, actor=actor(), rules=told, note=typed("note"), stamp=stamp, now=parts().now())
        announce(_KEPT)
        return url_for("ratings.one_version", rules_id=made.public_id)

    def again(error: MatchmakerError) -> str:
        return _form(request.form, Fault.of("draft", error))

    if switched():
        return _form(request.form)
    return refusals(again, lambda: do_once(work))


def _rule(rule: Rule) -> dict[str, Any]:
    """What was typed for one rule, as JSON has it; what is no number is left for the reader of rules to refuse."""
    told: dict[str, Any] = {"on": typed(f"{rule.key}.on") == "yes"}
    told |= {name: typed(f"{rule.key}.{name}") or None for name in (*rule.levels, "unknown")}
    for param in rule.params:
        name = f"{rule.key}.{param.key}"
        told[param.key] = typed(name) if param.grade else _number(name)
    if rule.ages:
        told["fresh_days"] = _number(f"{rule.key}.fresh_days")
    return told


def _number(name: str) -> int | str | None:
    """A whole number, None for a blank; anything else as it was typed."""
    text = typed(name).strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


_KEPT = Text(
    "草稿已保存。先看影响，再由另一位工作人员发布。",
    "The draft is kept. Look at its effect; then another person releases it.",
)
