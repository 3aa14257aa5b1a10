"""A copy of everything that is kept of an enterprise, for machines (PIPL article 45)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, inspect, literal, or_, select

from matchmaker.accounts import models as accounts
from matchmaker.accounts.audit import record_event
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent, GuaranteeNote
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.ledger.models import GuaranteeBalance, LedgerEntry, LedgerLeg
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.disclosed import without_government
from matchmaker.guarantee.rating.models import Rating, RatingAppeal, RatingOverride
from matchmaker.lists import models as lists
from matchmaker.lists.entry import Entry, written
from matchmaker.lists.guarantee_registers import GuarantorRelation, RelatedGroup
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import ListVersion
from matchmaker.matching.models import MatchPair
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import Lead, NoticeSetting, PushItem
from matchmaker.referrals.models import Referral

FORMAT = "matchmaker.copy/1"
_SECRET = frozenset({"id", "password_hash", "totp_secret", "totp_step", "token_hash", "code_hash"})
"""Never in a copy: what opens accounts, and numbers of the database."""
_BANKS_OWN = frozenset({"bank_reason", "bank_note", "bank_by", "bank_person_id"})
"""Of a referral: what the bank said to itself and who there said it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a copy: its name, the table, and which rows are the enterprise's."""

    key: str
    label: Text
    model: Any
    mine: Callable[[str], ColumnElement[bool]]


def _needs(uscc: str) -> Any:
    return select(lists.Need.need_no).where(lists.Need.uscc == uscc)


def _contacts(uscc: str) -> Any:
    """How messages name an enterprise's contacts and people."""
    people = select(literal("person:").concat(accounts.Person.public_id)).where(accounts.Person.uscc == uscc)
    return select(lists.Contact.contact_no).where(lists.Contact.uscc == uscc).union(people)


def _people(uscc: str) -> Any:
    return select(accounts.Person.id).where(accounts.Person.uscc == uscc)


def _versions(uscc: str) -> ColumnElement[bool]:
    owned = (
        lists.Enterprise, lists.Need, lists.Contact, lists.CreditRecord,
        EnterpriseRating, GuarantorRelation, RelatedGroup,
    )  # fmt: skip
    ids = ((model, select(model.id).where(model.uscc == uscc)) for model in owned)
    return or_(*((ListVersion.kind == model.kind_name) & ListVersion.entry_id.in_(mine) for model, mine in ids))


