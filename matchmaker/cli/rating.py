"""``flask rating``: rate enterprises and show ratings."""

from datetime import date

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import (
    command_group,
    current_day,
    current_lang,
    database,
    day_option,
    echo_json,
    now,
    say,
    settings,
    usage,
    writing_or_trying,
)
from matchmaker.cli.rating_rules import rules_group
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import Result
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.queries import find_rating, standing_rating
from matchmaker.guarantee.rating.rounds import rate_everybody
from matchmaker.guarantee.rating.services import rate_due, rate_enterprise
from matchmaker.guarantee.rating.view import RatingView, rating_view

rating_group = command_group("rating", "Rate enterprises; keep the rules of rating.")
rating_group.add_command(rules_group)

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_DRY = click.option("--dry-run", is_flag=True, help="Do everything, write nothing.")
_ON = click.option("--on", callback=day_option, metavar="YYYY-MM-DD", help="Rate as of this day (default: today).")


@rating_group.command("run")
@click.option("--uscc", help="Rate this enterprise, whether due or not.")
@click.option("--all", "everybody", is_flag=True, help="Rate all that have no rating, an old one or a changed one.")
@_ON
@_DRY
@_JSON
def run_command(uscc: str | None, everybody: bool, on: date | None, dry_run: bool, as_json: bool) -> None:
    """Rate one enterprise or all that are due, by the rules in force.

    \b
    flask rating run --uscc 91371000MA3C000016
    flask rating run --all --dry-run
    flask rating run --all --on 2026-11-30 --json
    """
    if (uscc is None) is not everybody:
        raise usage(Text("写 --uscc 代码 或 --all 其中之一。", "Give either --uscc CODE or --all."))
    day = on or current_day()
    if uscc is not None:
        with writing_or_trying(dry_run) as session:
            made = rate_enterprise(session, actor=CLI, uscc=uscc, as_of=day, now=now(), settings=settings())
            view = rating_view(session, made, current_lang(), actor=CLI, on=current_day())
        _print(view, as_json)
        return
    if dry_run:
        with writing_or_trying(dry_run) as session:
            done = rate_due(session, actor=CLI, on=day, now=now(), settings=settings())
    else:
        done = rate_everybody(database(), actor=CLI, on=day, now=now(), settings=settings())
    if as_json:
        echo_json({"on": day.isoformat(), "dry_run": dry_run, "rated": done})
    else:
        say(_RATED, count=done)


@rating_group.command("show")
@click.argument("uscc_or_number")
@_JSON
def show_command(uscc_or_number: str, as_json: bool) -> None:
    """Print the standing rating of an enterprise, or the rating of a number, with every rule and its evidence.

    \b
    flask rating show 91371000MA3C000016
    flask rating show 91371000MA3C000016 --json --lang en
    """
    with database().reading(CLI) as session:
        numbered = uscc_or_number.startswith("PJ-")
        found = find_rating(session, uscc_or_number) if numbered else standing_rating(session, uscc_or_number)
        if found is None:
            raise NotFoundError(_NOT_RATED, code="not_rated", uscc=uscc_or_number)
        view = rating_view(session, found, current_lang(), actor=CLI, on=current_day())
    _print(view, as_json)


_MARKS = {Result.PASS.value: "✓", Result.FAIL.value: "✗", Result.UNKNOWN.value: "?"}


def _print(view: RatingView, as_json: bool) -> None:
    if as_json:
        echo_json(view.to_json())
        return
    click.echo(f"{view.uscc}\t{view.grade_label}\t{view.rating_no}\t{view.as_of} – {view.valid_to}")
    for row in view.rows:
        click.echo(f"  {_MARKS[row.result]} {row.dimension_label}\t{row.label}\t{row.sentence}")
        if row.repair and row.raises_to:
            click.echo(f"      → {row.raises_to}: {row.repair}")


_RATED = Text("已评级 {count} 家企业。", "Rated {count} enterprises.")
_NOT_RATED = Text(
    "企业「{uscc}」还没有评级。运行 flask rating run --uscc {uscc}。",
    'The enterprise "{uscc}" has not been rated. Run flask rating run --uscc {uscc}.',
)
