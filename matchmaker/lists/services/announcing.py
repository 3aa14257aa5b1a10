"""What changes in the lists, told in the change feed to those whose matter it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.accounts.feed import announce_changes
from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.entry import Entry
from matchmaker.lists.models import Enterprise, Need, Policy, Product

FED: dict[type[Entry], tuple[str, str | None]] = {
    Product: ("product", "bank_name"),
    Need: ("need", "uscc"),
    Enterprise: ("enterprise", "uscc"),
    Policy: ("policy", None),
}
"""List → the kind in the feed, and the field that says whose matter it is; None: everybody's."""

_ENDED = (EntryStatus.WITHDRAWN, EntryStatus.EXPIRED)
_UNBORN = (EntryStatus.DRAFT, EntryStatus.SUBMITTED)


def announce_entries(
    session: Session, model: type[Entry], written: Iterable[tuple[str, EntryStatus, dict[str, Any]]], now: datetime
) -> None:
    """Add entries to the feed: public id, status and values of each.

    One that has ended is a tombstone. A policy is everybody's, so it stands there from its publication on, and as a
    tombstone whenever it is no longer published.
    """
    if model not in FED:
        return
    kind, owner = FED[model]
    announce_changes(
        session,
        [
            {
                "kind": kind,
                "public_id": public_id,
                "gone": status in _ENDED if owner else status is not EntryStatus.PUBLISHED,
                "org_code": values["bank_name"] if owner == "bank_name" else None,
                "uscc": values["uscc"] if owner == "uscc" else None,
                "at": now,
            }
            for public_id, status, values in written
            if owner or status not in _UNBORN
        ],
    )
