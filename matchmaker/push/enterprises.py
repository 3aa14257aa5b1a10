"""What an enterprise's finance officer is told: products that fit, near misses with their repair, policies."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from matchmaker.domain.terms import FulfilmentMode, Verdict
from matchmaker.domain.text import Text
from matchmaker.push.items import Item, Receiver
from matchmaker.push.scene import Scene
from matchmaker.push.words import MODES, benefit_text, money, open_points, pair, reasons, repair_words
from matchmaker.scoring.criteria import CRITERIA
from matchmaker.scoring.explain import applicable_policies
from matchmaker.scoring.facts import Need, Policy, Product
from matchmaker.scoring.guarantee_texts import fee_note
from matchmaker.scoring.match_cost import MatchCost, cost_on_match
from matchmaker.scoring.prepared import cover_used, prepare_need
from matchmaker.scoring.repairs import find_repairs

DEAREST = Decimal(10**9)
"""Sorts products whose cost is unknown behind all others."""


def items_by_receiver(scene: Scene, people: Sequence[Receiver]) -> Iterator[tuple[Receiver, list[Item]]]:
    """Each contact with the items of its enterprise's needs: fits by all-in cost, near misses, policies."""
    needs_of: dict[str, list[Need]] = {}
    for need_no in scene.oldest_first():
        need = scene.needs[need_no]
        needs_of.setdefault(need.enterprise.uscc, []).append(need)
    made: dict[str, list[Item]] = {}
    for person in people:
        assert person.uscc
        if person.uscc not in made:
            made[person.uscc] = _items(scene, needs_of.get(person.uscc, []))
        yield person, made[person.uscc]


def _items(scene: Scene, needs: Sequence[Need]) -> list[Item]:
    fits: list[tuple[Decimal, Item]] = []
    near: list[tuple[Any, Item]] = []
    policies: dict[str, tuple[Policy, Need]] = {}
    for need in needs:
        applicable = applicable_policies(need, scene.policies, scene.on, scene.market.reference)
        for policy in applicable:
            policies.setdefault(policy.policy_no, (policy, need))
        sure = [policy for policy in applicable if not policy.conditions.strip()]
        fits += _fits(scene, need, sure)
        near += _near(scene, need)
    fits.sort(key=lambda found: (found[0], found[1].key))
    near.sort(key=lambda found: (found[0], found[1].key))
    shown = [item for _, item in fits] + [item for _, item in near]
    return shown + [_policy(policy, need) for policy, need in sorted(policies.values(), key=_easiest)]


def _fits(scene: Scene, need: Need, policies: Sequence[Policy]) -> Iterator[tuple[Decimal, Item]]:
    need_on = prepare_need(need, scene.on, scene.market.reference)
    for found in _wanted(scene, need):
        if found.verdict is Verdict.ELIGIBLE and found.product_code in scene.fresh_products:
            product = scene.products[found.product_code]
            rate = _lowest_rate(scene, product)
            cost = cost_on_match(need, product, rate, policies, cover_used(need_on, product.asks))
            yield cost.before.simple_pct if cost.before else DEAREST, _fit(scene, need, product, cost)


def _wanted(scene: Scene, need: Need) -> Iterator[Any]:
    """The need's stored pairs but those of which one side has said no (EXPERIENCE.md E-8)."""
    stored = scene.pairs.get(need.need_no, ())
    return (found for found in stored if (need.need_no, found.product_code) not in scene.unwanted)


def _lowest_rate(scene: Scene, product: Product) -> int | None:
    asks = product.asks
    return scene.market.reference.lpr.resolve(asks.rate_min, scene.on, asks.term_max_months)


def _fit(scene: Scene, need: Need, product: Product, cost: MatchCost) -> Item:
    policy, borne = cost.subsidy.policy if cost.subsidy else None, cost.guarantee
    why = [pair(text) for text in reasons(product, scene.market.reference.names)]
    reads = {
        "verdict": Verdict.ELIGIBLE.value,
        **_pair_reads(need, product),
        "limits": [product.asks.amount_min_fen, product.asks.amount_max_fen],
        "rates": [cost.rate_pct_e6, product.rate_max and str(product.rate_max)],
        "fee": product.fee_pct_e6,
        "repayment": cost.repayment.value,
        "why": why,
        "policy": policy and [policy.policy_no, cost.subsidy and cost.subsidy.total_fen],
        **({"guarantee": [borne.cover.scheme.scheme_code, borne.fee_fen]} if borne else {}),
    }
    payload = {
        **_pair_payload(scene, need, product),
        "verdict": Verdict.ELIGIBLE.value,
        "criteria": len(CRITERIA),
        "why": why,
        "cost": _cost_json(cost),
        "notes": [pair(text) for text in _notes(cost)],
        "decision_days": product.decision_days,
    }
    return Item(_key(need, product), "fit", reads, payload)