PARTS: tuple[Part, ...] = (
    Part("enterprise", Text("企业", "enterprise"), lists.Enterprise, lambda uscc: lists.Enterprise.uscc == uscc),
    Part("needs", Text("融资需求", "needs"), lists.Need, lambda uscc: lists.Need.uscc == uscc),
    Part("contacts", Text("联系人", "contacts"), lists.Contact, lambda uscc: lists.Contact.uscc == uscc),
    Part(
        "credit_records",
        Text("信用记录", "credit records"),
        lists.CreditRecord,
        lambda uscc: lists.CreditRecord.uscc == uscc,
    ),
    Part("versions", Text("历次版本", "versions"), ListVersion, _versions),
    Part("people", Text("账号", "accounts"), accounts.Person, lambda uscc: accounts.Person.uscc == uscc),
    Part("sessions", Text("登录记录", "sessions"), accounts.SignIn,
         lambda uscc: accounts.SignIn.person_id.in_(_people(uscc))),
    Part("tokens", Text("接口密钥", "tokens"), accounts.ApiToken, lambda uscc: accounts.ApiToken.uscc == uscc),
    Part("registrations", Text("注册", "registrations"), accounts.Registration,
         lambda uscc: accounts.Registration.uscc == uscc),
    Part("consents", Text("授权", "consents"), accounts.Consent, lambda uscc: accounts.Consent.uscc == uscc),
    Part("certificates", Text("信用背书", "certificates"), Certificate, lambda uscc: Certificate.uscc == uscc),
    Part("guarantees", Text("担保", "guarantees"), Guarantee, lambda uscc: Guarantee.uscc == uscc),
    Part("guarantee_events", Text("担保贷款的报告", "what banks reported of guaranteed loans"), GuaranteeEvent,
         lambda uscc: GuaranteeEvent.uscc == uscc),
    Part("guarantee_notes", Text("担保办理说明", "what was said about guarantees"), GuaranteeNote,
         lambda uscc: (GuaranteeNote.uscc == uscc) & GuaranteeNote.inside.is_(False)),
    Part("disclosures", Text("查询记录", "who looked"), accounts.Disclosure,
         lambda uscc: accounts.Disclosure.uscc == uscc),
    Part("approved_texts", Text("确认的说明", "approved texts"), accounts.ApprovedText,
         lambda uscc: accounts.ApprovedText.uscc == uscc),
    Part("drafts", Text("草稿", "drafts"), accounts.FormDraft, lambda uscc: accounts.FormDraft.uscc == uscc),
    Part("requests", Text("请求", "requests"), accounts.SubjectRequest,
         lambda uscc: accounts.SubjectRequest.uscc == uscc),
    Part("standing_rating", Text("现行评级", "standing rating"), EnterpriseRating,
         lambda uscc: EnterpriseRating.uscc == uscc),
    Part("guarantor_relations", Text("与担保机构的关系", "relations to guarantors"), GuarantorRelation,
         lambda uscc: GuarantorRelation.uscc == uscc),
    Part("related_groups", Text("关联企业组", "groups of related companies"), RelatedGroup,
         lambda uscc: RelatedGroup.uscc == uscc),
    Part("ratings", Text("信用评级", "ratings"), Rating, lambda uscc: Rating.uscc == uscc),
    Part("rating_overrides", Text("评级的人工调整", "overrides of ratings"), RatingOverride,
         lambda uscc: (RatingOverride.uscc == uscc) & (RatingOverride.state == "confirmed")),
    Part("rating_appeals", Text("评级申诉", "appeals against ratings"), RatingAppeal,
         lambda uscc: RatingAppeal.uscc == uscc),
    Part("ledger", Text("担保分录", "entries of guarantees"), LedgerEntry, lambda uscc: LedgerEntry.uscc == uscc),
    Part("ledger_legs", Text("担保分录明细", "legs of guarantees"), LedgerLeg,
         lambda uscc: LedgerLeg.guarantee_no.in_(select(LedgerEntry.guarantee_no).where(LedgerEntry.uscc == uscc))),
    Part("guarantee_balances", Text("担保余额", "balances of guarantees"), GuaranteeBalance,
         lambda uscc: GuaranteeBalance.uscc == uscc),
    Part("uploads", Text("上传", "uploads"), ImportJob, lambda uscc: ImportJob.uscc == uscc),
    Part("leads", Text("推荐给银行的需求", "leads"), Lead, lambda uscc: Lead.need_no.in_(_needs(uscc))),
    Part("referrals", Text("对接", "referrals"), Referral, lambda uscc: Referral.need_no.in_(_needs(uscc))),
    Part("matches", Text("匹配", "matches"), MatchPair, lambda uscc: MatchPair.need_no.in_(_needs(uscc))),
    Part("notice_settings", Text("通知设置", "notification settings"), NoticeSetting,
         lambda uscc: NoticeSetting.contact_no.in_(_contacts(uscc))),
    Part("push_items", Text("推送内容", "what was told"), PushItem,
         lambda uscc: PushItem.contact_no.in_(_contacts(uscc))),
    Part("messages", Text("发出的消息", "messages"), OutboxMessage,
         lambda uscc: OutboxMessage.contact_no.in_(_contacts(uscc))),
)  # fmt: skip
"""Every table that holds something of an enterprise; a test compares them with the whole schema."""


def copy_of(session: ScopedSession, *, actor: Actor, uscc: str, now: datetime) -> dict[str, Any]:
    """All that is kept of an enterprise as one JSON object: format, moment, code, and each part's rows.

    Hashes of passwords and tokens are left out; list entries have the columns of their files. NotFoundError for an
    enterprise that is not there or not the actor's. That a copy was made stands in the audit.
    """
    if not actor.trusted and actor.uscc != uscc:
        raise _unknown()
    with session.elevated():
        if session.scalar(select(lists.Enterprise.id).where(lists.Enterprise.uscc == uscc)) is None:
            raise _unknown()
        parts = {part.key: [_row(one) for one in _rows(session, part, uscc)] for part in PARTS}
    record_event(session, actor=actor, action="copy.made", subject=f"enterprise:{uscc}", now=now)
    return {"format": FORMAT, "made_at": now.isoformat(), "uscc": uscc, "parts": parts}


def _rows(session: ScopedSession, part: Part, uscc: str) -> Iterator[Any]:
    key = inspect(part.model).primary_key
    yield from session.scalars(select(part.model).where(part.mine(uscc)).order_by(*key))


def _row(row: Any) -> dict[str, Any]:
    columns = inspect(type(row)).column_attrs
    values = {c.key: _plain(getattr(row, c.key)) for c in columns if c.key not in _SECRET | _BANKS_OWN}
    if isinstance(row, Rating):
        return without_government(values)
    if not isinstance(row, Entry):
        return values
    own: type[Entry] = type(row)
    fields = {c.key: getattr(row, c.key) for c in columns}
    common = ("public_id", "version", "status", "created_at", "updated_at", "confirmed_at")
    return {**{name: values[name] for name in common}, **written(own, fields)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)


def _unknown() -> NotFoundError:
    return NotFoundError(Text("没有这家企业。", "There is no such enterprise."), code="not_found")
