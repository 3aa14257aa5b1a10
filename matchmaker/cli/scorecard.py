"""``flask scorecard``: fit the city's scorecard on its closed cases, release it, look at it, watch it drift."""

import json
from typing import Any

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import (
    command_group,
    current_lang,
    database,
    echo_json,
    now,
    say,
    settings,
    writing_or_trying,
)
from matchmaker.cli.operators import BY, operator_named
from matchmaker.domain.text import Text
from matchmaker.guarantee.models import FittedCard
from matchmaker.guarantee.scorecards import (
    all_cards,
    count_closed,
    drift_of_card,
    find_card,
    fit_card,
    release_card,
)
from matchmaker.scoring.scorecard.card import Scorecard
from matchmaker.scoring.scorecard.city import LEAST_CLOSED, LEAST_FAILED
from matchmaker.scoring.scorecard.drift import Drift, DriftReport
from matchmaker.scoring.scorecard.explaining import bin_text
from matchmaker.scoring.scorecard.measures import Group
from matchmaker.scoring.scorecard.stored import from_json

scorecard_group = command_group("scorecard", "The scorecard that underwriters read beside the rating.")

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_DRY = click.option("--dry-run", is_flag=True, help="Do everything, write nothing.")


@scorecard_group.command("fit")
@BY
@_DRY
@_JSON
def fit_command(login: str, dry_run: bool, as_json: bool) -> None:
    """Fit a card on the city's closed cases and keep it as a draft.

    \b
    flask scorecard fit --by operator@city.example --dry-run
    """
    with writing_or_trying(dry_run) as session:
        actor = operator_named(session, login)
        told = _told(fit_card(session, actor=actor, settings=settings(), now=now()))
    if as_json:
        echo_json({"dry_run": dry_run, **told})
    else:
        say(_FITTED, **told)


@scorecard_group.command("release")
@click.argument("version")
@BY
@_DRY
@_JSON
def release_command(version: str, login: str, dry_run: bool, as_json: bool) -> None:
    """Put a draft in use: by another person than who fitted it. Underwriters see its score from then on.

    \b
    flask scorecard release city-20261123-0a1b2c3d --by second@city.example
    """
    with writing_or_trying(dry_run) as session:
        actor = operator_named(session, login)
        told = _told(release_card(session, actor=actor, card_version=version, now=now()))
    if as_json:
        echo_json({"dry_run": dry_run, **told})
    else:
        say(_RELEASED, **told)


@scorecard_group.command("show")
@click.argument("version", required=False)
@_JSON
def show_command(version: str | None, as_json: bool) -> None:
    """List the cards with the cases that there are for one, or print the points of the card VERSION.

    \b
    flask scorecard show
    flask scorecard show city-20261123-0a1b2c3d
    flask scorecard show city-20261123-0a1b2c3d --json > card.json
    """
    with database().reading(CLI) as session:
        if version is not None:
            document = find_card(session, version).document
        else:
            counts = count_closed(session, settings())
            cards = [_told(one) for one in all_cards(session)]
    if version is not None:
        _print_card(document, as_json)
        return
    told = {"closed": counts.closed, "least_closed": LEAST_CLOSED, "failed": counts.failed,
            "least_failed": LEAST_FAILED}  # fmt: skip
    if as_json:
        echo_json({**told, "cards": cards})
        return
    say(_COUNTED, **told)
    for one in cards:
        click.echo(f"{one['version']}\t{one['state']}\t{one['rows']}\t{one['failed']}\tAUC {one['auc']}")


@scorecard_group.command("drift")
@_JSON
def drift_command(as_json: bool) -> None:
    """Compare what was applied for and closed since with the cases of the card in use.

    \b
    flask scorecard drift
    """
    with database().reading(CLI) as session:
        report = drift_of_card(session, settings())
    if as_json:
        echo_json(drift_json(report))
        return
    for one in (report.score, *report.features):
        click.echo(one.text.say(current_lang()))
    click.echo(report.text.say(current_lang()))


def _told(one: FittedCard) -> dict[str, Any]:
    """A card in one line: whose, in which state, on how many cases, how it did on the newest of them."""
    card = from_json(one.document)
    return {
        "version": one.card_version,
        "state": one.state,
        "first": card.fitted.first.isoformat(),
        "last": card.fitted.last.isoformat(),
        "rows": card.fitted.rows,
        "failed": card.fitted.failed,
        "auc": f"{card.trial.auc_e6 / 1_000_000:.3f}",
        "fitted_by": one.made_by,
        "fitted_at": one.made_at.isoformat(),
        "released_by": one.released_by,
        "released_at": one.released_at.isoformat() if one.released_at else None,
    }


def _print_card(document: str, as_json: bool) -> None:
    """As it was sealed, or each bin of each feature with its points."""
    if as_json:
        echo_json(json.loads(document))
        return
    for line in _lines(from_json(document)):
        click.echo(line)


def _lines(card: Scorecard) -> list[str]:
    lang = current_lang()
    base = Text("基础分", "Base").say(lang)
    points = [
        f"{part.feature.label.say(lang)}\t{bin_text(card, part, number).say(lang)}\t{one.points:+d}"
        for part in card.parts
        for number, one in enumerate(part.bins)
    ]
    return [f"{base}\t\t{card.base_points}", *points]


def drift_json(report: DriftReport) -> dict[str, Any]:
    """The object of ``flask scorecard drift --json``; shares and indices as numbers from 0."""
    quality = report.quality
    return {
        "applications": report.rows,
        "score": _drift(report.score),
        "features": [_drift(one) for one in report.features],
        "quality": {"auc": quality.auc, "brier": quality.brier, "ece": quality.ece} if quality else None,
        "groups": [_group(one) for one in report.groups],
        "years": [{"year": year, **_group(one)} for year, one in report.years],
        "text": report.text.say(current_lang()),
    }


def _drift(one: Drift) -> dict[str, Any]:
    return {"key": one.key, "psi": one.psi, "level": one.level.name.en, "text": one.text.say(current_lang())}


def _group(one: Group) -> dict[str, Any]:
    return {"rows": one.rows, "failed": one.failed, "said": one.said}


_FITTED = Text(
    "评分卡 {version} 已拟合（{first} 至 {last} 的 {rows} 笔，代偿 {failed} 笔，AUC {auc}）。由另一位工作人员发布。",
    "The scorecard {version} is fitted ({rows} cases from {first} to {last}, {failed} compensated, AUC {auc}). Another "
    "person releases it.",
)
_RELEASED = Text(
    "评分卡 {version} 已发布，只供核保参考。", "The scorecard {version} is in use. It informs underwriters only."
)
_COUNTED = Text(
    "可用于拟合的已结案件 {closed} 笔（需至少 {least_closed} 笔），其中代偿 {failed} 笔（需至少 {least_failed} 笔）。",
    "{closed} closed cases to fit a card on (it takes {least_closed}), {failed} of them compensated (it takes "
    "{least_failed}).",
)
