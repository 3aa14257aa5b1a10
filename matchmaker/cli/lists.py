"""``flask lists``: import, export and template of the seven lists, their workflow, and what is stale."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import (
    Progress,
    command_group,
    current_lang,
    database,
    echo_json,
    now,
    say,
    settings,
    usage,
)
from matchmaker.clock import local
from matchmaker.domain.errors import ConfigurationError, Exit, RejectedError
from matchmaker.domain.lifecycle import ENTRY, step
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of, key_of
from matchmaker.lists.faults import fault_of_file
from matchmaker.lists.files import Table, annotate, read_table, write_csv, write_template, write_xlsx
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import KINDS, LISTS
from matchmaker.lists.provenance import FROM_FILE, origins
from matchmaker.lists.queries import find_bank, find_entry, history_of, rows_for_file, stale_entries
from matchmaker.lists.services import ImportProgress, ImportResult, change_status, confirm_entries, import_table

SHOWN_FAULTS = 20
LONG = 2000
"""From so many rows on an import shows its progress."""

FILE = click.Path(path_type=Path, readable=False)
"""Whether it can be read or written is said by what reads or writes it, with its own exit code."""
KIND = click.Choice(list(LISTS))
NAMED = ("chain", "bank")
"""Registers whose values are written under their names."""
VERBS = [t.verb for t in ENTRY if "bureau" in t.who]

lists_group = command_group("lists", "Import, export and keep the lists.")


@lists_group.command("import")
@click.argument("kind", type=KIND)
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="只检查，不写入 check and count, write nothing")
@click.option("--partial", is_flag=True, help="写入正确的行 write the good rows although others are faulty")
@click.option("--report", type=FILE, help="把错误写回表格的副本 (.xlsx) copy of the file with each fault at its cell")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档 print one JSON document")
def import_command(kind: str, file: Path, dry_run: bool, partial: bool, report: Path | None, as_json: bool) -> None:
    """Bring a list to what FILE (.xlsx or .csv) says; rows are matched by their key.

    \b
    flask lists import products 产品清单.xlsx --dry-run --report 错误.xlsx
    flask lists import needs needs.csv --partial --json
    """
    run_import(kind, file, dry_run=dry_run, partial=partial, report=report, as_json=as_json)


@lists_group.command("export")
@click.argument("kind", type=KIND)
@click.argument("file", type=FILE)
def export_command(kind: str, file: Path) -> None:
    """Write a list to FILE (.xlsx or .csv); importing that file again changes nothing.

    \b
    flask lists export products products.xlsx
    flask lists export needs needs.csv
    """
    run_export(kind, file)


@lists_group.command("template")
@click.argument("kind", type=KIND)
@click.argument("file", type=FILE)
@click.option("--bank", help="只含这家机构的产品（编号或名称） products of this organisation only")
def template_command(kind: str, file: Path, bank: str | None) -> None:
    """Write a form to fill in, holding the current rows; as .xlsx with drop-downs and notes.

    \b
    flask lists template products 产品模板.xlsx --bank 示例银行1
    flask lists template needs needs.xlsx
    """
    if bank is not None and kind != "products":
        raise usage(Text("--bank 只用于 products。", "--bank goes with products only."))
    ending = check_target(file, (".xlsx", ".csv"))
    with database().reading(CLI) as session:
        code = find_bank(session, bank) if bank is not None else None
        rows = rows_for_file(session, LISTS[kind], bank=code, current=True)
        registers = load_registers(session, NAMED)
        if ending == ".csv":
            count = write_csv(file, LISTS[kind], rows, headers="zh", registers=registers)
        else:
            count = write_template(file, LISTS[kind], rows, registers=registers)
    say_written(kind, file, count)


@lists_group.command("stale")
@click.option("--days", type=click.IntRange(min=0), help="超过多少天未确认 not confirmed for more than so many days")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档 print one JSON document")
def stale_command(days: int | None, as_json: bool) -> None:
    """List published products, needs and policies that nobody has confirmed for long.

    \b
    flask lists stale
    flask lists stale --days 30 --json
    """
    limit = settings().stale_days if days is None else days
    with database().reading(CLI) as session:
        found = [
            {"kind": e.kind_name, "key": shown_key(e), "confirmed_on": local(e.confirmed_at).date().isoformat()}
            for e in stale_entries(session, now(), limit)
        ]
    if as_json:
        echo_json({"days": limit, "stale": found})
        return
    for entry in found:
        click.echo("\t".join(entry.values()))
    say(
        Text(
            "{count} 条超过 {days} 天未确认。确认：flask lists confirm KIND KEY",
            "{count} entries were not confirmed for more than {days} days. To confirm: flask lists confirm KIND KEY",
        ),
        count=len(found),
        days=limit,
    )


@lists_group.command("confirm")
@click.argument("kind", type=KIND)
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option("--dry-run", is_flag=True, help="只检查，不写入 check only")
def confirm_command(kind: str, keys: tuple[str, ...], dry_run: bool) -> None:
    """Say that entries are still right, so that they are no longer stale.

    \b
    flask lists confirm products P0070000 P0070001
    flask lists confirm needs XQ-20261130-70000 --dry-run
    """
    with database().reading(CLI) if dry_run else database().writing(CLI) as session:
        entries = [find_entry(session, LISTS[kind], key) for key in keys]
        if not dry_run:
            confirm_entries(session, actor=CLI, entries=entries, now=now())
    say(_WOULD_CONFIRM if dry_run else _CONFIRMED, count=len(entries))


@lists_group.command("status")
@click.argument("kind", type=KIND)
@click.argument("key")
@click.argument("verb", type=click.Choice(VERBS))
@click.option("--dry-run", is_flag=True, help="只检查，不写入 check only")
def status_command(kind: str, key: str, verb: str, dry_run: bool) -> None:
    """Take one step of the workflow with an entry (credit records: KEY is 来源/编号).

    \b
    flask lists status products P0070000 suspend
    flask lists status needs XQ-20261130-70000 withdraw --dry-run
    """
    with database().reading(CLI) if dry_run else database().writing(CLI) as session:
        entry = find_entry(session, LISTS[kind], key)
        before = entry.status
        after = step(before, verb)
        if not dry_run:
            change_status(session, actor=CLI, entry=entry, verb=verb, now=now())
    say(_WOULD_STEP if dry_run else _STEPPED, key=key, before=before.label, after=after.label)


@lists_group.command("history")
@click.argument("kind", type=KIND)
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档 print one JSON document")
def history_command(kind: str, key: str, as_json: bool) -> None:
    """Show the versions of an entry, newest first: when, who, from which file or act, and what changed.

    \b
    flask lists history products B01P0001
    flask lists history needs XQ-20261111-0001 --json
    """
    lang = current_lang()
    with database().reading(CLI) as session:
        versions = history_of(session, find_entry(session, LISTS[kind], key))
        came = {cause: text.say(lang) for cause, text in origins(session, {one.cause for one in versions}).items()}
    if as_json:
        echo_json([version.to_json(lang) | {"origin": came[version.cause]} for version in versions])
        return
    for version in versions:
        at = local(version.recorded_at, settings().zone).strftime("%Y-%m-%d %H:%M")
        click.echo(
            f"v{version.version}  {at}  {version.status.label.say(lang)}  {version.actor} ({came[version.cause]})"
        )
        for label, before, after in version.changes:
            click.echo(f"    {label.say(lang)}: {before} → {after}")


def run_import(
    kind: str, file: Path, *, dry_run: bool, partial: bool, report: Path | None = None, as_json: bool = False
) -> None:
    """Import a list or a register and say what happened; ends with exit code 3 when rows were rejected."""
    if report is not None:
        check_target(report, (".xlsx",))
    table = _read(kind, file, as_json=as_json)
    lang = current_lang()
    with database().reading(CLI) if dry_run else database().writing(CLI) as session:
        result = import_table(
            session,
            actor=CLI,
            table=table,
            now=now(),
            partial=partial,
            dry_run=dry_run,
            cause=f"{FROM_FILE}{file.name}",
            lang=lang,
            progress=_progress(table),
        )
        if report is not None and result.faults:
            # Before the commit: rows that were written without the report that was asked for would be a loss.
            for lost in annotate(file, report, table, result.faults, lang):
                say(lost)
    if as_json:
        echo_json(result.to_json(str(file)))
    _say_result(file, result, table.likely, dry_run=dry_run, partial=partial, report=report)
    if result.rejected:
        sys.exit(Exit.REJECTED)


def _read(kind: str, file: Path, *, as_json: bool) -> Table:
    """The table of a file; a fault of the file as a whole is the one error of the JSON document."""
    try:
        return read_table(file, KINDS[kind])
    except RejectedError as error:
        if as_json:
            nothing = ImportResult(kind, new=0, changed=0, unchanged=0, rejected=0, written=0).to_json(str(file))
            echo_json(nothing | {"errors": [fault_of_file(error, current_lang())]})
        raise


def run_export(kind: str, file: Path) -> None:
    """Write all rows of a list or a register to a file."""
    ending = check_target(file, (".xlsx", ".csv"))
    with database().reading(CLI) as session:
        rows = rows_for_file(session, KINDS[kind])
        if ending == ".csv":
            count = write_csv(file, KINDS[kind], rows)
        else:
            count = write_xlsx(file, KINDS[kind], rows, registers=load_registers(session, NAMED))
    say_written(kind, file, count)


def check_target(path: Path, endings: tuple[str, ...]) -> str:
    """The ending of a file that is to be written; refuses an ending not named and a folder that cannot be written."""
    ending = path.suffix.lower()
    if ending not in endings:
        raise usage(
            Text("「{name}」的扩展名应为 {endings}。", '"{name}" has to end in {endings}.'),
            name=path.name,
            endings=" / ".join(endings),
        )
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or path.is_dir():
        raise ConfigurationError(
            Text(
                "不能写入「{path}」：文件夹不存在或没有写权限。换一个位置，或先建好文件夹。",
                '"{path}" cannot be written: its folder is absent or not writable. Choose another place.',
            ),
            code="not_writable",
            path=path,
        )
    return ending


def say_written(kind: str, file: Path, count: int) -> None:
    """Say how many rows a file holds."""
    say(
        Text("已写入 {file}：{label} {count} 行。", "Wrote {file}: {count} rows of {label}."),
        file=file,
        label=KINDS[kind].label,
        count=count,
    )


def shown_key(entry: Entry) -> str:
    """The key as the commands take it."""
    return "/".join(str(part) for part in key_of(entry))


def _progress(table: Table) -> ImportProgress | None:
    if len(table.rows) < LONG:
        return None
    bars: dict[str, Progress] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            bars[stage] = Progress(_STAGES[stage], total)
        bars[stage](done)

    return tell


def _say_result(
    file: Path, result: ImportResult, likely: Mapping[str, str], *, dry_run: bool, partial: bool, report: Path | None
) -> None:
    say(
        _COUNTS,
        file=file.name,
        new=result.new,
        changed=result.changed,
        unchanged=result.unchanged,
        rejected=result.rejected,
    )
    if result.ignored_columns:
        say(IGNORED, names="、".join(result.ignored_columns))
    labels = {f.code: Text(f.label.zh, f.code) for f in fields_of(KINDS[result.kind])}
    for header, code in likely.items():
        say(_LIKELY, header=header, column=labels[code])
    for fault in result.faults[:SHOWN_FAULTS]:
        say(_FAULT, row=fault.row, cell=f" {fault.cell}" if fault.cell else "", message=fault.message)
    if len(result.faults) > SHOWN_FAULTS:
        say(_MORE, count=len(result.faults) - SHOWN_FAULTS)
    if report is not None and result.faults:
        say(Text("错误已标注在 {report}", "The faults stand at their cells in {report}"), report=report)
    if dry_run:
        say(Text("试运行，没有写入任何内容。", "Dry run: nothing was written."))
    elif result.rejected and not partial:
        say(_NOTHING_WRITTEN)
    elif not result.written:
        say(Text("没有新增或变更，未写入任何数据。", "Nothing is new or changed, so nothing was written."))
    else:
        say(Text("已写入 {count} 条。", "{count} entries were written."), count=result.written)


_STAGES: Mapping[str, Text] = {"check": Text("检查", "Checking"), "write": Text("写入", "Writing")}
_COUNTS = Text(
    "{file}：新增 {new}，有变更 {changed}，无变化 {unchanged}，有错误 {rejected}（行）",
    "{file}: {new} new, {changed} changed, {unchanged} unchanged, {rejected} faulty (rows)",
)
IGNORED = Text("不认识的列已略过：{names}", "Columns that are not known were left out: {names}")
_LIKELY = Text(
    "没有找到列「{column}」；文件中有「{header}」，是否就是它？是则改好列名后再导入。",
    'The column "{column}" is missing; the file has "{header}". If that is the one, rename it and import again.',
)
_FAULT = Text("第 {row} 行{cell}：{message}", "Row {row}{cell}: {message}")
_MORE = Text(
    "另有 {count} 处错误；用 --report 错误.xlsx 或 --json 看全部。",
    "{count} more faults; see all with --report FAULTS.xlsx or --json.",
)
_NOTHING_WRITTEN = Text(
    "文件中有错误，一行也没有写入。改正后重新导入；只写入正确的行：加 --partial。",
    "The file has faults, so nothing was written. Mend them and import again, or add --partial for the good rows.",
)
_CONFIRMED = Text("已确认 {count} 条。", "{count} entries confirmed.")
_WOULD_CONFIRM = Text("试运行：将确认 {count} 条。", "Dry run: {count} entries would be confirmed.")
_STEPPED = Text("{key}：{before} → {after}", "{key}: {before} → {after}")
_WOULD_STEP = Text("试运行：{key} 将由 {before} 变为 {after}", "Dry run: {key} would go from {before} to {after}")
