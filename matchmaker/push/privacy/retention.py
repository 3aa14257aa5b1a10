"""How long what is kept: one table of rules, which the command, the nightly job and the reference page read.

A rule's steps run in order, those first whose rows point at others. They are run as the schema's owner where there is
one: the application may not remove versions of list entries. The audit keeps ids and hashes only and is not shortened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select, update

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.feed import Change
from matchmaker.accounts.models import (
    ApprovedText,
    Consent,
    Disclosure,
    FormDraft,
    IdempotencyKey,
    Invitation,
    Registration,
    SignIn,
    SubjectRequest,
    Throttle,
)
from matchmaker.actor import Actor
from matchmaker.db import Database, ScopedSession
from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import CreditKind, Severity
from matchmaker.domain.text import Text
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import Contact, CreditRecord, ListVersion, Need
from matchmaker.lists.queries import FINAL
from matchmaker.matching.models import MatchPair
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.models import WebhookAttempt
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.privacy.closing import CLOSED
from matchmaker.scoring.records import ALWAYS_SERIOUS
from matchmaker.settings import Settings

ADVERSE_YEARS = 5
RECORD_YEARS = 3
LOG_DAYS = 180
INVITATION_DAYS = 30
KEY_DAYS = 7
DRAFT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Step:
    """Rows of one table that are removed, or, with ``blank``, lose these columns."""

    model: Any
    over: Callable[[datetime], ColumnElement[bool]]
    blank: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what, for how long, and by which source."""

    key: str
    label: Text
    rule: Text
    source: Text
    steps: tuple[Step, ...]


def _years_ago(now: datetime, years: int) -> datetime:
    return now.replace(year=now.year - years) if (now.month, now.day) != (2, 29) else now - timedelta(days=365 * years)


def _adverse(now: datetime) -> ColumnElement[bool]:
    """Adverse records whose act ended five years ago; the end of being listed as abnormal is when it was lifted."""
    record = CreditRecord
    limit = add_months(now.date(), -12 * ADVERSE_YEARS)
    bad = record.severity.in_((Severity.MINOR, Severity.GENERAL, Severity.SERIOUS)) | record.kind.in_(ALWAYS_SERIOUS)
    listed = record.kind == CreditKind.ABNORMAL_OPERATION
    return or_(
        and_(bad, ~listed, func.coalesce(record.ended_on, record.occurred_on, record.decided_on) <= limit),
        and_(listed, func.coalesce(record.ended_on, record.repaired_on) <= limit),
    )


def _adverse_versions(now: datetime) -> ColumnElement[bool]:
    gone = select(CreditRecord.id).where(_adverse(now))
    return (ListVersion.kind == CreditRecord.kind_name) & ListVersion.entry_id.in_(gone)


def _old_disclosures(now: datetime) -> ColumnElement[bool]:
    return Disclosure.at < _years_ago(now, RECORD_YEARS)


def _old_consents(now: datetime) -> ColumnElement[bool]:
    ended = func.coalesce(Consent.withdrawn_at, Consent.expires_at) < _years_ago(now, RECORD_YEARS)
    return ended & ~select(Disclosure.id).where(Disclosure.consent_id == Consent.id).exists()


def _old_needs(now: datetime) -> ColumnElement[bool]:
    """Needs that ended three years ago and that no consent names any more."""
    ended = Need.status.in_(FINAL) & (Need.updated_at < _years_ago(now, RECORD_YEARS))
    return ended & ~select(Consent.id).where(Consent.need_no == Need.need_no).exists()


def _of_old_needs(column: Any) -> Callable[[datetime], ColumnElement[bool]]:
    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.in_(select(Need.need_no).where(_old_needs(now)))
        return found

    return over


def _need_versions(now: datetime) -> ColumnElement[bool]:
    gone = select(Need.id).where(_old_needs(now))
    return (ListVersion.kind == Need.kind_name) & ListVersion.entry_id.in_(gone)


def _closed_versions(now: datetime) -> ColumnElement[bool]:
    """Earlier versions of contacts that were blanked; the blank one stays."""
    blanked = select(Contact.id).where(Contact.name == CLOSED)
    newest = select(Contact.version).where(Contact.id == ListVersion.entry_id).scalar_subquery()
    mine = (ListVersion.kind == Contact.kind_name) & ListVersion.entry_id.in_(blanked)
    return mine & (ListVersion.version < newest)


def _before(column: Any, days: int) -> Callable[[datetime], ColumnElement[bool]]:
    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column < now - timedelta(days=days)
        return found

    return over


def _years_before(column: Any) -> Callable[[datetime], ColumnElement[bool]]:
    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column < _years_ago(now, RECORD_YEARS)
        return found

    return over


def _sent_bodies(now: datetime) -> ColumnElement[bool]:
    old = OutboxMessage.created_at < now - timedelta(days=LOG_DAYS)
    kept = OutboxMessage.text.is_not(None) | OutboxMessage.html.is_not(None)
    return old & kept & OutboxMessage.state.in_(("sent", "failed", "dropped"))


def _unused_invitations(now: datetime) -> ColumnElement[bool]:
    return (Invitation.created_at < now - timedelta(days=INVITATION_DAYS)) & Invitation.used_at.is_(None)


def _refused_registrations(now: datetime) -> ColumnElement[bool]:
    return (Registration.state == "refused") & (Registration.decided_at < now - timedelta(days=LOG_DAYS))


