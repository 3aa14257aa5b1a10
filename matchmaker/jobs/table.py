"""The one table of scheduled jobs. The push tables are the truth; a job only asks them what is due."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from matchmaker.domain.text import Text
from matchmaker.jobs.context import Context
from matchmaker.jobs.heartbeat import HEARTBEAT_SECONDS, beat
from matchmaker.jobs.works import (
    apply_retention,
    copy_audit_head,
    expire_lists,
    lapse_guarantees,
    notify_due,
    notify_expiring,
    notify_stale,
    plan_pushes,
    rate_enterprises,
    revoke_certificates,
    send_messages,
    send_webhooks,
    verify_books,
)
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """One scheduled job: harmless if it runs twice or late. ``at_start``: also as soon as the scheduler starts."""

    key: str
    label: Text
    trigger: Callable[[Settings], Any]
    run: Callable[[Context], None]
    at_start: bool = False


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
        "lapse_guarantees",
        Text("担保预留与意向函到期处理", "end reservations and letters of guarantees that are past their day"),
        lambda settings: CronTrigger(hour=0, minute=40, timezone=settings.zone),
        lapse_guarantees,
        at_start=True,
    ),
    Job(
        "rate_enterprises",
        Text("更新到期或有变化的信用评级", "rate anew whose rating ran out or would change"),
        lambda settings: CronTrigger(hour=1, minute=0, timezone=settings.zone),
        rate_enterprises,
        at_start=True,
    ),
    Job(
        "revoke_certificates",
        Text("撤销评级已下调的信用背书", "revoke certificates whose rating got worse"),
        lambda settings: CronTrigger(hour=0, minute=40, timezone=settings.zone),
        revoke_certificates,
        at_start=True,
    ),
    Job(
        "notify_stale",
        Text("提醒确认清单信息", "tell owners what is about to become stale"),
        lambda settings: CronTrigger(hour=9, minute=0, timezone=settings.zone),
        notify_stale,
    ),
    Job(
        "notify_due",
        Text("提醒即将到期的企业请求与评级申诉", "remind the bureau of requests and appeals that are due"),
        lambda settings: CronTrigger(hour=9, minute=0, timezone=settings.zone),
        notify_due,
        at_start=True,
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
        "verify_ledger",
        Text("核对担保分户账", "compare the balances of guarantees with their legs"),
        lambda settings: CronTrigger(hour=3, minute=15, timezone=settings.zone),
        verify_books,
    ),
    Job(
        "beat",
        Text("调度进程心跳", "sign of life of the scheduler"),
        lambda settings: IntervalTrigger(seconds=HEARTBEAT_SECONDS, timezone=settings.zone),
        beat,
    ),
)
