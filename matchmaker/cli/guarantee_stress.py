"""``flask guarantee stress``: who would bear what."""

from collections.abc import Mapping
from typing import Any

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import current_lang, database, echo_json
from matchmaker.cli.guarantee import guarantee_group
from matchmaker.domain.guarantee_terms import LossParty
from matchmaker.domain.money import amount_text
from matchmaker.domain.text import Text
from matchmaker.guarantee.ledger.stress import Stressed, stress


@guarantee_group.command("stress")
@click.option("--days", type=click.IntRange(min=0), default=60, show_default=True, help="A chain leader pays so late.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="So many customers fail.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def stress_command(days: int, top: int, as_json: bool) -> None:
    """Show who bears what if a chain's customers fall overdue, and if the largest customers fail.

    \b
    flask guarantee stress
    flask guarantee stress --days 90 --top 5 --json
    """
    with database().reading(CLI) as session:
        found = stress(session, days=days, top=top)
    if as_json:
        echo_json(_stress_json(found))
        return
    lang = current_lang()
    for chain in found.chains:
        amounts = {"out": amount_text(chain.nominal, lang), "claimable": amount_text(chain.claimable, lang)}
        click.echo(_CHAIN.say(lang, chain=chain.chain_code, days=found.days, firms=chain.customers, **amounts))
        click.echo(f"  {_shares(chain.parts)}")
    click.echo(_FAIL.say(lang, firms=found.customers, cases=found.failing))
    click.echo(f"  {_shares(found.parts)}")
    for one in found.guarantors:
        money = {"loss": one.loss, "assets": one.net_assets, "weighted": one.weighted, "bound": one.bound or 0}
        pattern = _UNBOUND if one.bound is None else _BROKEN if one.broken else _HELD
        click.echo(f"  {pattern.say(lang, org=one.org_code, **{k: amount_text(v, lang) for k, v in money.items()})}")


def _shares(parts: Mapping[LossParty, int]) -> str:
    lang = current_lang()
    told = [f"{party.label.say(lang)} {amount_text(fen, lang)}" for party, fen in parts.items()]
    return " · ".join(told) or _NONE.say(lang)


def _stress_json(found: Stressed) -> dict[str, Any]:
    chains = [
        {"chain_code": one.chain_code, "cases": one.cases, "customers": one.customers, "nominal_fen": one.nominal,
         "claimable_fen": one.claimable, "by_party_fen": _parts_json(one.parts)}
        for one in found.chains
    ]  # fmt: skip
    guarantors = [
        {"org_code": one.org_code, "loss_fen": one.loss, "net_assets_after_fen": one.net_assets,
         "weighted_after_fen": one.weighted, "leverage_bound_fen": one.bound, "kept": not one.broken}
        for one in found.guarantors
    ]  # fmt: skip
    fail = {"customers": found.customers, "cases": found.failing, "by_party_fen": _parts_json(found.parts)}
    return {"days": found.days, "chains": chains, "largest": {**fail, "guarantors": guarantors}}


def _parts_json(parts: Mapping[LossParty, int]) -> dict[str, int]:
    return {str(party): fen for party, fen in parts.items()}


_CHAIN = Text(
    "产业链 {chain} 的链主晚付 {days} 天：{firms} 家企业逾期，未还本金 {out}，其中可申请代偿 {claimable}",
    "The leader of chain {chain} pays {days} days late: {firms} enterprises overdue with {out} out, "
    "{claimable} of it claimable",
)
_FAIL = Text("余额最大的 {firms} 家企业违约（{cases} 笔）", "The {firms} largest enterprises fail ({cases} cases)")
_HELD = Text(
    "{org} 承担 {loss}，净资产剩 {assets}；担保责任余额 {weighted}，上限 {bound}",
    "{org} bears {loss} and is left with {assets}; weighted {weighted} of {bound}",
)
_BROKEN = Text(
    "{org} 承担 {loss}，净资产剩 {assets}；担保责任余额 {weighted}，超过上限 {bound}",
    "{org} bears {loss} and is left with {assets}; weighted {weighted}, above the limit of {bound}",
)
_UNBOUND = Text(
    "{org} 承担 {loss}，净资产剩 {assets}；没有放大倍数上限",
    "{org} bears {loss} and is left with {assets}; no leverage limit",
)
_NONE = Text("没有未还本金", "nothing out")
