"""Consents as an enterprise gives them: to whom it may, for which of its needs, and in which words."""

from datetime import datetime, timedelta

from sqlalchemy import select

from matchmaker.accounts.consent import Grant, grant_consent, require_end, words_digest
from matchmaker.accounts.models import Consent
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotFoundError
from matchmaker.domain.terms import ConsentPurpose, EntryStatus, FieldGroup, OrganisationKind
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.models import Need, Organisation
from matchmaker.settings import Settings

RECIPIENTS = (OrganisationKind.BANK, OrganisationKind.GUARANTOR, OrganisationKind.BUREAU)
"""Kinds that may be given a consent: a branch's people see to their bank's; the bureau for credit checks only."""


def recipient(session: ScopedSession, org_code: str) -> Organisation:
    """The bank, guarantor or bureau with this code; NotFoundError for anything else."""
    known = (Organisation.org_code == org_code) & (Organisation.status == EntryStatus.PUBLISHED)
    found = session.scalars(select(Organisation).where(known, Organisation.kind.in_(RECIPIENTS))).one_or_none()
    if found is None:
        raise NotFoundError(_NO_RECIPIENT, code="unknown_recipient", org=org_code)
    return found


def consent_words(
    organisation: str,
    groups: frozenset[FieldGroup],
    purpose: ConsentPurpose,
    need_no: str | None,
    until: datetime,
    lang: Lang,
    settings: Settings,
) -> str:
    """The words of a consent, as they are shown before it is given and kept as its evidence.

    They name the recipient, the purpose, what is told and until when (PIPL articles 17 and 23).
    """
    said = [group.label.say(lang) for group in FieldGroup if group in groups]
    return _WORDS.say(
        lang,
        to=organisation,
        groups=("、" if lang == "zh" else ", ").join(said),
        purpose=purpose.label,
        need=Text(f"需求 {need_no}", f"the need {need_no}") if need_no else _EVERY_NEED,
        until=until.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M"),
    )


def consent_to(
    session: ScopedSession,
    *,
    actor: Actor,
    org_code: str,
    groups: frozenset[FieldGroup],
    purpose: ConsentPurpose,
    need_no: str | None = None,
    until: datetime | None = None,
    lang: Lang = "zh",
    shown: str | None = None,
    settings: Settings,
    now: datetime,
) -> Consent:
    """Give the actor's consent to a bank, guarantor or bureau; ``until`` None: ``consent_days`` from now.

    ``shown``: the :func:`words_digest` of the words that were on the page. NotFoundError for a recipient that may not
    be given one, or a need that is not the enterprise's; ConflictError where the words are others by now, so that
    nobody agrees to what was not shown (PIPL article 14).
    """
    if actor.uscc is None or (need_no is not None and not _is_own(session, need_no)):
        raise NotFoundError(Text("没有这条需求。", "There is no such need."), code="not_found")
    ends = until or now + timedelta(days=settings.consent_days)
    require_end(ends, now)  # before the words are made: the year 9999 has no last day in the city's zone
    organisation = recipient(session, org_code)
    if organisation.kind is OrganisationKind.BUREAU and purpose is not ConsentPurpose.CREDIT_CHECK:
        raise NotFoundError(_NO_RECIPIENT, code="unknown_recipient", org=org_code)
    words = consent_words(organisation.name, groups, purpose, need_no, ends, lang, settings)
    if shown is not None and shown != words_digest(words):
        raise ConflictError(OTHER_WORDS, code="consent_words")
    grant = Grant(
        uscc=actor.uscc,
        org_code=org_code,
        groups=groups,
        purpose=purpose,
        need_no=need_no,
        until=ends,
        evidence=words,
    )
    return grant_consent(session, actor=actor, grant=grant, now=now)


def _is_own(session: ScopedSession, need_no: str) -> bool:
    """The session of an enterprise sees its own needs only."""
    uscc = session.scalar(select(Need.uscc).where(Need.need_no == need_no))
    return uscc is not None and uscc == session.actor.uscc


OTHER_WORDS = Text(
    "授权内容与刚才显示的文字不同，没有授权。请看下面现在的文字，同意再提交。",
    "The words are not those you were shown, so no consent was given. Read those below and consent if you agree.",
)
_NO_RECIPIENT = Text(
    "没有编号为「{org}」、可为此用途授权的机构。从推荐列表里选择。",
    'There is no organisation "{org}" that can be given such a consent. Choose one from the list.',
)
_EVERY_NEED = Text("本企业的全部需求", "all needs of this company")
_WORDS = Text(
    "同意「{to}」在 {until} 之前查看本企业的以下信息（含已依法公开的信用记录）：{groups}。用途：{purpose}，针对{need}。"
    "可随时撤回，撤回后立即停止查看。",
    '"{to}" may see the following about this company until {until}, with those of its credit records that are public: '
    "{groups}. For: {purpose}, about {need}. "
    "It can be withdrawn at any time and ends at once.",
)
