"""``flask lists undo``: take an import of a page or of a day back."""

import click
from sqlalchemy import select

from matchmaker.actor import CLI
from matchmaker.cli.base import database, echo_json, now, say
from matchmaker.cli.lists import lists_group
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.services.undoing import plan_undo, undo_import


@lists_group.command("undo")
@click.argument("job")
@click.option("--dry-run", is_flag=True, help="只检查，不写入 check only")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档 print one JSON document")
def undo_command(job: str, dry_run: bool, as_json: bool) -> None:
    """Undo an import that was confirmed on a page within a day; JOB is the last part of its page's address.

    \b
    flask lists undo 0v8c1m9w2k3x4y5z6a7b --dry-run
    flask lists undo 0v8c1m9w2k3x4y5z6a7b
    """
    with database().reading(CLI) if dry_run else database().writing(CLI) as session:
        found = session.scalars(select(ImportJob).where(ImportJob.public_id == job)).one_or_none()
        if found is None:
            raise NotFoundError(_NO_JOB, code="not_found", job=job[:40])
        act = plan_undo if dry_run else undo_import
        done = act(session, actor=CLI, job=found, now=now())
    if as_json:
        echo_json({"restored": done.restored, "withdrawn": done.withdrawn, "left": list(done.left), "dry_run": dry_run})
        return
    say(_WOULD if dry_run else _DONE, restored=done.restored, withdrawn=done.withdrawn, left=len(done.left))
    for key in done.left:
        click.echo(key)


_NO_JOB = Text(
    "没有编号为 {job} 的导入。编号是导入页面地址的最后一段。",
    "There is no import {job}. It is the last part of the address of its page.",
)
_DONE = Text(
    "已撤销：恢复 {restored} 条，撤回 {withdrawn} 条新增；{left} 条此后又有改动，保持不变：",
    "Undone: {restored} restored, {withdrawn} new ones withdrawn; {left} changed since and left as they are:",
)
_WOULD = Text(
    "试运行：将恢复 {restored} 条，撤回 {withdrawn} 条新增；{left} 条此后又有改动，保持不变：",
    "Dry run: {restored} would be restored, {withdrawn} new ones withdrawn; {left} changed since would be left:",
)