RULES: tuple[Rule, ...] = (
    Rule(
        "adverse_records",
        Text("不良信用记录及其历次版本", "adverse credit records and their versions"),
        Text("行为终止之日起 5 年删除", "removed 5 years after the end of the act"),
        Text("《征信业管理条例》第十六条", "Regulation on Credit Reporting, article 16"),
        (Step(ListVersion, _adverse_versions), Step(CreditRecord, _adverse)),
    ),
    Rule(
        "business_records",
        Text("已结束的需求、推荐、授权、查询记录、请求、推送", "ended needs, leads, consents, looks, requests, pushes"),
        Text("结束后满 3 年删除", "removed 3 years after they ended"),
        Text("《电子商务法》第三十一条；PIPL 第十九条", "E-Commerce Law, article 31; PIPL, article 19"),
        (
            Step(Disclosure, _old_disclosures),
            Step(Consent, _old_consents),
            Step(Lead, _of_old_needs(Lead.need_no)),
            Step(MatchPair, _of_old_needs(MatchPair.need_no)),
            Step(ApprovedText, _of_old_needs(ApprovedText.need_no)),
            Step(ListVersion, _need_versions),
            Step(Need, _old_needs),
            Step(PushItem, _years_before(PushItem.created_at)),
            Step(OutboxMessage, _years_before(OutboxMessage.created_at)),
            Step(ImportJob, _years_before(ImportJob.created_at)),
            Step(SubjectRequest, _years_before(SubjectRequest.answered_at)),
            Step(Change, _years_before(Change.at)),
        ),
    ),
    Rule(
        "closed_accounts",
        Text("已注销账号的联系方式的旧版本", "earlier versions of contacts of closed accounts"),
        Text("注销后当夜删除", "removed the night after the account is closed"),
        Text("PIPL 第四十七条", "PIPL, article 47"),
        (Step(ListVersion, _closed_versions),),
    ),
    Rule(
        "message_bodies",
        Text("已发消息的正文", "text of messages that were sent"),
        Text("180 天后清空，发送记录保留", "blanked after 180 days; that it was sent stays"),
        Text("PIPL 第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (Step(OutboxMessage, _sent_bodies, ("text", "html")),),
    ),
    Rule(
        "sign_in_logs",
        Text("已结束的登录、失败次数、系统推送结果", "ended sessions, throttles, webhook attempts"),
        Text("180 天后删除", "removed after 180 days"),
        Text("《网络安全法》第二十一条（不少于六个月）", "Cybersecurity Law, article 21 (at least six months)"),
        (
            Step(SignIn, _before(SignIn.seen_at, LOG_DAYS)),
            Step(Throttle, _before(Throttle.since, LOG_DAYS)),
            Step(WebhookAttempt, _before(WebhookAttempt.at, LOG_DAYS)),
        ),
    ),
    Rule(
        "invitations",
        Text("邀请；未通过的企业注册", "invitations; registrations that were refused"),
        Text("未使用的邀请 30 天、其余 180 天后删除", "unused invitations after 30 days, the others after 180"),
        Text("PIPL 第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (
            Step(Invitation, _unused_invitations),
            Step(Invitation, _before(Invitation.used_at, LOG_DAYS)),
            Step(Registration, _refused_registrations),
        ),
    ),
    Rule(
        "drafts",
        Text("没有提交的草稿", "drafts that were never sent"),
        Text("最后一次改动 90 天后删除", "removed 90 days after their last change"),
        Text("PIPL 第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (Step(FormDraft, _before(FormDraft.updated_at, DRAFT_DAYS)),),
    ),
    Rule(
        "idempotency_keys",
        Text("接口防重复的答复", "stored answers to requests of the API"),
        Text("7 天后删除", "removed after 7 days"),
        Text("接口约定", "the API's promise"),
        (Step(IdempotencyKey, _before(IdempotencyKey.created_at, KEY_DAYS)),),
    ),
)
"""PIPL: 《中华人民共和国个人信息保护法》."""

Erased = dict[str, int]
"""Rule → rows that were removed or blanked."""


def apply_rules(session: ScopedSession, now: datetime) -> Erased:
    """Remove and blank what has run out by ``now``; how much by each rule. A session of the system's."""
    erased = {rule.key: sum(_apply(session, step, now.astimezone(UTC)) for step in rule.steps) for rule in RULES}
    session.expire_all()
    return erased


def _apply(session: ScopedSession, step: Step, now: datetime) -> int:
    over = step.over(now)
    act = update(step.model).values(dict.fromkeys(step.blank)) if step.blank else delete(step.model)
    done = session.execute(act.where(over).execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return done.rowcount


def run_retention(
    database: Database, settings: Settings, *, actor: Actor, now: datetime, dry_run: bool = False
) -> Erased:
    """Apply the rules in one transaction, as the schema's owner where ``migration_url`` names one.

    ``dry_run``: all is done and undone again, so the counts are those of the real run.
    """
    owner = Database(settings.migration_url) if settings.migration_url else database
    try:
        with owner.writing(actor) as session:
            erased = apply_rules(session, now)
            if dry_run:
                session.rollback()
            elif any(erased.values()):
                record_event(
                    session, actor=actor, action="retention.applied", subject="retention", now=now, after=dict(erased)
                )
            return erased
    finally:
        if owner is not database:
            owner.dispose()
