"""One's own notification settings: how often the digest comes and when the next one does; what is never muted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.accounts.resets import NOTICES
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_name
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.terms import DigestChoice, Side
from matchmaker.domain.text import Text
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.channels.table import addresses_of
from matchmaker.push.audiences import (
    ANSWERED_KIND,
    CONSENT_KIND,
    DUE_KIND,
    GUARANTEE_KIND,
    NOTICE_KIND,
    READERS,
    RETURNED_KIND,
    REVOKED_KIND,
    TAKEN_KIND,
    WITHDRAWN_KIND,
    Audience,
)
from matchmaker.push.choices import choices_of, had_one, period_of
from matchmaker.push.models import NoticeSetting
from matchmaker.push.own_messages import contact_of
from matchmaker.push.planning import quiet_of, schedules
from matchmaker.push.receivers import receiver_of
from matchmaker.push.webhooks import OFF_KIND
from matchmaker.push.windows import Schedule, next_window
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Unmuted:
    """What is sent whatever somebody has chosen. ``kinds``: its messages; ``sides``: who gets them (all, if none)."""

    label: Text
    kinds: tuple[str, ...]
    sides: tuple[Side, ...] = ()


NEVER_MUTED: tuple[Unmuted, ...] = (
    Unmuted(Text("企业同意贵行查看名称", "an enterprise lets your bank see its name"), (CONSENT_KIND,), (Side.BANK,)),
    Unmuted(Text("企业撤回授权", "an enterprise takes its consent back"), (WITHDRAWN_KIND,), (Side.BANK,)),
    Unmuted(Text("有银行接单", "a bank has taken your need"), (TAKEN_KIND,), (Side.ENTERPRISE,)),
    Unmuted(
        Text("清单信息到期待确认（不确认将停止推荐）", "entries to confirm, else they are no longer recommended"),
        (NOTICE_KIND,),
        (Side.BANK, Side.ENTERPRISE),
    ),
    Unmuted(
        Text("您提交的条目被退回", "what you submitted was returned"), (RETURNED_KIND,), (Side.BANK, Side.ENTERPRISE)
    ),
    Unmuted(
        Text("担保办理的进展与结果", "where your guarantees stand"),
        (GUARANTEE_KIND,),
        (Side.BANK, Side.ENTERPRISE, Side.GUARANTOR),
    ),
    Unmuted(Text("贵企业的信用背书被撤销", "a certificate of yours was revoked"), (REVOKED_KIND,), (Side.ENTERPRISE,)),
    Unmuted(Text("评级申诉的答复", "the answer to your appeal against a rating"), (ANSWERED_KIND,), (Side.ENTERPRISE,)),
    Unmuted(Text("企业请求与评级申诉的答复即将到期", "requests and appeals are due"), (DUE_KIND,), (Side.BUREAU,)),
    Unmuted(Text("账号安全：您的登录方式被重设", "security: how you sign in was reset"), tuple(NOTICES)),
    Unmuted(Text("您设置的推送地址被停用", "a webhook endpoint of yours was switched off"), (OFF_KIND,)),
)
"""EXPERIENCE.md 2.4. Every kind of message that is no digest stands in one row; a test looks."""


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """What the page shows a contact. Without ``audience`` it reads no digest and has nothing to choose.

    ``next_at``: when the next digest leaves at the earliest, if there is something new; None for none.
    """

    channels: dict[str, str | None]
    audience: Audience | None = None
    schedule: Schedule | None = None
    choice: DigestChoice = DigestChoice.EVERY
    choices: Sequence[DigestChoice] = ()
    next_at: datetime | None = None


def own_settings(session: ScopedSession, *, actor: Actor, settings: Settings, now: datetime) -> OwnSettings | None:
    """The settings of the contact who is the actor; None for someone who is no contact, and so is told nothing."""
    permit(actor, "notices", now)
    contact = contact_of(session, actor)
    if contact is None:
        return None
    channels = addresses_of(contact)
    audience = next((one for one in READERS if receiver_of(session, one, contact)), None)
    if audience is None:
        return OwnSettings(channels)
    schedule = schedules(settings)[audience]
    offered = choices_of(schedule)
    stored = session.get(NoticeSetting, contact.contact_no)
    chosen = DigestChoice.of(stored.digest) if stored else DigestChoice.EVERY
    choice = chosen if chosen in offered else DigestChoice.EVERY
    return OwnSettings(
        channels, audience, schedule, choice, offered,
        _next_at(session, audience, schedule, choice, contact.contact_no, settings, now),
    )  # fmt: skip


def choose_digest(
    session: ScopedSession, *, actor: Actor, choice: str, settings: Settings, now: datetime
) -> OwnSettings:
    """Keep how often the actor wants the digest; holds from the next window on. The settings as they are then.

    NotFoundError for someone who is no contact or whom no digest is written for; RejectedError for what is not offered.
    """
    lock_name(session, f"notices of {actor.contact_no}")
    before = own_settings(session, actor=actor, settings=settings, now=now)
    if before is None or before.audience is None or actor.contact_no is None:
        raise NotFoundError(_NOTHING, code="no_digest")
    if choice not in before.choices:
        raise RejectedError(_CHOOSE, code="digest_choice")
    stored = session.get(NoticeSetting, actor.contact_no)
    if stored is None:
        session.add(NoticeSetting(contact_no=actor.contact_no, digest=choice, changed_at=now))
    elif stored.digest != choice:
        stored.digest, stored.changed_at = choice, now
    session.flush()
    if before.choice != choice:
        record_event(
            session, actor=actor, action="notices.chosen", subject=actor.who, now=now,
            before={"digest": before.choice.value}, after={"digest": choice},
        )  # fmt: skip
    after = own_settings(session, actor=actor, settings=settings, now=now)
    assert after is not None
    return after


def _next_at(
    session: ScopedSession,
    audience: Audience,
    schedule: Schedule,
    choice: DigestChoice,
    contact_no: str,
    settings: Settings,
    now: datetime,
) -> datetime | None:
    if choice is DigestChoice.NONE:
        return None
    workdays, zone = load_workdays(session), settings.zone
    window = next_window(schedule, after=now, workdays=workdays, zone=zone)
    day = window.astimezone(zone).date()
    if choice is not DigestChoice.EVERY and _had_one(session, audience, choice, day, contact_no):
        before = datetime.combine(period_of(choice, day)[1], time(), zone) - timedelta(microseconds=1)
        window = next_window(schedule, after=before, workdays=workdays, zone=zone)
    return quiet_of(settings).release(window, workdays, zone)


def _had_one(session: ScopedSession, audience: Audience, choice: DigestChoice, day: date, contact_no: str) -> bool:
    with session.elevated():
        return had_one(session, kind=READERS[audience].kind, choice=choice, day=day, contact_no=contact_no)


_NOTHING = Text("没有发给您的推荐摘要，不需要设置。", "No digest is written for you, so there is nothing to choose.")
_CHOOSE = Text("请选择多久收一次推荐摘要。", "Choose how often you want the digest.")
