"""Uploads: each file of a tenant once, with what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, Integer, String, or_
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, new_public_id
from matchmaker.domain.terms import Side


class ImportJob(Base):
    """An upload of a list by one tenant. ``result``: the contract's object of an import; ``sha256`` of the file."""

    __tablename__ = "import_job"
    __table_args__ = (
        CheckConstraint("state IN ('checked', 'written', 'rejected')", name="state"),
        Index("ix_import_job_file", "owner", "kind", "sha256"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, unique=True, default=new_public_id)
    owner: Mapped[str] = mapped_column(String)
    org_code: Mapped[str | None] = mapped_column(ForeignKey("organisation.org_code"), index=True)
    uscc: Mapped[str | None] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    kind: Mapped[str] = mapped_column(String)
    file_name: Mapped[str] = mapped_column(String)
    sha256: Mapped[str] = mapped_column(String)
    size: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Each side its own, the bureau all."""
        return or_(to.is_side(Side.BUREAU), to.owns(cls.org_code), to.is_self(cls.uscc))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """The same."""
        return cls.visible(by)
