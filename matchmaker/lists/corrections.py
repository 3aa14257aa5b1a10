"""Whether a disputed record was corrected, and the correction that comes with the answer: the record is withdrawn.

《征信业管理条例》 article 25: what is wrong or left out 应当予以更正, so nobody is told 异议成立 of a record that
stands as it stood.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from matchmaker.accounts.models import SubjectRequest
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.services.workflow import change_status


def require_corrected(session: ScopedSession, record: CreditRecord | None, dispute: SubjectRequest) -> None:
    """RejectedError ``not_corrected`` for a record that stands, with all its values, as when it was disputed."""
    if record is None or record.status is not EntryStatus.PUBLISHED:
        return
    with session.elevated():
        mine = (ListVersion.kind == CreditRecord.kind_name) & (ListVersion.entry_id == record.id)
        told = select(ListVersion.data).where(mine).order_by(ListVersion.version.desc())
        before = session.scalars(told.where(ListVersion.recorded_at <= dispute.created_at)).first()
        if before is None or _values(before) == _values(session.scalars(told).first() or before):
            raise RejectedError(_NOT_CORRECTED, code="not_corrected", no=record.record_no)


def _values(data: str) -> dict[str, Any]:
    """What a version says of the enterprise; the mark of the dispute is none of it."""
    told: dict[str, Any] = json.loads(data)
    return {code: value for code, value in told.items() if code != "disputed"}


def withdraw_record(session: ScopedSession, *, actor: Actor, record: CreditRecord | None, now: datetime) -> None:
    """Withdraw a record that should not be there; one that is gone or withdrawn stays so."""
    if record is not None and record.status is EntryStatus.PUBLISHED:
        change_status(session, actor=actor, entry=record, verb="withdraw", now=now)


_NOT_CORRECTED = Text(
    "记录 {no} 与提出异议时一样，还没有更正，没有保存。先导入更正后的记录，或勾选「撤下这条记录」，再答复异议成立。",
    "Record {no} stands as it did when it was disputed, so nothing was saved. Load the corrected record first, or tick "
    '"withdraw the record", and answer again.',
)
