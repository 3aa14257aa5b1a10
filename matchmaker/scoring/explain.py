"""The explanation of a pair (CONTRACT.md section 4), the same object for web, mail, API and print."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Lang, Text
from matchmaker.scoring.criteria import BY_KEY, CRITERIA
from matchmaker.scoring.facts import Enterprise, Need, Policy, Product, Reference
from matchmaker.scoring.ledger import Audience, Ledger
from matchmaker.scoring.match_cost import cost_on_match
from matchmaker.scoring.prepared import (
    NeedOn,
    ProductOn,
    cover_used,
    in_market,
    prepare_enterprise,
    prepare_need,
    prepare_policy,
    prepare_product,
)
from matchmaker.scoring.repair_texts import repair_json
from matchmaker.scoring.repairs import find_repairs
from matchmaker.scoring.score import RANKER, RULES_VERSION, components, score
from matchmaker.scoring.text import TEXT_WEIGHTS_VERSION
from matchmaker.scoring.verdict import Judgement, judge, judge_policy_on
from matchmaker.scoring.wording import Words

NOTICE = Text("契合不等于获批，以银行审批为准", "A fit is not an approval; the bank decides")
"""Shown wherever an explanation is shown (PRODUCT.md section 4)."""

ALL_PASS = Text("{count} 项全部满足", "all {count} criteria met")
FAILED = Text("差 {count} 项：{labels}", "{count} short: {labels}")
BEYOND = Text("{count} 项不符合：{labels}", "{count} not met: {labels}")
UNKNOWN = Text("待补充 {count} 项：{labels}", "{count} to be stated: {labels}")
CONDITIONS = Text("另有其他条件待核实", "further conditions to be confirmed")
AND = Text("；", "; ")


def explain_pair(
    need: Need,
    product: Product,
    on: date,
    reference: Reference,
    *,
    policies: Iterable[Policy] = (),
    lang: Lang,
    versions: Mapping[str, int | str] | None = None,
    credit_sources: Sequence[str] = (),
    audience: Audience = "enterprise",
) -> dict[str, Any]:
    """Section 4's object for a pair on a date, sentences in ``lang``; pure, the same inputs give the same object.

    Money in ``required``, ``actual`` and ``gap`` is yuan with two decimals, percent the shortest exact decimal, both as
    text; a move's ``field`` is a column of the files and its values are that column's cells. ``repairable`` speaks of
    failures only. ``policies``: of these, the ones that apply to the need are costed. ``versions`` names those of need,
    product and enterprise. ``credit_sources``: sources from which credit records are loaded. For the audience ``bank``
    no value of the enterprise or need is told, and repairs, components and cost, which would give them away, are empty.
    """
    need_on, product_on = prepare_need(need, on, reference), prepare_product(product, on, reference)
    judgement, words = judge(need_on, product_on), Words(lang, reference.names)
    ledger = Ledger(need_on, product_on, judgement.results, words, reference, credit_sources, audience)
    eligible, full = judgement.verdict is Verdict.ELIGIBLE, audience == "enterprise"
    repairs = find_repairs(need, product, on, reference)
    return {
        "need_no": need.need_no,
        "product_code": product.product_code,
        "on": on.isoformat(),
        "verdict": judgement.verdict.value,
        "score": score(need_on, product_on) / 10 if eligible else None,
        "components": _components(need_on, product_on, lang) if eligible and full else [],
        "criteria": ledger.rows(),
        "repairs": [repair_json(repair, words) for repair in repairs] if full else [],
        "cost": _cost(need_on, product_on, applicable_policies(need, policies, on, reference), lang) if full else None,
        "plan": None,
        "versions": {**(versions or {}), **engine_versions()},
    }


def explain_policy(
    enterprise: Enterprise,
    need: Need | None,
    policy: Policy,
    on: date,
    reference: Reference,
    *,
    lang: Lang,
    credit_sources: Sequence[str] = (),
) -> dict[str, Any]:
    """The ledger of a policy for an enterprise, with its need where there is one; the same rows as for a product."""
    asking = prepare_enterprise(enterprise, on, reference) if need is None else prepare_need(need, on, reference)
    policy_on = prepare_policy(policy, on, reference)
    judgement = judge_policy_on(asking, policy_on)
    ledger = Ledger(asking, policy_on, judgement.results, Words(lang, reference.names), reference, credit_sources)
    return {
        "policy_no": policy.policy_no,
        "title": policy.title,
        "need_no": need.need_no if need else None,
        "on": on.isoformat(),
        "verdict": judgement.verdict.value,
        "summary": summary(judgement, lang),
        "criteria": ledger.rows(),
        "conditions": policy.conditions,
        "versions": {"rules": RULES_VERSION},
    }


def policy_conditions(policy: Policy, on: date, reference: Reference, lang: Lang) -> list[tuple[str, str]]:
    """(key of the criterion, sentence) of each condition of a policy, in the order of the catalogue."""
    nobody = prepare_enterprise(Enterprise(""), on, reference)
    return Ledger(
        nobody, prepare_policy(policy, on, reference), (), Words(lang, reference.names), reference
    ).conditions()


def applicable_policies(need: Need, policies: Iterable[Policy], on: date, reference: Reference) -> tuple[Policy, ...]:
    """Policies in force of which no criterion fails or is unknown; their further conditions remain to be confirmed."""
    need_on = prepare_need(need, on, reference)
    return tuple(policy for policy in policies if in_market(policy, on) and _applies(need_on, policy, reference))


def _applies(need_on: NeedOn, policy: Policy, reference: Reference) -> bool:
    return judge(need_on, prepare_policy(policy, need_on.on, reference)).verdict is Verdict.ELIGIBLE


def summary(judgement: Judgement, lang: Lang) -> str:
    """The top line, counted from the results: ``16 项全部满足``, ``差 1 项：成立时间``."""
    told = []
    if judgement.failed:
        told.append(_counted(BEYOND if judgement.verdict is Verdict.INELIGIBLE else FAILED, judgement.failed, lang))
    if judgement.unknown:
        told.append(_counted(UNKNOWN, judgement.unknown, lang))
    if not told:
        told.append(ALL_PASS.say(lang, count=len(CRITERIA)))
        if judgement.verdict is not Verdict.ELIGIBLE:
            told.append(CONDITIONS.say(lang))
    return AND.say(lang).join(told)


def _counted(pattern: Text, keys: Sequence[str], lang: Lang) -> str:
    return pattern.say(lang, count=len(keys), labels=Words(lang).join(BY_KEY[key].label.say(lang) for key in keys))


def engine_versions() -> dict[str, int | str]:
    """Versions of everything in the engine that an explanation depends on."""
    return {"rules": RULES_VERSION, "ranker": RANKER, "text_weights": TEXT_WEIGHTS_VERSION}


def _components(need_on: NeedOn, product_on: ProductOn, lang: Lang) -> list[dict[str, Any]]:
    return [
        {
            "key": part.key,
            "label": part.label.say(lang),
            "points": part.tenths / 10,
            "max_points": part.max_tenths / 10,
            "text": part.text.say(lang),
        }
        for part in components(need_on, product_on)
    ]


def _cost(need_on: NeedOn, product_on: ProductOn, policies: Sequence[Policy], lang: Lang) -> dict[str, Any]:
    rates = {"at_lowest": product_on.rate_min_e6, "at_highest": product_on.rate_max_e6}
    assert need_on.facts is not None
    need, cover = need_on.facts, cover_used(need_on, product_on)
    return {
        name: cost_on_match(need, product_on.facts, rate, policies, cover).to_json(lang) for name, rate in rates.items()
    }
