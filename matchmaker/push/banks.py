"""What a bank's people are told: needs that fit their products, anonymous; policies that touch their products."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.domain.areas import trim_area
from matchmaker.domain.terms import Verdict
from matchmaker.push.cards import write_cards
from matchmaker.push.items import Item, Occasion, Receiver
from matchmaker.push.leads import RESPONSE_WORKDAYS, update_leads
from matchmaker.push.models import Lead
from matchmaker.push.scene import Scene
from matchmaker.push.words import benefit_text, pair
from matchmaker.scoring.facts import Asks, Policy, Product

EXPIRING_DAYS = 30
NAMED_PRODUCTS = 2


def items_by_receiver(
    session: Session, scene: Scene, occasion: Occasion, people: Sequence[Receiver]
) -> Iterator[tuple[Receiver, list[Item]]]:
    """Each contact with the open leads of its bank, newest due date last, and the policies for its products.

    Leads are given away first; all of a bank's people see the same ones.
    """
    assert occasion.push_run_id is not None
    sent_on = occasion.not_before.astimezone(scene.zone).date()
    leads = update_leads(
        session,
        scene,
        banks={person.org_code for person in people if person.org_code},
        push_run_id=occasion.push_run_id,
        shown_at=occasion.not_before,
        due_on=scene.workdays.add(sent_on, RESPONSE_WORKDAYS),
    )
    write_cards(session, scene, leads)
    made: dict[str, list[Item]] = {}
    for lead in sorted(leads, key=lambda lead: (lead.due_on, lead.id)):
        if lead.need_no in scene.fresh_needs and lead.product_code in scene.fresh_products:
            made.setdefault(lead.org_code, []).append(_lead_item(lead))
    policies: dict[str, list[Item]] = {}
    for person in people:
        assert person.org_code
        if person.org_code not in policies:
            policies[person.org_code] = _policy_items(scene, person.org_code)
        yield person, made.get(person.org_code, []) + policies[person.org_code]


def _lead_item(lead: Lead) -> Item:
    """Nothing here comes from the enterprise but through the card. ``rests_on``, which nobody reads, names the need.

    The card's codes stay with the lead: programmes read them there, and a message has no use for them.
    """
    assert lead.card is not None
    shown, product = lead.card["card"], lead.card["product"]
    reads = {
        "verdict": Verdict.ELIGIBLE.value,
        "card": [shown["firm"], shown["wants"]],
        "product": product["code"],
        "name": product["name"],
    }
    payload = {
        "rests_on": {"need": lead.need_no, "product": lead.product_code},
        **{name: told for name, told in lead.card.items() if name != "codes"},
        "lead": lead.public_id,
        "firm_version": lead.firm_version,
        "due_on": lead.due_on.isoformat(),
    }
    return Item(f"lead:{shown['need_no']}", "lead", reads, payload)


def _policy_items(scene: Scene, org_code: str) -> list[Item]:
    mine = [scene.products[c] for c in sorted(scene.fresh_products) if scene.products[c].bank == org_code]
    found = [(policy, [p for p in mine if touches(policy.asks, p.asks)]) for policy in scene.policies]
    touched = [(policy, some) for policy, some in found if some]
    touched.sort(key=lambda one: (one[0].valid_to or date.max, one[0].policy_no))
    return [_policy_item(policy, some, _is_expiring(policy, scene.on)) for policy, some in touched]


def _is_expiring(policy: Policy, on: date) -> bool:
    return policy.valid_to is not None and policy.valid_to <= on + timedelta(days=EXPIRING_DAYS)


def _policy_item(policy: Policy, products: Sequence[Product], expiring: bool) -> Item:
    reads: dict[str, Any] = {
        "title": policy.title,
        "benefit": pair(benefit_text(policy)),
        "valid_to": policy.valid_to and policy.valid_to.isoformat(),
        "expiring": expiring,
    }
    payload = {
        "rests_on": {"policy": policy.policy_no},
        **reads,
        "products": [product.name for product in products[:NAMED_PRODUCTS]],
        "product_count": len(products),
    }
    return Item(f"policy:{policy.policy_no}", "policy", reads, payload)


def touches(policy: Asks, product: Asks) -> bool:
    """Whether some enterprise could fall under both: nothing that either asks excludes what the other asks."""
    return (
        _meet(policy.chains, product.chains)
        and _meet(policy.purposes, product.purposes)
        and _meet(policy.size_classes, product.size_classes)
        and _meet(policy.tax_grades, product.tax_grades)
        and _nested(policy.industries, product.industries)
        and _nested(tuple(map(trim_area, policy.areas)), tuple(map(trim_area, product.areas)))
    )


def _meet(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return not one or not other or bool(set(one) & set(other))


def _nested(one: Sequence[str], other: Sequence[str]) -> bool:
    return not one or not other or any(a.startswith(b) or b.startswith(a) for a in one for b in other)
