"""How long what is kept: one table of rules, which the command, the nightly job and the reference page read.

A rule's steps run in order, those first whose rows point at others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from matchmaker.accounts.feed import Change
from matchmaker.accounts.models import (
    ApprovedText,
    Consent,
    Disclosure,
    FormDraft,
    IdempotencyKey,
    Invitation,
    Registration,
    ResetRequest,
    SignIn,
    SubjectRequest,
    Throttle,
)
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent, GuaranteeNote
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.rating.models import Rating, RatingAppeal, RatingOverride
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import CreditRecord, ListVersion, Need
from matchmaker.matching.models import MatchPair
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEvent
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.privacy.limits import (
    DRAFT_DAYS,
    KEY_DAYS,
    LOG_DAYS,
    REPORT_DAYS,
    adverse,
    adverse_versions,
    before,
    closed_versions,
    idle_throttles,
    need_versions,
    of_old_needs,
    of_old_ratings,
    of_undrawn_guarantees,
    old_consents,
    old_disclosures,
    old_events,
    old_features,
    old_needs,
    old_ratings,
    refused_registrations,
    sent_bodies,
    undrawn_guarantees,
    unused_invitations,
    years_before,
)
from matchmaker.referrals.models import Referral


@dataclass(frozen=True, slots=True)
class Step:
    """Rows of one table that are removed, or, with ``blank``, lose these columns."""

    model: Any
    over: Callable[[datetime], ColumnElement[bool]]
    blank: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """Files of one folder in the instance's that are removed so many days after they were written."""

    folder: str
    days: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what, for how long, and by which source. Without steps nothing is removed by the clock."""

    key: str
    label: Text
    rule: Text
    source: Text
    steps: tuple[Step | Files, ...]


RULES: tuple[Rule, ...] = (
    Rule(
        "adverse_records",
        Text("不良信用记录及其历次版本", "adverse credit records and their versions"),
        Text("行为终止之日起 5 年删除", "removed 5 years after the end of the act"),
        Text("《征信业管理条例》第十六条", "Regulation on Credit Reporting, article 16"),
        (Step(ListVersion, adverse_versions), Step(CreditRecord, adverse)),
    ),
    Rule(
        "ratings",
        Text("信用评级及其申诉与人工调整", "ratings with their appeals and overrides"),
        Text(
            "其中最早一条不良信息的行为终止满 5 年删除；没有的，评级满 5 年删除",
            "removed 5 years after the end of the first act in it; without any, 5 years after the rating",
        ),
        Text("《征信业管理条例》第十六条", "Regulation on Credit Reporting, article 16"),
        (
            Step(RatingOverride, of_old_ratings(RatingOverride.rating_no)),
            Step(RatingAppeal, of_old_ratings(RatingAppeal.rating_no)),
            Step(Rating, old_ratings),
        ),
    ),
    Rule(
        "case_features",
        Text("担保申请时留存的评分信息", "what the scorecard looks at, kept with a guarantee"),
        Text(
            "其中最早一条不良信息的行为终止满 5 年清空；没有的，申请满 5 年清空",
            "blanked 5 years after the end of the first act in it; without any, 5 years after the application",
        ),
        Text("《征信业管理条例》第十六条", "Regulation on Credit Reporting, article 16"),
        (Step(Guarantee, old_features, blank=("features", "features_until")),),
    ),
    Rule(
        "business_records",
        Text("已结束的需求、推荐、授权、查询记录、请求、推送", "ended needs, leads, consents, looks, requests, pushes"),
        Text("结束后满 3 年删除", "removed 3 years after they ended"),
        Text("《电子商务法》第三十一条；《个人信息保护法》第十九条", "E-Commerce Law, article 31; PIPL, article 19"),
        (
            Step(Disclosure, old_disclosures),
            Step(Consent, old_consents),
            Step(Certificate, years_before(Certificate.expires_at)),
            Step(Guarantee, of_old_needs(Guarantee.need_no), blank=("need_no",)),
            Step(Referral, of_old_needs(Referral.need_no)),
            Step(Lead, of_old_needs(Lead.need_no)),
            Step(MatchPair, of_old_needs(MatchPair.need_no)),
            Step(ApprovedText, of_old_needs(ApprovedText.need_no)),
            Step(ListVersion, need_versions),
            Step(Need, old_needs),
            Step(PushItem, years_before(PushItem.created_at)),
            Step(OutboxMessage, years_before(OutboxMessage.created_at)),
            Step(ImportJob, years_before(ImportJob.created_at)),
            Step(SubjectRequest, years_before(SubjectRequest.answered_at)),
            Step(Change, years_before(Change.at)),
        ),
    ),
    Rule(
        "undrawn_guarantees",
        Text(
            "没有放款就已结束的担保申请、银行报告、办理说明",
            "guarantees that ended before anything was lent, with reports and notes",
        ),
        Text("结束后满 3 年删除", "removed 3 years after they ended"),
        Text("《电子商务法》第三十一条；《个人信息保护法》第十九条", "E-Commerce Law, article 31; PIPL, article 19"),
        (
            Step(GuaranteeNote, of_undrawn_guarantees(GuaranteeNote.guarantee_no)),
            Step(GuaranteeEvent, of_undrawn_guarantees(GuaranteeEvent.guarantee_no)),
            Step(Guarantee, undrawn_guarantees),
        ),
    ),
    Rule(
        "guarantee_books",
        Text(
            "担保台账；有放款的担保及其银行报告、办理说明（分录所依据的凭证）",
            "the ledger of guarantees; guarantees lent under, with reports and notes (what its entries rest on)",
        ),
        Text(
            "会计年度终了后至少 30 年；系统不自动删除，期满由担保机构鉴定后处理，债权债务未结清的不销毁",
            "at least 30 years from the end of the year; never removed by the clock: the guarantor appraises it then, "
            "and nothing goes while a debt is open",
        ),
        Text(
            "《会计档案管理办法》（财政部、国家档案局令第 79 号）第十四条、第十六条、第十九条及附表一",
            "Measures on Accounting Archives (2015), articles 14, 16, 19 and table 1",
        ),
        (),
    ),
    Rule(
        "closed_accounts",
        Text("已注销账号的联系方式的旧版本", "earlier versions of contacts of closed accounts"),
        Text("注销后当夜删除", "removed the night after the account is closed"),
        Text("《个人信息保护法》第四十七条", "PIPL, article 47"),
        (Step(ListVersion, closed_versions),),
    ),
    Rule(
        "message_bodies",
        Text("已发消息的正文", "text of messages that were sent"),
        Text("180 天后清空，发送记录保留", "blanked after 180 days; that it was sent stays"),
        Text("《个人信息保护法》第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (Step(OutboxMessage, sent_bodies, ("text", "html")),),
    ),
    Rule(
        "sign_in_logs",
        Text("已结束的登录、系统推送的事件与结果", "ended sessions, webhook events and attempts"),
        Text("180 天后删除", "removed after 180 days"),
        Text("《网络安全法》第二十一条（不少于六个月）", "Cybersecurity Law, article 21 (at least six months)"),
        (
            Step(SignIn, before(SignIn.seen_at, LOG_DAYS)),
            Step(WebhookAttempt, before(WebhookAttempt.at, LOG_DAYS)),
            Step(WebhookEvent, old_events),
        ),
    ),
    Rule(
        "throttles",
        Text("登录失败次数", "counts of failed sign-ins"),
        Text("1 天后删除", "removed after a day"),
        Text("《个人信息保护法》第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (Step(Throttle, idle_throttles),),
    ),
    Rule(
        "invitations",
        Text("邀请；重设申请；未通过的企业注册", "invitations; requests to reset; registrations that were refused"),
        Text("未使用的邀请 30 天、其余 180 天后删除", "unused invitations after 30 days, the others after 180"),
        Text("《个人信息保护法》第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (
            Step(Invitation, unused_invitations),
            Step(Invitation, before(Invitation.used_at, LOG_DAYS)),
            Step(ResetRequest, before(ResetRequest.asked_at, LOG_DAYS)),
            Step(Registration, refused_registrations),
        ),
    ),
    Rule(
        "uploads",
        Text(
            "标注错误的上传文件（实例目录 uploads）",
            "uploads with their faults marked (uploads in the instance folder)",
        ),
        Text("30 天后删除，不进入备份", "removed after 30 days; not in backups"),
        Text("《个人信息保护法》第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (Files("uploads", REPORT_DAYS),),
    ),
    Rule(
        "drafts",
        Text("没有提交的草稿", "drafts that were never sent"),
        Text("最后一次改动 90 天后删除", "removed 90 days after their last change"),
        Text("《个人信息保护法》第十九条（最短必要期限）", "PIPL, article 19 (no longer than needed)"),
        (Step(FormDraft, before(FormDraft.updated_at, DRAFT_DAYS)),),
    ),
    Rule(
        "idempotency_keys",
        Text("接口防重复的答复", "stored answers to requests of the API"),
        Text("7 天后删除", "removed after 7 days"),
        Text("接口约定", "the API's promise"),
        (Step(IdempotencyKey, before(IdempotencyKey.created_at, KEY_DAYS)),),
    ),
)
"""PIPL: 《中华人民共和国个人信息保护法》."""
