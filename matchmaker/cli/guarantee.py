"""``flask guarantee``: exposure, proof and stress of the books of guarantees."""

from typing import Any

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import command_group, current_day, current_lang, database, echo_json, say
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.money import amount_text
from matchmaker.domain.text import Text
from matchmaker.guarantee.ledger.checking import FLAWS, Checked, verify_ledger
from matchmaker.guarantee.ledger.queries import exposure
from matchmaker.scoring.limits import Limit
from matchmaker.scoring.measures import Measures

guarantee_group = command_group("guarantee", "Show, prove and stress the books of guarantees.")


@guarantee_group.command("exposure")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def exposure_command(as_json: bool) -> None:
    """Show per guarantor and scheme the four amounts, what is reserved, each limit and what is left of it.

    \b
    flask guarantee exposure
    flask guarantee exposure --json
    """
    on = current_day()
    with database().reading(CLI) as session:
        found = exposure(session, on)
    if as_json:
        echo_json({"on": on.isoformat(), "guarantors": [one.to_json(current_lang()) for one in found]})
        return
    for guarantor in found:
        _show(f"{guarantor.org_code} {guarantor.name}", guarantor.held, guarantor.limits, "")
        for scheme in guarantor.schemes:
            _show(f"{scheme.scheme_code} {scheme.name}", scheme.held, scheme.limits, "  ")
    if not found:
        say(_NOBODY)


def _show(name: str, held: Measures, limits: tuple[Limit, ...], lead: str) -> None:
    lang = current_lang()
    click.echo(f"{lead}{name}")
    amounts = {
        "nominal": held.nominal,
        "guaranteed": held.guaranteed,
        "retained": held.retained,
        "weighted": held.weighted,
        "reserved": held.reserved_guaranteed,
    }
    click.echo(f"{lead}  {_AMOUNTS.say(lang, **{key: amount_text(fen, lang) for key, fen in amounts.items()})}")
    for limit in limits:
        used, bound = limit.shown(lang)
        pattern = _AT_LEAST if limit.least else _AT_MOST
        mark = "✓" if limit.left >= 0 else "✗"
        click.echo(f"{lead}  {mark} {pattern.say(lang, label=limit.label, used=used, bound=bound)}")


@guarantee_group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def verify_command(as_json: bool) -> None:
    """Prove that every entry balances and every cached balance is the sum of its legs; exit code 3 where not.

    \b
    flask guarantee verify
    flask guarantee verify --json
    """
    with database().reading(CLI) as session:
        checked = verify_ledger(session)
    if as_json:
        echo_json(_checked_json(checked))
    if checked.flaws:
        first = checked.flaws[0]
        raise RejectedError(
            _NOT_WHOLE, code="ledger_broken", flaw=FLAWS[first.code], place=first.place, found=first.found,
            expected=first.expected, flaws=len(checked.flaws),
        )  # fmt: skip
    if not as_json:
        say(_WHOLE, entries=checked.entries, legs=checked.legs, balances=checked.balances)


def _checked_json(checked: Checked) -> dict[str, Any]:
    lang = current_lang()
    flaws = [
        {"code": one.code, "means": FLAWS[one.code].say(lang), "place": one.place, "found": one.found,
         "expected": one.expected}
        for one in checked.flaws
    ]  # fmt: skip
    counts = {"entries": checked.entries, "legs": checked.legs, "balances": checked.balances}
    return {**counts, "whole": not checked.flaws, "flaws": flaws}


_AMOUNTS = Text(
    "贷款余额 {nominal} · 担保余额 {guaranteed} · 自留余额 {retained} · 加权余额 {weighted} · 已预留 {reserved}",
    "loans {nominal} · guaranteed {guaranteed} · retained {retained} · weighted {weighted} · reserved {reserved}",
)
_AT_MOST = Text("{label}：已用 {used}，上限 {bound}", "{label}: {used} used of {bound}")
_AT_LEAST = Text("{label}：现为 {used}，下限 {bound}", "{label}: {used}, at least {bound}")
_NOBODY = Text(
    "还没有登记担保机构。用 flask registers import guarantors 登记。",
    "No guarantor is registered. Register one with flask registers import guarantors.",
)
_WHOLE = Text(
    "担保分户账相符：{entries} 笔分录、{legs} 条明细，{balances} 个余额与合计一致。",
    "The ledger holds: {entries} entries, {legs} legs, {balances} balances agree with their sums.",
)
_NOT_WHOLE = Text(
    "担保分户账不符：{flaw}（{place}，现为 {found}，应为 {expected} 分；共 {flaws} 处）。"
    "没有自动修改；保留现有数据库，与审计链和备份核对。",
    "The ledger does not hold: {flaw} ({place}: {found}, not {expected} fen; {flaws} flaws in all). "
    "Nothing was changed; keep the database and compare it with the audit and a backup.",
)
