"""Is this installation healthy, and what mends it where it is not: for ``flask doctor`` and ``/readyz``."""

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from matchmaker.accounts.kept_secrets import count_closed
from matchmaker.actor import SYSTEM
from matchmaker.app import Matchmaker
from matchmaker.clock import today
from matchmaker.db import safe_url
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.text import Lang, Text
from matchmaker.guarantee.endorsement.keys import key_opens
from matchmaker.jobs.heartbeat import HEARTBEAT_SECONDS
from matchmaker.lists.models import LprRow
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.webhooks.addresses import allowed_nets
from matchmaker.outbox.webhooks.endpoints import count_endpoints
from matchmaker.push.models import SchedulerHeartbeat
from matchmaker.push.planning import schedules
from matchmaker.push.receivers import count_unreached
from matchmaker.reports.fonts import find_font
from matchmaker.schema import alembic_config
from matchmaker.vault import require_secret

State = Literal["ok", "warning", "error"]
CALENDAR_WARNING_DAYS = 60
LPR_WARNING_DAYS = 62
DISK_WARNING_BYTES = 1 << 30
CONNECT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its state, what was seen and what to do. ``days``: how many are left, where it runs out."""

    key: str
    label: Text
    state: State
    seen: str
    remedy: Text = Text("", "")
    days: int | None = None


def _secret(parts: Matchmaker, lang: Lang) -> Finding:
    """A warning only: commands work without it, pages do not (gunicorn refuses to start)."""
    label = Text("密钥", "secret key")
    try:
        require_secret(parts.settings)
    except MatchmakerError as error:
        remedy = Text(
            "网页须有密钥：flask secret create 生成，写入 secret_key",
            "pages need one: flask secret create makes it; set secret_key",
        )
        return Finding("secret", label, "warning", error.code, remedy)
    return Finding("secret", label, "ok", Text("已设置", "set").say(lang))


def _kept_secrets(parts: Matchmaker, lang: Lang) -> Finding:
    """Second factors and webhook secrets that were closed with a key that is in no setting any more."""
    label = Text("加密保存的密钥", "kept secrets")
    with parts.database.reading(SYSTEM) as session:
        counts = count_closed(session, parts.settings)
    if not any(counts.values()):
        return Finding("kept_secrets", label, "ok", Text("都能打开", "all open").say(lang))
    seen = Text(
        "打不开：{people} 人的二次验证、{endpoints} 个推送地址的密钥",
        "closed: second factors of {people} people, secrets of {endpoints} webhook endpoints",
    )
    remedy = Text("把更换之前的密钥写入 secret_key_previous", "set secret_key_previous to the key of before the change")
    return Finding("kept_secrets", label, "warning", seen.say(lang, **counts), remedy)


def _signing_key(parts: Matchmaker, lang: Lang) -> Finding:
    """The key that signs certificates; what it signed is checked by its public part and holds on."""
    label = Text("背书签名密钥", "key that signs certificates")
    with parts.database.reading(SYSTEM) as session:
        opens = key_opens(session, parts.settings)
    if opens:
        return Finding("signing_key", label, "ok", Text("能打开", "opens").say(lang))
    seen = Text("打不开，不能出具信用背书", "closed: nothing can be certified").say(lang)
    remedy = Text(
        "把更换之前的密钥写入 secret_key_previous；没有的，运行 flask certificate keys rotate，已出具的证书仍有效",
        "set secret_key_previous to the key of before the change; without it run flask certificate keys rotate: what "
        "was issued still holds",
    )
    return Finding("signing_key", label, "warning", seen, remedy)


def _contacts(parts: Matchmaker, lang: Lang) -> Finding:
    """People who sign in and wait for pushes that nobody sends them."""
    label = Text("推送对象", "people who are told")
    with parts.database.reading(SYSTEM) as session:
        count = count_unreached(session)
    seen = Text("{count} 位用户不在联系人清单中，收不到推送", "{count} people are no contacts and get no push")
    remedy = Text("录入：flask lists import contacts FILE", "add them: flask lists import contacts FILE")
    state: State = "warning" if count else "ok"
    return Finding("contacts", label, state, seen.say(lang, count=count), remedy if count else Text("", ""))


def _database(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("数据库", "database")
    head = ScriptDirectory.from_config(alembic_config(parts.settings.url)).get_current_head()
    try:
        with parts.database.reading(SYSTEM) as session:
            current = MigrationContext.configure(session.connection()).get_current_revision()
    except MatchmakerError as error:
        return Finding("database", label, "error", error.say(lang), Text("见上", "see above"))
    seen = f"{safe_url(parts.settings.url)} @ {current}"
    if current == head:
        return Finding("database", label, "ok", seen)
    return Finding("database", label, "error", seen, Text("运行 flask db upgrade", "run flask db upgrade"))


def _calendar(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("工作日历", "workday calendar")
    day = today(parts.now, parts.settings.zone)
    with parts.database.reading(SYSTEM) as session:
        workdays = load_workdays(session)
    years = [year for year in range(day.year, day.year + 3) if workdays.covers(day.replace(year=year, day=1))]
    last = day.replace(year=max(years), month=12, day=31) if years else day
    left = (last - day).days
    seen = Text("到 {last}，剩 {left} 天", "until {last}, {left} days left").say(lang, last=last, left=left)
    if left >= CALENDAR_WARNING_DAYS:
        return Finding("calendar", label, "ok", seen, days=left)
    remedy = Text(
        "导入 {year} 年日历：flask registers import workdays FILE；在此之前按周一至周五计",
        "import the calendar of {year}: flask registers import workdays FILE; until then Monday to Friday counts",
    )
    year = last.year + (1 if years else 0)
    mend = Text(*(t.format(year=year) for t in (remedy.zh, remedy.en)))
    return Finding("calendar", label, "warning", seen, mend, days=left)


def _lpr(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("LPR", "loan prime rates")
    with parts.database.reading(SYSTEM) as session:
        last = session.scalar(select(func.max(LprRow.quoted_on)))
    if last is None:
        remedy = Text("导入：flask registers import lpr FILE", "import them: flask registers import lpr FILE")
        return Finding("lpr", label, "error", "--", remedy)
    old = today(parts.now, parts.settings.zone) - last > timedelta(days=LPR_WARNING_DAYS)
    remedy = Text("最近一期较早；核对后导入新的报价", "the last quote is old: check and import the newer ones")
    return Finding("lpr", label, "warning" if old else "ok", str(last), remedy if old else Text("", ""))


def _mail(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("邮件", "mail")
    host, port = parts.settings.smtp_host, parts.settings.smtp_port
    if not host:
        remedy = Text(
            "未设 SMTP，邮件写入文件夹；设置 smtp_host 后真正寄出", "no SMTP: mail goes to files; set smtp_host to send"
        )
        return Finding("mail", label, "warning", str(parts.settings.mail_dir), remedy)
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        remedy = Text("检查 smtp_host、smtp_port 和邮件服务", "check smtp_host, smtp_port and the mail server")
        return Finding("mail", label, "warning", f"{host}:{port} ({error.strerror or error})", remedy)
    return Finding("mail", label, "ok", f"{host}:{port}")


def _windows(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("推送时间", "push windows")
    try:
        schedules(parts.settings)
    except MatchmakerError as error:
        return Finding("windows", label, "error", error.say(lang))
    kept = (parts.settings.enterprise_digest, parts.settings.bank_digest, parts.settings.bureau_digest)
    return Finding("windows", label, "ok", " · ".join(kept))


def _folder(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("数据目录", "instance folder")
    folder = parts.settings.instance.resolve()
    if not folder.is_dir():
        return Finding(
            "folder", label, "error", str(folder), Text("运行 flask db upgrade 创建", "flask db upgrade makes it")
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        remedy = Text("给运行本服务的用户写入权限", "give the service's user the right to write there")
        return Finding("folder", label, "error", str(folder), remedy)
    free = shutil.disk_usage(folder).free
    remedy = Text("清理磁盘", "make room on the disk") if free < DISK_WARNING_BYTES else Text("", "")
    state: State = "warning" if free < DISK_WARNING_BYTES else "ok"
    return Finding(
        "folder",
        label,
        state,
        Text("{folder}（剩余 {free:.1f} GiB）", "{folder} ({free:.1f} GiB free)").say(
            lang, folder=folder, free=free / 2**30
        ),
        remedy,
    )


def _clock(parts: Matchmaker, lang: Lang) -> Finding:
    now = parts.now().astimezone(parts.settings.zone)
    return Finding("clock", Text("时钟", "clock"), "ok", now.isoformat(timespec="seconds"))


def _scheduler(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("调度进程", "scheduler")
    with parts.database.reading(SYSTEM) as session:
        beat = session.scalar(select(func.max(SchedulerHeartbeat.beat_at)))
    if beat is not None and parts.now() - beat < 3 * timedelta(seconds=HEARTBEAT_SECONDS):
        return Finding("scheduler", label, "ok", beat.astimezone(parts.settings.zone).isoformat(timespec="seconds"))
    seen = "--" if beat is None else beat.astimezone(parts.settings.zone).isoformat(timespec="seconds")
    remedy = Text("未在运行；启动：flask scheduler run", "not running; start it: flask scheduler run")
    return Finding("scheduler", label, "warning", seen, remedy)


def _webhooks(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("推送地址", "webhook endpoints")
    try:
        allowed_nets(parts.settings)
    except MatchmakerError as error:
        return Finding("webhooks", label, "error", error.say(lang))
    with parts.database.reading(SYSTEM) as session:
        counts = count_endpoints(session)
    seen = Text("启用 {on}，投递失败中 {failing}，已自动停用 {off}", "{on} on, {failing} failing, {off} switched off")
    if not counts["failing"] and not counts["off"]:
        return Finding("webhooks", label, "ok", seen.say(lang, **counts))
    remedy = Text("查看：flask webhook list", "look: flask webhook list")
    return Finding("webhooks", label, "warning", seen.say(lang, **counts), remedy)


def _font(parts: Matchmaker, lang: Lang) -> Finding:
    label = Text("中文字体", "Chinese font")
    font = find_font()
    if font is not None:
        return Finding("font", label, "ok", str(font.path))
    remedy = Text("安装 fonts-noto-cjk，否则不能生成 PDF", "install fonts-noto-cjk: without it no PDF is made")
    return Finding("font", label, "warning", "--", remedy)


CHECKS: tuple[Callable[[Matchmaker, Lang], Finding], ...] = (
    _clock,
    _secret,
    _folder,
    _database,
    _kept_secrets,
    _signing_key,
    _calendar,
    _lpr,
    _mail,
    _windows,
    _font,
    _scheduler,
    _contacts,
    _webhooks,
)


def examine(parts: Matchmaker, lang: Lang) -> list[Finding]:
    """All findings, seen in ``lang``; what needs the database is left out while the database itself is not right."""
    found: list[Finding] = []
    reading = (_kept_secrets, _signing_key, _calendar, _lpr, _scheduler, _contacts, _webhooks)
    for check in CHECKS:
        if check in reading and any(f.key == "database" and f.state == "error" for f in found):
            continue
        found.append(check(parts, lang))
    return found
