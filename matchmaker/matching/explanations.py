"""The explanation of one pair: section 4's object of the contract."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.domain.money import yuan_text
from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Lang
from matchmaker.matching.facts import Market, load_pair_market
from matchmaker.matching.policies import of_verdict, policies_for
from matchmaker.matching.presence import require_in_market
from matchmaker.scoring.explain import explain_pair
from matchmaker.scoring.facts import Need, Policy, Product
from matchmaker.scoring.ledger import Audience
from matchmaker.scoring.match_cost import cost_on_match
from matchmaker.scoring.prepared import cover_used, prepare_need, prepare_product


def explain(session: Session, need_no: str, product_code: str, on: date, lang: Lang) -> dict[str, Any]:
    """Criteria, components, repairs and cost of a pair on a date, with the lists as they stand now.

    NotFoundError when one of the two is unknown (naming the nearest) or not in the market on ``on`` (saying why).
    """
    require_in_market(session, need_no, product_code, on)
    market = load_pair_market(session, on, need_no, product_code)
    return explain_in(market, market.needs[0], market.products[0], lang)


def explain_in(
    market: Market, need: Need, product: Product, lang: Lang, *, audience: Audience = "enterprise"
) -> dict[str, Any]:
    """The same for a pair of a market that is loaded already.

    The cost counts the subsidy of a policy only where the policy is ``eligible``; those that may apply are listed
    beside it as ``possible_policies`` with what they would pay.
    """
    judged = policies_for(market, need)
    told = explain_pair(
        need,
        product,
        market.on,
        market.reference,
        policies=of_verdict(judged, Verdict.ELIGIBLE),
        lang=lang,
        versions=versions_of(market, need, product),
        credit_sources=market.credit_sources,
        audience=audience,
    )
    if told["cost"]:
        _add_possible(told["cost"], market, need, product, of_verdict(judged, Verdict.NEEDS_INFORMATION))
    return told


def versions_of(market: Market, need: Need, product: Product) -> dict[str, int | str]:
    """Versions of the entries that a pair is computed from; ``scheme`` and ``rating`` where it rests on a guarantee."""
    uscc = need.enterprise.uscc
    cover = cover_used(prepare_need(need, market.on, market.reference), product.asks)
    guarantee = (
        {"scheme": market.scheme_versions[cover.scheme.scheme_code], "rating": market.rating_versions[uscc]}
        if cover and uscc in market.rating_versions
        else {}
    )
    return {
        "need": market.need_versions[need.need_no],
        "product": market.product_versions[product.product_code],
        "enterprise": market.enterprise_versions[uscc],
        **guarantee,
    }


def _add_possible(
    cost: dict[str, Any], market: Market, need: Need, product: Product, policies: Sequence[Policy]
) -> None:
    on_day = prepare_product(product, market.on, market.reference)
    for name, rate in (("at_lowest", on_day.rate_min_e6), ("at_highest", on_day.rate_max_e6)):
        cost[name]["possible_policies"] = [
            {
                "policy_no": policy.policy_no,
                "title": policy.title,
                "subsidy": yuan_text(paid.total_fen),
                "conditions": policy.conditions or None,
            }
            for policy in policies
            if (paid := cost_on_match(need, product, rate, [policy]).subsidy)
        ]
