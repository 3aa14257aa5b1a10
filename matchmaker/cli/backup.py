"""``flask backup``: one archive of everything, and back again."""

from pathlib import Path
from typing import Any

import click

from matchmaker.actor import CLI
from matchmaker.backup import create_backup, restore_backup, verify_backup
from matchmaker.cli.base import command_group, database, echo_json, now, say, settings
from matchmaker.db import Database
from matchmaker.domain.text import Text
from matchmaker.schema import grant_application, upgrade

backup_group = command_group("backup", "Back up all tables, check an archive, restore it into an empty database.")
FILE = click.Path(path_type=Path, dir_okay=False)


@backup_group.command("create")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def create_command(file: Path, as_json: bool) -> None:
    """Write all tables into FILE, as one state; the service may go on meanwhile.

    Files of the instance folder are not in it: the settings and keys, which belong elsewhere, the audit's heads, and
    uploads (uploads with their faults marked, kept for 30 days and made again by uploading again).

    \b
    flask backup create city-2026-11-23.zip
    """
    with database().reading(CLI) as session:
        manifest = create_backup(session, file, now=now())
    _report(manifest, as_json, _BACKED_UP, file)


_BACKED_UP = Text(
    "已备份全部数据表 {rows} 行到 {file}；不含实例目录中的文件（配置、密钥、上传文件夹 uploads）。",
    "All tables, {rows} rows, backed up to {file}; without the files of the instance folder (settings, keys, uploads).",
)


@backup_group.command("verify")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def verify_command(file: Path, as_json: bool) -> None:
    """Check that every table of an archive is whole.

    \b
    flask backup verify city-2026-11-23.zip
    """
    manifest = verify_backup(file)
    _report(manifest, as_json, Text("{file} 完整，共 {rows} 行。", "{file} is whole: {rows} rows."), file)


@backup_group.command("restore")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Check only, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def restore_command(file: Path, dry_run: bool, as_json: bool) -> None:
    """Fill a new, empty database from FILE; its tables are made first.

    Messages that were waiting are put aside: they may have been sent after the backup. Look at them with
    ``flask push outbox`` and send them with ``flask push retry``.

    \b
    MATCHMAKER_DATABASE_URL=sqlite:///new.db flask backup restore city-2026-11-23.zip
    flask backup restore city-2026-11-23.zip --dry-run
    """
    if dry_run:
        manifest = verify_backup(file)
        _report(
            manifest, as_json, Text("{file} 可以恢复，共 {rows} 行。", "{file} can be restored: {rows} rows."), file
        )
        return
    verify_backup(file)
    settings().instance.mkdir(parents=True, exist_ok=True)
    owner_url = settings().migration_url or settings().url
    upgrade(owner_url)
    grant_application(owner_url, settings().url)
    with Database(owner_url).writing(CLI) as session:
        manifest = restore_backup(session, file, now=now())
    _report(manifest, as_json, Text("已从 {file} 恢复 {rows} 行。", "{rows} rows restored from {file}."), file)


def _report(manifest: dict[str, Any], as_json: bool, text: Text, file: Path) -> None:
    if as_json:
        echo_json(manifest)
    say(text, file=file, rows=sum(table["rows"] for table in manifest["tables"].values()))
