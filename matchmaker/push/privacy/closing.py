"""Closing an enterprise's account: consents and needs end, people and contacts lose what is personal (PIPL 47)."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, cast, delete, literal, select, update

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.consent import active, withdraw_consent
from matchmaker.accounts.models import (
    ApiToken,
    ApprovedText,
    Consent,
    FormDraft,
    Invitation,
    Person,
    RecoveryCode,
    Registration,
)
from matchmaker.accounts.sessions import end_sessions
from matchmaker.accounts.webhook_endpoints import endpoints, remove_endpoint
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.closing import withdraw_all_of
from matchmaker.guarantee.cases.models import GuaranteeNote
from matchmaker.guarantee.endorsement.revoking import revoke_all_of
from matchmaker.lists.models import Contact, Enterprise, Need
from matchmaker.lists.queries import FINAL
from matchmaker.lists.services import change_status
from matchmaker.lists.services.writing import record_version
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.answers import end_referrals_of
from matchmaker.push.leads import end_leads
from matchmaker.push.models import Lead, NoticeSetting
from matchmaker.settings import Settings

CLOSED = "已注销"
"""Stands where a person's name stood."""

KEPT = Text(
    "账号已注销：授权全部撤回，没有放款的担保申请全部撤回，信用背书全部撤销，需求全部撤下，人员停用，联系方式已清除。"
    "依法保留：企业登记信息与信用记录（《征信业管理条例》第十六条，不良信息自终止之日起五年）、已结束的需求、授权与"
    "没有放款的担保申请、查询记录（三年）、有放款的担保与担保台账（《会计档案管理办法》第十四条，至少三十年）、审计日志"
    "（《网络安全法》第二十一条，不少于六个月）。到期后删除；台账期满由担保机构鉴定后处理。",
    "The account is closed: consents and applications for guarantees withdrawn, certificates revoked, needs taken "
    "down, people disabled, contacts blanked. Kept by law until they run out: the company's entry and credit records "
    "(Regulation on Credit Reporting, article 16: adverse ones five years from the end of the act), ended needs, "
    "consents, applications for guarantees and who looked (three years), guarantees that were lent under and their "
    "ledger (Measures on Accounting Archives, article 14: at least thirty years; then the guarantor decides), the "
    "audit (Cybersecurity Law, article 21: at least six months).",
)
"""The answer to a request for deletion: what is gone, and what stays by which law (PIPL article 47)."""


@dataclass(slots=True)
class Closed:
    """How much of each was ended or blanked."""

    consents: int = 0
    guarantees: int = 0
    certificates: int = 0
    needs: int = 0
    leads: int = 0
    people: int = 0
    contacts: int = 0
    texts: int = 0
    messages: int = 0
    endpoints: int = 0


def close_account(session: ScopedSession, *, actor: Actor, uscc: str, settings: Settings, now: datetime) -> Closed:
    """End all that an enterprise takes part in and blank what is personal; safe to repeat.

    ``actor`` asked for it and stands in the audit. Earlier versions of contacts are removed by the retention rules,
    which may work as the schema's owner. NotFoundError for an unknown enterprise;
    RejectedError that names the guarantees by which it is still bound.
    """
    done = Closed()
    with session.elevated():
        if session.scalar(select(Enterprise.id).where(Enterprise.uscc == uscc)) is None:
            raise NotFoundError(Text("没有这家企业。", "There is no such enterprise."), code="not_found")
        done.guarantees = withdraw_all_of(session, uscc, settings=settings, now=now)
        done.leads = len(session.scalars(_open_leads(uscc)).all())
        given = select(Consent.public_id).where(Consent.uscc == uscc, active(now))
        for public_id in session.scalars(given).all():
            ended = withdraw_consent(session, actor=SYSTEM, public_id=public_id, now=now)
            end_referrals_of(session, ended, actor=SYSTEM, now=now)
            done.consents += 1
        done.certificates = revoke_all_of(session, uscc, now)
        _end_needs(session, actor, uscc, done, now)
        _disable_people(session, uscc, done, now)
        _blank_contacts(session, actor, uscc, done, now)
        for endpoint in [one for one in endpoints(session) if one.uscc == uscc]:
            remove_endpoint(session, actor=SYSTEM, endpoint=endpoint, now=now)
            done.endpoints += 1
    record_event(
        session, actor=actor, action="account.closed", subject=f"enterprise:{uscc}", now=now, after=asdict(done)
    )
    return done


