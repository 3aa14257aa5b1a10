"""The one table of scheduled jobs. The push tables are the truth; a job only asks them what is due."""

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import delete

from matchmaker.accounts.audit_files import copy_head, head_files
from matchmaker.actor import SYSTEM
from matchmaker.clock import Now, today
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.lists.services import expire_entries
from matchmaker.lists.services.workflow import NIGHTLY
from matchmaker.push.models import SchedulerHeartbeat
from matchmaker.push.notices import plan_stale_notices
from matchmaker.push.planning import plan_due
from matchmaker.push.privacy.retention import run_retention
from matchmaker.push.services import send_due
from matchmaker.push.webhooks import deliver_webhooks, tell_expiring
from matchmaker.push.windows import CALENDAR_WARNING
from matchmaker.settings import Settings

HEARTBEAT_SECONDS = 10
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with. ``stopping()`` turns true when the process has been asked to end."""

    database: Database
    settings: Settings
    now: Now
    stopping: Callable[[], bool] = lambda: False
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One scheduled job: harmless if it runs twice or late. ``at_start``: also as soon as the scheduler starts."""

    key: str
    label: Text
    trigger: Callable[[Settings], Any]
    run: Callable[[Context], None]
    at_start: bool = False


def plan_pushes(context: Context) -> None:
    """Plan the windows that are due; another process that is planning has the same in hand."""
    try:
        with context.database.writing(SYSTEM) as session:
            planned = plan_due(session, settings=context.settings, now=context.now())
    except ConflictError:
        _LOG.info("another process is planning")
        return
    for window in planned:
        if window.calendar_warning:
            _LOG.warning(CALENDAR_WARNING.en.format(years=window.calendar_warning))
        _LOG.info("window %s %s %s: %d messages", window.audience, window.window_at, window.state, window.messages)


def send_messages(context: Context) -> None:
    """Send what is due."""
    tally = send_due(context.database, context.settings, now=context.now, stopping=context.stopping)
    if tally.sent or tally.failed or tally.down:
        _LOG.info("sent %d, failed %d, waiting %d %s", tally.sent, tally.failed, tally.waiting, tally.down or "")


def send_webhooks(context: Context) -> None:
    """Send webhooks that are due; apart from mail, so that neither waits for the other."""
    tally = deliver_webhooks(context.database, context.settings, now=context.now, stopping=context.stopping)
    if tally.sent or tally.failed:
        _LOG.info("webhooks: sent %d, failed %d, waiting %d", tally.sent, tally.failed, tally.waiting)


def notify_expiring(context: Context) -> None:
    """Tell banks' systems which products end soon."""
    with context.database.writing(SYSTEM) as session:
        told = tell_expiring(session, settings=context.settings, now=context.now())
    _LOG.info("products that end soon: %d events", told)


def expire_lists(context: Context) -> None:
    """End entries that are past their last day."""
    with context.database.writing(SYSTEM) as session:
        expired = expire_entries(session, today(context.now, context.settings.zone), context.now())
    _LOG.info("expired %s", expired)


def notify_stale(context: Context) -> None:
    """Tell owners what is about to become stale."""
    with context.database.writing(SYSTEM) as session:
        _, messages = plan_stale_notices(session, settings=context.settings, now=context.now())
    _LOG.info("stale notices: %d messages", messages)


def copy_audit_head(context: Context) -> None:
    """Copy the newest head of the audit chain to where the database's owner cannot rewrite it."""
    with context.database.reading(SYSTEM) as session:
        head = copy_head(session, head_files(context.settings), context.now())
    _LOG.info("audit head %d", head.seq)


def apply_retention(context: Context) -> None:
    """Remove what may no longer be kept."""
    erased = run_retention(context.database, context.settings, actor=NIGHTLY, now=context.now())
    _LOG.info("retention %s", erased)


def beat(context: Context) -> None:
    """Leave a sign of life."""
    now = context.now()
    with context.database.writing(SYSTEM) as session:
        session.merge(SchedulerHeartbeat(name=process_name(), started_at=context.started_at or now, beat_at=now))


def end_heartbeat(context: Context) -> None:
    """Take the sign of life away when the process ends."""
    with context.database.writing(SYSTEM) as session:
        session.execute(delete(SchedulerHeartbeat).where(SchedulerHeartbeat.name == process_name()))


def process_name() -> str:
    """Host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


JOBS: tuple[Job, ...] = (
    Job(
        "plan_pushes",
        Text("规划到期的推送", "plan the pushes that are due"),
        lambda settings: CronTrigger(second=0, timezone=settings.zone),
        plan_pushes,
        at_start=True,
    ),
    Job(
        "send_messages",
        Text("发送到期的消息", "send the messages that are due"),
        lambda settings: IntervalTrigger(seconds=5, timezone=settings.zone),
        send_messages,
        at_start=True,
    ),
    Job(
        "send_webhooks",
        Text("推送到对方系统", "send the webhooks that are due"),
        lambda settings: IntervalTrigger(seconds=5, timezone=settings.zone),
        send_webhooks,
        at_start=True,
    ),
    Job(
        "notify_expiring",
        Text("提醒即将到期的产品", "tell banks' systems which products end soon"),
        lambda settings: CronTrigger(hour=9, minute=0, timezone=settings.zone),
        notify_expiring,
        at_start=True,
    ),
    Job(
        "expire_lists",
        Text("清单到期处理", "end list entries that are past their last day"),
        lambda settings: CronTrigger(hour=0, minute=30, timezone=settings.zone),
        expire_lists,
        at_start=True,
    ),
    Job(
        "notify_stale",
        Text("提醒确认清单信息", "tell owners what is about to become stale"),
        lambda settings: CronTrigger(hour=9, minute=0, timezone=settings.zone),
        notify_stale,
    ),
    Job(
        "copy_audit_head",
        Text("另存审计链摘要", "copy the head of the audit chain"),
        lambda settings: CronTrigger(minute=5, timezone=settings.zone),
        copy_audit_head,
        at_start=True,
    ),
    Job(
        "retention",
        Text("到期数据删除", "remove what may no longer be kept"),
        lambda settings: CronTrigger(hour=2, minute=30, timezone=settings.zone),
        apply_retention,
    ),
    Job(
        "beat",
        Text("调度进程心跳", "sign of life of the scheduler"),
        lambda settings: IntervalTrigger(seconds=HEARTBEAT_SECONDS, timezone=settings.zone),
        beat,
    ),
)
