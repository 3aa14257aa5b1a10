"""People who sign in, their sessions and tokens; consents, disclosures and requests; the audit chain."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.terms import Side


class Owned:
    """Columns of what belongs to one organisation or one enterprise (neither: to the platform)."""

    org_code: Mapped[str | None] = mapped_column(ForeignKey("organisation.org_code"), index=True)
    uscc: Mapped[str | None] = mapped_column(ForeignKey("enterprise.uscc"), index=True)

    @classmethod
    def own(cls, to: Viewer) -> ColumnElement[bool]:
        """The rows of the viewer's own side."""
        return or_(to.owns(cls.org_code), to.is_self(cls.uscc))


class Person(Owned, Base):
    """Someone who signs in. ``contact_no``: the contact that is the same person and receives the pushes.

    ``login`` is lower case. ``totp_secret`` is kept encrypted; ``totp_step`` is the last time step that was used, so
    that no code counts twice. ``oidc_subject``: ``issuer subject`` of a person who signs in elsewhere.
    """

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("org_code IS NULL OR uscc IS NULL", name="one_owner"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    login: Mapped[str] = mapped_column(String, unique=True)
    name: Mapped[str] = mapped_column(String)
    email: Mapped[str | None] = mapped_column(String)
    phone: Mapped[str | None] = mapped_column(String)
    language: Mapped[str | None] = mapped_column(String)
    contact_no: Mapped[str | None] = mapped_column(ForeignKey("contact.contact_no"), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String)
    password_set_at: Mapped[datetime | None] = mapped_column(UtcTime)
    totp_secret: Mapped[str | None] = mapped_column(String)
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    totp_step: Mapped[int | None] = mapped_column(Id)
    oidc_subject: Mapped[str | None] = mapped_column(String, unique=True)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(Integer, default=1)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The security administrator, the bureau, and each side its own people."""
        return or_(to.is_side(Side.SECURITY, Side.BUREAU), cls.own(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The security administrator, and each side its own people."""
        return or_(by.is_side(Side.SECURITY), cls.own(by))


def _of_visible_person(column: Any, to: Viewer) -> ColumnElement[bool]:
    return column.in_(select(Person.id).where(Person.visible(to)))  # type: ignore[no-any-return]


def _of_owned_person(column: Any, by: Viewer) -> ColumnElement[bool]:
    return column.in_(select(Person.id).where(Person.owned(by)))  # type: ignore[no-any-return]


class PersonRole(Base):
    """A role that a person has now; who had it when stands in the audit."""

    __tablename__ = "person_role"

    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String, primary_key=True)
    granted_by: Mapped[str] = mapped_column(String)
    granted_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Whoever sees the person."""
        return _of_visible_person(cls.person_id, to)

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """Whoever may change the person."""
        return _of_owned_person(cls.person_id, by)


class RecoveryCode(Base):
    """One of the codes that stand in for a lost second factor, each once; only its hash is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignIn(Base):
    """A session of a person in one browser. Only the SHA-256 of its token is kept.

    ``fresh_at``: when the person last gave a password (and second factor). ``ended_why``: a code.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    token_hash: Mapped[str] = mapped_column(String, unique=True)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    fresh_at: Mapped[datetime] = mapped_column(UtcTime)
    second_factor: Mapped[bool] = mapped_column(Boolean, default=False)
    address: Mapped[str] = mapped_column(String)
    agent: Mapped[str] = mapped_column(String)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_why: Mapped[str | None] = mapped_column(String)


class Throttle(Base):
    """Failed attempts of late by account, by address or by what else is guessed at (``key``)."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(String, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime | None] = mapped_column(UtcTime)