def _open_leads(uscc: str) -> Select[Any]:
    mine = select(Need.need_no).where(Need.uscc == uscc)
    return select(Lead).where(Lead.need_no.in_(mine), Lead.ended_at.is_(None))


def _end_needs(session: ScopedSession, actor: Actor, uscc: str, done: Closed, now: datetime) -> None:
    for need in session.scalars(select(Need).where(Need.uscc == uscc, Need.status.not_in(FINAL))).all():
        change_status(session, actor=actor, entry=need, verb="withdraw", now=now)
        done.needs += 1
    end_leads(session, session.scalars(_open_leads(uscc)).all(), now)
    for text in session.scalars(select(ApprovedText).where(ApprovedText.uscc == uscc)).all():
        session.delete(text)
        done.texts += 1


def _disable_people(session: ScopedSession, uscc: str, done: Closed, now: datetime) -> None:
    for person in session.scalars(select(Person).where(Person.uscc == uscc, Person.name != CLOSED)).all():
        person.login, person.name = f"closed-{person.public_id}", CLOSED
        person.email = person.phone = person.password_hash = person.totp_secret = person.oidc_subject = None
        person.disabled_at, person.version = person.disabled_at or now, person.version + 1
        end_sessions(session, person.id, "disabled", now=now)
        for code in session.scalars(select(RecoveryCode).where(RecoveryCode.person_id == person.id)).all():
            session.delete(code)
        done.people += 1
    hands = select(literal("person:").concat(cast(Person.id, String))).where(Person.uscc == uscc)
    said = update(GuaranteeNote).where(GuaranteeNote.said_by.in_(hands)).values(name=CLOSED)
    session.execute(said.execution_options(synchronize_session=False))
    session.execute(update(ApiToken).where(ApiToken.uscc == uscc, ApiToken.revoked_at.is_(None)).values(revoked_at=now))
    session.execute(update(Invitation).where(Invitation.uscc == uscc).values(name=CLOSED, email=None))
    session.execute(delete(FormDraft).where(FormDraft.uscc == uscc))
    blank = {"name": CLOSED, "login": CLOSED, "phone": None, "password_hash": None}
    session.execute(update(Registration).where(Registration.uscc == uscc).values(**blank))


def _blank_contacts(session: ScopedSession, actor: Actor, uscc: str, done: Closed, now: datetime) -> None:
    contacts = session.scalars(select(Contact).where(Contact.uscc == uscc, Contact.name != CLOSED)).all()
    for contact in contacts:
        contact.name, contact.email, contact.phone = CLOSED, None, None
        contact.version, contact.updated_at, contact.status = contact.version + 1, now, EntryStatus.WITHDRAWN
        session.flush()
        record_version(session, actor=actor, entry=contact, cause="close", now=now)
    done.contacts = len(contacts)
    own = NoticeSetting.contact_no.in_(select(Contact.contact_no).where(Contact.uscc == uscc))
    session.execute(delete(NoticeSetting).where(own).execution_options(synchronize_session=False))
    people = select(literal("person:").concat(Person.public_id)).where(Person.uscc == uscc)
    told = select(Contact.contact_no).where(Contact.uscc == uscc).union(people)
    mine = OutboxMessage.contact_no.in_(told)
    for message in session.scalars(select(OutboxMessage).where(mine, OutboxMessage.name != CLOSED)).all():
        message.name, message.address, message.text, message.html = CLOSED, None, None, None
        if message.state in ("waiting", "failed", "leased"):
            message.state, message.last_error, message.lease_until = "dropped", "contact_gone", None
        done.messages += 1