def _notes(cost: MatchCost) -> list[Text]:
    """What the figures assume, and by whom the guarantee is paid that the match rests on."""
    borne = cost.guarantee
    told = [fee_note(borne.cover, borne.fee_fen)] if borne else []
    return told + [note.text for note in cost.assumptions]


def _cost_json(cost: MatchCost) -> dict[str, Any] | None:
    """Fen and percent texts, before and after the subsidy; None where the product states no rate."""
    before, after = cost.before, cost.after
    if cost.cost is None or before is None:
        return None
    return {
        "months": cost.months,
        "total_fen": before.total_fen,
        "pct": str(before.simple_pct),
        "interest_fen": cost.cost.interest_fen,
        "fees_fen": cost.cost.fees_fen,
        "subsidy": cost.subsidy
        and after
        and {
            "title": cost.subsidy.policy.title,
            "fen": cost.subsidy.total_fen,
            "total_fen": after.total_fen,
            "pct": str(after.simple_pct),
        },
    }


def _near(scene: Scene, need: Need) -> Iterator[tuple[Any, Item]]:
    """The first few near misses and open questions of a need that have a repair, the easiest repairs first."""
    names, left = scene.market.reference.names, scene.settings.push_max_items
    for found in _wanted(scene, need):
        if left == 0:
            return
        if found.verdict not in (Verdict.NEAR, Verdict.NEEDS_INFORMATION):
            continue
        if found.product_code not in scene.fresh_products:
            continue
        product = scene.products[found.product_code]
        repairs = find_repairs(need, product, scene.on, scene.market.reference)
        if not repairs:
            continue
        left -= 1
        keys = [key for key in f"{found.failed};{found.unknown}".split(";") if key]
        repair = pair(repair_words(repairs[0], names))
        reads = {"verdict": found.verdict.value, **_pair_reads(need, product), "open": keys, "repair": repair}
        payload = {
            **_pair_payload(scene, need, product),
            "verdict": found.verdict.value,
            "label": pair(found.verdict.label),
            "open": pair(open_points(keys)),
            "repair": repair,
        }
        place = list(Verdict).index(found.verdict)
        yield (place, repairs[0].effort), Item(_key(need, product), "near", reads, payload)


def _key(need: Need, product: Product) -> str:
    return f"match:{need.need_no}:{product.product_code}"


def _pair_reads(need: Need, product: Product) -> dict[str, Any]:
    return {"amount": need.amount_fen, "term": need.term_months, "bank": product.bank, "product": product.name}


def _pair_payload(scene: Scene, need: Need, product: Product) -> dict[str, Any]:
    bank = scene.market.bank_names.get(product.bank, product.bank)
    return {
        "rests_on": {"need": need.need_no, "product": product.product_code},
        "need": need_json(need, scene.fresh_needs[need.need_no][0]),
        "product": {"code": product.product_code, "name": product.name, "bank": bank},
    }


def need_json(need: Need, submitted_on: date | None) -> dict[str, Any]:
    """The need as its owner reads it."""
    return {
        "need_no": need.need_no,
        "purpose": pair(need.purpose.label),
        "amount": pair(money(need.amount_fen)),
        "months": need.term_months,
        "submitted_on": submitted_on and submitted_on.isoformat(),
    }


_MODE_ORDER = (FulfilmentMode.NO_APPLICATION, FulfilmentMode.INSTANT_APPLICATION, FulfilmentMode.ORDINARY, None)


def _easiest(found: tuple[Policy, Need]) -> tuple[bool, int, str]:
    policy, _ = found
    return bool(policy.conditions.strip()), _MODE_ORDER.index(policy.fulfilment_mode), policy.policy_no


def _policy(policy: Policy, need: Need) -> Item:
    sure = not policy.conditions.strip()
    reads = {
        "title": policy.title,
        "benefit": pair(benefit_text(policy)),
        "mode": policy.fulfilment_mode and policy.fulfilment_mode.value,
        "sure": sure,
        "valid_to": policy.valid_to and policy.valid_to.isoformat(),
    }
    payload = {
        "rests_on": {"need": need.need_no, "policy": policy.policy_no},
        "title": policy.title,
        "benefit": reads["benefit"],
        "mode": pair(MODES[policy.fulfilment_mode]) if policy.fulfilment_mode else None,
        "sure": sure,
        "valid_to": reads["valid_to"],
    }
    return Item(f"policy:{policy.policy_no}", "policy", reads, payload)
