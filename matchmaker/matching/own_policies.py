"""The policies that one enterprise can have, nearly has, or may have once a fact is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.domain.terms import FulfilmentMode, Verdict
from matchmaker.domain.text import Lang
from matchmaker.matching.facts import Market
from matchmaker.matching.policies import policies_for, policies_for_enterprise
from matchmaker.scoring.arranged import arranged, is_asked
from matchmaker.scoring.explain import explain_policy
from matchmaker.scoring.facts import Enterprise, Need, Policy

_ORDER = tuple(Verdict)
_MODES = (FulfilmentMode.NO_APPLICATION, FulfilmentMode.INSTANT_APPLICATION, FulfilmentMode.ORDINARY, None)


@dataclass(frozen=True, slots=True)
class OwnPolicy:
    """A policy for an enterprise with the need for which it stands best. ``told``: ``explain_policy``."""

    policy: Policy
    verdict: Verdict
    need: Need | None
    told: dict[str, Any]

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The rows that are asked for and met."""
        return [row for row in self.told["criteria"] if row["result"] == "pass" and is_asked(row)]

    @property
    def missing(self) -> list[dict[str, Any]]:
        """The rows that are not met or not known, the easiest to settle first."""
        rows = [row for row in self.told["criteria"] if row["result"] != "pass"]
        return arranged(rows)[0] if rows else []


def own_policies(market: Market, enterprise: Enterprise, lang: Lang) -> list[OwnPolicy]:
    """Every policy in force for ``enterprise``: the best verdict first, then what asks least of it, by number.

    A policy is judged with each of its published needs and told with the one for which it comes out best; without a
    need, what is asked of a need is unknown, which is never taken for a no.
    """
    needs: Sequence[Need | None] = [n for n in market.needs if n.enterprise.uscc == enterprise.uscc] or [None]
    best: dict[str, tuple[Policy, Verdict, Need | None]] = {}
    for need in needs:
        judged = policies_for_enterprise(market, enterprise) if need is None else policies_for(market, need)
        for policy, verdict in judged:
            known = best.get(policy.policy_no)
            if known is None or _ORDER.index(verdict) < _ORDER.index(known[1]):
                best[policy.policy_no] = policy, verdict, need
    return sorted((_told(market, enterprise, *one, lang) for one in best.values()), key=_place)


def _told(
    market: Market, enterprise: Enterprise, policy: Policy, verdict: Verdict, need: Need | None, lang: Lang
) -> OwnPolicy:
    told = explain_policy(
        enterprise, need, policy, market.on, market.reference, lang=lang, credit_sources=market.credit_sources
    )
    return OwnPolicy(policy, verdict, need, told)


def _place(own: OwnPolicy) -> tuple[int, int, str]:
    return _ORDER.index(own.verdict), _MODES.index(own.policy.fulfilment_mode), own.policy.policy_no
