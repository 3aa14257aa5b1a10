"""``flask audit``: check, export and copy out the chain of what was done."""

from pathlib import Path

import click

from matchmaker.accounts.audit import FLAWS, Broken, Head, verify_chain
from matchmaker.accounts.audit_files import copy_head, export_chain, head_files, read_heads, since
from matchmaker.actor import CLI
from matchmaker.cli.base import command_group, current_lang, database, echo_json, fail, now, say, settings, usage
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text

audit_group = command_group("audit", "Check, export and copy out the audit chain.")
FILE = click.Path(path_type=Path, dir_okay=False)


@audit_group.command("verify")
@click.option("--heads", "heads_file", type=FILE, help="Heads that were copied out; default: those of this machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def verify_command(heads_file: Path | None, as_json: bool) -> None:
    """Recompute every link of the chain and compare it with the heads; exit code 3 where it does not hold.

    \b
    flask audit verify
    flask audit verify --heads /media/usb/audit-heads.jsonl
    """
    files = [heads_file] if heads_file else [path for path in head_files(settings()) if path.exists()]
    heads = [head for path in files for head in read_heads(path)]
    with database().reading(CLI) as session:
        links, broken = verify_chain(session, heads)
    if as_json:
        echo_json(_told(links, heads, broken))
    if broken:
        fail(_broken(broken))
    if not as_json:
        say(_WHOLE, links=links, heads=len(heads))


def _told(links: int, heads: list[Head], broken: list[Broken]) -> dict[str, object]:
    lang = current_lang()
    flaws = [{"seq": b.seq, "flaw": b.flaw, "means": FLAWS[b.flaw].say(lang)} for b in broken]
    return {"links": links, "heads": len(heads), "whole": not broken, "broken": flaws}


def _broken(broken: list[Broken]) -> RejectedError:
    first = broken[0]
    return RejectedError(_NOT_WHOLE, code="audit_broken", seq=first.seq, flaw=FLAWS[first.flaw], places=len(broken))


@audit_group.command("export")
@click.argument("file", type=FILE)
@click.option("--since", "since_text", help="From this place (120) or day (2026-11-23) on.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def export_command(file: Path, since_text: str | None, as_json: bool) -> None:
    """Write the links as lines of JSON that verify without the database.

    \b
    flask audit export audit-2026-11.jsonl --since 2026-11-01
    """
    try:
        only = since(since_text, settings().zone) if since_text else None
    except ValueError as error:
        raise usage(_NO_PLACE, value=since_text) from error
    with database().reading(CLI) as session:
        links = export_chain(session, file, only)
    if as_json:
        echo_json({"file": str(file), "links": links})
    else:
        say(Text("已导出 {links} 条到 {file}。", "{links} links exported to {file}."), links=links, file=file)


@audit_group.command("heads")
@click.option("--dry-run", is_flag=True, help="Only show the newest head.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def heads_command(dry_run: bool, as_json: bool) -> None:
    """Copy the newest head out, to audit-heads.jsonl of the instance folder and to the setting audit_heads_file.

    \b
    flask audit heads
    flask audit heads --dry-run --json
    """
    files = [] if dry_run else head_files(settings())
    with database().reading(CLI) as session:
        head = copy_head(session, files, now())
    if as_json:
        echo_json({"seq": head.seq, "hash": head.hash, "files": [str(path) for path in files]})
    else:
        say(Text("第 {seq} 条：{hash}", "link {seq}: {hash}"), seq=head.seq, hash=head.hash)


_WHOLE = Text(
    "审计链完整：{links} 条，与 {heads} 个另存的摘要一致。", "The chain holds: {links} links, {heads} heads agree."
)
_NOT_WHOLE = Text(
    "审计链在第 {seq} 条不成立：{flaw}（共 {places} 处）。保留现有数据库，与备份和另存的摘要核对。",
    "The audit chain does not hold at link {seq}: {flaw} ({places} places in all). "
    "Keep the database as it is and compare it with a backup.",
)
_NO_PLACE = Text(
    "--since 的「{value}」不是序号也不是日期。写成 120 或 2026-11-23。",
    '--since "{value}" is neither a place nor a day. Write 120 or 2026-11-23.',
)
