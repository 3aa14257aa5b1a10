"""The explanation of one pair: section 4's object of the contract."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Lang
from matchmaker.matching.facts import Market, load_pair_market
from matchmaker.matching.policies import of_verdict, policies_for
from matchmaker.matching.presence import require_in_market
from matchmaker.scoring.explain import explain_pair
from matchmaker.scoring.facts import Need, Product
from matchmaker.scoring.score import RANKER, RULES_VERSION
from matchmaker.scoring.text import TEXT_WEIGHTS_VERSION


def explain(session: Session, need_no: str, product_code: str, on: date, lang: Lang) -> dict[str, Any]:
    """Criteria, components, repairs and cost of a pair on a date, with the lists as they stand now.

    NotFoundError when one of the two is unknown (naming the nearest) or not in the market on ``on`` (saying why).
    """
    require_in_market(session, need_no, product_code, on)
    market = load_pair_market(session, on, need_no, product_code)
    return explain_in(market, market.needs[0], market.products[0], lang)


def explain_in(market: Market, need: Need, product: Product, lang: Lang) -> dict[str, Any]:
    """The same for a pair of a market that is loaded already."""
    return explain_pair(
        need,
        product,
        market.on,
        market.reference,
        policies=of_verdict(policies_for(market, need), Verdict.ELIGIBLE),
        lang=lang,
        versions=versions_of(market, need, product),
    )


def versions_of(market: Market, need: Need, product: Product) -> dict[str, int | str]:
    """All versions that the explanation depends on."""
    return {
        "need": market.need_versions[need.need_no],
        "product": market.product_versions[product.product_code],
        "enterprise": market.enterprise_versions[need.enterprise.uscc],
        "rules": RULES_VERSION,
        "ranker": RANKER,
        "text_weights": TEXT_WEIGHTS_VERSION,
    }
