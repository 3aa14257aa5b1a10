"""Keys that sign certificates, and the certificates: 信用背书 that an enterprise asked for."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Date, ForeignKey, Index, String, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import Coded, Side


class RevokedWhy(Coded):
    """Why a certificate holds no more before its day."""

    ENTERPRISE = "ENTERPRISE", "企业撤销", "revoked by the enterprise"
    BUREAU = "BUREAU", "主管部门撤销", "revoked by the bureau"
    WORSE = "WORSE", "评级已下调", "the rating was replaced by a worse one"
    WITHDRAWN = "WITHDRAWN", "评级已失效", "the rating was withdrawn"
    REPLACED = "REPLACED", "已由新证书取代", "replaced by a newer certificate"
    KEY = "KEY", "签名密钥停用", "its signing key was retired"


class SigningKey(Base):
    """One Ed25519 key. ``kid``: its thumbprint (RFC 7638); ``public_jwk``: as it stands in the JWKS.

    ``sealed``: the private part, kept by the vault; it is destroyed when the next key takes over, so that one key at a
    time can sign. ``retired_at``: taken out of the JWKS before its time, because it may be known to others.
    """

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(String, primary_key=True)
    algorithm: Mapped[str] = mapped_column(String)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[str | None] = mapped_column(String)
    active_from: Mapped[datetime] = mapped_column(UtcTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Certificate(Base):
    """The certificate of one rating. ``public_id`` is the token's ``jti``; ``token`` the signed token itself.

    ``evidence``: the words the enterprise agreed to, as shown; ``evidence_hash`` their SHA-256 with who, when and from
    where. It holds until ``expires_at``, the end of the rating's last day, unless it is revoked. ``status_index``: its
    place in the list of revoked ones (``status_list``); None once it has given that back.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("expires_at > issued_at", name="span"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_why IS NULL)", name="revoked"),
        CheckConstraint("grade <> 'D'", name="grade"),
        Index(
            "uq_certificate_valid",
            "rating_no",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    rating_no: Mapped[str] = mapped_column(String)
    grade: Mapped[str] = mapped_column(String)
    as_of: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    kid: Mapped[str] = mapped_column(ForeignKey("signing_key.kid"), index=True)
    token: Mapped[str] = mapped_column(String)
    status_index: Mapped[int | None] = mapped_column(index=True, unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    evidence: Mapped[str] = mapped_column(String)
    evidence_hash: Mapped[str] = mapped_column(String)
    issued_by: Mapped[str] = mapped_column(String)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_why: Mapped[str | None] = mapped_column(String)
    revoked_note: Mapped[str | None] = mapped_column(String)
    revoked_by: Mapped[str | None] = mapped_column(String)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The enterprise itself and the bureau; whoever holds a token asks by it (``queries.look_up``)."""
        return or_(to.is_side(Side.BUREAU), to.is_self(cls.uscc))

    @property
    def grade_term(self) -> Grade:
        """The grade as a term."""
        return Grade.of(self.grade)
