"""What every product in the market comes to for one need, with the lists as they stand now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Lang, Text
from matchmaker.matching.facts import Market
from matchmaker.matching.policies import of_verdict, policies_for
from matchmaker.scoring.arranged import arranged
from matchmaker.scoring.facts import Need, Policy, Product
from matchmaker.scoring.ledger import Ledger
from matchmaker.scoring.match_cost import MatchCost, cost_on_match
from matchmaker.scoring.prepared import NeedOn, ProductOn, cover_used, prepare_need
from matchmaker.scoring.score import fit_of, score
from matchmaker.scoring.verdict import judge, verdict_of
from matchmaker.scoring.wording import Words


@dataclass(frozen=True, slots=True)
class Sorted:
    """The products of a market by their verdict for one need, in the order in which they are shown."""

    market: Market
    need: Need
    need_on: NeedOn
    products: Mapping[Verdict, Sequence[ProductOn]]

    def count(self, verdict: Verdict) -> int:
        """How many products have this verdict."""
        return len(self.products[verdict])


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One product for a need. ``tenths``, ``fit``: of eligible ones only; ``missing``: what stands in the way."""

    product: Product
    bank: str
    verdict: Verdict
    tenths: int | None
    fit: Text | None
    cost: MatchCost
    missing: str


def sort_products(market: Market, need: Need, products: Sequence[ProductOn]) -> Sorted:
    """Judge every product: eligible by score, others by what is left to settle, ties by product_code."""
    need_on = prepare_need(need, market.on, market.reference)
    found: dict[Verdict, list[ProductOn]] = {verdict: [] for verdict in Verdict}
    for product_on in products:
        found[verdict_of(need_on, product_on)].append(product_on)
    found[Verdict.ELIGIBLE].sort(key=lambda one: (-score(need_on, one), one.code))
    for verdict in (Verdict.NEAR, Verdict.NEEDS_INFORMATION):
        found[verdict].sort(key=lambda one: (_open_ends(need_on, one), one.code))
    return Sorted(market, need, need_on, found)


def _open_ends(need_on: NeedOn, product_on: ProductOn) -> int:
    judgement = judge(need_on, product_on)
    return len(judgement.failed) + len(judgement.unknown)


def describe(sorted_: Sorted, products: Sequence[ProductOn], lang: Lang) -> list[MatchRow]:
    """Rows of some products of the market: each with its cost at the lowest rate and what it lacks."""
    policies = of_verdict(policies_for(sorted_.market, sorted_.need), Verdict.ELIGIBLE)
    return [_row(sorted_, one, verdict_of(sorted_.need_on, one), policies, lang) for one in products]


def _row(sorted_: Sorted, product_on: ProductOn, verdict: Verdict, policies: Sequence[Policy], lang: Lang) -> MatchRow:
    product, cover = product_on.facts, cover_used(sorted_.need_on, product_on)
    tenths = score(sorted_.need_on, product_on) if verdict is Verdict.ELIGIBLE else None
    return MatchRow(
        product=product,
        bank=sorted_.market.bank_names.get(product.bank, product.bank),
        verdict=verdict,
        tenths=tenths,
        fit=None if tenths is None else fit_of(tenths),
        cost=cost_on_match(sorted_.need, product, product_on.rate_min_e6, policies, cover),
        missing=_missing(sorted_, product_on, verdict, lang),
    )


MORE = Text("{first}（另有 {n} 项）", "{first} ({n} more)")


def _missing(sorted_: Sorted, product_on: ProductOn, verdict: Verdict, lang: Lang) -> str:
    """One sentence: the easiest open point, or for an ineligible pair the one that nothing repairs; how many more."""
    market = sorted_.market
    results = judge(sorted_.need_on, product_on).results
    ledger = Ledger(
        sorted_.need_on, product_on, results, Words(lang, market.reference.names), market.reference,
        market.credit_sources,
    )  # fmt: skip
    rows: list[dict[str, Any]] = ledger.open_rows()
    if not rows:
        return ""
    ordered, _ = arranged(rows)
    first = ordered[-1] if verdict is Verdict.INELIGIBLE else ordered[0]
    said: str = first["text"]
    return said if len(rows) == 1 else MORE.say(lang, first=said, n=len(rows) - 1)
