"""Consents: an enterprise lets one organisation see some of its facts, for one purpose, until a day; withdrawn at once.

What holds is asked anew at every look (``accounts.gate``): there is no copy of a consent anywhere that could outlive it
(RELIABILITY.md rule 10, ASVS 8.3.2; PIPL articles 14, 15 and 23).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.feed import announce_changes
from matchmaker.accounts.models import Consent
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import ConsentPurpose, FieldGroup
from matchmaker.domain.text import Text
from matchmaker.outbox.services import withdraw_messages
from matchmaker.outbox.webhooks.events import emit

LONGEST = timedelta(days=366)
"""No consent holds for longer than a year: whoever wants more asks again."""

NOTICE = "consent_notice"
"""The kind of message that tells a bank of a consent; its window is the consent's public id."""

REPLACED = "replaced:"
"""``withdrawn_by`` of a consent that a newer one took the place of begins so; the newer one's public id follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an enterprise agrees to. ``need_no`` None: for any of its needs. ``evidence``: the words it was shown."""

    uscc: str
    org_code: str
    groups: frozenset[FieldGroup]
    purpose: ConsentPurpose
    need_no: str | None
    until: datetime
    evidence: str


def grant_consent(session: ScopedSession, *, actor: Actor, grant: Grant, now: datetime) -> Consent:
    """Write a consent down; one that says the same already is returned as it is (a form sent twice).

    An earlier consent of the same enterprise to the same organisation, purpose and need ends: the newer one takes its
    place, wider or narrower. Raises RejectedError for groups without the name, or an end that is past or more than a
    year away. That the recipient may be given consents is for the caller to know (``lists.consents``). The writers'
    lock of the lists is taken first, here and in :func:`withdraw_consent`: forms sent at once come one after the other.
    """
    permit(actor, "consent.write", now)
    _require_own(actor, grant.uscc)
    _require_sense(grant, now)
    lock_lists(session)
    earlier = session.scalars(select(Consent).where(_same_matter(grant), active(now)).with_for_update()).all()
    for consent in earlier:
        if set(consent.groups) == set(grant.groups) and consent.expires_at == grant.until:
            return consent
    made = _written(grant, actor, now)
    for consent in earlier:
        _end(session, consent, by=f"{REPLACED}{made.public_id}", now=now)
    session.add(made)
    session.flush()
    record_event(
        session, actor=actor, action="consent.granted", subject=f"consent:{made.public_id}", now=now,
        after={"to": grant.org_code, "groups": made.groups, "purpose": made.purpose,
               "until": made.expires_at.isoformat(), "evidence": made.evidence_hash,
               "words": words_digest(made.evidence),
               "instead_of": [consent.public_id for consent in earlier]},
    )  # fmt: skip
    announce_changes(session, [_change(consent, now, gone=True) for consent in earlier] + [_change(made, now)])
    _emit(session, "consent.granted", made, now)
    return made


def _require_own(actor: Actor, uscc: str) -> None:
    if not actor.trusted and actor.uscc != uscc:
        raise unknown_consent()


def _require_sense(grant: Grant, now: datetime) -> None:
    if FieldGroup.IDENTITY not in grant.groups:
        raise RejectedError(_NO_NAME, code="consent_groups")
    if not grant.evidence.strip():
        raise RejectedError(_NO_WORDS, code="consent_evidence")
    require_end(grant.until, now)


def require_end(until: datetime, now: datetime) -> None:
    """RejectedError for an end of a consent that is past or more than a year away."""
    if not now < until <= now + LONGEST:
        raise RejectedError(_UNTIL, code="consent_until")


def _written(grant: Grant, actor: Actor, now: datetime) -> Consent:
    return Consent(
        public_id=new_public_id(),
        uscc=grant.uscc,
        org_code=grant.org_code,
        groups=[group.value for group in FieldGroup if group in grant.groups],
        purpose=grant.purpose.value,
        need_no=grant.need_no,
        granted_at=now,
        expires_at=grant.until,
        evidence=grant.evidence,
        evidence_hash=evidence_hash(grant.evidence, actor.who, now, actor.address),
        granted_by=actor.who,
        version=1,
    )


def words_digest(words: str) -> str:
    """SHA-256 (hexadecimal) of the exact words shown; the form hands it back, and it stands in the audit."""
    return hashlib.sha256(words.encode()).hexdigest()


def evidence_hash(words: str, who: str, at: datetime, address: str) -> str:
    """SHA-256 (hexadecimal) of the words agreed to, by whom, when and from where, as canonical JSON."""
    said = [words, who, at.isoformat(), address]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def withdraw_consent(
    session: ScopedSession, *, actor: Actor, public_id: str, version: int | None = None, now: datetime
) -> Consent:
    """End a consent at once; one that has ended stays as it is (a form sent twice).

    What names the enterprise and has not left yet is stopped in the same transaction. ``version``: that of the page it
    was read from; ConflictError when it has moved on. NotFoundError for a consent that is not the actor's.
    """
    permit(actor, "consent.write", now)
    lock_lists(session)
    found = find_consent(session, public_id, lock=True)
    _require_own(actor, found.uscc)
    if not is_active(found, now):
        return found
    if version is not None and version != found.version:
        raise ConflictError(_MOVED_ON, code="version_conflict")
    _end(session, found, by=actor.who, now=now)
    record_event(
        session, actor=actor, action="consent.withdrawn", subject=f"consent:{found.public_id}", now=now,
        before={"until": found.expires_at.isoformat()}, after={"to": found.org_code},
    )  # fmt: skip
    announce_changes(session, [_change(found, now, gone=True)])
    _emit(session, "consent.withdrawn", found, now)
    return found


