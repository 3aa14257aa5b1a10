"""``flask rating rules``: versions of the rules of rating."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import (
    command_group,
    current_day,
    database,
    day_option,
    echo_json,
    now,
    say,
    settings,
    writing_or_trying,
)
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.rules import (
    Preview,
    draft_rules,
    find_rules,
    preview_rules,
    release_rules,
    rule_sets,
)
from matchmaker.scoring.rating.ruleset import GRADES, RuleSet, read_rules

rules_group = command_group("rules", "Versions of the rules: draft, preview, release by a second person.")

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_DRY = click.option("--dry-run", is_flag=True, help="Do everything, write nothing.")
_ON = click.option("--on", callback=day_option, metavar="YYYY-MM-DD", help="Judge as of this day (default: today).")


@rules_group.command("list")
@_JSON
def rules_list_command(as_json: bool) -> None:
    """List the versions of the rules, the newest first.

    \b
    flask rating rules list
    flask rating rules list --json
    """
    with database().reading(CLI) as session:
        told = [
            {
                "version": one.rules_version,
                "state": one.state,
                "note": one.note,
                "made_by": one.made_by,
                "made_at": one.made_at.isoformat(),
                "released_by": one.released_by,
                "released_at": one.released_at.isoformat() if one.released_at else None,
            }
            for one in rule_sets(session)
        ]
    if as_json:
        echo_json({"rules": told})
        return
    for row in told:
        click.echo(f"{row['version']}\t{row['state']}\t{row['note']}")


@rules_group.command("show")
@click.argument("version")
def rules_show_command(version: str) -> None:
    """Print a version of the rules as the JSON that ``draft`` reads.

    \b
    flask rating rules show 2026.11.1 > rules.json
    """
    with database().reading(CLI) as session:
        echo_json(find_rules(session, version).rules)


@rules_group.command("draft")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", required=True, help="Why the rules change.")
@_DRY
def rules_draft_command(file: Path, note: str, dry_run: bool) -> None:
    """Keep FILE (JSON, as ``show`` prints it, with a new version) as a draft, for somebody of the bureau to release.

    \b
    flask rating rules draft rules.json --note 成立时间放宽到一年
    """
    told = _read(file)
    with writing_or_trying(dry_run) as session:
        made = draft_rules(session, actor=CLI, rules=told, note=note, now=now())
        version = made.rules_version
    say(_DRAFTED, version=version)


@rules_group.command("preview")
@click.argument("version_or_file")
@_ON
@_JSON
def rules_preview_command(version_or_file: str, on: date | None, as_json: bool) -> None:
    """Say what a draft, or a file, would change on the whole register against the rules in force.

    \b
    flask rating rules preview 2026.12.1
    flask rating rules preview rules.json --on 2026-11-30 --json
    """
    day = on or current_day()
    with database().reading(CLI) as session:
        rules = _rules(session, version_or_file)
        found = preview_rules(session, rules=rules, on=day, now=now(), settings=settings())
    if as_json:
        echo_json(preview_json(found))
        return
    say(_PREVIEWED, before=found.before, after=found.after, count=found.enterprises, moved=len(found.moved))
    for (before, after), count in sorted(found.matrix.items()):
        click.echo(f"{before} → {after}\t{count}")


def preview_json(found: Preview) -> dict[str, Any]:
    """The object of ``flask rating rules preview --json``."""
    return {
        "on": found.on.isoformat(),
        "before": found.before,
        "after": found.after,
        "enterprises": found.enterprises,
        "matrix": _square(found.matrix),
        "chains": [{"chain": code, "matrix": _square(matrix)} for code, matrix in found.chains.items()],
        "dimensions": dict(found.dimensions),
        "moved": [{"uscc": m.uscc, "chain": m.chain_code, "before": m.before, "after": m.after} for m in found.moved],
    }


def _square(matrix: Any) -> dict[str, dict[str, int]]:
    """Grade before → grade after → enterprises; every pair stands there."""
    return {old.value: {new.value: matrix.get((old, new), 0) for new in GRADES} for old in GRADES}


@rules_group.command("release")
@click.argument("version")
@_DRY
def rules_release_command(version: str, dry_run: bool) -> None:
    """Put a draft in force that was made on the pages. Ratings follow with the next run.

    The command line counts as one person: a draft made by it is released on the pages, by somebody who has signed in.

    \b
    flask rating rules release 2026.12.1
    """
    with writing_or_trying(dry_run) as session:
        release_rules(session, actor=CLI, version=version, now=now())
    say(_RELEASED, version=version)


def _rules(session: ScopedSession, version_or_file: str) -> RuleSet:
    file = Path(version_or_file)
    return read_rules(_read(file) if file.is_file() else find_rules(session, version_or_file).rules)


def _read(file: Path) -> Any:
    try:
        told = json.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RejectedError(_UNREADABLE, code="rules_format", file=file.name, why=error) from error
    if not isinstance(told, dict):
        raise RejectedError(_UNREADABLE, code="rules_format", file=file.name, why=type(told).__name__)
    return told


_DRAFTED = Text(
    "草稿 {version} 已保存。由主管部门工作人员登录后在「评级规则」里预览、发布。",
    "Draft {version} is kept. Somebody of the bureau signs in, looks at its effect and releases it there.",
)
_RELEASED = Text(
    "评级规则 {version} 已发布。运行 flask rating run --all 按新规则评级。",
    "Rating rules {version} are in force. Run flask rating run --all to rate by them.",
)
_PREVIEWED = Text(
    "{before} → {after}：{count} 家企业中 {moved} 家等级会变。",
    "{before} → {after}: of {count} enterprises {moved} would have another grade.",
)
_UNREADABLE = Text(
    "文件「{file}」读不懂（{why}）。用 flask rating rules show 的输出修改。",
    'The file "{file}" cannot be read ({why}). Start from what flask rating rules show prints.',
)
