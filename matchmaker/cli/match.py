"""``flask match``: run, explain, export and recompute matches."""

import csv
import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import IO, Any

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import (
    Progress,
    command_group,
    current_day,
    current_lang,
    database,
    day_option,
    echo_json,
    now,
    say,
    settings,
)
from matchmaker.cli.ledger import ledger
from matchmaker.domain.errors import Exit
from matchmaker.domain.parse import guarded
from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Text, normal
from matchmaker.lists.files.saving import replacing
from matchmaker.matching.compute import Outcome, PairRow, match_market
from matchmaker.matching.explanations import explain
from matchmaker.matching.facts import load_market
from matchmaker.matching.services import ENGINE, Recomputed, recompute_run, store_run, stream_export

MOST = 1000
"""Largest ``--top-k``."""

HEADER = (
    "need_no",
    "product_code",
    "verdict",
    "failed",
    "unknown",
    "score",
    "rank_for_need",
    "rank_for_product",
)

match_group = command_group("match", "Match needs with products, explain, export and recompute.")

on_option = click.option(
    "--on", callback=day_option, metavar="YYYY-MM-DD", help="Date given to validity and criteria (default: today)."
)
top_k_option = click.option(
    "--top-k", type=click.IntRange(1, MOST), default=None, help="Eligible pairs kept on each side (default: setting)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@match_group.command("run")
@on_option
@top_k_option
@json_option
@click.option("--dry-run", is_flag=True, help="Compute and report; store nothing.")
def run_command(on: date | None, top_k: int | None, as_json: bool, dry_run: bool) -> None:
    """Match all open needs with all products in the market and store the run.

    \b
    flask match run
    flask match run --on 2026-11-30 --top-k 20 --json
    """
    began = now()
    with database().reading(CLI) as session:
        market = load_market(session, on or current_day())
    outcome = match_market(market, top_k or settings().top_k, _progress())
    run_id = None
    if not dry_run:
        with database().writing(CLI) as session:
            run_id = store_run(session, outcome, now=began, origin="cli").id
    if as_json:
        echo_json(_run_json(outcome, run_id))
    else:
        click.echo(_run_text(outcome, run_id))
    if not outcome.pairs:
        say(_EMPTY, needs=len(market.needs), products=len(market.products), on=market.on)


@match_group.command("explain")
@click.argument("need_no")
@click.argument("product_code")
@on_option
@json_option
def explain_command(need_no: str, product_code: str, on: date | None, as_json: bool) -> None:
    """Say why a product fits a need or not, what would change it, and what it costs.

    \b
    flask match explain XQ-20261130-70000 P0070003
    flask match explain XQ-20261130-70000 P0070003 --on 2026-11-30 --json --lang en
    """
    with database().reading(CLI) as session:
        told = explain(session, normal(need_no), normal(product_code), on or current_day(), current_lang())
    if as_json:
        echo_json(told)
    else:
        click.echo(ledger(told, current_lang()))


@match_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@on_option
@top_k_option
@click.option("--all", "all_pairs", is_flag=True, help="Every pair in the market, not only the best eligible ones.")
def export_command(file: Path, on: date | None, top_k: int | None, all_pairs: bool) -> None:
    """Write the pairs to a CSV file, by need and product; stores nothing.

    \b
    flask match export matches.csv
    flask match export all.csv --all --on 2026-11-30
    """
    with database().reading(CLI) as session:
        rows = stream_export(
            session,
            on or current_day(),
            all_pairs=all_pairs,
            top_k=top_k or settings().top_k,
            progress=_progress(),
        )
        count = _write_csv(file, rows)
    say(Text("已写入 {file}：{count} 对。", "Wrote {file}: {count} pairs."), file=file, count=count)


@match_group.command("recompute")
@click.argument("run_id", type=int)
@json_option
def recompute_command(run_id: int, as_json: bool) -> None:
    """Compute a past run again from the list versions it used and compare; ends with 5 when it differs.

    \b
    flask match recompute 12
    flask match recompute 12 --json
    """
    with database().reading(CLI) as session:
        found = recompute_run(session, run_id, _progress())
        told = _recomputed_json(found)
    if as_json:
        echo_json(told)
    else:
        click.echo((_SAME if found.same else _DIFFERS).say(current_lang(), run_id=run_id, digest=found.digest))
        for difference in found.differences:
            click.echo("  " + difference.say(current_lang()))
    if not found.same:
        sys.exit(Exit.CONFLICT)


def _progress() -> Callable[[int, int], None]:
    """Progress over needs, told on standard error; its length is known at the first call."""
    shown: list[Progress] = []

    def told(done: int, total: int) -> None:
        if not shown:
            shown.append(Progress(Text("匹配", "Matching"), total))
        shown[0](done)

    return told


def _write_csv(file: Path, rows: Iterable[PairRow]) -> int:
    """Write beside ``file`` and rename at the end, so that a broken run leaves no half of a file; gives the count.

    A link keeps pointing where it did; a device or a pipe, such as ``/dev/stdout``, is written to as it is.
    """
    if file.exists() and not file.is_file():
        with file.open("w", encoding="utf-8", newline="") as opened:
            return _write_rows(opened, rows)
    with replacing(file.resolve()) as part, part.open("w", encoding="utf-8", newline="") as opened:
        return _write_rows(opened, rows)


def _write_rows(opened: IO[str], rows: Iterable[PairRow]) -> int:
    count = 0
    writer = csv.writer(opened, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow(_cells(row))
        count += 1
    return count


def _cells(row: PairRow) -> tuple[Any, ...]:
    score = "" if row.score_tenths is None else f"{row.score_tenths // 10}.{row.score_tenths % 10}"
    return (
        guarded(row.need_no),
        guarded(row.product_code),
        row.verdict,
        row.failed,
        row.unknown,
        score,
        row.rank_for_need,
        row.rank_for_product,
    )


def _run_json(outcome: Outcome, run_id: int | None) -> dict[str, Any]:
    return {
        "run": run_id,
        "on": outcome.market.on.isoformat(),
        "top_k": outcome.top_k,
        "needs": len(outcome.market.needs),
        "products": len(outcome.market.products),
        "pairs": outcome.pairs,
        **{verdict.value: count for verdict, count in outcome.counts.items()},
        "seconds": round(outcome.seconds, 3),
        "last_version_id": outcome.market.version_id,
        **ENGINE,
        "digest": outcome.digest,
    }


def _run_text(outcome: Outcome, run_id: int | None) -> str:
    lang = current_lang()
    lines = [
        _RUN.say(
            lang,
            run=_STORED.say(lang, run_id=run_id) if run_id is not None else _NOT_STORED.say(lang),
            on=outcome.market.on,
            needs=len(outcome.market.needs),
            products=len(outcome.market.products),
            pairs=f"{outcome.pairs:,}",
            seconds=f"{outcome.seconds:.2f}",
        )
    ]
    lines += [f"  {verdict.label.say(lang)}  {outcome.counts[verdict]:,}" for verdict in Verdict]
    return "\n".join(lines)


def _recomputed_json(found: Recomputed) -> dict[str, Any]:
    return {
        "run": found.run.id,
        "on": found.run.on_date.isoformat(),
        "same": found.same,
        "digest": found.run.digest,
        "recomputed_digest": found.digest,
        "differences": [difference.say(current_lang()) for difference in found.differences],
    }


_RUN = Text(
    "{run} · {on} · 需求 {needs} × 产品 {products} = {pairs} 对 · {seconds} 秒",
    "{run} · {on} · {needs} needs × {products} products = {pairs} pairs · {seconds} s",
)
_STORED = Text("匹配批次 {run_id}", "Match run {run_id}")
_NOT_STORED = Text("试算（未保存）", "Dry run (not stored)")
_EMPTY = Text(
    "{on} 没有可匹配的一对：在市需求 {needs} 个，在市产品 {products} 个。导入清单或用 --on 换一个日期。",
    "Nothing can be matched on {on}: {needs} needs and {products} products are in the market. "
    "Import lists or give another date with --on.",
)
_SAME = Text("批次 {run_id} 重算结果一致（{digest}）。", "Run {run_id} comes out the same ({digest}).")
_DIFFERS = Text("批次 {run_id} 重算结果不一致：", "Run {run_id} comes out differently:")
