"""``flask privacy``: what an enterprise may ask for, and how long what is kept."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import command_group, current_lang, database, echo_json, now, say, settings, writing_or_trying
from matchmaker.domain.text import Text
from matchmaker.lists.disputes import dispute_record
from matchmaker.lists.files.saving import replacing
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.queries import find_entry
from matchmaker.push.privacy.closing import KEPT, close_account
from matchmaker.push.privacy.copying import copy_of
from matchmaker.push.privacy.retention import run_retention
from matchmaker.push.privacy.rules import RULES

privacy_group = command_group("privacy", "Copies, corrections, deletion and retention of what is kept.")

_DRY = click.option("--dry-run", is_flag=True, help="Say what it would do; change nothing.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@privacy_group.command("copy")
@click.argument("uscc")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def copy_command(uscc: str, file: Path | None) -> None:
    """Print all that is kept of the enterprise USCC as one JSON document, or write it to FILE.

    \b
    flask privacy copy 91371000MA3C000016 copy.json
    flask privacy copy 91371000MA3C000016 | jq .parts.consents
    """
    with database().writing(CLI) as session:
        found = copy_of(session, actor=CLI, uscc=uscc, now=now())
    if file is None:
        echo_json(found)
        return
    with replacing(file) as beside:
        beside.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    rows = sum(len(rows) for rows in found["parts"].values())
    say(Text("已写入 {file}：{rows} 条。", "Written to {file}: {rows} rows."), file=file, rows=rows)


@privacy_group.command("correct")
@click.argument("record")
@click.option("--about", required=True, help="What is wrong, in the enterprise's words.")
@_DRY
def correct_command(record: str, about: str, dry_run: bool) -> None:
    """Take an enterprise's dispute of the credit record SOURCE/NUMBER in: marked at once, due by the law of its source.

    \b
    flask privacy correct 信用中国/C700000 --about 该处罚已撤销
    flask privacy correct 信用中国/C700000 --about 该处罚已撤销 --dry-run
    """
    with writing_or_trying(dry_run) as session:
        found: Any = find_entry(session, CreditRecord, record)
        made = dispute_record(
            session, actor=CLI, uscc=found.uscc, record=found.public_id, about=about, settings=settings(), now=now()
        )
        number, due_on = made.public_id, made.due_on
    say(_WOULD_MARK if dry_run else _MARKED, record=record, request=number, day=due_on)


_MARKED = Text(
    "「{record}」已标注异议，请求编号 {request}，{day} 前答复。",
    '"{record}" is marked as disputed; request {request} is to be answered by {day}.',
)
_WOULD_MARK = Text(
    "「{record}」将标注异议，{day} 前答复；没有改动。",
    '"{record}" would be marked as disputed, to be answered by {day}; nothing was changed.',
)


@privacy_group.command("delete")
@click.argument("uscc")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_DRY
@_JSON
def delete_command(uscc: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Close the account of the enterprise USCC: consents, needs, people and contacts; what the law keeps is named.

    \b
    flask privacy delete 91371000MA3C000016 --dry-run
    flask privacy delete 91371000MA3C000016 --yes
    """
    if not (yes or dry_run):
        click.confirm(_SURE.say(current_lang(), uscc=uscc), abort=True, err=True)
    with writing_or_trying(dry_run) as session:
        done = close_account(session, actor=CLI, uscc=uscc, settings=settings(), now=now())
    if as_json:
        echo_json({"dry_run": dry_run, "ended": asdict(done)})
        return
    for name, count in asdict(done).items():
        click.echo(f"{name}\t{count}")
    say(KEPT)


_SURE = Text("注销 {uscc} 的账号？不能恢复。", "Close the account of {uscc}? This cannot be undone.")


@privacy_group.command("retention")
@_DRY
@_JSON
def retention_command(dry_run: bool, as_json: bool) -> None:
    """Remove and blank what may no longer be kept; the scheduler does it every night. With --dry-run only count.

    \b
    flask privacy retention --dry-run
    flask privacy retention --json
    """
    erased = run_retention(database(), settings(), actor=CLI, now=now(), dry_run=dry_run)
    lang = current_lang()
    if as_json:
        rules = [{"rule": rule.key, "label": rule.label.say(lang), "rows": erased[rule.key]} for rule in RULES]
        echo_json({"dry_run": dry_run, "rules": rules})
        return
    for rule in RULES:
        click.echo(f"{erased[rule.key]}\t{rule.label.say(lang)}\t{rule.rule.say(lang)}")
