"""``flask doctor``: is this installation healthy, and what mends it where it is not."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from matchmaker.cli.base import Command, current_day, current_lang, database, echo_json, matchmaker, settings
from matchmaker.db import alembic_config, safe_url
from matchmaker.domain.errors import Exit, MatchmakerError
from matchmaker.domain.text import Text
from matchmaker.lists.models import LprRow
from matchmaker.lists.queries import load_workdays

State = Literal["ok", "warning", "error"]
CALENDAR_WARNING_DAYS = 60
LPR_WARNING_DAYS = 62
DISK_WARNING_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its state, what was seen and what to do."""

    key: str
    label: Text
    state: State
    seen: str
    remedy: Text = Text("", "")


def _database() -> Finding:
    label = Text("数据库", "database")
    head = ScriptDirectory.from_config(alembic_config(settings().url)).get_current_head()
    try:
        with database().reading() as session:
            current = MigrationContext.configure(session.connection()).get_current_revision()
    except MatchmakerError as error:
        return Finding("database", label, "error", error.say(current_lang()), Text("见上", "see above"))
    seen = f"{safe_url(settings().url)} @ {current}"
    if current == head:
        return Finding("database", label, "ok", seen)
    known = current is None or any(
        s.revision == current for s in ScriptDirectory.from_config(alembic_config(settings().url)).walk_revisions()
    )
    if not known:
        newer = Text("数据库比程序新。升级程序或恢复备份。", "The database is newer than the programme: upgrade it.")
        return Finding("database", label, "error", seen, newer)
    return Finding("database", label, "error", seen, Text("运行 flask db upgrade", "run flask db upgrade"))


def _calendar() -> Finding:
    label = Text("工作日历", "workday calendar")
    today = current_day()
    with database().reading() as session:
        workdays = load_workdays(session)
    years = [year for year in range(today.year, today.year + 3) if workdays.covers(today.replace(year=year, day=1))]
    last = today.replace(year=max(years), month=12, day=31) if years else today
    left = (last - today).days
    seen = Text("到 {last}，剩 {left} 天", "until {last}, {left} days left").say(current_lang(), last=last, left=left)
    if left >= CALENDAR_WARNING_DAYS:
        return Finding("calendar", label, "ok", seen)
    remedy = Text(
        "导入 {year} 年日历：flask registers import workdays FILE；在此之前按周一至周五计",
        "import the calendar of {year}: flask registers import workdays FILE; until then Monday to Friday counts",
    )
    year = last.year + (1 if years else 0)
    return Finding("calendar", label, "warning", seen, Text(*(t.format(year=year) for t in (remedy.zh, remedy.en))))


def _lpr() -> Finding:
    label = Text("LPR", "loan prime rates")
    with database().reading() as session:
        last = session.scalar(select(func.max(LprRow.quoted_on)))
    if last is None:
        remedy = Text("导入：flask registers import lpr FILE", "import them: flask registers import lpr FILE")
        return Finding("lpr", label, "error", "--", remedy)
    old = current_day() - last > timedelta(days=LPR_WARNING_DAYS)
    remedy = Text("最近一期较早；核对后导入新的报价", "the last quote is old: check and import the newer ones")
    return Finding("lpr", label, "warning" if old else "ok", str(last), remedy if old else Text("", ""))


def _mail() -> Finding:
    label = Text("邮件", "mail")
    if settings().smtp_host:
        return Finding("mail", label, "ok", f"{settings().smtp_host}:{settings().smtp_port}")
    remedy = Text(
        "未设 SMTP，邮件写入文件夹；设置 smtp_host 后真正寄出", "no SMTP: mail goes to files; set smtp_host to send"
    )
    return Finding("mail", label, "warning", str(settings().mail_dir), remedy)


def _folder() -> Finding:
    label = Text("数据目录", "instance folder")
    folder = settings().instance
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    state: State = "ok" if free > DISK_WARNING_BYTES else "warning"
    return Finding("folder", label, state, f"{folder.resolve()} ({free / 2**30:.1f} GiB)")


def _clock() -> Finding:
    now = matchmaker().now().astimezone(settings().zone)
    return Finding("clock", Text("时钟", "clock"), "ok", now.isoformat(timespec="seconds"))


CHECKS: tuple[Callable[[], Finding], ...] = (_clock, _folder, _database, _calendar, _lpr, _mail)
_MARK = {"ok": "✓", "warning": "!", "error": "✗"}


def examine() -> list[Finding]:
    """All findings; what needs the database is left out while the database itself is not right."""
    found: list[Finding] = []
    for check in CHECKS:
        if check in (_calendar, _lpr) and any(f.key == "database" and f.state == "error" for f in found):
            continue
        found.append(check())
    return found


@click.command("doctor", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def doctor_command(as_json: bool) -> None:
    """Look at settings, database, calendar, rates, mail and disk, and say what mends what is wrong.

    \b
    flask doctor
    flask doctor --json
    """
    lang = current_lang()
    found = examine()
    if as_json:
        echo_json(
            {
                "ok": all(f.state != "error" for f in found),
                "findings": [
                    {
                        "key": f.key,
                        "label": f.label.say(lang),
                        "state": f.state,
                        "seen": f.seen,
                        "remedy": f.remedy.say(lang),
                    }
                    for f in found
                ],
            }
        )
    else:
        for f in found:
            click.echo(
                f"{_MARK[f.state]} {f.label.say(lang)}: {f.seen}" + (f" → {f.remedy.say(lang)}" if f.remedy.zh else "")
            )
    if any(f.state == "error" for f in found):
        raise click.exceptions.Exit(Exit.CONFIGURATION)
