"""The change feed: what changed for whom, in the order of commit, to be read from any point on."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Index, String, insert, or_
from sqlalchemy.orm import Mapped, Session, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, Id, UtcTime, lock_lists
from matchmaker.domain.terms import Side


class Change(Base):
    """Something that changed. ``gone``: it is no longer there for the reader (a tombstone).

    ``org_code`` and ``uscc`` say whose matter it is; neither: everybody's (a policy).
    """

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_org_code", "org_code", "id"), Index("ix_change_uscc", "uscc", "id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    public_id: Mapped[str] = mapped_column(String)
    gone: Mapped[bool] = mapped_column(default=False)
    org_code: Mapped[str | None] = mapped_column(String)
    uscc: Mapped[str | None] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """The bureau, whose matter it is, and everybody what is everybody's."""
        business = to.is_side(Side.BANK, Side.GUARANTOR, Side.ENTERPRISE)
        public = business & cls.org_code.is_(None) & cls.uscc.is_(None)
        return or_(to.is_side(Side.BUREAU), to.owns(cls.org_code), to.is_self(cls.uscc), public)

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """Whoever it concerns adds to it."""
        return or_(by.is_side(Side.BUREAU), by.owns(cls.org_code), by.is_self(cls.uscc))


def announce_changes(session: Session, changes: Iterable[dict[str, object]]) -> None:
    """Add to the feed; ids are in the order of commit, because the writers' lock of the lists is held.

    ``changes``: ``kind``, ``public_id``, ``gone``, ``org_code``, ``uscc``, ``at`` of each.
    """
    rows = list(changes)
    if rows:
        lock_lists(session)
        session.connection().execute(insert(Change), rows)