class Invitation(Owned, Base):
    """A link that works once: to join (``invite``) or to set a new password (``reset``). Only its hash is kept."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("kind IN ('invite', 'reset')", name="kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    token_hash: Mapped[str] = mapped_column(String, unique=True)
    kind: Mapped[str] = mapped_column(String)
    role: Mapped[str | None] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    email: Mapped[str | None] = mapped_column(String)
    contact_no: Mapped[str | None] = mapped_column(ForeignKey("contact.contact_no"))
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))
    made_by: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The security administrator, the bureau, and each side its own."""
        return or_(to.is_side(Side.SECURITY, Side.BUREAU), cls.own(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The same."""
        return cls.visible(by)


class ResetRequest(Base):
    """One administrator's wish to reset what another person signs in with, until another one confirms it.

    ``kind``: ``password`` or ``second_factor``. ``asked_by``, ``decided_by``: as in the audit; never the same.
    """

    __tablename__ = "reset_request"
    __table_args__ = (CheckConstraint("kind IN ('password', 'second_factor')", name="kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String)
    asked_by: Mapped[str] = mapped_column(String)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_by: Mapped[str | None] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The security administrator, who asks, and the system administrator, who may confirm."""
        return to.is_side(Side.SECURITY, Side.SYSTEM)

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The same."""
        return cls.visible(by)


class Registration(Base):
    """An enterprise's wish to join, until the bureau or a record in the register verifies it.

    ``uscc`` names no row of the register: the enterprise may be new to it.
    """

    __tablename__ = "registration"
    __table_args__ = (CheckConstraint("state IN ('pending', 'verified', 'refused')", name="state"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    uscc: Mapped[str] = mapped_column(String, index=True)
    enterprise_name: Mapped[str] = mapped_column(String)
    login: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    phone: Mapped[str | None] = mapped_column(String)
    password_hash: Mapped[str | None] = mapped_column(String)
    state: Mapped[str] = mapped_column(String, default="pending")
    evidence: Mapped[str] = mapped_column(String, default="")
    why: Mapped[str | None] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by: Mapped[str | None] = mapped_column(String)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, which verifies."""
        return to.is_side(Side.BUREAU)

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The bureau."""
        return cls.visible(by)


class ApiToken(Owned, Base):
    """A key for programmes of one organisation or enterprise. Shown once; ``prefix`` is what lists show of it."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(String)
    prefix: Mapped[str] = mapped_column(String)
    token_hash: Mapped[str] = mapped_column(String, unique=True)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    last_used_on: Mapped[date | None] = mapped_column(Date)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Each side its own, and the security administrator."""
        return or_(to.is_side(Side.SECURITY), cls.own(to))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The same."""
        return cls.visible(by)


class Consent(Base):
    """What an enterprise lets one organisation see, what for and until when; withdrawn at once.

    ``groups``: codes of ``FieldGroup``. ``evidence``: the words that were agreed to, as shown; ``evidence_hash`` their
    SHA-256 with who, when and from where. ``need_no``: the need it was given for; None for any.
    """

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_recipient", "org_code", "uscc"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    org_code: Mapped[str] = mapped_column(ForeignKey("organisation.org_code"))
    groups: Mapped[list[str]] = mapped_column(JSON)
    purpose: Mapped[str] = mapped_column(String)
    need_no: Mapped[str | None] = mapped_column(ForeignKey("need.need_no"))
    granted_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    evidence: Mapped[str] = mapped_column(String)
    evidence_hash: Mapped[str] = mapped_column(String)
    granted_by: Mapped[str] = mapped_column(String)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_by: Mapped[str | None] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer, default=1)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The enterprise, the organisation it was given to, the bureau."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc), to.owns(cls.org_code))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The enterprise alone."""
        return by.is_self(cls.uscc)


class Disclosure(Base):
    """One look at an enterprise's facts: who saw which of them, what for, by which channel, and on which basis."""

    __tablename__ = "disclosure"
    __table_args__ = (Index("ix_disclosure_subject", "uscc", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"))
    org_code: Mapped[str | None] = mapped_column(ForeignKey("organisation.org_code"))
    who: Mapped[str] = mapped_column(String)
    purpose: Mapped[str] = mapped_column(String)
    fields: Mapped[list[str]] = mapped_column(JSON)
    channel: Mapped[str] = mapped_column(String)
    basis: Mapped[str] = mapped_column(String)
    consent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("consent.id"))
    about: Mapped[str | None] = mapped_column(String)
    request_id: Mapped[str] = mapped_column(String, default="")

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The enterprise, whoever looked, the bureau and the auditor."""
        return or_(to.is_side(Side.BUREAU, Side.AUDIT), to.is_self(cls.uscc), to.owns(cls.org_code))


class ApprovedText(Base):
    """A need's free text as banks may read it before consent: scrubbed, and approved by the enterprise as shown.

    ``source_hash`` is the SHA-256 of the description it was made of; another description needs a new approval.
    """

    __tablename__ = "approved_text"
    __table_args__ = (UniqueConstraint("need_no", "source_hash"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    need_no: Mapped[str] = mapped_column(ForeignKey("need.need_no"))
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"))
    source_hash: Mapped[str] = mapped_column(String)
    shown: Mapped[str] = mapped_column(String)
    approved_by: Mapped[str] = mapped_column(String)
    approved_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The enterprise and the bureau."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The enterprise."""
        return by.is_self(cls.uscc)


class SubjectRequest(Base):
    """An enterprise's wish for a copy of what is kept of it, a correction (异议), repair (信用修复) or deletion.

    ``due_rule``: code of the ``Deadline`` that the last day was reckoned by; None: the days that we set.
    """

    __tablename__ = "subject_request"
    __table_args__ = (
        CheckConstraint("kind IN ('copy', 'correction', 'repair', 'deletion')", name="kind"),
        CheckConstraint("state IN ('open', 'done', 'refused')", name="state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    kind: Mapped[str] = mapped_column(String)
    about: Mapped[str] = mapped_column(String)
    record: Mapped[str | None] = mapped_column(String)
    state: Mapped[str] = mapped_column(String, default="open")
    due_on: Mapped[date] = mapped_column(Date)
    due_rule: Mapped[str | None] = mapped_column(String)
    made_by: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by: Mapped[str | None] = mapped_column(String)
    answer: Mapped[str | None] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer, default=1)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The enterprise and the bureau."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The same: the one asks, the other answers."""
        return cls.visible(by)


class IdempotencyKey(Base):
    """The answer to a request that creates something, so that the same request sent again gets the same answer.

    ``owner``: who the key belongs to; the same key of another owner is another key.
    """

    __tablename__ = "idempotency_key"

    owner: Mapped[str] = mapped_column(String, primary_key=True)
    key: Mapped[str] = mapped_column(String, primary_key=True)
    request_hash: Mapped[str] = mapped_column(String)
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON)
    body: Mapped[str | None] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class AuditEvent(Base):
    """One link of the audit chain: who did what to what, when and from where, and what it was before and after.

    ``hash`` is ``algorithm`` over ``previous`` and the canonical JSON of the row's other columns.
    """

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(String)
    side: Mapped[str] = mapped_column(String)
    action: Mapped[str] = mapped_column(String, index=True)
    subject: Mapped[str] = mapped_column(String, index=True)
    address: Mapped[str] = mapped_column(String)
    request_id: Mapped[str] = mapped_column(String)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    algorithm: Mapped[str] = mapped_column(String)
    previous: Mapped[str] = mapped_column(String)
    hash: Mapped[str] = mapped_column(String)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The auditor."""
        return to.is_side(Side.AUDIT)


class AuditHead(Base):
    """The newest link; its row is the lock that puts the links in one order."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    seq: Mapped[int] = mapped_column(Id)
    hash: Mapped[str] = mapped_column(String)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Nothing in it is secret."""
        return true()


class FormDraft(Base):
    """What someone has typed into a form so far, faulty or not, until the form is sent.

    ``data``: name of the input → what stands in it, one or more. ``led_to``: the public id of what was made of it;
    ``data`` is empty then, and whoever comes back to the form is led there.
    """

    __tablename__ = "form_draft"
    __table_args__ = (UniqueConstraint("person_id", "public_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String)
    """Of this person's drafts: another may have one of the same id, and neither learns of it."""
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    form: Mapped[str] = mapped_column(String)
    data: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    led_to: Mapped[str | None] = mapped_column(String)
    updated_at: Mapped[datetime] = mapped_column(UtcTime, index=True)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The enterprise."""
        return to.is_self(cls.uscc)

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The enterprise."""
        return cls.visible(by)