def _end(session: ScopedSession, consent: Consent, *, by: str, now: datetime) -> None:
    """A guarded update, and the messages that rest on the consent with it."""
    mine = update(Consent).where(Consent.id == consent.id, Consent.version == consent.version)
    ended = session.execute(mine.values(withdrawn_at=now, withdrawn_by=by, version=Consent.version + 1))
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        raise ConflictError(_MOVED_ON, code="version_conflict")
    session.refresh(consent)
    with session.elevated():
        withdraw_messages(session, NOTICE, consent.public_id, "consent_ended")


def _emit(session: ScopedSession, kind: str, consent: Consent, now: datetime) -> None:
    """Tell the systems of both sides, by the consent's public id alone."""
    whose = {"org_code": consent.org_code, "uscc": consent.uscc}
    emit(session, kind, subject_kind="consent", subject_id=consent.public_id, now=now, **whose)


def _change(consent: Consent, now: datetime, *, gone: bool = False) -> dict[str, object]:
    whose = {"org_code": consent.org_code, "uscc": consent.uscc}
    return {"kind": "consent", "public_id": consent.public_id, "gone": gone, "at": now, **whose}


def _same_matter(grant: Grant) -> ColumnElement[bool]:
    need = Consent.need_no.is_(None) if grant.need_no is None else Consent.need_no == grant.need_no
    to = and_(Consent.uscc == grant.uscc, Consent.org_code == grant.org_code)
    return and_(to, Consent.purpose == grant.purpose.value, need)


def active(at: datetime) -> ColumnElement[bool]:
    """Condition: the consent holds at this moment."""
    return and_(Consent.withdrawn_at.is_(None), Consent.granted_at <= at, Consent.expires_at > at)


def about_need(need_no: str | None) -> ColumnElement[bool]:
    """Condition: the consent opens facts for this need; None: for no need in particular."""
    return or_(Consent.need_no.is_(None), Consent.need_no == need_no)


def is_active(consent: Consent, at: datetime) -> bool:
    """Whether a consent that has been read holds at this moment."""
    return consent.withdrawn_at is None and consent.granted_at <= at < consent.expires_at


def active_consents(
    session: ScopedSession, *, uscc: str, org_code: str, purpose: ConsentPurpose, need_no: str | None, at: datetime
) -> Sequence[Consent]:
    """The consents that hold now, those for the very need first.

    Their rows are held until the transaction ends: whoever withdraws waits for a disclosure that is being written, and
    no disclosure is written after a withdrawal (PostgreSQL; SQLite's writers are serial anyway).
    """
    given = (Consent.uscc == uscc) & (Consent.org_code == org_code) & (Consent.purpose == purpose.value)
    query = select(Consent).where(given, about_need(need_no), active(at))
    query = query.order_by(Consent.need_no.is_(None), Consent.id.desc())
    return session.scalars(query.with_for_update(read=True).execution_options(populate_existing=True)).all()


def find_consent(session: ScopedSession, public_id: str, *, lock: bool = False) -> Consent:
    """A consent that the session's actor sees; NotFoundError when there is none."""
    query = select(Consent).where(Consent.public_id == public_id)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none() if is_id(public_id) else None
    if found is None:
        raise unknown_consent()
    return found


def consents(session: ScopedSession, *, at: datetime | None = None) -> Sequence[Consent]:
    """The consents that the session's actor sees (an enterprise its own, a bank those it was given), newest first.

    ``at``: only those that hold at that moment.
    """
    query = select(Consent).order_by(Consent.id.desc())
    return session.scalars(query if at is None else query.where(active(at))).all()


def is_id(written: str) -> bool:
    """Whether something can be a public id at all; what databases refuse in a text is none."""
    return written.isascii() and written.isalnum()


def unknown_consent() -> NotFoundError:
    """There is no such consent, or it is not this actor's."""
    return NotFoundError(
        Text("没有这项授权。从授权列表重新进入。", "There is no such consent. Open it from the list of consents."),
        code="not_found",
    )


_NO_NAME = Text(
    "授权内容缺少「企业名称」：其他信息会让对方认出企业，所以名称须一并授权。勾选后再提交。",
    "The company's name is missing: anything else would give it away, so the name goes with it. Tick it as well.",
)
_NO_WORDS = Text("缺少授权书的文字。从授权页面重新提交。", "The words agreed to are missing. Send the form again.")
_UNTIL = Text(
    "授权到期日须在今天之后、一年之内。改一个日期再提交。",
    "A consent ends after today and within a year. Choose another day.",
)
_MOVED_ON = Text(
    "这项授权刚刚被改动，没有执行。刷新页面后再试。", "This consent has just been changed. Reload and try again."
)
