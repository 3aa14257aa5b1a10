"""``flask registers``: the reference tables (industry codes, chains, areas, size classes, LPR, workdays)."""

from pathlib import Path

import click
from sqlalchemy import func, select

from matchmaker.actor import CLI
from matchmaker.cli.base import command_group, current_lang, database, echo_json
from matchmaker.cli.lists import FILE, run_export, run_import
from matchmaker.lists.models import REGISTERS

KIND = click.Choice(list(REGISTERS))

registers_group = command_group("registers", "Import, export and count the reference tables.")


@registers_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档 print one JSON document")
def list_command(as_json: bool) -> None:
    """Name the registers and how many rows each holds.

    \b
    flask registers list
    flask registers list --json
    """
    with database().reading(CLI) as session:
        counts = {
            kind: session.scalar(select(func.count()).select_from(model)) or 0 for kind, model in REGISTERS.items()
        }
    if as_json:
        echo_json({"registers": [{"kind": kind, "rows": count} for kind, count in counts.items()]})
        return
    for kind, count in counts.items():
        click.echo(f"{kind}\t{count}\t{REGISTERS[kind].label.say(current_lang())}")


@registers_group.command("import")
@click.argument("kind", type=KIND)
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="只检查，不写入 check and count, write nothing")
@click.option("--partial", is_flag=True, help="写入正确的行 write the good rows although others are faulty")
@click.option("--report", type=FILE, help="把错误写回表格的副本 (.xlsx) copy of the file with each fault at its cell")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档 print one JSON document")
def import_command(kind: str, file: Path, dry_run: bool, partial: bool, report: Path | None, as_json: bool) -> None:
    """Bring a register to what FILE (.xlsx or .csv) says, as ``flask lists import`` does.

    \b
    flask registers import lpr lpr.csv
    flask registers import workdays 2027.xlsx --dry-run
    """
    run_import(kind, file, dry_run=dry_run, partial=partial, report=report, as_json=as_json)


@registers_group.command("export")
@click.argument("kind", type=KIND)
@click.argument("file", type=FILE)
def export_command(kind: str, file: Path) -> None:
    """Write a register to FILE (.xlsx or .csv); importing that file again changes nothing.

    \b
    flask registers export chains chains.xlsx
    flask registers export workdays workdays.csv
    """
    run_export(kind, file)
